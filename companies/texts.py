"""Texts that are written once and read in any language: a message keeps its words and what fills them apart."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, override


class Text(str):
    """A text in the language of the moment that still knows the words of the code and the values in them."""

    msgid: str
    values: Mapping[str, Any]

    def __new__(cls, msgid: str, values: Mapping[str, Any] | None = None) -> "Text":
        words = gettext(msgid) if msgid else ""  # the translation of nothing is the catalogue's own header
        found = super().__new__(cls, words % _worded(values) if values else words)
        found.msgid, found.values = msgid, values or {}
        return found

    def __mod__(self, values: Any) -> "Text":
        return Text(self.msgid, values)


class Kept(NamedTuple):
    """A message as it is stored: its words in English and, in JSON, what fills them."""

    msgid: str
    values: dict[str, Any]


def text(msgid: str) -> Text:
    """Like `gettext`, for a message that will be stored."""
    return Text(msgid)


def keep(message: str) -> Kept:
    """Return a message as it is stored; a plain string is kept as it stands."""
    if isinstance(message, Text):
        return Kept(message.msgid, {name: _plain(value) for name, value in message.values.items()})
    return Kept(str(message), {})


def shown(kept: Kept) -> str:
    """Return a stored message in the language of the moment."""
    return Text(kept.msgid, {name: _revived(value) for name, value in kept.values.items()})


def _worded(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: date_format(v, "j F Y") if isinstance(v, date) else v for name, v in values.items()}


def _plain(value: Any) -> Any:
    """Return a value as JSON holds it: a word that has a translation, a date, a number, or its text."""
    if isinstance(value, Text):
        return {"text": value.msgid, "values": {name: _plain(one) for name, one in value.values.items()}}
    if isinstance(value, Promise):
        with override("en"):
            return {"text": str(value), "values": {}}
    if isinstance(value, date):
        return {"date": value.isoformat()[:10]}
    return value if isinstance(value, int) else str(value)


def _revived(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "date" in value:
        return parse_date(value["date"])
    return Text(value["text"], {name: _revived(one) for name, one in value["values"].items()})
