"""Exit codes: one table from what happened to what the shell is told.

`tests/cli/test_exits.py` proves that every error of `passcore.errors` stands in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DONE: Final = 0
UNEXPECTED: Final = 1
USAGE: Final = 2
REFUSED: Final = 3
NOT_FOUND: Final = 4
TRY_AGAIN: Final = 5
DAMAGE: Final = 6
#: As shells have it for Ctrl+C.
INTERRUPTED: Final = 130

#: What each exit code means, as `passctl --help` and the reference print it.
MEANINGS: Final[Mapping[int, str]] = {
    DONE: "done",
    UNEXPECTED: "unexpected",
    USAGE: "usage or invalid input",
    REFUSED: "refused by a rule",
    NOT_FOUND: "not found",
    TRY_AGAIN: "contention or an outage, try again",
    DAMAGE: "a check found damage",
}

#: The `code` of an error, of the core's or of the command line's own, and its exit code.
EXIT_CODES: Final[Mapping[str, int]] = {
    # of the core: input
    "validation": USAGE,
    "idempotency_key_missing": USAGE,
    # of the core: rules
    "refused": REFUSED,
    "pass_exhausted": REFUSED,
    "pass_expired": REFUSED,
    "pass_not_yet_valid": REFUSED,
    "pass_frozen": REFUSED,
    "pass_suspended": REFUSED,
    "pass_refunded": REFUSED,
    "pass_pending": REFUSED,
    "pass_cancelled": REFUSED,
    "not_covered": REFUSED,
    "cap_reached": REFUSED,
    "no_pass": REFUSED,
    "wrong_client": REFUSED,
    "booking_conflict": REFUSED,
    "bookings_inside": REFUSED,
    "limit_reached": REFUSED,
    "invalid_transition": REFUSED,
    "refund_exceeds_refundable": REFUSED,
    "already_exists": REFUSED,
    "idempotency_key_reused": REFUSED,
    "provider_refused": REFUSED,
    "signature_invalid": REFUSED,
    "login_refused": REFUSED,
    # of the core: the rest
    "error": UNEXPECTED,
    "not_found": NOT_FOUND,
    "contention": TRY_AGAIN,
    "storage_unavailable": TRY_AGAIN,
    "provider_unavailable": TRY_AGAIN,
    "rate_limited": TRY_AGAIN,
    "ledger_damaged": DAMAGE,
    # of the command line itself
    "usage": USAGE,
    "confirmation_needed": USAGE,
    "business_needed": USAGE,
    "not_supported": USAGE,
    "file_exists": REFUSED,
    "file_unusable": USAGE,
    "no_database": NOT_FOUND,
    "no_business": NOT_FOUND,
    "damage_found": DAMAGE,
    "schema_not_current": DAMAGE,
    "aborted": UNEXPECTED,
    "output_unusable": UNEXPECTED,
    "unexpected": UNEXPECTED,
}


class Problem(Exception):
    """Something the command line itself has to say no to; `code` stands in `EXIT_CODES`."""

    def __init__(self, code: str, detail: str, mend: str, **fields: object) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.mend = mend
        self.fields = fields


class NobodyReads(Exception):
    """The reader of standard output has gone, as in `passctl … | head`."""


def exit_code(code: str) -> int:
    """Return the exit code of an error's `code`; one that is not known is unexpected."""
    return EXIT_CODES.get(code, UNEXPECTED)
