"""Contracts of the small ports: clock, ids, mailer. Needs pytest.

Subclass one and give it the fixture it names.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from passcore.domain.ids import read_code
from passcore.ports.clock import Clock
from passcore.ports.ids import Ids
from passcore.ports.mail import Attachment, Mail, Mailer, MailRefused
from passcore.testing.contract import Contract

_MANY = 2_000


class ClockContract(Contract):
    """What every clock promises. Fixture: `clock`."""

    @pytest.fixture
    def clock(self) -> Clock:
        """The clock to prove."""
        pytest.fail("a contract class needs a fixture `clock`")

    def test_now_is_an_instant_in_utc(self, clock: Clock) -> None:
        """Aware, and without an offset of its own."""
        now = clock.now()
        assert now.utcoffset() == timedelta(0)

    def test_now_does_not_run_backwards_by_itself(self, clock: Clock) -> None:
        """Asked twice it is not earlier."""
        asked = [clock.now() for _ in range(100)]
        assert asked == sorted(asked)


class IdsContract(Contract):
    """What every source of ids promises. Fixture: `ids`."""

    @pytest.fixture
    def ids(self) -> Ids:
        """The ids to prove."""
        pytest.fail("a contract class needs a fixture `ids`")

    def test_an_id_begins_with_its_kind(self, ids: Ids) -> None:
        """And goes on with what can stand in an address, long enough for 122 random bits."""
        assert re.fullmatch(r"pass_[a-z0-9-]{25,60}", ids.new("pass"))

    def test_ids_and_pass_ids_never_come_twice(self, ids: Ids) -> None:
        """Of whatever kind."""
        made = [ids.new(kind) for kind in ("pass", "order") for _ in range(_MANY)]
        codes = [ids.code() for _ in range(_MANY)]
        assert len(set(made)) == len(made)
        assert len(set(codes)) == len(codes)

    def test_pass_ids_read_back_as_they_are_written(self, ids: Ids) -> None:
        """With right check characters and in the one written form."""
        codes = [ids.code() for _ in range(100)]
        assert [read_code(code) for code in codes] == codes

    def test_every_place_of_a_pass_id_varies(self, ids: Ids) -> None:
        """No part of the random characters is fixed or much narrowed."""
        codes = [ids.code().replace("-", "") for _ in range(_MANY)]
        for place in range(16):
            assert len({code[place] for code in codes}) == 32


class MailerContract(Contract):
    """What every mailer promises. Fixtures: `mailer`, and `sent`, which returns the mails that
    arrived, in order, as `Mail`s."""

    @pytest.fixture
    def mailer(self) -> Mailer:
        """The mailer to prove; it refuses ``refused@example.com`` for good."""
        pytest.fail("a contract class needs a fixture `mailer`")

    @pytest.fixture
    def sent(self, mailer: Mailer) -> list[Mail]:  # noqa: ARG002  # for those who override it
        """What has arrived, filled while the test runs."""
        pytest.fail("a contract class needs a fixture `sent`")

    def test_a_mail_arrives_whole(self, mailer: Mailer, sent: list[Mail]) -> None:
        """Both parts, every character, every byte of an attachment, one recipient."""
        mail = _mail(attachments=(Attachment("a.pdf", "application/pdf", bytes(range(256))),))
        mailer.send(mail)
        assert sent == [mail]

    def test_a_refused_address_is_told_for_good(self, mailer: Mailer, sent: list[Mail]) -> None:
        """And the next mail goes out as if nothing had been."""
        with pytest.raises(MailRefused):
            mailer.send(_mail(to="refused@example.com"))
        mailer.send(_mail())
        assert [mail.to for mail in sent] == ["ana@example.com"]


def _mail(*, to: str = "ana@example.com", attachments: tuple[Attachment, ...] = ()) -> Mail:
    return Mail(
        message_id="msg_1",
        to=to,
        sender="studio@example.com",
        subject="Jóga: 3 left",
        text="Zoë,\n\n3 left.\n",
        html="<p>Zoë, 3 left.</p>\n",
        attachments=attachments,
    )
