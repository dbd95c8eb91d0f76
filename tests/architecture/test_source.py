"""What holds for every tracked file, whoever wrote it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.source import PACKAGES, ROOT, imported_roots, modules, parsed, text_of, tracked

# Put together here so that this file does not name them either.
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
    )
)
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
SUPPRESSION = re.compile(r"#\s*(noqa|type:\s*ignore)\b")
_ONE = r"# (?:noqa: [A-Z]+[0-9]+(?:, [A-Z]+[0-9]+)*|type: ignore\[[a-z, -]+\])"
REASONED = re.compile(rf"{_ONE}(?:  {_ONE})*  # (?!noqa|type: ignore)\S.+")
SUITES = "core store web cli browser end_to_end architecture docs typing".split()
LOCK_FILES = {"uv.lock", "package-lock.json", "yarn.lock", "poetry.lock", "pnpm-lock.yaml"}
CORE_MAY_IMPORT = {"attr", "attrs", "cattr", "cattrs", "passcore"}


def _is_vendored(path: Path) -> bool:
    return "vendor" in path.parts


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_begins_with_a_docstring(package: str) -> None:
    found = modules(package)
    assert found
    assert not [str(path) for path in found if not ast.get_docstring(parsed(path))]


def test_every_test_module_begins_with_a_docstring() -> None:
    found = [path for path in tracked() if path.parts[0] == "tests" and path.suffix == ".py"]
    bare = [path for path in found if path.name != "__init__.py"]
    assert not [str(path) for path in bare if not ast.get_docstring(parsed(path))]


def test_passcore_stands_on_attrs_and_cattrs_alone() -> None:
    """The testing package may use pytest and Hypothesis besides: its users have them."""
    allowed = CORE_MAY_IMPORT | set(sys.stdlib_module_names)
    foreign = {
        str(path): extra
        for path in modules("passcore")
        if (extra := imported_roots(path) - allowed)
        and not ("testing" in path.parts and extra <= {"pytest", "hypothesis"})
    }
    assert not foreign


def test_sql_is_written_in_passstore_alone() -> None:
    """What a database is asked is known to one package; the others ask its functions."""
    statement = re.compile(r"(?s)\b(SELECT\s.*\sFROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\s")
    foreign = {
        f"{path}:{node.lineno}"
        for path in modules()
        if path.parts[1] != "passstore"
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Constant) and statement.search(str(node.value)))
        or (isinstance(node, ast.Attribute) and node.attr in ("exec_driver_sql", "executescript"))
    }
    assert not foreign


def _comments(path: Path) -> Iterator[tuple[int, str]]:
    with (ROOT / path).open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


def test_every_suppression_says_why() -> None:
    """On its own line, after the codes: `# noqa: BLE001  # translated, or raised again`."""
    bare = [
        f"{path}:{number} {comment}"
        for path in tracked()
        if path.suffix in (".py", ".pyi")
        for number, comment in _comments(path)
        if SUPPRESSION.search(comment) and not REASONED.fullmatch(comment)
    ]
    assert not bare


@pytest.mark.parametrize(
    ("comment", "reasoned"),
    [
        ("# noqa: BLE001  # raised again", True),
        ("# type: ignore[attr-defined]  # noqa: B018  # must fail", True),
        ("# noqa: BLE001, S110  # raised again", True),
        ("# noqa: BLE001", False),
        ("# noqa", False),
        ("# noqa  # raised again", False),
        ("# type: ignore  # any field", False),
        ("# type: ignore[arg-type]", False),
        ("# type: ignore[arg-type]  # noqa: B018", False),
        ("# noqa: BLE001 raised again", False),
    ],
)
def test_a_suppression_without_codes_or_reason_is_seen(comment: str, reasoned: bool) -> None:
    assert SUPPRESSION.search(comment)
    assert bool(REASONED.fullmatch(comment)) == reasoned


def test_no_package_registry_is_named() -> None:
    named = [
        f"{path}: {host}"
        for path in tracked()
        for host in REGISTRY_HOSTS
        if host in (text_of(path) or "")
    ]
    assert not named


def test_nothing_is_marked_unfinished() -> None:
    marked = [
        f"{path}:{number}"
        for path in tracked()
        if not _is_vendored(path)
        for number, line in enumerate((text_of(path) or "").splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert not marked


def test_no_lock_file_is_tracked() -> None:
    assert not [str(path) for path in tracked() if path.name in LOCK_FILES]
    for name in ("uv.lock", "package-lock.json"):
        subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT, check=True)


@pytest.mark.parametrize("suite", SUITES)
def test_every_suite_has_tests(suite: str) -> None:
    """An empty suite would pass in silence inside a session that runs several."""
    assert list((ROOT / "tests" / suite).rglob("test_*.py"))


def test_all_packages_are_of_one_version() -> None:
    """And each needs the others at exactly that version."""
    root = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for package in PACKAGES:
        folder = ROOT / "packages" / package
        project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
        assert project["version"] == root
        needs = [name for name in project["dependencies"] if name.startswith("sessionpass-")]
        assert all(name.endswith(f"=={root}") for name in needs), needs
        assert f"## [{root}]" in (folder / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_has_what_a_package_needs(package: str) -> None:
    folder = ROOT / "packages" / package
    assert (folder / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    assert (folder / "src" / package / "py.typed").exists()
    assert (folder / "README.md").read_text().startswith("# ")


def test_development_versions_are_names_and_versions_only() -> None:
    pins = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"][
        "constraint-dependencies"
    ]
    assert pins == sorted(pins)
    assert not [pin for pin in pins if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", pin)]
