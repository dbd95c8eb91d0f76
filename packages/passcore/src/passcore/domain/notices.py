"""Notices: messages to people and the outbox rows that carry them (M1, M2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

import attrs


class NoticeKind(str, Enum):
    """Which template a notice is written from."""

    PURCHASE = "purchase"
    PENDING_APPROVAL = "pending_approval"
    DECLINED = "declined"
    ASSIGNED = "assigned"
    SESSIONS_CHANGED = "sessions_changed"
    USED_UP = "used_up"
    REFUNDED = "refunded"
    BOOKING_CONFIRMED = "booking_confirmed"
    SIGN_IN_CODE = "sign_in_code"


@attrs.frozen
class Notice:
    """A message to one person. `values` are what its template may show, facts as they were when it
    was queued; `invoice_id` names a document to attach."""

    kind: NoticeKind
    to: str
    language: str
    values: Mapping[str, str | int | None]
    invoice_id: str | None = None


class MessageState(str, Enum):
    """Where an outbox row stands."""

    DUE = "due"
    SENT = "sent"
    DEAD = "dead"  # given up; staff can retry or discard
    DISCARDED = "discarded"


@attrs.frozen
class Message:
    """One outbox row: `dedupe` is unique in the business, so one fact queues one notice only.

    `id` also makes the mail's Message-ID, so that a second delivery can be recognised.
    """

    id: str
    dedupe: str
    notice: Notice
    due_at: datetime
    state: MessageState = MessageState.DUE
    attempts: int = 0
    last_error: str | None = None
    sent_at: datetime | None = None


#: How long after a failed attempt the next one is made; after the last the message is dead.
BACK_OFF: Final = tuple(
    timedelta(seconds=s)
    for s in (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200, 57600, 72000)
)


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """Return when a message that failed *attempts* times is due again, None to give up."""
    return now + BACK_OFF[attempts - 1] if attempts <= len(BACK_OFF) else None
