"""Every word people read is translated."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_word_is_in_the_catalogues_in_both_languages() -> None:
    done = subprocess.run(
        [sys.executable, "tools/words.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
