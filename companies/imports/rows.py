"""From a table to rows of the domain, with all that is wrong at once: the way in for all kinds of file."""

from datetime import date
from typing import Unpack

from companies.imports.aged import AgedRow, parse_aged_balance
from companies.imports.columns import is_fec
from companies.imports.commitments import CommitmentRow, parse_commitments
from companies.imports.fec import parse_fec
from companies.imports.files import Table
from companies.imports.item_rows import ItemRows, OpenItemRow
from companies.imports.open_items import Holder, Known, parse_listed
from companies.imports.outcome import Parsed, RowError
from companies.imports.partners import PartnerRow, parse_partners
from companies.imports.sources import DETECTED, Source
from companies.imports.supplies import SupplyRow, parse_supplies

__all__ = [
    "AgedRow",
    "CommitmentRow",
    "Holder",
    "ItemRows",
    "OpenItemRow",
    "Parsed",
    "PartnerRow",
    "RowError",
    "SupplyRow",
    "parse_aged_balance",
    "parse_commitments",
    "parse_open_items",
    "parse_partners",
    "parse_supplies",
]


def parse_open_items(
    table: Table, *, today: date, source: Source = DETECTED, **known: Unpack[Known]
) -> Parsed[OpenItemRow]:
    """Turn a table into open items; a FEC is recognised by its columns (domain 6.3)."""
    parse = parse_fec if is_fec(table.headers) else parse_listed
    return parse(table, today=today, source=source, **known)
