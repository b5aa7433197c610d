"""Write docs/api/errors.md: every refusal that the house foresees, from the code."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLACE = ROOT / "docs" / "api" / "errors.md"

HEAD = """# Refusals

Written by `tools/errors.py` from the code; a test fails when it is older than the code.

Each is a problem document (RFC 9457): `type` is `/errors/<code>`, `title` a sentence in the caller's
language, `status` the HTTP status, `code` stable. Where the privacy policy refuses, `clause` is the id of
the clause. Words in braces are members of the document.

| code | status | title |
| --- | --- | --- |
"""


def text() -> str:
    """Return the whole list."""
    rows = sorted({(kind.code, kind.status, kind.title) for kind in kinds() if kind.title})
    return HEAD + "".join(f"| `{code}` | {status} | {title} |\n" for code, status, title in rows)


def kinds() -> Iterator[type]:
    """Find every subclass of Foreseen, wherever it stands."""
    import hostkeep
    from hostkeep.kernel.errors import Foreseen

    for found in pkgutil.walk_packages(hostkeep.__path__, "hostkeep."):
        if ".migrations" not in found.name and found.name != "hostkeep.project.wsgi":
            importlib.import_module(found.name)
    waiting = list(Foreseen.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("hostkeep."):
            yield kind


def main() -> None:
    """Write the file."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hostkeep.project.settings")
    os.environ.setdefault("HOSTKEEP_DATA", tempfile.mkdtemp())
    sys.path.insert(0, str(ROOT / "src"))
    import django

    django.setup()
    PLACE.parent.mkdir(exist_ok=True)
    PLACE.write_text(text(), encoding="utf-8")
    print(f"{PLACE.relative_to(ROOT)} written")


if __name__ == "__main__":
    main()
