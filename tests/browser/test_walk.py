"""Pages 1 to 8 as each role, in both languages, light, dark and on a phone; then the main jobs."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.site import Site

Opener = Callable[..., Page]
Shooter = Callable[[Page, str], Path]

PAGES = {
    "dashboard": "/",
    "portfolio": "/portfolio/",
    "matrix": "/matrix/",
    "cell": "/matrix/HIGH-FAV/",
    "alerts": "/alerts/",
    "link": "/link/",
    "imports": "/imports/",
}
ALLOWED = {
    "auditor": {"dashboard", "portfolio", "matrix", "cell", "alerts"},
    "analyst": set(PAGES),
    "manager": set(PAGES),
    "administrator": set(PAGES),
}
BIGGEST = "SELECT company_id FROM monitoring_standing WHERE reported_at IS NOT NULL ORDER BY exposure DESC LIMIT 1"


def company(site: Site) -> str:
    return f"/companies/{site.ask(BIGGEST)}/"


def sideways(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide


@pytest.mark.parametrize("role", ALLOWED)
def test_each_role_sees_its_pages(site: Site, page_as: Opener, shoot: Shooter, role: str) -> None:
    page = page_as(role, expected=("403 ",) if role == "auditor" else ())
    for name, address in {**PAGES, "company": company(site)}.items():
        response = page.goto(address)
        assert response is not None
        allowed = name == "company" or name in ALLOWED[role]
        assert response.status == (200 if allowed else 403), name
        if allowed:
            expect(page.locator("main h1, h1").first).to_be_visible()
            shoot(page, f"{role}-{name}")


@pytest.mark.parametrize("name", [*PAGES, "company"])
def test_on_a_phone_nothing_is_wider_than_the_screen(site: Site, page_as: Opener, shoot: Shooter, name: str) -> None:
    page = page_as("analyst", phone=True)
    page.goto(PAGES.get(name) or company(site))
    assert sideways(page) <= 0
    shoot(page, f"phone-{name}")


@pytest.mark.parametrize("name", [*PAGES, "company"])
def test_dark_and_english_work_as_well(site: Site, page_as: Opener, shoot: Shooter, name: str) -> None:
    page = page_as("analyst", dark=True, language="en-GB")
    page.goto(PAGES.get(name) or company(site))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    shoot(page, f"dark-{name}")


def test_nobody_gets_in_without_a_name(site: Site, page_as: Opener) -> None:
    page = page_as("")
    for address in [*PAGES.values(), company(site), "/admin/"]:
        page.goto(address)
        expect(page.locator("input[name=password]")).to_be_visible()


def test_the_administrator_walks_the_admin(page_as: Opener, shoot: Shooter) -> None:
    page = page_as("administrator")
    for address in (
        "/admin/",
        "/admin/companies/company/",
        "/admin/companies/connection/",
        "/admin/companies/reportorder/",
        "/admin/monitoring/matrixpolicy/",
        "/admin/auth/user/",
    ):
        response = page.goto(address)
        assert response is not None
        assert response.status == 200, address
    page.goto("/admin/companies/connection/")
    assert page.locator("input[type=password]").input_value() == ""
    assert "sandbox" not in page.locator("input[type=password]").evaluate("field => field.outerHTML")
    shoot(page, "administrator-connection")


def test_the_admin_is_closed_to_an_analyst(page_as: Opener) -> None:
    page = page_as("analyst", expected=("403 ",))
    response = page.goto("/admin/companies/connection/")
    assert response is not None
    assert response.status == 403


def test_the_slash_key_searches_and_a_siren_leads_to_its_company(site: Site, page_as: Opener) -> None:
    page = page_as("analyst")
    page.goto("/")
    siren = str(
        site.ask("SELECT registration_number FROM companies_company WHERE country = 'FR' AND siret <> '' LIMIT 1")
    )
    page.keyboard.press("/")
    page.keyboard.type(siren)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/companies/\d+/$"))


def test_a_cell_of_the_matrix_leads_to_its_words_and_its_companies(page_as: Opener) -> None:
    page = page_as("manager")
    page.goto("/matrix/")
    page.locator("a[href*='HIGH-FAV']").first.click()
    expect(page.get_by_text("Maintenir la confiance").first).to_be_visible()
    expect(page.locator("a[href*='/companies/']").first).to_be_visible()


def test_the_portfolio_filters_and_exports_what_is_filtered(page_as: Opener) -> None:
    page = page_as("analyst")
    page.goto("/portfolio/?rating=A&country=FR")
    with page.expect_download() as download:
        page.locator("a[href*='export.csv']").first.click()
    lines = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) > 10
    assert all(";FR;" in line for line in lines[1:])


def test_a_bad_file_is_refused_with_line_column_and_fix(page_as: Opener, tmp_path: Path, shoot: Shooter) -> None:
    bad = tmp_path / "partenaires.csv"
    bad.write_text("Compte;Raison sociale;SIREN;Plafond\n411A;Dupont;000000000;1000\n411B;Durand;;12,34,56\n", "cp1252")
    page = page_as("analyst")
    page.goto("/imports/")
    form = page.locator("form:has(input[type=file])").first
    form.locator("input[type=file]").set_input_files(bad)
    form.locator("input[type=radio][value=delta]").check()
    form.locator("button").last.click()
    page.wait_for_url(re.compile(r"/imports/\d+/$"))
    told = page.locator("main").inner_text()
    assert "000000000" in told
    assert "12,34,56" in told
    assert page.locator("form[action*='/apply/']").count() == 0
    shoot(page, "import-refused")


def test_an_alert_is_taken_commented_and_closed_with_a_reason(site: Site, page_as: Opener) -> None:
    alert = site.ask("SELECT id FROM monitoring_alert WHERE state = 'open' AND kind = 'over_limit' LIMIT 1")
    page = page_as("analyst")
    page.goto(f"/alerts/{alert}/")
    page.locator(f"form[action*='/alerts/{alert}/take/'] button").first.click()
    form = page.locator(f"form[action*='/alerts/{alert}/close/']").first
    form.locator("select[name=reason]").select_option("acted")
    form.locator("textarea, input[name=text]").first.fill("Plafond relevé")
    form.locator("button").last.click()
    page.wait_for_load_state("load")
    assert site.ask(f"SELECT count(*) FROM monitoring_alert WHERE id = {alert} AND state = 'closed'") == 1
    expect(page.get_by_text("Plafond relevé").first).to_be_visible()


def test_an_auditor_sees_an_alert_and_can_do_nothing_with_it(site: Site, page_as: Opener) -> None:
    alert = site.ask("SELECT id FROM monitoring_alert LIMIT 1")
    page = page_as("auditor")
    page.goto(f"/alerts/{alert}/")
    assert page.locator("main form[method=post]").count() == 0


def test_a_company_to_review_is_compared_field_by_field_and_linked(site: Site, page_as: Opener, shoot: Shooter) -> None:
    free = (
        "FROM companies_candidate WHERE rank = 1 AND connect_id NOT IN (SELECT connect_id FROM companies_profile)"
        " AND company_id IN (SELECT id FROM companies_company WHERE link_state = 'review') ORDER BY company_id LIMIT 1"
    )
    waiting = site.ask(f"SELECT company_id {free}")
    page = page_as("analyst")
    page.goto(f"/link/review/{waiting}/")
    shoot(page, "link-review")
    page.locator(f"a[href*='/link/{waiting}/']").first.click()
    expect(page.locator("input[type=checkbox]").first).to_be_visible()
    shoot(page, "link-compare")
    page.locator("main form[method=post]:has(input[type=checkbox]) button").last.click()
    page.wait_for_load_state("load")
    assert site.ask(f"SELECT count(*) FROM companies_profile WHERE company_id = {waiting}") == 1
    site.wait(lambda: site.ask(f"SELECT count(*) FROM companies_report WHERE company_id = {waiting}") == 1, 60)


def test_alerts_keep_arriving(site: Site) -> None:
    before = site.ask("SELECT count(*) FROM monitoring_event")
    site.wait(lambda: site.ask("SELECT count(*) FROM monitoring_event") > before, 90)
