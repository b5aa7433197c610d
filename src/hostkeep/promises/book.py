"""The book of controls: for each clause what keeps it, and how that is shown.

A clause has its line here, or stands in unbuilt.py, or is prose; checking.py holds the three apart.  What
follows from a policy itself hangs there by standing.py and is not repeated here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from hostkeep.kernel.ids import ClauseId
from hostkeep.promises.control import Control
from hostkeep.promises.evidence import (
    cookies,
    endings,
    forms,
    hosts,
    money,
    origins,
    outside,
    payment_checks,
    policy_page,
    policy_text,
    readings,
    sealed_columns,
    versions,
)
from hostkeep.promises.evidence.forms import SIGNUP
from hostkeep.promises.probes import (
    archives,
    changes,
    correcting,
    purposes,
    sessions,
    staying,
    traces,
    undeclared,
)
from hostkeep.promises.probes import money as payments
from hostkeep.promises.probes import payment_checks as checks
from hostkeep.promises.probes.hosts import unknown_refused

VISIT_IDLE = timedelta(minutes=30)
"""A session cookie 'of the current visit' idles no longer than a visit's usual pause.

Source: 30 minutes is the pause after which web statistics commonly count a new visit.
"""

_CONTROLS = (
    Control(
        clause=ClauseId("V6-2"),
        symbol="hostkeep.faces.ui.reading.read_form",
        state=(forms.asks_exactly("signup", "name", "address", "phone", "email"),),
        sample=(forms.draws_what_it_asks("signup", SIGNUP), readings.readable_for("address", "order")),
        probe=(
            undeclared.refuses_field("signup", SIGNUP, "birth_date"),
            undeclared.refuses_purpose("address", "offers"),
        ),
    ),
    Control(
        clause=ClauseId("PH-1"),
        symbol="hostkeep.policy.render.page.policy_page",
        state=(hosts.policy_names_hosts(), versions.texts_unchanged()),
        sample=(
            policy_page.names_host_and_clauses(),
            policy_text.printed_as_compiled(),
            policy_page.cookies_agree(),
            policy_page.fields_agree(),
        ),
        probe=(undeclared.refuses_field("signup", SIGNUP, "shoe_size"), undeclared.drops_cookie()),
    ),
    Control(
        clause=ClauseId("PH-7"),
        symbol="hostkeep.flows.qualifying.may_build",
        state=(
            payment_checks.reads_money_alone(),
            payment_checks.money_serves_checks_and_bills(),
            payment_checks.read_money_alone(),
            payment_checks.nothing_built_unreviewed(),
        ),
        sample=(checks.sound_order_is_built(), readings.readable_for("email", "order")),
        probe=(
            undeclared.refuses_purpose("payment_ref", "company_news"),
            checks.check_is_denied("ip", "email"),
            checks.refused_order_waits(),
        ),
    ),
    Control(
        clause=ClauseId("VPN-3"),
        symbol="hostkeep.vault.door.put",
        state=(
            forms.asks_exactly("signup", "email"),
            forms.has_statement("signup", "VPN-11"),
            forms.categories_sealed(
                "email", "service_secret", "cookies", "chosen_service", "use_time", "connect_ip"
            ),
            sealed_columns.choices_sealed(),
        ),
        sample=(forms.draws_what_it_asks("signup", SIGNUP), readings.readable_for("email", "account")),
        probe=(
            undeclared.refuses_field("signup", SIGNUP, "phone"),
            traces.signup_leaves_nothing_in_clear(),
        ),
    ),
    Control(
        clause=ClauseId("VPN-5"),
        symbol="hostkeep.flows.noticing.take_notice",
        state=(money.nothing_financial(), money.nothing_kept()),
        sample=(payments.paid_elsewhere(),),
        probe=(
            payments.call_back_leaves_no_payer(),
            payments.refuses_bank_transfer(),
            payments.refuses_kept_card(),
        ),
    ),
    Control(
        clause=ClauseId("VPN-6"),
        symbol="hostkeep.faces.ui.guard.CookieGuard",
        state=(cookies.declares_one_of_the_visit(VISIT_IDLE),),
        sample=(cookies.signing_in_sets_one(), outside.sets_nothing_undeclared()),
        probe=(
            undeclared.drops_cookie(),
            undeclared.cuts_lifetime(),
            sessions.refused_after_signing_out(),
            sessions.refused_after_idle_limit(),
        ),
    ),
    Control(
        clause=ClauseId("VS-4"),
        symbol="hostkeep.faces.ui.guard.CookieGuard",
        state=(cookies.declared_by("VS-4"),),
        sample=(
            cookies.reads_without("/", "/help/", "/privacy/", "/contact/", "/auth/login/", SIGNUP),
            cookies.login_says_it_needs_one(),
            outside.sets_nothing_undeclared(),
        ),
        probe=(undeclared.drops_cookie(), undeclared.cuts_lifetime()),
    ),
    Control(
        clause=ClauseId("VS-17"),
        symbol="hostkeep.faces.ui.hosts.Hosts",
        state=(hosts.policy_names_hosts(),),
        sample=(hosts.answers_on_each(),),
        probe=(unknown_refused(), sessions.worthless_elsewhere()),
    ),
    Control(
        clause=ClauseId("VS-19"),
        symbol="hostkeep.people.actions.joining.accept_statements",
        state=(forms.has_statement("signup", "VS-19"),),
        sample=(
            forms.shows_statement("signup", SIGNUP, "VS-19"),
            forms.registering_records("storage_notice"),
        ),
        probe=(
            traces.visit_leaves_nothing("/", "/privacy/", SIGNUP, "/auth/login/"),
            traces.no_consent_by_registering(),
        ),
    ),
)

_CHANGES = (
    Control(
        clause=ClauseId("VF-9"),
        symbol="hostkeep.brands.applying.reaches",
        state=(versions.mode_is("page"), versions.notices_kept(), versions.texts_unchanged()),
        sample=(
            changes.in_force_at_once(),
            changes.new_purpose_reaches_new_values(),
            versions.history_lists_all(),
        ),
        probe=(changes.new_purpose_refused_on_old_values(),),
    ),
    Control(
        clause=ClauseId("V6-15"),
        symbol="hostkeep.policy.render.changes.say_changes",
        state=(versions.texts_unchanged(), policy_page.names_host_and_clauses()),
        sample=(
            changes.grouped_on_both_pages(),
            versions.history_lists_all(),
            policy_text.printed_as_compiled(),
        ),
        probe=(changes.no_quiet_rewording(),),
    ),
    Control(
        clause=ClauseId("V6-16"),
        symbol="hostkeep.brands.actions.announcing.announce_policy",
        state=(versions.mode_is("ahead"), versions.notices_kept(), versions.texts_unchanged()),
        sample=(changes.scheduled_after_notice(),),
        probe=(changes.too_soon_refused(),),
    ),
)

_ONE_DOOR = (
    Control(
        clause=ClauseId("VF-1"),
        symbol="hostkeep.vault.putting.put",
        state=(origins.each_says_its_way_in(), forms.has_statement("signup", "VF-1")),
        sample=(origins.registering_notes("web"), forms.registering_records("accept_policy")),
        probe=(traces.no_consent_by_registering(), purposes.offline_is_no_freer("name", "offers")),
    ),
    Control(
        clause=ClauseId("VF-3"),
        symbol="hostkeep.vault.door.reveal_many",
        state=(policy_page.names_every_purpose(),),
        sample=(readings.readable_for("name", "account"),),
        probe=(
            undeclared.refuses_purpose("name", "offers"),
            purposes.refuses_who_never_agreed("email", "newsletter"),
            origins.refusals_stand_in_the_log(undeclared.refuses_purpose("name", "offers")),
        ),
    ),
    Control(
        clause=ClauseId("V6-9"),
        symbol="hostkeep.people.actions.staying.begin_stay",
        state=(cookies.declared_with("V6-9", "__Host-cart", "__Host-receipts", "__Host-keep"),),
        sample=(staying.known_again_by_choice(),),
        probe=(staying.used_token_refused(), staying.unknown_without_choice()),
    ),
    Control(
        clause=ClauseId("V6-11"),
        symbol="hostkeep.people.actions.correcting.correct_values",
        state=(forms.asks_exactly("signup", "name", "address", "phone", "email"),),
        sample=(correcting.counts_at_once(), correcting.streams_are_switched()),
        probe=(correcting.log_keeps_no_value(),),
    ),
    Control(
        clause=ClauseId("VPN-9"),
        symbol="hostkeep.vault.old_values.keep_old",
        state=(endings.archive_names_exactly("email", "chosen_service"),),
        sample=(archives.old_value_is_kept(),),
        probe=(
            archives.refused_to(("support", "support"), ("owner", "account")),
            archives.refused_without_reason("billing", "dispute"),
            archives.password_leaves_nothing(),
        ),
    ),
    Control(
        clause=ClauseId("VPN-10"),
        symbol="hostkeep.flows.closing.close",
        state=(endings.only_left_of_closed("archive", "fiscal"),),
        sample=(endings.closing_would("archive", "email"), archives.old_value_is_kept()),
        probe=(
            archives.refused_to(("support", "account"), ("system", "service")),
            archives.refused_without_reason("billing", "dispute"),
        ),
    ),
)

CONTROLS: Mapping[ClauseId, Control] = MappingProxyType(
    {control.clause: control for control in (*_CONTROLS, *_CHANGES, *_ONE_DOOR)}
)
"""By clause, one control each."""
