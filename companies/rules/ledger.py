"""Open items in time: days late, ageing (domain 5.9), payment terms and due dates (domain 5.7)."""

import calendar
import re
import unicodedata
from collections.abc import Iterable, Mapping
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
_LATE = (AgeingBucket.DAYS_1_30, AgeingBucket.DAYS_31_60, AgeingBucket.DAYS_61_90, AgeingBucket.DAYS_OVER_90)
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


class Basis(StrEnum):
    """The date from which days are counted (domain 5.9); printed beside every ageing."""

    DUE = "due"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Item:
    """An open item. `amount` is positive for a debt, negative for a credit.

    `estimated` says that the due date comes from the terms, `matched` that a credit is allocated to a debt.
    """

    type: str
    amount: Decimal
    document_date: date
    due_date: date | None = None
    currency: str = "EUR"
    disputed: bool = False
    matched: bool = False
    estimated: bool = False

    @property
    def is_debt(self) -> bool:
        """Whether the item raises the balance; its sign decides, not its type."""
        return self.amount >= 0

    def day(self, basis: Basis) -> date | None:
        """Return the date that counts on this basis."""
        return self.due_date if basis is Basis.DUE else self.document_date


@dataclass(frozen=True, slots=True)
class Due:
    """When an item falls due, if known, and whether we worked that out ourselves."""

    day: date | None
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Ageing:
    """A balance by bucket; the buckets make the balance.

    `over_120` is the part of the bucket over 90 days that is later than 120, `estimated` the part of the debts whose
    due date we worked out: parts of the above, not further amounts.
    """

    basis: Basis
    as_of: date
    buckets: Mapping[AgeingBucket, Decimal]
    over_120: Decimal
    estimated: Decimal

    @property
    def balance(self) -> Decimal:
        """The sum of all buckets, credits included."""
        return sum(self.buckets.values(), Decimal(0))

    @property
    def overdue(self) -> Decimal:
        """The debts that are late on the chosen basis."""
        return sum((self.buckets[bucket] for bucket in _LATE), Decimal(0))

    def __add__(self, other: "Ageing") -> "Ageing":
        """Join two ageings of the same day and basis, such as those of a group's companies."""
        if (self.basis, self.as_of) != (other.basis, other.as_of):
            raise ValueError("ageings of different days or bases do not add up")
        buckets = {bucket: self.buckets[bucket] + other.buckets[bucket] for bucket in AgeingBucket}
        over, estimated = self.over_120 + other.over_120, self.estimated + other.estimated
        return Ageing(self.basis, self.as_of, buckets, over_120=over, estimated=estimated)


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


def ageing(items: Iterable[Item], as_of: date, *, basis: Basis = Basis.DUE, net_oldest: bool = False) -> Ageing:
    """Return the balance of items of one currency by bucket; every bucket is there (domain 5.9).

    Credits have their own column, unless `net_oldest` sets them against the oldest debts first; what no debt absorbs
    stays in that column. On the document basis the bucket "not due" holds what is dated on `as_of` or later.
    """
    found = list(items)
    debts = [(item, item.amount) for item in found if item.is_debt]
    credit = sum((item.amount for item in found if not item.is_debt), Decimal(0))
    if net_oldest:
        debts, credit = _net(debts, credit, basis)
    buckets, over, estimated = dict.fromkeys(AgeingBucket, Decimal(0)), Decimal(0), Decimal(0)
    buckets[AgeingBucket.CREDITS] = credit
    for item, amount in debts:
        day = item.day(basis)
        buckets[bucket_of(day, as_of, amount)] += amount
        over += amount if (days_late(day, as_of) or 0) > 120 else 0
        estimated += amount if item.estimated else 0
    return Ageing(basis, as_of, buckets, over_120=over, estimated=estimated)


def _net(
    debts: list[tuple[Item, Decimal]], credit: Decimal, basis: Basis
) -> tuple[list[tuple[Item, Decimal]], Decimal]:
    """Set a negative credit against the oldest debts; a debt without a date comes last, being of unknown age."""
    left = []
    for item, amount in sorted(debts, key=lambda debt: _seniority(debt[0], basis)):
        used = min(amount, -credit)
        credit += used
        left.append((item, amount - used))
    return left, credit


def _seniority(item: Item, basis: Basis) -> tuple[date, date, bool]:
    """Order debts from the oldest; of the same day by document, then those whose date is stated."""
    return item.day(basis) or date.max, item.document_date, item.estimated


def due_or_estimated(
    document_date: date, stated: date | None, terms: Terms | None, *, default: Terms | None = None
) -> Due:
    """Return the due date of the file, else the one that the customer's terms give, marked estimated (domain 5.7).

    `default` stands in for unknown terms, such as the legal 30 days; without it the due date stays unknown.
    """
    if stated is not None:
        return Due(stated)
    known = terms or default
    return Due(None) if known is None else Due(due_date(document_date, known), estimated=True)


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
