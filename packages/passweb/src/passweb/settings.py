"""Settings: everything the web server is told, checked once before anything starts (X21).

A wrong setting is refused by its name, never with its value. Secrets come from the environment or
from a file that only its owner may read; none of them shows in `repr`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import attrs

from passcore.adapters.system import SystemClock
from passcore.errors import Invalid
from passcore.ports.clock import Clock

PREFIX: Final = "PASS_"
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
#: No more than a store keeps connections for (`passstore.engine.POOL_SIZE`): none waits for one.
MOST_THREADS: Final = 40
#: More only take turns at the interpreter's lock.
THREADS: Final = 16
_SECRET_BYTES: Final = 32
_SECRET_VARIETY: Final = 12
_MAKE_ONE: Final = "make one with `openssl rand -hex 32`"
_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|[0-9a-f:]{2,45}")
_WEAK: Final = ("changeme", "change-me", "change_me", "secret", "password", "example", "default")
_TLS: Final = {"smtps": "implicit", "smtp": "starttls"}
_PORTS: Final = {"implicit": 465, "starttls": 587, "none": 25}


@attrs.frozen
class Smtp:
    """Where mail is handed over; `tls` is ``none``, ``starttls`` or ``implicit``."""

    host: str
    port: int
    tls: str
    username: str | None = None
    password: str | None = attrs.field(default=None, repr=False)

    @classmethod
    def from_url(cls, url: str) -> Smtp:
        """Read ``smtps://user:password@host:465`` or ``smtp://host:587``; raises `Invalid`.

        ``smtp`` turns encrypted with STARTTLS; on this machine, or with ``?tls=none``, it stays
        plain.
        """
        wrong = Invalid(field="PASS_SMTP_URL", problem="is not smtp://host:port or smtps://…")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise wrong from None
        if parts.scheme not in _TLS or not host or parts.path not in ("", "/"):
            raise wrong
        if parts.query not in ("", "tls=none"):
            raise wrong
        tls = _TLS[parts.scheme]
        if parts.query or (parts.scheme == "smtp" and host in LOOPBACK):
            tls = "none"
        return cls(
            host=host,
            port=port or _PORTS[tls],
            tls=tls,
            username=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
        )


def _secret(_: object, _field: attrs.Attribute[bytes], value: bytes) -> None:
    if len(value) < _SECRET_BYTES:
        raise Invalid(
            field="PASS_SECRET_KEY",
            problem=f"is missing or shorter than {_SECRET_BYTES} bytes: {_MAKE_ONE}",
        )
    text = value.decode("utf-8", "replace").lower()
    if len(set(value)) < _SECRET_VARIETY or any(word in text for word in _WEAK):
        raise Invalid(field="PASS_SECRET_KEY", problem=f"is not random: {_MAKE_ONE}")


def _base_url(_: object, _field: attrs.Attribute[str], value: str) -> None:
    try:
        parts = urlsplit(value)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    bare = not (parts.query or parts.fragment or parts.path or parts.username)
    if parts.scheme not in ("http", "https") or not host or not bare:
        problem = "is not a plain address such as https://book.example.com"
        raise Invalid(field="PASS_BASE_URL", problem=problem)
    if parts.scheme == "http" and host not in LOOPBACK:
        raise Invalid(field="PASS_BASE_URL", problem="must be https, or http on this machine")


def _hosts(_: object, _field: attrs.Attribute[tuple[str, ...]], value: tuple[str, ...]) -> None:
    if not all(_HOST.fullmatch(host) for host in value):
        raise Invalid(field="PASS_TRUSTED_HOSTS", problem="has an entry that is no plain host name")


def _threads(_: object, _field: attrs.Attribute[int], value: int) -> None:
    if not 1 <= value <= MOST_THREADS:
        raise Invalid(field="PASS_THREADS", problem=f"is not from 1 to {MOST_THREADS}")


@attrs.frozen(kw_only=True)
class Settings:
    """How one installation runs.

    `base_url` is where people reach it, without a slash at the end. `payments` has each provider's
    configuration by the provider's name. `trusted_hosts` are accepted in ``Host`` besides the base
    URL's own; `trusted_proxies` may say who the client is. `live_payments` refuses money of the
    other mode (None: whatever comes). `demo` opens the demo's pages; `clock` is where the time
    comes from.
    """

    database_url: str = attrs.field(repr=False)
    base_url: str = attrs.field(validator=_base_url)
    secret_key: bytes = attrs.field(repr=False, validator=_secret)
    sender: str = ""
    smtp: Smtp | None = None
    payments: Mapping[str, Mapping[str, str]] = attrs.field(factory=dict, repr=False)
    live_payments: bool | None = None
    trusted_hosts: tuple[str, ...] = attrs.field(default=(), validator=_hosts)
    trusted_proxies: tuple[str, ...] = ()
    worker_in_process: bool = True
    threads: int = attrs.field(default=THREADS, validator=_threads)
    debug: bool = False
    demo: bool = False
    clock: Clock = attrs.field(factory=SystemClock, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.debug and self.host not in LOOPBACK:
            raise Invalid(field="PASS_DEBUG", problem="is for this machine only")

    @property
    def host(self) -> str:
        """The host of the base URL."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def https(self) -> bool:
        """True where people reach the server by https."""
        return self.base_url.startswith("https:")

    @property
    def hosts(self) -> frozenset[str]:
        """Every host name that may stand in ``Host``."""
        own = {self.host} | (LOOPBACK if self.host in LOOPBACK else set())
        return frozenset({*own, *self.trusted_hosts})

    @property
    def mail_from(self) -> str:
        """Who mail comes from: `sender`, or an address of the base URL's host."""
        host = (
            self.host
            if "." in self.host and not self.host[-1].isdigit()
            else "localhost.localdomain"
        )
        return self.sender or f"passes@{host}"

    def key_for(self, purpose: str) -> bytes:
        """Return the key of one *purpose*: 32 bytes that tell nothing of any other key."""
        return hmac.new(self.secret_key, f"passweb/1/{purpose}".encode(), hashlib.sha256).digest()

    @classmethod
    def from_environment(
        cls, env: Mapping[str, str], *, providers: tuple[str, ...] = ("stripe",)
    ) -> Settings:
        """Read ``PASS_…`` variables; raises `Invalid` naming the one that is missing or wrong."""

        def text(name: str, default: str = "") -> str:
            return env.get(PREFIX + name, "").strip() or default

        smtp = text("SMTP_URL")
        return cls(
            database_url=text("DATABASE_URL") or _missing("PASS_DATABASE_URL"),
            base_url=(text("BASE_URL") or _missing("PASS_BASE_URL")).rstrip("/"),
            secret_key=_secret_from(env),
            sender=text("SENDER"),
            smtp=Smtp.from_url(smtp) if smtp else None,
            payments=_payments(env, providers),
            live_payments=_truth(env, "LIVE_PAYMENTS", default=None),
            trusted_hosts=tuple(text("TRUSTED_HOSTS").lower().replace(",", " ").split()),
            trusted_proxies=tuple(text("TRUSTED_PROXIES").replace(",", " ").split()),
            worker_in_process=_truth(env, "WORKER_IN_PROCESS", default=True) is not False,
            threads=_count(env, "THREADS", THREADS),
            debug=_truth(env, "DEBUG", default=False) is True,
        )


def _missing(name: str) -> str:
    raise Invalid(field=name, problem="is missing")


def _secret_from(env: Mapping[str, str]) -> bytes:
    """Return the secret from ``PASS_SECRET_KEY``, or from the file ``PASS_SECRET_KEY_FILE``."""
    path = env.get("PASS_SECRET_KEY_FILE", "").strip()
    if not path:
        return env.get("PASS_SECRET_KEY", "").strip().encode()
    try:
        file = Path(path)
        if file.stat().st_mode & 0o077:
            raise Invalid(
                field="PASS_SECRET_KEY_FILE", problem="may be read by others: chmod 600 it"
            )
        return file.read_bytes().strip()
    except OSError:
        raise Invalid(field="PASS_SECRET_KEY_FILE", problem="cannot be read") from None


def _payments(env: Mapping[str, str], providers: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Return each provider's settings: ``PASS_STRIPE_API_BASE`` is `api_base` of ``stripe``."""
    found: dict[str, dict[str, str]] = {}
    for provider in providers:
        prefix = f"{PREFIX}{provider.upper()}_"
        config = {
            name.removeprefix(prefix).lower(): value
            for name, value in env.items()
            if name.startswith(prefix) and value.strip()
        }
        if "webhook_secret" in config:
            config["webhook_secrets"] = config.pop("webhook_secret")
        if config:
            found[provider] = config
    return found


def _truth(env: Mapping[str, str], name: str, *, default: bool | None) -> bool | None:
    match env.get(PREFIX + name, "").strip().lower():
        case "":
            return default
        case "true" | "1" | "yes" | "on":
            return True
        case "false" | "0" | "no" | "off":
            return False
        case _:
            raise Invalid(field=PREFIX + name, problem="is neither true nor false")


def _count(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(PREFIX + name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Invalid(field=PREFIX + name, problem="is not a whole number")
    return int(text)
