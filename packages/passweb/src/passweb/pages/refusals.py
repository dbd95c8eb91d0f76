"""Refusals in words: the core's own sentences, translated, and gentler ones where its words are
meant for programs."""

from __future__ import annotations

import gettext
from datetime import date, datetime
from typing import Final

from passcore import PassError, Refusal
from passcore.domain.messages import WORDINGS, wording_key
from passweb.i18n import format_day, format_moment
from passweb.pages.words import N_

#: The sentences of `passcore.domain.messages` as the catalogues know them; a test keeps them equal.
TRANSLATED: Final = (
    N_("The pass has {available} sessions available, the visit needs {needed}."),
    N_("Renew the pass, use another one, or ask the business to add sessions."),
    N_("The pass is not valid any more at the time of the visit."),
    N_("Choose a time up to its last day, renew it, or ask the business to extend it."),
    N_("The pass is not valid yet at the time of the visit."),
    N_("Choose a time from its first day on, or use another pass."),
    N_("The pass could be booked with up to its last day, which is over."),
    N_("Renew it, use another pass, or ask the business to extend it."),
    N_("The pass can be booked with from its first day on."),
    N_("Book from that day on, or use another pass."),
    N_("The pass is frozen from {first_day}."),
    N_("Choose a time outside the freeze, or end the freeze first."),
    N_("The pass is suspended while its payment is disputed or given back."),
    N_("Ask the business how it stands, or use another pass."),
    N_("The pass was refunded."),
    N_("Use another pass, or buy a new one."),
    N_("The pass waits for its payment to be approved."),
    N_("Wait for the approval, or use another pass."),
    N_("The pass was cancelled."),
    N_("The pass ID and the e-mail address do not belong together."),
    N_("Check both; use the address the pass was bought with."),
    N_("Others changed the same data at the same moment."),
    N_("Try again."),
    N_("The code is wrong or no longer valid."),
    N_("Ask for a new code and use the newest one."),
    N_("There were too many attempts."),
    N_("Wait {retry_after} seconds and try again."),
)

#: What a page says instead, where the core names fields and states.
_GENTLER: Final = {
    "validation": (N_("Something in the form is not right."), N_("Check it and try again.")),
    "not_found": (N_("That is not there (any more)."), N_("Go back and choose again.")),
    "not_covered": (
        N_("The pass does not cover this visit."),
        N_("Choose a service and time that it covers, or use another pass."),
    ),
    "cap_reached": (
        N_("The pass has a limit of {most} in that time, and it is reached."),
        N_("Choose a day from {free_from} on, or use another pass."),
    ),
    "cap_reached_to_the_end": (
        N_("The pass has a limit of {most} in that time, and it is reached."),
        N_("Use another pass, or cancel another visit in time."),
    ),
    "no_pass": (
        N_("There is no pass that could pay for this visit."),
        N_("Buy a pass first, or book without one."),
    ),
    "booking_conflict": (N_("This visit was changed meanwhile."), N_("Go back and look again.")),
    "limit_reached": (N_("That is more than is possible."), N_("Ask for less.")),
    "short_notice": (
        N_("A freeze has to be asked for earlier."), N_("Choose days from {earliest} on."),
    ),
    "bookings_inside": (
        N_("Visits are booked inside the freeze."),
        N_("Say whether to keep them or to release them."),
    ),
    "invalid_transition": (
        N_("This is not possible any more: something changed meanwhile."),
        N_("Go back and look at its present state."),
    ),
    "too_early": (
        N_("It is too early for that: it is possible from {not_before} on."), N_("Do it then."),
    ),
    "refund_exceeds_refundable": (
        N_("More was asked back than can be refunded."), N_("Ask for less."),
    ),
    "already_exists": (N_("There is one like that already."), N_("Use the one that is there.")),
    "idempotency_key_reused": (
        N_("This form was sent before with something else in it."),
        N_("Go back, load the page again and fill it in once more."),
    ),
    "idempotency_key_missing": (
        N_("Something in the form is not right."), N_("Check it and try again."),
    ),
    "storage_unavailable": (
        N_("Nothing can be stored at the moment."), N_("Try again in a few minutes."),
    ),
    "provider_unavailable": (
        N_("The payment provider does not answer at the moment."),
        N_("Try again; nothing is paid twice."),
    ),
    "provider_refused": (
        N_("The payment was refused."), N_("Pay another way, or ask the business."),
    ),
}  # fmt: skip
_UNKNOWN: Final = (N_("That did not work."), N_("Try again, or ask the business."))


def refusal_words(
    error: PassError, words: gettext.NullTranslations, language: str, zone: str
) -> tuple[str, str]:
    """Return *error* as two sentences in *language*: what happened, and what would mend it."""
    key = wording_key(error)
    pair = _GENTLER.get(key)
    if pair is None:
        known = WORDINGS.get(key)
        pair = (known.detail, known.mend) if known is not None else _UNKNOWN
    values = {name: _shown(value, language, zone) for name, value in error.fields().items()}
    return (
        words.gettext(pair[0]).format_map(values),
        words.gettext(pair[1]).format_map(values),
    )


def is_for_people(error: PassError) -> bool:
    """Tell whether the refusal is an answer to what a person asked, not a fault of ours."""
    return isinstance(error, Refusal) or error.code in (
        "validation", "not_found", "login_refused", "rate_limited", "provider_refused",
        "provider_unavailable", "contention", "storage_unavailable", "idempotency_key_reused",
    )  # fmt: skip


def _shown(value: object, language: str, zone: str) -> str:
    if isinstance(value, datetime):
        return format_moment(value, zone, language)
    return format_day(value, language) if isinstance(value, date) else str(value)
