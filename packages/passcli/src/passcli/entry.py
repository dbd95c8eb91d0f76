"""The `passctl` command as a shell starts it: Ctrl+C is quiet from the first import on."""

from __future__ import annotations

import sys


def run() -> None:
    """Be the `passctl` command."""
    try:
        from passcli.main import run as begin
    except KeyboardInterrupt:
        sys.exit(130)
    begin()
