"""Sealed: a value that does not print, travel or compare."""

from __future__ import annotations

from typing import Generic, NoReturn, TypeVar, final

T = TypeVar("T")


@final
class Sealed(Generic[T]):
    """Holds a personal value.  str and repr show its category alone; all other ways out raise TypeError.

    So `"%s" % sealed`, which calls str, gives `<sealed email>`, and the door takes no such text back in.
    It has no truth and no length either: whether a value is there is asked with `is None`.
    """

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

    def __ne__(self, _other: object) -> NoReturn:
        self._refuse()

    def __hash__(self) -> NoReturn:  # noqa: PLE0309  it raises, on purpose
        self._refuse()

    def __bool__(self) -> NoReturn:  # noqa: PLE0304  it raises, on purpose
        self._refuse()

    def __len__(self) -> NoReturn:  # noqa: PLE0303  it raises, on purpose
        self._refuse()

    def __index__(self) -> NoReturn:  # noqa: PLE0305  it raises, on purpose
        self._refuse()

    def __bytes__(self) -> NoReturn:  # noqa: PLE0308  it raises, on purpose
        self._refuse()

    def __reduce__(self) -> NoReturn:
        self._refuse()

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        self._refuse()

    def __getstate__(self) -> NoReturn:
        self._refuse()

    def __deepcopy__(self, _memo: object) -> NoReturn:
        self._refuse()

    __copy__ = _refuse
    __iter__ = __reversed__ = __getitem__ = __contains__ = _refuse
    __int__ = __float__ = __complex__ = __round__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __add__ = __radd__ = __mul__ = __rmul__ = __mod__ = __rmod__ = _refuse
    __or__ = __ror__ = __and__ = __rand__ = __xor__ = __rxor__ = _refuse


# To templates this means that they do not call it: `{{ sealed.open }}` shows nothing.
Sealed.open.alters_data = True  # type: ignore[attr-defined]
