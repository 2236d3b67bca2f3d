"""The facts of companies that a standing is made of, read in a fixed number of queries per batch."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, Sum

from companies.choices import DocumentType, LinkState, RatingState, Role
from companies.models import Account, Company, OpenItem, Profile
from companies.rules.exposure import ExposurePolicy
from companies.rules.groups import ultimate_parents
from monitoring.choices import WatchState
from monitoring.models import Alert, ExposureSettings, Watch
from monitoring.services.counted import COMPANY, parts_by, risk_of
from monitoring.services.money import Rates, sums_by
from monitoring.services.scope import open_items, promises, receivable

ZERO = Decimal(0)
YEAR = timedelta(days=365)


@dataclass
class Facts:
    """Everything known of one company on a day. Amounts in the portfolio's currency."""

    company: dict[str, Any]
    roles: set[str] = field(default_factory=set)
    business_unit: str = ""
    analyst: str = ""
    head: int | None = None
    erp_limit: Decimal | None = None
    exposure: Decimal = ZERO
    overdue: Decimal = ZERO
    payable: Decimal = ZERO
    turnover: Decimal | None = None
    profile: dict[str, Any] | None = None
    credit_limit: Decimal | None = None
    contract_limit: Decimal | None = None
    rate_missing: bool = False
    open_alerts: int = 0
    watched: bool = False


def gather(pks: list[int], *, as_of: date, rates: Rates) -> list[Facts]:
    """Facts of these companies, in the order of their keys."""
    columns = ("id", "name", "country", "status", "link_state", "activity_code", "parent_id")
    found = {
        row["id"]: Facts(company=row) for row in Company.objects.filter(pk__in=pks).order_by("pk").values(*columns)
    }
    _accounts(found, rates)
    policy = ExposureSettings.current().rules()
    _open(found, rates, as_of, policy=policy)
    _turnover(found, rates, as_of)
    _profiles(found, rates)
    _attention(found)
    _heads(found)
    return list(found.values())


def _accounts(found: dict[int, Facts], rates: Rates) -> None:
    rows = (
        Account.objects.filter(company__in=found, closed_on=None)
        .order_by()
        .values("company_id", "role", "currency")
        # several accounts of one company share one limit (domain 5.1)
        .annotate(limit=Max("erp_limit"), unit=Max("business_unit"), analyst=Max("analyst"))
    )
    for row in rows:
        facts = found[row["company_id"]]
        facts.roles.add(row["role"])
        if row["role"] == Role.CLIENT or not facts.business_unit:
            facts.business_unit = row["unit"] or facts.business_unit
        if row["role"] == Role.CLIENT or not facts.analyst:
            facts.analyst = row["analyst"] or facts.analyst
        if row["role"] != Role.CLIENT or row["limit"] is None:
            continue
        limit = rates.convert(row["limit"], row["currency"])
        facts.rate_missing |= limit is None
        if limit is not None:
            facts.erp_limit = max(limit, facts.erp_limit or ZERO)


def _open(found: dict[int, Facts], rates: Rates, as_of: date, *, policy: ExposurePolicy) -> None:
    """What is owed both ways and what is promised; exposures are the rules' own, from the same parts as every page."""
    items = open_items().filter(account__company__in=found)
    ours = promises().filter(account__company__in=found)
    within = policy.orders_within_days
    parts, missing = parts_by(receivable(items), receivable(ours), as_of=as_of, rates=rates, within_days=within)
    for company, held in parts.items():
        found[company].exposure, found[company].overdue = risk_of(held, policy), held.overdue
    for company in missing:
        found[company].rate_missing = True
    owed = sums_by(items.filter(account__role=Role.SUPPLIER), COMPANY, {"payable": Q()}, rates=rates)
    for company, sums in owed.items():
        found[company].payable = sums.amount("payable")
        found[company].rate_missing |= bool(sums.missing)


def _turnover(found: dict[int, Facts], rates: Rates, as_of: date) -> None:
    """What the files showed of twelve months' invoices, open or settled since; one that no file showed is not in it."""
    invoices = OpenItem.objects.filter(account__company__in=found, type=DocumentType.INVOICE, amount__gt=0)
    year = invoices.filter(document_date__gt=as_of - YEAR, document_date__lte=as_of).exclude(
        account__role=Role.SUPPLIER
    )
    sums = year.order_by().values_list("account__company_id", "currency").annotate(Sum("amount"))
    for company, currency, amount in sums:
        converted = rates.convert(amount, currency)
        if converted is None:
            found[company].rate_missing = True
        else:
            found[company].turnover = converted + (found[company].turnover or ZERO)


def _heads(found: dict[int, Facts]) -> None:
    """The ultimate parent of each company that has one: a query for each level above, loops included."""
    parents: dict[int, int | None] = {pk: facts.company["parent_id"] for pk, facts in found.items()}
    while above := {parent for parent in parents.values() if parent is not None} - parents.keys():
        parents.update(Company.everyone.filter(pk__in=above).values_list("pk", "parent_id"))
        parents.update(dict.fromkeys(above - parents.keys()))
    heads = ultimate_parents(parents).heads
    for pk, facts in found.items():
        facts.head = None if heads[pk] == pk else heads[pk]


PROFILE = (
    "company_id", "connect_id", "rating", "rating_state", "score", "rated_on", "status", "in_proceeding",
    "credit_limit", "contract_limit", "currency", "reported_at",
)  # fmt: skip


def _profiles(found: dict[int, Facts], rates: Rates) -> None:
    for row in Profile.objects.filter(company__in=found).values(*PROFILE):
        facts = found[row["company_id"]]
        facts.profile = row
        for name in ("credit_limit", "contract_limit"):
            limit = rates.convert(row[name], row["currency"])
            facts.rate_missing |= row[name] is not None and limit is None
            setattr(facts, name, limit)


def _attention(found: dict[int, Facts]) -> None:
    counts = Alert.objects.to_treat().filter(company__in=found).order_by().values_list("company").annotate(Count("pk"))
    for company, count in counts:
        found[company].open_alerts = count
    linked = Profile.objects.filter(company=OuterRef("company"), connect_id=OuterRef("connect_id"))
    watched = Watch.objects.filter(Exists(linked), company__in=found, state=WatchState.WATCHED)
    for company in watched.values_list("company", flat=True):
        found[company].watched = True


def rating_state(facts: Facts) -> str:
    return facts.profile["rating_state"] if facts.profile else RatingState.UNKNOWN


def is_linked(facts: Facts) -> bool:
    return bool(facts.company["link_state"] == LinkState.LINKED)


def by_company(rows: Iterable[Any]) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.company_id].append(row)
    return grouped
