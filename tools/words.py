"""Words for people: gather them from code and templates, say what is not translated, compile the catalogues.

    python tools/words.py            bring the .po files up to date
    python tools/words.py --check    say what is missing or not translated; exit 1 if anything is
    python tools/words.py --compile  write a .mo beside each .po

A room with a folder `locale` has catalogues of its own; all other words stand in those of faces/ui.
English catalogues repeat the words as they are, so that both languages are listed in one way.
What the sign-in library says by itself is gathered too: it has no Vietnamese.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "hostkeep"
HOME = SOURCE / "faces" / "ui"
LANGUAGES = ("en", "vi")
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands in every catalogue, so that gathering twice changes nothing."""

KEYWORDS: Mapping[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
LIBRARY = (
    "account/adapter.py", "account/forms.py", "account/fields.py", "mfa/adapter.py", "mfa/models.py",
    "mfa/base/forms.py", "mfa/totp/forms.py", "mfa/webauthn/forms.py",
)  # fmt: skip
PLACES = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")

Key = tuple[str | tuple[str, ...], str | None]


@dataclass(slots=True)
class Words:
    """What one catalogue should hold.  found: by (text or texts, context), the files it stands in."""

    owner: Path
    found: dict[Key, set[str]] = field(default_factory=dict)

    def po(self, language: str) -> Path:
        """Return where the catalogue of a language lies."""
        return self.owner / "locale" / language / "LC_MESSAGES" / "django.po"

    def held(self, language: str) -> Catalog:
        """Read the catalogue of a language; an empty one if there is none."""
        path = self.po(language)
        if not path.exists():
            return Catalog(locale=language)
        with path.open("rb") as lines:
            return read_po(lines, locale=language)


def gathered() -> tuple[Words, ...]:
    """Gather the words of all rooms, by catalogue."""
    words: dict[Path, Words] = {}
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix in {".py", ".html", ".txt"} and "migrations" not in path.parts:
            owner = _owner(path)
            _gather(words.setdefault(owner, Words(owner)), path, str(path.relative_to(ROOT)))
    library = find_spec("allauth")
    folders = library.submodule_search_locations if library else None
    for name in LIBRARY if folders else ():
        _gather(words.setdefault(HOME, Words(HOME)), Path((folders or [""])[0]) / name, f"allauth/{name}")
    for each in words.values():
        _join(each.found)
    return tuple(words[owner] for owner in sorted(words) if words[owner].found)


def _join(found: dict[Key, set[str]]) -> None:
    """Let a text that is also the singular of a pair be the pair: a catalogue holds each text once."""
    pairs = {(key[0][0], key[1]): key for key in found if not isinstance(key[0], str)}
    for first, pair in pairs.items():
        found[pair] |= found.pop(first, set())


def _owner(path: Path) -> Path:
    """Return the folder whose catalogue holds a file's words."""
    for folder in path.parents:
        if folder == SOURCE:
            break
        if (folder / "locale").is_dir():
            return folder
    return HOME


def _gather(words: Words, path: Path, name: str) -> None:
    """Add the words of one file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        if "{%" not in text:
            return
        from django.utils.translation.template import templatize

        text = "\n".join(line.lstrip() for line in templatize(text, origin=name).split("\n"))
    source = io.BytesIO(text.encode())
    for _line, message, _comments, context in extract("python", source, keywords=KEYWORDS):
        texts = message if isinstance(message, str) else tuple(message)
        words.found.setdefault((texts, context), set()).add(name)


def update(words: Words, language: str) -> None:
    """Write a catalogue anew: what is in the code, with the translations that stand already."""
    before = words.held(language)
    fresh = Catalog(
        locale=language, project="Hostkeep", creation_date=NO_DATE, revision_date=NO_DATE,
        last_translator="Hostkeep", language_team=language, copyright_holder="Hostkeep",
    )
    fresh.header_comment = f"# Words of Hostkeep, {language}: gathered by tools/words.py."
    fresh.fuzzy = False
    for (text, context), files in words.found.items():
        known = before.get(text if isinstance(text, str) else text[0], context)
        string = text if language == "en" else known.string if known else None
        if isinstance(string, str) != isinstance(text, str):
            string = None  # a sentence that got or lost its plural is translated anew
        nothing = "" if isinstance(text, str) else ("",) * fresh.num_plurals
        places = [(name, 1) for name in sorted(files)]
        fresh.add(text, string or nothing, context=context, locations=places)
    path = words.po(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(".new")
    with whole.open("wb") as lines:
        write_po(lines, fresh, sort_output=True, include_lineno=False, width=110)
    whole.replace(path)


def faults(words: Words, language: str) -> Iterator[str]:
    """Say what is wrong with a catalogue: missing, not translated, left over, other places than the text."""
    where = words.po(language).relative_to(ROOT)
    held = words.held(language)
    known = {(m.id if isinstance(m.id, str) else tuple(m.id), m.context): m for m in held if m.id}
    for key in words.found:
        message = known.pop(key, None)
        first = key[0] if isinstance(key[0], str) else key[0][0]
        if message is None:
            yield f"{where}: missing: {first!r} (run tools/words.py)"
        elif problem := _untranslated(message):
            yield f"{where}: {problem}: {first!r}"
    yield from (f"{where}: not used any more: {key[0]!r}" for key in known)


def _untranslated(message: Message) -> str:
    """Say what a message lacks, or nothing."""
    strings = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    if message.fuzzy:
        return "only guessed"
    if not strings or not all(strings):
        return "not translated"
    texts = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    wanted = set().union(*(_places(text) for text in texts))
    for string in strings:
        if _places(string) - wanted or (len(texts) == 1 and wanted - _places(string)):
            return "has other places than the text"
    return ""


def _places(text: str) -> set[str]:
    """Return the names of the places in a text."""
    return {a or b for a, b in PLACES.findall(text)}


def compile_all() -> int:
    """Write a .mo beside each .po; return how many."""
    count = 0
    for path in sorted(SOURCE.rglob("locale/*/LC_MESSAGES/django.po")):
        with path.open("rb") as lines:
            catalog = read_po(lines, locale=path.parts[-3])
        with path.with_suffix(".mo").open("wb") as out:
            write_mo(out, catalog)
        count += 1
    return count


def main() -> int:
    """Do what the command line asks; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="say what is missing or not translated")
    parser.add_argument("--compile", action="store_true", help="write the .mo files")
    asked = parser.parse_args()
    if asked.compile:
        print(f"compiled {compile_all()} catalogues")
        return 0
    if asked.check:
        found = [fault for words in gathered() for language in LANGUAGES for fault in faults(words, language)]
        print("\n".join(found) or "every word is translated")
        return 1 if found else 0
    for words in gathered():
        for language in LANGUAGES:
            update(words, language)
    return 0


if __name__ == "__main__":
    sys.exit(main())
