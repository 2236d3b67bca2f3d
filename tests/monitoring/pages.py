"""Rows for the tests of the pages: a portfolio small enough to count by hand."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from companies.choices import Role
from companies.models import Company
from monitoring.choices import AlertKind, Severity
from monitoring.models import Alert
from monitoring.services import standing
from tests import make


def placed(name: str, *, score: int | None = 60, limit: str | None = "20000", owes: str = "0", **more: Any) -> Company:
    """A linked company with an open amount ten days overdue, on the matrix."""
    company = make.company(name)
    account = make.account(company, more.pop("role", Role.CLIENT), **more)
    make.profile(company, score, limit)
    if owes != "0":
        make.item(account, owes, make.TODAY - timedelta(days=10))
    standing.restate([company.pk], now=make.NOW, as_of=make.TODAY)
    return company


def alert(company: Company, severity: Severity = Severity.HIGH, **values: Any) -> Alert:
    values = {"kind": AlertKind.RATING, "opened_at": make.NOW, "changed_at": make.NOW} | values
    return Alert.objects.create(company=company, severity=severity, **values)


def queries(client: Client, url: str) -> int:
    """How many queries a page takes, once what is kept between pages is warm."""
    client.get(url)
    with CaptureQueriesContext(connection) as taken:
        assert client.get(url).status_code == 200
    return len(taken)


def growth(client: Client, url: str, more: Callable[[int], object]) -> int:
    """By how much the queries of a page grow from 1 row to 31."""
    more(0)
    one = queries(client, url)
    for index in range(1, 31):
        more(index)
    return queries(client, url) - one
