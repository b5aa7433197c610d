"""The manual driver: it waits for staff, whatever is asked."""

from __future__ import annotations

import pytest

from hostkeep.adapters.provisioners.manual.driver import Manual, ManualConfig
from hostkeep.drivers.conformance.machines import HANDLE, NoWire
from hostkeep.drivers.machines import Ask, Waiting


@pytest.mark.parametrize("verb", ["create", "suspend", "resume", "terminate", "look_up"])
def test_every_ask_waits_for_staff(verb: str) -> None:
    driver = Manual(ManualConfig(), NoWire())
    ask = Ask("once-1", HANDLE, {"cpu": "1"}, {})
    assert getattr(driver, verb)(ask) == getattr(driver, verb)(ask) == Waiting("for_staff")


def test_it_is_given_no_person() -> None:
    assert Manual.manifest.api == 1
    assert not Manual.manifest.discloses
    assert not Manual.manifest.hosts
