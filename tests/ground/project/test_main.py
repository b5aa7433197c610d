"""The command says in a line what is wrong with its environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_an_environment_that_cannot_be_read_is_told_in_a_line_and_not_as_a_fault(tmp_path: Path) -> None:
    here = os.environ | {"HOSTKEEP_DATA": str(tmp_path), "HOSTKEEP_STRIPE": "no account"}
    here.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-m", "hostkeep.project.main", "promo", "list", "vps6"],
        env=here, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'hostkeep: HOSTKEEP_STRIPE must read {"brand": {"name": "..."}}\n'
