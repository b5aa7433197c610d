"""A document in each of its three forms, and the shape of the JSON-LD, to the letter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hostkeep.policy.export.document import Document, Heading, Pairs, Paragraph, Said, Table, policy_document
from hostkeep.policy.export.jsonld import policy_jsonld
from hostkeep.policy.export.markdown import markdown
from hostkeep.policy.export.page_html import page_html
from hostkeep.policy.export.plain import plain_text
from hostkeep.policy.export.ropa import processing_record, record_document
from hostkeep.policy.render.page import policy_page
from hostkeep.policy.vocabulary.dpv import dpv_terms
from tests.ground.policy.documents import BRANDS, policy_of
from tests.ground.policy.small import compiled

ALL = Document(
    "en",
    "A title",
    (
        Heading(1, "A title"),
        Heading(2, "Part & more", "part"),
        Heading(3, "Deep"),
        Paragraph("One line."),
        Paragraph("Sâu", "vi"),
        Said("V6-1", "We <keep> it.", "How", "By 1 * 2.", ("Sooner, because of a law.",), ""),
        Said("V6-2", "Chỉ nói.", "How", "", (), "vi"),
        Pairs((("We ask", "a_name"), ("We keep", "it | that"))),
        Table("All", ("What", "Why", "Clause"), (("Name", "x", "V6-1"), ("E-mail", "y", "V6-2"))),
    ),
)
MARKDOWN = """\
# A title

## Part & more

### Deep

One line.

Sâu

**V6-1** We \\<keep\\> it.

> How: By 1 \\* 2.

> Sooner, because of a law.

**V6-2** Chỉ nói.

- **We ask**: a\\_name
- **We keep**: it \\| that

*All*

| What | Why | Clause |
| --- | --- | --- |
| Name | x | V6-1 |
| E-mail | y | V6-2 |
"""
PLAIN = """\
A title
=======

Part & more
-----------

Deep

One line.

Sâu

[V6-1] We <keep> it.
    How: By 1 * 2.
    Sooner, because of a law.

[V6-2] Chỉ nói.

- We ask: a_name
- We keep: it | that

All:
- Name
    Why: x
    Clause: V6-1
- E-mail
    Why: y
    Clause: V6-2
"""
HTML = """\
<main>
<h1>A title</h1>
<h2 id="part">Part &amp; more</h2>
<h3>Deep</h3>
<p>One line.</p>
<p lang="vi">Sâu</p>
<section id="V6-1"><p><a href="#V6-1">V6-1</a> <span>We &lt;keep&gt; it.</span></p>\
<blockquote>How: <span>By 1 * 2.</span></blockquote><blockquote>Sooner, because of a law.</blockquote></section>
<section id="V6-2"><p><a href="#V6-2">V6-2</a> <span lang="vi">Chỉ nói.</span></p></section>
<dl><dt>We ask</dt><dd>a_name</dd><dt>We keep</dt><dd>it | that</dd></dl>
<table><caption>All</caption><thead><tr><th scope="col">What</th><th scope="col">Why</th>\
<th scope="col">Clause</th></tr></thead><tbody><tr><th scope="row">Name</th><td>x</td><td>V6-1</td></tr>\
<tr><th scope="row">E-mail</th><td>y</td><td>V6-2</td></tr></tbody></table>
</main>
</body>
</html>
"""


def test_markdown_to_the_letter() -> None:
    assert markdown(ALL) == MARKDOWN


def test_plain_text_to_the_letter() -> None:
    assert plain_text(ALL) == PLAIN


def test_a_long_line_breaks_under_its_start() -> None:
    text = plain_text(Document("en", "", (Pairs((("We keep", "word " * 30),)),)))

    assert [line[:2] for line in text.splitlines()] == ["- ", "  "]


def test_an_address_longer_than_a_line_stays_whole() -> None:
    address = f"https://shop.example/{'a-b' * 40}"
    laid = Document("en", "A title", (Heading(1, "A title"), Paragraph(f"See {address} for more.")))

    assert address in plain_text(laid).splitlines()


def test_html_to_the_letter() -> None:
    head, _, body = page_html(ALL).partition("<body>\n")

    assert body == HTML
    assert head.startswith('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport"')
    assert "<title>A title</title>\n<style>" in head


def test_a_small_policy_to_the_letter() -> None:
    text = markdown(policy_document(policy_page(compiled(), "en")))

    assert text.startswith(
        "# Tinyhost: Privacy policy\n\nThe text in English is authoritative.\n\n## Short version\n\n"
        "- **We ask**: 1 fact: your e-mail\n"
    )
    for part in (
        "*What our forms ask*\n\n| Field | Form | Asked | Why | Clause |\n| --- | --- | --- | --- | --- |\n"
        "| E-mail address | Sign-up | required | to log in and to reach you | TH-1 |\n",
        "| Cookie | For | Lives | Holds | Clause |\n| --- | --- | --- | --- | --- |\n"
        "| \\_\\_Host-sid | Logging you in safely | until the browser is closed | a random number | TH-3 |\n",
        "| Messages | How | You get them | Clause |\n| --- | --- | --- | --- |\n"
        "| Account messages | E-mail | always | TH-3 |\n",
        "## Who else gets it\n\nNobody outside receives anything.\n",
        "| Data | Until | Then | Clause |\n| --- | --- | --- | --- |\n",
        "erased; still used for: Billing, Your own rights | TH-2 |\n",
        "## Who is responsible\n\nTinyhost, 1 Example Road, Exampletown\n\nprivacy@tinyhost.example\n\n"
        "This policy covers: tinyhost.localhost\n\nDigest: ",
    ):
        assert part in text


def test_a_recipient_to_the_letter() -> None:
    text = markdown(policy_document(policy_page(policy_of("vps6"), "en")))

    assert "| Recipient | On what ground | At most | For | Where | Clause |\n" in text
    assert (
        "| The firm that moves your site, if you want it to | your express permission "
        "| Name, E-mail address, Phone number | Providing the service | NL | V6-1 |\n"
    ) in text
    assert "(exception by law) | a request in due legal form |" in text


def test_a_cookie_that_waits_for_a_yes_to_the_letter() -> None:
    text = markdown(policy_document(policy_page(policy_of("vps6"), "en")))

    assert "| \\_\\_Host-keep | Remembering you, only after your yes | 30 days |" in text


def test_the_record_to_the_letter() -> None:
    text = markdown(record_document(processing_record(compiled(), "en")))
    digest = compiled().digest

    assert text.startswith(
        "# Tinyhost: Record of processing activities\n\n"
        "- **Controller**: Tinyhost, 1 Example Road, Exampletown\n- **Contact**: privacy@tinyhost.example\n"
        f"- **Jurisdictions**: European Union\n- **Measures**: none\n- **Digest**: {digest}\n\n"
        "## Running your account\n\n- **Legal basis**: contract\n- **Whose data**: Customers\n"
        "- **Data**: E-mail address\n- **Who reads it**: The customer, The program\n- **Recipient**: none\n"
        "- **Transfers to other countries**: none\n"
        "- **Time limits**: Account data: at once after the account is closed, erased\n"
    )
    assert "erased; Visit: at once after the browser is closed, erased\n" in text


def test_a_receiver_to_the_letter() -> None:
    text = markdown(record_document(processing_record(policy_of("vps6"), "en")))

    assert "- **Recipient**: The firm that moves your site, if you want it to (your express permission; NL)\n" in text


def names_in(value: Any) -> Iterator[tuple[str, str]]:
    """Every key of a node, and every name it refers to or is: ("key", "dpv:hasPurpose")."""
    if isinstance(value, list):
        for each in value:
            yield from names_in(each)
    elif isinstance(value, dict) and "@value" in value:
        yield from (("value", key) for key in value)
    elif isinstance(value, dict):
        for key, said in value.items():
            yield ("key", key)
            if key in ("@id", "@type"):
                yield from (("name", name) for name in ([said] if isinstance(said, str) else said))
            else:
                yield from names_in(said)


@pytest.mark.parametrize("brand", BRANDS)
def test_no_key_and_no_name_of_the_export_would_be_lost_by_a_reader(brand: str) -> None:
    told = policy_jsonld(policy_of(brand))
    found = set(names_in(told["@graph"]))
    keys = {name for sort, name in found if sort == "key"} - {"@id", "@type"}
    known = dpv_terms()

    assert {name for sort, name in found if sort == "value"} <= {"@value", "@language", "@type"}
    assert {name.partition(":")[0] for name in keys} <= {"dpv", "dct", "skos", "rdf"}
    assert [name for name in keys if name.startswith("dpv:") and known[name].type != "property"] == []
    assert {name.partition(":")[0] for sort, name in found if sort == "name"} <= told["@context"].keys()


def test_what_is_said_of_a_whole_policy() -> None:
    told = policy_jsonld(policy_of("everything"))
    by_kind: dict[str, set[str]] = {}
    for node in told["@graph"]:
        kind = node["@id"].partition("-")[0]
        by_kind[kind] = by_kind.get(kind, set()) | (node.keys() - {"@id", "@type"})

    assert by_kind["p:controller"] == {"dpv:hasName", "dpv:hasContact", "dpv:hasAddress"}
    assert by_kind["p:handling"] == {
        "dpv:hasPurpose", "dpv:hasLegalBasis", "dpv:hasPersonalData", "dpv:hasDataController",
        "dpv:hasDataSubject", "dpv:hasEntity", "dpv:hasStorageCondition", "dpv:hasRecipient",
    }  # fmt: skip
    assert by_kind["p:ask"] == {
        "dpv:hasProcessing", "dpv:hasPersonalData", "dpv:hasNecessity", "dpv:hasNotice", "dct:description",
        "dct:source",
    }  # fmt: skip
    assert by_kind["p:cookie"] >= {
        "dct:identifier", "dct:description", "dpv:hasPurpose", "dpv:hasDuration", "dct:source",
    }  # fmt: skip
    assert by_kind["p:stream"] == {"skos:prefLabel", "dpv:hasPurpose", "dpv:hasEntityInvolvement", "dct:source"}
    assert by_kind["p:storage"] >= {"skos:prefLabel", "dpv:hasDuration", "dpv:hasProcessing"}
    assert by_kind["p:duration"] >= {"dct:identifier", "skos:prefLabel", "rdf:value"}
    assert by_kind["p:right"] >= {"dct:identifier", "skos:prefLabel", "dpv:isExercisedAt", "dct:source"}
    assert by_kind["p:clause"] == {"dct:identifier", "dct:description"}
    assert by_kind["p:disclose"] == {
        "dpv:hasProcessing", "dpv:hasPersonalData", "dpv:hasPurpose", "dpv:hasRecipient", "dpv:hasLegalBasis",
        "dct:source",
    }  # fmt: skip
    assert by_kind["p:announce"] == {"dpv:hasNoticeStatus", "dpv:hasDuration", "dct:source"}
    assert by_kind["x:category"] == {"skos:prefLabel", "skos:broader"}


def test_a_right_by_mail_says_where_it_goes() -> None:
    policy = policy_of("photonvps")
    told = {node["@id"]: node for node in policy_jsonld(policy)["@graph"]}
    by_mail = [right for right in policy.duties.rights.values() if right.how == "mail"]

    assert by_mail != []
    assert all(told[f"p:right-{each.id}"]["dpv:isExercisedAt"] == f"mailto:{each.mailbox}" for each in by_mail)
