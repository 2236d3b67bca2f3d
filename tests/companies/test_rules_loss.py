from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies.choices import AgeingBucket, Rating, RatingState
from companies.rules.loss import (
    PLACEHOLDERS,
    CutValue,
    Insurance,
    PdSource,
    PdTable,
    Probability,
    expected_loss,
    exposure_at_default,
    probability_of_default,
    provision,
    value_of_cut,
)

D = Decimal
FOUR_PERCENT = Probability(D("0.04"), PdSource.REPORT)


@pytest.mark.parametrize(
    ("insurance", "indemnity", "net_loss", "net"),
    [
        pytest.param(None, "0", "10800", "432.00", id="domain 5.14: gross"),
        pytest.param(Insurance(D(10000), D("0.9")), "8100", "2700", "108.00", id="domain 5.14: net of insurance"),
        pytest.param(Insurance(D(10000), D("0.9"), D("0.1")), "7290", "3510", "140.40", id="domain 5.14: may be void"),
        pytest.param(Insurance(D(20000), D("0.9")), "9720", "1080", "43.20", id="cover above the exposure"),
        pytest.param(Insurance(D(0), D("0.9")), "0", "10800", "432.00", id="refused"),
    ],
)
def test_expected_loss_of_12000_at_4_percent(insurance, indemnity, net_loss, net):
    found = expected_loss(D(12000), FOUR_PERCENT, insurance=insurance)
    assert (found.loss, found.gross) == (10800, 432)
    assert (found.indemnity, found.net_loss, found.net) == (D(indemnity), D(net_loss), D(net))


def test_the_insurer_takes_its_share_of_each_euro_lost():
    assert expected_loss(D(12000), FOUR_PERCENT, insurance=Insurance(D(10000), D("0.9"))).insured_loss == 9000


def test_the_loss_of_an_unknown_exposure_is_unknown():
    assert expected_loss(None, FOUR_PERCENT) is None


def test_a_credit_balance_loses_nothing():
    assert expected_loss(D(-500), FOUR_PERCENT).gross == 0


def test_guarantees_lower_the_loss():
    assert expected_loss(D(12000), FOUR_PERCENT, lgd=D("0.45")).gross == 216


@pytest.mark.parametrize(
    ("rating", "state", "pd"),
    [
        (Rating.A, RatingState.RATED, "0.005"),
        (Rating.B, RatingState.RATED, "0.015"),
        (Rating.C, RatingState.RATED, "0.04"),
        (Rating.D, RatingState.RATED, "0.1"),
        (Rating.E, RatingState.RATED, "0.25"),
        (Rating.E, RatingState.FAILED, "1"),
        (Rating.E, RatingState.NOT_RATED, "0.05"),
        (None, RatingState.NOT_RATED, "0.05"),
        (None, RatingState.UNKNOWN, "0.05"),
        (None, RatingState.RATED, "0.05"),
    ],
)
def test_placeholders_say_that_they_are(rating, state, pd):
    found = probability_of_default(None, rating=rating, rating_state=state)
    assert (found.value, found.is_placeholder) == (D(pd), True), "domain 5.14"


def test_the_probability_of_the_report_comes_first():
    found = probability_of_default(D("0.012"), rating=Rating.A, rating_state=RatingState.RATED)
    assert (found, found.is_placeholder) == (Probability(D("0.012"), PdSource.REPORT), False)


def test_a_failed_company_has_failed_whatever_its_report_says():
    found = probability_of_default(D("0.012"), rating=Rating.A, rating_state=RatingState.FAILED)
    assert found == Probability(D(1), PdSource.PLACEHOLDER)


def test_a_probability_of_0_in_the_report_is_one():
    assert probability_of_default(D(0), rating=None, rating_state=RatingState.RATED).source is PdSource.REPORT


def test_a_calibrated_table_is_no_placeholder():
    table = PdTable({Rating.A: D("0.002")}, failed=D(1), not_rated=D("0.03"), source=PdSource.CALIBRATED)
    found = probability_of_default(None, rating=Rating.A, rating_state=RatingState.RATED, table=table)
    assert (found.value, found.is_placeholder) == (D("0.002"), False)


def test_the_default_table_is_a_placeholder():
    assert PLACEHOLDERS.source is PdSource.PLACEHOLDER


@pytest.mark.parametrize(
    ("risk", "limit", "share", "ead"),
    [
        pytest.param("12000", None, "0.5", "12000", id="no limit"),
        pytest.param("6000", "10000", "0", "6000", id="the exposure alone"),
        pytest.param("6000", "10000", "0.5", "8000", id="half of the free limit"),
        pytest.param("12000", "10000", "0.5", "12000", id="nothing is free"),
        pytest.param("-500", "10000", "0.5", "5000", id="credit balance"),
    ],
)
def test_exposure_at_default(risk, limit, share, ead):
    assert exposure_at_default(D(risk), None if limit is None else D(limit), D(share)) == D(ead)


def test_a_cut_is_worth_the_loss_avoided_less_the_margin_lost():
    before, after = expected_loss(D(12000), FOUR_PERCENT), expected_loss(D(2000), FOUR_PERCENT)
    found = value_of_cut(before, after, margin_lost=D(500))
    assert (found, found.value) == (CutValue(D(360), D(500)), -140)


RATES = {
    AgeingBucket.NOT_DUE: D("0.005"),
    AgeingBucket.DAYS_1_30: D("0.022"),
    AgeingBucket.DAYS_31_60: D("0.027"),
    AgeingBucket.DAYS_61_90: D("0.045"),
}
BALANCE = {
    AgeingBucket.NOT_DUE: D(15000),
    AgeingBucket.DAYS_1_30: D(7500),
    AgeingBucket.DAYS_31_60: D(4000),
    AgeingBucket.DAYS_61_90: D(2500),
}


def test_the_provision_matrix_of_the_reference():
    found = provision(BALANCE, RATES)
    assert list(found.lines.values()) == [75, 165, 108, D("112.5")], "domain 5.14"
    assert (found.total, found.without_rate) == (D("460.50"), {})


def test_debts_without_a_rate_are_named_and_credits_are_no_debt():
    balance = {AgeingBucket.DAYS_OVER_90: D(900), AgeingBucket.NO_DUE_DATE: D(0), AgeingBucket.CREDITS: D(-300)}
    found = provision(balance, RATES)
    assert (found.total, found.without_rate) == (0, {AgeingBucket.DAYS_OVER_90: 900})


def test_credits_bear_no_provision():
    with pytest.raises(ValueError, match="credits"):
        provision({}, {AgeingBucket.CREDITS: D("0.1")})


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda: Probability(D(4), PdSource.REPORT), id="probability"),
        pytest.param(lambda: Insurance(D(1), D(90)), id="quota"),
        pytest.param(lambda: Insurance(D(1), D(1), D(10)), id="void risk"),
        pytest.param(lambda: expected_loss(D(1), FOUR_PERCENT, lgd=D(90)), id="loss given default"),
        pytest.param(lambda: exposure_at_default(D(1), D(1), D(50)), id="free share"),
        pytest.param(lambda: provision({}, {AgeingBucket.NOT_DUE: D("-0.1")}), id="provision rate"),
    ],
)
def test_a_percentage_in_place_of_a_fraction_is_refused(wrong):
    with pytest.raises(ValueError, match="fraction"):
        wrong()


def test_a_negative_cover_is_refused():
    with pytest.raises(ValueError, match="negative"):
        Insurance(D(-1), D("0.9"))


money = st.decimals(0, 10**7, places=2)
fractions = st.decimals(0, 1, places=3)


@given(money, fractions, fractions, st.builds(Insurance, money, fractions, fractions))
def test_insurance_never_makes_a_loss_larger_nor_a_gain(ead, pd, lgd, insurance):
    found = expected_loss(ead, Probability(pd, PdSource.REPORT), lgd=lgd, insurance=insurance)
    assert 0 <= found.net <= found.gross <= found.loss
    assert found.indemnity + found.net_loss == found.loss
