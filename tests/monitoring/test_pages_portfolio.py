"""The portfolio: one row per company, narrowed, sorted, searched, paged, and taken away as a file."""

import csv
from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.timezone import localdate
from python_calamine import CalamineWorkbook

from companies.choices import Role
from companies.models import Company
from monitoring import tables
from monitoring.models import Standing
from monitoring.services import standing
from monitoring.services.export import inert
from tests import make
from tests.make import NOW, TODAY

pytestmark = pytest.mark.django_db
PAGE = reverse("portfolio")


def place(
    name="Forges du Nord", *, role=Role.CLIENT, owed=None, score=60, limit="20000", code="", profile=True, **values
):
    company = make.company(name, **values)
    account = make.account(company, role, **({"code": code} if code else {}))
    if owed:
        make.item(account, owed, due=date(2026, 10, 1))
    if profile:
        make.profile(company, score=score, limit=limit)
    standing.restate([company.pk], now=NOW, as_of=TODAY)
    return company


def place_many(numbers):
    companies = [make.company(f"Company {number}") for number in numbers]
    for company in companies:
        make.account(company)
        make.profile(company)
    standing.restate([company.pk for company in companies], now=NOW, as_of=TODAY)


@pytest.fixture
def page(client_as, analyst):
    client = client_as(analyst)

    def get(query="", **headers):
        with translation.override("en"):
            return client.get(f"{PAGE}{query}", headers={"accept-language": "en"} | headers)

    return get


def names(answer):
    return [row.name for row in answer.context["page"]]


def test_a_row_says_where_the_company_stands(page):
    place("Forges du Nord", owed="25000", registration_number="489724245")
    text = page().content.decode()
    for figure in ("489\u202f724\u202f245", "20\u202f000", "25\u202f000", "125%", "B · low risk"):
        assert figure in text


def test_unknown_figures_are_dashes_and_never_zero(page):
    place(profile=False)
    (row,) = page().context["page"]
    text = page().content.decode()
    assert (row.score, row.credit_limit, row.use_of_limit) == (None, None, None)
    assert "No credit report yet" in text
    assert "n/a" in text


def test_without_a_sort_the_largest_exposure_comes_first(page):
    place("Small", owed="100")
    place("Large", owed="900")
    assert names(page()) == ["Large", "Small"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["Alpha", "Beta", "Gamma"]),
        ("-name", ["Gamma", "Beta", "Alpha"]),
        ("score", ["Beta", "Alpha", "Gamma"]),
        ("-score", ["Alpha", "Beta", "Gamma"]),
        ("exposure", ["Gamma", "Alpha", "Beta"]),
    ],
    ids=["name", "name down", "score up, unknown last", "score down, unknown last", "exposure up"],
)
def test_each_column_sorts_both_ways_with_the_unknown_last(page, sort, expected):
    place("Alpha", score=80, owed="200")
    place("Beta", score=20, owed="300")
    place("Gamma", profile=False)
    assert names(page(f"?sort={sort}")) == expected


@pytest.mark.parametrize("sort", ["link_state", "company__accounts__code", "--name", "roles", "?", "-", "name'; DROP"])
def test_a_column_that_is_not_offered_is_no_sort(page, sort):
    place("Small", owed="100")
    place("Large", owed="900")
    assert names(page(f"?sort={sort}")) == ["Large", "Small"]


def test_rows_that_are_equal_keep_one_order_both_ways_over_pages(page, monkeypatch):
    monkeypatch.setattr(tables, "PAGE", 2)
    for number in range(5):
        place(f"Same {number}", score=50)
    shown = [name for number in (1, 2, 3) for name in names(page(f"?sort=score&page={number}"))]
    assert sorted(shown) == [f"Same {number}" for number in range(5)]


@pytest.mark.parametrize("table", [tables.PortfolioTable, tables.AlertTable])
@pytest.mark.parametrize("sign", ["", "-"])
def test_every_order_ends_in_the_key(table, sign):
    rows = table.Meta.model.objects.all()
    columns = [name for name, column in table.base_columns.items() if isinstance(column, tables.SortedColumn)]
    for name in columns:
        ordered = table(data=rows, order_by=f"{sign}{name}").data.data
        assert ordered.query.order_by[-1] in {"pk", "-pk"}, name


@pytest.fixture
def mixed():
    place("Sound", score=80, owed="100", country="DE")
    place("Weak", score=10, limit="0", owed="500", role=Role.CLIENT)
    place("Unscored", score=None, role=Role.SUPPLIER)
    place("Unlinked", profile=False, role=Role.PROSPECT)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("role=supplier", {"Unscored"}),
        ("role=prospect", {"Unlinked"}),
        ("rating=A", {"Sound"}),
        ("rating=A&rating=D", {"Sound", "Weak"}),
        ("rating=E", {"Unscored"}),
        ("rating=not_rated", {"Unscored"}),
        ("rating=unknown", {"Unlinked"}),
        ("rating=failed", set()),
        ("cell=LOW-DEF", {"Weak"}),
        ("country=DE", {"Sound"}),
        ("over=1", {"Weak"}),
        ("alerts=1", {"Weak"}),
        ("link=linked", {"Sound", "Weak", "Unscored"}),
        ("role=client&rating=D&over=1", {"Weak"}),
        ("q=sound&role=client", {"Sound"}),
    ],
)
def test_filters_narrow_the_list(page, mixed, query, expected):
    assert set(names(page(f"?{query}"))) == expected


def test_a_failed_company_is_found_under_failed_and_not_under_its_letter(page):
    company = place("Fallen", score=60)
    Standing.objects.filter(pk=company.pk).update(rating_state="failed")
    assert names(page("?rating=failed")) == ["Fallen"]
    assert names(page("?rating=B")) == []


@pytest.mark.parametrize("query", ["rating=Z", "cell=%27%20OR%201=1", "country=XX", "over=yes", "role=%7B%7B1%7D%7D"])
def test_a_filter_without_sense_is_left_out_and_said_so(page, mixed, query):
    answer = page(f"?{query}")
    assert len(names(answer)) == 4
    assert "Ignored, its value is unknown" in answer.content.decode()


@pytest.mark.parametrize(
    "query", ["forges", "FORGES DU", "489724245", "489 724 245", "FR00489724245", "411ABC", "411abc"],
    ids=["name", "name in capitals", "siren", "siren in groups", "vat", "account", "account in small letters"],
)  # fmt: skip
def test_a_company_is_found_by_name_numbers_and_account(page, query):
    place("Forges du Nord", registration_number="489724245", vat_number="FR00489724245", code="411ABC")
    place("Somebody else", registration_number="552032534")
    assert names(page(f"?q={query}")) == ["Forges du Nord"]


def test_each_filter_shows_as_a_chip_that_takes_it_off(page, mixed):
    chips = page("?rating=A&rating=D&role=client&page=3&sort=name").context["chips"]
    assert [(chip.label, chip.value) for chip in chips] == [("Role", "Client"), ("Rating", "A"), ("Rating", "D")]
    assert chips[1].without == "rating=D&role=client&sort=name"


def test_names_from_outside_are_shown_as_text(page):
    place("<script>alert(1)</script>")
    assert "<script>alert" not in page("?q=%3Cscript%3Ealert").content.decode()


def test_an_empty_portfolio_leads_to_the_imports(page):
    text = page().content.decode()
    assert "No company yet" in text
    assert f'href="{reverse("imports")}"' in text


def test_someone_who_may_not_import_is_not_sent_there(client_as, auditor):
    text = client_as(auditor).get(PAGE).content.decode()
    assert f'class="btn btn-primary" href="{reverse("imports")}"' not in text


def test_no_hit_leads_back_to_everything(page, mixed):
    text = page("?q=nobody").content.decode()
    assert "No company matches" in text


def test_paging_reaches_no_further_than_the_cap(page, monkeypatch):
    monkeypatch.setattr(tables, "PAGE", 2)
    monkeypatch.setattr(tables, "MOST", 4)
    place_many(range(6))
    answer = page("?page=99")
    assert answer.context["page"].number == 2
    assert answer.context["page"].paginator.is_capped
    assert "More than" in answer.content.decode()


@pytest.mark.parametrize("number", ["0", "-1", "abc", "9" * 40])
def test_a_page_number_without_sense_is_a_page_all_the_same(page, mixed, number):
    assert page(f"?page={number}").status_code == 200


def test_htmx_gets_the_list_alone_and_a_walk_back_the_whole_page(page, mixed):
    part = page("?role=client", hx_request="true")
    assert part.content.decode().lstrip().startswith('<div id="portfolio-list">')
    assert "HX-Request" in part["Vary"]
    whole = page("?role=client", hx_request="true", hx_history_restore_request="true")
    assert "<!doctype html>" in whole.content.decode()


@pytest.mark.parametrize("query", ["", "?cell=LOW-FAV&country=FR&rating=B&q=company"], ids=["all", "narrowed"])
def test_fifty_rows_cost_as_many_queries_as_one(page, query, django_assert_num_queries):
    place("Company 0")
    page(query)
    with django_assert_num_queries(14, exact=False) as one:
        page(query)
    place_many(range(1, 50))
    with django_assert_num_queries(len(one)):
        assert len(names(page(query))) == 50


# Exports


def body(answer):
    return b"".join(answer.streaming_content)


def rows_of(answer):
    text = body(answer).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text.removeprefix("\ufeff")), delimiter=";"))


@pytest.fixture
def export(client_as, analyst):
    client = client_as(analyst)

    def get(fmt, query="", language="en"):
        return client.get(reverse("portfolio_export", args=[fmt]) + query, headers={"accept-language": language})

    return get


def test_the_csv_holds_what_is_filtered_in_the_order_shown(export, mixed):
    head, *rows = rows_of(export("csv", "?role=client&sort=-score"))
    assert head[:4] == ["Company", "Registration number", "VAT number", "Accounts"]
    assert [row[0] for row in rows] == ["Sound", "Weak"]


def test_a_french_reader_gets_decimal_commas_and_an_english_one_points(export):
    place(owed="1234.56")
    head, row = rows_of(export("csv"))
    assert row[head.index("Exposure (EUR)")] == "1234.56"
    french = rows_of(export("csv", language="fr"))[1]
    assert french[head.index("Exposure (EUR)")] == "1234,56"


def test_unknown_is_an_empty_cell_and_zero_is_zero(export):
    place("Known", limit="0")
    place("Unknown", limit=None)
    head, *rows = rows_of(export("csv", "?sort=name"))
    assert [row[head.index("Credit limit (EUR)")] for row in rows] == ["0.00", ""]


def test_identifiers_and_accounts_are_in_the_file_as_they_are(export):
    company = place(registration_number="005880034", code="000123")
    make.account(company, Role.SUPPLIER, code="401X")
    row = rows_of(export("csv"))[1]
    assert row[1] == "005880034"
    assert row[3] == "000123 401X"


@pytest.mark.parametrize("name", ["=1+1", "+33 1 23", "-1+1", "@SUM(A1)", "\tx", "\rx"])
def test_a_name_that_could_run_in_a_spreadsheet_is_inert(export, name):
    place("Forges")
    Standing.objects.update(name=name)
    row = rows_of(export("csv"))[1]
    assert row[0] == f"'{name}"


def test_a_negative_amount_stays_a_number(export):
    place(owed="-12.50")
    head, row = rows_of(export("csv"))
    assert row[head.index("Exposure (EUR)")] == "-12.50"
    assert inert("-12.50 €") == "'-12.50 €"


def test_the_file_is_named_after_the_day(export):
    assert f"portfolio-{localdate():%Y-%m-%d}.csv" in export("csv")["Content-Disposition"]


def test_the_workbook_has_numbers_as_numbers_and_identifiers_as_text(export):
    place("=1+1", owed="1234.56", registration_number="005880034")
    book = CalamineWorkbook.from_filelike(BytesIO(body(export("xlsx"))))
    head, row = book.get_sheet_by_index(0).to_python()
    cells = dict(zip(head, row, strict=True))
    assert cells["Company"] == "=1+1"
    assert cells["Registration number"] == "005880034"
    assert cells["Exposure (EUR)"] == pytest.approx(1234.56)
    assert cells["Last report"] == NOW.date()


def test_the_workbook_has_no_formula_its_head_stays_in_sight_and_columns_filter(export):
    place("=1+1")
    with ZipFile(BytesIO(body(export("xlsx")))) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(sheet).iter()}
    assert "f" not in tags
    assert {"pane", "autoFilter"} <= tags


def test_an_empty_selection_is_a_file_with_its_head(export):
    assert len(rows_of(export("csv"))) == 1
    book = CalamineWorkbook.from_filelike(BytesIO(body(export("xlsx"))))
    assert len(book.get_sheet_by_index(0).to_python()) == 1


def test_another_kind_of_file_does_not_exist(export):
    assert export("pdf").status_code == 404


def test_exporting_many_rows_costs_no_query_per_row(export, django_assert_max_num_queries):
    place_many(range(30))
    with django_assert_max_num_queries(12):
        assert len(rows_of(export("csv"))) == 31


def test_a_search_reaches_companies_beyond_the_page(page, monkeypatch):
    monkeypatch.setattr(tables, "PAGE", 1)
    place("Alpha", owed="900")
    place("Beta")
    assert names(page("?q=beta")) == ["Beta"]
    assert Company.objects.count() == 2


def test_amounts_in_the_list_are_decimals(page):
    place(owed="0.10")
    assert page().context["page"][0].exposure == Decimal("0.10")


@pytest.mark.parametrize("name", ["portfolio", "portfolio_export"])
def test_nobody_reads_the_portfolio_without_the_right_to(client_as, django_user_model, name):
    client = client_as(django_user_model.objects.create(username="stranger"))
    assert client.get(reverse(name, args=["csv"] if "export" in name else [])).status_code == 403
