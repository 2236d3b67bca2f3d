"""What the sample ERP knows beside its open items: orders and deliveries of clients, and figures of suppliers."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from companies.creditsafe.sandbox.sample_partners import CLIENT, PROSPECT, SUPPLIER, Partner

CENT = Decimal("0.01")
WITH_ORDERS, WITH_DELIVERIES, PROSPECTS_ORDERING = 0.4, 0.22, 0.2
WITH_ADVANCES, WITH_TOOLING, SOLE = 0.25, 0.12, 0.1


@dataclass(frozen=True, slots=True)
class Promise:
    """An order or a delivery that is not invoiced, in euros; type CDE or BL."""

    partner: Partner
    document: str
    type: str
    ordered: date
    deliver_on: date | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Supplied:
    """The figures of a supplier; None is not in the ERP. `stock` and `daily_use` are in pieces."""

    partner: Partner
    advances: Decimal | None
    credit_notes: Decimal | None
    tooling: Decimal | None
    prepaid: Decimal | None
    purchases: Decimal
    stock: int | None
    daily_use: int | None
    days: int | None
    sole: bool
    set_off: bool


def promises(partner: Partner, owed: float, *, as_of: date, rng: Random) -> list[Promise]:
    """Orders in proportion to what is owed, most due within two months; deliveries of the last days."""
    chance = {CLIENT: WITH_ORDERS, PROSPECT: PROSPECTS_ORDERING}.get(partner.role, 0)
    basis = owed if partner.role == CLIENT else rng.uniform(4_000, 30_000)
    found = []
    if rng.random() < chance and basis > 0:
        for _n in range(rng.choice((1, 1, 2, 3))):
            due = None if rng.random() < 0.06 else as_of + timedelta(days=rng.randint(3, 110))
            ordered = as_of - timedelta(days=rng.randint(2, 60))
            found.append(Promise(partner, "", "CDE", ordered, due, _euros(basis * rng.uniform(0.03, 0.14))))
    if partner.role == CLIENT and owed > 0 and rng.random() < WITH_DELIVERIES:
        sent = as_of - timedelta(days=rng.randint(0, 6))
        found.append(Promise(partner, "", "BL", sent, sent, _euros(owed * rng.uniform(0.02, 0.09))))
    return found


def numbered(found: list[Promise], rng: Random) -> list[Promise]:
    """Number orders and deliveries in the order of their dates."""
    counters, done = {"CDE": 7_100, "BL": 15_600}, []
    for one in sorted(found, key=lambda row: (row.ordered, row.partner.account, row.amount)):
        counters[one.type] += rng.randint(1, 4)
        number = f"{one.type}{one.ordered:%y}{counters[one.type]:05d}"
        done.append(Promise(one.partner, number, one.type, one.ordered, one.deliver_on, one.amount))
    return sorted(done, key=lambda row: (row.partner.account, row.document))


def supplied(partner: Partner, owed: float, rng: Random) -> Supplied | None:
    """The figures of a supplier; a few have advances or tooling, every tenth is the only source."""
    if partner.role != SUPPLIER:
        return None
    purchases = max(owed, 6_000) * rng.uniform(4, 11)
    use, sole = rng.randint(8, 120), rng.random() < SOLE
    stocked = rng.random() < 0.8
    return Supplied(
        partner,
        advances=_euros(purchases * rng.uniform(0.02, 0.12)) if rng.random() < WITH_ADVANCES else None,
        credit_notes=_euros(purchases * rng.uniform(0.002, 0.02)) if rng.random() < 0.2 else None,
        tooling=_euros(rng.uniform(4_000, 60_000)) if rng.random() < WITH_TOOLING else None,
        prepaid=_euros(purchases * rng.uniform(0.01, 0.05)) if rng.random() < 0.08 else None,
        purchases=_euros(purchases),
        stock=use * rng.randint(5, 70) if stocked else None,
        daily_use=use if stocked else None,
        days=rng.choice((20, 30, 45, 60, 75, 90, 120)) if sole or rng.random() < 0.6 else None,
        sole=sole,
        set_off=rng.random() < 0.5,
    )


def _euros(amount: float) -> Decimal:
    return Decimal(max(amount, 50)).quantize(CENT)
