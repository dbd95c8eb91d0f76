"""Walking through the pages as a person does, looking at each: axe, width, and a picture of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import attrs
from playwright.sync_api import Browser, BrowserContext, Page

from passweb.demo.running import Demo

#: Ignored by git; the newest run's pictures.
PICTURES: Final = Path(__file__).parents[2] / "screenshots"
_CODE: Final = re.compile(r"\b(\d{4}) ?(\d{4})\b")


@attrs.define
class Walk:
    """One person with one browser: `width` in pixels, `scheme` light or dark."""

    demo: Demo
    browser: Browser
    violations: Callable[[Page], list[str]]
    width: int
    scheme: str
    scripts: bool = True
    context: BrowserContext = attrs.field(init=False)
    page: Page = attrs.field(init=False)
    complaints: list[str] = attrs.field(factory=list, init=False)
    _looked: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self.context = self.browser.new_context(
            viewport={"width": self.width, "height": 800},
            color_scheme=self.scheme,  # type: ignore[arg-type]  # light or dark
            java_script_enabled=self.scripts,
        )
        self.context.set_default_timeout(10_000)
        self.page = self._opened()

    @property
    def email(self) -> str:
        """This person's address."""
        return f"walker-{self.width}-{self.scheme}-{self.scripts}@example.com".lower()

    def _opened(self) -> Page:
        page = self.context.new_page()
        page.on("console", lambda said: self._heard(said.type, said.text))
        return page

    def _heard(self, kind: str, text: str) -> None:
        """Keep what the browser complains about: a blocked script or style shows here alone."""
        if kind == "error" and "Failed to load resource" not in text:
            self.complaints.append(text)

    def go(self, path: str) -> None:
        """Open an address."""
        self.page.goto(f"{self.demo.url}{path}")

    def look(self, name: str, page: Page | None = None) -> None:
        """Check the page in sight and take a picture of it."""
        page = page or self.page
        self._looked += 1
        PICTURES.mkdir(exist_ok=True)
        kind = f"{self.width}-{self.scheme}{'' if self.scripts else '-plain'}"
        page.screenshot(path=PICTURES / f"{kind}-{self._looked:02d}-{name}.png", full_page=True)
        if self.scripts:
            assert self.violations(page) == [], name
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= self.width, f"{name} is {wide} px wide"
        assert self.complaints == [], name

    def mail(self, about: str) -> str:
        """Wait for this person's mail whose subject has *about*; return its text."""
        return self.mail_to(self.email, about)

    def mail_to(self, address: str, about: str) -> str:
        found = self.demo.mail.wait_for(
            lambda m: address in m.recipients and about in m.subject.lower()
        )
        return found.text

    def press(self, name: str) -> None:
        """Press the button whose name begins with *name*."""
        self.page.get_by_role("button", name=re.compile(f"^{re.escape(name)}")).first.click()

    def fill(self, **fields: str) -> None:
        """Fill in fields by their labels; an underscore is a space, a double one a hyphen."""
        for name, value in fields.items():
            label = name.replace("__", "-").replace("_", " ")
            self.page.get_by_label(re.compile(f"^{label}", re.IGNORECASE)).first.fill(value)

    def sign_in(self, email: str, door: str = "/my") -> None:
        """Ask for a code and type it."""
        before = len(self.demo.mail.mails)
        self.go(f"{door}?b=studio")
        self.fill(your_e__mail=email)
        self.press("Send me a code")
        found = self.demo.mail.wait_for(
            lambda m: m.number > before and email in m.recipients and "code" in m.subject.lower()
        )
        digits = _CODE.search(found.text)
        assert digits is not None
        self.fill(code=digits[1] + digits[2])
        self.press("Sign in")
        self.page.wait_for_load_state()

    def leave(self) -> None:
        """Close the browser window."""
        self.context.close()
