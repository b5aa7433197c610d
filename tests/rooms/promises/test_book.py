"""The book of controls: a control tells its checks apart."""

from __future__ import annotations

import pytest

from hostkeep.promises.book import CONTROLS


@pytest.mark.parametrize("clause", sorted(CONTROLS))
def test_a_control_has_all_three_parts_and_tells_its_checks_apart(clause: str) -> None:
    control = CONTROLS[clause]
    assert control.state and control.sample and control.probe
    names = [(part, check.what) for part, check in control.checks()]
    assert len(set(names)) == len(names)
    assert all(len(what) <= 200 and what[0].isupper() for _, what in names)
