"""What `passctl demo` does: serve the studio and say where it is, or play the story."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
from pathlib import Path

from passweb.demo.running import Demo, running_demo
from passweb.demo.seed import ANA, DESK, OWNER
from passweb.demo.story import StoryError, tell
from passweb.settings import LOOPBACK


def echo(line: str, *, err: bool = False) -> None:
    """Write *line* at once, so that whoever reads along sees each step when it happens."""
    stream = sys.stderr if err else sys.stdout
    stream.write(f"{line}\n")
    stream.flush()


def serve(host: str, port: int) -> int:
    """Serve the demo until interrupted; returns 2 where the address cannot be used."""
    if host not in LOOPBACK:
        echo("The demo listens on this machine only; leave --host out.", err=True)
        return 2
    with tempfile.TemporaryDirectory(prefix="sessionpass-demo-") as folder:
        try:
            with running_demo(Path(folder), port=port) as demo:
                echo(_welcome(demo))
                _wait()
        except OSError as error:
            reason = error.strerror or error
            echo(f"Port {port} cannot be used ({reason}); try --port 0.", err=True)
            return 2
    return 0


def _welcome(demo: Demo) -> str:
    places = "\n".join(f"  {name:14} {address}" for name, address in demo.places)
    return f"""The demo is running. Everything in it is made up; no money moves and no mail leaves.

{places}

  Sign in       the code comes by mail: open the mail viewer
    console     {OWNER} or {DESK}
    guest app   bela.kovacs@example.com, or buy a pass as {ANA}
  API key       {demo.api_key}
  Test card     none needed: the payment page asks what should happen

Press Ctrl+C to end it."""


def _wait() -> None:
    """Wait for Ctrl+C, or for being told to end."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    while not ended.wait(0.5):
        pass


def play() -> int:
    """Tell the story on a fresh demo; returns 1 where a step did not turn out as it should."""
    with (
        tempfile.TemporaryDirectory(prefix="sessionpass-story-") as folder,
        running_demo(Path(folder)) as demo,
    ):
        try:
            tell(demo, echo)
        except StoryError as failed:
            echo(f"story: failed: {failed}", err=True)
            return 1
    echo("story: ok")
    return 0
