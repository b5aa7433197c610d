"""What the vault keeps beside its values, as stores for the sweeper: waiting exports, and objections."""

from __future__ import annotations

from hostkeep.runtime.stores import Person, Store, count_rows, delete_rows, handles_of
from hostkeep.vault import exports
from hostkeep.vault.models import ExportPart
from hostkeep.vault.wall import opened

EXPORT, OBJECTION = "vault.vault_export", "vault.vault_objection"
OF = "subject = ANY(%(subject)s)"


def _forget_exports(person: Person) -> int:
    """Delete a person's exports with their parts."""
    with opened():
        ExportPart.objects.filter(export__subject__in=person.subjects).delete()
    return _forget(EXPORT, person)


def _forget(table: str, person: Person) -> int:
    """Delete a person's rows of a table behind the wall."""
    with opened():
        return delete_rows(table, OF, handles_of(person), most=None)


def _left(table: str, person: Person) -> int:
    """Count a person's rows of a table behind the wall."""
    with opened():
        return count_rows(table, OF, handles_of(person))


STORES: tuple[Store, ...] = (
    Store(
        name="vault.exports",
        keep_class="account",
        what="Exports that wait to be fetched, sealed under a key the person holds; each lives a day.",
        places=("vault_export", "vault_exportpart"),
        list_due=exports.count_due,
        erase=lambda act, most: exports.erase_due(act.at, most=most),
        forget=lambda _act, person: _forget_exports(person),
        prove_absent=lambda person: _left(EXPORT, person),
        list_due_of=exports.count_due,
    ),
    Store(
        name="vault.objections",
        keep_class="account",
        what="What somebody objects to, by handle; it goes with the account.",
        places=("vault_objection",),
        list_due=lambda _at: 0,
        erase=lambda _act, _most: 0,
        forget=lambda _act, person: _forget(OBJECTION, person),
        prove_absent=lambda person: _left(OBJECTION, person),
    ),
)
