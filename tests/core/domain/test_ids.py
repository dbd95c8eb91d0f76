"""Pass IDs: what a person mistypes is caught before any look-up (B8)."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from passcore.domain.ids import ALPHABET, encode, looks_like_code, pass_code, read_code
from passcore.errors import Invalid

numbers = st.integers(0, 2**80 - 1)


@given(numbers)
def test_a_pass_id_is_read_however_it_is_typed(number: int) -> None:
    """Case, spaces, hyphens of any kind and the look-alikes O, I, L do not matter."""
    code = pass_code(number)
    assert read_code(code) == code
    bare = code.replace("-", "")
    for typed in (
        bare.lower(),
        " ".join(bare),
        code.replace("-", "\u2013"),
        code.replace("-", "\u00a0"),
        bare.replace("0", "o").replace("1", "l"),
        bare.replace("0", "O").replace("1", "i"),
    ):
        assert read_code(typed) == code


@given(numbers)
def test_every_single_wrong_character_is_caught(number: int) -> None:
    """In each of the 18 places, each of the 31 others."""
    code = pass_code(number).replace("-", "")
    wrong = [
        code[:place] + other + code[place + 1 :]
        for place in range(len(code))
        for other in ALPHABET
        if other != code[place]
    ]
    assert len(wrong) == 18 * 31
    assert not any(looks_like_code(typed) for typed in wrong)


@given(numbers)
def test_every_swap_of_neighbours_is_caught(number: int) -> None:
    """Where the two differ; also between the last random and the first check character."""
    code = pass_code(number).replace("-", "")
    for place in range(len(code) - 1):
        first, second = code[place], code[place + 1]
        swapped = code[:place] + second + first + code[place + 2 :]
        assert looks_like_code(swapped) == (first == second)


@pytest.mark.parametrize(
    "text",
    ["", "abc", "9TQ4-0HXN", "U" * 18, "0" * 17, "0" * 19, "ß" * 9, "'; DROP TABLE", "\0" * 18],
)
def test_what_is_no_pass_id_is_invalid(text: str) -> None:
    """And says nothing about which pass IDs there are."""
    with pytest.raises(Invalid) as refused:
        read_code(text)
    assert refused.value.field == "code"
    assert not looks_like_code(text)


def test_a_pass_id_is_written_in_groups_of_four() -> None:
    """The smallest, and one known by hand: 1021 leaves no rest, 2 is its rest of 1023."""
    assert pass_code(0) == "0000-0000-0000-0000-00"
    assert pass_code(1021) == "0000-0000-0000-00ZX-00"
    assert pass_code(1023) == "0000-0000-0000-00ZZ-02"
    assert encode(2**80 - 1, 16) == "Z" * 16
