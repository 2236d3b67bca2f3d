"""What is wrong with an identifier, in words, and a list of companies as a file."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from companies.models import Company
from companies.rules.identifiers import Flaw
from monitoring.models import IdentifierFlaw
from monitoring.services.export import CHUNK, Sheet, Value

FLAWS: dict[str, Promise] = {
    Flaw.EMPTY: gettext_lazy("nothing in it"),
    Flaw.EXCEL_NUMBER: gettext_lazy("Excel turned it into a number"),
    Flaw.ALL_ZEROS: gettext_lazy("only zeros"),
    Flaw.LEADING_ZERO_LOST: gettext_lazy("its leading zero was lost"),
    Flaw.WRONG_LENGTH: gettext_lazy("wrong length"),
    Flaw.BAD_CHARACTERS: gettext_lazy("characters that do not belong there"),
    Flaw.BAD_CHECKSUM: gettext_lazy("its check digit is wrong"),
}


def flaw_words(flaw: IdentifierFlaw) -> str:
    """ "SIRET 48972424500036: its check digit is wrong"; a flaw that no rule knows any more is told by its code."""
    said = FLAWS.get(flaw.flaw, flaw.flaw)
    return _("%(kind)s %(value)s: %(flaw)s") % {"kind": flaw.get_kind_display(), "value": flaw.value, "flaw": said}


def sheet(rows: QuerySet[Company], lines: Callable[[list[Company]], Sequence[Any]]) -> Sheet:
    """A list as it is filtered, row by row. Words are looked up now: rows are read when the language may be gone."""
    head = [
        _("Company"), _("Country"), _("Registration number"), _("SIRET"), _("VAT number"), _("Postcode"), _("City"),
        _("Accounts"), _("Link"), _("Why"),
    ]  # fmt: skip
    states = {state: str(label) for state, label in Company._meta.get_field("link_state").flatchoices}
    return Sheet(head=head, rows=_rows(rows, lines, states))


def _rows(
    rows: QuerySet[Company], lines: Callable[[list[Company]], Sequence[Any]], states: dict[str, str]
) -> Iterator[list[Value]]:
    source = rows.iterator(chunk_size=CHUNK)
    while chunk := list(islice(source, CHUNK)):
        for line in lines(chunk):
            one = line.company
            yield [
                one.name, str(one.country), one.registration_number, one.siret, one.vat_number, one.postal_code,
                one.city, " ".join(account.code for account in one.accounts.all()), states[one.link_state],
                "; ".join(line.why),
            ]  # fmt: skip
