"""The story: one client's way through the product, by HTTP and mail alone, told line by line.

Nothing here calls the core. The client buys and books through the API a booking page would use,
pays on the payment server's own page, reads mail that came by SMTP, and renews in the guest app.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any, Final
from urllib.parse import urljoin

import attrs
import httpx

from passweb.demo.running import Demo
from passweb.demo.seed import ANA, SLUG
from passweb.mail.sink import ReceivedMail

Say = Callable[[str], object]
_PATIENCE: Final = 15.0


class StoryError(Exception):
    """A step did not turn out as it should."""


@attrs.define
class _Teller:
    """The client's browser, the desk's program, and somebody who says what happens."""

    demo: Demo
    say: Say
    browser: httpx.Client
    desk: httpx.Client
    keys: int = 0

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Call the API, with a new key for what moves value."""
        self.keys += 1
        headers = {"Idempotency-Key": f"story-{self.keys}"} if method == "POST" else {}
        answer = self.desk.request(method, f"/api/v1{path}", json=body, headers=headers)
        if answer.status_code >= 400:
            raise StoryError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def until(self, look: Callable[[], Any], what: str) -> Any:
        """Wait until *look* finds something."""
        deadline = time.monotonic() + _PATIENCE
        while not (found := look()):
            if time.monotonic() > deadline:
                raise StoryError(f"waited in vain for {what}")
            time.sleep(0.05)
        return found

    def mail(self, what: str, fits: Callable[[ReceivedMail], bool]) -> ReceivedMail:
        """Wait for a mail to the client."""
        found: ReceivedMail | None = self.demo.mail.wait_for(
            lambda mail: ANA in mail.recipients and fits(mail), _PATIENCE
        )
        if found is None:
            raise StoryError(f"no mail came: {what}")
        return found

    def page(self, address: str) -> str:
        """Open a page."""
        answer = self.browser.get(address)
        if answer.status_code != 200:
            raise StoryError(f"GET {answer.url}: {answer.status_code}")
        return answer.text

    def send(self, address: str, page: str, form: dict[str, str], *, action: str) -> httpx.Response:
        """Fill in the form on *page* whose action has *action* in it, and send it."""
        for found in re.finditer(r"<form\b(.*?)>(.*?)</form>", page, re.DOTALL):
            head, inside = found.groups()
            target = re.search(r'action="([^"]*)"', head)
            where = unescape(target.group(1)) if target else address
            if action in where:
                hidden = re.findall(r'<input[^>]*type="hidden"[^>]*>', inside)
                values = {_of(tag, "name"): _of(tag, "value") for tag in hidden}
                origin = {"Origin": self.demo.url}
                return self.browser.post(
                    urljoin(f"{self.demo.url}/", where), data={**values, **form}, headers=origin
                )
        raise StoryError(f"{address} has no form for {action}")


def _of(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return unescape(found.group(1)) if found else ""


def tell(demo: Demo, say: Say) -> None:
    """Play the main job and say each step; raises `StoryError` at the first that goes wrong."""
    key = {"Authorization": f"Bearer {demo.api_key}"}
    with (
        httpx.Client(base_url=demo.url, timeout=30, follow_redirects=True) as browser,
        httpx.Client(base_url=demo.url, timeout=30, headers=key) as desk,
    ):
        teller = _Teller(demo, say, browser, desk)
        held = _buy(teller)
        _read_mail(teller, held)
        booking = _book(teller, held)
        _complete(teller, held, booking)
        _use_up(teller, held)
        _renew(teller, held)


def _buy(teller: _Teller) -> Any:
    order = teller.api(
        "POST",
        "/orders",
        {
            "product_id": "10-reformer-classes",
            "client": {"email": ANA, "name": "Ana Horváth"},
            "method": "online",
        },
    )
    teller.say(f"Ana orders 10 Reformer classes online: order {order['id']}, {order['status']}.")
    checkout = order["checkout_url"]
    paid = teller.send(checkout, teller.page(checkout), {"action": "pay"}, action="")
    teller.say(f"She pays on the payment provider's page and comes back to {paid.url.path}.")
    teller.until(
        lambda: teller.api("GET", f"/orders/{order['id']}")["status"] == "fulfilled",
        "the provider's webhook to settle the order",
    )
    (held,) = teller.api("GET", f"/passes?email={ANA}")["items"]
    sessions = held["sessions"]
    teller.say(
        f"The provider's webhook arrives and the pass is there: {held['code']}, "
        f"{sessions['available']} sessions, until {held['last_day']}."
    )
    return held


def _read_mail(teller: _Teller, held: Any) -> None:
    mail = teller.mail("the pass", lambda mail: held["code"] in mail.text)
    files = [part.get_filename() for part in mail.message.iter_attachments()]
    invoices = [name for name in files if name and name.endswith(".pdf")]
    if not invoices:
        raise StoryError("the pass mail carries no invoice")
    teller.say(f"The pass mail goes out by SMTP: “{mail.subject}”, with invoice {invoices[0]}.")


def _book(teller: _Teller, held: Any) -> Any:
    starts_at = teller.demo.house.clock.now() + timedelta(hours=2)
    booking = teller.api("POST", "/bookings", _visit(held, starts_at))
    (payment,) = booking["payments"]
    teller.say(
        f"Ana books Reformer Pilates with her pass ID: {payment['sessions']} session held, "
        f"{payment['remaining_after']} left after it."
    )
    return booking


def _visit(held: Any, starts_at: datetime) -> dict[str, Any]:
    return {
        "client": {"email": ANA},
        "service_id": "reformer",
        "starts_at": starts_at.isoformat(),
        "pass": held["code"],
    }


def _complete(teller: _Teller, held: Any, booking: Any) -> None:
    for _ in range(2):  # reported twice, as it happens
        teller.api("POST", f"/bookings/{booking['id']}/complete")
    sessions = teller.api("GET", f"/passes/{held['id']}")["sessions"]
    if (sessions["used"], sessions["remaining"]) != (1, 9):
        raise StoryError(f"after one visit the pass says {sessions}")
    teller.say("The visit is completed, and reported twice: one session is deducted, 9 remain.")


def _use_up(teller: _Teller, held: Any) -> None:
    for number in range(9):
        starts_at = teller.demo.house.clock.now() + timedelta(hours=3 + number)
        booking = teller.api("POST", "/bookings", _visit(held, starts_at))
        teller.api("POST", f"/bookings/{booking['id']}/complete")
    status = teller.api("GET", f"/passes/{held['id']}")["status"]
    if status != "used_up":
        raise StoryError(f"after ten visits the pass is {status}")
    renew_at = f"/my/passes/{held['id']}/renew"
    mail = teller.mail("used up", lambda mail: renew_at in mail.text)
    teller.say(f"Nine more visits use the pass up; a mail offers to renew it: “{mail.subject}”.")


def _renew(teller: _Teller, held: Any) -> None:
    home = f"/my?b={SLUG}"
    seen = len(teller.demo.mail.mails)
    door = teller.send(home, teller.page(home), {"email": ANA}, action="/my")
    mail = teller.mail(
        "the sign-in code", lambda mail: mail.number > seen and "code" in mail.subject
    )
    code = re.search(r"\b\d{4}[ -]?\d{4}\b", mail.text)
    if code is None:
        raise StoryError("the sign-in mail has no code")
    inside = teller.send(str(door.url), door.text, {"code": code.group()}, action="/my")
    if f"/my/passes/{held['id']}" not in inside.text:
        raise StoryError("the guest app does not show the pass")
    teller.say("She signs in to the guest app with the code from her mail and finds the pass.")
    renew = f"/my/passes/{held['id']}/renew?b={SLUG}"
    teller.send(renew, teller.page(renew), {}, action="/renew")

    def active() -> Any:
        found = teller.api("GET", f"/passes?email={ANA}&status=active")["items"]
        return found[0] if found else None

    renewed = teller.until(active, "the renewed pass")
    if renewed["sessions"]["available"] != 10:
        raise StoryError(f"the renewed pass says {renewed['sessions']}")
    teller.say(f"One tap renews it on the saved card: {renewed['code']}, 10 sessions again.")
