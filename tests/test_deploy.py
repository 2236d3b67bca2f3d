"""A production start: clean with the right environment, refused with a dangerous one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
KEY = "k3y-of-the-tests-" + "0123456789abcdefghij" * 2


def start(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python <command>` with nothing from this environment but the path."""
    env = {"PATH": os.environ["PATH"], "SECRET_KEY": KEY, **environment}
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": KEY[:49]}, "SECRET_KEY"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "risk.example.com,*"}, "ALLOWED_HOSTS"),
        ({"DEBUG": "1", "ALLOWED_HOSTS": "risk.example.com"}, "DEBUG"),
        ({"CREDITSAFE_URL": "http://connect.creditsafe.com/v1"}, "CREDITSAFE_URL"),
        ({"CREDITSAFE_URL": "connect.creditsafe.com/v1"}, "CREDITSAFE_URL"),
        ({"HTTPS": "sometimes"}, "HTTPS"),
        ({"DATABASE_URL": "postgres"}, "DATABASE_URL"),
    ],
    ids=lambda value: " ".join(f"{k}={v[:40]}" for k, v in value.items()) if isinstance(value, dict) else "",
)
def test_a_dangerous_environment_is_refused(tmp_path: Path, environment: dict[str, str], says: str) -> None:
    refused = start("-c", "import riskportal.settings", VAR_DIR=str(tmp_path), **environment)
    assert refused.returncode != 0
    assert says in refused.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "environment",
    [
        {"SECRET_KEY": (KEY + "x" * 50)[:50]},
        {"DEBUG": "1"},
        {"ALLOWED_HOSTS": "risk.example.com", "HTTPS": "1"},
        {"CREDITSAFE_URL": "http://127.0.0.1:9000/v1"},
        {"CREDITSAFE_URL": "https://connect.creditsafe.com/v1"},
        {"DATABASE_URL": "postgres://risk@db.example.com/risk", "REDIS_URL": "redis://cache.example.com/0"},
    ],
    ids=lambda value: " ".join(f"{k}={v[:40]}" for k, v in value.items()),
)
def test_an_honest_environment_is_accepted(tmp_path: Path, environment: dict[str, str]) -> None:
    accepted = start("-c", "import riskportal.settings", VAR_DIR=str(tmp_path), **environment)
    assert accepted.returncode == 0, accepted.stderr


def test_the_key_that_the_launcher_wrote_is_enough(tmp_path: Path) -> None:
    (tmp_path / "secret-key").write_text(KEY + "\n")
    accepted = start("-c", "import riskportal.settings as s; print(s.SECRET_KEY)", VAR_DIR=str(tmp_path), SECRET_KEY="")
    assert accepted.stdout.strip() == KEY


def test_cookies_and_redirects_follow_https(tmp_path: Path) -> None:
    code = (
        "import riskportal.settings as s; print(s.SESSION_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS)"
    )
    assert start("-c", code, VAR_DIR=str(tmp_path), HTTPS="1").stdout.split() == ["True", "True", "31536000"]
    assert start("-c", code, VAR_DIR=str(tmp_path)).stdout.split() == ["False", "False", "0"]
