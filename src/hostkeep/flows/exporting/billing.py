"""What a person was billed, paid and got back, as rows for their page and their copy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hostkeep.billing.queries import held, held_steps
from hostkeep.billing.queries.credit import credit_lines, top_ups_of
from hostkeep.billing.queries.invoices import sheets_of
from hostkeep.billing.queries.qualifying import checks_held
from hostkeep.billing.queries.refunds import refunds_of
from hostkeep.billing.queries.registrations import registrations_of
from hostkeep.flows.exporting.trading import Kind, facts_of, told
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, CategoryId

PAID, PARTY = CategoryId("payment_ref"), CategoryId("invoice_party")
CARD, TAX_ID = CategoryId("card"), CategoryId("tax_id")
SOLVENCY = CategoryId("solvency")
Rows = Iterator[Mapping[str, Any]]


def invoices(act: Act, account: AccountId, most: int) -> Rows:
    """Gather every document with its lines, its taxes and what was paid on it.

    Invoices, credit notes, debit notes and proformas; kind says which.
    """
    yield from map(facts_of, told(act, sheets_of(account, first=most)))


def registrations(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather which documents a national system was told of."""
    yield from map(facts_of, registrations_of(account, first=most))


def tax_decisions(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather why documents bear the tax they do."""
    yield from map(facts_of, held.tax_decisions_of(account, first=most))


def tax_number_checks(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather what registries said of tax numbers."""
    yield from map(facts_of, held.number_checks_of(account, first=most))


def payments(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather what was paid, and what it went on."""
    yield from map(facts_of, held.payments_of(account, first=most))


def attempts(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather what gateways were asked for."""
    yield from map(facts_of, held.attempts_of(account, first=most))


def checks(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather what checks of their orders' payments came to."""
    yield from map(facts_of, checks_held(account, first=most))


def methods(act: Act, account: AccountId, most: int) -> Rows:
    """Gather the ways to pay that gateways keep for them, and kept."""
    yield from map(facts_of, told(act, held.stored_methods_of(account, first=most)))


def refunds(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather what was given back."""
    yield from map(facts_of, refunds_of(account, first=most))


def disputes(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather payments that their bank took back."""
    yield from map(facts_of, held.disputes_of(account, first=most))


def credit(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather how credit moved, as the ledger has it."""
    yield from map(facts_of, credit_lines(account, first=most))


def top_ups(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather credit that was to be put in."""
    yield from map(facts_of, top_ups_of(account, first=most))


def reminders(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather what was done about unpaid invoices."""
    yield from map(facts_of, held_steps.steps_of(account, first=most))


def agenda(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather when unpaid invoices are looked at next."""
    yield from map(facts_of, held_steps.agenda_of(account, first=most))


def exceptions(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather how reminders treated them otherwise."""
    yield from map(facts_of, held_steps.all_exceptions_of(account, first=most))


def findings(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather what the self-check of the books found."""
    yield from map(facts_of, held_steps.findings_of(account, first=most))


DOCUMENTS = ("billing_invoice", "billing_invoiceline", "billing_invoicetax", "billing_proformaended")
BILLED: tuple[Kind, ...] = (
    Kind("invoices", PARTY, DOCUMENTS, invoices),
    Kind("registrations", PARTY, ("billing_registration",), registrations),
    Kind("tax_decisions", PARTY, ("billing_taxdecision",), tax_decisions),
    Kind("tax_number_checks", TAX_ID, ("billing_numbercheck",), tax_number_checks),
    Kind("payments", PAID, ("billing_payment", "billing_allocation"), payments),
    Kind("payment_attempts", PAID, ("billing_paymentattempt",), attempts),
    Kind("payment_checks", SOLVENCY, ("billing_paymentcheck",), checks),
    Kind("payment_methods", CARD, ("billing_storedmethod",), methods),
    Kind("refunds", PAID, ("billing_refund",), refunds),
    Kind("payment_disputes", PAID, ("billing_dispute",), disputes),
    Kind("credit", PAID, ("billing_creditentry",), credit),
    Kind("top_ups", PAID, ("billing_topup",), top_ups),
    Kind("reminders", PAID, ("billing_dunningstep",), reminders),
    Kind("reminder_dates", PAID, ("billing_dunningagenda",), agenda),
    Kind("reminder_exceptions", PAID, ("billing_dunningexception",), exceptions),
    Kind("book_findings", PAID, ("billing_finding",), findings),
)
"""What came of billing, in the order of the page."""
