from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies.rules.exposure import Contribution, Part, Parts, contributions
from companies.rules.limits import (
    CoverState,
    ErpLimit,
    Flag,
    Gravity,
    LimitKind,
    Limits,
    Mismatch,
    Tolerance,
    erp_limit_of,
    excesses,
    mismatches,
)

D = Decimal


def limits(provider=None, cover=None, approved=None, erp=None, **more):
    amounts = (None if limit is None else D(limit) for limit in (provider, cover, approved, erp))
    return Limits(*amounts, **more)


REFUSED, ENDED = {"cover_state": CoverState.REFUSED}, {"cover_state": CoverState.ENDED}
CUT = {"cover_since": date(2026, 3, 15)}


@pytest.mark.parametrize(
    ("found", "flags"),
    [
        pytest.param(limits(15000, 10000, 10000, 10000), [], id="domain 5.2: equal"),
        pytest.param(limits(15000, 20000, 10000, 10000), [(Flag.COVER_OVER_ERP, 10000)], id="domain 5.2: cover raised"),
        pytest.param(limits(8000, 5000, 10000, 10000), [(Flag.ERP_OVER_COVER, 5000)], id="domain 5.2: cover cut"),
        pytest.param(
            limits(8000, 0, 3000, 3000, **REFUSED), [(Flag.UNINSURED_BY_DECISION, 3000)], id="domain 5.2: refused"
        ),
        pytest.param(
            limits(None, 0, 10000, 10000, **ENDED), [(Flag.COVER_EXPIRED, 10000)], id="domain 5.2: ended yesterday"
        ),
        pytest.param(limits(8000, 5000, 7000), [(Flag.NO_ERP_LIMIT, None)], id="domain 5.2: no ERP limit"),
        pytest.param(limits(cover=9000, approved=7000, erp=9000), [(Flag.ERP_OVER_APPROVED, 2000)], id="not approved"),
        pytest.param(limits(approved=7000, erp=9000), [(Flag.ERP_OVER_APPROVED, 2000)], id="not approved, no insurer"),
        pytest.param(
            limits(cover=7000, approved=5000, erp=10000), [(Flag.ERP_OVER_BOTH, 3000)], id="over cover and approval"
        ),
        pytest.param(
            limits(cover=5000, approved=7000, erp=10000),
            [(Flag.ERP_OVER_BOTH, 3000), (Flag.ERP_OVER_COVER, 2000)],
            id="over both, and the approval over the cover",
        ),
        pytest.param(limits(cover=5000, erp=10000), [(Flag.ERP_OVER_COVER, 5000)], id="nothing approved"),
        pytest.param(limits(cover=0, erp=10000, **REFUSED), [(Flag.ERP_OVER_COVER, 10000)], id="refused, not approved"),
        pytest.param(limits(approved=9000, erp=7000), [(Flag.APPROVED_OVER_ERP, 2000)], id="approved and not keyed"),
        pytest.param(
            limits(cover=9000, approved=8000, erp=7000),
            [(Flag.COVER_OVER_ERP, 2000), (Flag.APPROVED_OVER_ERP, 1000)],
            id="raised and not keyed",
        ),
        pytest.param(limits(erp=10000), [], id="no insurer and no approval are unknown, not 0"),
        pytest.param(limits(provider=1, cover=10000, erp=10000), [], id="the provider only advises"),
        pytest.param(limits(cover=0, approved=0, erp=0, **ENDED), [], id="ended and blocked"),
    ],
)
def test_limits_that_disagree_are_flagged(found, flags):
    assert [(mismatch.flag, mismatch.amount) for mismatch in mismatches(found)] == flags


@pytest.mark.parametrize(
    ("state", "approved_on", "flag"),
    [
        pytest.param({}, date(2026, 3, 14), Flag.ERP_OVER_COVER, id="cut after our decision"),
        pytest.param({}, date(2026, 3, 15), Flag.UNINSURED_BY_DECISION, id="decided on the day of the cut"),
        pytest.param(REFUSED, date(2026, 3, 14), Flag.ERP_OVER_COVER, id="refused after our decision"),
        pytest.param(ENDED, date(2026, 3, 14), Flag.COVER_EXPIRED, id="ended after our decision"),
        pytest.param(ENDED, date(2026, 3, 16), Flag.UNINSURED_BY_DECISION, id="decided after the end"),
    ],
)
def test_only_a_decision_that_knew_the_cover_is_uninsured_by_decision(state, approved_on, flag):
    found = limits(cover=0, approved=3000, erp=3000, approved_on=approved_on, **CUT, **state)
    assert mismatches(found) == (Mismatch(flag, D(3000)),)


def test_with_one_date_alone_only_a_refusal_is_sure_to_be_known():
    cut = limits(cover=0, approved=3000, erp=3000, **CUT)
    refused = limits(cover=0, approved=3000, erp=3000, approved_on=date(2026, 1, 1), **REFUSED)
    assert [mismatches(found)[0].flag for found in (cut, refused)] == [Flag.ERP_OVER_COVER, Flag.UNINSURED_BY_DECISION]


def test_each_flag_says_how_bad_it_is():
    assert {flag: Mismatch(flag, None).gravity for flag in Flag} == {
        Flag.ERP_OVER_BOTH: Gravity.DANGER,
        Flag.ERP_OVER_COVER: Gravity.DANGER,
        Flag.COVER_EXPIRED: Gravity.DANGER,
        Flag.ERP_OVER_APPROVED: Gravity.ATTENTION,
        Flag.COVER_OVER_ERP: Gravity.ATTENTION,
        Flag.APPROVED_OVER_ERP: Gravity.ATTENTION,
        Flag.UNINSURED_BY_DECISION: Gravity.INFORMATION,
        Flag.NO_ERP_LIMIT: Gravity.INFORMATION,
    }


@pytest.mark.parametrize("wrong", [{"cover": D(-1)}, {"erp": D(-1)}, {"cover": D(5), **ENDED}, REFUSED])
def test_a_limit_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=r"negative|is 0, not"):
        Limits(**wrong)


amounts = st.decimals(0, 10**6, places=2)
UNINSURED = {Flag.ERP_OVER_BOTH, Flag.ERP_OVER_COVER, Flag.COVER_EXPIRED, Flag.UNINSURED_BY_DECISION}


@given(amounts, st.none() | amounts, amounts)
def test_the_uninsured_flags_add_up_to_what_the_erp_allows_beyond_the_cover(cover, approved, erp):
    found = mismatches(Limits(cover=cover, approved=approved, erp=erp))
    assert sum(mismatch.amount for mismatch in found if mismatch.flag in UNINSURED) == max(0, erp - cover)


@given(st.none() | amounts, st.none() | amounts, st.none() | amounts)
def test_no_flag_comes_twice_or_without_an_amount_to_show(cover, approved, erp):
    found = mismatches(Limits(cover=cover, approved=approved, erp=erp))
    assert len({mismatch.flag for mismatch in found}) == len(found)
    assert erp is None or all(mismatch.amount > 0 for mismatch in found)


PARTS = contributions(
    Parts(not_due=D(6000), overdue=D(4000), bills=D(1500), delivered=D(800), orders=D(1200), credit_notes=D(-1200))
)


def test_an_excess_says_which_limit_and_by_how_much():
    found = excesses(PARTS, limits(provider=12300, cover=5000, approved=20000, erp=10000))
    assert [(excess.kind, excess.limit, excess.risk, excess.amount) for excess in found] == [
        (LimitKind.ERP, 10000, 12300, 2300),
        (LimitKind.COVER, 5000, 12300, 7300),
    ]


def test_an_excess_lists_the_parts_of_the_exposure_the_largest_first():
    (excess,) = excesses(PARTS, limits(erp=10000))
    assert [(part.part, part.amount) for part in excess.parts] == [
        (Part.NOT_DUE, 6000),
        (Part.OVERDUE, 4000),
        (Part.BILLS, 1500),
        (Part.ORDERS, 1200),
        (Part.DELIVERED, 800),
        (Part.CREDIT_NOTES, -1200),
    ]


def test_what_was_committed_last_exceeds_first():
    (excess,) = excesses(PARTS, limits(erp=10000))
    assert [(part.part, part.over) for part in excess.crossing] == [
        (Part.ORDERS, 1200),
        (Part.DELIVERED, 800),
        (Part.BILLS, 300),
    ]


def test_without_a_limit_nothing_is_exceeded():
    assert excesses(PARTS, limits()) == ()


def test_a_limit_of_0_is_exceeded_by_all():
    assert [excess.amount for excess in excesses(PARTS, limits(cover=0, **REFUSED))] == [12300]


def test_a_credit_balance_exceeds_nothing():
    assert excesses([Contribution(Part.PAYMENTS, D(-5))], limits(erp=0)) == ()


@pytest.mark.parametrize(
    ("tolerance", "tolerated"),
    [
        pytest.param(Tolerance(), False, id="none"),
        pytest.param(Tolerance(amount=D(2299)), False, id="amount too small"),
        pytest.param(Tolerance(amount=D(2300)), True, id="amount"),
        pytest.param(Tolerance(share=D("0.23")), True, id="share of the limit"),
        pytest.param(Tolerance(amount=D(10), share=D("0.22")), False, id="the larger is too small"),
    ],
)
def test_an_excess_within_the_tolerance_is_still_named(tolerance, tolerated):
    (excess,) = excesses(PARTS, limits(erp=10000), tolerance)
    assert (excess.amount, excess.tolerated) == (2300, tolerated)


parts = st.builds(Parts, not_due=amounts, overdue=amounts, orders=amounts, payments=amounts.map(lambda a: -a))


@given(parts, amounts)
def test_the_parts_of_an_excess_make_exposure_and_excess(made, limit):
    for excess in excesses(contributions(made), Limits(erp=limit)):
        assert sum(part.amount for part in excess.parts) == excess.risk
        assert sum(part.over for part in excess.crossing) == excess.amount == excess.risk - limit


@pytest.mark.parametrize(
    ("accounts", "limit"),
    [
        pytest.param([D(10000), D(10000)], ErpLimit(D(10000), agreed=True), id="domain 5.1: two accounts, limit once"),
        pytest.param([D(10000), None], ErpLimit(D(10000), agreed=True), id="one account says nothing"),
        pytest.param([D(10000), D(5000)], ErpLimit(D(10000), agreed=False), id="they disagree"),
        pytest.param([D(0), None], ErpLimit(D(0), agreed=True), id="0 is a limit"),
        pytest.param([None], ErpLimit(None, agreed=True), id="none is known"),
    ],
)
def test_the_limit_of_several_accounts_counts_once(accounts, limit):
    assert erp_limit_of(accounts) == limit
