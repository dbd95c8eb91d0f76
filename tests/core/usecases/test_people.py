"""Clients, settings, staff, keys and sign-ins."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from passcore import (
    AddClient,
    AddKey,
    AddStaff,
    ClientRef,
    EditBusiness,
    EditClient,
    Role,
    add_client,
    add_key,
    add_staff,
    edit_business,
    edit_client,
    revoke_key,
)
from passcore.errors import AlreadyExists, Invalid, LoginRefused, NotFound
from passcore.usecases.businesses import RevokeKey, digest
from passcore.usecases.clients import ensure_client, find_client
from passcore.usecases.logins import (
    CODE_LIFE,
    MAX_TRIES,
    SESSION_LIFE,
    AskCode,
    Confirm,
    SignedIn,
    ask_code,
    confirm,
    sign_out,
    signed_in,
)
from tests.core.house import House

TOKEN = "t" * 32
BROWSER = "b" * 32


def test_a_client_is_added_once(house: House) -> None:
    """By an address in whatever case."""
    client = house.run(add_client, AddClient("Ana@Example.com", " Ana ", "hu"))
    assert (client.email, client.name, client.language) == ("ana@example.com", "Ana", "hu")
    with pytest.raises(AlreadyExists):
        house.run(add_client, AddClient("ana@example.com"))
    for wrong in (
        AddClient("no address"),
        AddClient("b@x.example", "a\0"),
        AddClient("b@x.example", "", "xx"),
    ):
        with pytest.raises(Invalid):
            house.run(add_client, wrong)


def test_a_client_is_edited_field_by_field(house: House) -> None:
    """What is None stays; what is answered is what is stored."""
    client = house.run(add_client, AddClient("ana@example.com", "Ana", "hu"))
    house.run(add_client, AddClient("bea@example.com"))
    after = house.run(edit_client, EditClient(client.id, email="New@Example.com"))
    assert (after.email, after.name, after.language) == ("new@example.com", "Ana", "hu")
    after = house.run(edit_client, EditClient("new@example.com", name="", language="de"))
    assert (after.email, after.name, after.language, after.version) == (
        "new@example.com",
        "",
        "de",
        3,
    )
    with house.store.begin(house.id) as tx:
        assert tx.clients.get(client.id) == after
    with pytest.raises(AlreadyExists):
        house.run(edit_client, EditClient(client.id, email="bea@example.com"))
    with pytest.raises(Invalid):
        house.run(edit_client, EditClient(client.id, email="x"))


def test_a_client_is_named_by_id_or_address(house: House) -> None:
    """A new address makes one; an id, or nothing at all, does not."""
    client = house.run(add_client, AddClient("ana@example.com"))
    with house.store.begin(house.id) as tx:
        from passcore.usecases.call import Call

        call = Call(house.clock.now(), house.app.ids)
        for ref in (ClientRef(id=client.id), ClientRef(id="ANA@example.com")):
            assert ensure_client(tx, ref, call) == client
        assert ensure_client(tx, ClientRef(email="Ana@example.com", name="X"), call) == client
        assert ensure_client(tx, ClientRef(email="bea@example.com", name="Bea"), call).name == "Bea"
        for name in ("nobody", "nobody@example.com", "a@b@c"):
            with pytest.raises(NotFound):
                find_client(tx, name)
        with pytest.raises(Invalid):
            ensure_client(tx, ClientRef(), call)


def test_settings_are_edited_by_name(house: House) -> None:
    """Not id, currency or version; checked like new ones."""
    changes: dict[str, Any] = {"name": "New", "time_zone": "UTC", "email": "Desk@Example.com"}
    after = house.run(edit_business, EditBusiness(changes))
    with house.store.begin(house.id) as tx:
        assert tx.business() == after
    assert (after.email, after.version) == ("desk@example.com", 2)
    for field, value in (("id", "x"), ("currency", "USD"), ("version", 9), ("nothing", 1)):
        with pytest.raises(Invalid) as refused:
            house.run(edit_business, EditBusiness({field: value}))
        assert refused.value.field == field
    with pytest.raises(Invalid):
        house.run(edit_business, EditBusiness({"email": "a@b.example\nBcc: c@d.example"}))


def test_a_changed_zone_is_that_of_later_sales(house: House) -> None:
    """Passes sold keep theirs (V4, S9)."""
    sold = house.assign().state
    house.run(edit_business, EditBusiness({"time_zone": "America/Havana"}))
    assert house.state(sold.id).window == sold.window
    assert house.assign().state.zone == "America/Havana"


def test_staff_are_added_once(house: House) -> None:
    """By an address in one form."""
    member = house.run(add_staff, AddStaff("Dora@Example.com", " Dora ", Role.DESK))
    assert (member.email, member.name, member.active) == ("dora@example.com", "Dora", True)
    with pytest.raises(AlreadyExists):
        house.run(add_staff, AddStaff("dora@example.com", "Other", Role.OWNER))


def test_a_key_is_kept_by_its_digest_and_ended_once(house: House) -> None:
    """A weak secret is refused; ending again keeps the first time."""
    key = house.run(add_key, AddKey("calendar", Role.MANAGER, "s" * 32))
    assert key.digest == digest("s" * 32)
    ended = house.run(revoke_key, RevokeKey(key.id))
    assert ended.revoked_at == house.clock.now()
    house.later(days=1)
    assert house.run(revoke_key, RevokeKey(key.id)) == ended
    with pytest.raises(NotFound):
        house.run(revoke_key, RevokeKey("nothing"))
    with pytest.raises(Invalid):
        house.run(add_key, AddKey("calendar", Role.MANAGER, "s" * 31))


# --- sign-in --------------------------------------------------------------------------------------


def _ask(house: House, email: str = "ana@example.com", audience: str = "guest") -> str:
    login: str = house.run(ask_code, AskCode(audience, email, "12345678", BROWSER))
    return login


def _confirm(house: House, login: str, code: str = "12345678", browser: str = BROWSER) -> bool:
    answer = house.run(confirm, Confirm(login, code, browser, TOKEN))
    return isinstance(answer, SignedIn)


@pytest.fixture
def guests(house: House) -> House:
    """A business with a client and a member of staff."""
    house.run(add_client, AddClient("ana@example.com", "Ana", "hu"))
    house.run(add_staff, AddStaff("dora@example.com", "Dora", Role.DESK))
    return house


def test_a_code_signs_its_owner_in(guests: House) -> None:
    """With the code as it was mailed, spaces or not, in the person's language."""
    answer = guests.run(confirm, Confirm(_ask(guests), "1234 5678", BROWSER, TOKEN))
    assert isinstance(answer, SignedIn)
    assert answer.client is not None
    assert (answer.client.name, answer.staff) == ("Ana", None)
    (message,) = guests.messages()
    assert (message.notice.language, message.notice.values["code"]) == ("hu", "12345678")
    with guests.store.begin(guests.id) as tx:
        assert tx.people.login(answer.login.id) == answer.login
    assert guests.run(signed_in, TOKEN) == answer


def test_staff_sign_in_for_a_shorter_time(guests: House) -> None:
    """In the business's language."""
    assert _confirm(guests, _ask(guests, "Dora@example.com", "staff"))
    who = guests.run(signed_in, TOKEN)
    assert who.staff.name == "Dora"
    guests.clock.move(SESSION_LIFE["staff"] - timedelta(microseconds=1))
    assert guests.run(signed_in, TOKEN) is not None
    guests.later(microseconds=1)
    assert guests.run(signed_in, TOKEN) is None


def test_asking_looks_the_same_for_everybody(guests: House) -> None:
    """Known or not, the answer is an id; mail goes to those who are known (X11)."""
    for email, audience in (
        ("nobody@example.com", "guest"),
        ("ana@example.com", "staff"),
        ("dora@example.com", "guest"),
    ):
        login = _ask(guests, email, audience)
        assert login.startswith("login_")
        assert not _confirm(guests, login), "even the right code opens nothing"
        assert guests.run(signed_in, TOKEN) is None
    assert guests.messages() == []
    with pytest.raises(Invalid):
        _ask(guests, audience="other")
    with pytest.raises(Invalid):
        _ask(guests, "no address")


@pytest.mark.parametrize("wrong", [{"code": "87654321"}, {"browser": "other"}, {"code": ""}])
def test_every_wrong_try_is_counted(guests: House, wrong: dict[str, str]) -> None:
    """After five the right code opens nothing (X12)."""
    login = _ask(guests)
    for _ in range(MAX_TRIES - 1):
        assert not _confirm(guests, login, **wrong)
    other = _ask(guests, "bea@example.com")
    assert other != login
    assert not _confirm(guests, login, **wrong)
    assert not _confirm(guests, login)
    assert not _confirm(guests, "nothing")


def test_four_wrong_tries_leave_one(guests: House) -> None:
    """The fifth may be right."""
    login = _ask(guests)
    for _ in range(MAX_TRIES - 1):
        assert not _confirm(guests, login, "0")
    assert _confirm(guests, login)


def test_a_code_opens_once_and_not_for_long(guests: House) -> None:
    """Used, ten minutes old, or followed by a newer one it is dead (X12)."""
    login = _ask(guests)
    assert _confirm(guests, login)
    assert not _confirm(guests, login)
    older, newer = _ask(guests), _ask(guests)
    assert not _confirm(guests, older)
    guests.clock.move(CODE_LIFE)
    assert not _confirm(guests, newer)
    last = _ask(guests)
    guests.clock.move(CODE_LIFE - timedelta(microseconds=1))
    assert _confirm(guests, last)


def test_a_session_ends_on_the_server(guests: House) -> None:
    """Once; an unknown token ends nothing (X15)."""
    assert _confirm(guests, _ask(guests))
    guests.run(sign_out, TOKEN)
    guests.run(sign_out, TOKEN)
    guests.run(sign_out, "unknown")
    assert guests.run(signed_in, TOKEN) is None


def test_only_digests_of_secrets_are_kept(guests: House) -> None:
    """Neither code, browser secret nor token stands in the row."""
    login = _ask(guests)
    _confirm(guests, login)
    with guests.store.begin(guests.id) as tx:
        kept = str(tx.people.login(login))
    assert not any(secret in kept for secret in ("12345678", BROWSER, TOKEN))
    assert LoginRefused().fields() == {}
