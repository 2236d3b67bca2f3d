"""The one Creditsafe connection: its password goes in and never comes out, and it can be tested at once."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from companies.admin.base import ModelAdmin
from companies.choices import ChangeCause
from companies.form_base import ModelForm
from companies.models import Breaker, BreakerChange, Connection, ExchangeRate
from companies.services.changes import mark_all
from companies.services.trial import Answer, try_connection

CHANGE = "admin:companies_connection_change"
FORMAT = "SHORT_DATETIME_FORMAT"
CHANGES = 10


class ConnectionForm(ModelForm):
    """The password field is always empty: what is stored is never sent to a browser."""

    new_password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = Connection
        fields = ["base_url", "username", "language", "calls_per_minute", "parallel_calls", "report_ceiling"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field, stored = self.fields["new_password"], bool(self.instance.password)
        field.required = not stored
        kept = _("A password is stored. Leave this empty to keep it.")
        field.help_text = kept if stored else _("No password is stored yet.")

    def save(self, commit: bool = True) -> Connection:
        connection: Connection = super().save(commit=False)
        if self.cleaned_data["new_password"]:
            connection.password = self.cleaned_data["new_password"]
        if {"new_password", "username", "base_url"} & set(self.changed_data):
            connection.halted_at, connection.halt_reason = None, ""
        if commit:
            connection.save()
        return connection


@admin.register(Connection)
class ConnectionAdmin(ModelAdmin):
    class Media:
        css = {"all": ["css/admin.css"]}

    form = ConnectionForm
    change_form_template = "admin/companies/connection/change_form.html"
    readonly_fields = ["overrides", "state", "circuit", "circuit_history"]
    readonly_fields += ["last_success_at", "last_error_at", "last_error"]
    fieldsets = [
        (None, {"fields": ["base_url", "username", "new_password", "language"]}),
        (gettext_lazy("Pace and ceiling"), {"fields": ["calls_per_minute", "parallel_calls", "report_ceiling"]}),
        (gettext_lazy("Environment"), {"fields": ["overrides"]}),
        (gettext_lazy("State"), {"fields": ["state", "last_success_at", "last_error_at", "last_error"]}),
        (gettext_lazy("Circuit breaker"), {"fields": ["circuit", "circuit_history"]}),
    ]

    @admin.display(description=gettext_lazy("set by the environment, which wins"))
    def overrides(self, connection: Connection) -> str:
        shown = [f"{name} = {value}" for name, value in _environment()]
        return " · ".join(shown) or _("Nothing: what is stored here is used.")

    @admin.display(description=gettext_lazy("calls to Creditsafe"))
    def state(self, connection: Connection) -> str:
        if connection.halted_at:
            return _("Stopped: %(reason)s. They resume when the password, the user name or the address changes.") % {
                "reason": connection.halt_reason
            }
        return _("Allowed") if connection.is_set else _("None: the user name or the password is missing.")

    @admin.display(description=gettext_lazy("now"))
    def circuit(self, connection: Connection) -> str:
        found = Breaker.objects.read()
        parts = [str(found.get_state_display()), found.reason]
        if found.retry_at is not None:
            parts.append(_("tries again %(moment)s") % {"moment": date_format(localtime(found.retry_at), FORMAT)})
        return " · ".join(filter(None, parts))

    @admin.display(description=gettext_lazy("before"))
    def circuit_history(self, connection: Connection) -> str:
        changes = BreakerChange.objects.all()[:CHANGES]
        parts = [(date_format(localtime(one.at), FORMAT), str(one.get_state_display()), one.reason) for one in changes]
        return "\n".join(" · ".join(filter(None, part)) for part in parts) or _("It never opened.")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one connection: its list is itself."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        stored = Connection.objects.filter(pk=1).exists()
        return redirect(CHANGE, 1) if stored else redirect("admin:companies_connection_add")

    def get_urls(self) -> list[URLPattern]:
        test = path("test/", self.admin_site.admin_view(require_POST(self.test_view)), name="companies_connection_test")
        return [test, *super().get_urls()]

    def test_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        answer = try_connection(Connection.current(), now=timezone.now())
        _tell(request, answer)
        return redirect(reverse(CHANGE, args=[1]))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Connection.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ExchangeRate)
class ExchangeRateAdmin(ModelAdmin):
    list_display = ["currency", "valid_on", "rate"]
    list_filter = ["currency"]
    search_fields = ["currency"]
    date_hierarchy = "valid_on"

    def log_addition(self, request: HttpRequest, obj: ExchangeRate, message: Any) -> Any:
        mark_all(ChangeCause.EDIT, str(obj), now=timezone.now())
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: ExchangeRate, message: Any) -> Any:
        mark_all(ChangeCause.EDIT, str(obj), now=timezone.now())
        return super().log_change(request, obj, message)


def _environment() -> list[tuple[str, str]]:
    """The variables that win over what is stored; a password is only said to be set."""
    given = {
        "CREDITSAFE_URL": settings.CREDITSAFE_URL,
        "CREDITSAFE_USER": settings.CREDITSAFE_USER,
        "CREDITSAFE_PASSWORD": "••••••" if settings.CREDITSAFE_PASSWORD else "",
    }
    return [(name, value) for name, value in given.items() if value]


def _tell(request: HttpRequest, answer: Answer) -> None:
    level = messages.SUCCESS if answer.ok else messages.ERROR
    for line in answer.lines:
        messages.add_message(request, level, line)
