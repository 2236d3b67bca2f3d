"""Two reports as facts, for the rule that compares them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from companies.creditsafe.payloads import GroupMember, Report
from companies.creditsafe.payloads.values import dig, integer
from companies.rules.comparison import Chapter, Comparison, Fact, Value, compare
from companies.services.statements import years

MOST_YEARS = 10
# What `failedSections` names, and the chapter that then cannot be compared (API reference 2.4).
FAILED: Mapping[str, Chapter] = {
    "CompanyIdentification": Chapter.IDENTITY,
    "ContactInformation": Chapter.IDENTITY,
    "ShareCapitalStructure": Chapter.GROUP,
    "GroupStructure": Chapter.GROUP,
    "ExtendedGroupStructure": Chapter.GROUP,
    "CreditScore": Chapter.SOLVENCY,
    "Directors": Chapter.DIRECTORS,
    "GlobalFinancialStatements": Chapter.ACCOUNTS,
    "LocalFinancialStatements": Chapter.ACCOUNTS,
    "PaymentData": Chapter.PAYMENTS,
    "NegativeInformation": Chapter.JUDGMENTS,
    "AdditionalInformation": Chapter.HISTORY,
}


def changes(older: Report, newer: Report, *, older_data: Any = None, newer_data: Any = None) -> Comparison:
    """What the newer report says otherwise. `data` are the bodies as received, for what no field holds."""
    left_out = {FAILED[name] for one in (older, newer) for name in one.failed_sections if name in FAILED}
    return compare(facts(older, older_data), facts(newer, newer_data), left_out=left_out)


def facts(report: Report, data: Any = None) -> list[Fact]:
    """Everything of a report that is worth comparing; unknown values make no fact."""
    return [*_identity(report), *_solvency(report), *_accounts(report), *_judgments(report, data), *_others(report)]


def _single(chapter: Chapter, values: Mapping[str, Value | None], unit: str = "") -> Iterator[Fact]:
    for code, value in values.items():
        if value is not None and value != "":
            yield Fact(code, chapter, value, unit=unit)


def _identity(report: Report) -> Iterator[Fact]:
    place = report.address
    line = " ".join(filter(None, (place.house_number, place.street, place.postal_code, place.city)))
    status = "" if report.status == "unknown" else report.status
    yield from _single(
        Chapter.IDENTITY,
        {
            "status": status,
            "name": report.name,
            "trade_name": report.trade_name,
            "legal_form": report.legal_form,
            "address": line or place.text,
            "activity": report.activity_description or report.activity_code,
            "employees": report.employees,
            "registration_number": report.registration_number,
            "vat_number": report.vat_number,
            "court": report.court,
            "phone": report.phone,
            "website": report.website,
        },
    )
    yield from _single(Chapter.GROUP, {"capital": report.share_capital.value}, report.share_capital.currency)


def _solvency(report: Report) -> Iterator[Fact]:
    if report.rating_state != "unknown":
        rated = {"rating_state": report.rating_state, "rating": report.rating, "score": report.score}
        yield from _single(Chapter.SOLVENCY, {**rated, "pod": report.pod})
    limits = {"credit_limit": report.credit_limit, "contract_limit": report.contract_limit}
    yield from _single(Chapter.SOLVENCY, limits, report.currency)
    averages = {f"industry_{key}": value for key, value in report.industry_averages.items()}
    yield from (
        Fact("industry", Chapter.SOLVENCY, value, key=key, about=key.removeprefix("industry_"))
        for key, value in averages.items()
    )


def _accounts(report: Report) -> Iterator[Fact]:
    found = years(report, most=MOST_YEARS)
    for place, year in enumerate(found):
        key = year.end.isoformat()
        before = found[place + 1].turnover() if place + 1 < len(found) else None
        parts = {"turnover": year.turnover(), "before": before, "net_result": year.net_result()}
        yield Fact("accounts", Chapter.ACCOUNTS, year.end, key=key, unit=year.currency, on=year.end, parts=parts)
        figures = {"turnover": year.turnover(), "net_result": year.net_result(), "equity": year.equity()}
        for code, value in figures.items():
            if value is not None:
                yield Fact(
                    code, Chapter.ACCOUNTS, value, key=key, unit=year.currency, on=year.end, within=("accounts", key)
                )


def _judgments(report: Report, data: Any) -> Iterator[Fact]:
    yield from _single(Chapter.JUDGMENTS, {"proceeding": report.proceeding_kind})
    for ruling in report.judgments:
        label = ruling.label or ruling.details or ruling.code
        key = f"{_day(ruling.date)} {ruling.code or ruling.label.casefold()} {ruling.court.casefold()}"
        yield Fact("judgment", Chapter.JUDGMENTS, label, key=key, about=ruling.code, on=ruling.date)
    for notice in report.proceedings:
        on = notice.date or notice.published_on
        key = f"{notice.source} {_day(on)} {notice.label.casefold()} {notice.court.casefold()}"
        yield Fact("notice", Chapter.JUDGMENTS, notice.label or notice.details, key=key, on=on)
    told = report.privileges
    counts = {"privileges": told.active, "privileges_social": told.social, "privileges_tax": told.tax}
    raw = dig(data, "report") or data
    counts |= {
        "ccj": integer(dig(raw, "negativeInformation", "ccjSummary", "exactRegistered")),
        "mortgages": integer(dig(raw, "additionalInformation", "mortgageSummary", "outstanding")),
    }
    yield from _single(Chapter.JUDGMENTS, counts)


def _others(report: Report) -> Iterator[Fact]:
    pay = report.payment
    trend = "" if pay.trend == "TrendNotAvailable" else pay.trend
    yield from _single(Chapter.PAYMENTS, {"dbt": pay.dbt, "industry_dbt": pay.industry_dbt, "payment_trend": trend})
    for one in report.directors:
        key = one.director_id or one.name.casefold()
        yield Fact("director", Chapter.DIRECTORS, one.position, key=key, about=one.name, on=one.appointed_on)
    yield from _group(report)
    for line in report.company_history:
        yield Fact("event", Chapter.HISTORY, line.text, key=f"{_day(line.date)} {line.text.casefold()}", on=line.date)
    for notice in report.gazettes:
        label = notice.description or notice.name or notice.type
        key = f"{_day(notice.published_on)} {notice.type} {label}".casefold()
        yield Fact("gazette", Chapter.HISTORY, label, key=key, about=notice.type, on=notice.published_on)
    for remark in report.commentaries:
        yield Fact("commentary", Chapter.SOLVENCY, remark.tone, key=remark.text.casefold(), about=remark.text)


def _group(report: Report) -> Iterator[Fact]:
    group = report.group
    for code, member in (("ultimate_parent", group.ultimate_parent), ("parent", group.immediate_parent)):
        if member is not None and member.name:
            yield Fact(code, Chapter.GROUP, member.name)
    yield from _members("subsidiary", group.subsidiaries)
    yield from _members("affiliate", group.affiliates)
    for one in report.shareholders:
        share: Decimal | str = "" if one.percent is None else one.percent
        yield Fact("shareholder", Chapter.GROUP, share, key=one.connect_id or one.name.casefold(), about=one.name)


def _members(code: str, members: Iterable[GroupMember]) -> Iterator[Fact]:
    for one in members:
        yield Fact(code, Chapter.GROUP, one.status, key=one.connect_id or one.name.casefold(), about=one.name)


def _day(on: date | None) -> str:
    return on.isoformat() if on else ""
