"""What holds for every tracked file, whoever wrote it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
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
