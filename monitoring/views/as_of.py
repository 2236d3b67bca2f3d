"""A page at a past day: `?as_of=2026-03-31`, with `&known=now` for what is known today of that day (domain 3.8)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Min
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from monitoring.models import Position, Standing
from monitoring.models.standing import PlacedQuerySet

DAY, KNOWN, NOW, THEN = "as_of", "known", "now", "then"
SHOWN = 40  # characters of a refused day that are said back


@dataclass(frozen=True)
class AsOf:
    """The day that a page shows; `day` None is today. `refused` says why a day that was asked is not shown."""

    today: date
    day: date | None = None
    known_now: bool = False
    refused: str = ""

    @property
    def is_past(self) -> bool:
        return self.day is not None

    @property
    def shown(self) -> date:
        """The day as a date, today included."""
        return self.day or self.today

    @property
    def end(self) -> datetime:
        """The moment when the day is over."""
        return timezone.make_aware(datetime.combine(self.shown + timedelta(days=1), time.min))

    def rows(self) -> PlacedQuerySet[Any]:
        """One row for each company on the day: standings of today, or positions."""
        if self.day is None:
            return Standing.objects.all()
        return Position.objects.on(self.day, known_now=self.known_now)

    @property
    def params(self) -> dict[str, str]:
        """What a link carries so that the next page shows the same day."""
        if self.day is None:
            return {}
        return {DAY: self.day.isoformat(), **({KNOWN: NOW} if self.known_now else {})}

    @property
    def query(self) -> str:
        """The same with its question mark; empty today."""
        return f"?{urlencode(self.params)}" if self.params else ""

    @property
    def also(self) -> str:
        """The same for an address that has a query already."""
        return f"&{urlencode(self.params)}" if self.params else ""

    @property
    def key(self) -> str:
        """Names the day where something is kept for it."""
        return self.file_suffix if self.is_past else "today"

    @property
    def mark(self) -> tuple[date, str] | None:
        """The day and how it was known, in words, for what is exported; None today."""
        if self.day is None:
            return None
        return self.day, _("As known now") if self.known_now else _("As known then")

    @property
    def stamp(self) -> str:
        """What is stamped on paper; empty today."""
        if self.day is None:
            return ""
        words = _("%(day)s, as known now") if self.known_now else _("%(day)s, as known then")
        return words % {"day": date_format(self.day, "DATE_FORMAT")}

    def first(self, positions: PlacedQuerySet[Position] | None = None) -> date | None:
        """The first day of which anything is known, of all or of these positions: what to say when there is none."""
        name = "valid_from" if self.known_now else "known_from"
        among = Position.objects.all() if positions is None else positions
        found = among.aggregate(first=Min(name))["first"]
        return found if self.known_now or found is None else timezone.localdate(found)

    @property
    def file_suffix(self) -> str:
        """For the names of files: the day, and how it was known."""
        return f"{self.shown:%Y-%m-%d}" + (f"-known-{NOW if self.known_now else THEN}" if self.is_past else "")


def read(request: HttpRequest) -> AsOf:
    """What the address asks; nonsense and days to come show today and say so."""
    today, text = timezone.localdate(), request.GET.get(DAY, "").strip()
    if not text:
        return AsOf(today)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        words = _("“%(text)s” is not a day: today is shown. Write a day as 2026-03-31.") % {"text": text[:SHOWN]}
        return AsOf(today, refused=words)
    if day > today:
        return AsOf(today, refused=_("%(day)s is still to come: today is shown.") % {"day": day.isoformat()})
    if day == today:
        return AsOf(today)
    return AsOf(today, day, known_now=request.GET.get(KNOWN) == NOW)
