"""The real portal with its demo data in a real Chromium. Every page must leave the console empty."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, StorageState, ViewportSize, sync_playwright

from tests.site import Site

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"),
    *("--disable-component-update", "--disable-sync"),
)
PHONE = ViewportSize(width=390, height=844)
DESK = ViewportSize(width=1440, height=900)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.site)
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("portal"))
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def site(portal: Site) -> Site:
    """The portal, when all that its first start brings has arrived."""
    portal.until_complete()
    return portal


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield browser
        browser.close()


@dataclass
class Watched:
    """What a browser complained about: console errors, refusals by the content policy, answers from 400 up."""

    expected: tuple[str, ...]
    complaints: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._note(f"exception: {error}"))
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # An answer from 400 up is noted with its address by _response.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self._note(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self._note(f"{response.status} {response.url}")

    def _note(self, complaint: str) -> None:
        if not any(text in complaint for text in self.expected):
            self.complaints.append(complaint)


@pytest.fixture
def page_as(site: Site, browser: Browser, sessions: dict[str, StorageState]) -> Iterator[Callable[..., Page]]:
    """`page_as("analyst")`: a page of a signed-in role; "" for nobody. At the end, nothing may have been noted.

    `phone`, `dark` and `language` choose how it looks; `expected` lists pieces of complaints that are meant.
    """
    opened: list[tuple[Page, Watched]] = []

    def open_page(
        role: str, *, phone: bool = False, dark: bool = False, language: str = "fr-FR", expected: tuple[str, ...] = ()
    ) -> Page:
        context = browser.new_context(
            base_url=site.url,
            locale=language,
            timezone_id="Europe/Paris",
            viewport=PHONE if phone else DESK,
            color_scheme="dark" if dark else "light",
            storage_state=sessions.get(role),
        )
        watched = Watched(expected)
        page = context.new_page()
        watched.follow(page)
        opened.append((page, watched))
        if role and role not in sessions:
            sign_in(page, role, site.users[role])
            sessions[role] = context.storage_state()
        return page

    yield open_page
    for page, _ in opened:
        page.context.close()
    assert [complaint for _, watched in opened for complaint in watched.complaints] == []


@pytest.fixture(scope="session")
def sessions() -> dict[str, StorageState]:
    """The cookies of each role that has signed in."""
    return {}


def sign_in(page: Page, role: str, password: str) -> None:
    page.goto("/")
    page.fill("input[name=username]", role)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/")


@pytest.fixture
def shoot(tmp_path: Path) -> Callable[[Page, str], Path]:
    """`shoot(page, "matrix")` saves matrix.png; `make screenshots` keeps them in docs/screenshots."""
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)

    def shoot(page: Page, name: str) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png", full_page=True)
        return folder / f"{name}.png"

    return shoot
