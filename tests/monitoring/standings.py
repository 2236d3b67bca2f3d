"""Rows of the read model made by hand: what a page reads, without the facts behind it."""

from datetime import date, datetime, time
from typing import Any

from django.utils import timezone

from companies.choices import ChangeCause, CompanyStatus, LinkState, RatingState
from companies.models import Company
from monitoring.models import Position, Standing
from tests import make


def standing(company: Company | None = None, **values: Any) -> Standing:
    """A client that is rated and owes nothing."""
    company = company or make.company(values.pop("name", "Forges du Nord"))
    return Standing.objects.create(company=company, restated_at=make.NOW, **facts(company, **values))


def facts(company: Company, **values: Any) -> dict[str, Any]:
    base = {"name": company.name, "country": "FR", "is_client": True, "link_state": LinkState.LINKED, "score": 60}
    rated = {"rating_state": RatingState.RATED, "status": CompanyStatus.ACTIVE, "cell": "LOW-FAV"}
    return base | rated | values


def position(company: Company, day: date, until: date | None = None, **values: Any) -> Position:
    """What was shown of a company from a day until another."""
    known = [timezone.make_aware(datetime.combine(one, time(8))) if one else None for one in (day, until)]
    values = facts(company, **values)
    return Position.objects.create(
        company=company, cause=ChangeCause.REPORT, known_from=known[0], known_until=known[1], valid_from=day,
        valid_until=until, **values,
    )  # fmt: skip
