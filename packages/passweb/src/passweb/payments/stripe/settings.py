"""The settings of one Stripe account, refused at start-up where they are missing or unsafe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

import attrs

from passcore.errors import Invalid

#: A key names its mode: `sk_test_...`, `sk_live_...`, or `rk_` for a restricted key.
_SECRET_KEY: Final = re.compile(r"[sr]k_(?P<mode>test|live)_[A-Za-z0-9_]{8,240}")
#: Stripe's signing secrets carry at least 190 bits after the prefix.
_WEBHOOK_SECRET: Final = re.compile(r"whsec_[A-Za-z0-9_+/=-]{24,240}")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_KNOWN: Final = frozenset({"secret_key", "webhook_secrets", "api_base", "live", "timeout"})


def _secret_key(_: object, field: attrs.Attribute[str], value: str) -> None:
    if not value:
        raise Invalid(field=field.name, problem="is missing: copy it from the Stripe dashboard")
    if not _SECRET_KEY.fullmatch(value):
        raise Invalid(field=field.name, problem="is not a Stripe secret key (sk_... or rk_...)")


def _webhook_secrets(
    _: object, field: attrs.Attribute[tuple[str, ...]], value: tuple[str, ...]
) -> None:
    if not value:
        raise Invalid(field=field.name, problem="is missing: every event would be refused")
    if len(value) > 8:
        raise Invalid(field=field.name, problem="has more than 8 secrets")
    if not all(_WEBHOOK_SECRET.fullmatch(secret) for secret in value):
        raise Invalid(
            field=field.name, problem="is not a signing secret (whsec_...) of full length"
        )


def _api_base(_: object, field: attrs.Attribute[str | None], value: str | None) -> None:
    if value is None:
        return
    try:
        url = urlsplit(value)
        host = url.hostname
    except ValueError:
        raise Invalid(field=field.name, problem="is not an address") from None
    if url.query or url.fragment or url.username is not None or not host:
        raise Invalid(field=field.name, problem="is not a plain address of scheme, host and path")
    # Plain HTTP would send the secret key in the clear; the test server of the demo is on loopback.
    if url.scheme != "https" and not (url.scheme == "http" and host in _LOOPBACK):
        raise Invalid(field=field.name, problem="must be https, or http on this machine")


def _timeout(_: object, field: attrs.Attribute[float], value: float) -> None:
    if not 0 < value <= 60:
        raise Invalid(field=field.name, problem="must be more than 0 and at most 60 seconds")


@attrs.frozen
class StripeSettings:
    """One account's keys and mode. No secret shows in `repr`.

    `webhook_secrets` holds several while a secret is rolled. `api_base` points somewhere else than
    Stripe, in tests and the demo. `timeout` bounds one call, in seconds.
    """

    secret_key: str = attrs.field(repr=False, validator=_secret_key)
    webhook_secrets: tuple[str, ...] = attrs.field(repr=False, validator=_webhook_secrets)
    api_base: str | None = attrs.field(default=None, validator=_api_base)
    live: bool = False
    timeout: float = attrs.field(default=10.0, validator=_timeout)

    def __attrs_post_init__(self) -> None:
        mode = _SECRET_KEY.fullmatch(self.secret_key)
        if mode is not None and (mode["mode"] == "live") != self.live:
            wanted = "live" if self.live else "test"
            raise Invalid(field="secret_key", problem=f"is not a {wanted} mode key, see `live`")

    @classmethod
    def from_config(cls, config: Mapping[str, str]) -> StripeSettings:
        """Read the settings from text, as it stands in the environment or a configuration file.

        Keys: `secret_key`, `webhook_secrets` (separated by commas or spaces), and optionally
        `api_base`, `live` (`true` or `false`; else the key's own mode) and `timeout`.
        Raises `Invalid` naming the setting, never its value.
        """
        _refuse_unknown(config)
        secret_key = config.get("secret_key", "").strip()
        mode = _SECRET_KEY.fullmatch(secret_key)
        live = _truth(config.get("live", ""), default=mode is not None and mode["mode"] == "live")
        return cls(
            secret_key=secret_key,
            webhook_secrets=tuple(config.get("webhook_secrets", "").replace(",", " ").split()),
            api_base=config.get("api_base", "").strip().rstrip("/") or None,
            live=live,
            timeout=_seconds(config.get("timeout", "")),
        )


def _refuse_unknown(names: Iterable[str]) -> None:
    for name in sorted(set(names) - _KNOWN):
        raise Invalid(field=name, problem="is not a setting of the stripe provider")


def _truth(text: str, *, default: bool) -> bool:
    match text.strip().lower():
        case "":
            return default
        case "true" | "1" | "yes" | "on":
            return True
        case "false" | "0" | "no" | "off":
            return False
        case _:
            raise Invalid(field="live", problem="is neither true nor false")


def _seconds(text: str) -> float:
    if not text.strip():
        return 10.0
    try:
        return float(text)
    except ValueError:
        raise Invalid(field="timeout", problem="is not a number of seconds") from None
