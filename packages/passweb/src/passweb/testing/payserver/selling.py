"""Checkout and charges of the test payment server: how sessions and intents move."""

from __future__ import annotations

from typing import Final, Literal
from urllib.parse import urlsplit

from passweb.testing.payserver.book import Book
from passweb.testing.payserver.forms import Form
from passweb.testing.payserver.problem import Json, Problem
from passweb.testing.payserver.records import Card, Charge, Customer, Intent, Session

#: What the client can do on the hosted page.
Act = Literal["pay", "pay_delayed", "decline", "abandon"]

_SESSION: Final = (
    "mode line_items client_reference_id metadata payment_intent_data adaptive_pricing success_url"
    " cancel_url customer customer_email customer_creation expand locale submit_type"
).split()
_INTENT: Final = (
    "amount currency customer payment_method off_session confirm automatic_payment_methods"
    " description metadata expand payment_method_types"
).split()
_WHOLE_ONLY: Final = frozenset({"isk", "ugx"})
_TENS_ONLY: Final = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})


def create_session(book: Book, form: Form, *, pages: str) -> Json:
    """Make a Checkout Session whose page is under *pages*."""
    form.only(*_SESSION)
    if form.need("mode") != "payment":
        raise Problem("The test server knows only mode payment.", param="mode")
    amount, currency, title = _line(form)
    customer, email = form.text("customer"), form.text("customer_email")
    creation = form.text("customer_creation")
    if customer is not None and (email is not None or creation is not None):
        other = "customer_email" if email is not None else "customer_creation"
        raise Problem(f"You may only specify one of these parameters: customer, {other}.")
    if customer is not None:
        book.get(Customer, customer, "customer")
    data = form.section("payment_intent_data")
    data.only("metadata", "description", "setup_future_usage")
    with book.lock:
        ref = book.new_id("cs_live" if book.live else "cs_test")
        session = Session(
            id=ref,
            created=book.now(),
            livemode=book.live,
            amount=amount,
            currency=currency,
            title=title,
            url=f"{pages}/{ref}",
            success_url=_address(form, "success_url"),
            cancel_url=_address(form, "cancel_url") if form.text("cancel_url") else None,
            reference=form.text("client_reference_id"),
            metadata=form.texts("metadata"),
            intent_metadata=data.texts("metadata"),
            customer=customer,
            customer_email=email,
            customer_creation=None if customer else creation or "if_required",
            save_card=data.text("setup_future_usage") == "off_session",
        )
        return book.add(session).json()


def _line(form: Form) -> tuple[int, str, str]:
    """Return amount, currency and title of the single line a session here may have."""
    lines = form.items("line_items")
    if len(lines) != 1:
        raise Problem("The test server wants exactly one line item.", param="line_items")
    if lines[0].whole("quantity") != 1:
        raise Problem("The test server wants quantity 1.", param="line_items[0][quantity]")
    price = lines[0].section("price_data")
    product = price.section("product_data")
    currency = _currency(price)
    return amount_of(price, "unit_amount", currency), currency, product.need("name")


def _currency(form: Form) -> str:
    currency = form.need("currency")
    if len(currency) != 3 or not currency.isascii() or not currency.islower():
        raise Problem(f"Invalid currency: {currency[:10]}", param=form.name("currency"))
    return currency


def amount_of(form: Form, key: str, currency: str) -> int:
    """Return the amount *key*, with the provider's rules on the last digits."""
    amount = form.whole(key)
    rule = 100 if currency in _WHOLE_ONLY else 10 if currency in _TENS_ONLY else 1
    if amount % rule:
        raise Problem(
            f"Invalid amount. {currency.upper()} amounts must be evenly divisible by {rule}.",
            code="invalid_charge_amount_no_decimal_compatible",
            param=form.name(key),
        )
    return amount


def _address(form: Form, key: str) -> str:
    value = form.need(key)
    try:
        url = urlsplit(value)
    except ValueError:
        url = urlsplit("")
    if url.scheme not in ("http", "https") or not url.netloc:
        raise Problem("Not a valid URL", code="url_invalid", param=key)
    return value


def expire_session(book: Book, ref: str) -> Json:
    """Close an open session for good."""
    with book.lock:
        session = book.get(Session, ref)
        if session.status != "open":
            raise Problem(
                f'Only Checkout Sessions with a status in ["open"] can be expired. '
                f"This one is {session.status}."
            )
        session.status = "expired"
        book.tell("checkout.session.expired", session)
        return session.json()


def act(book: Book, ref: str, how: Act) -> Session:
    """Do what the client chose on the page of session *ref*; a finished session stays as it is."""
    with book.lock:
        session = book.get(Session, ref)
        if session.status != "open" or how == "abandon":
            return session
        intent = _intent_of(book, session)
        if how == "decline":
            _decline(book, intent, "card_declined")
            return session
        session.status = "complete"
        card = _card_of(book, session, intent)
        intent.payment_method = card.id
        if how == "pay_delayed":
            intent.status = "processing"
            book.tell("payment_intent.processing", intent)
        else:
            session.payment_status = "paid"
            _succeed(book, intent)
        book.tell("checkout.session.completed", session)
        return session


def settle(book: Book, ref: str, *, paid: bool) -> Session:
    """End the waiting for a delayed payment of session *ref*."""
    with book.lock:
        session = book.get(Session, ref)
        if session.payment_intent is None:
            raise Problem("This session has no payment under way.")
        intent = book.get(Intent, session.payment_intent)
        if intent.status != "processing":
            raise Problem("This session has no payment under way.")
        if paid:
            session.payment_status = "paid"
            _succeed(book, intent)
            book.tell("checkout.session.async_payment_succeeded", session)
        else:
            _decline(book, intent, "payment_method_provider_decline")
            book.tell("checkout.session.async_payment_failed", session)
        return session


def _intent_of(book: Book, session: Session) -> Intent:
    """Return the session's intent, which is made when the client first confirms."""
    if session.payment_intent is not None:
        return book.get(Intent, session.payment_intent)
    intent = Intent(
        id=book.new_id("pi"),
        created=book.now(),
        livemode=book.live,
        amount=session.amount,
        currency=session.currency,
        metadata=dict(session.intent_metadata),
        description=session.title,
        customer=session.customer,
        payment_method=None,
        setup_future_usage="off_session" if session.save_card else None,
    )
    session.payment_intent = intent.id
    return book.add(intent)


def _card_of(book: Book, session: Session, intent: Intent) -> Card:
    """Return the card paid with; kept with a customer where the session says so."""
    wanted = session.customer_creation == "always" or session.save_card
    if session.customer is None and wanted:
        customer = book.add(
            Customer(book.new_id("cus"), book.now(), book.live, session.customer_email)
        )
        session.customer = intent.customer = customer.id
    owner = session.customer if session.save_card else None
    return book.add(Card(book.new_id("pm"), book.now(), book.live, owner))


def _succeed(book: Book, intent: Intent) -> None:
    intent.status = "succeeded"
    intent.last_payment_error = None
    charge = _charge(book, intent, "succeeded")
    book.tell("charge.succeeded", charge)
    book.tell("payment_intent.succeeded", intent)


def _decline(book: Book, intent: Intent, code: str) -> Problem:
    """Record a declined attempt and return the answer a direct caller gets."""
    intent.status = "requires_payment_method"
    problem = Problem(
        "Your card was declined.",
        status=402,
        kind="card_error",
        code=code,
        decline_code="generic_decline" if code == "card_declined" else None,
        saved=True,
    )
    intent.last_payment_error = problem.json()["error"]
    charge = _charge(book, intent, "failed")
    book.tell("charge.failed", charge)
    book.tell("payment_intent.payment_failed", intent)
    problem.intent = intent.json()
    return problem


def _charge(book: Book, intent: Intent, status: str) -> Charge:
    charge = book.add(
        Charge(
            id=book.new_id("ch"),
            created=book.now(),
            livemode=book.live,
            amount=intent.amount,
            currency=intent.currency,
            payment_intent=intent.id,
            customer=intent.customer,
            payment_method=intent.payment_method,
            status=status,
            metadata=dict(intent.metadata),
        )
    )
    intent.latest_charge = charge.id
    return charge


def create_intent(book: Book, form: Form) -> Json:
    """Charge a saved card without its owner: the only intent that is made directly here."""
    form.only(*_INTENT)
    currency = _currency(form)
    amount = amount_of(form, "amount", currency)
    if not (form.truth("confirm") and form.truth("off_session")):
        raise Problem("The test server wants confirm and off_session.", param="confirm")
    with book.lock:
        customer = book.get(Customer, form.need("customer"), "customer")
        card = book.get(Card, form.need("payment_method"), "payment_method")
        if card.customer != customer.id:
            raise Problem("The payment method does not belong to the customer.")
        intent = book.add(
            Intent(
                id=book.new_id("pi"),
                created=book.now(),
                livemode=book.live,
                amount=amount,
                currency=currency,
                metadata=form.texts("metadata"),
                description=form.text("description"),
                customer=customer.id,
                payment_method=card.id,
            )
        )
        if card.declines is not None:
            raise _decline(book, intent, card.declines)
        _succeed(book, intent)
        return intent.json()
