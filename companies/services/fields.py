"""One company's fields: each value with who gave it and since when, what the others say, and its whole history."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from companies.choices import CompanyField, DifferenceState, FieldActKind, Origin
from companies.models import Company, FieldDifference, FieldRule, Profile
from companies.rules.completion import Sameness, same
from companies.services import reports
from companies.services.provenance import FROM_ERP, Held, fitted, sources

VERSIONS = 400  # of one company, read to tell its history; older ones are in the administration
ACT = re.compile(r"(\w+) #(\d+)")
REPORT, LINK = "report", "link"


@dataclass(frozen=True, slots=True)
class Moment:
    """One field changed once: from what, to what, when, by whom and why. `act` is the person's act that did it."""

    field: str
    before: str
    after: str
    at: datetime
    who: str
    why: str
    file: str = ""
    act: int | None = None

    @property
    def label(self) -> str:
        return str(CompanyField(self.field).label)


@dataclass(slots=True)
class Other:
    """What another source says of a field. `alike` is the rule that calls it the same as ours."""

    source: Origin
    value: str = ""
    alike: Sameness | None = None
    difference: FieldDifference | None = None
    rule: FieldRule | None = None
    rule_for_all: FieldRule | None = None

    @property
    def is_open(self) -> bool:
        return self.difference is not None and self.difference.state == DifferenceState.OPEN

    @property
    def is_kept(self) -> bool:
        return self.difference is not None and self.difference.state == DifferenceState.KEPT


@dataclass(slots=True)
class FieldState:
    """A field as it is: the value, who gave it, since when, and what the other sources say."""

    name: str
    value: str
    held: Held
    others: list[Other] = field(default_factory=list)

    @property
    def label(self) -> str:
        return str(CompanyField(self.name).label)

    @property
    def is_open(self) -> bool:
        return any(other.is_open for other in self.others)


def states(company: Company, moments: list[Moment]) -> list[FieldState]:
    """Every field with its sources; as many queries for one difference as for fifty, and one report is unpacked."""
    known, said = sources([company.pk]), creditsafe_says(company)
    rows = FieldDifference.objects.current().filter(company=company)
    differences = {(row.field, row.source): row for row in rows}
    rules = list(
        FieldRule.objects.in_force().filter(company=company) | FieldRule.objects.in_force().filter(company=None)
    )
    found = []
    for name in CompanyField.values:
        value = getattr(company, name)
        held = known.get((company.pk, name)) or (_from_file(name, moments) if value else FROM_ERP)
        state = FieldState(name, value, held)
        for source in (Origin.CREDITSAFE, Origin.ERP):
            difference = differences.get((name, source))
            theirs = said.get(name, "") if source == Origin.CREDITSAFE else ""
            theirs = difference.theirs if difference else theirs
            other = Other(source, theirs, same(name, value, theirs) if theirs else None, difference)
            _with_rules(other, name, rules)
            if other.rule or other.rule_for_all or (theirs and source != held.source) or difference:
                state.others.append(other)
        found.append(state)
    return found


def _with_rules(other: Other, name: str, rules: list[FieldRule]) -> None:
    for rule in rules:
        if (rule.field, rule.source) == (name, other.source):
            if rule.company_id:
                other.rule = rule
            else:
                other.rule_for_all = rule


def creditsafe_says(company: Company) -> dict[str, str]:
    """The values of the latest report, by field; nothing without a report, or when it cannot be read."""
    profile = Profile.objects.select_related("report__body").filter(company=company).first()
    if profile is None or profile.report is None:
        return {}
    try:
        brief = reports.brief_of(profile.report.data())
    except Exception:  # whatever was stored, the page of the fields must show
        return {}
    return {name: fitted(name, value) for name, value in reports.said_by(brief).items()}


def _from_file(name: str, moments: list[Moment]) -> Held:
    """A value that no act and no report gave: the history knows the file and the day."""
    latest = next((moment for moment in moments if moment.field == name), None)
    return Held(Origin.ERP, latest.at, latest.file) if latest else FROM_ERP


def history(company: Company) -> list[Moment]:
    """What happened to the fields, newest first. One query, and one for the acts."""
    names = list(CompanyField.values)
    rows = company.history.select_related(None).order_by("-history_id")
    kept = rows.values(*names, "history_date", "history_type", "history_change_reason", "history_user__username")
    versions = list(kept[: VERSIONS + 1])
    whole = len(versions) <= VERSIONS
    pairs = list(zip(versions, [*versions[1:], *([{}] if whole else [])], strict=False))
    return [moment for after, before in pairs for moment in _moments(after, before, names)]


def _moments(after: dict[str, Any], before: dict[str, Any], names: list[str]) -> Iterator[Moment]:
    for name in names:
        old, new = before.get(name, ""), after[name]
        if old != new:
            why, file, act = _why(after)
            yield Moment(name, old, new, after["history_date"], after["history_user__username"] or "", why, file, act)


def _why(version: dict[str, Any]) -> tuple[str, str, int | None]:
    """Code of the cause, file and act of a version, as the services write them in its reason."""
    reason = version["history_change_reason"] or ""
    act = ACT.fullmatch(reason)
    if act and act[1] in FieldActKind.values:
        return act[1], "", int(act[2])
    if reason in {REPORT, LINK}:
        return reason, "", None
    if reason:
        return "import", reason, None
    return ("admin" if version["history_user__username"] else REPORT), "", None
