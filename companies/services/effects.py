"""What applying a file did, chunk by chunk, small enough to be kept for every row (models.BatchEffect)."""

import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from companies.choices import EffectKind
from companies.models import BatchEffect, ImportBatch

Values = Mapping[str, tuple[Any, Any]]
"""The value before and the value written, by column."""
Changed = tuple[int, Values]


def created(batch: ImportBatch, kind: EffectKind, keys: Sequence[int]) -> None:
    """Remember rows that did not exist before."""
    if keys:
        _save(batch, kind, keys, is_new=True)


def changed(batch: ImportBatch, kind: EffectKind, changes: Sequence[Changed]) -> None:
    """Remember what the columns of rows were, and what they were given."""
    if changes:
        _save(batch, kind, changes, is_new=False)


def read(effect: BatchEffect) -> Any:
    """Return a list of keys, or of (key, {column: [before, written]}) with values as `plain` makes them."""
    return json.loads(zlib.decompress(bytes(effect.body)))


def plain(value: Any) -> Any:
    """Return a value of a column as it is kept: text, number or nothing; amounts and dates as text."""
    if isinstance(value, Decimal):
        return format(value.normalize() + 0, "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _save(batch: ImportBatch, kind: EffectKind, content: Sequence[Any], *, is_new: bool) -> None:
    body = zlib.compress(json.dumps(content, default=plain, separators=(",", ":")).encode(), 1)
    BatchEffect.objects.create(batch=batch, kind=kind, created=is_new, rows=len(content), body=body)
