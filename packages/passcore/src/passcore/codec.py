"""The codec: the one place where values become JSON and JSON becomes values.

Strict both ways: unknown keys, wrong types, times without offset and unknown kinds are refused with
`Invalid`. Stored names are the longest promise the product makes: an entry's kind carries a version
(``deducted/1``), and every version ever written stays readable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from functools import partial
from operator import attrgetter
from typing import Any, Final, TypeVar, get_args, get_origin

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from passcore.domain import ledger as lg
from passcore.errors import Invalid

T = TypeVar("T")


def _kind(cls: type) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower() + "/1"


#: Kinds as stored, and the class each is read as.
KINDS: Final[dict[str, type]] = {_kind(cls): cls for cls in get_args(lg.Fact)}
_NAMES: Final[dict[type, str]] = {cls: kind for kind, cls in KINDS.items()}


def kind_of(fact: lg.Fact) -> str:
    """Return the stored name of a fact's kind, for example ``deducted/1``."""
    return _NAMES[type(fact)]


def _exactly(wanted: type, value: Any, _type: Any = None) -> Any:
    if type(value) is not wanted:
        raise TypeError(f"is not {'text' if wanted is str else 'a whole number'}")
    return value


def _text(value: Any, kind: Any) -> Any:
    """Read text, or a member of an enumeration of texts, for which cattrs asks here too."""
    if kind is not str and isinstance(value, kind):
        return value
    found = _exactly(str, value)
    return found if kind is str else kind(found)


def _boolean(value: Any, _type: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("is not true or false")
    return value


def _instant(value: Any, _type: Any) -> datetime:
    moment = datetime.fromisoformat(_exactly(str, value))
    if moment.tzinfo is None:
        raise ValueError("needs an offset")
    return moment.astimezone(UTC)


def _plain(value: datetime) -> str:
    return value.isoformat()


def _scalar(value: Any, _type: Any) -> str | int | None:
    if value is not None and type(value) not in (str, int):
        raise TypeError("is not text, a whole number or nothing")
    scalar: str | int | None = value
    return scalar


def _make() -> cattrs.Converter:
    made = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    made.register_structure_hook(str, _text)
    made.register_structure_hook(int, partial(_exactly, int))
    made.register_structure_hook(bool, _boolean)
    made.register_structure_hook_func(partial(_is, datetime), _instant)
    made.register_structure_hook_func(
        partial(_is, date), lambda v, _: date.fromisoformat(_exactly(str, v))
    )
    made.register_unstructure_hook_func(partial(_is, datetime), _plain)
    made.register_unstructure_hook_func(partial(_is, date), date.isoformat)
    made.register_structure_hook_func(lambda t: t == str | int | None, _scalar)
    made.register_unstructure_hook_func(lambda t: t == lg.Units, list)
    for member in (str, int):
        made.register_unstructure_hook_func(partial(_set_of, member), sorted)
    made.register_structure_hook_func(lambda t: t == lg.Fact, partial(_read_fact, made))
    made.register_unstructure_hook_func(lambda t: t == lg.Fact, partial(_write_fact, made))
    made.register_structure_hook_func(_is_several, partial(_several, made))
    made.register_structure_hook_factory(attrs.has, lambda cls: _reader(cls, made))
    made.register_unstructure_hook_factory(attrs.has, lambda cls: _writer(cls, made))
    return made


def _is(wanted: type, candidate: Any) -> bool:
    return candidate is wanted


def _is_enum(candidate: Any) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, Enum)


def _set_of(member: type, candidate: Any) -> bool:
    return bool(candidate == frozenset[member])  # type: ignore[valid-type]  # a run-time alias


def _is_several(candidate: Any) -> bool:
    several = get_origin(candidate) is frozenset
    return several or (get_origin(candidate) is tuple and get_args(candidate)[1:] == (...,))


def _several(made: cattrs.Converter, value: Any, wanted: Any) -> Any:
    """Read a tuple or set from a list only: text and objects would be taken apart."""
    if not isinstance(value, list | tuple):
        raise TypeError("is not a list")
    member = get_args(wanted)[0]
    return get_origin(wanted)(made.structure(value, list[member]))  # type: ignore[valid-type]  # as above


def _reader(cls: type, made: cattrs.Converter) -> Any:
    read: Any = make_dict_structure_fn(cls, made, _cattrs_forbid_extra_keys=True)

    def structure(value: Any, wanted: Any) -> Any:
        if not isinstance(value, Mapping):
            raise TypeError("is not an object")
        return read(value, wanted)

    return structure


def _writer(cls: type, made: cattrs.Converter) -> Any:
    """Leave out what is at its default, so that a field added later changes no stored text."""
    attrs.resolve_types(cls)
    fields = {
        a.name: override(
            omit_if_default=a.default is not attrs.NOTHING,
            unstruct_hook=attrgetter("value") if _is_enum(a.type) else None,
        )
        for a in attrs.fields(cls)
    }
    return make_dict_unstructure_fn(cls, made, **fields)  # type: ignore[arg-type]  # by field name


def _read_fact(made: cattrs.Converter, value: Any, _type: Any) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError("is not an object")
    rest = {key: item for key, item in value.items() if key != "kind"}
    cls = KINDS.get(value.get("kind", ""))
    if cls is None:
        raise ValueError("has an unknown kind")
    return made.structure(rest, cls)


def _write_fact(made: cattrs.Converter, fact: Any) -> dict[str, Any]:
    written: dict[str, Any] = made.unstructure(fact)
    written["kind"] = _NAMES[type(fact)]
    return written


converter: Final = _make()
#: Kept, because making an encoder costs more than a small value's encoding.
_ENCODE: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def to_plain(value: object) -> Any:
    """Return *value* as dictionaries, lists, text, numbers, true, false and None."""
    return converter.unstructure(value)


def dumps(value: object) -> str:
    """Return *value* as JSON text, always the same for equal values."""
    return _ENCODE(converter.unstructure(value))


def from_plain(value: Any, wanted: type[T]) -> T:
    """Read *value* as *wanted*; raises `Invalid` naming the first thing wrong by its path."""
    try:
        return converter.structure(value, wanted)
    except cattrs.BaseValidationError as error:
        field, problem = _first_problem(error)
        raise Invalid(field=field, problem=problem) from None
    except (ValueError, TypeError, RecursionError) as error:
        raise Invalid(field="$", problem=str(error) or "is not readable") from None


def loads(text: str, wanted: type[T]) -> T:
    """Read JSON *text* as *wanted*; raises `Invalid`."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Invalid(field="$", problem="is not JSON") from None
    return from_plain(value, wanted)


def _first_problem(error: cattrs.BaseValidationError) -> tuple[str, str]:
    message = cattrs.transform_error(error, path="$", format_exception=_in_words)[0]
    problem, _, path = message.rpartition(" @ ")
    return path.removeprefix("$.").removeprefix("$") or "$", problem


def _in_words(error: BaseException, _wanted: Any) -> str:
    if isinstance(error, Invalid):
        return f"{error.field} {error.problem}"
    if isinstance(error, KeyError):
        return "is required"
    if isinstance(error, cattrs.ForbiddenExtraKeysError):
        return f"has unknown fields: {', '.join(sorted(error.extra_fields))}"
    return str(error)


_WITHOUT_PREV: Final = "prev"


def entry_body(entry: lg.Entry) -> str:
    """Return the exact text that is stored and hashed for *entry*, without `prev`."""
    plain = converter.unstructure(entry)
    plain.pop(_WITHOUT_PREV, None)
    return _ENCODE(plain)


def read_entry(body: str, prev: str) -> lg.Entry:
    """Return the entry stored as *body* after the one whose hash is *prev*."""
    return attrs.evolve(loads(body, lg.Entry), prev=prev)


def enum_values(cls: type[Enum]) -> list[str]:
    """Return the stored names of an enumeration."""
    return [str(member.value) for member in cls]
