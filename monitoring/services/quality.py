"""How good the master data is: counts, the lists behind them, and the trend; all of it counted by the database."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from companies.choices import CompanyStatus, LinkState
from companies.models import Account, Company, DuplicatePair, FieldDifference
from companies.rules.identifiers import FRENCH_TERRITORIES, Check, check_siren, check_siret, check_vat
from monitoring.choices import Identifier
from monitoring.models import IdentifierFlaw, QualityDay, RefreshPolicy, Standing
from monitoring.services.renewal import under

TREND_DAYS = 90
NO_NUMBER = Q(registration_number="", siret="", vat_number="")
CURRENT = Q(company__merged_into=None) & (
    Q(kind=Identifier.REGISTRATION_NUMBER, value=F("company__registration_number"))
    | Q(kind=Identifier.SIRET, value=F("company__siret"))
    | Q(kind=Identifier.VAT_NUMBER, value=F("company__vat_number"))
)
"""Flaws of values that are still there: what was corrected a second ago is no flaw any more."""


@dataclass(frozen=True)
class List:
    """A list to work on: which companies, and how its page finds them."""

    slug: str
    label: Promise
    rows: Callable[[datetime], QuerySet[Company]]


def check_identifiers(companies: Iterable[int]) -> int:
    """Look at the identifiers of these companies again. Returns how many are invalid; two queries when none moved."""
    pks = list(companies)
    columns = ("pk", "country", "registration_number", "siret", "vat_number")
    wrong = {
        (row[0], kind): (flaw, value)
        for row in Company.objects.filter(pk__in=pks).values_list(*columns)
        for kind, flaw, value in flaws(str(row[1]), row[2], row[3], row[4])
    }
    known = {(one.company_id, one.kind): one for one in IdentifierFlaw.objects.filter(company__in=pks)}
    gone = [one.pk for key, one in known.items() if wrong.get(key) != (one.flaw, one.value)]
    if gone:
        IdentifierFlaw.objects.filter(pk__in=gone).delete()
    fresh = [
        IdentifierFlaw(company_id=pk, kind=kind, flaw=flaw, value=value)
        for (pk, kind), (flaw, value) in wrong.items()
        if (pk, kind) not in known or known[pk, kind].pk in gone
    ]
    if fresh:
        IdentifierFlaw.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(wrong)


def flaws(country: str, number: str, siret: str, vat: str) -> Iterator[tuple[str, str, str]]:
    """Identifier, flaw and value for each that cannot be right (domain 5.10). Foreign numbers have no known rule."""
    french = country in FRENCH_TERRITORIES
    checks: dict[str, tuple[str, Check | None]] = {
        Identifier.REGISTRATION_NUMBER: (number, check_siren(number) if french and number else None),
        Identifier.SIRET: (siret, check_siret(siret) if siret else None),
        Identifier.VAT_NUMBER: (vat, check_vat(vat, country or "FR") if vat else None),
    }
    for kind, (value, check) in checks.items():
        if check is not None and check.flaw is not None:
            yield kind, check.flaw.value, value


def stale(now: datetime) -> Q:
    """Standings of linked companies without a report, or with one that is older than the policy of their cell."""
    lines = list(RefreshPolicy.objects.all())
    old = Q(pk__in=[])
    for line in lines:
        if line.max_age_days is not None:
            cutoff = now - timedelta(days=line.max_age_days)
            old |= Q(under(line, lines), cell=line.cell, reported_at__lt=cutoff)
    return Q(link_state=LinkState.LINKED) & (Q(reported_at=None) | old)


def _in_state(state: LinkState) -> Callable[[datetime], QuerySet[Company]]:
    return lambda now: Company.objects.filter(link_state=state)


def _standing(condition: Q) -> QuerySet[Company]:
    return Company.objects.filter(pk__in=Standing.objects.filter(condition).values("pk"))


def _invalid(kind: Identifier | None = None) -> Callable[[datetime], QuerySet[Company]]:
    def rows(now: datetime) -> QuerySet[Company]:
        found = IdentifierFlaw.objects.filter(CURRENT)
        found = found.filter(kind=kind) if kind else found
        return Company.objects.filter(pk__in=found.values("company"))

    return rows


def _without(condition: Q) -> Callable[[datetime], QuerySet[Company]]:
    return lambda now: Company.objects.filter(condition)


def _closed(now: datetime) -> QuerySet[Company]:
    accounts = Account.objects.filter(company=OuterRef("pk"))
    return _standing(Q(status=CompanyStatus.NON_ACTIVE)).filter(Exists(accounts))


def _old(now: datetime) -> QuerySet[Company]:
    return _standing(stale(now) & ~Q(reported_at=None))


LISTS = [
    List("unlinked", _("Not linked"), lambda now: Company.objects.unlinked()),
    List("review", _("To be reviewed"), _in_state(LinkState.REVIEW)),
    List("absent", _("Not found at Creditsafe"), _in_state(LinkState.ABSENT)),
    List("invalid", _("Invalid identifier"), _invalid()),
    List("invalid-number", _("Invalid registration number"), _invalid(Identifier.REGISTRATION_NUMBER)),
    List("invalid-siret", _("Invalid SIRET"), _invalid(Identifier.SIRET)),
    List("invalid-vat", _("Invalid VAT number"), _invalid(Identifier.VAT_NUMBER)),
    List("missing", _("No identifier at all"), _without(NO_NUMBER)),
    List("missing-number", _("No registration number"), _without(Q(registration_number=""))),
    List("missing-siret", _("No SIRET (France)"), _without(Q(siret="", country__in=sorted(FRENCH_TERRITORIES)))),
    List("missing-vat", _("No VAT number"), _without(Q(vat_number=""))),
    List("closed", _("Ceased, with accounts"), _closed),
    List("stale", _("Stale data"), lambda now: _standing(stale(now))),
    List("stale-old", _("Report too old for its cell"), _old),
    List("stale-never", _("Linked, never a report"), lambda now: _standing(stale(now) & Q(reported_at=None))),
]
BY_SLUG = {one.slug: one for one in LISTS}


@dataclass(frozen=True)
class Counts:
    """How many companies are in each list now, by slug, and how many there are in all."""

    companies: int
    linked: int
    lists: dict[str, int]
    duplicates: int
    differences: int


def counts(now: datetime) -> Counts:
    """Count every list: seven queries, however many companies there are."""
    no_siret = Q(siret="", country__in=sorted(FRENCH_TERRITORIES))
    told: dict[str, Any] = Company.objects.aggregate(
        companies=Count("pk"),
        linked=Count("pk", filter=Q(link_state=LinkState.LINKED)),
        unlinked=Count("pk", filter=~Q(link_state=LinkState.LINKED)),
        review=Count("pk", filter=Q(link_state=LinkState.REVIEW)),
        absent=Count("pk", filter=Q(link_state=LinkState.ABSENT)),
        missing=Count("pk", filter=NO_NUMBER),
        missing_number=Count("pk", filter=Q(registration_number="")),
        missing_siret=Count("pk", filter=no_siret),
        missing_vat=Count("pk", filter=Q(vat_number="")),
    )
    stale_q, account = stale(now), Account.objects.filter(company=OuterRef("pk"))
    told |= Standing.objects.aggregate(
        closed=Count("pk", filter=Q(Exists(account), status=CompanyStatus.NON_ACTIVE)),
        stale=Count("pk", filter=stale_q),
        stale_never=Count("pk", filter=stale_q & Q(reported_at=None)),
        stale_old=Count("pk", filter=stale_q & ~Q(reported_at=None)),
    )
    told |= IdentifierFlaw.objects.filter(CURRENT).aggregate(
        invalid=Count("company", distinct=True),
        invalid_number=Count("pk", filter=Q(kind=Identifier.REGISTRATION_NUMBER)),
        invalid_siret=Count("pk", filter=Q(kind=Identifier.SIRET)),
        invalid_vat=Count("pk", filter=Q(kind=Identifier.VAT_NUMBER)),
    )
    return Counts(
        companies=told.pop("companies"),
        linked=told.pop("linked"),
        lists={name.replace("_", "-"): number for name, number in told.items()},
        duplicates=DuplicatePair.objects.to_decide().count(),
        differences=FieldDifference.objects.open().count(),
    )


def count(*, now: datetime, today: date) -> QualityDay:
    """Remember the counts of today, with the identifiers of all companies looked at again."""
    pks = Company.objects.order_by("pk").values_list("pk", flat=True)
    batch: list[int] = []
    for pk in pks.iterator():
        batch.append(pk)
        if len(batch) == 500:
            check_identifiers(batch)
            batch = []
    check_identifiers(batch)
    return remember(counts(now), now=now, today=today)


def remember(found: Counts, *, now: datetime, today: date) -> QualityDay:
    """Store counts as those of a day; later ones of the same day take their place."""
    kept = ("review", "absent", "invalid", "missing", "closed", "stale")
    values = {
        "companies": found.companies, "linked": found.linked, "duplicates": found.duplicates,
        "differences": found.differences, "counted_at": now, **{name: found.lists[name] for name in kept},
    }  # fmt: skip
    return QualityDay.objects.update_or_create(day=today, defaults=values)[0]


MEASURES = {
    "linked": pgettext_lazy("quality", "Linked"),
    "review": _("To be reviewed"),
    "absent": _("Not found at Creditsafe"),
    "invalid": _("Invalid identifier"),
    "missing": _("No identifier at all"),
    "closed": _("Ceased, with accounts"),
    "stale": _("Stale data"),
    "duplicates": _("Possible duplicates"),
    "differences": _("Differences waiting"),
}


def trend(today: date) -> list[QualityDay]:
    """The days counted, oldest first, as far back as the page shows."""
    return list(QualityDay.objects.filter(day__gt=today - timedelta(days=TREND_DAYS)).order_by("day"))
