"""The demo: a studio with services, passes, clients and eight weeks of history, on real parts."""

from __future__ import annotations

__all__ = ["run"]


def run(*, story: bool = False, host: str = "127.0.0.1", port: int = 8000) -> int:
    """Play the story and end, or serve the demo until it is interrupted; return the exit code."""
    from passweb.demo.playing import play, serve  # noqa: PLC0415  # --help must stay quick

    return play() if story else serve(host, port)
