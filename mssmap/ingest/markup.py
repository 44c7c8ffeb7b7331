"""XML of others: parsed without entities, document types or anything from elsewhere."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from mssmap.i18n.phrases import phrase
from mssmap.jail.limits import printable, refused


def document(content: bytes, root: str, title: str) -> Element:
    """
    Return the root of a document, which must be an element of a name.

    Raises
    ------
    RefusedError
        If it is other XML, declares a document type or cannot be read.
    """
    try:
        found = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise refused(
            phrase("a document type or entities in the XML"),
            phrase("plain {title}", title=title),
            phrase("Export it again without <!DOCTYPE>."),
        ) from error
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise refused(
            phrase("XML that cannot be read ({error})", error=error), title, phrase("The file may be cut off.")
        ) from error
    element: Element = found
    if tag_of(element) != root:
        raise refused(phrase("XML that begins with <{what}>", what=printable(tag_of(element), 40)), title)
    return element


def tag_of(element: Element) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def text_of(element: Element, name: str) -> str | None:
    """Return the text of the first child of a name, None if there is none."""
    found = next((child for child in element if tag_of(child) == name), None)
    return found.text.strip() if found is not None and found.text else None
