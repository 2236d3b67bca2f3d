"""From a table to rows of the domain, with all that is wrong at once: the way in for both kinds of file."""

from companies.imports.open_items import OpenItemRow, parse_open_items
from companies.imports.outcome import Parsed, RowError
from companies.imports.partners import PartnerRow, parse_partners

__all__ = ["OpenItemRow", "Parsed", "PartnerRow", "RowError", "parse_open_items", "parse_partners"]
