"""What people type when they give tasks and review companies."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from companies.form_base import KEY, Keys


class GiveForm(forms.Form):
    """Tasks from a cell's check-list: which actions and when, to whom, and for which companies."""

    CHOSEN, ALL = "chosen", "all"

    scope = forms.ChoiceField(
        choices=[(CHOSEN, _("The companies ticked")), (ALL, _("Every company of the list"))], initial=ALL
    )
    company = Keys(required=False)
    action = Keys(error_messages={"required": _("Choose at least one action.")})
    to = forms.ModelChoiceField(
        User.objects.none(),
        label=_("For whom"),
        empty_label=_("Choose a person"),
        error_messages={"required": _("Choose who gets the tasks.")},
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(self, data: QueryDict | None, *, days: Mapping[int, date], doers: QuerySet[User], today: date) -> None:
        super().__init__(data)
        self.days, self.today = days, today
        self.fields["to"].queryset = doers  # type: ignore[attr-defined]  # the field is declared above
        for pk, day in days.items():
            widget = forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d")
            self.fields[f"due_{pk}"] = forms.DateField(
                label=pgettext_lazy("task", "Due"),
                required=False,
                initial=day,
                widget=widget,
                input_formats=["%Y-%m-%d"],
            )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for pk in self.chosen():
            day = cleaned.get(f"due_{pk}")
            if f"due_{pk}" not in self.errors and day is None:
                self.add_error(f"due_{pk}", _("Give the day by which it is to be done."))
            elif day is not None and day < self.today:
                self.add_error(f"due_{pk}", _("This day has passed: give today or a day to come."))
        if cleaned.get("action") and not self.chosen():
            self.add_error("action", _("The check-list changed meanwhile: choose its actions again."))
        if cleaned.get("scope") == self.CHOSEN and not cleaned.get("company"):
            self.add_error("company", _("Tick at least one company, or choose every company of the list."))
        return cleaned

    def chosen(self) -> list[int]:
        """The actions of the check-list that were ticked."""
        return [pk for pk in self.cleaned_data.get("action", []) if pk in self.days]

    def due(self) -> dict[int, date]:
        """The day that each chosen action is due; of a valid form."""
        return {pk: self.cleaned_data[f"due_{pk}"] for pk in self.chosen()}

    def rows(self) -> list[tuple[int, forms.BoundField]]:
        """Each action of the check-list with its day."""
        return [(pk, self[f"due_{pk}"]) for pk in self.days]

    def ticked(self) -> set[int]:
        """The actions that show a tick: all of them at first."""
        if not self.is_bound:
            return set(self.days)
        return {int(key) for key in self.data.getlist("action") if KEY.fullmatch(key)}  # type: ignore[attr-defined]


class TaskActForm(forms.Form):
    """One act on several tasks; handing over needs a person."""

    DONE, DROP, HAND = "done", "drop", "hand"

    action = forms.ChoiceField(
        choices=[
            (DONE, pgettext_lazy("task", "Done")),
            (DROP, pgettext_lazy("task", "Drop")),
            (HAND, pgettext_lazy("task", "Hand over")),
        ]
    )
    task = Keys(error_messages={"required": _("Select at least one task.")})
    to = forms.ModelChoiceField(User.objects.none(), required=False)
    note = forms.CharField(max_length=400, required=False)

    def __init__(self, data: QueryDict, *, doers: QuerySet[User]) -> None:
        super().__init__(data)
        self.fields["to"].queryset = doers  # type: ignore[attr-defined]  # the field is declared above

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("action") == self.HAND and not cleaned.get("to") and "to" not in self.errors:
            self.add_error("to", _("Choose the person who gets them."))
        return cleaned


class ReviewForm(forms.Form):
    """What somebody found in one or several companies."""

    company = Keys(error_messages={"required": _("Select at least one company.")})
    note = forms.CharField(
        label=_("Finding"),
        max_length=400,
        error_messages={"required": _("Say what you found: a review without a finding tells the next one nothing.")},
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 2}),
    )
