"""Terms as stored: one text for all that are equal, and a cache of those this process has read."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock
from typing import Final

from passcore import codec
from passcore.domain.products import Terms


class TermsCache:
    """Terms by their key, and the key of terms at hand; the latest few thousand of both.

    Keeping them for ever is right: the key is the hash of the text, and neither changes.
    """

    def __init__(self, size: int = 4096) -> None:
        self._size = size
        self._by_key: OrderedDict[str, Terms] = OrderedDict()
        self._by_id: OrderedDict[int, tuple[Terms, str]] = OrderedDict()
        self._lock = Lock()

    def find(self, key: str) -> Terms | None:
        """Return the terms of *key* where they were read before."""
        return self._by_key.get(key)

    def read(self, key: str, body: str) -> Terms:
        """Return the terms stored as *body* under *key*."""
        found = self._by_key.get(key)
        if found is None:
            found = codec.loads(body, Terms)
            self._keep(key, found)
        return found

    def key_of(self, terms: Terms) -> str:
        """Return the key of *terms*."""
        found = self._by_id.get(id(terms))
        if found is not None and found[0] is terms:
            return found[1]
        key = hashlib.sha256(codec.dumps(terms).encode()).hexdigest()
        self._keep(key, terms)
        return key

    def _keep(self, key: str, terms: Terms) -> None:
        with self._lock:
            self._by_key.setdefault(key, terms)
            self._by_id[id(terms)] = (terms, key)
            while len(self._by_key) > self._size:
                self._by_key.popitem(last=False)
            while len(self._by_id) > self._size:
                self._by_id.popitem(last=False)


TERMS: Final = TermsCache()
