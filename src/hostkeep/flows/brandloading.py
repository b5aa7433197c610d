"""Loading a brand's folder: profile, policy and catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from hostkeep.billing.errors.checks import BadQualification
from hostkeep.billing.rules.bank_layout import read_layout
from hostkeep.billing.rules.calendars import calendar_of
from hostkeep.billing.rules.crediting import demand_settings
from hostkeep.billing.rules.pay_links import pay_links_hold
from hostkeep.billing.rules.payouts import is_booked_by_day
from hostkeep.billing.rules.qualifying import categories_of, rules_of
from hostkeep.brands import queries
from hostkeep.brands.actions.announcing import Announced, announce_policy
from hostkeep.brands.actions.loading import load_brand
from hostkeep.brands.errors import BadProfile
from hostkeep.brands.rules.profile import Profile, read_profile
from hostkeep.brands.rules.texts import compiled
from hostkeep.flows.metering import may_count, priced
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, ClauseId, PurposeId
from hostkeep.kernel.money import CURRENCIES
from hostkeep.policy.book import Policy
from hostkeep.shop.actions.loading import load_catalogue
from hostkeep.shop.errors import CatalogueRefused
from hostkeep.shop.rules.catalogue import ProductEntry
from hostkeep.shop.rules.catalogue_reading import read_catalogue
from hostkeep.subscriptions.errors import BadTariff
from hostkeep.subscriptions.rules.pricing import promised

CATALOGUE = "catalogue.yaml"
POLICY = "policy.yaml"


def load_folder(act: Act, *, folder: Path, effective_at: datetime | None = None) -> Announced:
    """Load brand.toml, policy.yaml and catalogue.yaml of a folder; a known brand's policy is announced.

    Raises BadProfile, PolicyError, CatalogueRefused, NoticeTooShort; a catalogue that the folder's policy
    does not allow is refused before anything is written.
    """
    profile = read_profile((folder / "brand.toml").read_text(encoding="utf-8"))
    mine = act.of_brand(BrandId(profile.id))
    _refuse_what_cannot_be_followed(profile)
    _refuse_unlawful_products(folder, profile)
    _refuse_unlawful_checks(folder, profile)
    loaded = load_brand(mine, profile=profile)
    source = (folder / POLICY).read_text(encoding="utf-8")
    announced = announce_policy(mine, brand=loaded.brand, source=source, effective_at=effective_at)
    catalogue = folder / CATALOGUE
    if catalogue.exists():
        load_catalogue(mine, brand=loaded.brand, text=catalogue.read_text(encoding="utf-8"))
    queries.forget()
    return announced


def _refuse_what_cannot_be_followed(profile: Profile) -> None:
    """Refuse what no run could follow of renewals, reminders, credit and bank files.

    Raises BadCalendar, BadSetting, BadProfile.
    """
    calendar_of(profile.whole)
    promised(profile.whole)
    currencies = [CURRENCIES[code] for code in profile.whole["currencies"]]
    try:
        demand_settings(profile.whole, currencies)
        pay_links_hold(profile.whole)
        is_booked_by_day(profile.whole.get("bank", {}))
        read_layout(profile.whole.get("bank", {}), currency=currencies[0].code)
    except ValueError as error:
        raise BadProfile(why=str(error)) from None


def _refuse_unlawful_products(folder: Path, profile: Profile) -> None:
    """Refuse products that need what the policy does not ask, or hand it to whom the policy does not name."""
    file = folder / CATALOGUE
    if not file.exists():
        return
    policy = compiled((folder / POLICY).read_text(encoding="utf-8"), file=POLICY)
    shelves = read_catalogue(
        file.read_text(encoding="utf-8"), currencies=tuple(profile.whole["currencies"])
    ).groups
    mistakes = [each for shelf in shelves for entry in shelf.products for each in _mistakes(policy, entry)]
    if mistakes:
        raise CatalogueRefused(mistakes="\n".join(said for _, said in mistakes), clause=mistakes[0][0])


def _refuse_unlawful_checks(folder: Path, profile: Profile) -> None:
    """Refuse rules of a payment check that read what the policy does not grant it.

    Raises BadQualification, also where nobody could follow them.
    """
    rules = rules_of(profile.whole)
    if rules is None:
        return
    policy = compiled((folder / POLICY).read_text(encoding="utf-8"), file=POLICY)
    for category in categories_of(rules):
        if (category, PurposeId("qualification"), "system") not in policy.table:
            clause = policy.closed_by.get("use", ClauseId(""))
            raise BadQualification(why=f"the policy does not let a check read {category} ({clause})")


def _mistakes(policy: Policy, entry: ProductEntry) -> Iterator[tuple[ClauseId, str]]:
    """Say what the policy has against a product: the clause, and a sentence."""
    form = policy.forms.get("order")
    asked = {field.category for field in form.fields} if form else set()
    for category in entry.requires:
        if category not in asked:
            clause = form.closed_by if form else policy.closed_by.get("collect", ClauseId(""))
            yield clause, f"{entry.slug} requires {category}, which the order form does not ask ({clause})."
    yield from _meter_mistakes(policy, entry)
    if not entry.recipient:
        return
    clause = policy.closed_by.get("disclose", ClauseId(""))
    found = policy.recipients.get(entry.recipient)
    if found is None or found.basis != "service":
        yield clause, f"{entry.slug} hands data to {entry.recipient}, whom {clause} does not let in."
        return
    for category in entry.requires:
        if category not in found.categories:
            yield found.clause, f"{found.clause} does not let {entry.recipient} have {category}."


def _meter_mistakes(policy: Policy, entry: ProductEntry) -> Iterator[tuple[ClauseId, str]]:
    """Say what is wrong with what a product counts: not allowed, or priced so that nobody can reckon."""
    clause = may_count(policy) if entry.meters else None
    if clause is not None:
        yield clause, f"{entry.slug} counts how it is used, which the policy does not allow ({clause})."
    for meter in entry.meters:
        for currency in meter.tiers[0].rates if meter.tiers else ("",):
            try:
                priced(meter, currency=currency, language="en")
            except BadTariff as error:
                wrong = f"has a mistake in {error.facts['why']}"
                yield ClauseId(""), f"{entry.slug}: the meter {meter.slug} {wrong}."
                break
