"""A second opinion on exposure, ageing and KPIs, written from the formulas of domain 5.1, 5.7, 5.9 and 5.13 without a
line of companies.rules: whole cents, exact fractions, day numbers, and the plainest loop that does it.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from random import Random
from typing import NamedTuple

KINDS = ("invoice", "invoice", "invoice", "invoice", "credit_note", "payment", "bill", "other")
BUCKETS = ("not_due", "1_30", "31_60", "61_90", "over_90", "no_due_date", "credits")


class Line(NamedTuple):
    """An open item; days are ordinals, amounts cents of its currency, positive when owed to us."""

    account: int
    kind: str
    cents: int
    dated: int
    due: int | None = None
    currency: str = "EUR"
    disputed: bool = False
    matched: bool = False


class Promise(NamedTuple):
    """An order."""

    cents: int
    deliver: int | None
    delivered: bool


class Choice(NamedTuple):
    """The switches of a policy; `share` in thousandths."""

    netting: str = "all"
    bills: bool = True
    delivered: bool = True
    disputed: bool = True
    share: int = 1000
    within: int | None = None
    on_due: bool = True
    net_oldest: bool = False
    credits_netted: bool = False


class Ledger(NamedTuple):
    """All that is known of one company on a day. `terms` are days and "net", "month first" or "days first"; `rates` a
    currency, a day and ten-thousandths of a euro; `sales` days and cents, newest first.
    """

    today: int
    lines: tuple[Line, ...] = ()
    promises: tuple[Promise, ...] = ()
    sales: tuple[tuple[int, int], ...] = ()
    terms: tuple[int, str] | None = None
    rates: tuple[tuple[str, int, int], ...] = ()
    opening: int = 0


class Aged(NamedTuple):
    """Cents by bucket, and two shares of them."""

    buckets: dict[str, int]
    over_120: int
    estimated: int


def generate(seed: int, count: int) -> Iterator[tuple[Ledger, Choice]]:
    """Yield ledgers and policies, irregular on purpose: ties, zeros, missing dates, credit balances, odd currencies."""
    random = Random(seed)
    for _ in range(count):
        yield _ledger(random), _choice(random)


def _ledger(random: Random) -> Ledger:
    today = date(2026, 1, 1).toordinal() + random.randrange(365)
    months = random.choice((0, 1, 3, 12))
    return Ledger(
        today,
        lines=tuple(_line(random, today) for _ in range(random.randrange(14))),
        promises=tuple(_promise(random, today) for _ in range(random.randrange(4))),
        sales=tuple((random.randrange(28, 32), _sold(random)) for _ in range(months)),
        terms=random.choice((None, (30, "net"), (60, "net"), (45, "month first"), (45, "days first"))),
        rates=(("USD", today - 40, 9200), ("USD", today - random.randrange(-5, 30), 8765), ("GBP", today + 1, 11700)),
        opening=random.randrange(10**6),
    )


def _sold(random: Random) -> int:
    """Mostly sales, sometimes nothing, sometimes more credit notes than sales."""
    return random.choice((0, -1, *(1,) * 12)) * random.randrange(10**6)


def _line(random: Random, today: int) -> Line:
    kind = random.choice(KINDS)
    credit = (kind in {"credit_note", "payment"}) != (random.random() < 0.05)
    late = random.choice((None, 0, 1, 30, 31, 60, 61, 90, 91, 120, 121, *random.choices(range(-60, 400), k=6)))
    return Line(
        account=random.randrange(3),
        kind=kind,
        cents=random.choice((0, 1, *random.choices(range(10**6), k=30))) * (-1 if credit else 1),
        dated=today - random.randrange(200),
        due=None if late is None else today - late,
        currency=random.choice(("EUR",) * 8 + ("USD", "GBP")),
        disputed=random.random() < 0.1,
        matched=random.random() < 0.3,
    )


def _promise(random: Random, today: int) -> Promise:
    deliver = random.choice((None, today + 30, today + 31, today + random.randrange(-10, 90)))
    return Promise(random.randrange(10**6), deliver, random.random() < 0.3)


def _choice(random: Random) -> Choice:
    def flag() -> bool:
        return random.random() < 0.5

    return Choice(
        netting=random.choice(("all", "matched", "none")),
        bills=flag(),
        delivered=flag(),
        disputed=flag(),
        share=random.choice((0, 500, 1000, random.randrange(1001))),
        within=random.choice((None, 0, 30)),
        on_due=flag(),
        net_oldest=flag(),
        credits_netted=flag(),
    )


def half_up(value: Fraction, places: int = 0) -> Fraction:
    """Round half away from zero."""
    scale = 10**places
    size = abs(value) * scale
    whole = (2 * size.numerator + size.denominator) // (2 * size.denominator)
    return Fraction(whole if value >= 0 else -whole, scale)


def in_euros(ledger: Ledger) -> tuple[list[Line], dict[str, int]]:
    """Return the lines in euros, and the cents that no rate of the day converts, by currency."""
    converted, missing = [], dict[str, int]()
    for line in ledger.lines:
        rates = sorted((day, rate) for code, day, rate in ledger.rates if code == line.currency and day <= ledger.today)
        if line.currency == "EUR":
            converted.append(line)
        elif rates:
            cents = half_up(Fraction(line.cents * rates[-1][1], 10000))
            converted.append(line._replace(cents=int(cents), currency="EUR"))
        else:
            missing[line.currency] = missing.get(line.currency, 0) + line.cents
    return converted, missing


def due_of(line: Line, terms: tuple[int, str] | None) -> tuple[int | None, bool]:
    """Return the due day of a line, and whether the terms made it."""
    if line.due is not None:
        return line.due, False
    if terms is None:
        return None, False
    days, method = terms
    if method == "net":
        return line.dated + days, True
    return (_last_of_month(line.dated) + days if method == "month first" else _last_of_month(line.dated + days)), True


def _last_of_month(ordinal: int) -> int:
    while date.fromordinal(ordinal + 1).day != 1:
        ordinal += 1
    return ordinal


def exposures(ledger: Ledger, choice: Choice) -> tuple[int, int]:
    """Return the accounting and the risk exposure in cents (domain 5.1)."""
    balance, risk = 0, Fraction(0)
    for line in in_euros(ledger)[0]:
        due, _ = due_of(line, ledger.terms)
        balance += line.cents
        if line.cents < 0:
            counted = choice.netting == "all" or (choice.netting == "matched" and line.matched)
        elif line.kind == "bill" and (due is None or due >= ledger.today):
            counted = choice.bills
        else:
            counted = choice.disputed or not line.disputed
        risk += line.cents if counted else 0
    orders = 0
    for promise in ledger.promises:
        if promise.delivered:
            risk += promise.cents if choice.delivered else 0
        elif choice.within is None or promise.deliver is None or promise.deliver <= ledger.today + choice.within:
            orders += promise.cents
    return balance, int(risk + half_up(Fraction(orders * choice.share, 1000)))


def aged(ledger: Ledger, choice: Choice) -> Aged:
    """Return the balance by age (domain 5.9)."""
    lines = in_euros(ledger)[0]
    debts = [_debt(line, ledger, choice) for line in lines if line.cents >= 0]
    credit = sum(line.cents for line in lines if line.cents < 0)
    if choice.net_oldest:
        # the oldest first, of the same age the oldest document, and what has no age after all others
        debts.sort(key=lambda debt: (debt.age is None, -(debt.age or 0), debt.dated, debt.estimated))
        for place, debt in enumerate(debts):
            used = min(debt.cents, -credit)
            debts[place], credit = debt._replace(cents=debt.cents - used), credit + used
    result = dict.fromkeys(BUCKETS, 0)
    result["credits"] = credit
    for debt in debts:
        result[_bucket(debt.age)] += debt.cents
    over = sum(debt.cents for debt in debts if debt.age is not None and debt.age >= 121)
    return Aged(result, over, sum(debt.cents for debt in debts if debt.estimated))


class _Debt(NamedTuple):
    age: int | None
    cents: int
    dated: int
    estimated: bool


def _debt(line: Line, ledger: Ledger, choice: Choice) -> _Debt:
    due, estimated = due_of(line, ledger.terms)
    day = due if choice.on_due else line.dated
    return _Debt(None if day is None else ledger.today - day, line.cents, line.dated, estimated)


def _bucket(age: int | None) -> str:
    if age is None:
        return "no_due_date"
    if age < 1:
        return "not_due"
    if age < 31:
        return "1_30"
    if age < 61:
        return "31_60"
    return "61_90" if age < 91 else "over_90"


def kpis(ledger: Ledger, choice: Choice) -> dict[str, Fraction | str]:
    """Return the figures of domain 5.13, amounts in cents; a text is the reason why there is none."""
    not_due = overdue = undated = credit = late_days = age_days = 0
    for line in in_euros(ledger)[0]:
        due, _ = due_of(line, ledger.terms)
        if line.cents < 0:
            credit += line.cents if choice.credits_netted else 0
            continue
        if line.disputed and not choice.disputed:
            continue
        age_days += line.cents * (ledger.today - line.dated)
        if due is None:
            undated += line.cents
        elif due < ledger.today:
            overdue += line.cents
            late_days += line.cents * (ledger.today - due)
        else:
            not_due += line.cents
    debts, total, sold = (
        not_due + overdue + undated,
        not_due + overdue + undated + credit,
        sum(c for _, c in ledger.sales),
    )
    dso, best = countback(total, ledger.sales), countback(not_due, ledger.sales)
    found: dict[str, Fraction | str] = {
        "dso_countback": dso,
        "best_possible_dso": best,
        "average_delay": dso - best if isinstance(dso, Fraction) and isinstance(best, Fraction) else "",
        "dso_invoices": _over(age_days, debts, 2, "nothing_owed"),
        "overdue_share": _over(overdue, debts, 4, "nothing_owed"),
        "weighted_delay": _over(late_days, overdue, 2, "nothing_overdue"),
        "cei": _over(ledger.opening + sold - total, ledger.opening + sold - not_due, 4, "nothing_to_collect")
        if ledger.sales
        else "no_sales",
        "late_cost": half_up(Fraction(late_days * 5, 36500)),
    }
    if isinstance(found["average_delay"], str):
        found["average_delay"] = dso if isinstance(dso, str) else best
    if total < 0 < sold:
        found["dso_balance"] = "credit_balance"
    else:
        found["dso_balance"] = _over(total * sum(days for days, _ in ledger.sales), sold, 2, "no_sales")
    return found


def countback(owed: int, sales: Sequence[tuple[int, int]]) -> Fraction | str:
    """Walk back through the sales, a month of credit notes counting for nothing, until they make what is owed."""
    if sum(max(0, cents) for _, cents in sales) == 0:
        return "no_sales"
    if owed < 0:
        return "credit_balance"
    walked = Fraction(0)
    for days, cents in sales:
        if owed == 0:
            break
        taken = min(owed, max(0, cents))
        walked += Fraction(days * taken, cents) if cents > taken else days
        owed -= taken
    return half_up(walked, 2) if owed == 0 else "older_than_sales"


def concentration(amounts: Sequence[int], top: int) -> tuple[Fraction | str, Fraction | str]:
    """Return the index of Herfindahl and Hirschman and the share of the largest (domain 5.13)."""
    owed = sorted(amount for amount in amounts if amount > 0)
    squares = sum((Fraction(amount, sum(owed)) ** 2 for amount in owed), Fraction(0))
    return (half_up(squares, 4) if owed else "nothing_owed"), _over(sum(owed[-top:]), sum(owed), 4, "nothing_owed")


def _over(above: int, below: int, places: int, reason: str) -> Fraction | str:
    return half_up(Fraction(above, below), places) if below > 0 else reason
