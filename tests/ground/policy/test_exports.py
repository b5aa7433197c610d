"""What the exports say is what the compiled policy says, in terms that exist."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from functools import cache

import pytest
from rdflib import DCTERMS, RDF, SKOS, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from hostkeep.kernel.ids import ClauseId
from hostkeep.policy.book import Policy
from hostkeep.policy.durations import write_duration
from hostkeep.policy.export.jsonld import policy_jsonld
from hostkeep.policy.export.rules import grants_of
from hostkeep.policy.vocabulary.dpv import (
    NAMESPACES,
    OWN,
    PUBLISHED,
    above,
    digest_of_rows,
    dpv_terms,
    pinned_rows,
)
from hostkeep.policy.vocabulary.terms import terms
from tests.ground.policy.documents import BRANDS, policy_of
from tests.ground.policy.small import ROOT

# The reader of JSON-LD in rdflib still uses its own class of an older name.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

DPV = Namespace(NAMESPACES["dpv"])
X = Namespace(OWN)
REAL = {term.iri for term in dpv_terms().values()}


@cache
def graph_of(brand: str) -> Graph:
    """The JSON-LD as it would be read by a stranger: written out and parsed."""
    return Graph().parse(data=json.dumps(policy_jsonld(policy_of(brand))), format="json-ld")


def part(policy: Policy, name: str) -> URIRef:
    return URIRef(f"urn:hostkeep:policy:{policy.brand}:{policy.digest}#{name}")


def of_policy(brand: str, said: URIRef) -> set[Node]:
    return set(graph_of(brand).objects(part(policy_of(brand), "policy"), said))


def own(graph: Graph, subject: Node, said: URIRef, kind: str) -> set[str]:
    """The words of ours that a node names: "email" of x:category-email."""
    start = f"{OWN}{kind}-"
    return {str(each).removeprefix(start) for each in graph.objects(subject, said) if str(each).startswith(start)}


def test_all_six_policies_are_exported() -> None:
    assert len(BRANDS) == 6


def test_the_pinned_vocabulary_is_the_published_one() -> None:
    assert digest_of_rows(pinned_rows()) == PUBLISHED


def test_a_pinned_row_changed_by_hand_is_found() -> None:
    rows = [dict(row) for row in pinned_rows()]
    rows[3]["label"] += "!"

    assert digest_of_rows(rows) != PUBLISHED


def test_every_parent_in_the_pinned_vocabulary_is_pinned_too() -> None:
    assert [term.term for term in dpv_terms().values() if not set(term.parents) <= dpv_terms().keys()] == []


@pytest.mark.parametrize(
    ("kind", "root"),
    [
        ("category", "dpv:Data"),
        ("purpose", "dpv:Purpose"),
        ("basis", "dpv:LegalBasis"),
        ("recipient_basis", "dpv:LegalBasis"),
        ("right", "dpv:DataSubjectRight"),
        ("measure", "dpv:TechnicalOrganisationalMeasure"),
        ("event", "dpv:Duration"),
        ("role", "dpv:Entity"),
        ("then", "dpv:Processing"),
        ("notice", "dpv:NoticeStatus"),
        ("default", "dpv:EntityInvolvement"),
        ("ask", "dpv:Necessity"),
        ("jurisdiction", "dpv:Jurisdiction"),
        ("cookie", "tech:Cookie"),
        ("form", "dpv:Notice"),
    ],
)
def test_a_word_is_bound_to_a_term_of_its_sort(kind: str, root: str) -> None:
    astray = [word.id for word in terms(kind).values() if not word.dpv or root not in above(word.dpv[0])]

    assert astray == []


@pytest.mark.parametrize("kind", ["kind", "need"])
def test_kinds_and_needs_are_bound_too(kind: str) -> None:
    assert [word.id for word in terms(kind).values() if not word.dpv] == []


def test_every_term_the_vocabulary_names_is_pinned() -> None:
    kinds = {row.split(",", 1)[0] for row in _rows()}
    named = {dpv for kind in kinds for word in terms(kind).values() for dpv in word.dpv}

    assert named - dpv_terms().keys() == set()
    assert len(named) > 80


def _rows() -> list[str]:
    source = ROOT / "src" / "hostkeep" / "policy" / "vocabulary" / "terms.csv"
    return source.read_text(encoding="utf-8").splitlines()[1:]


@pytest.mark.parametrize("brand", BRANDS)
def test_the_export_uses_only_terms_that_exist(brand: str) -> None:
    named = {str(each) for triple in graph_of(brand) for each in triple if "w3id.org/dpv" in str(each)}

    assert len(named) > 60
    assert named - REAL == set()


@pytest.mark.parametrize("brand", BRANDS)
def test_every_word_of_our_own_names_a_broader_term(brand: str) -> None:
    graph = graph_of(brand)
    ours = {each for triple in graph for each in triple if str(each).startswith(OWN)}

    assert len(ours) > 30
    assert [word for word in ours if not {str(each) for each in graph.objects(word, SKOS.broader)} & REAL] == []


@pytest.mark.parametrize("brand", BRANDS)
def test_nothing_is_referred_to_that_is_not_said(brand: str) -> None:
    graph = graph_of(brand)
    named = {each for each in graph.objects() if isinstance(each, URIRef) and str(each).startswith("urn:")}

    assert [each for each in named if (each, RDF.type, None) not in graph] == []


@pytest.mark.parametrize("brand", BRANDS)
def test_the_graph_has_as_many_things_as_the_policy(brand: str) -> None:
    policy = policy_of(brand)
    counted = {
        DPV.hasPersonalData: len(policy.categories),
        DPV.hasPersonalDataHandling: len(policy.purposes),
        DPV.hasRecipient: len(policy.recipients),
        DPV.hasStorageCondition: len(policy.retention),
        DPV.hasRight: len(policy.duties.rights),
        DPV.hasTechnicalOrganisationalMeasure: len(policy.duties.measures),
        DPV.hasProcess: len(policy.streams),
        DPV.isImplementedUsingTechnology: len(policy.cookies),
        DPV.hasJurisdiction: len(policy.jurisdictions),
        DCTERMS.hasPart: len(policy.clauses),
    }

    assert {said: len(of_policy(brand, said)) for said in counted} == counted
    assert of_policy(brand, DCTERMS.identifier) == {Literal(policy.digest)}


@pytest.mark.parametrize("brand", BRANDS)
def test_the_permissions_are_the_decision_table(brand: str) -> None:
    graph, cells = graph_of(brand), {}
    for rule in of_policy(brand, DPV.hasPermission):
        if (rule, DPV.hasProcessing, DPV.Use) not in graph:
            continue
        clause = str(graph.value(rule, DCTERMS.source)).rpartition("#clause-")[2]
        needs = frozenset(own(graph, rule, DPV.hasContext, "need"))
        for cell in itertools.product(
            own(graph, rule, DPV.hasPersonalData, "category"),
            own(graph, rule, DPV.hasPurpose, "purpose"),
            own(graph, rule, DPV.hasEntity, "role"),
        ):
            assert cell not in cells
            cells[cell] = (clause, needs)

    assert cells == {key: (cell.clause, cell.needs) for key, cell in policy_of(brand).table.items()}


@pytest.mark.parametrize("brand", BRANDS)
def test_grants_are_fewer_than_the_cells_they_stand_for(brand: str) -> None:
    assert 0 < len(grants_of(policy_of(brand))) < len(policy_of(brand).table) / 3


@pytest.mark.parametrize("brand", BRANDS)
def test_a_purpose_has_its_legal_basis_and_its_data(brand: str) -> None:
    policy, graph = policy_of(brand), graph_of(brand)
    for purpose in policy.purposes.values():
        handling = part(policy, f"handling-{purpose.id}")
        held = {category for category, what_for, _ in policy.table if what_for == purpose.id}

        assert own(graph, handling, DPV.hasLegalBasis, "basis") == {purpose.basis}
        assert own(graph, handling, DPV.hasPersonalData, "category") == held


@pytest.mark.parametrize("brand", BRANDS)
def test_what_a_clause_forbids_is_a_prohibition(brand: str) -> None:
    policy, graph = policy_of(brand), graph_of(brand)
    forbidden = {
        (str(graph.value(rule, DCTERMS.source)).rpartition("#clause-")[2], category)
        for rule in of_policy(brand, DPV.hasProhibition)
        for category in own(graph, rule, DPV.hasPersonalData, "category")
    }
    said = {(never.clause, category) for never in policy.never for category in never.categories}
    asked = {(clause, category) for category, clause in policy.duties.never_ask.items()}

    assert forbidden == said | asked


@pytest.mark.parametrize("brand", BRANDS)
def test_a_recipient_gets_no_more_than_the_policy_says(brand: str) -> None:
    policy, graph = policy_of(brand), graph_of(brand)
    for recipient in policy.recipients.values():
        rule = part(policy, f"disclose-{recipient.id}")

        assert (part(policy, "policy"), DPV.hasPermission, rule) in graph
        assert own(graph, rule, DPV.hasPersonalData, "category") == recipient.categories
        assert own(graph, rule, DPV.hasPurpose, "purpose") == recipient.purposes


def test_data_is_erased_when_the_policy_says() -> None:
    policy, graph = policy_of("vps6"), graph_of("vps6")
    duration = part(policy, "duration-account")

    assert graph.value(duration, DCTERMS.identifier) == Literal("account.closed")
    assert (part(policy, "storage-account"), DPV.hasProcessing, DPV.Restrict) in graph


def test_every_clause_stands_in_both_languages() -> None:
    policy, graph = policy_of("vpn"), graph_of("vpn")
    for clause in policy.clauses:
        said = {each.language for each in graph.objects(part(policy, f"clause-{clause.id}"), DCTERMS.description)}
        assert said == {"en", "vi"}


def test_a_breach_is_told_in_the_time_the_policy_gives() -> None:
    policy, graph = policy_of("everything"), graph_of("everything")
    breach = policy.duties.breach
    assert breach is not None
    told = {who: str(graph.value(part(policy, f"breach-{who}"), DPV.hasDuration)) for who in ("authority", "owners")}

    assert told == {"authority": write_duration(breach.authority), "owners": write_duration(breach.owners)}


def test_a_policy_silent_on_breaches_owes_none() -> None:
    silent = replace(policy_of("everything"), duties=replace(policy_of("everything").duties, breach=None))
    names = {node["@id"] for node in policy_jsonld(silent)["@graph"]}

    assert {name for name in names if name.startswith("p:breach")} == set()


def test_what_a_law_adds_without_a_clause_names_no_source() -> None:
    policy = policy_of("everything")
    right = next(iter(policy.duties.rights.values()))
    added = replace(policy, duties=replace(policy.duties, rights={right.id: replace(right, clause=ClauseId(""))}))
    (node,) = (node for node in policy_jsonld(added)["@graph"] if node["@id"] == f"p:right-{right.id}")

    assert "dct:source" not in node


@pytest.mark.parametrize("brand", BRANDS)
def test_the_laws_that_make_it_stricter_are_named(brand: str) -> None:
    laws = of_policy(brand, DPV.hasApplicableLaw)
    cited = {str(graph_of(brand).value(law, DCTERMS.bibliographicCitation)) for law in laws}

    assert cited == {each.source for each in policy_of(brand).tightened}
