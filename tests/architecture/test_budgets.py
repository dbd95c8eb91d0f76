"""Code stays small enough to read: the budgets of functions and files."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

from tests.support.source import ROOT, modules, parsed

FUNCTION_LINES, FUNCTION_LINES_95 = 60, 40
FILE_LINES, FILE_LINES_MEDIAN = 400, 150


def _functions() -> dict[str, int]:
    return {
        f"{path}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in modules(migrations=False)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def _files() -> dict[Path, int]:
    return {path: len((ROOT / path).read_text().splitlines()) for path in modules(migrations=False)}


def test_no_function_is_longer_than_sixty_lines() -> None:
    too_long = {name: lines for name, lines in _functions().items() if lines > FUNCTION_LINES}
    assert not too_long


def test_nineteen_functions_of_twenty_have_forty_lines_at_most() -> None:
    lines = sorted(_functions().values())
    assert lines, "no function found"
    assert lines[int(len(lines) * 0.95)] <= FUNCTION_LINES_95


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    too_long = {str(path): lines for path, lines in _files().items() if lines > FILE_LINES}
    assert not too_long


def test_the_median_file_has_a_hundred_and_fifty_lines_at_most() -> None:
    assert statistics.median(_files().values()) <= FILE_LINES_MEDIAN
