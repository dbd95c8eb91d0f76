"""`passctl outbox`: messages to clients that wait, went out or failed (M1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from passcli.grammar import Cursor, Limit, command, group, state_of
from passcli.wiring import Desk, answer, confirm, desk

if TYPE_CHECKING:
    from passcore.domain.notices import Message
    from passcore.ports.store import Tx
    from passcore.usecases.call import Call

app = group("Messages to clients that wait or failed.")

State = Literal["due", "sent", "dead", "discarded"]
Ref = Annotated[str, typer.Argument(metavar="MESSAGE", help="The message's id, as listed.")]


@command(app, "list")
def list_(
    ctx: typer.Context,
    *,
    state: Annotated[State | None, typer.Option(help="Only those in this state.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> None:
    """List messages; those given up are `dead`."""
    from passcli import shapes
    from passcli.texts import local
    from passcore.domain.notices import MessageState

    at = desk(ctx)
    wanted = None if state is None else MessageState(state)
    found = at.look(lambda tx: tx.outbox.page(state=wanted, cursor=cursor, limit=limit))
    head = ("ID", "STATE", "KIND", "TO", "ATTEMPTS", "DUE", "LAST ERROR")
    rows = [
        (m.id, m.state.value, m.notice.kind.value, m.notice.to, m.attempts,
         local(m.due_at, at.zone), m.last_error)
        for m in found.items
    ]  # fmt: skip
    answer(
        at.out,
        shapes.page_of(found, shapes.message),
        lambda: at.out.table(head, rows, none="No message found."),
    )
    at.more(found.next_cursor)


@command(app, "retry")
def retry(ctx: typer.Context, message: Ref) -> None:
    """Send a message again that waits or was given up."""
    at = desk(ctx)
    _show(at, at.run(_retry, message))


@command(app, "discard")
def discard(ctx: typer.Context, message: Ref) -> None:
    """Never send a message."""
    at = desk(ctx)
    found = at.look(lambda tx: tx.outbox.get(message))
    confirm(state_of(ctx), f"Never send {found.notice.kind.value} to {found.notice.to}?")
    _show(at, at.run(_discard, message))


def _retry(tx: Tx, message_id: str, call: Call) -> Message:
    import attrs

    from passcore.domain.notices import MessageState

    found = _unsent(tx, message_id, "retry")
    again = attrs.evolve(found, state=MessageState.DUE, due_at=call.now, attempts=0)
    tx.outbox.save(again)
    return again


def _discard(tx: Tx, message_id: str, _call: Call) -> Message:
    import attrs

    from passcore.domain.notices import MessageState

    gone = attrs.evolve(_unsent(tx, message_id, "discard"), state=MessageState.DISCARDED)
    tx.outbox.save(gone)
    return gone


def _unsent(tx: Tx, message_id: str, attempt: str) -> Message:
    from passcore.domain.notices import MessageState
    from passcore.errors import InvalidTransition

    found = tx.outbox.get(message_id)
    if found.state not in (MessageState.DUE, MessageState.DEAD):
        raise InvalidTransition("message", found.state.value, attempt)
    return found


def _show(at: Desk, message: Message) -> None:
    from passcli import shapes

    shape = shapes.message(message)
    answer(at.out, shape, lambda: at.out.pairs(shape))
