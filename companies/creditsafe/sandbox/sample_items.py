"""The open items of the sample ERP export: what each client owes us and what we owe each supplier."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from companies.creditsafe.sandbox.sample_partners import CLIENT, PROSPECT, Partner, kind

CENT = Decimal("0.01")
LARGEST = 620_000  # of one client, so that nobody makes up the whole ledger
OVER_LIMIT, OVER_CEILING, IDLE = 0.08, 0.115, 0.04  # shares of the clients; those without limit come on top
_EUROS = {"EUR": 1.0, "GBP": 1.15, "USD": 0.92, "SEK": 0.088}
# Class -> share of its invoices that is overdue, and mean of their days late.
_LATENESS = {
    "A": (0.13, 18), "B": (0.2, 28), "C": (0.3, 48), "D": (0.55, 75), "failed": (0.95, 140), "unrated": (0.3, 45),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One open item. Amounts in euros: positive when the client owes us, or when we owe the supplier."""

    partner: Partner
    document: str
    type: str
    issued: date
    due: date | None
    amount: Decimal


def limit_in_euros(partner: Partner) -> float | None:
    """The bureau's limit at rough rates; None when it gives no figure."""
    company = partner.company
    if company is None or not company.standing.limit.isdigit():
        return None
    return int(company.standing.limit) * _EUROS[company.currency]


def _client_target(partner: Partner, rng: Random) -> float:
    """What a client owes: most within the bureau's limit, some above, little for those without one."""
    limit, place = limit_in_euros(partner), rng.random()
    grade = kind(partner.company) if partner.company else "unrated"
    if limit is None:
        return rng.uniform(8_000, 120_000)
    if limit == 0:
        keeps = grade == "failed" or place < 0.5
        return rng.uniform(4_000, 75_000) if keeps else 0
    if place < IDLE:
        return 0
    if place < IDLE + OVER_LIMIT and limit < 400_000:
        return limit * rng.uniform(1.05, 1.7)
    wanted = limit * rng.choice((rng.uniform(0.03, 0.35), rng.uniform(0.3, 0.92)))
    return min(wanted, LARGEST * rng.uniform(0.3, 1))


def target(partner: Partner, rng: Random) -> float:
    if partner.role == PROSPECT:
        return 0
    if partner.role == CLIENT:
        return _client_target(partner, rng)
    return 0 if rng.random() < 0.05 else min(rng.lognormvariate(10.6, 1.0), LARGEST)


def _round_figure(amount: float) -> int:
    for step in (100_000, 50_000, 10_000, 5_000, 1_000):
        if amount >= step * 4:
            return round(amount / step) * step
    return 1_000 * max(1, round(amount / 1_000))


def ceiling(partner: Partner, owed: float, rng: Random) -> int | None:
    """The ERP's own ceiling: a round figure, now and then below what is owed; none for the others than clients."""
    if partner.role != CLIENT or rng.random() < 0.06:
        return None
    if owed and rng.random() < OVER_CEILING:
        return _round_figure(owed * rng.uniform(0.55, 0.88))
    return _round_figure(max(owed * rng.uniform(1.12, 2.2), 3_000)) if owed else rng.choice((2_000, 5_000, 10_000))


def _weekday(day: date) -> date:
    return day - timedelta(days=max(0, day.weekday() - 4))


def _dates(partner: Partner, as_of: date, *, late: bool, rng: Random) -> tuple[date, date]:
    """Return (issued, due), due after the as-of day or before it as wanted."""
    grade = kind(partner.company) if partner.company else "unrated"
    mean = _LATENESS.get(grade, _LATENESS["unrated"])[1]
    if late:
        days = min(1 + int(rng.expovariate(1 / mean)), 340)
        issued = _weekday(as_of - timedelta(days=partner.terms.days + days))
        while partner.terms.due(issued) >= as_of:
            issued = _weekday(issued - timedelta(days=9))
    else:
        span = partner.terms.days + (25 if partner.terms.month_end else -1)
        issued = _weekday(as_of - timedelta(days=rng.randint(0, max(span, 0))))
        while partner.terms.due(issued) < as_of and issued < as_of:
            issued += timedelta(days=3)
        issued = min(_weekday(issued), as_of)
    return issued, partner.terms.due(issued)


def _parts(total: float, count: int, rng: Random) -> list[Decimal]:
    shares = [rng.lognormvariate(0, 0.6) for _ in range(count)]
    parts = [(Decimal(total * share / sum(shares))).quantize(CENT) for share in shares]
    return [part for part in parts if part > 0]


def _credits(partner: Partner, owed: float, *, as_of: date, rng: Random) -> list[Item]:
    """A credit note here, a payment not yet allocated there; payments have no due date."""
    items = []
    for type_, chance, low, high in (("AV", 0.3, 0.01, 0.05), ("RG", 0.2, 0.02, 0.08)):
        if rng.random() < chance:
            issued = _weekday(as_of - timedelta(days=rng.randint(2, 55)))
            amount = Decimal(owed * rng.uniform(low, high)).quantize(CENT)
            items.append(Item(partner, "", type_, issued, issued if type_ == "AV" else None, -amount))
    return items


def items_of(partner: Partner, owed: float, *, as_of: date, rng: Random) -> list[Item]:
    """The open items of a partner, worth what is owed; documents are numbered later."""
    if owed <= 0:
        return []
    credited = _credits(partner, owed, as_of=as_of, rng=rng)
    count = max(1, min(22, round(rng.uniform(1, 5) + owed**0.5 / 56)))
    share = _LATENESS.get(kind(partner.company) if partner.company else "unrated", _LATENESS["unrated"])[0]
    rows = []
    for amount in _parts(owed - float(sum(item.amount for item in credited)), count, rng):
        issued, due = _dates(partner, as_of, late=rng.random() < share, rng=rng)
        rows.append(Item(partner, "", "FA", issued, due, amount))
    return rows + credited


def numbered(items: list[Item], rng: Random) -> list[Item]:
    """Number the documents: ours in the order of their dates, the suppliers' as each of them does."""
    counters = {"FA": 4_100, "AV": 310, "RG": 8_800}
    done = []
    for item in sorted(items, key=lambda one: (one.issued, one.partner.account, one.amount)):
        counters[item.type] += rng.randint(1, 5)
        document = f"{item.type}{item.issued:%y}{counters[item.type]:05d}"
        if item.partner.role != CLIENT and item.type == "FA":
            document = f"{item.issued:%Y}/{counters['FA']:05d}"
        done.append(Item(item.partner, document, item.type, item.issued, item.due, item.amount))
    return sorted(done, key=lambda one: (one.partner.account, one.issued, one.document))
