"""Services, products, clients, passes, bookings, orders, invoices: each call does what it says."""

from __future__ import annotations

from typing import Any

import pytest

from passcore.adapters.system import FixedClock
from passcore.domain.businesses import Role
from tests.web.conftest import stocked
from tests.web.houses import NOW, PRODUCT, STUDIO, TOMORROW, Api, make_house, problem, served

ANA = {"email": "ana@example.com", "name": "Ana"}


def assigned(api: Api, **changes: Any) -> dict[str, Any]:
    return api.made("/passes", {"product_id": "10-x-reformer", "client": ANA} | changes)


def booked(api: Api, **changes: Any) -> dict[str, Any]:
    body = {"client": ANA, "service_id": "reformer", "starts_at": TOMORROW}
    return api.made("/bookings", body | changes)


def test_a_service_is_added_listed_found_and_changed(api: Api) -> None:
    made = api.made("/services", {"name": "Yoga", "category": "Mat", "tax_rate": "27.5"})
    assert (made["slug"], made["category"], made["tax_rate"]) == ("yoga", "mat", "27.50")
    changed = api.call("PATCH", "/services/yoga", {"price": {"amount": "15", "currency": "EUR"}})
    assert changed.json()["price"] == {"amount": "15.00", "currency": "EUR"}
    assert (
        api.call("PATCH", "/services/yoga", {"price": None, "active": False}).json()["price"]
        is None
    )
    assert [s["slug"] for s in api.get("/services").json()["items"]] == ["reformer", "yoga"]
    assert api.get(f"/services/{made['id']}").json()["active"] is False
    problem(api.post("/services", {"name": "Yoga", "slug": "yoga"}), 409, "already_exists")


def test_a_product_comes_back_as_it_was_given(api: Api) -> None:
    given = PRODUCT | {
        "name": "Unlimited month",
        "slug": "month",
        "sessions": None,
        "description": "Come\nas you like",
        "validity": {
            "anchor": "first_booking",
            "length": {"count": 1, "unit": "months"},
            "counting": "first_day",
            "activate_within": "1 year",
        },
        "excludes": ["reformer"],
        "costs": {"reformer": 2},
        "cancel": {"tiers": [{"minutes_before": 1440}, {"minutes_before": 60, "forfeit": None}]},
        "tax_rate": "27.00",
        "shown": False,
        "caps": [
            {"most": 3, "window": "pass_month"},
            {"most": 2, "window": "rolling", "days": 7, "services": ["reformer"]},
        ],
    }
    made = api.made("/products", given)
    service = api.get("/services/reformer").json()["id"]
    assert made["sessions"] is None
    assert made["validity"]["activate_within"] == {"count": 1, "unit": "years"}
    assert (made["covers"], made["excludes"], made["costs"]) == ([service], [service], {service: 2})
    assert made["cancel"]["tiers"][1] == {"minutes_before": 60, "forfeit": None}
    every, some = made["caps"]
    assert every == {"most": 3, "window": "pass_month", "days": None, "services": [],
                     "categories": []}  # fmt: skip
    assert (some["days"], some["services"]) == (7, [service])
    assert api.get("/products/month").json() == made
    assert api.call("PATCH", "/products/month", {"caps": []}).json()["caps"] == []


@pytest.mark.parametrize(
    ("cap", "status"),
    [
        ({"most": 0, "window": "day"}, 400),
        ({"most": 1, "window": "year"}, 400),
        ({"most": 1, "window": "day", "days": 2}, 422),
        ({"most": 1, "window": "rolling"}, 422),
        ({"most": 1, "window": "day", "services": ["nothing"]}, 422),
    ],
)
def test_a_cap_that_makes_no_sense_is_told(api: Api, cap: dict[str, Any], status: int) -> None:
    answer = api.post("/products", PRODUCT | {"slug": "capped", "caps": [cap]})
    assert "caps" in problem(answer, status, "validation")["field"]


def test_a_cap_that_is_reached_says_what_would_mend_it(api: Api) -> None:
    """The booking is refused; asked before, the eligibility says so, and which pass pays (C4)."""
    caps = [{"most": 1, "window": "week", "services": ["reformer"]}]
    flat = PRODUCT | {"name": "Flat", "slug": "flat", "sessions": None, "caps": caps, "priority": 1}
    api.made("/products", flat)
    sold = assigned(api, product_id="flat")
    assert sold["caps"] == api.get("/products/flat").json()["caps"]
    booked(api)
    body = {"client": ANA, "service_id": "reformer", "starts_at": TOMORROW}
    told = problem(api.post("/bookings", body), 409, "cap_reached")
    assert (told["used"], told["most"], told["window"], told["per"]) == (1, 1, "week", "week")
    assert told["services"] == sold["caps"][0]["services"]
    assert told["free_from"] in told["mend"]
    ten = assigned(api)
    asked = api.get("/eligibility", email=ANA["email"], service_id="reformer", starts_at=TOMORROW)
    first, second = asked.json()["items"]
    assert [reason["code"] for reason in first["reasons"]] == ["cap_reached"]
    assert told["free_from"] in first["reasons"][0]["mend"]
    assert second["pass"]["id"] == ten["id"]
    assert booked(api)["payments"][0]["pass_id"] == ten["id"]


def test_a_change_of_terms_makes_a_new_version_and_retiring_ends_the_sale(api: Api) -> None:
    changed = api.call("PATCH", "/products/10-x-reformer", {"sessions": 12, "shown": False}).json()
    assert (changed["version"], changed["sessions"], changed["shown"]) == (2, 12, False)
    assert api.post("/products/10-x-reformer/retire").json()["retired"] is True
    order = {"product_id": "10-x-reformer", "client": ANA, "method": "on_site"}
    problem(api.post("/orders", order), 409, "invalid_transition")


def test_a_client_is_found_by_id_and_by_e_mail(api: Api) -> None:
    made = api.made("/clients", ANA | {"language": "hu"})
    assert api.get("/clients/Ana@Example.com").json() == made
    changed = api.call("PATCH", f"/clients/{made['id']}", {"name": "Anna"}).json()
    assert changed == made | {"name": "Anna"}
    assert api.get("/clients", search="nna").json()["items"] == [changed]
    assert api.get("/clients", search="%").json()["items"] == []
    problem(api.post("/clients", ANA), 409, "already_exists")


def test_a_list_goes_on_where_its_page_ended(api: Api) -> None:
    made = {api.made("/clients", {"email": f"n{n}@example.com"})["id"] for n in range(5)}
    found, cursor, pages = set(), None, 0
    while cursor is not None or not pages:
        more: dict[str, Any] = {} if cursor is None else {"cursor": cursor}
        page = api.get("/clients", limit=2, **more).json()
        found |= {item["id"] for item in page["items"]}
        cursor, pages = page["next_cursor"], pages + 1
    assert (found, pages) == (made, 3)


def test_a_pass_has_every_field_of_the_contract(api: Api) -> None:
    made = assigned(api)
    assert made["status"] == "active"
    assert made["product"].keys() == {"id", "name", "version"}
    assert made["client"]["email"] == "ana@example.com"
    granted = {"granted": 10, "used": 0, "held": 0, "remaining": 10, "available": 10}
    assert made["sessions"] == granted | dict.fromkeys(
        ("expired", "refunded", "transferred", "adjusted"), 0
    )
    assert made["valid_from"] == "2026-11-22T12:00:00Z"
    assert made["valid_until"] == "2027-05-22T22:00:00Z"
    assert (made["last_day"], made["time_zone"]) == ("2027-05-22", "Europe/Budapest")
    assert api.get(f"/passes/{made['id']}").json() == made
    assert api.get(f"/passes/{made['code'].lower().replace('-', ' ')}").json() == made


def test_an_unlimited_pass_has_no_numbers(api: Api) -> None:
    api.made("/products", PRODUCT | {"name": "Unlimited", "sessions": None})
    counts = assigned(api, product_id="unlimited")["sessions"]
    assert (counts["granted"], counts["remaining"], counts["available"]) == (None, None, None)


def test_passes_are_found_by_each_filter(api: Api) -> None:
    mine, other = assigned(api), assigned(api, client={"email": "bo@example.com"})
    api.post(f"/passes/{other['id']}/cancel", {"reason": "mistake"})

    def found(**params: Any) -> list[str]:
        return [item["id"] for item in api.get("/passes", **params).json()["items"]]

    assert sorted(found()) == sorted([other["id"], mine["id"]])
    assert found(email="ana@example.com") == [mine["id"]]
    assert found(client_id=mine["client"]["id"]) == [mine["id"]]
    assert found(code=mine["code"]) == [mine["id"]]
    assert found(code=mine["code"], email="bo@example.com") == []
    assert found(code="0000-0000") == []
    assert found(status="cancelled") == [other["id"]]
    assert found(product_id=mine["product"]["id"], status="active") == [mine["id"]]
    assert found(product_id="nope") == []
    assert found(email="nobody@example.com") == []


def test_manual_edits_are_in_the_ledger_with_reason_and_actor(api: Api) -> None:
    made = assigned(api)
    path = f"/passes/{made['id']}"
    assert api.made(f"{path}/adjust", {"delta": 2, "reason": "gift"})["sessions"]["adjusted"] == 2
    extended = api.made(f"{path}/extend", {"last_day": "2027-06-30", "reason": "illness"})
    assert extended["last_day"] == "2027-06-30"
    frozen = api.made(f"{path}/freeze", {"reason": "trip", "last_day": "2026-11-30"})
    assert (frozen["status"], frozen["last_day"]) == ("frozen", "2027-07-09")
    assert api.made(f"{path}/unfreeze", {"reason": "back"})["last_day"] == "2027-06-30"
    moved = api.made(f"{path}/transfer", {"client": {"email": "bo@example.com"}})
    assert moved["client"]["email"] == "bo@example.com"
    rows = api.get(f"{path}/ledger").json()["items"]
    kinds = ["granted", "adjusted", "extended", "frozen", "unfrozen", "owner_changed"]
    assert [row["kind"] for row in rows] == [f"{kind}/1" for kind in kinds]
    assert rows[1]["reason"] == "gift"
    assert rows[1]["actor"] == "integration:owner of studio"
    assert (rows[1]["channel"], rows[1]["available"]) == ("api", 12)
    assert api.made(f"{path}/cancel", {"reason": "closing"})["status"] == "cancelled"


def test_a_freeze_keeps_to_the_product_and_asks_about_bookings(api: Api) -> None:
    limits = {"count": 2, "days": 20, "notice": None}
    rule = {"length": "6 months", "redeem": "service_within", "grace_days": 7}
    fields = {"name": "Strict", "freeze": limits, "validity": rule}
    product = api.made("/products", PRODUCT | fields)
    assert product["freeze"] == limits
    assert product["validity"]["grace_days"] == 7
    changed = api.call("PATCH", f"/products/{product['id']}", {"freeze": {"days": 10}}).json()
    assert changed["freeze"] == {"count": None, "days": 10, "notice": None}
    given = assigned(api, product_id=product["id"])
    visit = booked(api)
    path = f"/passes/{given['id']}/freeze"
    freeze: dict[str, object] = {"reason": "trip", "last_day": "2026-12-31"}
    problem(api.post(path, freeze), 409, "limit_reached")
    freeze |= {"beyond_limits": True}
    asked = problem(api.post(path, freeze), 409, "bookings_inside")
    assert asked["bookings"] == [visit["id"]]
    frozen = api.made(path, freeze | {"bookings": "release"})
    assert [f["last_day"] for f in frozen["freezes"]] == ["2026-12-31"]
    assert frozen["sessions"]["held"] == 0
    assert api.get(f"/bookings/{visit['id']}").json()["status"] == "cancelled"


def test_eligibility_ranks_passes_and_says_why_not(api: Api) -> None:
    first, second = assigned(api, last_day="2026-11-25"), assigned(api)
    asked = {"service_id": "reformer", "starts_at": "2026-11-30T10:00:00Z", "seats": 1}
    found = api.get("/eligibility", email="ana@example.com", **asked).json()
    assert found["chosen"] == second["code"]
    refused, chosen = found["items"]
    assert (refused["pass"]["id"], refused["verdict"]) == (first["id"], "refused")
    assert [reason["code"] for reason in refused["reasons"]] == ["pass_expired"]
    assert refused["reasons"][0]["mend"]
    assert (chosen["cost"], chosen["remaining_after"]) == (1, 9)
    by_code = api.get("/eligibility", code=first["code"], **asked).json()
    assert [item["pass"]["id"] for item in by_code["items"]] == [first["id"]]
    assigned(api, client={"email": "bo@example.com"})
    mixed = api.get("/eligibility", code=first["code"], email="bo@example.com", **asked)
    problem(mixed, 409, "wrong_client")
    problem(api.get("/eligibility", **asked), 422, "validation")
    problem(api.get("/eligibility", email="no@example.com", **asked), 404, "not_found")
    naive = asked | {"starts_at": "2026-11-30T10:00:00"}
    problem(api.get("/eligibility", email="ana@example.com", **naive), 400, "validation")


def test_a_visit_is_booked_completed_undone_and_cancelled(api: Api) -> None:
    made = assigned(api)
    visit = booked(api, external_id="cal-1")
    payment = visit["payments"][0]
    assert (visit["status"], visit["external_id"]) == ("booked", "cal-1")
    assert visit["starts_at"] == "2026-11-23T09:00:00Z"
    assert (payment["code"], payment["state"], payment["sessions"]) == (made["code"], "held", 1)
    assert (payment["remaining_after"], payment["free_cancel_until"]) == (9, "2026-11-23T09:00:00Z")
    path = f"/bookings/{visit['id']}"
    assert api.made(f"{path}/complete")["payments"][0]["state"] == "captured"
    assert api.get(f"/passes/{made['id']}").json()["sessions"]["used"] == 1
    assert api.made(f"{path}/undo")["payments"][0]["state"] == "held"
    assert api.made(f"{path}/cancel", {"by": "business"})["payments"][0]["state"] == "released"
    assert api.get("/bookings/cal-1").json()["status"] == "cancelled"
    assert api.get(f"/passes/{made['id']}").json()["sessions"]["remaining"] == 10
    problem(api.post(f"{path}/complete"), 409, "invalid_transition")


def test_a_visit_without_a_pass_and_one_with_no_session_left(api: Api) -> None:
    problem(api.post("/bookings", _visit()), 409, "no_pass")
    assert booked(api, **{"pass": None})["payments"] == []
    assigned(api, sessions=1)
    booked(api)
    found = problem(api.post("/bookings", _visit()), 409, "pass_exhausted")
    assert (found["available"], found["needed"]) == (0, 1)
    booking = api.get("/bookings", status="booked", limit=1).json()
    assert (len(booking["items"]), booking["next_cursor"] is not None) == (1, True)


def _visit(**changes: Any) -> dict[str, Any]:
    return {"client": ANA, "service_id": "reformer", "starts_at": TOMORROW} | changes


def test_a_pass_of_somebody_else_does_not_pay(api: Api) -> None:
    other = assigned(api, client={"email": "bo@example.com"})
    problem(api.post("/bookings", _visit(**{"pass": other["code"]})), 409, "wrong_client")
    problem(api.post("/bookings", _visit(**{"pass": "nope"})), 404, "not_found")


def test_a_no_show_forfeits_and_must_not_come_too_early() -> None:
    clock = FixedClock(NOW)
    with served(make_house(clock=clock)) as api:
        stocked(api)
        made = assigned(api)
        visit = booked(api)
        path = f"/bookings/{visit['id']}/no-show"
        assert "not_before" in problem(api.post(path), 409, "invalid_transition")
        clock.set(NOW.replace(day=24))
        assert api.made(path)["payments"][0]["state"] == "forfeited"
        assert api.get(f"/passes/{made['id']}").json()["sessions"]["used"] == 1


def _report(**changes: Any) -> dict[str, Any]:
    return _visit(source="cal", ref="r-1", revision=1, status="completed") | changes


def test_reports_in_any_order_end_in_the_same_state(api: Api) -> None:
    """R6, R7: the highest revision counts, a stale repeat changes nothing."""
    made = assigned(api)
    assert api.made("/booking-reports", _report(revision=2, status="reversed"))["applied"]
    late = api.made("/booking-reports", _report())
    assert (late["applied"], late["booking"]["status"]) == (False, "reversed")
    assert api.made("/booking-reports", _report(revision=3))["applied"]
    assert not api.made("/booking-reports", _report(revision=3))["applied"]
    problem(api.post("/booking-reports", _report(revision=3, seats=2)), 409, "booking_conflict")
    assert api.get(f"/passes/{made['id']}").json()["sessions"]["used"] == 1


def test_each_report_of_a_batch_is_answered_on_its_own(api: Api) -> None:
    assigned(api, sessions=2)
    batch = [_report(ref=f"r-{n}") for n in range(3)] + [_report(ref="r-0", service_id="nope")]
    answer = api.made("/booking-reports", {"reports": batch})["items"]
    assert [item["applied"] for item in answer] == [True, True, False, False]
    assert [(item["problem"] or {}).get("code") for item in answer] == [
        None,
        None,
        "pass_exhausted",
        "not_found",
    ]
    assert answer[0]["booking"]["external_id"] == "r-0"


def test_an_order_on_site_is_approved_and_another_declined(api: Api) -> None:
    body = {"product_id": "10-x-reformer", "client": ANA, "method": "on_site"}
    order = api.made("/orders", body)
    assert (order["status"], order["checkout_url"]) == ("awaiting_approval", None)
    assert api.get(f"/passes/{order['pass_id']}").json()["status"] == "pending"
    assert api.made(f"/orders/{order['id']}/approve")["status"] == "fulfilled"
    assert api.get(f"/passes/{order['pass_id']}").json()["status"] == "active"
    other = api.made("/orders", body | {"method": "bank_transfer"})
    declined = api.made(f"/orders/{other['id']}/decline", {"reason": "no money came"})
    assert declined["status"] == "cancelled"
    problem(api.post(f"/orders/{other['id']}/approve"), 409, "invalid_transition")
    statuses = {item["status"] for item in api.get("/orders").json()["items"]}
    assert statuses == {"cancelled", "fulfilled"}
    assert len(api.get("/orders", status="fulfilled").json()["items"]) == 1
    assert api.get(f"/orders/{order['id']}").json()["price"]["amount"] == "120.00"


def test_an_online_order_without_a_provider_changes_nothing(api: Api) -> None:
    body = {"product_id": "10-x-reformer", "client": ANA, "method": "online"}
    problem(api.post("/orders", body), 422, "validation")
    assert api.get("/orders").json()["items"] == api.get("/clients").json()["items"] == []


def test_an_invoice_is_listed_shown_and_printed_alike_each_time(api: Api) -> None:
    body = {"product_id": "10-x-reformer", "client": ANA, "method": "on_site"}
    order = api.made("/orders", body)
    api.made(f"/orders/{order['id']}/approve")
    (invoice,) = api.get("/invoices", client_id=order["client"]["id"]).json()["items"]
    assert (invoice["code"], invoice["number"]) == ("2026-00001", 1)
    assert invoice["gross"] == {"amount": "120.00", "currency": "EUR"}
    assert api.get(f"/invoices/{invoice['id']}").json() == invoice
    first, second = (api.get(f"/invoices/{invoice['id']}/pdf") for _ in range(2))
    assert first.headers["content-type"] == "application/pdf"
    assert first.headers["content-disposition"] == 'attachment; filename="2026-00001.pdf"'
    assert first.content.startswith(b"%PDF-")
    assert first.content == second.content


RIGHTS: dict[str, tuple[str, str, Any, set[str]]] = {
    "read": ("GET", "/services", None, {"owner", "manager", "desk", "accountant", "read_only"}),
    "visits": ("POST", "/bookings", {}, {"owner", "manager", "desk"}),
    "clients": ("POST", "/clients", {}, {"owner", "manager", "desk"}),
    "sell": ("POST", "/orders", {}, {"owner", "manager", "desk"}),
    "passes": ("POST", "/passes", {}, {"owner", "manager"}),
    "catalogue": ("POST", "/services", {}, {"owner", "manager"}),
}


@pytest.mark.parametrize("right", RIGHTS)
def test_a_role_may_do_what_its_rights_say_and_no_more(memory_api: Api, right: str) -> None:
    method, path, body, allowed = RIGHTS[right]
    for role in Role:
        answer = memory_api.of(STUDIO, role).call(method, path, body)
        if role.value in allowed:
            assert answer.status_code in (200, 400), answer.text
        else:
            found = problem(answer, 403, "forbidden")
            assert (found["role"], found["right"]) == (role.value, right)
