"""The vocabulary of judgement and action."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Cell(TextChoices):
    """The six cells of the matrix, then its two lanes (domain 4.4)."""

    HIGH_FAV = "HIGH-FAV", _("High limit · sound")
    LOW_FAV = "LOW-FAV", _("Low limit · sound")
    HIGH_MOD = "HIGH-MOD", _("High limit · watch")
    LOW_MOD = "LOW-MOD", _("Low limit · watch")
    HIGH_DEF = "HIGH-DEF", _("High limit · weak")
    LOW_DEF = "LOW-DEF", _("Low limit · weak")
    FAIL = "FAIL", _("Failed")
    NR = "NR", _("Not rated")


class PolicyState(TextChoices):
    DRAFT = "draft", _("Draft")
    APPROVED = "approved", pgettext_lazy("policy", "Approved")
    ACTIVE = "active", _("Active")
    RETIRED = "retired", _("Retired")


class LimitMeasure(TextChoices):
    """What the matrix measures upwards."""

    CREDIT_LIMIT = "credit_limit", _("Credit limit (Creditsafe)")
    CONTRACT_LIMIT = "contract_limit", _("Contract limit (Creditsafe)")
    ERP_LIMIT = "erp_limit", _("ERP limit")
    EXPOSURE = "exposure", _("Exposure")
    OVERDUE = "overdue", _("Overdue")
    TURNOVER = "turnover", _("Invoiced in 12 months")
    PAYABLE = "payable", _("What we owe")


class MatrixColumn(TextChoices):
    """From the worst to the best."""

    DEF = "DEF", _("Weak")
    MOD = "MOD", pgettext_lazy("column of the matrix", "Watch")
    FAV = "FAV", _("Sound")


class GroupInheritance(TextChoices):
    """Whose solvency gives the column of a company that has a parent (domain 4.5)."""

    OWN = "own", _("Its own")
    MIN = "min", _("The weaker of its own and its parent's")
    PARENT = "parent", _("Its parent's")


class NotRatedHandling(TextChoices):
    """Where a company without a rating is placed (domain 4.5)."""

    LANE = "lane", _("In the lane “Not rated”")
    COLUMN = "column", _("In a column")
    BEHAVIOUR = "behaviour", _("By how it pays us")


class PlaceReason(TextChoices):
    """What decided a place; the values are those of `rules.matrix.Reason`."""

    SCORE = "score", _("Score")
    LETTER = "letter", _("Rating letter")
    BEHAVIOUR = "behaviour", _("How it pays us")
    HELD = "held", _("Held by the hysteresis")
    OVERRIDE = "override", _("Placed by hand")
    SCORE_ZERO = "score_zero", _("Score of 0")
    FAILED = "failed", _("In failure at Creditsafe")
    PROCEEDING = "proceeding", _("Open proceeding")
    STRUCK_OFF = "struck_off", _("Ceased or struck off")
    NOT_RATED = "not_rated", _("Not rated")
    NO_REPORT = "no_report", _("No report yet")


class CellColour(TextChoices):
    """Named after the classes of the style sheet, so that both themes have their own shade."""

    GREEN = "green", _("Green")
    TEAL = "teal", _("Teal")
    YELLOW = "yellow", _("Yellow")
    ORANGE = "orange", _("Orange")
    RED = "red", _("Red")
    DARK = "dark", _("Dark")
    GREY = "grey", _("Grey")


class ReminderProfile(TextChoices):
    """How customers of a cell are reminded; the delays come with the reminders themselves."""

    SOFT = "soft", pgettext_lazy("reminders", "Soft")
    STANDARD = "standard", pgettext_lazy("reminders", "Standard")
    EARLY = "early", pgettext_lazy("reminders", "Before the due date")
    STRICT = "strict", pgettext_lazy("reminders", "Strict")
    NONE = "none", pgettext_lazy("reminders", "None")


class OverrideState(TextChoices):
    ASKED = "asked", pgettext_lazy("exception", "To approve")
    APPROVED = "approved", pgettext_lazy("exception", "In force")
    REFUSED = "refused", pgettext_lazy("exception", "Refused")
    ENDED = "ended", pgettext_lazy("exception", "Ended")


class CellOrigin(TextChoices):
    """Whether the words of a cell come from the mission's slide or were added."""

    SEED = "seed", _("The slide")
    SEED_READING = "seed-reading1", _("The slide, one reading of it")
    RECONSTRUCTED = "reconstructed", _("Added")


class WatchState(TextChoices):
    QUEUED = "queued", _("Waiting")
    WATCHED = "watched", _("Under surveillance")
    REFUSED = "refused", pgettext_lazy("order", "Refused")
    ENDING = "ending", _("About to end")


class AlertKind(TextChoices):
    RATING = "rating", _("Rating changed")
    LIMIT = "limit", _("Credit limit changed")
    STATUS = "status", _("Status changed")
    JUDGMENT = "judgment", _("Judgment or proceeding")
    PRIVILEGE = "privilege", _("Privilege registered")
    IDENTITY = "identity", _("Name or address changed")
    DIRECTORS = "directors", _("Directors changed")
    ACCOUNTS = "accounts", _("Accounts filed")
    OVER_LIMIT = "over_limit", _("Exposure above the limit")
    OTHER = "other", _("Other event")


class Severity(TextChoices):
    """Ordered: the value sorts as the meaning does, most urgent first."""

    CRITICAL = "1", _("Critical")
    HIGH = "2", _("High")
    MEDIUM = "3", _("Medium")
    LOW = "4", _("Low")


class AlertState(TextChoices):
    OPEN = "open", _("To treat")
    TAKEN = "taken", _("In hand")
    CLOSED = "closed", _("Closed")


class CloseReason(TextChoices):
    ACTED = "acted", _("Acted upon")
    NO_ACTION = "no_action", _("Looked at, nothing to do")
    DUPLICATE = "duplicate", _("Already known")
    NOISE = "noise", _("Noise")
    RESOLVED = "resolved", _("No longer true")


class NoteAction(TextChoices):
    OPENED = "opened", _("Opened")
    FACT = "fact", _("New fact")
    TAKEN = "taken", _("Taken")
    RELEASED = "released", _("Put back")
    COMMENT = "comment", _("Comment")
    CLOSED = "closed", _("Closed")
    REOPENED = "reopened", _("Reopened")


class ContactKind(TextChoices):
    """How a late payer was reached."""

    CALL = "call", _("Call")
    MAIL = "mail", _("E-mail")
    LETTER = "letter", _("Letter")
    VISIT = "visit", _("Visit")
    NOTE = "note", _("Note")


class CreditNetting(TextChoices):
    """Which credit notes and payments lower the exposure."""

    ALL = "all", _("All of them")
    MATCHED = "matched", _("Only those allocated to an invoice")
    NONE = "none", _("None")


class LimitTest(TextChoices):
    """Whose exposure is held against whose limit (domain 5.15)."""

    OWN = "own", _("Each company by its own limit")
    PARENT = "parent", _("The group by the limit of its parent")
    GROUP = "group", _("The group by the sum of its limits")


class Identifier(TextChoices):
    """The identifiers of a company, by the name of their column."""

    REGISTRATION_NUMBER = "registration_number", _("Registration number")
    SIRET = "siret", _("SIRET")
    VAT_NUMBER = "vat_number", _("VAT number")
