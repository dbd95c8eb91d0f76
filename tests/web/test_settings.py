"""Settings: what is unsafe stops the start, by the setting's name and never its value (X21)."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from passcore.errors import Invalid
from passweb.settings import Settings, Smtp
from passweb.wiring import wire
from tests.web.houses import settings

GOOD = {
    "PASS_DATABASE_URL": "sqlite://",
    "PASS_BASE_URL": "https://passes.example/",
    "PASS_SECRET_KEY": secrets.token_hex(32),
}
STRIPE = {
    "PASS_STRIPE_SECRET_KEY": "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
    "PASS_STRIPE_WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}


def test_the_environment_is_read() -> None:
    found = Settings.from_environment(
        GOOD
        | STRIPE
        | {
            "PASS_SMTP_URL": "smtps://post:p%40ss@mail.example",
            "PASS_SENDER": "Studio <passes@example.com>",
            "PASS_TRUSTED_HOSTS": "www.passes.example, inner",
            "PASS_LIVE_PAYMENTS": "false",
            "PASS_WORKER_IN_PROCESS": "no",
            "PASS_THREADS": "8",
        }
    )
    assert found.base_url == "https://passes.example"
    assert found.smtp == Smtp("mail.example", 465, "implicit", "post", "p@ss")
    assert found.hosts == {"passes.example", "www.passes.example", "inner"}
    assert (found.live_payments, found.worker_in_process, found.threads) == (False, False, 8)
    assert set(found.payments["stripe"]) == {"secret_key", "webhook_secrets"}
    assert wire(found).provider == "stripe"


WRONG = {
    "no database": ({"PASS_DATABASE_URL": ""}, "PASS_DATABASE_URL"),
    "no address": ({"PASS_BASE_URL": ""}, "PASS_BASE_URL"),
    "plain http": ({"PASS_BASE_URL": "http://passes.example"}, "PASS_BASE_URL"),
    "an address with a path": ({"PASS_BASE_URL": "https://a.example/x"}, "PASS_BASE_URL"),
    "an address with a name": ({"PASS_BASE_URL": "https://a@b.example"}, "PASS_BASE_URL"),
    "no secret": ({"PASS_SECRET_KEY": ""}, "PASS_SECRET_KEY"),
    "a short secret": ({"PASS_SECRET_KEY": secrets.token_hex(15)}, "PASS_SECRET_KEY"),
    "a dull secret": ({"PASS_SECRET_KEY": "ab" * 32}, "PASS_SECRET_KEY"),
    "a default secret": (
        {"PASS_SECRET_KEY": "changeme-changeme-0123456789-abcdefgh"},
        "PASS_SECRET_KEY",
    ),
    "no mail address": ({"PASS_SMTP_URL": "http://mail.example"}, "PASS_SMTP_URL"),
    "a port that is none": ({"PASS_SMTP_URL": "smtp://mail.example:x"}, "PASS_SMTP_URL"),
    "neither true nor false": ({"PASS_LIVE_PAYMENTS": "perhaps"}, "PASS_LIVE_PAYMENTS"),
    "no number": ({"PASS_THREADS": "1e3"}, "PASS_THREADS"),
    "too many threads": ({"PASS_THREADS": "4000"}, "PASS_THREADS"),
    "a host with a path": ({"PASS_TRUSTED_HOSTS": "a/b"}, "PASS_TRUSTED_HOSTS"),
    "debug in the open": ({"PASS_DEBUG": "true"}, "PASS_DEBUG"),
    "a wrong provider key": (
        STRIPE | {"PASS_STRIPE_SECRET_KEY": "sk_wrong"},
        "PASS_STRIPE_SECRET_KEY",
    ),
    "no signing secret": (
        STRIPE | {"PASS_STRIPE_WEBHOOK_SECRET": ""},
        "PASS_STRIPE_WEBHOOK_SECRET",
    ),
    "a setting that is none": (STRIPE | {"PASS_STRIPE_SECRETKEY": "x"}, "PASS_STRIPE_SECRETKEY"),
    "a sender that is none": (
        {"PASS_SENDER": "two@example.com, more@example.com", "PASS_SMTP_URL": "smtp://localhost"},
        "PASS_SENDER",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_stops_the_start_by_name(name: str) -> None:
    changes, setting = WRONG[name]
    with pytest.raises(Invalid) as stopped:
        wire(Settings.from_environment(GOOD | changes))
    assert stopped.value.field == setting
    for value in changes.values():
        assert not value or len(value) < 6 or value not in stopped.value.problem


def test_a_secret_may_stand_in_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(GOOD["PASS_SECRET_KEY"] + "\n")
    env = {**GOOD, "PASS_SECRET_KEY": "", "PASS_SECRET_KEY_FILE": str(file)}
    file.chmod(0o600)
    assert Settings.from_environment(env).secret_key == GOOD["PASS_SECRET_KEY"].encode()
    file.chmod(0o644)
    with pytest.raises(Invalid) as stopped:
        Settings.from_environment(env)
    assert stopped.value.field == "PASS_SECRET_KEY_FILE"
    with pytest.raises(Invalid):
        Settings.from_environment(env | {"PASS_SECRET_KEY_FILE": str(tmp_path / "none")})


def test_nothing_secret_shows() -> None:
    found = Settings.from_environment(
        GOOD | STRIPE | {"PASS_SMTP_URL": "smtps://post:hidden@mail.example"}
    )
    shown = repr(found)
    for value in (*STRIPE.values(), GOOD["PASS_SECRET_KEY"], "hidden"):
        assert value not in shown


def test_every_purpose_has_a_key_of_its_own() -> None:
    one, other = settings().key_for("cookies"), settings().key_for("links")
    assert len(one) == len(other) == 32
    assert one != other
    assert one != settings(secret_key=secrets.token_bytes(32)).key_for("cookies")
    assert one == settings().key_for("cookies")


def test_mail_on_this_machine_is_plain_and_elsewhere_is_not() -> None:
    assert Smtp.from_url("smtp://127.0.0.1:1025") == Smtp("127.0.0.1", 1025, "none")
    assert Smtp.from_url("smtp://mail.example") == Smtp("mail.example", 587, "starttls")
    assert Smtp.from_url("smtp://mail.example?tls=none").tls == "none"


def test_without_a_mail_server_mail_waits() -> None:
    from passweb.wiring import NoMailer

    house = wire(settings(database_url="sqlite://"))
    assert isinstance(house.relay.out.mailer, NoMailer)
    with pytest.raises(OSError, match="PASS_SMTP_URL"):
        house.relay.out.mailer.send(None)  # type: ignore[arg-type]  # refused unread
