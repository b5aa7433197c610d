"""Bank files: read one, write each transfer down, and say what became of it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import structlog

from hostkeep.billing.actions.receiving import record_bank_file, record_transfer
from hostkeep.billing.actions.setting_aside import see_return
from hostkeep.billing.calls.gateways import gateway_for
from hostkeep.billing.errors.payments import BadBankFile, PaymentDiffers
from hostkeep.billing.queries.payments import bank_file_read, brands_named, going_back
from hostkeep.billing.rules.bank_layout import read_layout
from hostkeep.billing.rules.numbering import references_in
from hostkeep.billing.transfers import Receipt, Transfer
from hostkeep.brands.queries import brand
from hostkeep.drivers.statements import BadStatement, Credit, Statement
from hostkeep.flows.matching import match_by_name
from hostkeep.flows.paying import BANK, demand_offered
from hostkeep.flows.paying_out import Seen, take_from_bank
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import CategoryId
from hostkeep.kernel.money import Money
from hostkeep.vault.past_terms import past_terms

log = structlog.get_logger()

REFERENCE = CategoryId("payment_ref")

AHEAD = timedelta(days=7)
"""A bank books a weekend's or a holiday's money on the working day that follows."""

Fate = Literal[
    "paid", "partly", "over", "credit", "unmatched", "known", "differs", "taken_back", "payout", "sent_back",
    "old", "doubted",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One transfer of a file.

    bank_id  the bank's own id for it
    number   the invoice it went on, or empty
    fate     "paid": the invoice is; "partly": something is still owed; "over": paid, the rest is credit;
             "credit": nothing was owed, all of it is; "unmatched": staff must say whose it is; "known": it
             was written down before; "differs": its id stood for other money before, and nothing was booked;
             "payout": a gateway passed it on, and it left transit;
             "taken_back": money that had come and that the bank took away again; nothing was booked;
             "sent_back": money out, by which a transfer that was nobody's went back to its sender;
             "doubted": it may be a payment of that day which is booked under another id; nothing was booked,
             staff must say whether it came once or twice;
             "old": from before what the policy keeps ids of payments for; nothing was booked, for nobody
             knows any more whether it was
    """

    bank_id: str
    booked_on: date
    amount: Money
    number: str
    fate: Fate


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file held.

    rows         its transfers, in its order, then what the bank took back
    left_out     entries that are no money in
    read_before  when the very same file was read, or None
    """

    rows: tuple[Row, ...]
    left_out: int
    read_before: datetime | None

    @property
    def old(self) -> int:
        """How many transfers are too old to be booked."""
        return sum(row.fate == "old" for row in self.rows)

    @property
    def doubted(self) -> int:
        """How many transfers wait for a person to say whether they are booked already."""
        return sum(row.fate == "doubted" for row in self.rows)

    @property
    def came(self) -> int:
        """How many transfers came in."""
        return sum(row.fate not in {"taken_back", "sent_back"} for row in self.rows)


def import_bank_file(act: Act, *, body: bytes) -> Imported:
    """Read a file of act.brand's bank and write down each transfer, once, however often the file comes.

    Payers' accounts are not read, and their names only where the brand has them compared (flows.matching) and
    then not kept; their words are searched for a reference and forgotten.
    Raises GatewayNotOffered (with the clause where the policy forbids it), BadBankFile; then nothing of the
    file is booked.
    """
    demand_offered(act, BANK)
    statement = _read(act, body)
    _demand_own_account(act, statement)
    _demand_days(act, statement)
    digest = hashlib.sha256(body).hexdigest()
    before = bank_file_read(act.brand, digest)
    rows = (*_rows(act, statement), *_taken_back(statement), *_sent_back(act, statement))
    went_back = bool(statement.reversed)
    record_bank_file(act, digest=digest, entries=len(statement.credits), went_back=went_back)
    log.info("bank_file.read", brand=act.brand, count=len(rows), trace=act.trace)
    return Imported(rows, statement.left_out, before)


def _read(act: Act, body: bytes) -> Statement:
    """Read a file with the bank driver.  Raises BadBankFile."""
    seller = brand(act.brand)
    layout = read_layout(seller.bank, currency=seller.currencies[0])
    if not layout.account:
        # Two brands whose files name no account may count their rows alike.
        layout = replace(layout, account=act.brand)
    try:
        found: Statement = gateway_for(BANK, act.brand).read_statement(body, layout)
    except BadStatement as error:
        raise BadBankFile(why=error.why) from None
    return found


def _demand_own_account(act: Act, statement: Statement) -> None:
    """Refuse a file of another account than the brand's.  Raises BadBankFile."""
    bank = brand(act.brand).bank
    own = {_squeezed(bank[key]) for key in ("iban", "account") if bank.get(key)}
    if not statement.accounts <= own:
        raise BadBankFile(why="account")
    if not statement.accounts:
        _demand_own_words(act, statement)


def _demand_days(act: Act, statement: Statement) -> None:
    """Refuse a file with a booking of a day that is far to come: its days are read wrongly, or made up.

    The day chooses a tax rate, and how long a payment is kept.  Raises BadBankFile.
    """
    last = (act.at + AHEAD).astimezone(ZoneInfo(brand(act.brand).zone)).date()
    if any(each.booked_on > last for each in (*statement.credits, *statement.reversed, *statement.left)):
        raise BadBankFile(why="future")


def _demand_own_words(act: Act, statement: Statement) -> None:
    """Refuse a file that names no account and whose payers paid another brand's documents, and none of ours.

    Read for the wrong brand its money would lie there unmatched, and once more where it belongs.
    Raises BadBankFile.
    """
    said = frozenset[str]().union(*(references_in(credit.words) for credit in statement.credits))
    named = brands_named(said)
    if named and act.brand not in named:
        raise BadBankFile(why="account")


def _rows(act: Act, statement: Statement) -> Iterator[Row]:
    """Write each transfer down in a transaction of its own; one that cannot be does not stop the rest."""
    since, beside = _kept_since(act), _beside(statement.credits)
    for credit in statement.credits:
        bank_id = credit.proof.partition("/")[2]
        if since is not None and credit.booked_on < since:
            log.warning("bank_file.too_old", brand=act.brand, trace=act.trace)
            yield Row(bank_id, credit.booked_on, credit.amount, "", "old")
            continue
        seen = _paid_out(act, credit)
        if seen:
            yield Row(bank_id, credit.booked_on, credit.amount, "", seen)
            continue
        try:
            receipt = _written(act, credit, beside(credit))
        except PaymentDiffers:
            log.warning("bank_file.differs", brand=act.brand, trace=act.trace)
            yield Row(bank_id, credit.booked_on, credit.amount, "", "differs")
            continue
        yield Row(bank_id, credit.booked_on, credit.amount, receipt.number, _fate(receipt))


def _kept_since(act: Act) -> date | None:
    """Return from which day on the ids of transfers are known; None where they never end.

    Those of older ones were taken off (billing.clear_stores), or may be at any moment: one that is read
    again would be booked a second time.  The files themselves are known by their digests, their rows are not.
    """
    for past in past_terms(REFERENCE, act.at):
        cut = past.of_years(act.at)["cut"]
        if past.brand == act.brand and cut is not None:
            day: date = cut.astimezone(ZoneInfo(brand(act.brand).zone)).date()
            return day
    return None


def _paid_out(act: Act, credit: Credit) -> Seen:
    """Say whether a credit is a gateway's pay-out, and book it so; where that breaks it is a transfer."""
    try:
        return take_from_bank(act, credit)
    except Exception as error:  # noqa: BLE001  a row that breaks must not keep the rest of a bank's file out
        log.warning("bank_file.payout_failed", brand=act.brand, code=type(error).__name__, trace=act.trace)
        return ""


def _taken_back(statement: Statement) -> Iterator[Row]:
    """Show what the bank took away again: whose it was, and what they owe since, is for staff to say."""
    for gone in statement.reversed:
        yield Row(gone.proof.partition("/")[2], gone.booked_on, gone.amount, "", "taken_back")


def _sent_back(act: Act, statement: Statement) -> Iterator[Row]:
    """Book transfers by which money went back to its sender, known by the reference that we wrote on them.

    Another amount than came is not booked: staff look at what they sent.
    """
    for gone in statement.left:
        found = going_back(act.brand, references_in(gone.words))
        if len(found) != 1 or found[0].amount != gone.amount:
            continue
        try:
            put = see_return(act, payment=found[0].id, proof=gone.proof)
        except Exception as error:  # noqa: BLE001  as in _written; of two imports at once one may be too late
            log.warning("bank_file.return_failed", brand=act.brand, code=_code(error), trace=act.trace)
            continue
        fate: Fate = "known" if put.again else "sent_back"
        yield Row(gone.proof.partition("/")[2], gone.booked_on, gone.amount, "", fate)


def _beside(came: Sequence[Credit]) -> Callable[[Credit], frozenset[str]]:
    """Return what tells the ids of all others of a credit's day and amount in its file."""
    alike: dict[tuple[date, Money], dict[str, set[str]]] = defaultdict(dict)
    for each in came:
        ids = {each.proof, *each.alike, *(proof for _, proof in each.told)}
        alike[each.booked_on, each.amount][each.proof] = ids

    def of(credit: Credit) -> frozenset[str]:
        others = alike[credit.booked_on, credit.amount]
        return frozenset[str]().union(*(ids for proof, ids in others.items() if proof != credit.proof))

    return of


def _written(act: Act, credit: Credit, beside: frozenset[str]) -> Receipt:
    """Write one transfer down: as its words and its payer have it, else unmatched, for staff.

    Raises PaymentDiffers, and whatever keeps it from being written down at all.
    """
    transfer = _transfer(credit, beside)
    try:
        receipt = record_transfer(act, transfer=transfer)
    except PaymentDiffers:
        raise
    except Exception as error:  # noqa: BLE001  a row that breaks must not keep the rest of a bank's file out
        log.warning("bank_file.row_failed", brand=act.brand, code=_code(error), trace=act.trace)
        return record_transfer(act, transfer=replace(transfer, references=frozenset()))
    if _fate(receipt) != "unmatched" or not credit.payer:
        return receipt
    waiting = receipt.booked.payment
    return match_by_name(act, payment=waiting, amount=credit.amount, payer=credit.payer) or receipt


def _code(error: Exception) -> str:
    """Return what the log calls something that went wrong."""
    return error.code if isinstance(error, Foreseen) else type(error).__name__


def _transfer(credit: Credit, beside: frozenset[str]) -> Transfer:
    """Take from a credit what may be kept."""
    return Transfer(
        BANK, credit.proof, credit.amount, credit.booked_on, references_in(credit.words), credit.alike,
        credit.whole, credit.of, credit.told, beside,
    )  # fmt: skip


def _fate(receipt: Receipt) -> Fate:
    """Say what became of a transfer."""
    booked = receipt.booked
    if receipt.doubt is not None:
        return "doubted"
    if booked.again:
        return "known"
    if booked.invoice is None and not booked.credit.minor:
        return "unmatched"
    if not booked.applied.minor:
        return "credit"
    if not booked.paid:
        return "partly"
    return "over" if booked.credit.minor else "paid"


def _squeezed(account: str) -> str:
    """Write an account number as statements do."""
    return "".join(sign for sign in account.upper() if sign.isalnum())
