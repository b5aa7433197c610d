"""Sealed: a value that does not print, travel or compare."""

from __future__ import annotations

from typing import Generic, NoReturn, TypeVar

T = TypeVar("T")


class Sealed(Generic[T]):
    """Holds a personal value.  str and repr show its category alone; all other ways out raise TypeError."""

    __slots__ = ("__value", "category")

    def __init__(self, value: T, category: str) -> None:
        self.__value = value
        self.category = category

    def open(self) -> T:
        """Return the value.  Only faces and the vault's own use() may call it; a house test counts."""
        return self.__value

    def __repr__(self) -> str:
        return "<sealed " + self.category + ">"

    __str__ = __repr__

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError(repr(self) + " does not travel; ask the door to use it")

    def __format__(self, _spec: str) -> NoReturn:
        self._refuse()

    def __eq__(self, _other: object) -> NoReturn:
        self._refuse()

    def __hash__(self) -> NoReturn:  # noqa: PLE0309  it raises, on purpose
        self._refuse()

    def __reduce__(self) -> NoReturn:
        self._refuse()

    def __deepcopy__(self, _memo: object) -> NoReturn:
        self._refuse()

    __copy__ = _refuse
    __mod__ = __rmod__ = _refuse
    __add__ = __radd__ = _refuse
