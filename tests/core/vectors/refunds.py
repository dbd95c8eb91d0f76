"""Makes `refunds.json`: `python -m tests.core.vectors.refunds`.

The stories are written by hand. What goes back of each is reckoned here without any code of
passcore and in another way: every session is one number in a list, every day is looked at by
itself, and shares are fractions. `tests/core/domain/test_quoting.py` plays the stories on a ledger.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

TARGET = Path("packages/passcore/src/passcore/testing/vectors/refunds.json")
Story = dict[str, Any]
DAY = timedelta(days=1)


def half_up(value: Fraction) -> int:
    """The nearest whole number, the higher of two."""
    return floor(value + Fraction(1, 2))


def parts_of(net: int, count: int) -> list[int]:
    """*net* over *count*, the dearest first."""
    return [net // count + (1 if place < net % count else 0) for place in range(count)]


def day(instant: str, zone: str) -> date:
    """The local day of an instant."""
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(zone)).date()


def each(first: date, last: date) -> list[date]:
    """Every day from *first* to *last*."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def expected(story: Story) -> Story:
    """What goes back, by label."""
    rate, price = story["tax_rate"], story["price"]
    inclusive = story["tax_inclusive"]
    net = half_up(Fraction(price * 10000, 10000 + rate)) if inclusive else price
    paid, before = story["paid"], story["refunded_before"]
    today, sale = day(story["at"], story["zone"]), day(story["sold_at"], story["zone"])
    sheet = (
        _by_day(story, net, today) if story["sessions"] is None else _by_session(story, net, today)
    )
    policy = story["policy"]
    cooling = policy["cooling_off_days"]
    until = sale + timedelta(days=cooling) if cooling else None
    basis = "cooling_off" if until and today <= until else policy["formula"]
    total = max(net, 1) if net else 0

    def gross(worth: int) -> int:
        return half_up(Fraction(paid * worth, total)) if total else 0

    def filled(amounts: Counter[str], taxed: tuple[str, ...]) -> Counter[str]:
        worth = sum(amounts[label] for label in taxed)
        made = Counter({label: -amount for label, amount in amounts.items()})
        made["tax"] = -(gross(worth) - worth)
        made["paid"] = paid
        made["refunded_before"] = -before
        return made

    pack, visits, lost = sheet["pack"], sheet["visits"], sheet["lost"]
    taxed = ("used", "days_passed", "used_without_list", "held", "lapsed", "taken_away")
    at_pack = filled(pack + lost, taxed)
    at_list = filled(visits + lost, taxed)
    kind = {"paid": paid, "refunded_before": -before}
    if not paid:
        amounts = Counter(kind)
    elif basis == "none":
        amounts = Counter(kind | {"not_refundable": -(paid - before)})
    elif basis == "cooling_off" and story["sessions"] is None and not sheet["used"]:
        amounts = Counter(kind)
    elif basis == "cooling_off":
        lost = Counter({label: n for label, n in lost.items() if label != "lapsed"})
        amounts = filled(pack + lost, taxed)
    elif basis == "pro_rata" or at_pack.total() < at_list.total():
        amounts = at_pack
    else:
        amounts = at_list
    amounts["not_below_zero"] = max(0, -amounts.total())
    fee = 0 if basis == "cooling_off" else min(policy["fee"], amounts.total())
    amounts["fee"] = -fee
    unrated = visits["used_without_list"]
    return {
        "basis": basis,
        "cooling_off_until": until.isoformat() if until else None,
        "used_at_pack": gross(pack.total()),
        "used_at_list": visits.total() - unrated + gross(unrated),
        "amounts": {
            label: amount for label, amount in amounts.items() if amount or label == "paid"
        },
        "fee": fee,
        "refundable": amounts.total(),
    }


def _end(story: Story) -> date | None:
    return date.fromisoformat(story["last_day"]) if story["last_day"] else None


def _visit_amounts(
    story: Story, used: list[tuple[str, list[int], int, int]], dearest: int | None
) -> Counter[str]:
    """Each visit by itself: (service, values of its sessions, its cost, its seats)."""
    amounts: Counter[str] = Counter()
    for service, values, cost, seats in used:
        charged = len(values) if dearest is not None else sum(1 for value in values if value)
        price = story["list_prices"].get(service)
        if price is None:
            worth = dearest * len(values) if dearest is not None else sum(values)
            amounts["used_without_list"] += worth
        else:
            amounts["used_at_list"] += half_up(Fraction(price * seats * charged, cost))
    return amounts


def _by_session(  # noqa: PLR0912  # one case a kind of event
    story: Story, net: int, today: date
) -> Story:
    free = parts_of(net, story["sessions"])
    held: dict[str, tuple[str, list[int], int]] = {}
    used: dict[str, tuple[str, list[int], int, int]] = {}
    lapsed = taken = 0
    costs = story["costs"]
    for event in story["events"]:
        name = event.get("booking", "")
        free.sort(reverse=True)
        match event["do"]:
            case "visit" | "book":
                cost = costs.get(event["service"], 1) * event["seats"]
                values, free = free[:cost], free[cost:]
                if event["do"] == "book":
                    held[name] = (event["service"], values, event["seats"])
                else:
                    used[name] = (event["service"], values, cost, event["seats"])
            case "complete":
                service, values, seats = held.pop(name)
                used[name] = (service, values, len(values), seats)
            case "release":
                free += held.pop(name)[1]
            case "forfeit":
                service, values, seats = held.pop(name)
                lose = event["sessions"]
                used[name] = (service, values[:lose], len(values), seats)
                free += values[lose:]
            case "undo":
                free += used.pop(name)[1]
            case "adjust" if event["delta"] > 0:
                free += [0] * event["delta"]
            case "adjust":
                taken += sum(free[: -event["delta"]])
                free = free[-event["delta"] :]
            case "expire":
                lapsed, free = lapsed + sum(free), []
            case _:
                pass  # nothing that moves a session
    end = _end(story)
    if end is not None and today > end and not _frozen_open(story):
        lapsed, free = lapsed + sum(free), []
    return {
        "pack": Counter({"used": sum(sum(values) for _, values, _, _ in used.values())}),
        "visits": _visit_amounts(story, list(used.values()), None),
        "lost": Counter(
            {
                "held": sum(sum(values) for _, values, _ in held.values()),
                "lapsed": lapsed,
                "taken_away": taken,
            }
        ),
        "used": len(used),
    }


def _frozen_open(story: Story) -> bool:
    freezes = [e for e in story["events"] if e["do"] in ("freeze", "unfreeze")]
    return bool(freezes) and freezes[-1]["do"] == "freeze" and freezes[-1]["last_day"] is None


def _by_day(story: Story, net: int, today: date) -> Story:
    used: dict[str, tuple[str, list[int], int, int]] = {}
    still: set[date] = set()
    since: date | None = None
    for event in story["events"]:
        on = day(event["at"], story["zone"])
        match event["do"]:
            case "visit":
                cost = story["costs"].get(event["service"], 1) * event["seats"]
                used[event["booking"]] = (event["service"], [0] * cost, cost, event["seats"])
            case "undo":
                del used[event["booking"]]
            case "freeze" if event["last_day"]:
                still |= set(
                    each(
                        date.fromisoformat(event["first_day"]),
                        date.fromisoformat(event["last_day"]),
                    )
                )
            case "freeze":
                since = date.fromisoformat(event["first_day"])
            case "unfreeze":
                first = since or min(still)
                still = {d for d in still if d < on} | set(each(first, on - DAY))
                since = None
            case "resume":
                still |= set(each(on - timedelta(days=event["days"]), on - DAY))
            case _:
                pass  # nothing that stops a day
    end, sold = _end(story), story["sold_days"]
    if sold is None:
        passed, left, total = min(1, len(used)), 1 - min(1, len(used)), 1
    else:
        first, last = (date.fromisoformat(text) for text in sold)
        total = len(each(first, last))
        so_far = [d for d in each(first, min(today, end)) if d not in still] if end else []
        if since is not None:
            so_far = [d for d in so_far if d < since]
        passed = min(total, len(so_far))
        left = total - passed
        if since is None and end is not None:
            to_come = each(max(today + DAY, first), end)
            left = min(left, sum(1 for d in to_come if d not in still))
    over = end is not None and today > end and since is None
    values = parts_of(net, total)
    gone = sum(values[passed : total - (0 if over else left)])
    return {
        "pack": Counter({"days_passed": sum(values[:passed])}),
        "visits": _visit_amounts(story, list(used.values()), values[0]),
        "lost": Counter({"lapsed" if over else "taken_away": gone}),
        "used": len(used),
    }


def main() -> None:
    """Write the file."""
    from tests.core.vectors.refund_stories import STORIES

    lines = ",\n".join(json.dumps(story | {"expected": expected(story)}) for story in STORIES)
    TARGET.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"refunds: {len(STORIES)}")


if __name__ == "__main__":
    main()
