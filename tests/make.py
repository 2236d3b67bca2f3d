"""Rows for tests, with defaults that a test overrides where it matters."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from companies.choices import (
    BatchState,
    CompanyStatus,
    DocumentType,
    FileKind,
    ImportMode,
    LinkState,
    RatingState,
    Role,
)
from companies.models import Account, Company, ImportBatch, OpenItem, Profile

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
_numbers = count(1)


def company(name: str = "Forges du Nord", **values: Any) -> Company:
    return Company.objects.create(name=name, **values)


def account(of: Company, role: Role = Role.CLIENT, **values: Any) -> Account:
    values.setdefault("code", f"{'401' if role == Role.SUPPLIER else '411'}{next(_numbers):04d}")
    return Account.objects.create(company=of, role=role, name=of.name, **values)


def batch(**values: Any) -> ImportBatch:
    values = {
        "kind": FileKind.OPEN_ITEMS,
        "state": BatchState.APPLIED,
        "size": 1,
        "created_at": NOW,
        "mode": ImportMode.STOCK,
    } | values
    values.setdefault("sha256", f"{next(_numbers):064d}")
    return ImportBatch.objects.create(**values)


def item(of: Account, amount: str, due: date | None = None, **values: Any) -> OpenItem:
    values = {
        "document": f"FA{next(_numbers)}",
        "type": DocumentType.INVOICE,
        "document_date": date(2026, 9, 1),
    } | values
    values.setdefault("batch", ImportBatch.objects.first() or batch())
    return OpenItem.objects.create(account=of, amount=Decimal(amount), due_date=due, **values)


def profile(of: Company, score: int | None = 60, limit: str | None = "20000", **values: Any) -> Profile:
    """A linked company with a score and a credit limit in euros; score None is "not rated"."""
    state = RatingState.RATED if score is not None else RatingState.NOT_RATED
    values = {
        "connect_id": f"FR-X-{next(_numbers):014d}",
        "rating_state": state,
        "rating": letter(score),
        "status": CompanyStatus.ACTIVE,
        "currency": "EUR",
        "linked_at": NOW,
        "reported_at": NOW,
    } | values
    Company.objects.filter(pk=of.pk).update(link_state=LinkState.LINKED)
    credit_limit = None if limit is None else Decimal(limit)
    return Profile.objects.create(company=of, name=of.name, score=score, credit_limit=credit_limit, **values)


def letter(score: int | None) -> str:
    if score is None:
        return "E"
    return next(rating for bound, rating in ((71, "A"), (51, "B"), (30, "C"), (0, "D")) if score >= bound)
