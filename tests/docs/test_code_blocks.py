"""Every code block and command of the documentation does what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.code_blocks import CONTRACT_COMMANDS, blocks, run
from tests.support.source import PACKAGES, ROOT

PAGES = sorted(
    [
        ROOT / "README.md",
        *ROOT.glob("packages/*/README.md"),
        *ROOT.glob("packages/*/docs/**/*.md"),
    ]
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_blocks_of_a_page_run_in_order(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They share one folder and one home, both empty at first."""
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    for name in ("PASS_DATABASE_URL", "PASS_BUSINESS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()
    run(list(blocks(page)), tmp_path / "here")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_shows_code_that_runs(package: str) -> None:
    assert any(block.runs for block in blocks(ROOT / "packages" / package / "README.md"))


def test_the_readme_gives_the_two_commands_word_for_word() -> None:
    lines = [
        line.partition("  #")[0].strip()
        for block in blocks(ROOT / "README.md")
        if block.language == "sh"
        for line in block.text.splitlines()
    ]
    assert [line for line in lines if "uv run" in line] == list(CONTRACT_COMMANDS)


def test_ci_runs_the_readmes_test_command() -> None:
    assert CONTRACT_COMMANDS[1] in (ROOT / ".ci" / "run").read_text().splitlines()


WRONG = {
    "a python block that raises": "```python\nassert 1 == 2\n```\n",
    "a command that fails": "```sh\nfalse\n```\n",
    "a command that fails in the middle": "```sh\nfalse\ntrue\n```\n",
    "another output": "```console\n$ echo one\ntwo\n```\n",
    "less output": "```console\n$ echo one\none\n...\ntwo\n```\n",
    "output not shown": "```console\n$ echo one\n```\n",
    "a silent failure": "```console\n$ false\n```\n",
    "no prompt": "```console\necho one\n```\n",
    "no reason": "```python no-run\nassert 1 == 2\n```\n",
    "left open": "```python\nassert 1 == 1\n",
}
RIGHT = {
    "names are shared": "```python\na = 1\n```\n\ntext\n\n```python\nassert a == 1\n```\n",
    "files are shared": "```sh\necho hi > f\n```\n\n```console\n$ cat f\nhi\n```\n",
    "python sees the same folder": "```sh\necho hi > f\n```\n\n```python\nopen('f').close()\n```\n",
    "an ellipsis": "```console\n$ printf 'a 1 b\\nx\\ny\\nz\\n'\na ... b\n...\nz\n```\n",
    "a continued command": "```console\n$ echo a \\\n>   b\na b\n```\n",
    "a reason": "```python no-run: needs a live account\nassert 1 == 2\n```\n",
    "another language": "```text\nassert 1 == 2\n```\n",
    "a command of the contract": f"```sh\n{CONTRACT_COMMANDS[1]}  # all of it\n```\n",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_page_is_caught(text: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises((AssertionError, ValueError)):
        run(list(blocks(page)), tmp_path)


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT.keys())
def test_a_right_page_passes(text: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    run(list(blocks(page)), tmp_path)
