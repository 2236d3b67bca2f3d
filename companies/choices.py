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
    AGED_BALANCE = "aged_balance", _("Aged balance")
    COMMITMENTS = "commitments", _("Orders and deliveries")
    SUPPLIES = "supplies", _("Supplier figures")


class CommitmentKind(TextChoices):
    """How far an order has come before its invoice."""

    ORDER = "order", _("Order")
    DELIVERED = "delivered", _("Delivered, not invoiced")


class BatchState(TextChoices):
    READING = "reading", _("Being read")
    REFUSED = "refused", _("Refused")
    QUARANTINED = "quarantined", _("In quarantine")
    PREVIEWED = "previewed", _("Ready to apply")
    APPLYING = "applying", _("Being applied")
    APPLIED = "applied", _("Applied")
    FAILED = "failed", pgettext_lazy("file", "Failed")
    UNDONE = "undone", pgettext_lazy("file", "Undone")


class CheckKind(TextChoices):
    """What the sentinel compares between a file and the last one of its ledger (domain 6.6)."""

    ITEMS = "items", _("Number of open items")
    BALANCE = "balance", _("Balance")
    CUSTOMERS = "customers", _("Number of accounts with open items")
    UNKNOWN = "unknown", _("Accounts that are not known, in %")
    OLDEST = "oldest", _("Age of the oldest item, in days")
    ROWS = "rows", _("Number of rows")
    ACCOUNTS = "accounts", _("Number of accounts")
    AMOUNT = "amount", _("Total amount")


class PickupState(TextChoices):
    """What became of a file found in a folder."""

    SEEN = "seen", pgettext_lazy("pick-up", "Seen, may still grow")
    TAKEN = "taken", pgettext_lazy("pick-up", "Taken")
    DONE = "done", pgettext_lazy("pick-up", "Applied")
    FAILED = "failed", pgettext_lazy("file", "Failed")


class ImportMode(TextChoices):
    """What it means that a file does not name something: said by a person or a profile, never guessed (domain 6.6)."""

    STOCK = "stock", _("Everything: what is absent is closed")
    DELTA = "delta", _("Changes only: what is absent stays as it is")


class EffectKind(TextChoices):
    """Of which table the rows are that an import created or changed."""

    COMPANY = "company", _("Companies")
    ACCOUNT = "account", _("Accounts")
    ITEM = "item", _("Open items")
    BALANCE = "balance", _("Aged balances")
    PROMISE = "promise", _("Orders and deliveries")
    SUPPLY = "supply", _("Supplier figures")
    SOURCE = "source", _("Origins of values")


class FileFormat(TextChoices):
    DETECT = "detect", _("Found in the file")
    CSV = "csv", _("Text with a delimiter (CSV)")
    XLSX = "xlsx", _("Excel workbook (.xlsx)")
    FIXED = "fixed", _("Fixed width")


class DecimalStyle(TextChoices):
    DETECT = "detect", _("Found in the file")
    FRENCH = "french", _("French: 1 234,56")
    ENGLISH = "english", _("English: 1,234.56")


class DateStyle(TextChoices):
    """How six digits are read; dates with separators have their day first in any style (domain 6.4)."""

    DAY_FIRST = "day_first", _("Day first: 31/01/2026")
    DDMMYY = "ddmmyy", _("Day, month, year in six digits: 310126")
    CYYMMDD = "cyymmdd", _("Century, year, month, day (AS400): 1260131")
    YYMMDD = "yymmdd", _("Year, month, day in six digits: 260131")


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
    ACCEPT = "accept", _("Accept the sure candidates")
    REFRESH = "refresh", _("Fetch credit reports")
    WATCH = "watch", _("Put under surveillance")
    POLL = "poll", _("Poll Creditsafe events")
    DUPLICATES = "duplicates", _("Look for duplicates")
    PICKUP = "pickup", _("Pick up files from folders")
    POLICY = "policy", _("Place every company under the matrix policy")
    BACKTEST = "backtest", _("Test a policy on history")
    UNDO = "undo", _("Undo an import")
    TASKS = "tasks", _("Give tasks")
    READ = "read", _("Read a file")


class JobState(TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    DONE = "done", _("Done")
    FAILED = "failed", pgettext_lazy("file", "Failed")


class ReviewState(TextChoices):
    """What became of one decision of the review."""

    CHOSEN = "chosen", _("To be linked")
    LINKED = "linked", _("Linked")
    LEFT = "left", _("Left unlinked")
    REFUSED = "refused", _("Could not be linked")
    UNDOING = "undoing", _("To be undone")
    UNDONE = "undone", _("Undone")


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
    OVERRIDE = "override", _("Placed by hand")
    TIME = "time", _("Passing of time")
    EDIT = "edit", _("Edited by a user")
    REBUILD = "rebuild", _("Rebuilt")


class PairState(TextChoices):
    """What became of two companies that look like one."""

    OPEN = "open", pgettext_lazy("duplicates", "To decide")
    DISMISSED = "dismissed", pgettext_lazy("duplicates", "Not the same")
    MERGED = "merged", pgettext_lazy("duplicates", "Merged")


class OnMerge(TextChoices):
    """What a row that belongs to a company does when its company is merged into another. A model says it by the name
    of its foreign key, `on_merge = {"company": OnMerge.STAY}`; without a word, the row follows.
    """

    FOLLOW = "follow", pgettext_lazy("merge", "follows")
    UNPROFILED = "unprofiled", pgettext_lazy("merge", "follows, unless the company has a Creditsafe history of its own")
    STAY = "stay", pgettext_lazy("merge", "stays with the profile it came from")


class Moved(TextChoices):
    """What a merge did to a row."""

    MOVED = "moved", pgettext_lazy("merge", "Moved")
    CHANGED = "changed", pgettext_lazy("merge", "Changed")
    CREATED = "created", pgettext_lazy("merge", "Created")
    REMOVED = "removed", pgettext_lazy("merge", "Removed")
    MARK = "mark", pgettext_lazy("merge", "Newest at the time")


class Origin(TextChoices):
    """Who says the value of a field."""

    ERP = "erp", pgettext_lazy("source", "ERP")
    CREDITSAFE = "creditsafe", "Creditsafe"
    USER = "user", pgettext_lazy("source", "User")


class CompanyField(TextChoices):
    """The columns of a company that have a source: what Creditsafe can fill."""

    NAME = "name", _("Name")
    REGISTRATION_NUMBER = "registration_number", _("Registration number")
    SIRET = "siret", _("SIRET")
    VAT_NUMBER = "vat_number", _("VAT number")
    STREET = "street", _("Street")
    POSTAL_CODE = "postal_code", _("Postcode")
    CITY = "city", _("City")
    PHONE = "phone", _("Phone")
    WEBSITE = "website", _("Website")
    LEGAL_FORM = "legal_form", _("Legal form")
    ACTIVITY_CODE = "activity_code", _("Activity code")
    ACTIVITY = "activity", _("Activity")


class DifferenceState(TextChoices):
    """What became of a difference between our value and another source's."""

    OPEN = "open", pgettext_lazy("difference", "To be decided")
    KEPT = "kept", pgettext_lazy("difference", "Ours kept")
    TAKEN = "taken", pgettext_lazy("difference", "Theirs taken")
    GONE = "gone", pgettext_lazy("difference", "Gone by itself")


class FieldChoice(TextChoices):
    """What a rule says once and for all about a field."""

    TAKE = "take", _("Always take")
    KEEP = "keep", _("Always keep ours")


class FieldActKind(TextChoices):
    """What a person did about values of fields."""

    TAKE = "take", pgettext_lazy("field act", "Taken")
    KEEP = "keep", pgettext_lazy("field act", "Kept")
    ALWAYS_TAKE = "always_take", pgettext_lazy("field act", "Always taken")
    ALWAYS_KEEP = "always_keep", pgettext_lazy("field act", "Always kept")
    FREE = "free", pgettext_lazy("field act", "Rule ended")
    EDIT = "edit", pgettext_lazy("field act", "Edited")
    PUT_BACK = "put_back", pgettext_lazy("field act", "Put back")
    UNDO = "undo", pgettext_lazy("field act", "Undone")
