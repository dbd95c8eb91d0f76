"""Run a test payment server as a process: `python -m passweb.testing.payserver --port 12111`."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence

from passweb.testing.payserver.running import running_payserver
from passweb.testing.payserver.state import TEST_SECRET_KEY, TEST_WEBHOOK_SECRET


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; the first line on standard output is the address."""
    parser = argparse.ArgumentParser(prog="python -m passweb.testing.payserver")
    parser.add_argument("--port", type=int, default=12111, help="0 takes a free one")
    parser.add_argument("--webhook-url", help="where events are delivered")
    parser.add_argument("--secret-key", default=TEST_SECRET_KEY)
    parser.add_argument("--webhook-secret", default=TEST_WEBHOOK_SECRET)
    parser.add_argument("--seed", type=int, help="makes ids repeatable")
    given = parser.parse_args(arguments)
    with running_payserver(
        webhook_url=given.webhook_url,
        secret=given.webhook_secret,
        secret_key=given.secret_key,
        port=given.port,
        seed=given.seed,
    ) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
