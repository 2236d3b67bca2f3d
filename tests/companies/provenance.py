"""Reports that say what a test wants of a company's fields, read as a worker reads them; and rows about fields."""

import json
from datetime import datetime, timedelta
from typing import Any

from companies.choices import CompanyField, Origin
from companies.models import Company, FieldDifference, FieldSource, Profile, ReportOrder
from companies.services import reports
from companies.services.reports import Asked
from tests import make
from tests.make import NOW

LATER = NOW + timedelta(days=30)


def linked(name: str = "Forges du Nord", **values: Any) -> Company:
    company = make.company(name, **values)
    make.profile(company, None, None, reported_at=None, connect_id=f"FR-X-NONE{company.pk}")
    company.refresh_from_db()
    return company


def body(company: Company, connect_id: str, **said: str) -> dict[str, Any]:
    """A report that says these fields and nothing else of them."""
    basic = {
        "registeredCompanyName": said.get("name", company.name),
        "country": str(company.country),
        "companyRegistrationNumber": said.get("registration_number", company.registration_number),
        "vatRegistrationNumber": said.get("vat_number", ""),
        "legalForm": {"description": said.get("legal_form", "")},
        "principalActivity": {"code": said.get("activity_code", ""), "description": said.get("activity", "")},
    }
    place = {name: said.get(column, "") for name, column in PLACE.items()}
    contact = {"mainAddress": place, "websites": [said["website"]] if "website" in said else []}
    report = {"companyIdentification": {"basicInformation": basic}, "contactInformation": contact}
    return {"companyId": connect_id, "language": "fr", "report": report}


PLACE = {"street": "street", "postalCode": "postal_code", "city": "city", "telephone": "phone"}


def reported(*pairs: tuple[Company, dict[str, str]], at: datetime = NOW) -> None:
    """One batch of reports, kept and read."""
    answers = []
    for company, said in pairs:
        connect_id = Profile.objects.get(company=company).connect_id
        order = ReportOrder.objects.create(
            company=company, reason="age", requested_at=at, state="ordering", token="test", lease_until=at
        )
        data = body(company, connect_id, **said)
        asked = Asked(order.pk, company.pk, connect_id, order.reason, attempts=1, lost=0, denied=False)
        answers.append(reports.received(asked, json.dumps(data).encode(), data, at))
    reports.keep(answers, token="test", now=at, until=at)
    assert reports.read(answers, token="test", now=at) == len(pairs)


def says(company: Company, at: datetime = NOW, **said: str) -> Company:
    """Creditsafe's report of one company, read. Returns the company as it then is."""
    reported((company, said), at=at)
    return Company.objects.get(pk=company.pk)


def typed(company: Company, field: str, value: str) -> Company:
    """A value that a user gave."""
    setattr(company, field, value)
    company.save()
    FieldSource.objects.update_or_create(company=company, field=field, defaults={"source": Origin.USER, "since": NOW})
    return company


def source(company: Company, field: str) -> str:
    """Who gave a field, as stored: "" is the file that nobody replaced."""
    return FieldSource.objects.filter(company=company, field=field).values_list("source", flat=True).first() or ""


def told(company: Company | None = None, state: str = "open") -> list[tuple[str, str, str, str]]:
    """Field, source, ours and theirs of the differences in a state."""
    rows = FieldDifference.objects.filter(state=state).order_by("company", "field", "source")
    rows = rows.filter(company=company) if company else rows
    return list(rows.values_list("field", "source", "ours", "theirs"))


def difference(company: Company, field: str = "phone", **values: Any) -> FieldDifference:
    """An open difference with Creditsafe, whose company has our value."""
    values = {
        "source": Origin.CREDITSAFE,
        "ours": getattr(company, field),
        "theirs": "0320999999",
        "seen_on": NOW,
    } | values
    return FieldDifference.objects.create(company=company, field=CompanyField(field), **values)
