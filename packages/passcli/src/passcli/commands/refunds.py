"""`passctl pass refund-quote` and `refund`: what goes back of a pass, and giving it back."""

from __future__ import annotations

from typing import Annotated

import typer

from passcli.commands.passes import Ref, app, show_pass, sure
from passcli.grammar import Key, Reason, command
from passcli.wiring import answer, desk


@command(app, "refund-quote")
def refund_quote(ctx: typer.Context, pass_: Ref) -> None:
    """Say what goes back of a pass, line by line."""
    from passcli import quotes
    from passcore.usecases.refunds import QuoteRefund, refund_quote as use_case

    at = desk(ctx)
    found = at.read(use_case, QuoteRefund(pass_))
    rows = quotes.rows(found)
    answer(at.out, quotes.shape(found), lambda: at.out.table(quotes.HEAD, rows, none=""))
    for hint in quotes.hints(found, at.zone):
        at.out.talk(hint)


@command(app, "refund")
def refund(
    ctx: typer.Context,
    pass_: Ref,
    *,
    amount: Annotated[
        str | None, typer.Option(help="Such as 50.00; else all that the quote gives.")
    ] = None,
    reason: Reason,
    notify: Annotated[bool, typer.Option("--notify/--silent", help="Mail the client.")] = True,
    key: Key = None,
) -> None:
    """Give money back for what is left on a pass, which is void then."""
    from passcli import parsing
    from passcore.usecases.refunds import RefundPass, refund as use_case
    from passcore.usecases.views import PassView

    at = desk(ctx)
    wanted = parsing.optional_money(amount, "--amount", at.business.currency)
    sure(ctx, at, pass_, "Refund {}?")
    command_ = RefundPass(pass_, reason, wanted, notify)
    view = at.run(use_case, command_, key=key, returns=PassView)
    show_pass(at, view)
    if view.state.standing.value == "suspended":
        at.out.talk("It was paid online: the worker asks the provider to give the money back.")
