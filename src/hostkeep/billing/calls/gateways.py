"""Which gateways are set up here for which brand, and how one is made ready."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hostkeep.billing.errors.gateways import GatewayNotOffered
from hostkeep.drivers.payments import PaymentGateway
from hostkeep.kernel.ids import BrandId

Make = Callable[[str, BrandId], PaymentGateway | None]
AccountOf = Callable[[str, BrandId], str]
Named = Callable[[], Mapping[str, Collection[str]]]
Lacking = Callable[[str, BrandId], str]


@dataclass(frozen=True, slots=True)
class Account:
    """One account at a gateway.

    mark    what it is known by here, or empty: there is one for everybody
    brands  who is served by it
    """

    gateway: str
    mark: str
    brands: tuple[BrandId, ...]

    @property
    def name(self) -> str:
        """What tells it from the gateway's other accounts."""
        return f"{self.gateway}:{self.mark}" if self.mark else self.gateway


def _one_for_all(_name: str, _brand: BrandId) -> str:
    """Return the mark of the only account of a gateway."""
    return ""


def _names_nobody() -> Mapping[str, Collection[str]]:
    """Return that no setting names a brand."""
    return {}


def _lacks_nothing(_name: str, _brand: BrandId) -> str:
    """Return that nobody says what a gateway lacks."""
    return ""


_make: list[tuple[Make, AccountOf]] = []
_named: list[Named] = []
_lacking: list[Lacking] = []


def carry_with(
    make: Make,
    account: AccountOf = _one_for_all,
    named: Named = _names_nobody,
    lacking: Lacking = _lacks_nothing,
) -> None:
    """Say how a gateway is made ready: make(name, brand) -> gateway, or None where the brand has none.

    account  tells brands apart that have an account of their own: equal marks are one account
    named    whom the settings of gateways name, by setting: brands' slugs, as typed
    lacking  says in English what a gateway lacks to be set up for a brand, and never what a setting holds

    Called once at start by the composition root; tests hand in their own.
    """
    _make[:] = [(make, account)]
    _named[:] = [named]
    _lacking[:] = [lacking]


def strangers(brands: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    """Return the names in settings of gateways that are none of some brands, by setting."""
    said = [(setting, names) for named in _named for setting, names in named().items()]
    odd = {setting: tuple(sorted(set(names) - set(brands))) for setting, names in said}
    return {setting: names for setting, names in sorted(odd.items()) if names}


def lacks(name: str, brand: BrandId) -> str:
    """Say in English what a gateway lacks to be set up for a brand; empty where nobody can tell."""
    return " ".join(filter(None, (lacking(name, brand) for lacking in _lacking)))


def is_ready(name: str, brand: BrandId) -> bool:
    """Tell whether a gateway is installed and set up for a brand."""
    return any(make(name, brand) is not None for make, _ in _make)


def gateway_for(name: str, brand: BrandId) -> Any:
    """Return a brand's gateway of a name: a PaymentGateway, and a StatementReader where it reads bank files.

    Raises GatewayNotOffered.
    """
    for make, _ in _make:
        found = make(name, brand)
        if found is not None:
            return found
    raise GatewayNotOffered(gateway=name)


def accounts_of(name: str, brands: Iterable[BrandId]) -> tuple[Account, ...]:
    """Return the accounts at a gateway that some brands have, each with the brands that share it."""
    found: dict[str, list[BrandId]] = {}
    for brand in brands:
        if is_ready(name, brand):
            found.setdefault(_mark(name, brand), []).append(brand)
    return tuple(Account(name, mark, tuple(held)) for mark, held in sorted(found.items()))


def is_one_account(name: str, one: BrandId, other: BrandId) -> bool:
    """Tell whether two brands are served by the same account at a gateway."""
    return _mark(name, one) == _mark(name, other)


def _mark(name: str, brand: BrandId) -> str:
    """Return what a brand's account is known by."""
    return "".join(account(name, brand) for _, account in _make)
