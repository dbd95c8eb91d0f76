"""Words: rules, states and ledger entries as sentences for people, in the page's language."""

from __future__ import annotations

import gettext
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final, assert_never

from babel.dates import format_skeleton, format_time

from passcore import BookingStatus, Entry, Money, PaymentMethod, Role, Service, Status
from passcore.domain import ledger as lg
from passcore.domain.coverage import Coverage
from passcore.domain.orders import OrderStatus
from passcore.domain.time import Length, zone
from passcore.domain.validity import Anchor, Redeem, Validity
from passweb.i18n import format_day, format_moment, format_money, format_number, locale_of


def N_(text: str) -> str:  # noqa: N802  # the name gettext tools know
    """Mark *text* for the catalogues."""
    return text


STATUS: Final[Mapping[Status, str]] = {
    Status.PENDING: N_("Waiting"),
    Status.ACTIVE: N_("Active"),
    Status.FROZEN: N_("Frozen"),
    Status.SUSPENDED: N_("Suspended"),
    Status.USED_UP: N_("Used up"),
    Status.EXPIRED: N_("Expired"),
    Status.CANCELLED: N_("Cancelled"),
    Status.REFUNDED: N_("Refunded"),
}
BOOKING: Final[Mapping[BookingStatus, str]] = {
    BookingStatus.BOOKED: N_("Booked"),
    BookingStatus.COMPLETED: N_("Completed"),
    BookingStatus.CANCELLED: N_("Called off"),
    BookingStatus.NO_SHOW: N_("No-show"),
    BookingStatus.REVERSED: N_("Withdrawn"),
}
ORDER: Final[Mapping[OrderStatus, str]] = {
    OrderStatus.DRAFTED: N_("Draft"),
    OrderStatus.AWAITING_PAYMENT: N_("Awaiting payment"),
    OrderStatus.AWAITING_APPROVAL: N_("Awaiting approval"),
    OrderStatus.PAID: N_("Paid"),
    OrderStatus.FULFILLED: N_("Done"),
    OrderStatus.CANCELLED: N_("Cancelled"),
    OrderStatus.PART_REFUNDED: N_("Refunded in part"),
    OrderStatus.REFUNDED: N_("Refunded"),
    OrderStatus.DISPUTED: N_("Disputed"),
}
METHOD: Final[Mapping[PaymentMethod, str]] = {
    PaymentMethod.ONLINE: N_("Card, online"),
    PaymentMethod.ON_SITE: N_("On site"),
    PaymentMethod.BANK_TRANSFER: N_("Bank transfer"),
}
ROLE: Final[Mapping[Role, str]] = {
    Role.OWNER: N_("Owner"),
    Role.MANAGER: N_("Manager"),
    Role.DESK: N_("Desk"),
    Role.ACCOUNTANT: N_("Accountant"),
    Role.READ_ONLY: N_("Read-only"),
}


class Words:
    """Writes in one language."""

    def __init__(self, translations: gettext.NullTranslations, language: str) -> None:
        self._t = translations
        self._language = language

    def _(self, text: str, **values: object) -> str:
        found = self._t.gettext(text)
        return found % values if values else found

    def _n(self, one: str, many: str, num: int, **values: object) -> str:
        written = format_number(num, self._language)
        return self._t.ngettext(one, many, num) % {"num": written, **values}

    # --- products and passes ---

    def sessions(self, num: int | None) -> str:
        """Return how many sessions: ``10 sessions``, ``Unlimited sessions``."""
        if num is None:
            return self._("Unlimited sessions")
        ngettext = self._n
        return ngettext("%(num)s session", "%(num)s sessions", num)

    def to_approve(self, num: int) -> str:
        """Return how many orders wait."""
        ngettext = self._n
        return ngettext(
            "%(num)s order waits for its money", "%(num)s orders wait for their money", num
        )

    def short_day(self, day: date) -> str:
        """Return a day in little room, with its weekday: ``Mon 3 Mar``."""
        return str(format_skeleton("MMMEd", day, locale=locale_of(self._language)))

    def compact(self, instant: datetime, zone_id: str) -> str:
        """Return *instant* in little room: ``Mon, 3 Mar 2025, 18:00``."""
        local = instant.astimezone(zone(zone_id))
        day = format_skeleton("yMMMEd", local, locale=locale_of(self._language))
        return f"{day}, {self.clock(instant, zone_id)}"

    def clock(self, instant: datetime, zone_id: str) -> str:
        """Return the time of day of *instant* on the wall clock of *zone_id*."""
        local = instant.astimezone(zone(zone_id)).time()
        return str(format_time(local, "short", locale=locale_of(self._language)))

    def minutes(self, num: int) -> str:
        """Return how long a visit takes."""
        ngettext = self._n
        return ngettext("%(num)s minute", "%(num)s minutes", num)

    def share(self, price: Money, sessions: int) -> str:
        """Return what one of *sessions* comes to, rounded half up."""
        minor = (price.minor * 2 + sessions) // (2 * sessions)
        return self.amount(minor, price.currency)

    def amount(self, minor: int, currency: str) -> str:
        """Return an amount of minor units."""
        return format_money(minor, currency, self._language)

    def left(self, num: int) -> str:
        """Return how many sessions are left."""
        ngettext = self._n
        return ngettext("%(num)s left", "%(num)s left", num)

    def comes_back(self, num: int) -> str:
        """Return what a cancellation gives back; the pass's name follows."""
        ngettext = self._n
        return ngettext(
            "%(num)s session comes back to your pass:", "%(num)s sessions come back to your pass:",
            num,
        )  # fmt: skip

    def is_lost(self, num: int) -> str:
        """Return what a cancellation loses."""
        ngettext = self._n
        return ngettext(
            "It is too late to cancel for free: %(num)s session is lost.",
            "It is too late to cancel for free: %(num)s sessions are lost.", num,
        )  # fmt: skip

    def count_left(self, num: int, total: int) -> str:
        """Return what is free to use of a pass."""
        ngettext = self._n
        return ngettext(
            "%(left)s of %(num)s session left", "%(left)s of %(num)s sessions left", total,
            left=format_number(num, self._language),
        )  # fmt: skip

    def count_held(self, num: int) -> str:
        """Return what is set aside for booked visits."""
        ngettext = self._n
        return ngettext("%(num)s set aside", "%(num)s set aside", num)

    def count_used(self, num: int) -> str:
        """Return what has been used."""
        ngettext = self._n
        return ngettext("%(num)s used", "%(num)s used", num)

    def length(self, length: Length) -> str:
        """Return a length of time: ``6 months``."""
        ngettext, num = self._n, length.count
        match length.unit:
            case "days":
                return ngettext("%(num)s day", "%(num)s days", num)
            case "weeks":
                return ngettext("%(num)s week", "%(num)s weeks", num)
            case "months":
                return ngettext("%(num)s month", "%(num)s months", num)
            case _:
                return ngettext("%(num)s year", "%(num)s years", num)

    def validity(self, rule: Validity) -> str:
        """Return how long a pass of this rule is good for."""
        _ = self._
        if rule.anchor is Anchor.FIXED_RANGE and rule.fixed_from and rule.fixed_until:
            first = format_day(rule.fixed_from, self._language)
            last = format_day(rule.fixed_until, self._language)
            return _("Valid from %(first)s to %(last)s", first=first, last=last)
        if rule.length is None:
            return _("Valid without end")
        length = self.length(rule.length)
        match rule.anchor:
            case Anchor.CHOSEN_DATE:
                return _("Valid for %(length)s from a day you choose", length=length)
            case Anchor.FIRST_BOOKING:
                return _("Valid for %(length)s from your first booking", length=length)
            case Anchor.FIRST_USE:
                return _("Valid for %(length)s from your first visit", length=length)
            case _:
                return _("Valid for %(length)s from purchase", length=length)

    def redeem(self, rule: Validity) -> str | None:
        """Return what a client has to know of the redeem rule, where it is not the usual one."""
        if rule.redeem is Redeem.BOOKED_WITHIN:
            return self._("To be booked with by the last day; visits may be later")
        if rule.grace_days:
            length = self.length(Length(rule.grace_days, "days"))
            return self._("Still good for visits after the last day for %(length)s", length=length)
        return None

    def activate_within(self, rule: Validity) -> str | None:
        """Return by when an unstarted pass must be started."""
        if rule.activate_within is None:
            return None
        return self._("To be started within %(length)s", length=self.length(rule.activate_within))

    def covers(self, coverage: Coverage, services: Sequence[Service]) -> str:
        """Return what a pass pays for."""
        if not coverage.services and not coverage.categories and not coverage.excluded:
            return self._("Good for every service")
        names = [s.name for s in services if coverage.includes(s.id, s.category)]
        if not names:
            return self._("Good for no service at present")
        shown = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
        return self._("Good for %(services)s", services=shown)

    def status(self, status: Status) -> str:
        """Return how a pass stands."""
        return self._(STATUS[status])

    def booking(self, status: BookingStatus) -> str:
        """Return what became of a visit."""
        return self._(BOOKING[status])

    def order(self, status: OrderStatus) -> str:
        """Return where a purchase stands."""
        return self._(ORDER[status])

    def method(self, method: PaymentMethod) -> str:
        """Return a way of paying."""
        return self._(METHOD[method])

    def role(self, role: Role) -> str:
        """Return a role."""
        return self._(ROLE[role])

    # --- the ledger ---

    def entry(self, entry: Entry, zone: str) -> str:
        """Return a ledger entry as a sentence."""
        fact = entry.fact
        if isinstance(
            fact, lg.Reserved | lg.Captured | lg.Released | lg.Forfeited | lg.Deducted | lg.Reversed
        ):
            return self._visit_entry(fact, self._when(entry.about, zone))
        if isinstance(fact, lg.Adjusted | lg.Expired | lg.Reinstated | lg.Refunded | lg.Cancelled):
            return self._count_entry(fact)
        return self._state_entry(fact)

    def _when(self, instant: datetime, zone: str) -> str:
        return format_moment(instant, zone, self._language)

    def _visit_entry(
        self,
        fact: lg.Reserved | lg.Captured | lg.Released | lg.Forfeited | lg.Deducted | lg.Reversed,
        when: str,
    ) -> str:
        ngettext, num = self._n, fact.sessions
        match fact:
            case lg.Reserved():
                return ngettext(
                    "%(num)s session set aside for the visit on %(when)s",
                    "%(num)s sessions set aside for the visit on %(when)s", num, when=when,
                )  # fmt: skip
            case lg.Captured() | lg.Deducted():
                return ngettext(
                    "%(num)s session used for the visit on %(when)s",
                    "%(num)s sessions used for the visit on %(when)s", num, when=when,
                )  # fmt: skip
            case lg.Released():
                return ngettext(
                    "%(num)s session came back: the visit on %(when)s is off",
                    "%(num)s sessions came back: the visit on %(when)s is off", num, when=when,
                )  # fmt: skip
            case lg.Forfeited():
                return ngettext(
                    "%(num)s session lost: late cancellation or no-show on %(when)s",
                    "%(num)s sessions lost: late cancellation or no-show on %(when)s",
                    num, when=when,
                )  # fmt: skip
            case lg.Reversed():
                return ngettext(
                    "%(num)s session came back: the visit on %(when)s was corrected",
                    "%(num)s sessions came back: the visit on %(when)s was corrected",
                    num, when=when,
                )  # fmt: skip
            case _:
                assert_never(fact)

    def _count_entry(
        self, fact: lg.Adjusted | lg.Expired | lg.Reinstated | lg.Refunded | lg.Cancelled
    ) -> str:
        ngettext, _ = self._n, self._
        match fact:
            case lg.Adjusted(delta=delta) if delta < 0:
                return ngettext(
                    "%(num)s session taken away by the business",
                    "%(num)s sessions taken away by the business", -delta,
                )  # fmt: skip
            case lg.Adjusted(delta=delta):
                return ngettext(
                    "%(num)s session added by the business",
                    "%(num)s sessions added by the business", delta,
                )  # fmt: skip
            case lg.Expired(sessions=num):
                return ngettext("%(num)s session expired", "%(num)s sessions expired", num)
            case lg.Reinstated(sessions=num):
                return ngettext(
                    "%(num)s expired session came back", "%(num)s expired sessions came back", num
                )
            case lg.Refunded():
                return _("The pass was refunded")
            case lg.Cancelled():
                return _("The pass was cancelled")
            case _:
                assert_never(fact)

    def _state_entry(
        self,
        fact: lg.Granted | lg.Activated | lg.Anchored | lg.Frozen | lg.Unfrozen | lg.Extended
        | lg.Suspended | lg.Resumed | lg.CoverChanged | lg.OwnerChanged,
    ) -> str:  # fmt: skip
        _ = self._
        match fact:
            case lg.Anchored() | lg.Extended() | lg.Frozen() | lg.Unfrozen():
                return self._window_entry(fact)
            case lg.Granted(sessions=sessions, pending=True):
                count = self.sessions(sessions)
                return _("Ordered: %(count)s, waiting for payment", count=count)
            case lg.Granted(sessions=sessions):
                return _("The pass began: %(count)s", count=self.sessions(sessions))
            case lg.Activated():
                return _("Paid: the pass is active")
            case lg.Suspended():
                return _("Suspended while its payment is disputed")
            case lg.Resumed():
                return _("Taken up after the dispute")
            case lg.CoverChanged():
                return _("What the pass is good for was changed")
            case lg.OwnerChanged():
                return _("The pass was handed to another client")
            case unknown:
                assert_never(unknown)

    def _window_entry(self, fact: lg.Anchored | lg.Extended | lg.Frozen | lg.Unfrozen) -> str:
        _ = self._
        if isinstance(fact, lg.Frozen):
            first = self._day(fact.first_day)
            if fact.last_day is None:
                return _("Frozen from %(first)s on", first=first)
            last = self._day(fact.last_day)
            return _("Frozen from %(first)s to %(last)s", first=first, last=last)
        if isinstance(fact, lg.Unfrozen):
            return _("Taken up again on %(day)s", day=self._day(fact.on_day))
        if fact.window is None or fact.window.last_day is None:
            return _("The validity was set")
        day = self._day(fact.window.last_day)
        if isinstance(fact, lg.Extended):
            return _("Valid until %(day)s, set by the business", day=day)
        return _("Valid until %(day)s", day=day)

    def _day(self, day: object) -> str:
        return format_day(str(day), self._language)
