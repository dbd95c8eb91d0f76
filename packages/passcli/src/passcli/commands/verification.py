"""`passctl verify`: refold every pass and follow every chain (ARCHITECTURE, decision 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from passcli.exits import Problem
from passcli.grammar import command, group, state_of
from passcli.wiring import businesses, open_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from passcore.app import App
    from passcore.domain.businesses import Business
    from passcore.usecases.verification import Verified

app = group("Check that ledgers, visits and sales agree.")


@command(app, "verify")
def verify(
    ctx: typer.Context,
    *,
    most: Annotated[
        int, typer.Option(min=1, max=100_000, help="Stop a business after so many findings.")
    ] = 100,
) -> None:
    """Check that ledgers, visits and sales agree: every business, or the one of `--business`."""
    from passcli import shapes

    state = state_of(ctx)
    core = open_app(ctx)
    with state.out.progress("Passes checked") as tick:
        found = [(b.slug, _check(core, b, most, tick)) for b in businesses(core, state)]
    sound = all(not result.damage for _, result in found)
    if state.json:
        reports = [shapes.verified(slug, result) for slug, result in found]
        state.out.document({"ok": sound, "businesses": reports})
    else:
        for slug, result in found:
            state.out.lines(*_told(slug, result))
    if not sound:
        raise _first(found)


def _check(core: App, business: Business, most: int, tick: Callable[[], None]) -> Verified:
    from passcore.usecases.verification import Verify, verify as use_case

    def watched(tx: Any, wanted: Verify, call: Any) -> Verified:
        return use_case(_Watched(tx, tick), wanted, call)

    return core.read(business.id, watched, Verify(most))


class _Watched:
    """A transaction whose passes are counted as they are read, for the progress bar."""

    def __init__(self, tx: Any, tick: Callable[[], None]) -> None:
        self._tx = tx
        self.passes = _WatchedPasses(tx.passes, tick)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)


class _WatchedPasses:
    def __init__(self, passes: Any, tick: Callable[[], None]) -> None:
        self._passes = passes
        self._tick = tick

    def bodies(self, pass_id: str) -> Iterator[tuple[int, str, str]]:
        self._tick()
        found: Iterator[tuple[int, str, str]] = self._passes.bodies(pass_id)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._passes, name)


def _told(slug: str, result: Verified) -> list[str]:
    passes = "1 pass" if result.passes == 1 else f"{result.passes} passes"
    entries = "1 entry" if result.entries == 1 else f"{result.entries} entries"
    counted = f"{passes}, {entries}"
    if not result.damage:
        return [f"{slug}: ok ({counted})"]
    lines = [f"{slug}: DAMAGED ({counted})"]
    for damage in result.damage:
        where = f" entry {damage.seq}" if damage.seq is not None else ""
        lines.append(f"  {damage.rule}: {damage.what} {damage.ref}{where} {damage.problem}")
    return lines


def _first(found: list[tuple[str, Verified]]) -> Problem:
    slug, damage = next((slug, d) for slug, result in found for d in result.damage)
    at = f" at entry {damage.seq}" if damage.seq is not None else ""
    return Problem(
        "damage_found",
        f"The {damage.what} {damage.ref} of {slug} is damaged{at}: it {damage.problem}.",
        "Keep a copy of the database as it is, and restore a backup made before the damage.",
        business=slug,
        rule=damage.rule,
        what=damage.what,
        ref=damage.ref,
        seq=damage.seq,
        problem=damage.problem,
    )
