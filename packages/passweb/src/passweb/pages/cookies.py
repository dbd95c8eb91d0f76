"""Cookies: what a browser keeps for us, by name, and what is signed in it.

Everything is HttpOnly and SameSite=Lax; over https the names begin with ``__Host-``, which binds a
cookie to this host, to the whole of it and to https (X15).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from itsdangerous import BadSignature, URLSafeSerializer
from litestar.datastructures import Cookie

from passweb.pages.house import AnyRequest, House

BROWSER: Final = "browser"
GUEST: Final = "guest"
STAFF: Final = "staff"
LOGIN: Final = "login"
PLACED: Final = "placed"
LANGUAGE: Final = "lang"
_MONTH: Final = 30 * 24 * 3600
LIFE: Final = {
    BROWSER: _MONTH, GUEST: _MONTH, STAFF: 12 * 3600, LOGIN: 900, PLACED: 24 * 3600,
    LANGUAGE: 12 * _MONTH,
}  # fmt: skip
_MOST_PLACED: Final = 8
_LONGEST: Final = 1024


def name_of(house: House, name: str) -> str:
    """Return the name a cookie has on this server."""
    return f"__Host-{name}" if house.settings.https else name


def read(request: AnyRequest, house: House, name: str) -> str:
    """Return a cookie's value, empty where there is none or it cannot be ours."""
    value = request.cookies.get(name_of(house, name), "")
    ours = len(value) <= _LONGEST and value.isascii() and value.isprintable()
    return value if ours else ""


def made(house: House, name: str, value: str) -> Cookie:
    """Return the cookie to set."""
    return Cookie(
        key=name_of(house, name),
        value=value,
        path="/",
        max_age=LIFE[name],
        httponly=True,
        samesite="lax",
        secure=house.settings.https,
    )


def dropped(house: House, name: str) -> Cookie:
    """Return the cookie that takes *name* away."""
    return Cookie(
        key=name_of(house, name),
        value="",
        path="/",
        max_age=0,
        httponly=True,
        samesite="lax",
        secure=house.settings.https,
    )


def new_secret() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(32)


def form_token(house: House, browser: str, session: str) -> str:
    """Return the token forms of this browser and session carry (X13)."""
    text = f"form\n{browser}\n{session}"
    return hmac.new(house.settings.key_for("forms"), text.encode(), hashlib.sha256).hexdigest()


def placed(house: House, value: str) -> tuple[str, ...]:
    """Return the orders and bookings this browser made, as we signed them."""
    try:
        found = _signer(house).loads(value)
    except BadSignature:
        return ()
    return tuple(str(ref) for ref in found) if isinstance(found, list) else ()


def with_placed(house: House, value: str, ref: str) -> str:
    """Return the signed value of *value* with one more order or booking, the oldest dropped."""
    kept = [known for known in placed(house, value) if known != ref]
    return str(_signer(house).dumps([*kept, ref][-_MOST_PLACED:]))


def _signer(house: House) -> URLSafeSerializer:
    return URLSafeSerializer(house.settings.key_for("placed"), salt="placed")
