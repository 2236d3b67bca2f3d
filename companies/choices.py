"""The vocabulary of the facts: one word per thing, the same in code, pages, documents and admin."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Role(TextChoices):
    CLIENT = "client", _("Client")
    SUPPLIER = "supplier", _("Supplier")
    PROSPECT = "prospect", _("Prospect")


class Rating(TextChoices):
    """International letter. E says "no score": read the rating state before calling it bad."""

    A = "A", _("A · very low risk")
    B = "B", _("B · low risk")
    C = "C", _("C · moderate risk")
    D = "D", _("D · high risk")
    E = "E", _("E · not scored")


class RatingState(TextChoices):
    """Whether the bureau's score may be read as a number at all."""

    RATED = "rated", _("Rated")
    NOT_RATED = "not_rated", _("Not rated")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("No report yet")


class CompanyStatus(TextChoices):
    ACTIVE = "active", _("Active")
    NON_ACTIVE = "non_active", _("Ceased")
    PENDING = "pending", _("Pending")
    OTHER = "other", _("Other")
    UNKNOWN = "unknown", _("Unknown")


class LinkState(TextChoices):
    """Where a company is on its way to a Creditsafe profile."""

    QUEUED = "queued", _("To be searched")
    LINKED = "linked", _("Linked")
    REVIEW = "review", _("To be reviewed")
    ABSENT = "absent", _("Not found")
    UNLINKED = "unlinked", _("Left unlinked")


class DocumentType(TextChoices):
    INVOICE = "invoice", _("Invoice")
    CREDIT_NOTE = "credit_note", _("Credit note")
    PAYMENT = "payment", _("Unallocated payment")
    BILL = "bill", _("Bill of exchange")
    OTHER = "other", _("Other entry")


class AgeingBucket(TextChoices):
    NOT_DUE = "not_due", _("Not due")
    DAYS_1_30 = "1_30", _("1–30 days")
    DAYS_31_60 = "31_60", _("31–60 days")
    DAYS_61_90 = "61_90", _("61–90 days")
    DAYS_OVER_90 = "over_90", _("Over 90 days")
    NO_DUE_DATE = "no_due_date", _("No due date")
    CREDITS = "credits", _("Credits")


class FileKind(TextChoices):
    PARTNERS = "partners", _("Partners")
    OPEN_ITEMS = "open_items", _("Open items")


class BatchState(TextChoices):
    REFUSED = "refused", _("Refused")
    PREVIEWED = "previewed", _("Ready to apply")
    APPLYING = "applying", _("Being applied")
    APPLIED = "applied", _("Applied")
    FAILED = "failed", pgettext_lazy("file", "Failed")


class OrderReason(TextChoices):
    LINKED = "linked", _("Newly linked")
    EVENT = "event", _("Creditsafe event")
    REQUESTED = "requested", _("Asked by a user")
    AGE = "age", _("Report too old")


class OrderState(TextChoices):
    HELD = "held", _("Waiting for approval")
    QUEUED = "queued", _("Waiting")
    ORDERING = "ordering", _("Being ordered")
    RECEIVED = "received", _("Received, being read")
    DONE = "done", _("Received")
    FAILED = "failed", pgettext_lazy("order", "Refused")
    DROPPED = "dropped", _("Dropped")


class ReportUse(TextChoices):
    """In what form somebody looked at a report."""

    PAGE = "page", _("Page")
    COMPARISON = "comparison", _("Comparison")
    PDF = "pdf", _("PDF")
    RAW = "raw", _("As received")
    DOCUMENT = "document", _("Official document")


class JobKind(TextChoices):
    IMPORT = "import", _("Import a file")
    LINK = "link", _("Link companies to Creditsafe")
    REFRESH = "refresh", _("Fetch credit reports")
    WATCH = "watch", _("Put under surveillance")
    POLL = "poll", _("Poll Creditsafe events")


class JobState(TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    DONE = "done", _("Done")
    FAILED = "failed", pgettext_lazy("file", "Failed")


class BreakerState(TextChoices):
    """Whether calls to Creditsafe are let through."""

    CLOSED = "closed", _("Closed: calls pass")
    OPEN = "open", _("Open: no call")
    HALF_OPEN = "half_open", _("Half open: one call tries")


class ChangeCause(TextChoices):
    """Why a company's standing has to be worked out again."""

    IMPORT = "import", _("ERP import")
    LINK = "link", _("Link to Creditsafe")
    REPORT = "report", _("New report")
    EVENT = "event", _("Creditsafe event")
    POLICY = "policy", _("Matrix policy")
    EDIT = "edit", _("Edited by a user")
    REBUILD = "rebuild", _("Rebuilt")
