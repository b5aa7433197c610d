"""Says in a PDF's own metadata that an electronic invoice is attached, as Factur-X asks.

The PDF as it was rendered is not touched: a new version of its one metadata object is appended, as PDF
provides for (ISO 32000-1, 7.5.6: incremental updates), so all that makes it PDF/A-3 stays.
Source: Factur-X 1.07, 6.3 (the properties, and the description of their schema that ISO 19005-3, 6.6.2.3
asks for wherever properties beyond the known ones stand).
"""

from __future__ import annotations

import re

SPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"

PROPERTIES = (
    ("DocumentFileName", "factur-x.xml", "name of the embedded XML invoice file"),
    ("DocumentType", "INVOICE", "type of the embedded document"),
    ("Version", "1.0", "version of the embedded data's standard"),
    ("ConformanceLevel", "EN 16931", "profile of the embedded data"),
)

NAMED = '<rdf:Description rdf:about="" xmlns:fx="{space}">{said}</rdf:Description>'
ONE = (
    '<rdf:li rdf:parseType="Resource"><pdfaProperty:category>external</pdfaProperty:category>'
    "<pdfaProperty:description>{what}</pdfaProperty:description><pdfaProperty:name>{name}</pdfaProperty:name>"
    "<pdfaProperty:valueType>Text</pdfaProperty:valueType></rdf:li>"
)
SCHEMA = (
    '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>'
    "<pdfaSchema:namespaceURI>{space}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
    "<pdfaSchema:property><rdf:Seq>{ones}</rdf:Seq></pdfaSchema:property></rdf:li>"
)

METADATA = re.compile(
    rb"\n(\d+) 0 obj\n<</Length \d+/Type/Metadata/Subtype/XML>>\nstream\n(.*?)\nendstream", re.DOTALL
)
TRAILER = re.compile(rb"trailer\n<<(.*?)>>\nstartxref\n(\d+)\n%%EOF\s*\Z", re.DOTALL)
SCHEMAS_END = b"</rdf:Bag></pdfaExtension:schemas>"
ALL_END = b"</rdf:RDF>"


class NotOurs(ValueError):
    """A PDF that is not shaped as our renderer shapes it."""


def described(pdf: bytes) -> bytes:
    """Return a PDF of our renderer with metadata that name the attached electronic invoice.

    One that claims no PDF/A is returned as it is: it has no description of schemas to add to.
    Raises NotOurs.
    """
    metadata, trailer = METADATA.search(pdf), TRAILER.search(pdf)
    if metadata is None or trailer is None:
        raise NotOurs
    if SCHEMAS_END not in metadata[2]:
        return pdf
    number, packet = int(metadata[1]), _added(metadata[2])
    body = pdf if pdf.endswith(b"\n") else pdf + b"\n"
    new = b"%d 0 obj\n<</Length %d/Type/Metadata/Subtype/XML>>\nstream\n%b\nendstream\nendobj\n" % (
        number, len(packet), packet,
    )  # fmt: skip
    table = b"xref\n%d 1\n%010d 00000 n \n" % (number, len(body))
    end = b"trailer\n<<%b/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        trailer[1], int(trailer[2]), len(body) + len(new),
    )  # fmt: skip
    return body + new + table + end


def _added(packet: bytes) -> bytes:
    """Add the properties and the description of their schema to an XMP packet."""
    ones = "".join(ONE.format(name=name, what=what) for name, _, what in PROPERTIES)
    said = "".join(f"<fx:{name}>{value}</fx:{name}>" for name, value, _ in PROPERTIES)
    schema = SCHEMA.format(space=SPACE, ones=ones).encode()
    named = NAMED.format(space=SPACE, said=said).encode()
    return packet.replace(SCHEMAS_END, schema + SCHEMAS_END, 1).replace(ALL_END, named + ALL_END, 1)
