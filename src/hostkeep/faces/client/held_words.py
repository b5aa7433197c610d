"""Records of what is held as lines for people: what each field is called, and its value in words.

Words of our own books (a state, a code) stand as the books have them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext

from hostkeep.faces.ui.amounts import money_text
from hostkeep.faces.ui.moments import clock_text, day_text
from hostkeep.flows.exporting.trading import HANDLES
from hostkeep.kernel.money import Money
from hostkeep.kernel.words import gettext_noop

FIELDS: Mapping[str, str] = MappingProxyType({
    "approved_at": gettext_noop("Approved"),
    "attempts": gettext_noop("Attempts"),
    "backups_at": gettext_noop("In no backup any more"),
    "basis": gettext_noop("Basis"),
    "classes": gettext_noop("What it is about"),
    "clause": gettext_noop("Clause"),
    "done": gettext_noop("Done"),
    "expires_at": gettext_noop("Ends"),
    "handed_over_at": gettext_noop("Handed over"),
    "how": gettext_noop("How"),
    "keep_class": gettext_noop("Class"),
    "last_code": gettext_noop("Last answer"),
    "live_at": gettext_noop("Unreadable here since"),
    "made_at": gettext_noop("Made"),
    "overdue": gettext_noop("Past that day"),
    "purpose": gettext_noop("Purpose"),
    "review_at": gettext_noop("Looked at again"),
    "stays": gettext_noop("What stays"),
    "stream": gettext_noop("Stream"),
    "template": gettext_noop("Which mail"),
    "used_at": gettext_noop("Used last"),
    "wal_at": gettext_noop("In no copy of the log any more"),
    "why": gettext_noop("Why"),
    "words": gettext_noop("Your words"),
    "add_on": gettext_noop("Add-on"),
    "add_ons": gettext_noop("Add-ons"),
    "address": gettext_noop("Address"),
    "answer": gettext_noop("What it answered"),
    "beside": gettext_noop("Add-ons, each term"),
    "beside_once": gettext_noop("Add-ons, once"),
    "corrects": gettext_noop("Corrects"),
    "document_number": gettext_noop("Number of the document"),
    "name": gettext_noop("Name"),
    "once": gettext_noop("Once"),
    "pieces": gettext_noop("Pieces"),
    "recurs": gettext_noop("Billed each term"),
    "registered_at": gettext_noop("Registered"),
    "system": gettext_noop("System"),
    "tries": gettext_noop("Tries"),
    "alert": gettext_noop("Tell me from"),
    "align_day": gettext_noop("Day of the month it is brought to"),
    "amount": gettext_noop("Amount"),
    "anchor": gettext_noop("Counted from"),
    "asked_at": gettext_noop("Asked for"),
    "at": gettext_noop("When"),
    "back": gettext_noop("Given back"),
    "billed": gettext_noop("Billed"),
    "billed_at": gettext_noop("Billed on"),
    "billed_to": gettext_noop("Billed up to"),
    "booked_on": gettext_noop("Booked by the bank"),
    "by_card": gettext_noop("Charged without you"),
    "by_hand": gettext_noop("Task for our staff"),
    "calendar": gettext_noop("Calendar"),
    "cap": gettext_noop("Never more than"),
    "checked_at": gettext_noop("Checked"),
    "choices": gettext_noop("Choices"),
    "closed_at": gettext_noop("Closed"),
    "code": gettext_noop("Code"),
    "committed_at": gettext_noop("Used"),
    "count": gettext_noop("How many"),
    "country": gettext_noop("Country"),
    "covers": gettext_noop("Went on"),
    "created_at": gettext_noop("Begun"),
    "day": gettext_noop("Days from the due date"),
    "decided_at": gettext_noop("Decided"),
    "discount": gettext_noop("Discount"),
    "document": gettext_noop("Document"),
    "done_at": gettext_noop("Done"),
    "done_role": gettext_noop("Done by"),
    "each": gettext_noop("Price of one"),
    "effective_at": gettext_noop("Holds from"),
    "end_reason": gettext_noop("Why it ends"),
    "ended_at": gettext_noop("Ended"),
    "ends_at": gettext_noop("To"),
    "expires_on": gettext_noop("Expires"),
    "failures": gettext_noop("Times without an answer"),
    "fee": gettext_noop("Fee"),
    "flat": gettext_noop("For entering it"),
    "forgotten_at": gettext_noop("Let go by the gateway"),
    "found_at": gettext_noop("Found"),
    "full": gettext_noop("Without the limit"),
    "gateway": gettext_noop("Way of paying"),
    "handle": gettext_noop("Name at the other side"),
    "id": gettext_noop("Our own id"),
    "included": gettext_noop("Included"),
    "invoice": gettext_noop("Invoice"),
    "kept_at": gettext_noop("Since"),
    "kind": gettext_noop("Kind"),
    "label": gettext_noop("Known as"),
    "lifted_at": gettext_noop("Lifted"),
    "locked_until": gettext_noop("Price promised until"),
    "mark": gettext_noop("Mark of the number"),
    "matched_at": gettext_noop("Known as yours"),
    "meter": gettext_noop("Meter"),
    "model": gettext_noop("Reckoned"),
    "next_at": gettext_noop("Looked at next"),
    "number": gettext_noop("Number"),
    "of": gettext_noop("Of the payment"),
    "opened_at": gettext_noop("Opened"),
    "order": gettext_noop("Order"),
    "outcome": gettext_noop("What came of it"),
    "parked_at": gettext_noop("Given up"),
    "payment": gettext_noop("Payment"),
    "per": gettext_noop("Units in one"),
    "period_starts_at": gettext_noop("In the period from"),
    "periods_left": gettext_noop("Periods left"),
    "plan": gettext_noop("Plan"),
    "preferred": gettext_noop("Charged first"),
    "price": gettext_noop("Price"),
    "product": gettext_noop("Product"),
    "proof": gettext_noop("Id at the other side"),
    "proofs": gettext_noop("Proven by"),
    "quantity": gettext_noop("Quantity"),
    "queued_at": gettext_noop("Asked for"),
    "rate": gettext_noop("Rate"),
    "reached_at": gettext_noop("Reached"),
    "reason": gettext_noop("Reason"),
    "received_at": gettext_noop("Came"),
    "reference": gettext_noop("Reference"),
    "region": gettext_noop("Region"),
    "released_at": gettext_noop("Released"),
    "renew_at": gettext_noop("Next invoice"),
    "reserved_at": gettext_noop("Reserved"),
    "rule": gettext_noop("Rule"),
    "secret": gettext_noop("What was renewed"),
    "service": gettext_noop("Service"),
    "set_at": gettext_noop("Made"),
    "settled_at": gettext_noop("Settled"),
    "since": gettext_noop("From"),
    "slug": gettext_noop("Name"),
    "stage": gettext_noop("Stage"),
    "started_at": gettext_noop("From"),
    "starts_at": gettext_noop("From"),
    "state": gettext_noop("State"),
    "stopped": gettext_noop("Why renewing was given up"),
    "taken_at": gettext_noop("Taken"),
    "tariff": gettext_noop("Tariff"),
    "term": gettext_noop("Term"),
    "tiers": gettext_noop("Steps"),
    "title": gettext_noop("Title"),
    "told": gettext_noop("What it is"),
    "turns": gettext_noop("What became of its bill"),
    "trial_to": gettext_noop("Free until"),
    "unit": gettext_noop("Unit"),
    "until": gettext_noop("Until"),
    "up_to": gettext_noop("Up to"),
    "verb": gettext_noop("Work"),
    "what": gettext_noop("What"),
    "work": gettext_noop("Something is done for it"),
    "zone": gettext_noop("Time zone"),
})
"""What a field is called; one that is missing here stands by its own name."""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that belong together.

    title  of a value that has parts what it is called, with what it is part of; empty for the record itself
    lines  label and text
    """

    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads.  zone: of the brand."""

    language: str
    zone: str


def groups_of(row: Mapping[str, Any], reader: Reader) -> tuple[Group, ...]:
    """Put a record into groups of lines, fields without a value left out."""
    return tuple(_groups((), row, reader))


def _groups(path: tuple[str, ...], row: Mapping[str, Any], reader: Reader) -> Iterator[Group]:
    """Put fields into a group, and each value that has parts into groups of its own after it."""
    lines: list[tuple[str, str]] = []
    below: list[tuple[str, Mapping[str, Any]]] = []
    for name, value in row.items():
        if value is None or value in ("", (), [], {}):
            continue
        label = gettext(FIELDS[name]) if name in FIELDS else name
        parts = _parts(label, value)
        below += parts
        if not parts:
            lines.append((label, _text(value, reader)))
    if lines:
        yield Group(", ".join(path), tuple(lines))
    for title, inner in below:
        yield from _groups((*path, title), inner, reader)


def _parts(label: str, value: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the parts of a value by what they are called; none of a value that is one text."""
    if isinstance(value, Mapping):
        return [(label, value)]
    if is_dataclass(value) and not isinstance(value, Money):
        named = {one.name: getattr(value, one.name) for one in fields(value) if one.name not in HANDLES}
        return [(label, named)]
    if isinstance(value, (tuple, list)):
        numbered = enumerate(value, start=1)
        return [part for number, each in numbered for part in _parts(f"{label} {number}", each)]
    return []


def _text(value: Any, reader: Reader) -> str:
    """Put a single value into words."""
    if isinstance(value, (tuple, list)):
        return ", ".join(_text(each, reader) for each in value)
    if isinstance(value, Money):
        return money_text(value, reader.language)
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, datetime):
        return f"{day_text(value, reader.zone, reader.language)}, {clock_text(value, reader.zone)}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value.value if isinstance(value, Enum) else value)
