"""Reading YAML by what is expected, with a line and a remedy for each mistake."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from hostkeep.shop.rules.catalogue import Words

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_SLUG = 60
LONGEST_FILE = 1_000_000
LARGEST_AMOUNT = 10**12


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong in a file.  line: from 1.  remedy: what to write instead."""

    line: int
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}; {self.remedy}"


def line_of(node: Node) -> int:
    """Return the line a node starts in, from 1."""
    return int(node.start_mark.line) + 1


@dataclass(slots=True)
class Reader:
    """Takes nodes apart and goes on after a mistake, so that one run names them all.

    mistakes  what was found so far, in the order met
    """

    mistakes: list[Mistake] = field(default_factory=list)

    def root(self, text: str) -> Node | None:
        """Return the file's one node, or None with a mistake noted."""
        if len(text) > LONGEST_FILE:
            self.mistakes.append(Mistake(1, "the file is too long", "keep it under a million characters"))
            return None
        try:
            node = YAML(typ="rt").compose(text)
        except (YAMLError, RecursionError) as error:
            self.mistakes.append(_unreadable(error))
            return None
        if node is None:
            self.mistakes.append(Mistake(1, "the file is empty", "write the catalogue in it"))
        return node  # type: ignore[no-any-return]

    def wrong(self, node: Node, what: str, remedy: str) -> None:
        """Note a mistake where node stands."""
        self.mistakes.append(Mistake(line_of(node), what, remedy))

    def mapping(self, node: Node, *, needs: Iterable[str], may: Iterable[str] = ()) -> dict[str, Node]:
        """Return the values of a mapping by key, the unknown, doubled and missing keys noted and left out."""
        if not isinstance(node, MappingNode):
            self.wrong(node, "a mapping is expected here", "write `key: value` pairs")
            return {}
        known = {*needs, *may}
        found: dict[str, Node] = {}
        for key, value in node.value:
            name = str(key.value)
            if name not in known:
                self.wrong(key, f"`{name}` is no key here", f"use one of {', '.join(sorted(known))}")
            elif name in found:
                self.wrong(key, f"`{name}` stands here twice", "keep one of them")
            else:
                found[name] = value
        for name in needs:
            if name not in found:
                self.wrong(node, f"`{name}` is missing", f"add `{name}:`")
        return found

    def pairs(self, node: Node | None) -> dict[str, Node]:
        """Return the values of a mapping with free keys; an absent one is empty."""
        if node is None:
            return {}
        if not isinstance(node, MappingNode):
            self.wrong(node, "a mapping is expected here", "write `key: value` pairs")
            return {}
        return {str(key.value): value for key, value in node.value}

    def items(self, node: Node | None) -> list[Node]:
        """Return the entries of a list; an absent one is empty."""
        if node is None:
            return []
        if not isinstance(node, SequenceNode):
            self.wrong(node, "a list is expected here", "begin each entry with `- `")
            return []
        return list(node.value)

    def text(self, node: Node | None) -> str:
        """Return one text; an absent one is empty."""
        if node is None:
            return ""
        if not isinstance(node, ScalarNode):
            self.wrong(node, "one text is expected here", "write it on one line")
            return ""
        return str(node.value)

    def words(self, node: Node | None) -> Words:
        """Return a text by language; one text stands for every language; an absent one is empty."""
        if isinstance(node, MappingNode):
            return {language: self.text(value) for language, value in self.pairs(node).items()}
        text = self.text(node)
        return {"": text} if text else {}

    def slug(self, node: Node | None, taken: set[str]) -> str:
        """Return a name for addresses and add it to taken, a bad or doubled one noted."""
        name = self.text(node)
        if node is None:
            return name
        if not SLUG.fullmatch(name) or len(name) > LONGEST_SLUG:
            self.wrong(node, f"`{name}` is no slug", "use a-z, 0-9 and single hyphens, at most 60")
        elif name in taken:
            self.wrong(node, f"`{name}` is used twice", "give each a slug of its own")
        taken.add(name)
        return name

    def whole(self, node: Node | None, *, least: int, most: int) -> int:
        """Return a whole number within bounds, else least with a mistake noted."""
        text = self.text(node).replace("_", "")
        if text.isascii() and text.isdigit() and least <= int(text[:20]) <= most:
            return int(text)
        if node is not None:
            self.wrong(node, f"`{text}` is no whole number", f"write one from {least} to {most}")
        return least

    def yes(self, node: Node | None) -> bool:
        """Return whether `yes` or `true` stands there; absent, `no` and `false` are no."""
        text = self.text(node)
        if node is not None and text not in {"yes", "no", "true", "false"}:
            self.wrong(node, f"`{text}` is neither yes nor no", "write yes or no")
        return text in {"yes", "true"}

    def amounts(self, node: Node | None, currencies: tuple[str, ...]) -> Mapping[str, int]:
        """Return minor units for every currency; those of an absent node are zero."""
        if node is None:
            return dict.fromkeys(currencies, 0)
        found = self.mapping(node, needs=currencies)
        return {code: self.whole(found.get(code), least=0, most=LARGEST_AMOUNT) for code in currencies}


def _unreadable(error: Exception) -> Mistake:
    """Say where a file stops being YAML."""
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        line = int(error.problem_mark.line) + 1
        return Mistake(line, f"this is not YAML: {error.problem}", "mind indents, colons and quotes")
    return Mistake(1, "this is not YAML", "mind indents, colons and quotes")
