"""What people type when they treat alerts."""

import re
from datetime import date

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from companies.form_base import ModelForm
from monitoring.choices import CloseReason
from monitoring.models import Contact

LONGEST = 2000  # characters of a comment
MOST = 500  # rows that one act may touch
KEY = re.compile(r"\d{1,18}", re.ASCII)


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


class Keys(forms.Field):
    """Row keys ticked on a page; each is looked up afterwards, so any number is well formed."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: list[str] | None) -> list[int]:
        return [int(key) for key in (value or [])[:MOST] if KEY.fullmatch(key)]


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
