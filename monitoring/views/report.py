"""The sections of a stored credit report, laid out as the tabs of a company show them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.http import HttpRequest
from django.utils.dateformat import format as format_date
from django.utils.formats import get_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from companies import formats
from companies.creditsafe.payloads import Group, GroupMember, Judgment, Proceeding, Report
from companies.creditsafe.payloads.identity import siren_of
from companies.creditsafe.payloads.values import day, dig, first, mapping, number, rows, text
from monitoring.services import dossier, labels
from monitoring.services.dossier import Ours

DEEPEST = 6  # levels that the page indents
FIRST = 50  # lines of a long list at first; a link leads to all
MOST = 2000  # lines of one list, asked for or not; the report itself keeps them all
LONGEST = 600  # letters of one text of a free section
Row = TypeVar("Row")


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """A list cut to its first lines unless all were asked for; `total` counts what the report has."""

    key: str
    rows: Sequence[Row]
    total: int

    @property
    def is_cut(self) -> bool:
        return len(self.rows) < self.total


def listing(request: HttpRequest, key: str, found: Sequence[Row]) -> Listing[Row]:
    """The first lines, or all for `?all=<key>`."""
    most = MOST if request.GET.get("all") == key else FIRST
    return Listing(key, found[:most], len(found))


# Free sections


@dataclass(frozen=True, slots=True)
class Named:
    """A value with the words of its key, the key beside; `level` indents what lies deeper."""

    label: str
    code: str
    value: str
    level: int = 0


def named(part: object, *, without: Iterable[str] = (), level: int = 0, figures: bool = False) -> list[Named]:
    """The values of a section without a fixed layout; lists are left to those who know them.

    `figures`: texts of digits are amounts, as in the French payment data, and no codes.
    """
    left_out, found = set(without), []
    for key, value in mapping(part).items():
        if key in left_out or isinstance(value, list | tuple):
            continue
        if isinstance(value, Mapping):
            below = named(value, level=level + 1, figures=figures) if level < 3 else []
            found += [Named(labels.key_label(key), key, "", level), *below] if below else []
        elif worded := said(_amount(value) if figures else value):
            found.append(Named(labels.key_label(key), key, worded, level))
    return found


def _amount(value: object) -> object:
    found = number(value)
    return value if found is None else found


def said(value: object) -> str:
    """One value as people read it: a figure grouped, a date short, a known word translated."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | Decimal) and (figure := number(value)) is not None:
        return _number(figure)
    words = text(value)[:LONGEST]
    on = day(words) if len(words) >= 19 and words[4:5] == "-" and words[10:11] == "T" else None
    if on:
        return _date(on)
    known = labels.TRENDS.get(words) or labels.STATUSES.get(words) if len(words) > 1 else None
    return words if known is None else f"{known}"


def _number(figure: Decimal) -> str:
    places = 0 if figure == figure.to_integral_value() else 2
    return formats.number(figure, get_language() or "fr", places)


def _date(on: date) -> str:
    return format_date(on, get_format("SHORT_DATE_FORMAT"))


# Judgments


@dataclass(frozen=True)
class Trouble:
    """A judgment or a notice about a proceeding; `note` joins court, people and source, `code` is the bureau's."""

    on: date | None
    label: str
    note: str
    is_proceeding: bool
    code: str = ""
    kind: str = ""
    details: str = ""


def troubles(report: Report) -> list[Trouble]:
    """Judgments and notices together, newest first, undated last; the report repeats them by source."""
    found = [_notice(one) for one in report.proceedings] + [_judgment(one) for one in report.judgments]
    return sorted(dict.fromkeys(found), key=lambda one: one.on or date.min, reverse=True)


def _notice(one: Proceeding) -> Trouble:
    label, source = one.label or one.details, str(labels.SOURCES.get(one.source, one.source))
    note = _joined(one.court, one.representative, source)
    details = one.details if one.label else ""
    return Trouble(one.date or one.published_on, label, note, True, kind=one.kind, details=details[:LONGEST])


def _judgment(one: Judgment) -> Trouble:
    label = str(labels.JUDGMENTS.get(one.code.upper(), "")) or one.label or one.details or one.code
    note = _joined(one.label if label.casefold() != one.label.casefold() else "", one.court, *one.liquidators)
    details = one.details if label != one.details else ""
    return Trouble(one.date, label, note, False, code=one.code, kind=one.kind, details=details[:LONGEST])


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


@dataclass(frozen=True)
class Charge:
    """A mortgage or charge on the assets of a British company."""

    label: str
    created_on: date | None
    satisfied_on: date | None
    status: str
    holder: str
    details: str


def charges(request: HttpRequest, data: Mapping[str, Any]) -> Listing[Charge]:
    """`additionalInformation.mortgageDetails`, of which a report may hold hundreds: only those shown are read."""
    found = listing(request, "charges", rows(dig(data, "additionalInformation", "mortgageDetails")))
    return Listing(found.key, [_charge(row) for row in found.rows], found.total)


def _charge(row: Mapping[str, Any]) -> Charge:
    """One of them, whose keys vary."""
    return Charge(
        label=first(row, "mortgageType", "chargeType", "type", "description") or _("Charge"),
        created_on=day(first(row, "dateChargeCreated", "dateCreated", "date")),
        satisfied_on=day(first(row, "dateChargeSatisfied", "dateSatisfied")),
        status=first(row, "status"),
        holder=first(row, "personsEntitled", "lender", "holder"),
        details=first(row, "details", "mortgageDetails", "amountSecured")[:LONGEST],
    )


# Group


@dataclass(frozen=True)
class Relative:
    """A company of the group; `ours` is its company in the portfolio, `level` how deep it stands."""

    member: GroupMember
    role: str | Promise
    ours: Ours | None
    level: int
    is_self: bool = False

    @property
    def pk(self) -> int | None:
        return self.ours.pk if self.ours else None


def relatives(report: Report) -> list[Relative]:
    """The tree where there is one, then those it lacks, each once. Two queries find those that are ours."""
    shown = _merged(_members(report.group))[:MOST]
    known = dossier.ours((member.connect_id, member.country, _registered(member)) for member, _role in shown)
    return [_relative(member, role, known, report) for member, role in shown]


def _merged(members: Iterable[tuple[GroupMember, str | Promise]]) -> list[tuple[GroupMember, str | Promise]]:
    """Each company once, where it comes first, with the number that a later mention brings."""
    found: list[tuple[GroupMember, str | Promise]] = []
    places: dict[str, int] = {}
    for member, role in members:
        names = [name for name in (member.connect_id, f"{member.country} {member.name.casefold()}") if name.strip()]
        place = next((places[name] for name in names if name in places), None)
        if place is None:
            place = len(found)
            found.append((member, role))
        elif not found[place][0].registration_number and member.registration_number:
            told, first_role = found[place]
            found[place] = (replace(told, registration_number=member.registration_number), first_role or role)
        places |= dict.fromkeys(names, place)
    return found


def _relative(
    member: GroupMember, role: str | Promise, known: Mapping[tuple[str, str], Ours], report: Report
) -> Relative:
    ours = known.get(("", member.connect_id)) or known.get((member.country, _registered(member)))
    level = min(max(member.level or 0, 0), DEEPEST)
    return Relative(
        member, role, ours, level, is_self=bool(member.connect_id) and member.connect_id == report.connect_id
    )


def _registered(member: GroupMember) -> str:
    """The number by which we know companies: in France the SIREN, whatever establishment the report names."""
    return (siren_of(member.registration_number) if member.country == "FR" else "") or member.registration_number


def _members(group: Group) -> Iterator[tuple[GroupMember, str | Promise]]:
    top, parent = group.ultimate_parent, group.immediate_parent
    yield from ((member, "" if member.level else gettext_lazy("Ultimate parent")) for member in group.tree)
    yield from ((member, gettext_lazy("Ultimate parent")) for member in (top,) if member)
    yield from ((member, gettext_lazy("Parent")) for member in (parent,) if member)
    yield from ((member, gettext_lazy("Subsidiary")) for member in group.subsidiaries)
    yield from ((member, gettext_lazy("Same group")) for member in group.affiliates)


# Profile


@dataclass(frozen=True)
class Place:
    """An address with what it is."""

    role: str
    line: str
    note: str = ""


def places(data: Mapping[str, Any]) -> list[Place]:
    """Main, other and former addresses, then establishments."""
    contact = mapping(data.get("contactInformation"))
    found = [Place(_("Main address"), line) for line in _lines(contact.get("mainAddress"))]
    found += [Place(_("Other address"), line) for line in _lines(contact.get("otherAddresses"))]
    found += [Place(_("Former address"), line) for line in _lines(contact.get("previousAddresses"))]
    for row in rows(dig(data, "additionalInformation", "branches")):
        line = next(_lines(row.get("address")), "") or first(row, "companyName", "name")
        if line:
            status = labels.label(labels.STATUSES, first(row, "status"))
            found.append(Place(_("Establishment"), line, _joined(first(row, "companyNumber"), status)))
    return found


def _lines(value: object) -> Iterator[str]:
    for row in rows(value) or [{"simpleValue": value}]:
        line = first(row, "simpleValue") or _joined_line(row)
        if line:
            yield line


def _joined_line(row: Mapping[str, Any]) -> str:
    parts = (first(row, key) for key in ("houseNumber", "street", "postalCode", "postCode", "city", "country"))
    return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class Dated:
    """A text with the day from or until which it holds."""

    on: date | None
    text: str
    note: str = ""


def activities(data: Mapping[str, Any]) -> list[Dated]:
    """The classifications with their codes."""
    groups = rows(dig(data, "companyIdentification", "activityClassifications"))
    found = [
        Dated(
            None,
            first(row, "description") or first(row, "code"),
            _joined(first(row, "code"), first(one, "classification")),
        )
        for one in groups
        for row in rows(one.get("activities"))
    ]
    return [one for one in dict.fromkeys(found) if one.text]


def formers(data: Mapping[str, Any]) -> list[Dated]:
    """Former names and legal forms with the day of the change."""
    identity = mapping(data.get("companyIdentification"))
    kinds = (("previousNames", "name", _("Former name")), ("previousLegalForms", "legalForm", _("Former legal form")))
    found = [
        Dated(day(row.get("dateChanged")), first(row, key) or first(row.get(key), "description"), note)
        for part, key, note in kinds
        for row in rows(identity.get(part))
    ]
    return [one for one in dict.fromkeys(found) if one.text]


def headcounts(data: Mapping[str, Any]) -> list[Dated]:
    """Employees by year, as the texts they are (quirk 19)."""
    counted = rows(dig(data, "otherInformation", "employeesInformation"))
    return [
        Dated(None, text(row.get("numberOfEmployees")), text(row.get("year")))
        for row in counted
        if text(row.get("numberOfEmployees"))
    ]


def controllers(data: Mapping[str, Any]) -> list[Dated]:
    """Persons with significant control of a British company."""
    active = rows(dig(data, "additionalInformation", "personsWithSignificantControl", "activePSC"))
    return [
        Dated(
            day(first(row, "notifiedDate", "notifiedOn")),
            first(row, "name", "companyName"),
            first(row, "natureOfControl"),
        )
        for row in active
        if first(row, "name", "companyName")
    ]
