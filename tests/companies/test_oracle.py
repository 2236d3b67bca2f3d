"""Our rules against a second opinion, to the cent, on ten thousand ledgers; on 500 others in everyday runs."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import pytest

from companies.rules import exposure as ours
from companies.rules import kpis, ledger
from tests.companies import oracle
from tests.conftest import EVERYDAY
from tests.conftest import SEED as SEED_OF_THIS_RUN

CASES, SEED = (500, SEED_OF_THIS_RUN) if EVERYDAY else (10_000, 5)
METHODS = {
    "net": ledger.Method.NET,
    "month first": ledger.Method.MONTH_THEN_DAYS,
    "days first": ledger.Method.DAYS_THEN_MONTH,
}


class Case(NamedTuple):
    """The same ledger in both languages; `accounts` are our items in euros, account by account."""

    facts: oracle.Ledger
    choice: oracle.Choice
    as_of: date
    accounts: list[ours.Restated]

    @property
    def items(self) -> list[ledger.Item]:
        return [item for account in self.accounts for item in account.items]


def euros(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def cents(amount: Decimal) -> int:
    scaled = amount.scaleb(2)
    assert scaled == int(scaled), f"{amount} is not to the cent"
    return int(scaled)


def day(ordinal: int | None) -> date | None:
    return None if ordinal is None else date.fromordinal(ordinal)


def item_of(line: oracle.Line, facts: oracle.Ledger) -> ledger.Item:
    dated = date.fromordinal(line.dated)
    terms = None if facts.terms is None else ledger.Terms(facts.terms[0], METHODS[facts.terms[1]])
    due = ledger.due_or_estimated(dated, day(line.due), terms)
    flags = {"disputed": line.disputed, "matched": line.matched, "estimated": due.estimated}
    return ledger.Item(line.kind, euros(line.cents), dated, due.day, line.currency, **flags)


def case_of(facts: oracle.Ledger, choice: oracle.Choice) -> Case:
    as_of = date.fromordinal(facts.today)
    rates = [ours.Rate(code, date.fromordinal(known), Decimal(rate).scaleb(-4)) for code, known, rate in facts.rates]
    accounts = [
        ours.restate((item_of(line, facts) for line in facts.lines if line.account == account), rates, as_of)
        for account in sorted({line.account for line in facts.lines})
    ]
    return Case(facts, choice, as_of, accounts)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    print(f"TEST_SEED={SEED}")  # noqa: T201 - shown with a failure
    return [case_of(facts, choice) for facts, choice in oracle.generate(SEED, CASES)]


def parts_of(case: Case) -> ours.Parts:
    """The parts account by account, then joined, as a company with several accounts has them."""
    promises = [ours.Order(euros(p.cents), day(p.deliver), p.delivered) for p in case.facts.promises]
    within = case.choice.within
    parts = ours.parts_of([], case.as_of, orders=promises, orders_within_days=within)
    for account in case.accounts:
        parts += ours.parts_of(account.items, case.as_of)
    return parts


def policy_of(choice: oracle.Choice) -> ours.ExposurePolicy:
    return ours.ExposurePolicy(
        netting=ours.Netting(choice.netting),
        count_bills=choice.bills,
        count_delivered=choice.delivered,
        count_disputed=choice.disputed,
        orders_share=Decimal(choice.share).scaleb(-3),
        orders_within_days=choice.within,
    )


def test_exposures_agree_to_the_cent(cases):
    for case in cases:
        found = ours.exposure(parts_of(case), policy_of(case.choice))
        assert (cents(found.accounting), cents(found.risk)) == oracle.exposures(case.facts, case.choice), case.facts


def test_the_parts_of_an_exposure_add_up_to_it(cases):
    for case in cases:
        parts, policy = parts_of(case), policy_of(case.choice)
        made = sum(cents(part.amount) for part in ours.contributions(parts, policy))
        assert made == oracle.exposures(case.facts, case.choice)[1], case.facts


def test_ageings_agree_to_the_cent_and_add_up_to_the_balance(cases):
    for case in cases:
        basis = ledger.Basis.DUE if case.choice.on_due else ledger.Basis.DOCUMENT
        found = ledger.ageing(case.items, case.as_of, basis=basis, net_oldest=case.choice.net_oldest)
        buckets = {bucket.value: cents(amount) for bucket, amount in found.buckets.items()}
        assert (buckets, cents(found.over_120), cents(found.estimated)) == oracle.aged(case.facts, case.choice), (
            case.facts
        )
        assert sum(buckets.values()) == oracle.exposures(case.facts, case.choice)[0], case.facts


def test_amounts_without_a_rate_are_the_same_ones(cases):
    for case in cases:
        missing = dict[str, int]()
        for account in case.accounts:
            for code, amount in account.missing.items():
                missing[code] = missing.get(code, 0) + cents(amount)
        assert missing == oracle.in_euros(case.facts)[1], case.facts


def receivables_of(case: Case) -> kpis.Receivables:
    policy = kpis.KpiPolicy(count_disputed=case.choice.disputed, net_credits=case.choice.credits_netted)
    return kpis.receivables(case.items, case.as_of, policy)


def kpis_of(case: Case) -> dict[kpis.Formula, kpis.Kpi]:
    sales = [kpis.Sales(days, euros(sold)) for days, sold in case.facts.sales]
    return kpis.behaviour(receivables_of(case), sales, opening=euros(case.facts.opening), percent=Decimal(5))


def said(kpi: kpis.Kpi) -> Fraction | str:
    if kpi.value is None:
        return str(kpi.gap)
    return Fraction(kpi.value) * (100 if kpi.formula is kpis.Formula.LATE_COST else 1)


def test_kpis_agree_or_lack_for_the_same_reason(cases):
    for case in cases:
        found = {formula.value: said(kpi) for formula, kpi in kpis_of(case).items()}
        assert found == oracle.kpis(case.facts, case.choice), case.facts


def test_concentrations_agree_hundred_companies_at_a_time(cases):
    for start in range(0, CASES, 100):
        amounts = [oracle.exposures(case.facts, case.choice)[1] for case in cases[start : start + 100]]
        named = {number: euros(amount) for number, amount in enumerate(amounts)}
        assert (said(kpis.hhi(named)), said(kpis.top_share(named, 3))) == oracle.concentration(amounts, 3)


def test_the_receivables_of_all_companies_are_the_sum_of_theirs(cases):
    some = [case for case in cases if not case.choice.credits_netted][:1000]
    total = sum((receivables_of(case) for case in some), kpis.Receivables())
    assert total.debts == sum(receivables_of(case).debts for case in some)
    assert total.population.items + total.population.disputed_out == sum(
        item.is_debt for case in some for item in case.items
    )


def test_the_ledgers_reach_every_bucket_part_and_reason(cases):
    parts = [parts_of(case) for case in cases[:2000]]
    assert all(any(getattr(part, name) for part in parts) for name in ours.Parts.__dataclass_fields__)
    reasons = {kpi.gap for case in cases[:2000] for kpi in kpis_of(case).values()}
    never = {kpis.Gap.NO_OPENING, kpis.Gap.NO_RATE, kpis.Gap.NO_DELAY}
    assert reasons == {None, *kpis.Gap} - never
    buckets = [oracle.aged(case.facts, case.choice).buckets for case in cases[:2000]]
    assert all(any(found[bucket] for found in buckets) for bucket in oracle.BUCKETS)


REFERENCE = oracle.Ledger(
    100,
    lines=tuple(
        oracle.Line(0, kind, euro * 100, 0, due)
        for kind, euro, due in (
            ("invoice", 6000, 100),
            ("invoice", 4000, 99),
            ("bill", 1500, 120),
            ("credit_note", -700, None),
            ("payment", -500, None),
        )
    ),
    promises=(oracle.Promise(80000, None, True), oracle.Promise(120000, None, False)),
)


@pytest.mark.parametrize(
    ("choice", "risk"),
    [
        pytest.param(oracle.Choice(), 12300, id="domain 5.1: everything counts"),
        pytest.param(oracle.Choice(netting="none"), 13500, id="domain 5.1: no netting of credits"),
        pytest.param(oracle.Choice(share=500), 11700, id="domain 5.1: half of the orders"),
    ],
)
def test_the_oracle_knows_the_exposures_of_the_reference(choice, risk):
    assert oracle.exposures(REFERENCE, choice) == (1030000, risk * 100)


@pytest.mark.parametrize(
    ("owed", "days"), [(1000, "55"), (780, "41.8")], ids=["domain 5.13: countback", "domain 5.13: best possible"]
)
def test_the_oracle_knows_the_countback_of_the_reference(owed, days):
    assert oracle.countback(owed * 100, [(31, 60000), (30, 50000), (31, 45000)]) == Fraction(days)


def test_the_oracle_knows_the_concentration_of_the_reference():
    assert oracle.concentration([40, 30, 20, 10], 3) == (Fraction("0.3"), Fraction("0.9")), "domain 5.13"


@pytest.mark.parametrize(
    ("due", "bucket"),
    [
        ("2026-03-31", "not_due"),
        ("2026-03-30", "1_30"),
        ("2026-03-01", "1_30"),
        ("2026-02-28", "31_60"),
        ("2026-01-30", "31_60"),
        ("2026-01-29", "61_90"),
        ("2025-12-31", "61_90"),
        ("2025-12-30", "over_90"),
        (None, "no_due_date"),
    ],
)
def test_the_oracle_knows_the_buckets_of_the_reference(due, bucket):
    ordinal = None if due is None else date.fromisoformat(due).toordinal()
    facts = oracle.Ledger(date(2026, 3, 31).toordinal(), lines=(oracle.Line(0, "invoice", 100, 0, ordinal),))
    assert oracle.aged(facts, oracle.Choice()).buckets[bucket] == 100, "domain 5.9"
