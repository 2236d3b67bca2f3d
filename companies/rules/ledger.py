"""Open items in time: days late, ageing (domain 5.9), payment terms and due dates (domain 5.7)."""

import calendar
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from companies.choices import AgeingBucket

LONGEST_TERM = 360
"""Days; a longer term is taken for something else than a term."""

_UPPER_BOUNDS = (
    (0, AgeingBucket.NOT_DUE),
    (30, AgeingBucket.DAYS_1_30),
    (60, AgeingBucket.DAYS_31_60),
    (90, AgeingBucket.DAYS_61_90),
)
_CASH = re.compile(r"\b(?:COMPTANT|RECEPTION|IMMEDIAT|IMMEDIATE|CASH|AVANCE|CONTRE REMBOURSEMENT|ON RECEIPT|PREPAID)\b")
_DAYS = re.compile(r"\b(\d{1,3})\s*(?:JOURS?|JRS?|J|DAYS?|D)\b|\bNET\s+(\d{1,3})\b")
_END_OF_MONTH = re.compile(r"\b(?:FIN\s+(?:DE|DU)\s+MOIS|FIN\s+MOIS|FDM|EOM|END\s+OF\s+(?:THE\s+)?MONTH)\b")
_ON_DAY = re.compile(r"\b(?:LE|ON\s+THE|THE)\s+(\d{1,2})\b")


class Method(StrEnum):
    """How days and the end of the month combine; both readings are lawful (domain 5.7)."""

    NET = "net"
    MONTH_THEN_DAYS = "month_then_days"
    DAYS_THEN_MONTH = "days_then_month"


@dataclass(frozen=True, slots=True)
class Terms:
    """Payment terms: `days`, how they count, and the day of the month on which the debtor pays, if any."""

    days: int
    method: Method = Method.NET
    on_day: int | None = None


def days_late(due_date: date | None, as_of: date) -> int | None:
    """Return the days past due on `as_of`: negative before the due date, None without one. Due today is 0."""
    return None if due_date is None else (as_of - due_date).days


def bucket_of(due_date: date | None, as_of: date, amount: Decimal) -> AgeingBucket:
    """Return the ageing bucket of one open item; credits have their own, whatever their date (domain 5.9)."""
    if amount < 0:
        return AgeingBucket.CREDITS
    late = days_late(due_date, as_of)
    if late is None:
        return AgeingBucket.NO_DUE_DATE
    return next((bucket for bound, bucket in _UPPER_BOUNDS if late <= bound), AgeingBucket.DAYS_OVER_90)


def ageing(items: Iterable[tuple[date | None, Decimal]], as_of: date) -> dict[AgeingBucket, Decimal]:
    """Sum (due date, signed amount) pairs by bucket; every bucket is there, and together they make the balance."""
    sums = dict.fromkeys(AgeingBucket, Decimal(0))
    for due_date, amount in items:
        sums[bucket_of(due_date, as_of, amount)] += amount
    return sums


def due_date(document_date: date, terms: Terms) -> date:
    """Return when an invoice falls due under these terms (domain 5.7). A closed day is not moved."""
    if terms.method is Method.MONTH_THEN_DAYS:
        day = _end_of_month(document_date) + timedelta(days=terms.days)
    else:
        day = document_date + timedelta(days=terms.days)
    if terms.method is Method.DAYS_THEN_MONTH:
        day = _end_of_month(day)
    return day if terms.on_day is None else _next_on(day, terms.on_day)


def over_legal_term(document_date: date, due: date, method: Method = Method.DAYS_THEN_MONTH) -> bool:
    """Say whether a due date exceeds the LME maximum: 60 days net, or 45 days end of month, the later (domain 5.7)."""
    return due > max(due_date(document_date, Terms(60)), due_date(document_date, Terms(45, method)))


def parse_terms(text: str) -> Terms | None:
    """Read French or English wording of payment terms; None when it cannot be read with certainty.

    "45 jours fin de mois" counts the days and then goes to the end of the month; "fin de mois 45 jours" and
    "fin de mois + 45" the other way round (the two readings of domain 5.7).
    """
    words = _words(text)
    days, end, on_day = list(_DAYS.finditer(words)), _END_OF_MONTH.search(words), _on_day(words)
    numbers = len(re.findall(r"\d+", words)) - (on_day is not None)
    if "%" in words or numbers > 1 or on_day == 0:
        return None
    if not days:
        return _terms_without_days(words, ends=end is not None, on_day=on_day)
    count = int(days[0][1] or days[0][2])
    if count > LONGEST_TERM:
        return None
    if end is None:
        return Terms(count, Method.NET, on_day)
    after = end.start() < days[0].start()
    return Terms(count, Method.MONTH_THEN_DAYS if after else Method.DAYS_THEN_MONTH, on_day)


def _terms_without_days(words: str, *, ends: bool, on_day: int | None) -> Terms | None:
    if ends:
        added = re.search(r"\+\s*(\d{1,3})\b", words)
        return Terms(int(added[1]) if added else 0, Method.MONTH_THEN_DAYS, on_day)
    return Terms(0) if _CASH.search(words) else None


def _on_day(words: str) -> int | None:
    """Return the day of the month that is named, None without one, 0 for a day that no month has."""
    named = _ON_DAY.search(words)
    if named is None:
        return None
    return int(named[1]) if 1 <= int(named[1]) <= 31 else 0


def _words(text: str) -> str:
    flat = unicodedata.normalize("NFKD", text.upper())
    bare = "".join(c for c in flat if not unicodedata.combining(c))
    spaced = re.sub(r"(?<=\d)(?=[A-Z])", " ", re.sub(r"[.,;:()'’/-]", " ", bare))
    return " ".join(re.sub(r"\bJ\s*(?=FDM\b)|\bJFDM\b", "J FDM ", re.sub(r"\bFDM(?=\d)", "FDM LE ", spaced)).split())


def _end_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _next_on(day: date, on_day: int) -> date:
    """Return the first day numbered `on_day` from `day` on; a shorter month gives its last day."""
    here = min(on_day, calendar.monthrange(day.year, day.month)[1])
    if day.day <= here:
        return day.replace(day=here)
    following = _end_of_month(day) + timedelta(days=1)
    return following.replace(day=min(on_day, calendar.monthrange(following.year, following.month)[1]))
