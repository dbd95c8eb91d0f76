"""The page: one request with its business, language, visitor and cookies, and its answer."""

from __future__ import annotations

import gettext
import hashlib
import hmac
import threading
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final, TypeVar

import attrs
from litestar import Response
from litestar.datastructures import Cookie

from passcore import Business, NotFound, Once, Origin, PassError
from passcore.domain.businesses import LANGUAGES
from passcore.domain.time import local_day
from passcore.usecases.logins import SignedIn, signed_in
from passweb.i18n import resolve, translator
from passweb.pages import cookies
from passweb.pages.forms import Form, read_form
from passweb.pages.halting import Elsewhere, Halt
from passweb.pages.house import (
    AnyRequest,
    House,
    checkout_origins,
    host_of,
    house_of,
)
from passweb.pages.refusals import refusal_words
from passweb.pages.rendering import environment, headers
from passweb.pages.throttle import Throttles, source_of
from passweb.pages.words import Words

Answer = Response[bytes]
R = TypeVar("R")

CLIENT: Final = Origin("client", "web")
_THROTTLES_LOCK: Final = threading.Lock()
_LONGEST_REF: Final = 100


@attrs.define
class Page:
    """What a handler works with. `session` is the secret of the visitor's sign-in, empty where
    nobody is signed in; `path` is where this page lives, without its query."""

    request: AnyRequest
    house: House
    business: Business
    language: str
    words: gettext.NullTranslations
    browser: str
    session: str
    visitor: SignedIn | None
    set_cookies: list[Cookie]

    # --- reading and doing ---

    def read(self, use_case: Callable[..., R], command: object) -> R:
        """Run a use case that only reads."""
        return self.house.app.read(self.business.id, use_case, command, by=self.origin)

    def run(self, use_case: Callable[..., R], command: object) -> R:
        """Run a use case; what it queued goes out at once."""
        result = self.house.app.run(self.business.id, use_case, command, by=self.origin)
        self.house.wake.set()
        return result

    def run_once(
        self, use_case: Callable[..., R], command: object, returns: type[R], form: Form
    ) -> R:
        """Run a use case once for the form it was sent with, however often that is sent.

        It counts for this browser and sign-in alone: nobody is answered with another's order.
        """
        fingerprint = Once.of("", command, returns).fingerprint
        text = f"{self.token}\n{form.values.get('once', '')}\n{fingerprint}"
        key = f"page:{hashlib.sha256(text.encode()).hexdigest()}"
        once = Once(key, fingerprint, returns)
        app, business_id = self.house.app, self.business.id
        answer = app.run_once(business_id, use_case, command, once, by=self.origin)
        self.house.wake.set()
        return answer.result

    @property
    def origin(self) -> Origin:
        """Who acts on this page."""
        if self.visitor is not None and self.visitor.staff is not None:
            return Origin(self.visitor.staff.name, "web")
        return CLIENT

    @property
    def throttles(self) -> Throttles:
        """The throttles of this server."""
        state = self.request.app.state
        with _THROTTLES_LOCK:
            if not hasattr(state, "page_throttles"):
                state.page_throttles = Throttles()
        found: Throttles = state.page_throttles
        return found

    @property
    def source(self) -> str:
        """Who the request comes from, for throttling."""
        return source_of(self.request.client.host if self.request.client else "")

    def placed(self, ref: str) -> bool:
        """Tell whether this browser made the order or booking *ref*."""
        kept = cookies.read(self.request, self.house, cookies.PLACED)
        return ref in cookies.placed(self.house, kept)

    def remember(self, ref: str) -> None:
        """Let this browser see the order or booking *ref* it has just made."""
        kept = cookies.read(self.request, self.house, cookies.PLACED)
        value = cookies.with_placed(self.house, kept, ref)
        self.set_cookies.append(cookies.made(self.house, cookies.PLACED, value))

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.house.app.clock.now()

    @property
    def today(self) -> date:
        """The day on the wall calendar of the business."""
        return local_day(self.now, self.business.time_zone)

    # --- words ---

    @property
    def say(self) -> Words:
        """Rules and states in the page's language."""
        return Words(self.words, self.language)

    def refusal(self, error: PassError) -> tuple[str, str]:
        """Return what happened and what would mend it."""
        return refusal_words(error, self.words, self.language, self.business.time_zone)

    def _(self, text: str, **values: object) -> str:
        translated = self.words.gettext(text)
        return translated % values if values else translated

    # --- answering ---

    @property
    def token(self) -> str:
        """The token this browser's forms carry."""
        return cookies.form_token(self.house, self.browser, self.session)

    def show(
        self,
        template: str,
        *,
        status: int = 200,
        framed: bool = False,
        shared: bool = False,
        more: dict[str, str] | None = None,
        **values: Any,
    ) -> Answer:
        """Answer with a page made from *template*."""
        base = self.house.settings.base_url
        text = (
            environment(self.language)
            .get_template(template)
            .render(
                page=self,
                say=self.say,
                now=self.now,
                today=self.today,
                zone=self.business.time_zone,
                business=self.business,
                client=self.visitor.client if self.visitor else None,
                staff=self.visitor.staff if self.visitor else None,
                token=self.token,
                own_path=self.request.url.path,
                base_url=base,
                new_key=cookies.new_secret,
                b=f"?b={self.business.slug}",
                **values,
            )
        )
        made = headers(checkouts=checkout_origins(self.house), framed=framed, shared=shared)
        return Response(
            text.encode(),
            status_code=status,
            media_type="text/html",
            headers=made | (more or {}),
            cookies=self.set_cookies,
        )

    def go(self, path: str) -> Answer:
        """Answer by sending the browser to *path*, one of our own addresses (X14)."""
        assert path.startswith("/") and not path.startswith("//"), path
        return self.go_out(path)

    def go_out(self, address: str) -> Answer:
        """Send the browser to *address*, which the payment provider gave us."""
        return Response(
            b"",
            status_code=303,
            headers={**headers(checkouts=checkout_origins(self.house)), "location": address},
            cookies=self.set_cookies,
        )


def open_page(request: AnyRequest, slug: str, *, audience: str = cookies.GUEST) -> Page:
    """Return the page of a business; raises `Halt` 404 where there is none of that address."""
    house = house_of(request)
    business = find_business(house, slug)
    session, visitor = _visitor(request, house, business, audience)
    language = language_of(request, house, business, visitor)
    browser = cookies.read(request, house, cookies.BROWSER)
    page = Page(
        request, house, business, language, translator(language), browser, session, visitor, []
    )
    if len(browser) < 43:
        page.browser = cookies.new_secret()
        page.set_cookies.append(cookies.made(house, cookies.BROWSER, page.browser))
    chosen = request.query_params.get("lang")
    if chosen in LANGUAGES:
        page.set_cookies.append(cookies.made(house, cookies.LANGUAGE, chosen))
    return page


def asked_business(request: AnyRequest, audience: str) -> str:
    """Return the slug a page outside `/b/` is about: the query's, else the one signed in to, else
    the only one there is."""
    named = request.query_params.get("b", "")
    if named:
        return str(named)
    house = house_of(request)
    slug, _, token = cookies.read(request, house, audience).partition("~")
    if token:
        return slug
    with house.app.store.registry() as registry:
        every = registry.businesses()
    if len(every) == 1:
        return every[0].slug
    raise Halt(404, "business")


def find_business(house: House, slug: str) -> Business:
    """Return the business with the address *slug*."""
    if not slug or len(slug) > 64 or not slug.isascii() or not slug.isprintable():
        raise Halt(404)
    try:
        with house.app.store.registry() as registry:
            business = registry.business(slug)
    except NotFound:
        raise Halt(404) from None
    if business.slug != slug:  # found by its id, which is no address
        raise Halt(404)
    return business


def _visitor(
    request: AnyRequest, house: House, business: Business, audience: str
) -> tuple[str, SignedIn | None]:
    slug, _, token = cookies.read(request, house, audience).partition("~")
    if slug != business.slug or not token:
        return "", None
    found = house.app.read(business.id, signed_in, token)
    if found is None or found.login.audience != audience:
        return "", None
    return token, found


def language_of(
    request: AnyRequest, house: House, business: Business | None, visitor: SignedIn | None
) -> str:
    """Return the language to answer in: chosen here, chosen before, the client's, the browser's,
    the business's."""
    chosen = request.query_params.get("lang")
    kept = cookies.read(request, house, cookies.LANGUAGE)
    own = visitor.client.language if visitor and visitor.client else None
    for language in (chosen, kept, own):
        if language in LANGUAGES:
            return str(language)
    accepted = request.headers.get("accept-language", "")[:200].split(",")[:8]
    wanted = [part.partition(";")[0].strip().lower() for part in accepted]
    known = [w for w in wanted if w.partition("-")[0] in LANGUAGES]
    return resolve(*known, business.language if business else None)


def take_form(page: Page, body: bytes) -> Form:
    """Return the form sent to *page*; raises `Halt` where another site may have sent it (X13)."""
    request = page.request
    form = read_form(request.headers.get("content-type", ""), body)
    origin = request.headers.get("origin")
    if origin is not None:
        ours = {host_of(page.house.settings.base_url), request.headers.get("host", "").lower()}
        if origin == "null" or host_of(origin) not in ours:
            raise Halt(403, "form")
    elif request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Halt(403, "form")
    if not hmac.compare_digest(form.values.get("csrf", "").encode(), page.token.encode()):
        raise Halt(403, "form")
    return form


def need_guest(page: Page) -> SignedIn:
    """Return who is signed in; sends everybody else to the sign-in page."""
    if page.visitor is None or page.visitor.client is None:
        raise Elsewhere(f"/my?b={page.business.slug}")
    return page.visitor


def known_ref(ref: str) -> str:
    """Return an id from an address where it can be one; raises `Halt` 404."""
    if len(ref) > _LONGEST_REF or not ref.isascii() or not ref.isprintable():
        raise Halt(404)
    return ref
