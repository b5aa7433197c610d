"""The mailer: finds the hosts for a letter and talks to them in turn."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import ClassVar

from hostkeep.adapters.mailers.smtp.config import BadConfig, Config, config_of, route_of
from hostkeep.adapters.mailers.smtp.line import NotHere, talk
from hostkeep.adapters.mailers.smtp.lookup import CannotTell, NoMailHere, Place, places_of
from hostkeep.drivers.mail import Bounced, Later, Letter, Outcome
from hostkeep.drivers.manifest import Manifest

_UNFIT = re.compile(r"[\x00-\x20\x7f<>]")


class Smtp:
    """Hands mail over by SMTP, to a domain's own hosts or along a route."""

    manifest: ClassVar[Manifest] = Manifest(
        name="smtp", api=1, discloses=frozenset({"email"}), sockets=("smtplib", "dns.resolver")
    )

    def __init__(self, config: Config, places: Callable[[str], tuple[Place, ...]] = places_of) -> None:
        """Set up by config.  places: finds a domain's hosts where no route is given."""
        self._config = config
        self._places = places

    @classmethod
    def configured(cls, options: Mapping[str, str]) -> Smtp:
        """Return a mailer set up by texts: see config_of.  Raises BadConfig."""
        return cls(config_of(options))

    def hand_over(self, letter: Letter) -> Outcome:
        """Give one letter to the first host that says yes or no to it.

        4yz, silence, a broken line and a host without the demanded TLS are Later; 5yz is Bounced.
        """
        local, _, domain = letter.to.lower().rpartition("@")
        if not local or not domain or _UNFIT.search(letter.to + letter.sender):
            return Bounced("bad_address")
        try:
            places = self._routed(domain) or self._places(domain)
        except (OSError, BadConfig):  # a route file that is missing or half written: never around it
            return Later("no_route")
        except NoMailHere as no:
            return Bounced(no.code)
        except CannotTell:
            return Later("dns")
        code = "no_host"
        for place in places:
            answer = talk(letter, place, self._config)
            if not isinstance(answer, NotHere):
                return answer
            code = answer.code
        return Later(code)

    def _routed(self, domain: str) -> tuple[Place, ...]:
        """Return the one place the route names for a domain, or nothing."""
        target = route_of(self._config, domain)
        return (Place(target[0], *target),) if target else ()
