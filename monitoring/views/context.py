"""What every page shows around its content: badges, running jobs, the state of the connection."""

from functools import cached_property

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from companies.choices import JobKind, LinkState
from companies.management.commands.demo_users import ROLES, demo_password
from companies.models import Company, Connection, Job
from companies.services.jobs import watched
from monitoring.models import Alert, MatrixCell

MOST = 1000  # a badge says "999+" rather than counting a million rows
JOBS_SHOWN = 5


class Site:
    """Read at first use: a page part that shows none of it asks the database nothing."""

    def __init__(self, user: User | AnonymousUser, path: str) -> None:
        self.user = user
        self.path = path

    @property
    def section(self) -> str:
        """First part of the address: which entry of the navigation is the current one."""
        return self.path.strip("/").split("/")[0]

    @property
    def role(self) -> str:
        """The user's role in words, from what they may do."""
        if self.user.is_staff:
            return _("Administrator")
        if self.user.has_perm("monitoring.change_matrixpolicy"):
            return _("Manager")
        return _("Analyst") if self.user.has_perm("monitoring.treat_alert") else _("Reader")

    @cached_property
    def open_alerts(self) -> str:
        return self._badge(Alert.objects.to_treat()[:MOST].count())

    @cached_property
    def unlinked(self) -> str:
        """Companies that still wait for a link; those left unlinked on purpose are not among them."""
        waiting = [LinkState.QUEUED, LinkState.REVIEW, LinkState.ABSENT]
        return self._badge(Company.objects.filter(link_state__in=waiting)[:MOST].count())

    def _badge(self, count: int) -> str:
        if not self.user.is_authenticated or count == 0:
            return ""
        return f"{MOST - 1}+" if count >= MOST else str(count)

    @cached_property
    def jobs(self) -> list[Job]:
        # a poll lasts a moment and comes back every few seconds: its health is told, its progress is noise
        told = Job.objects.live().exclude(kind=JobKind.POLL)
        return [watched(job) for job in told.select_related("batch").order_by("created_at")[:JOBS_SHOWN]]

    @cached_property
    def connection(self) -> Connection:
        # the password stays out: decrypting it costs more than the page
        return Connection.objects.defer("password").filter(pk=1).first() or Connection(pk=1)

    @property
    def pace(self) -> int:
        """Seconds until the status strip asks again."""
        return 3 if self.jobs else 15


def _labels() -> dict[str, MatrixCell]:
    cells = MatrixCell.objects.in_force().only("code", "label_fr", "label_en", "colour", "icon")
    return {cell.code: cell for cell in cells}


def site(request: HttpRequest) -> dict[str, object]:
    """Context processor: `site`, `cell_labels` with words and looks of the policy in force, `demo_users` in a demo."""
    return {
        "site": Site(getattr(request, "user", AnonymousUser()), request.path),
        "cell_labels": SimpleLazyObject(_labels),
        "demo_users": [(role, demo_password(role)) for role in ROLES] if settings.DEMO else [],
    }
