"""What people type: about alerts, contacts, the exposure policy, disputes and supplier figures."""

import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.forms import BoundField
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from companies.form_base import Keys, ModelForm
from companies.models import Supply
from monitoring.choices import CloseReason
from monitoring.models import BankAccount, Contact, DefaultProbability, ExposureSettings, OurCompany

LONGEST = 2000  # characters of a comment
CURRENCY = re.compile(r"[A-Z]{3}")


def _area() -> forms.Textarea:
    return forms.Textarea(attrs={"class": "form-control", "rows": 3})


class CommentForm(forms.Form):
    text = forms.CharField(label=_("Comment"), max_length=LONGEST, widget=_area())


class CloseForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", _("Choose a reason")), *CloseReason.choices],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    text = forms.CharField(label=_("Comment"), max_length=LONGEST, required=False, widget=_area())


class ContactForm(ModelForm):
    """A contact with a late payer. It lies in the past, its next step not before it."""

    class Meta:
        model = Contact
        fields = ("on", "kind", "text", "next_step", "next_on")
        widgets = {
            "on": forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d"),
            "kind": forms.Select(attrs={"class": "form-select"}),
            "text": _area(),
            "next_step": forms.TextInput(attrs={"class": "form-control"}),
            "next_on": forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d"),
        }

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > localdate():
            raise forms.ValidationError(_("A contact that lies ahead is a next step: give today or a day before."))
        return on

    def clean_next_on(self) -> date | None:
        on, following = self.cleaned_data.get("on"), self.cleaned_data.get("next_on")
        if on and following and following < on:
            raise forms.ValidationError(_("The next step comes after the contact."))
        return following


class BulkForm(forms.Form):
    """One act on several alerts; closing needs its reason."""

    TAKE, RELEASE, CLOSE = "take", "release", "close"

    action = forms.ChoiceField(
        choices=[
            (TAKE, _("Take")),
            (RELEASE, pgettext_lazy("alert", "Put back")),
            (CLOSE, pgettext_lazy("alert", "Close")),
        ]
    )
    alert = Keys(label=_("Alerts"), error_messages={"required": _("Select at least one alert.")})
    reason = forms.ChoiceField(choices=[("", _("Choose a reason")), *CloseReason.choices], required=False)
    text = forms.CharField(max_length=LONGEST, required=False)

    def clean(self) -> dict[str, object]:
        cleaned: dict[str, object] = super().clean() or {}
        if cleaned.get("action") == self.CLOSE and not cleaned.get("reason"):
            self.add_error("reason", _("Closing needs a reason: choose one."))
        return cleaned


class ExposurePolicyForm(ModelForm):
    """What counts, and the assumptions behind the expected loss; each rating's probability has a field of its own."""

    class Meta:
        model = ExposureSettings
        fields = (
            "netting", "count_bills", "count_delivered", "count_disputed", "orders_share", "orders_within_days",
            "limit_test", "loss_given_default", "financing_rate",
        )  # fmt: skip

    def __init__(self, *args: Any, readonly: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = list(DefaultProbability.objects.all())
        for row in self.rows:
            self.fields[f"pd_{row.rating}"] = forms.DecimalField(
                label=row.get_rating_display(), initial=row.percent, max_digits=6, decimal_places=3,
                validators=[MinValueValidator(0), MaxValueValidator(100)],
            )  # fmt: skip
        for field in self.fields.values():
            field.disabled = readonly
            plain = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            field.widget.attrs["class"] = "form-check-input" if isinstance(field, forms.BooleanField) else plain

    def switches(self) -> list[BoundField]:
        return [self[name] for name in ("count_bills", "count_delivered", "count_disputed")]

    def choices(self) -> list[BoundField]:
        return [self[name] for name in ("netting", "orders_share", "orders_within_days", "limit_test")]

    def assumptions(self) -> list[BoundField]:
        return [self[name] for name in ("loss_given_default", "financing_rate")]

    def probabilities(self) -> Iterator[BoundField]:
        return (self[f"pd_{row.rating}"] for row in self.rows)

    def percents(self) -> dict[str, Decimal]:
        """The probabilities by rating, in percent."""
        return {row.rating: self.cleaned_data[f"pd_{row.rating}"] for row in self.rows}

    def fingerprint(self) -> str:
        """What tells one set of values from another."""
        return json.dumps(
            {name: None if value is None else str(value) for name, value in self.cleaned_data.items()}, sort_keys=True
        )


class SupplyForm(ModelForm):
    """The figures of a supplier's account; an empty one is unknown."""

    class Meta:
        model = Supply
        fields = (
            "advances", "credit_notes", "tooling", "prepaid_orders", "purchases", "stock", "daily_use",
            "lead_time_days", "sole_source", "set_off", "currency",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            plain = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            field.widget.attrs["class"] = "form-check-input" if isinstance(field.widget, forms.CheckboxInput) else plain
        self.fields["currency"].widget.attrs["maxlength"] = "3"

    def clean_currency(self) -> str:
        code = str(self.cleaned_data["currency"]).strip().upper()
        if not (len(code) == 3 and code.isascii() and code.isalpha()):
            raise forms.ValidationError(_("Write the ISO code of the currency, such as EUR or USD."))
        return code


class DisputeForm(forms.Form):
    """Why an invoice is contested, and since when."""

    reason = forms.CharField(max_length=400, error_messages={"required": _("Say why it is contested.")})
    since = forms.DateField(error_messages={"required": _("Say since when."), "invalid": _("This is not a date.")})


class OurCompanyForm(ModelForm):
    """The sender of our statements."""

    class Meta:
        model = OurCompany
        fields = (
            "name", "street", "postal_code", "city", "country", "registration", "vat_number", "phone", "email",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)


class BankAccountForm(ModelForm):
    """Where customers pay in one currency."""

    class Meta:
        model = BankAccount
        fields = ("currency", "iban", "bic", "bank")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)

    def clean_currency(self) -> str:
        code: str = self.cleaned_data["currency"].strip().upper()
        if not CURRENCY.fullmatch(code):
            raise forms.ValidationError(_("A currency has three letters, such as EUR."))
        return code


def bank_forms(data: Any, company: OurCompany) -> Any:
    """A form for each account of ours, and one for another."""
    made = forms.inlineformset_factory(OurCompany, BankAccount, form=BankAccountForm, extra=1, can_delete_extra=False)
    return made(data, instance=company, prefix="banks")


def _dress(form: Any) -> None:
    for field in form.fields.values():
        chosen = isinstance(field.widget, forms.Select)
        field.widget.attrs["class"] = "form-select" if chosen else "form-control"
