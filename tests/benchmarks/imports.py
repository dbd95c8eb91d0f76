"""How long `import passcore` takes, beside a module of plain attrs classes (P12).

A process each, in turn, with the bytecode of both warm. `import passcore` loads next to nothing by
itself: its names are loaded when they are used. So what most programs begin with is measured too.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.report import Measured, Options, compared, interleaved

CLASSES, FIELDS = 20, 10
MOST = 1.5


def measure(options: Options) -> list[Measured]:
    """Return a line for `import passcore` and one for the names a program begins with."""
    statements = {
        "import passcore": "import passcore",
        "from passcore import App, MemoryStore": "from passcore import App, MemoryStore",
    }
    against = f"attrs, {CLASSES} frozen classes of {FIELDS} fields"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "plain_attrs.py").write_text(_module(), encoding="utf-8")
        baseline = _process(folder, "import plain_attrs")
        bare = _process(folder, "pass")
        contestants = {
            "baseline": baseline,
            "bare": bare,
            **{what: _process(folder, code) for what, code in statements.items()},
        }
        for warm_up in contestants.values():  # writes the bytecode
            warm_up()
        found = interleaved(contestants, options.repeats)
    note = (
        f"whole processes; Python alone takes {sorted(found['bare'])[options.repeats // 2]:.0f} ms"
    )
    return [
        compared(
            "P12", what, against, zip(found["baseline"], found[what], strict=True),
            unit="ms", most=MOST, note=note,
        )
        for what in statements
    ]  # fmt: skip


def _module() -> str:
    fields = "\n".join(f"    field_{n}: int = {n}" for n in range(FIELDS))
    classes = "\n\n".join(f"@attrs.frozen\nclass C{n}:\n{fields}" for n in range(CLASSES))
    return f"import attrs\n\n{classes}\n"


def _process(folder: str, code: str) -> Callable[[], float]:
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {folder!r}); {code}"]

    def once() -> float:
        started = time.perf_counter()
        subprocess.run(command, check=True)
        return (time.perf_counter() - started) * 1000

    return once
