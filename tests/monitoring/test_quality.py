"""Data quality: what is counted, the lists behind each figure, the trend, and who may see it."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from companies.choices import ChangeCause, CompanyStatus, LinkState
from companies.models import Change, Company, Profile
from companies.services.merge import merge
from monitoring import tasks
from monitoring.models import IdentifierFlaw, QualityDay, Standing
from monitoring.services import quality, standing
from monitoring.services.quality import BY_SLUG, check_identifiers, counts, flaws
from tests import make

pytestmark = pytest.mark.django_db
NOW = timezone.now()
SIREN, SIRET, VAT = "489724245", "48972424500035", "FR77489724245"


def restated() -> None:
    pks = list(Company.objects.values_list("pk", flat=True))
    standing.restate(pks, now=NOW, as_of=timezone.localdate())
    check_identifiers(pks)


def listed(slug: str) -> list[str]:
    return [company.name for company in BY_SLUG[slug].rows(NOW).order_by("name")]


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        (("FR", SIREN, SIRET, VAT), []),
        (("FR", "", "", ""), []),
        (("FR", "489724246", SIRET, VAT), ["registration_number"]),
        (("FR", "000000000", "", ""), ["registration_number"]),
        (("FR", SIREN, "48972424500036", VAT), ["siret"]),
        (("FR", SIREN, "", "FR78489724245"), ["vat_number"]),
        (("RE", "4,89724E+13", "1", "FR1"), ["registration_number", "siret", "vat_number"]),
        (("DE", "HRB 12", "", "DE136695976"), []),
        (("DE", "HRB 12", "", "DE136695977"), ["vat_number"]),
    ],
)
def test_identifiers_that_cannot_be_right_are_known_by_kind(values: tuple[str, ...], wrong: list[str]) -> None:
    assert [kind for kind, _flaw, _value in flaws(*values)] == wrong


def test_a_flaw_goes_when_the_value_is_corrected() -> None:
    company = make.company("Forges", siret="48972424500036")
    restated()
    assert listed("invalid-siret") == ["Forges"]
    Company.objects.filter(pk=company.pk).update(siret=SIRET)
    assert listed("invalid-siret") == listed("invalid") == []
    check_identifiers([company.pk])
    assert not IdentifierFlaw.objects.exists()


def test_a_change_of_facts_has_the_identifiers_looked_at() -> None:
    company = make.company("Forges", vat_number="FR78489724245")
    Change.objects.mark([company.pk], ChangeCause.EDIT)
    standing.digest(now=NOW, as_of=timezone.localdate())
    assert listed("invalid-vat") == ["Forges"]


def test_companies_without_identifiers_are_listed_by_what_they_lack() -> None:
    make.company("None at all")
    make.company("Number only", registration_number=SIREN)
    make.company("German", country="DE", vat_number="DE136695976")
    assert listed("missing") == ["None at all"]
    assert listed("missing-vat") == ["None at all", "Number only"]
    assert listed("missing-siret") == ["None at all", "Number only"]
    assert listed("missing-number") == ["German", "None at all"]


def test_a_ceased_company_counts_while_it_has_an_account() -> None:
    make.account(make.company("With account", status=CompanyStatus.NON_ACTIVE))
    make.company("Without account", status=CompanyStatus.NON_ACTIVE)
    make.account(make.company("Active", status=CompanyStatus.ACTIVE))
    restated()
    assert listed("closed") == ["With account"]


def test_data_is_stale_by_the_policy_of_the_cell_or_for_want_of_any_report() -> None:
    for name, age in (("Fresh", 1), ("Old", 4000), ("Never", None)):
        at = None if age is None else NOW - timedelta(days=age)
        make.profile(make.company(name), reported_at=at)
    make.company("Not linked")
    restated()
    assert listed("stale") == ["Never", "Old"]
    assert (listed("stale-never"), listed("stale-old")) == (["Never"], ["Old"])


def test_each_figure_is_the_length_of_its_list() -> None:
    make.profile(make.company("Linked", registration_number="489724246"), reported_at=None)
    make.company("Review", link_state=LinkState.REVIEW, siret="1", vat_number="FR1")
    make.account(make.company("Absent", link_state=LinkState.ABSENT, status=CompanyStatus.NON_ACTIVE))
    restated()
    found = counts(NOW)
    assert found.lists == {slug: one.rows(NOW).count() for slug, one in BY_SLUG.items()}
    assert (found.companies, found.linked) == (3, 1)


def test_a_company_that_was_merged_away_is_in_no_figure() -> None:
    a, b = make.company("A", registration_number=SIREN), make.company("B", siret="1", link_state=LinkState.REVIEW)
    restated()
    merge(a.pk, b.pk, user_id=None, now=NOW)
    found = counts(NOW)
    assert found.companies == 1
    assert (found.lists["invalid"], found.lists["review"], found.lists["missing"]) == (0, 0, 0)


def test_the_day_is_counted_once_and_its_last_counts_stay() -> None:
    make.company()
    tasks.count_quality()
    make.company("Another")
    tasks.count_quality()
    assert list(QualityDay.objects.values_list("companies", flat=True)) == [2]


def test_the_first_look_of_the_day_keeps_its_counts(client_as: Any, auditor: Any) -> None:
    make.company()
    for _ in range(2):
        client_as(auditor).get(reverse("quality"))
    assert QualityDay.objects.get().day == timezone.localdate()


@pytest.mark.parametrize("role", ["analyst", "manager", "administrator", "auditor", "anonymous"])
def test_every_role_sees_the_figures_and_the_lists(request: Any, client_as: Any, role: str) -> None:
    client = client_as(request.getfixturevalue(role))
    urls = [reverse("quality"), reverse("quality_list", args=["review"]), reverse("quality_csv", args=["review"])]
    assert [client.get(url).status_code for url in urls] == [302 if role == "anonymous" else 200] * 3
    assert client.post(urls[0]).status_code == (302 if role == "anonymous" else 405)


def test_without_companies_the_page_leads_to_the_imports(client_as: Any, analyst: Any) -> None:
    page = text(client_as(analyst).get(reverse("quality")))
    assert "No company yet" in page
    assert reverse("imports") in page


def test_the_trend_says_what_got_better(client_as: Any, auditor: Any) -> None:
    make.company(link_state=LinkState.REVIEW)
    today = timezone.localdate()
    for days, review in ((3, 9), (2, 5)):
        QualityDay.objects.create(day=today - timedelta(days=days), review=review, counted_at=NOW)
    page = text(client_as(auditor).get(reverse("quality")))
    assert "3 days counted" in page
    assert "9 → <strong>1</strong>" in page
    assert "better" in page


@pytest.mark.parametrize("slug", list(BY_SLUG))
def test_every_list_has_a_page_and_a_file(client_as: Any, auditor: Any, slug: str) -> None:
    make.profile(make.company("Linked", siret="1"), reported_at=None)
    make.account(make.company("=Risky", status=CompanyStatus.NON_ACTIVE, link_state=LinkState.REVIEW))
    restated()
    client = client_as(auditor)
    page = client.get(reverse("quality_list", args=[slug]))
    lines = b"".join(client.get(reverse("quality_csv", args=[slug])).streaming_content).decode().splitlines()
    assert page.status_code == 200
    assert len(lines) - 1 == page.context["page"].paginator.count == BY_SLUG[slug].rows(NOW).count()
    assert not any(line.startswith("=") for line in lines)


def test_the_file_holds_what_is_searched_and_all_its_pages(client_as: Any, auditor: Any) -> None:
    for number in range(60):
        make.company(f"Forges {number:02d}", link_state=LinkState.REVIEW)
    make.company("Boulangerie", link_state=LinkState.REVIEW)
    answer = client_as(auditor).get(reverse("quality_csv", args=["review"]), {"q": "forges"})
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) == 61
    assert not any("Boulangerie" in line for line in lines)


def test_the_words_of_a_flaw_say_what_is_wrong(client_as: Any, auditor: Any) -> None:
    make.company("Forges", siret="48972424500036")
    restated()
    page = text(client_as(auditor).get(reverse("quality_list", args=["invalid"])))
    assert "SIRET 48972424500036: its check digit is wrong" in page


@pytest.mark.parametrize("address", ["nonsense/", "nonsense.csv"])
def test_a_list_that_does_not_exist_is_not_found(client_as: Any, auditor: Any, address: str) -> None:
    assert client_as(auditor).get(f"/quality/{address}").status_code == 404


@pytest.mark.parametrize("query", ["page=x", "page=99999", "q=%00", "q=" + "x" * 500])
def test_a_list_bears_any_address(client_as: Any, auditor: Any, query: str) -> None:
    assert client_as(auditor).get(f"{reverse('quality_list', args=['unlinked'])}?{query}").status_code == 200


def test_the_pages_cost_as_many_queries_for_many(
    client_as: Any, auditor: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(55):
        make.account(make.company(f"Forges {number}", siret="1", status=CompanyStatus.NON_ACTIVE))
    restated()
    client = client_as(auditor)
    client.get(reverse("quality"))
    with django_assert_max_num_queries(22):
        client.get(reverse("quality"))
    with django_assert_max_num_queries(18):
        client.get(reverse("quality_list", args=["invalid"]))


def test_rows_of_the_standing_go_with_their_company() -> None:
    a, b = make.company("A"), make.company("B")
    restated()
    merge(a.pk, b.pk, user_id=None, now=NOW)
    standing.digest(now=NOW, as_of=timezone.localdate())
    assert list(Standing.objects.values_list("pk", flat=True)) == [a.pk]
    assert not Profile.objects.exists()
    assert quality.counts(NOW).lists["unlinked"] == 1
