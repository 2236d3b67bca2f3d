from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies.choices import AgeingBucket, DocumentType
from companies.rules.ledger import (
    Basis,
    Due,
    Item,
    Method,
    Terms,
    ageing,
    bucket_of,
    days_late,
    due_date,
    due_or_estimated,
    over_legal_term,
    parse_terms,
)

AS_OF = date(2026, 3, 31)
NET_60, A_45, B_45 = Terms(60), Terms(45, Method.MONTH_THEN_DAYS), Terms(45, Method.DAYS_THEN_MONTH)


@pytest.mark.parametrize(
    ("due", "days", "bucket"),
    [
        ("2026-04-15", -15, AgeingBucket.NOT_DUE),
        ("2026-03-31", 0, AgeingBucket.NOT_DUE),
        ("2026-03-30", 1, AgeingBucket.DAYS_1_30),
        ("2026-03-01", 30, AgeingBucket.DAYS_1_30),
        ("2026-02-28", 31, AgeingBucket.DAYS_31_60),
        ("2026-01-30", 60, AgeingBucket.DAYS_31_60),
        ("2026-01-29", 61, AgeingBucket.DAYS_61_90),
        ("2025-12-31", 90, AgeingBucket.DAYS_61_90),
        ("2025-12-30", 91, AgeingBucket.DAYS_OVER_90),
    ],
)
def test_ageing_buckets(due, days, bucket):
    due = date.fromisoformat(due)
    assert days_late(due, AS_OF) == days
    assert bucket_of(due, AS_OF, Decimal(1)) == bucket


def test_without_due_date_there_is_no_delay():
    assert days_late(None, AS_OF) is None
    assert bucket_of(None, AS_OF, Decimal(1)) == AgeingBucket.NO_DUE_DATE


def test_a_credit_is_in_its_own_column_whatever_its_date():
    assert bucket_of(date(2020, 1, 1), AS_OF, Decimal(-1)) == AgeingBucket.CREDITS
    assert bucket_of(None, AS_OF, Decimal(-1)) == AgeingBucket.CREDITS


def test_an_amount_of_0_is_no_credit():
    assert bucket_of(date(2026, 3, 30), AS_OF, Decimal(0)) == AgeingBucket.DAYS_1_30


amounts = st.decimals(-(10**9), 10**9, places=2)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))


items = st.builds(Item, st.just(DocumentType.INVOICE), amounts, days, st.none() | days, estimated=st.booleans())


def debt(amount, due=None, invoiced="2026-01-31", **more):
    kind = DocumentType.INVOICE if amount >= 0 else DocumentType.CREDIT_NOTE
    due = None if due is None else date.fromisoformat(due)
    return Item(kind, Decimal(amount), date.fromisoformat(invoiced), due, **more)


@given(st.lists(items), st.sampled_from(Basis), st.booleans())
def test_buckets_and_credits_add_up_to_the_balance(found, basis, net_oldest):
    aged = ageing(found, AS_OF, basis=basis, net_oldest=net_oldest)
    assert set(aged.buckets) == set(AgeingBucket)
    assert aged.balance == sum(item.amount for item in found)


@given(st.lists(items))
def test_netting_leaves_a_credit_only_where_there_is_no_debt_left(found):
    buckets = dict(ageing(found, AS_OF, net_oldest=True).buckets)
    credit = buckets.pop(AgeingBucket.CREDITS)
    assert credit == 0 or not any(buckets.values())
    assert all(amount >= 0 for amount in buckets.values())


@given(st.lists(items), st.lists(items), st.sampled_from(Basis))
def test_the_ageing_of_two_companies_is_the_sum_of_theirs(some, others, basis):
    assert ageing(some, AS_OF, basis=basis) + ageing(others, AS_OF, basis=basis) == ageing(
        some + others, AS_OF, basis=basis
    )


def test_ageings_of_different_bases_do_not_add_up():
    with pytest.raises(ValueError, match="do not add up"):
        ageing([], AS_OF) + ageing([], AS_OF, basis=Basis.DOCUMENT)


@pytest.mark.parametrize(
    ("basis", "bucket"),
    [(Basis.DUE, AgeingBucket.DAYS_1_30), (Basis.DOCUMENT, AgeingBucket.DAYS_31_60)],
    ids=["since the due date", "since the document date"],
)
def test_an_ageing_says_from_which_date_it_counts(basis, bucket):
    aged = ageing([debt(10, "2026-03-15")], AS_OF, basis=basis)
    assert (aged.basis, aged.as_of, aged.buckets[bucket]) == (basis, AS_OF, 10)


def test_on_the_document_date_nothing_lacks_a_date():
    assert ageing([debt(10)], AS_OF, basis=Basis.DOCUMENT).buckets[AgeingBucket.NO_DUE_DATE] == 0


@pytest.mark.parametrize(("due", "over"), [("2025-12-01", 0), ("2025-11-30", 10)], ids=["120 days", "121 days"])
def test_what_is_over_120_days_is_a_part_of_what_is_over_90(due, over):
    aged = ageing([debt(10, due)], AS_OF)
    assert (aged.buckets[AgeingBucket.DAYS_OVER_90], aged.over_120) == (10, over)


def test_credits_set_off_the_oldest_debts_first():
    found = [debt(100, "2026-03-15"), debt(50, "2025-01-01"), debt(-70), debt(30)]
    buckets = ageing(found, AS_OF, net_oldest=True).buckets
    assert {bucket: amount for bucket, amount in buckets.items() if amount} == {
        AgeingBucket.DAYS_1_30: 80,
        AgeingBucket.NO_DUE_DATE: 30,
    }


def test_what_is_overdue_is_neither_undated_nor_not_due_nor_credit():
    found = [debt(1), debt(2, "2026-04-01"), debt(4, "2026-03-30"), debt(8, "2025-01-01"), debt(-16)]
    assert ageing(found, AS_OF).overdue == 12


def test_debts_with_an_estimated_due_date_are_summed_apart():
    aged = ageing([debt(10, "2026-03-15", estimated=True), debt(5, "2026-03-15"), debt(-3, estimated=True)], AS_OF)
    assert aged.estimated == 10


INVOICE = date(2026, 1, 15)


@pytest.mark.parametrize(
    ("stated", "terms", "default", "due"),
    [
        pytest.param(date(2026, 2, 1), NET_60, Terms(30), Due(date(2026, 2, 1)), id="the file says it"),
        pytest.param(None, NET_60, Terms(30), Due(date(2026, 3, 16), estimated=True), id="domain 5.7: by the terms"),
        pytest.param(None, None, Terms(30), Due(date(2026, 2, 14), estimated=True), id="domain 5.7: by the default"),
        pytest.param(None, None, None, Due(None), id="nothing is known"),
    ],
)
def test_a_missing_due_date_follows_from_the_terms_and_says_so(stated, terms, default, due):
    assert due_or_estimated(INVOICE, stated, terms, default=default) == due


@pytest.mark.parametrize(
    ("invoice", "net", "a", "b"),
    [
        ("2026-01-15", "2026-03-16", "2026-03-17", "2026-03-31"),
        ("2026-01-31", "2026-04-01", "2026-03-17", "2026-03-31"),
        ("2026-02-28", "2026-04-29", "2026-04-14", "2026-04-30"),
        ("2026-03-10", "2026-05-09", "2026-05-15", "2026-04-30"),
        ("2026-10-05", "2026-12-04", "2026-12-15", "2026-11-30"),
        ("2026-10-22", "2026-12-21", "2026-12-15", "2026-12-31"),
        ("2025-04-10", "2025-06-09", "2025-06-14", "2025-05-31"),
    ],
)
def test_due_dates(invoice, net, a, b):
    found = [due_date(date.fromisoformat(invoice), terms).isoformat() for terms in (NET_60, A_45, B_45)]
    assert found == [net, a, b]


@pytest.mark.parametrize(
    ("invoice", "wording", "due"),
    [
        ("2003-03-01", "60 j FDM le 17", "2003-05-17"),
        ("2003-03-17", "60 j FDM le 15", "2003-06-15"),
        ("2026-01-31", "30 j FDM le 31", "2026-03-31"),
        ("2026-12-31", "fin de mois le 30", "2027-01-30"),
        ("2026-01-10", "30 jours le 10", "2026-02-10"),
        ("2026-01-29", "0 jours fdm le 30", "2026-02-28"),
    ],
)
def test_due_dates_on_a_day_of_the_month(invoice, wording, due):
    terms = parse_terms(wording)
    assert terms is not None
    assert due_date(date.fromisoformat(invoice), terms).isoformat() == due


@pytest.mark.parametrize(
    ("wording", "terms"),
    [
        ("30 jours", Terms(30)),
        ("30j", Terms(30)),
        ("60 jours net", Terms(60)),
        ("60 jours date de facture", Terms(60)),
        ("Net 30", Terms(30)),
        ("30 days net", Terms(30)),
        ("45 jours fin de mois", B_45),
        ("45J FDM", B_45),
        ("45JFDM", B_45),
        ("45 days end of month", B_45),
        ("fin de mois 45 jours", A_45),
        ("Fin de mois + 45 jours", A_45),
        ("FDM + 45", A_45),
        ("fin de mois", Terms(0, Method.MONTH_THEN_DAYS)),
        ("30 j FDM le 10", Terms(30, Method.DAYS_THEN_MONTH, 10)),
        ("LCR à 60 jours, fin de mois, le 15", Terms(60, Method.DAYS_THEN_MONTH, 15)),
        ("comptant", Terms(0)),
        ("Paiement d'avance", Terms(0)),
        ("À réception de facture", Terms(0)),
    ],
)
def test_wordings_of_terms(wording, terms):
    assert parse_terms(wording) == terms


@pytest.mark.parametrize(
    "wording",
    [
        "",
        "selon accord",
        "50 % à la commande, solde 30 jours",
        "30/60/90 jours",
        "900 jours",
        "30 j FDM le 45",
        "virement",
    ],
)
def test_terms_that_cannot_be_read_with_certainty_are_not_guessed(wording):
    assert parse_terms(wording) is None


@given(st.text())
def test_no_wording_breaks_the_reading(wording):
    parse_terms(wording)


@given(days, st.integers(0, 120), st.sampled_from(Method), st.none() | st.integers(1, 31))
def test_nothing_is_due_before_its_date(invoice, count, method, on_day):
    assert due_date(invoice, Terms(count, method, on_day)) >= invoice + timedelta(days=count if on_day is None else 0)


@pytest.mark.parametrize(
    ("due", "over"),
    [("2026-03-16", False), ("2026-03-31", False), ("2026-04-01", True)],
    ids=["60 days net", "45 days end of month", "a day later"],
)
def test_the_legal_maximum_is_the_later_of_its_two_forms(due, over):
    assert over_legal_term(date(2026, 1, 15), date.fromisoformat(due)) is over
