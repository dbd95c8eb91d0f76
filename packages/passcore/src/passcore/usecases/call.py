"""The call: what a use case knows of the moment it runs in."""

from __future__ import annotations

from datetime import datetime

import attrs

from passcore.domain.ledger import SYSTEM, Origin
from passcore.ports.ids import Ids


@attrs.frozen
class Call:
    """When a use case runs, on whose behalf, and where its new ids come from."""

    now: datetime
    ids: Ids
    by: Origin = SYSTEM
