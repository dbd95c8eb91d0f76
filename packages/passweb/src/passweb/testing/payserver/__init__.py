"""A payment server for tests and the demo: it speaks Stripe's HTTP, and no money moves.

`running_payserver` runs one in a thread; `create_payserver` gives the application to mount;
`python -m passweb.testing.payserver` runs one as a process. It is made to misbehave on demand: see
`Control`. It listens on 127.0.0.1 only, keeps everything in memory and bounds all of it.
"""

from __future__ import annotations

from passweb.testing.payserver.app import create_payserver
from passweb.testing.payserver.mishaps import Mishap
from passweb.testing.payserver.pages import page_handlers
from passweb.testing.payserver.running import RunningPayServer, running_payserver
from passweb.testing.payserver.state import (
    TEST_SECRET_KEY,
    TEST_WEBHOOK_SECRET,
    Control,
    PayServer,
)

__all__ = [
    "TEST_SECRET_KEY",
    "TEST_WEBHOOK_SECRET",
    "Control",
    "Mishap",
    "PayServer",
    "RunningPayServer",
    "create_payserver",
    "page_handlers",
    "running_payserver",
]
