"""The desk: a pass ID typed or scanned, and the client is checked in."""

from __future__ import annotations

from passweb.pages.desk.checking_in import check_in, desk_page, desk_pass, find

handlers = [desk_page, find, desk_pass, check_in]

__all__ = ["handlers"]
