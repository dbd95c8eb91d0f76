"""Words for errors: one sentence for what happened, one for what would mend it (L5).

The sentences are English and the keys of the language catalogues; adapters translate them. They
are made here, in one table, so that library, command line, API and pages say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

import attrs

from passcore.errors import (
    BookedTooEarly,
    BookedTooLate,
    CapReached,
    PassError,
    ShortNotice,
    TooEarly,
)


@attrs.frozen
class Wording:
    """An error in words: `detail` says what happened, `mend` what to do about it, by templates
    whose braces name the error's own fields."""

    detail: str
    mend: str


WORDINGS: Final[Mapping[str, Wording]] = {
    "validation": Wording("{field} {problem}.", "Correct {field} and try again."),
    "not_found": Wording("There is no {what} “{ref}”.", "Check the name or id of the {what}."),
    "pass_exhausted": Wording(
        "The pass has {available} sessions available, the visit needs {needed}.",
        "Renew the pass, use another one, or ask the business to add sessions.",
    ),
    "pass_expired": Wording(
        "The pass is not valid any more at the time of the visit.",
        "Choose a time up to its last day, renew it, or ask the business to extend it.",
    ),
    "booked_too_late": Wording(
        "The pass could be booked with up to its last day, which is over.",
        "Renew it, use another pass, or ask the business to extend it.",
    ),
    "pass_not_yet_valid": Wording(
        "The pass is not valid yet at the time of the visit.",
        "Choose a time from its first day on, or use another pass.",
    ),
    "booked_too_early": Wording(
        "The pass can be booked with from its first day on.",
        "Book from that day on, or use another pass.",
    ),
    "pass_frozen": Wording(
        "The pass is frozen from {first_day}.",
        "Choose a time outside the freeze, or end the freeze first.",
    ),
    "pass_suspended": Wording(
        "The pass is suspended while its payment is disputed or given back.",
        "Ask the business how it stands, or use another pass.",
    ),
    "pass_refunded": Wording("The pass was refunded.", "Use another pass, or buy a new one."),
    "pass_pending": Wording(
        "The pass waits for its payment to be approved.",
        "Wait for the approval, or use another pass.",
    ),
    "pass_cancelled": Wording("The pass was cancelled.", "Use another pass, or buy a new one."),
    "not_covered": Wording(
        "The pass does not cover this visit ({why}).",
        "Choose a service, place and time that it covers, or use another pass.",
    ),
    "cap_reached": Wording(
        "The pass pays for at most {most} per {per}, and {used} count there already.",
        "Choose a day from {free_from} on, cancel another visit in time, or use another pass.",
    ),
    "cap_reached_to_the_end": Wording(
        "The pass pays for at most {most} per {per}, and {used} count there up to its last day.",
        "Cancel another visit in time, use another pass, or buy a new one.",
    ),
    "no_pass": Wording("The client has no pass.", "Buy a pass first, or book without one."),
    "wrong_client": Wording(
        "The pass ID and the e-mail address do not belong together.",
        "Check both; use the address the pass was bought with.",
    ),
    "booking_conflict": Wording(
        "Booking {ref} of {source} was reported differently with the same revision {revision}.",
        "Send the newer report with a higher revision.",
    ),
    "limit_reached": Wording("At most {limit} {what} are possible.", "Ask for fewer {what}."),
    "short_notice": Wording(
        "At least {limit} {what} are needed.", "Choose days from {earliest} on."
    ),
    "bookings_inside": Wording(
        "The pass pays for visits inside the freeze: {bookings}.",
        "Say whether to keep them or to release them.",
    ),
    "invalid_transition": Wording(
        "The {what} is {state}; {attempt} is not possible from there.",
        "Look at its present state first.",
    ),
    "too_early": Wording("The {what} can be completed from {not_before} on.", "Complete it then."),
    "refund_exceeds_refundable": Wording(
        "{requested} {currency} was asked back, {refundable} {currency} can be refunded.",
        "Refund at most that much.",
    ),
    "idempotency_key_reused": Wording(
        "The Idempotency-Key was used before for a different request.",
        "Send a new key with a new request, and the same key only with the same one.",
    ),
    "idempotency_key_missing": Wording(
        "The request moves value and has no Idempotency-Key header.",
        "Send a key of your own, the same one each time you repeat this request.",
    ),
    "already_exists": Wording(
        "There is a {what} with {field} “{value}” already.", "Choose another {field}."
    ),
    "contention": Wording("Others changed the same data at the same moment.", "Try again."),
    "storage_unavailable": Wording(
        "The database cannot be reached or written at the moment.", "Try again in a while."
    ),
    "provider_unavailable": Wording(
        "The payment provider {provider} does not answer at the moment.",
        "Try again; nothing is paid twice.",
    ),
    "provider_refused": Wording(
        "The payment provider {provider} refused.", "Pay another way, or ask the business."
    ),
    "signature_invalid": Wording(
        "The event is not freshly and rightly signed.", "Check the signing secret and the clock."
    ),
    "login_refused": Wording(
        "The code is wrong or no longer valid.", "Ask for a new code and use the newest one."
    ),
    "rate_limited": Wording(
        "There were too many attempts.", "Wait {retry_after} seconds and try again."
    ),
    "ledger_damaged": Wording(
        "The ledger of pass {pass_id} is damaged at entry {seq}: it {problem}.",
        "Restore a backup made before the damage, and report how it came about.",
    ),
}


#: Errors that share their code with others but not their words.
APART: Final[Mapping[type[PassError], str]] = {
    TooEarly: "too_early",
    ShortNotice: "short_notice",
    BookedTooLate: "booked_too_late",
    BookedTooEarly: "booked_too_early",
}


def wording(error: PassError) -> tuple[str, str]:
    """Return *error* as two sentences: what happened, and what would mend it."""
    words = WORDINGS[wording_key(error)]
    values = {name: _shown(value) for name, value in error.fields().items()}
    return words.detail.format_map(values), words.mend.format_map(values)


def wording_key(error: PassError) -> str:
    """Return under which name `WORDINGS` has the words for *error*: its code, or a finer one."""
    if isinstance(error, CapReached) and error.free_from is None:
        return "cap_reached_to_the_end"
    return APART.get(type(error), error.code)


def _shown(value: object) -> str:
    if isinstance(value, datetime):  # by the clock it was told in, which is the business's
        return value.strftime("%Y-%m-%d %H:%M %Z")
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value))
    return value.isoformat() if isinstance(value, date) else str(value)
