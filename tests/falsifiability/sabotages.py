"""The table of sabotages: what keeps a clause, switched off, and exactly which clauses must then leave green.

A new control needs a line here, or `make check` fails.  A line that names too few or too many fails the suite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType
from uuid import UUID

import pytest

from hostkeep.kernel.ids import ClauseId
from tests.clauses.visiting import a_visit_counts_as_acceptance

AGEING = timedelta(hours=2)
"""Without a round for so long every proof is too old."""

Patch = pytest.MonkeyPatch


@dataclass(frozen=True, slots=True)
class Sabotage:
    """How something is switched off, and what must leave green.

    turns_red  clauses without a control of their own over which the policy hung a check (promises/standing.py)
    """

    how: Callable[[Patch], None]
    leaves_green: frozenset[ClauseId]
    turns_red: frozenset[ClauseId] = frozenset()


def _forms_take_everything(patch: Patch) -> None:
    from hostkeep.faces.signin import forms
    from hostkeep.faces.ui.fields import input_names
    from hostkeep.faces.ui.reading import read_form

    def lenient(policy, form, posted, **rest):
        known = {name for ask in form.fields for name in input_names(ask.category)}
        known |= {s.id for s in form.statements} | {c.stream for c in form.choices} | set(rest.get("also", ()))
        return read_form(policy, form, {k: v for k, v in posted.items() if k in known}, **rest)

    patch.setattr(forms, "read_form", lenient)


def _the_door_permits_everything(patch: Patch) -> None:
    from hostkeep.policy.decide import Decision
    from hostkeep.vault import door

    patch.setattr(door, "decide", lambda *_: Decision(True, ClauseId(""), "permit"))


def _the_door_takes_every_consent_as_given(patch: Patch) -> None:
    from hostkeep.vault import door

    real = door.decide
    patch.setattr(
        door,
        "decide",
        lambda policy, ask: real(policy, type(ask)(ask.category, ask.purpose, ask.role, ask.has | {"consent"})),
    )


def _the_page_is_another_brands(patch: Patch) -> None:
    from hostkeep.brands.queries import policy_in_force
    from hostkeep.faces.storefront import policy_pages
    from hostkeep.policy.render.page import policy_page
    from hostkeep.runtime import clock

    other = policy_in_force("vpsfast", clock.now())
    patch.setattr(policy_pages, "policy_page", lambda _policy, language: policy_page(other, language))


def _the_guard_stands_aside(patch: Patch) -> None:
    from hostkeep.faces.ui import guard

    patch.setattr(guard, "_guarded", lambda headers, *_: headers)


def _something_in_front_sets_a_cookie(patch: Patch) -> None:
    """As a content network does, behind the guard's back."""
    from hostkeep.promises.evidence import outside

    patch.setattr(outside, "_ask", [lambda _host, _path: outside.Look(frozenset({"__cf_bm"}), ours=True)])


def _login_addresses_stand_in_clear(patch: Patch) -> None:
    from django.db.models import EmailField

    from hostkeep.people.fields import SealedEmailField

    patch.setattr(SealedEmailField, "get_prep_value", EmailField.get_prep_value)


def _sessions_stand_in_clear(patch: Patch) -> None:
    from hostkeep.people import sessions

    patch.setattr(sessions, "_hash", lambda key: key)


def _logging_out_ends_nothing(patch: Patch) -> None:
    from hostkeep.people.sessions import SessionStore

    patch.setattr(SessionStore, "delete", lambda *_: None)


def _idling_ends_nothing(patch: Patch) -> None:
    from hostkeep.people.sessions import SessionStore

    real = SessionStore._row

    def ageless(store):
        row = real(store)
        if row is not None:
            row.expires_at += timedelta(days=1)
        return row

    patch.setattr(SessionStore, "_row", ageless)


def _pages_open_sessions(patch: Patch) -> None:
    from django.contrib.messages.middleware import MessageMiddleware

    def opens_session(_self, request):
        request.session["seen"] = "yes"

    patch.setattr(MessageMiddleware, "process_request", opens_session)


def _any_host_is_answered(patch: Patch) -> None:
    from hostkeep.brands import queries
    from hostkeep.faces.ui import hosts

    ours = queries.brand("vietnam-server")
    patch.setattr(hosts, "brand_by_host", lambda host: queries.brand_by_host(host) or ours)


def _sessions_and_logins_know_no_brand(patch: Patch) -> None:
    from hostkeep.faces.signin import backend
    from hostkeep.people import sessions
    from hostkeep.people.models import Session
    from hostkeep.runtime import brand as running_brand

    saves = sessions.SessionStore.save

    def any_brand(store):
        key = store.session_key
        return Session.objects.filter(key=sessions._hash(key)).first() if key else None

    def saves_anywhere(store, must_create=False):
        row = any_brand(store)
        with running_brand.during(row.brand if row else running_brand.current()):
            saves(store, must_create)

    # Found under any brand and saved under its own: with one of the two left, it still refuses.
    patch.setattr(sessions.SessionStore, "_row", any_brand)
    patch.setattr(sessions.SessionStore, "save", saves_anywhere)
    patch.setattr(backend, "is_here", lambda user: True)


def _registering_records_nothing(patch: Patch) -> None:
    from hostkeep.faces.signin import forms

    patch.setattr(forms, "accept_statements", lambda *_, **__: None)


def _new_purposes_reach_old_values(patch: Patch) -> None:
    from hostkeep.vault import door

    patch.setattr(door, "reaches", lambda *_, **__: True)


def _pages_tell_no_difference(patch: Patch) -> None:
    from hostkeep.faces.storefront import home, policy_pages

    patch.setattr(policy_pages, "news_of", lambda *_: ())
    patch.setattr(home, "news_at_home", lambda *_: ())


def _every_change_counts_as_minor(patch: Patch) -> None:
    from hostkeep.brands.actions import announcing

    patch.setattr(announcing, "_weight", lambda *_: "minor")


def _a_template_is_changed_by_hand(patch: Patch) -> None:
    from django.template import engines

    engine = engines["django"].engine
    (loader,) = engine.template_loaders
    get = loader.get_template
    source = get("storefront/policy.html").source
    said = "<p>{{ clause.text }}</p>"
    assert said in source
    changed = engine.from_string(source.replace(said, "<p>{{ clause.text }} Except on Mondays.</p>"))

    def by_hand(name, **rest):
        return changed if name == "storefront/policy.html" else get(name, **rest)

    patch.setattr(loader, "get_template", by_hand)


def _used_tokens_stay_good(patch: Patch) -> None:
    from hostkeep.people.actions import staying

    patch.setattr(staying.secrets, "compare_digest", lambda *_: True)


def _corrections_are_not_kept(patch: Patch) -> None:
    from hostkeep.faces.client import profile

    patch.setattr(profile, "correct_values", lambda *_, **__: None)


def _every_way_in_counts_as_api(patch: Patch) -> None:
    from hostkeep.vault import putting

    real = putting.boxes.Row
    patch.setattr(putting.boxes, "Row", lambda **row: real(**{**row, "channel": "api"}))


def _the_page_keeps_purposes_to_itself(patch: Patch) -> None:
    from hostkeep.policy.render import page

    patch.setattr(page, "_uses", lambda *_: ())


def _the_archive_is_open_to_all(patch: Patch) -> None:
    from hostkeep.vault import door

    patch.setattr(door, "left_by_state", lambda *_, **__: None)


def _the_archive_takes_nothing(patch: Patch) -> None:
    from hostkeep.vault import old_values

    patch.setattr(old_values, "keep_old", lambda *_, **__: False)


def _a_driver_reads_more_than_it_should(patch: Patch) -> None:
    """The payer's name comes along in the reference."""
    import json
    from dataclasses import replace as changed

    from hostkeep.adapters.gateways.testpay import gateway

    real = gateway.notice

    def gossips(body):
        said, payer = real(body), json.loads(body).get("payer")
        return changed(said, outcome=changed(said.outcome, proof=f"{said.outcome.proof} {payer['name']}")) if payer else said

    patch.setattr(gateway, "notice", gossips)


def _ways_to_pay_ask_no_policy(patch: Patch) -> None:
    from hostkeep.flows import paying

    patch.setattr(paying, "offered", lambda _policy, *, installed, chosen: (*chosen, "bank_transfer"))


def _cards_are_kept_wherever_a_gateway_can(patch: Patch) -> None:
    from hostkeep.flows import paying

    patch.setattr(paying, "not_kept_by", lambda _policy: None)


def _call_backs_are_believed_and_forgotten(patch: Patch) -> None:
    from hostkeep.flows import noticing
    from hostkeep.runtime.together import Question

    known = Question("SELECT 'known'", (), lambda row: row[0])
    patch.setattr(noticing.inbox, "taking", lambda *_, **__: known)


def _old_passwords_go_into_the_archive(patch: Patch) -> None:
    """A change of the password seals the old one beside the addresses."""
    from uuid import uuid4

    from hostkeep.people.models import User
    from hostkeep.runtime import clock
    from hostkeep.vault import boxes, keeping, wall
    from hostkeep.vault.asking import ARCHIVE, ARCHIVED
    from tests.conftest import make_act

    real = User.set_password

    def keeps_old(user, raw):
        if user.brand == "vpn" and user.password:
            now = clock.now()
            with wall.opened():
                keeping.keep(make_act(brand="vpn", at=now), boxes.Row(
                    subject=user.subject, category="email", slot=f"{ARCHIVED}{uuid4()}", keep_class=ARCHIVE,
                    value=user.password, digest="d" * 64, channel="web", since=now, expires_at=None, why="changed",
                ))  # fmt: skip
        real(user, raw)

    patch.setattr(User, "set_password", keeps_old)


def _closing_archives_nothing(patch: Patch) -> None:
    """What the archive should take would stand switched off under its own class."""
    from hostkeep.vault import outlook

    real = outlook._what

    def switched_off(*told, **more):
        what, until = real(*told, **more)
        return ("deactivate" if what == "archive" else what), until

    patch.setattr(outlook, "_what", switched_off)


def _something_is_written_in_clear(brand: str, value: str) -> Callable[[Patch], None]:
    """A mail of a brand is queued with a value in its facts."""

    def how(patch: Patch) -> None:
        from hostkeep.flows import scanning
        from hostkeep.messaging.models import Mail

        real = scanning.scan

        def after_a_mail(act):
            Mail.objects.create(
                brand=brand, once=value, stream="account", template="account/reset", language="en",
                subject=UUID(int=7), address="login", facts={"said": value}, token="t", queued_at=act.at,
            )  # fmt: skip
            return real(act)

        patch.setattr(scanning, "scan", after_a_mail)

    return how


def _a_job_names_somebody(patch: Patch) -> None:
    """The arguments of a job hold an address: nobody can tell of which brand."""
    from django.db import connection

    from hostkeep.flows import scanning

    real = scanning.scan

    def after_a_job(act):
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
                " VALUES ('due', 'x', jsonb_build_object('to', 'canary0123456789abcdef@canary.invalid'))"
            )
        return real(act)

    patch.setattr(scanning, "scan", after_a_job)


def _the_sweeper_stopped_coming(patch: Patch) -> None:
    from hostkeep.flows import sweeping
    from hostkeep.runtime import clock

    patch.setattr(sweeping, "last_tallied", lambda **_: clock.now() - sweeping.LATE - timedelta(hours=1))


def _the_sweeper_leaves_a_class_out(patch: Patch) -> None:
    """Closed accounts' data lie where they lay: one value of the class is past due."""
    from hostkeep.vault import dropping

    patch.setattr(dropping, "count_due", lambda _at, _brand=None: {"account": 1})


def _what_is_held_back_is_built(patch: Patch) -> None:
    from hostkeep.flows import activation

    patch.setattr(activation, "may_build", lambda *_, **__: True)


def _checks_of_payments_read_past_the_door(patch: Patch) -> None:
    from hostkeep.billing.rules.qualifying import Inputs
    from hostkeep.flows import qualifying

    patch.setattr(qualifying, "read_inputs", lambda *_, **__: Inputs(1, "USD", frozenset({"KP"})))


def _checks_of_payments_note_no_inputs(patch: Patch) -> None:
    from hostkeep.flows import qualifying

    real = qualifying.judge
    patch.setattr(qualifying, "judge", lambda *said: replace(real(*said), categories=()))


def _table(**lines: tuple[Callable[[Patch], None], str] | tuple[Callable[[Patch], None], str, str]) -> Mapping[str, Sabotage]:
    """Read the table: name, how, the clauses that leave green in one line, and those that turn red without a control."""
    return MappingProxyType({
        name: Sabotage(how, *(frozenset(ClauseId(clause) for clause in clauses.split()) for clauses in told))
        for name, (how, *told) in lines.items()
    })


SABOTAGES = _table(
    forms_take_everything=(_forms_take_everything, "V6-2 PH-1 VPN-3"),
    the_door_permits_everything=(_the_door_permits_everything, "V6-2 PH-7 VF-1 VF-3 VS-19"),
    the_door_takes_every_consent_as_given=(_the_door_takes_every_consent_as_given, "VF-1 VF-3 VS-19"),
    the_page_is_another_brands=(_the_page_is_another_brands, "PH-1 V6-15"),
    a_template_is_changed_by_hand=(_a_template_is_changed_by_hand, "PH-1 V6-15"),
    pages_tell_no_difference=(_pages_tell_no_difference, "V6-15"),
    new_purposes_reach_old_values=(_new_purposes_reach_old_values, "VF-9"),
    every_change_counts_as_minor=(_every_change_counts_as_minor, "V6-16"),
    the_guard_stands_aside=(_the_guard_stands_aside, "PH-1 VPN-6 VS-4"),
    something_in_front_sets_a_cookie=(_something_in_front_sets_a_cookie, "VPN-6 VS-4"),
    login_addresses_stand_in_clear=(
        _login_addresses_stand_in_clear, "V6-2 VPN-3", "VF-2 VF-6 PH-6 PH-10 VPN-7 VPN-14 VS-3 VS-16",
    ),
    sessions_stand_in_clear=(_sessions_stand_in_clear, "VPN-3"),
    logging_out_ends_nothing=(_logging_out_ends_nothing, "VPN-6"),
    idling_ends_nothing=(_idling_ends_nothing, "VPN-6"),
    pages_open_sessions=(_pages_open_sessions, "PH-1 V6-2 V6-11 VPN-3 VS-4 VS-19"),
    any_host_is_answered=(_any_host_is_answered, "VS-17"),
    sessions_and_logins_know_no_brand=(_sessions_and_logins_know_no_brand, "VS-17"),
    registering_records_nothing=(_registering_records_nothing, "VF-1 VS-19"),
    used_tokens_stay_good=(_used_tokens_stay_good, "V6-9"),
    corrections_are_not_kept=(_corrections_are_not_kept, "V6-11"),
    every_way_in_counts_as_api=(_every_way_in_counts_as_api, "VF-1"),
    the_page_keeps_purposes_to_itself=(_the_page_keeps_purposes_to_itself, "VF-3"),
    the_archive_is_open_to_all=(_the_archive_is_open_to_all, "VPN-9 VPN-10"),
    the_archive_takes_nothing=(_the_archive_takes_nothing, "VPN-9 VPN-10"),
    old_passwords_go_into_the_archive=(_old_passwords_go_into_the_archive, "VPN-9"),
    closing_archives_nothing=(_closing_archives_nothing, "VPN-10"),
    a_driver_reads_more_than_it_should=(_a_driver_reads_more_than_it_should, "VPN-5"),
    ways_to_pay_ask_no_policy=(_ways_to_pay_ask_no_policy, "VPN-5"),
    cards_are_kept_wherever_a_gateway_can=(_cards_are_kept_wherever_a_gateway_can, "VPN-5"),
    call_backs_are_believed_and_forgotten=(_call_backs_are_believed_and_forgotten, "VPN-5"),
    an_email_of_vpsfast_is_written_in_clear=(_something_is_written_in_clear("vpsfast", "ann@example.test"), "", "VF-2 VF-6"),
    a_phone_of_vps6_is_written_in_clear=(_something_is_written_in_clear("vps6", "+31 6 1234 5678"), "V6-2"),
    an_address_of_photonvps_is_written_in_clear=(_something_is_written_in_clear("photonvps", "203.0.113.9"), "", "PH-2 PH-10"),
    a_card_of_vpn_is_written_in_clear=(_something_is_written_in_clear("vpn", "4111 1111 1111 1111"), "VPN-5", "VPN-7"),
    an_account_of_vietnam_server_is_written_in_clear=(
        _something_is_written_in_clear("vietnam-server", "NL91ABNA0417164300"), "", "VS-3 VS-16",
    ),
    a_job_names_somebody=(_a_job_names_somebody, "V6-2 VPN-3", "VF-2 VF-6 PH-6 PH-10 VPN-7 VPN-14 VS-3 VS-16"),
    the_sweeper_stopped_coming=(
        _the_sweeper_stopped_coming, "V6-9 VPN-3 VPN-5 VPN-6 VPN-9 VPN-10 VS-4",
        "VF-6 VF-7 VF-10 V6-7 V6-8 V6-14 PH-2 PH-3 PH-9 PH-10 PH-12 VS-5 VS-7 VS-8",
    ),
    the_sweeper_leaves_a_class_out=(_the_sweeper_leaves_a_class_out, "VPN-10", "VF-10 V6-14 PH-12 VS-7"),
    what_is_held_back_is_built=(_what_is_held_back_is_built, "PH-7"),
    checks_of_payments_read_past_the_door=(_checks_of_payments_read_past_the_door, "PH-7"),
    checks_of_payments_note_no_inputs=(_checks_of_payments_note_no_inputs, "PH-7"),
    a_visit_counts_as_acceptance=(a_visit_counts_as_acceptance, "VS-19"),
)
