"""A sealed value: one way in, one way out, and every other way raises."""

from __future__ import annotations

import copy
import dataclasses
import json
import marshal
import pickle
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from hostkeep.kernel.sealed import Sealed

VALUE = "ann@example.org"

WAYS: dict[str, Callable[[Any], object]] = {
    "format": format,
    "format with a width": lambda s: format(s, ">40"),
    "f-string": lambda s: f"{s}",
    "str.format": "{}".format,
    "percent": lambda s: s % (),
    "percent on the right": lambda s: b"%b" % s,
    "plus": lambda s: s + "!",
    "plus on the right": lambda s: "to: " + s,
    "times": lambda s: s * 2,
    "times on the right": lambda s: 2 * s,
    "join": lambda s: "".join([s]),
    "equals": lambda s: s == VALUE,
    "equals on the right": lambda s: VALUE == s,
    "equals itself": lambda s: s == s,  # noqa: PLR0124
    "differs": lambda s: s != VALUE,
    "less": lambda s: s < "b",
    "sorted": lambda s: sorted([s, s]),
    "hash": hash,
    "in a set": lambda s: {s},
    "as a key": lambda s: {s: 1},
    "truth": bool,
    "not": lambda s: not s,
    "length": len,
    "iteration": list,
    "unpacking": lambda s: [*s],
    "first letter": lambda s: s[0],
    "holds": lambda s: "@" in s,
    "backwards": lambda s: list(reversed(s)),
    "as an index": lambda s: "abc"[s],
    "bytes": bytes,
    "int": int,
    "float": float,
    "decimal": Decimal,
    "round": round,
    "encode json": json.dumps,
    "encode json inside": lambda s: json.dumps({"to": [s]}),
    "pickle": pickle.dumps,
    "oldest pickle": lambda s: pickle.dumps(s, 0),
    "pickle inside": lambda s: pickle.dumps({"to": s}),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "deepcopy inside": lambda s: copy.deepcopy([s]),
    "asdict": lambda s: dataclasses.asdict(Letter(s)),
    "vars": vars,
    "union": lambda s: s | {},
}


@dataclasses.dataclass
class Letter:
    to: Sealed[str]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_every_other_way_out_raises_and_tells_nothing(way: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError) as no:
        way(Sealed(VALUE, "email"))

    assert VALUE not in str(no.value)


def test_marshal_takes_none_either() -> None:
    with pytest.raises(ValueError, match="unmarshallable"):
        marshal.dumps(Sealed(VALUE, "email"))


def test_a_sealed_value_prints_its_category_wherever_it_stands() -> None:
    sealed = Sealed(VALUE, "email")

    said = (str(sealed), repr(sealed), "%s" % sealed, "%r" % sealed, str([sealed]), repr(Letter(sealed)))
    assert said == (
        "<sealed email>", "<sealed email>", "<sealed email>", "<sealed email>", "[<sealed email>]",
        "Letter(to=<sealed email>)",
    )
    assert sealed.open() == VALUE


def test_nothing_is_hung_on_it() -> None:
    with pytest.raises(AttributeError):
        Sealed(VALUE, "email").note = "x"  # type: ignore[attr-defined]


def test_a_face_that_lets_a_sealed_value_out_opens_it_by_name() -> None:
    with pytest.raises(AttributeError):
        Sealed(VALUE, "email").value  # type: ignore[attr-defined]  # noqa: B018
