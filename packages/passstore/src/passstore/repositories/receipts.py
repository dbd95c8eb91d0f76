"""Receipts: the stored answers to commands, one a key and business."""

from __future__ import annotations

from typing import Final

from passcore.ports.store import Receipt
from passstore import tables as t
from passstore.repositories.flat import Flat
from passstore.rows.shapes import RECEIPT
from passstore.unit import Unit

_RECEIPTS: Final = Flat(t.receipts, RECEIPT, "receipt")


class Receipts:
    """The receipts of one business."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def find(self, key: str) -> Receipt | None:
        """Return the receipt of *key*, None where there is none."""
        return _RECEIPTS.find(self._unit, key=key)

    def add(self, receipt: Receipt) -> None:
        """Store with the rest; the block ends with `Contention` where the key was stored before."""
        unit = self._unit
        buffer = unit.writable()
        row = (receipt.key, receipt.fingerprint, receipt.result, unit.out(receipt.created_at))
        buffer.receipts.append(row)
        buffer.filled = True
