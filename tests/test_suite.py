"""What `make test` counts."""

import pytest

from tests import suite
from tests.suite import ON_POSTGRESQL, SITES, Result, Suite, counted, files, scope


@pytest.mark.parametrize(
    ("last", "code", "figures"),
    [
        ("12 passed in 3.04s", 0, (12, 0, 0)),
        ("2 failed, 10 passed, 1 skipped in 61.20s (0:01:01)", 1, (10, 2, 1)),
        ("1 failed, 2 errors in 0.10s", 1, (0, 3, 0)),
        ("1 error in 0.10s", 2, (0, 1, 0)),
        ("4 passed, 7 deselected in 0.50s", 0, (4, 0, 0)),
        ("5 passed in 0.50s", 3, (5, 1, 0)),
        ("no tests ran in 0.01s", 5, (0, 1, 0)),
        ("All checks passed!", 0, (1, 0, 0)),
        ("Found 3 errors.", 1, (0, 1, 0)),
    ],
)
def test_the_end_of_a_check_is_counted(last: str, code: int, figures: tuple[int, int, int]) -> None:
    assert counted(["...", last], code) == figures


@pytest.mark.parametrize(("strict", "failed"), [(False, 0), (True, 3)])
def test_skipped_tests_are_failures_only_where_all_is_required(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], strict: bool, failed: int
) -> None:
    monkeypatch.setattr(suite, "STRICT", strict)
    printed = "print('SKIPPED [3] tests/a.py:1: no Chromium here'); print('3 skipped in 0.1s')"
    result = Suite("/nonexistent").check("browser", "-c", printed)
    assert (result.failed, result.note) == (failed, "3 skipped: no Chromium here")


def test_a_file_that_nobody_can_install_is_told_and_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(suite, "STRICT", True)
    printed = "print('SKIPPED [2] tests/a.py:1: set CREDITSAFE_CONTRACT'); print('2 skipped in 0.1s')"
    result = Suite("/nonexistent").check("tests", "-c", printed)
    assert (result.failed, result.note) == (0, "2 skipped: set CREDITSAFE_CONTRACT")


def test_the_environment_of_the_tests_reaches_no_real_site(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "CREDITSAFE_PASSWORD", "DEMO", "PORT"):
        monkeypatch.setenv(name, "of somebody")
    monkeypatch.setenv("SECRET_KEY", "of somebody")
    assert "of somebody" not in Suite("/nonexistent").env().values()


def test_a_failed_check_stands_out_in_the_table() -> None:
    assert "FAILED" in str(Result("mypy", failed=1))
    assert "ok" in str(Result("mypy", passed=1))


@pytest.mark.parametrize(("strict", "chosen"), [(True, "not site"), (False, "not site and not thorough")])
def test_only_everyday_runs_leave_out_what_is_thorough(
    monkeypatch: pytest.MonkeyPatch, strict: bool, chosen: str
) -> None:
    monkeypatch.setattr(suite, "STRICT", strict)
    assert scope("not site") == chosen


def test_what_is_named_for_a_pass_exists() -> None:
    assert [name for name in ON_POSTGRESQL if not files(name)] == []
    assert [path for path in SITES if not (suite.ROOT / path).exists()] == []


def test_after_an_interruption_nothing_more_is_started() -> None:
    interrupted = Suite("/nonexistent")
    interrupted.interrupt()
    assert interrupted.check("mypy", "-c", "print('ran')") == Result("mypy", failed=1, note="not run")
