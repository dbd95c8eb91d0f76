"""Logins: one-time codes by e-mail for guests and staff, and the sessions they open (section 9).

Whether an address is known is never told: asking always looks the same, and mail goes out by the
outbox. A code has 8 digits, lives 10 minutes, allows 5 tries, is bound to the browser that asked,
and dies when a newer one is asked for. It only counts together with the login's own id, which is
random; only keyed digests of it are kept.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Final

import attrs

from passcore.domain import checks
from passcore.domain.businesses import StaffMember
from passcore.domain.clients import Client
from passcore.domain.notices import Message, Notice, NoticeKind
from passcore.errors import Invalid, LoginRefused
from passcore.ports.store import Login, Tx
from passcore.usecases.businesses import digest
from passcore.usecases.call import Call

CODE_LIFE: Final = timedelta(minutes=10)
MAX_TRIES: Final = 5
SESSION_LIFE: Final = {"guest": timedelta(days=30), "staff": timedelta(hours=12)}


@attrs.frozen
class AskCode:
    """Ask for a sign-in code. `code` is 8 random digits made by the caller, `browser` a random
    secret kept in a cookie of the browser that asks."""

    audience: str
    email: str
    code: str
    browser: str


@attrs.frozen
class Confirm:
    """Turn a code into a session; `token` is the new session's secret, made by the caller."""

    login_id: str
    code: str
    browser: str
    token: str


@attrs.frozen
class SignedIn:
    """Who a session belongs to: a client or a member of staff."""

    login: Login
    client: Client | None
    staff: StaffMember | None


def ask_code(tx: Tx, command: AskCode, call: Call) -> str:
    """Make a login and queue its code, where the address is known; return the login's id alike."""
    email = checks.email(command.email)
    login = Login(
        id=call.ids.new("login"),
        audience=command.audience,
        email=email,
        code_digest="",
        browser_digest=digest(command.browser),
        created_at=call.now,
        expires_at=call.now + CODE_LIFE,
    )
    login = attrs.evolve(login, code_digest=_keyed(login.id, command.code))
    for older in tx.people.open_logins(command.audience, email):
        tx.people.save_login(attrs.evolve(older, ended_at=call.now))
    tx.people.add_login(login)
    known = _known(tx, command.audience, email)
    if known is not None:
        name, language = known
        values: dict[str, str | int | None] = {
            "client_name": name,
            "code": command.code,
            "minutes": int(CODE_LIFE.total_seconds()) // 60,
        }
        notice = Notice(NoticeKind.SIGN_IN_CODE, email, language, values)
        tx.outbox.add([Message(call.ids.new("msg"), f"sign_in:{login.id}", notice, call.now)])
    return login.id


def _known(tx: Tx, audience: str, email: str) -> tuple[str, str] | None:
    """Return name and language of a person who may sign in."""
    language = tx.business().language
    if audience == "staff":
        member = tx.people.staff(email)
        return (member.name, language) if member is not None and member.active else None
    if audience != "guest":
        raise Invalid(field="audience", problem="is not guest or staff")
    client = tx.clients.by_email(email)
    return None if client is None else (client.name, client.language or language)


def confirm(tx: Tx, command: Confirm, call: Call) -> SignedIn | LoginRefused:
    """Open a session; every try is counted, a used or old login never opens one.

    A wrong code is *returned* as `LoginRefused`, not raised, so that the try it cost is stored.
    """
    login = tx.people.login(command.login_id)
    if login is None or login.ended_at is not None or login.token_digest is not None:
        return LoginRefused()
    if login.attempts >= MAX_TRIES or call.now >= login.expires_at:
        return LoginRefused()
    tried = attrs.evolve(login, attempts=login.attempts + 1)
    right = hmac.compare_digest(login.code_digest, _keyed(login.id, command.code))
    same_browser = hmac.compare_digest(login.browser_digest, digest(command.browser))
    if not (right and same_browser):
        tx.people.save_login(tried)
        return LoginRefused()
    opened = attrs.evolve(
        tried,
        token_digest=digest(command.token),
        expires_at=call.now + SESSION_LIFE[login.audience],
    )
    tx.people.save_login(opened)
    opened = attrs.evolve(opened, version=opened.version + 1)
    return _who(tx, opened) or LoginRefused()


def _who(tx: Tx, login: Login) -> SignedIn | None:
    if login.audience == "staff":
        member = tx.people.staff(login.email)
        return SignedIn(login, None, member) if member is not None and member.active else None
    client = tx.clients.by_email(login.email)
    return SignedIn(login, client, None) if client is not None else None


def signed_in(tx: Tx, token: str, call: Call) -> SignedIn | None:
    """Return who the session *token* belongs to, None where it is over or unknown."""
    login = tx.people.login_by_token(digest(token))
    if login is None or login.ended_at is not None or call.now >= login.expires_at:
        return None
    return _who(tx, login)


def sign_out(tx: Tx, token: str, call: Call) -> None:
    """End a session on the server."""
    login = tx.people.login_by_token(digest(token))
    if login is not None and login.ended_at is None:
        tx.people.save_login(attrs.evolve(login, ended_at=call.now))


def _keyed(login_id: str, code: str) -> str:
    """Return the digest of a code under its login's id, slow enough to make guessing offline dear.

    27 bits need stretching (OWASP ASVS 5.0, 6.5.2); the code is dead after 10 minutes besides.
    """
    plain = "".join(c for c in code if c.isalnum()).encode()
    return hashlib.pbkdf2_hmac("sha256", plain, login_id.encode(), 50_000).hex()
