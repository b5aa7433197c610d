"""After the walks of all brands the nightly scan, made now over the demo's own tables and logs, sees nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.browser.running_demo import RunningDemo
from tests.browser.stories import Stories

TOLD_AT_START = ("Demo logins: ", "Staff at ")
"""Lines in which the demo tells its user the made-up logins."""

SCAN = """
import django; django.setup()
from hostkeep.flows import scanning
from hostkeep.kernel.ids import OPERATOR
from hostkeep.runtime import jobs
looked = scanning.scan(jobs.job_act("scan", brand=OPERATOR, trace="test"))
seen = scanning.newest().sightings
print(looked, *[f"{each.place}={each.detector}" for each in seen], sep="\\n")
"""


def scanned(demo: RunningDemo, printed: Path) -> tuple[int, list[str]]:
    """Scan the demo's database, its data folder's logs and what its processes printed."""
    told = {
        "HOSTKEEP_DATA": str(demo.data), "HOSTKEEP_DEMO": "1", "HOSTKEEP_LOGS": str(printed),
        "DJANGO_SETTINGS_MODULE": "hostkeep.project.settings", "PATH": os.environ["PATH"],
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", SCAN], env=told, capture_output=True, text=True, timeout=120, check=True)
    looked, *seen = done.stdout.split("\n")[:-1]
    return int(looked), seen


def test_the_scan_sees_nothing_after_all_walks_and_what_is_planted_then(
    stories: Stories, demo: RunningDemo, tmp_path: Path
) -> None:
    stories.all()
    printed = tmp_path / "printed.log"
    lines = [line for line in demo.printed().splitlines() if not line.startswith(TOLD_AT_START)]
    printed.write_text("\n".join(lines))

    looked, seen = scanned(demo, printed)
    assert looked > 3_000
    assert seen == []

    printed.write_text("a line that names ann@example.test\n")
    assert scanned(demo, printed)[1] == ["log printed.log=email"]
