"""Noting that an invoice is contested, and ending it again; each act keeps who and when."""

from datetime import date, datetime

from django.db import IntegrityError, transaction

from companies.choices import ChangeCause
from companies.models import Change, Dispute, OpenItem
from companies.texts import text as _


class DisputeRefused(Exception):
    """Why an item cannot be contested, or a dispute not be ended; `said` is for people."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


def note(item: OpenItem, *, reason: str, since: date, user_id: int | None, now: datetime, today: date) -> Dispute:
    """Note that an open debt is contested. Raises DisputeRefused when it isn't one, or is contested already."""
    if item.closed_on is not None or item.amount <= 0:
        raise DisputeRefused(_("Only an open debt can be contested."))
    if since > today:
        raise DisputeRefused(_("A dispute cannot begin in the future."))
    if since < item.document_date:
        raise DisputeRefused(_("A dispute cannot begin before its document."))
    try:
        with transaction.atomic():
            found = Dispute.objects.create(item=item, reason=reason, since=since, noted_by_id=user_id, noted_at=now)
            Change.objects.mark([item.account.company_id], ChangeCause.EDIT, reason[:255])
    except IntegrityError as error:
        raise DisputeRefused(_("This item is contested already.")) from error
    return found


def end(dispute: Dispute, *, user_id: int | None, today: date) -> None:
    """End a dispute from today on: the item counts again, and what was noted stays. Ending it twice does nothing."""
    with transaction.atomic():
        ended = {"ended_on": max(today, dispute.since), "ended_by_id": user_id}
        if Dispute.objects.live().filter(pk=dispute.pk).update(**ended):
            Change.objects.mark([dispute.item.account.company_id], ChangeCause.EDIT, dispute.reason[:255])
