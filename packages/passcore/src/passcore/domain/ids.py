"""Ids and pass IDs: how they look, how a mistyped pass ID is caught before any look-up (B8)."""

from __future__ import annotations

from typing import Final

from passcore.errors import Invalid

#: Crockford's base 32: no I, L, O and U.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUE: Final = {char: value for value, char in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}

#: 16 characters carry 80 random bits, 2 check them.
CODE_BITS: Final = 80
_PAYLOAD: Final = CODE_BITS // 5
_CODE_LENGTH: Final = _PAYLOAD + 2
#: The largest prime below 32 squared. Being prime and larger than 31 * 31 it catches every single
#: wrong character and every swap of two neighbours among the random characters.
_MODULUS: Final = 1021


#: Every two characters, for writing ten bits at a time.
_PAIRS: Final = tuple(f"{a}{b}".lower() for a in ALPHABET for b in ALPHABET)
#: The random part of a ULID.
ULID_BITS: Final = 80


def ulid(milliseconds: int, random_bits: int) -> str:
    """Return a ULID in lower case: 26 characters that sort by *milliseconds* since 1970.

    What is made together stands together in every index, so that storing it touches few pages.
    """
    number = milliseconds << ULID_BITS | random_bits
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -10, -10)])


def encode(number: int, length: int) -> str:
    """Write *number* in *length* Crockford characters, most significant first."""
    chars = []
    for _ in range(length):
        number, digit = divmod(number, 32)
        chars.append(ALPHABET[digit])
    return "".join(reversed(chars))


def pass_code(random_bits: int) -> str:
    """Return the pass ID made of 80 random bits, for example ``9TQ4-0HXN-7RKC-Z1M8-4E``."""
    payload = encode(random_bits, _PAYLOAD)
    return _grouped(payload + encode(random_bits % _MODULUS, 2))


def read_code(text: str) -> str:
    """Return the pass ID a person typed as *text* in its one written form.

    Case, spaces, hyphens and the look-alikes O, I and L do not matter. Raises `Invalid` where the
    length, a character or the check characters are wrong, so that no look-up is needed to know.
    """
    wrong = Invalid(field="code", problem="is not a pass ID; check it for a mistyped character")
    chars = [c for c in text.upper() if c not in "- \t\u00a0\u2010\u2011\u2013"]
    if len(chars) != _CODE_LENGTH or not all(c in _VALUE for c in chars):
        raise wrong
    digits = [_VALUE[c] for c in chars]
    number = 0
    for digit in digits[:_PAYLOAD]:
        number = number * 32 + digit
    if number % _MODULUS != digits[-2] * 32 + digits[-1]:
        raise wrong
    return _grouped("".join(ALPHABET[d] for d in digits))


def looks_like_code(text: str) -> bool:
    """Tell whether *text* is a pass ID with right check characters."""
    try:
        read_code(text)
    except Invalid:
        return False
    return True


def _grouped(chars: str) -> str:
    return "-".join(chars[i : i + 4] for i in range(0, len(chars), 4))
