"""The administration of judgement: the matrix can be edited; what was seen, decided and done can be looked at."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet, TextField
from django.forms import Textarea
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.admin import SimpleHistoryAdmin

from companies.admin.base import FactAdmin, FactInline, StackedInline
from companies.choices import ChangeCause
from companies.services.changes import mark_all
from monitoring.choices import PolicyState
from monitoring.models import (
    Alert,
    AlertNote,
    BankAccount,
    CellAction,
    CellSummary,
    Contact,
    DefaultProbability,
    Event,
    ExposureSettings,
    IdentifierFlaw,
    MatrixCell,
    MatrixPolicy,
    OurCompany,
    Override,
    Portfolio,
    Position,
    QualityDay,
    RefreshPolicy,
    Review,
    Standing,
    StandingChange,
    Task,
    Watch,
)
from monitoring.services.policies import Refused, draft_from, put_in_force

PLACING = {"currency", "measure", "high_from", "sound_from", "watch_from", "weak_from"}
WORDS = [("label_fr", "label_en"), ("posture_fr", "posture_en"), ("credit_fr", "credit_en")]
WORDS += [("watch_fr", "watch_en"), ("marketing_fr", "marketing_en")]


SHORT_TEXTS: dict[Any, Any] = {TextField: {"widget": Textarea(attrs={"rows": 3, "cols": 36})}}


class CellInline(StackedInline):
    """The eight cells are fixed; their words, severity and review delay are data."""

    model = MatrixCell
    extra = 0
    formfield_overrides = SHORT_TEXTS
    fields = [*WORDS, ("severity", "review_days", "origin")]
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _may_change(policy: MatrixPolicy | None) -> bool:
    return policy is None or policy.state in {PolicyState.DRAFT, PolicyState.ACTIVE}


@admin.register(MatrixPolicy)
class MatrixPolicyAdmin(SimpleHistoryAdmin):  # type: ignore[misc]  # the package ships no types
    list_display = ["name", "version", "state", "measure", "high_from", "sound_from", "watch_from", "weak_from"]
    list_filter = ["state"]
    search_fields = ["name"]
    readonly_fields = ["state", "valid_from", "created_by"]
    fieldsets = [
        (None, {"fields": ["name", "version", ("state", "valid_from", "created_by")]}),
        (gettext_lazy("Limit, upwards"), {"fields": [("measure", "high_from", "currency")]}),
        (gettext_lazy("Solvency, to the right"), {"fields": [("sound_from", "watch_from", "weak_from")]}),
    ]
    inlines = [CellInline]
    actions = ["activate", "copy"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a new version starts as a copy: it needs its eight cells

    def has_change_permission(self, request: HttpRequest, obj: MatrixPolicy | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_change(obj)

    def has_delete_permission(self, request: HttpRequest, obj: MatrixPolicy | None = None) -> bool:
        drafted = obj is not None and obj.state == PolicyState.DRAFT
        return drafted and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: MatrixPolicy, form: Any, change: bool) -> None:
        """Thresholds of the policy in force place every company: all are worked out again."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            if obj.state == PolicyState.ACTIVE and PLACING & set(form.changed_data):
                mark_all(ChangeCause.POLICY, str(obj), now=timezone.now())
                messages.info(request, _("Every company is being placed again with the new thresholds."))

    @admin.action(description=gettext_lazy("Put the selected policy in force"), permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[MatrixPolicy]) -> None:
        if len(queryset) != 1:
            messages.error(request, _("Select one policy: only one can be in force."))
            return
        policy = queryset[0]
        try:
            put_in_force(policy, now=timezone.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
            return
        said = _("%(policy)s is in force; every company is being placed again.")
        messages.success(request, said % {"policy": policy})

    @admin.action(description=gettext_lazy("Copy as a new draft"), permissions=["change"])
    def copy(self, request: HttpRequest, queryset: QuerySet[MatrixPolicy]) -> None:
        for policy in queryset:
            draft = draft_from(policy, user_id=request.user.pk)
            messages.success(request, _("%(policy)s is a draft: edit it, then put it in force.") % {"policy": draft})


@admin.register(MatrixCell)
class MatrixCellAdmin(SimpleHistoryAdmin):  # type: ignore[misc]  # the package ships no types
    list_display = ["code", "label_fr", "label_en", "policy", "severity", "review_days", "origin"]
    list_filter = ["policy", "code", "origin"]
    list_select_related = ["policy"]
    search_fields = ["label_fr", "label_en", "posture_fr", "posture_en"]
    readonly_fields = ["policy", "code"]
    formfield_overrides = SHORT_TEXTS
    fields = [("policy", "code"), *WORDS, ("severity", "review_days", "origin")]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: MatrixCell | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_change(obj.policy if obj else None)

    def has_delete_permission(self, request: HttpRequest, obj: MatrixCell | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: MatrixCell, form: Any, change: bool) -> None:
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            if "severity" in form.changed_data and obj.policy.state == PolicyState.ACTIVE:
                mark_all(ChangeCause.POLICY, str(obj), now=timezone.now())


@admin.register(RefreshPolicy)
class RefreshPolicyAdmin(SimpleHistoryAdmin):  # type: ignore[misc]  # the package ships no types
    list_display = ["cell", "role", "max_age_days", "event_only", "on_event"]
    list_filter = ["cell", "role"]


class NoteInline(FactInline):
    model = AlertNote
    fields = readonly_fields = ("at", "action", "user", "text")
    show_change_link = False


@admin.register(Alert)
class AlertAdmin(FactAdmin):
    list_display = ["company", "kind", "severity", "state", "at_stake", "taken_by", "opened_at", "closed_at"]
    list_filter = ["state", "severity", "kind", "close_reason"]
    list_select_related = ["company", "taken_by"]
    search_fields = ["company__name_key", "company__registration_number"]
    date_hierarchy = "opened_at"
    inlines = [NoteInline]


@admin.register(AlertNote)
class AlertNoteAdmin(FactAdmin):
    list_display = ["alert", "action", "user", "at", "text"]
    list_filter = ["action"]
    list_select_related = ["alert__company", "user"]
    search_fields = ["text", "alert__company__name_key"]
    date_hierarchy = "at"


@admin.register(ExposureSettings)
class ExposureSettingsAdmin(SimpleHistoryAdmin):  # type: ignore[misc]  # the package ships no types
    """One row, opened or made from the list; what counts moves every exposure, so all are worked out again."""

    list_display = ["__str__", "netting", "count_bills", "loss_given_default", "financing_rate"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not ExposureSettings.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ExposureSettings, form: Any, change: bool) -> None:
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            mark_all(ChangeCause.POLICY, str(obj), now=timezone.now())
            messages.info(request, _("Every exposure is being worked out again."))


@admin.register(DefaultProbability)
class DefaultProbabilityAdmin(SimpleHistoryAdmin):  # type: ignore[misc]  # the package ships no types
    """Placeholders until measured on one's own history; the ratings are fixed."""

    list_display = ["rating", "percent"]
    readonly_fields = ["rating"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Contact)
class ContactAdmin(FactAdmin):
    list_display = ["company", "on", "kind", "next_step", "next_on", "by"]
    list_filter = ["kind"]
    list_select_related = ["company", "by"]
    search_fields = ["company__name_key", "text"]
    date_hierarchy = "on"


@admin.register(Event)
class EventAdmin(FactAdmin):
    list_display = ["event_id", "company", "rule_code", "rule_name", "old_value", "new_value", "received_at"]
    list_filter = ["rule_code", "portfolio"]
    list_select_related = ["company"]
    search_fields = ["event_id__startswith", "notification_id__startswith", "connect_id", "company__name_key"]
    date_hierarchy = "received_at"


@admin.register(Portfolio)
class PortfolioAdmin(FactAdmin):
    list_display = ["name", "provider_id", "rules_on_at", "polled_at", "polled_through"]
    search_fields = ["name"]


@admin.register(Watch)
class WatchAdmin(FactAdmin):
    list_display = ["company", "connect_id", "portfolio", "state", "watched_at", "error"]
    list_filter = ["state", "portfolio"]
    list_select_related = ["company", "portfolio"]
    search_fields = ["connect_id", "company__name_key"]


@admin.register(Standing)
class StandingAdmin(FactAdmin):
    list_display = ["name", "country", "rating", "score", "credit_limit", "exposure", "overdue", "cell", "restated_at"]
    list_filter = ["cell", "rating", "rating_state", "link_state", "is_client", "is_supplier", "is_prospect"]
    list_select_related = ["company"]
    search_fields = ["company__name_key", "company__registration_number"]


@admin.register(CellSummary)
class CellSummaryAdmin(FactAdmin):
    list_display = ["role", "cell", "companies", "exposure", "overdue", "over_credit_limit", "over_erp_limit"]
    list_filter = ["role", "cell"]


@admin.register(StandingChange)
class StandingChangeAdmin(FactAdmin):
    list_display = ["company", "at", "cause", "cell_before", "cell_after", "rating_before", "rating_after", "note"]
    list_filter = ["cause", "cell_after"]
    list_select_related = ["company"]
    search_fields = ["company__name_key", "note"]
    date_hierarchy = "at"


@admin.register(Position)
class PositionAdmin(FactAdmin):
    list_display = ["company", "cell", "score", "exposure", "known_from", "known_until", "valid_from", "valid_until"]
    list_filter = ["cell", "cause"]
    list_select_related = ["company"]
    search_fields = ["company__name_key"]
    show_full_result_count = False


@admin.register(Override)
class OverrideAdmin(FactAdmin):
    list_display = ["company", "cell", "since", "until", "state", "asked_by", "decided_by", "reason"]
    list_filter = ["state", "cell"]
    list_select_related = ["company", "asked_by", "decided_by"]
    search_fields = ["company__name_key", "reason"]
    date_hierarchy = "asked_at"


@admin.register(CellAction)
class CellActionAdmin(SimpleHistoryAdmin):  # type: ignore[misc]  # the package ships no types
    list_display = ["text_fr", "text_en", "cell", "order", "due_days"]
    list_filter = ["cell__policy", "cell__code"]
    list_select_related = ["cell__policy"]
    search_fields = ["text_fr", "text_en"]


@admin.register(Task)
class TaskAdmin(FactAdmin):
    list_display = ["company", "text_fr", "due_on", "given_to", "done_at", "is_dropped"]
    list_filter = ["is_dropped", "cell"]
    list_select_related = ["company", "given_to"]
    search_fields = ["company__name_key", "text_fr", "text_en"]
    date_hierarchy = "due_on"


@admin.register(Review)
class ReviewAdmin(FactAdmin):
    list_display = ["company", "cell", "on", "by", "note"]
    list_filter = ["cell"]
    list_select_related = ["company", "by"]
    search_fields = ["company__name_key", "note"]
    date_hierarchy = "on"


@admin.register(QualityDay)
class QualityDayAdmin(FactAdmin):
    list_display = ["day", "companies", "linked", "invalid", "missing", "stale", "duplicates", "differences"]


@admin.register(IdentifierFlaw)
class IdentifierFlawAdmin(FactAdmin):
    list_display = ["company", "kind", "value", "flaw"]
    list_filter = ["kind", "flaw"]
    list_select_related = ["company"]
    search_fields = ["company__name_key", "value"]


class BankAccountInline(admin.TabularInline):  # type: ignore[type-arg]  # a plain class at run time
    model = BankAccount
    extra = 1


@admin.register(OurCompany)
class OurCompanyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # a plain class at run time
    inlines = [BankAccountInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not OurCompany.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
