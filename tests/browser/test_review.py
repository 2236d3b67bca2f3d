"""The review in a real Chromium, with nothing but the keyboard."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.site import Site

Opener = Callable[..., Page]
WAITING = "SELECT count(*) FROM companies_company WHERE link_state = 'review'"
LINKED = "SELECT count(*) FROM companies_reviewdecision WHERE state = 'linked'"
LEFT = "SELECT count(*) FROM companies_reviewdecision WHERE state = 'left'"
FREE = (
    "SELECT company_id FROM companies_candidate c JOIN companies_company o ON o.id = c.company_id"
    " WHERE rank = 1 AND link_state = 'review'"
    " AND c.connect_id NOT IN (SELECT connect_id FROM companies_profile) ORDER BY score DESC LIMIT 1"
)
KEYS = re.compile(r"/link/review/\d+/")


def came(page: Page, name: str) -> None:
    """Wait for another company than this one, and for the moment in which keys are ignored."""
    expect(page.locator("h1")).not_to_have_text(name)
    page.wait_for_timeout(400)


def test_two_companies_are_reviewed_and_one_undone_by_keyboard_only(site: Site, page_as: Opener) -> None:
    before = site.ask(WAITING)
    linked, left = site.ask(LINKED), site.ask(LEFT)
    page = page_as("analyst", language="en-GB")
    page.goto(f"/link/review/{site.ask(FREE)}/?sort=score")
    name = page.locator("h1").inner_text()
    expect(page.locator("#review-progress-words")).to_contain_text(f"{before} left")

    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    came(page, name)
    assert site.ask(LINKED) == linked + 1
    expect(page.locator(".site-messages")).to_contain_text(name)

    name = page.locator("h1").inner_text()
    page.keyboard.press("r")
    expect(page.locator(".reject input[type=radio]:checked")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    came(page, name)
    assert site.ask(LEFT) == left + 1
    expect(page.locator("#review-progress-words")).to_contain_text(f"{before - 2} left")

    page.keyboard.press("u")
    expect(page.locator("h1")).to_have_text(name)
    assert site.ask(LEFT) == left


def test_the_candidates_are_walked_and_a_search_by_hand_takes_their_place(site: Site, page_as: Opener) -> None:
    page = page_as("analyst", language="en-GB")
    page.goto("/link/review/")
    radios = page.locator("#offers input[type=radio]:not(:disabled)")
    expect(radios.first).to_be_visible()
    page.keyboard.press("j")
    expect(radios.nth(1 % radios.count())).to_be_checked()
    page.keyboard.press("k")
    expect(radios.first).to_be_checked()
    page.keyboard.press("s")
    expect(page.locator("[name=s-name]")).to_be_focused()
    page.keyboard.type("a name with the letters a, r and u decides nothing")
    expect(page).to_have_url(KEYS)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("search=1"))
    expect(page.locator("#offers")).to_be_visible()
