"""Who buys what at which brand, with made-up values that occur nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ADDRESS = {
    "address": "Zwanenkwartier 4711", "city": "Zaltbommel", "postal_code": "5301 XK", "region": "Gelderland",
    "country": "NL",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """A product and what its page asks.  driver: what runs it.  named: how its service is called."""

    slug: str
    driver: str
    named: str
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Customer:
    """A person at a brand.

    signup   what the sign-up form must ask, and the answers; statements hold "on"
    order    what checking out asks beyond it
    scripts  whether their browser runs JavaScript
    gateway  how they pay
    """

    brand: str
    wants: tuple[Wanted, ...]
    signup: Mapping[str, str]
    order: Mapping[str, str] = field(default_factory=dict)
    scripts: bool = True
    gateway: str = "testpay"

    @property
    def email(self) -> str:
        """The address they sign up with."""
        return self.signup["email"]


VPSFAST = Customer(
    "vpsfast",
    (Wanted("dash-1", "lxd", "Dash 1"),),
    {
        "name": "Zephyrine Quackenbush",
        "email": "Zephyrine.Quackenbush@vpsfast-customer.test",
        "phone": "+1 212 867 5309",
        "password1": "Brisk-walrus-71-vpsfast",
        "accept_policy": "on",
    },
)
VPS6 = Customer(
    "vps6",
    (Wanted("hexa-s", "lxd", "Hexa S"), Wanted("hexa-post", "lxd", "Hexa Post")),
    {
        "name": "Wilhelmina Dröögekloot",
        "email": "wilhelmina@vps6-customer.test",
        "phone": "+31 20 555 0187",
        **ADDRESS,
        "password1": "Quiet-otter-62-vps6-customer",
        "accept_policy": "on",
    },
    order={"gov_id": "NLD-ID-SPECI2014"},
)
PHOTONVPS = Customer(
    "photonvps",
    (Wanted("p-2", "lxd", "P-2"),),
    {"email": "ragnhild@photonvps-customer.test", "password1": "Slow-comet-53-photon", "accept_policy": "on"},
    scripts=False,
)
VPN = Customer(
    "vpn",
    (Wanted("solo", "wireguard", "Solo"),),
    {
        "email": "hush.hush@vpn-customer.test",
        "password1": "Silent-heron-44-tunnel",
        "adult": "on",
        "accept_policy": "on",
    },
)
VIETNAM = Customer(
    "vietnam-server",
    (
        Wanted("nu", "manual", "Nụ"),
        Wanted("sen-1", "lxd", "Sen 1"),
        Wanted("ten-mien-vn", "manual", ".vn", {"answer-domain": "vo-danh-thu-nghiem.vn"}),
    ),
    {
        "name": "Nguyễn Thị Xuân Quỳnh",
        "email": "xuan.quynh@vietnam-customer.test",
        "phone": "+84 24 3825 4171",
        "password1": "Sen-hong-35-viet-nam",
        "accept_policy": "on",
    },
    order={"gov_id": "001099012345", "registrant": "Nguyễn Thị Xuân Quỳnh, 17 Ngõ Tạm Thương, Hà Nội"},
)
EVERYBODY = (VPSFAST, VPS6, PHOTONVPS, VPN, VIETNAM)
