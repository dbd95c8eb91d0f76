"""Requests: what the command line asks in one transaction that no single use case answers."""

from __future__ import annotations

import attrs

from passcore.domain import commands as cm
from passcore.domain.clients import ClientRef
from passcore.ports.store import Tx
from passcore.usecases.call import Call
from passcore.usecases.clients import ensure_client
from passcore.usecases.passes import EditPass, edit
from passcore.usecases.views import PassView


@attrs.frozen
class TransferPass:
    """Hand a pass to a client, who is added where the e-mail is new."""

    pass_ref: str
    client: ClientRef
    reason: str


def transfer(tx: Tx, command: TransferPass, call: Call) -> PassView:
    """Hand a pass over, whole."""
    client = ensure_client(tx, command.client, call)
    return edit(tx, EditPass(command.pass_ref, cm.ChangeOwner(client.id), command.reason), call)
