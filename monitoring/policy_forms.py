"""What people type about a policy: its bounds, the words of its cells, questions to past and future, exceptions."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from companies.choices import Role
from companies.form_base import ModelForm
from monitoring.choices import Cell, NotRatedHandling
from monitoring.models import Backtest, CellAction, MatrixCell, MatrixPolicy
from monitoring.rules.matrix import latest_end
from monitoring.rules.stress import Scenario

DECIMALS = ("high_from", "sound_from", "watch_from", "weak_from", "hysteresis_score", "hysteresis_pct")
ICONS = (
    "shield-check", "shield-half", "shield-x", "plant-2", "eye", "stairs-down", "hand-stop", "gavel", "help-hexagon",
    "heart-handshake", "lock", "alert-triangle", "trending-up", "trending-down", "scale", "search", "flag", "clock",
    "coin-euro", "truck-delivery", "refresh", "package", "route", "users",
)  # fmt: skip
PLACES = [cell for cell in Cell if cell not in {Cell.FAIL, Cell.NR}]


def _control(widget: forms.Widget) -> None:
    shown = "form-select" if isinstance(widget, forms.Select) else "form-control"
    plain = isinstance(widget, forms.CheckboxInput | forms.RadioSelect)
    widget.attrs["class"] = "form-check-input" if plain else shown


class Dressed:
    """Gives the controls of a form their classes."""

    fields: dict[str, forms.Field]

    def dress(self) -> None:
        for field in self.fields.values():
            _control(field.widget)


class PolicyForm(Dressed, ModelForm):
    """The bounds of a draft. Each is inclusive; a column ends where the next one begins."""

    class Meta:
        model = MatrixPolicy
        fields = (
            "name", "role", "currency", "measure", *DECIMALS, "min_dwell_days", "downgrade_immediate", "max_age_days",
            "inheritance", "not_rated", "not_rated_column", "reason",
        )  # fmt: skip
        localized_fields = DECIMALS
        widgets = {
            **{name: forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}) for name in DECIMALS},
            "reason": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = settings.PORTFOLIO_CURRENCY
        self.fields["currency"] = forms.ChoiceField(
            label=self.fields["currency"].label, choices=[(code, code)], help_text=_("That of the portfolio.")
        )
        for name in DECIMALS:
            self.fields[name].widget.is_localized = True
        self.dress()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self._rising("weak_from", "watch_from", _("“Watch” begins above %(bound)s, where “weak” begins."))
        self._rising("watch_from", "sound_from", _("“Sound” begins above %(bound)s, where “watch” begins."))
        if cleaned.get("weak_from") is not None and cleaned["weak_from"] <= 0:
            self.add_error("weak_from", _("Above 0: a score of 0 is a failure."))
        if cleaned.get("sound_from") is not None and cleaned["sound_from"] > 100:
            self.add_error("sound_from", _("Scores run from 0 to 100."))
        if cleaned.get("high_from") is not None and cleaned["high_from"] <= 0:
            self.add_error("high_from", _("Above 0: everything else is low."))
        if cleaned.get("not_rated") == NotRatedHandling.BEHAVIOUR and cleaned.get("role") == Role.SUPPLIER:
            self.add_error("not_rated", _("Suppliers don't pay us: choose the lane or a column."))
        self._named(cleaned)
        return cleaned

    def _rising(self, low: str, high: str, said: Any) -> None:
        below, above = self.cleaned_data.get(low), self.cleaned_data.get(high)
        if below is not None and above is not None and above <= below:
            self.add_error(high, said % {"bound": f"{below.normalize():f}"})

    def _named(self, cleaned: dict[str, Any]) -> None:
        """Another policy may have the name already, with a version of this number."""
        twins = MatrixPolicy.objects.filter(name=cleaned.get("name", ""), version=self.instance.version)
        if twins.exclude(pk=self.instance.pk).exists():
            said = _("There is a version %(version)s of this name already: choose another name.")
            self.add_error("name", said % {"version": self.instance.version})


class CellForm(Dressed, ModelForm):
    """Words, looks and delays of one cell, in both languages."""

    class Meta:
        model = MatrixCell
        fields = (
            "label_fr", "label_en", "posture_fr", "posture_en", "credit_fr", "credit_en", "watch_fr", "watch_en",
            "marketing_fr", "marketing_en", "severity", "review_days", "reminders", "colour", "icon",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = ICONS if self.instance.icon in {"", *ICONS} else (self.instance.icon, *ICONS)
        self.fields["icon"] = forms.ChoiceField(
            label=self.fields["icon"].label, choices=[(name, name) for name in names], widget=forms.RadioSelect
        )
        for name, field in self.fields.items():
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs["rows"] = 2 if name.startswith("posture") else 4
        self.fields["severity"].help_text = _("1 is the mildest; cells are listed in this order.")
        self.dress()


class ActionForm(Dressed, ModelForm):
    class Meta:
        model = CellAction
        fields = ("order", "text_fr", "text_en", "due_days")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dress()


ActionFormSet = forms.inlineformset_factory(
    MatrixCell, CellAction, form=ActionForm, extra=2, can_delete=True, max_num=30, absolute_max=40
)


class BacktestForm(Dressed, ModelForm):
    class Meta:
        model = Backtest
        fields = ("as_of", "react_days", "scorecard_changed_on")
        widgets = {
            name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            for name in ("as_of", "scorecard_changed_on")
        }
        help_texts = {
            "as_of": _("The last day of which you know what became of your customers."),
            "react_days": _("A warning that comes later still counts, but avoids nothing."),
            "scorecard_changed_on": _("Optional: the result is then shown for before and since apart too."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dress()

    def clean_as_of(self) -> date:
        day: date = self.cleaned_data["as_of"]
        if day > localdate():
            raise forms.ValidationError(_("Outcomes of days that lie ahead are not known: give today or a day before."))
        return day


class StressForm(Dressed, forms.Form):
    """A scenario. What is left empty does not happen."""

    sector = forms.CharField(required=False)
    bands = forms.ChoiceField(
        label=_("Columns it drops"), required=False, choices=[("0", _("none")), ("1", _("one")), ("2", _("two"))]
    )
    largest = forms.IntegerField(label=_("Largest groups that default"), min_value=0, max_value=1000, required=False)
    limits = forms.ChoiceField(
        label=_("Creditsafe limits"), required=False,
        choices=[
            ("1", _("as they are")), ("0.75", _("cut by a quarter")), ("0.5", _("halved")),
            ("0.25", _("cut by three quarters")), ("0", _("withdrawn")),
        ],
    )  # fmt: skip

    def __init__(self, *args: Any, sectors: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sector"] = forms.ChoiceField(
            label=_("Sector that weakens"), required=False, choices=[("", _("every sector")), *sectors]
        )
        self.dress()

    def scenario(self) -> Scenario:
        """The shocks of a valid form."""
        given = self.cleaned_data
        return Scenario(
            sector=given["sector"] or None,
            bands_down=int(given["bands"] or 0),
            largest=given["largest"] or 0,
            limits=Decimal(given["limits"] or 1),
        )


def _places() -> list[tuple[str, Any]]:
    """The cells that a company can be put in by hand, by the names that the matrix gives them."""
    named = {cell.code: cell for cell in MatrixCell.objects.in_force()}
    shown = ((cell.value, f"{named[cell]} · {cell.label}" if cell in named else cell.label) for cell in PLACES)
    return [("", _("Choose a cell")), *shown]


class OverrideForm(Dressed, forms.Form):
    cell = forms.ChoiceField(label=_("Cell"), choices=_places)
    reason = forms.CharField(
        label=_("Reason"), max_length=400, widget=forms.TextInput(attrs={"list": "reasons", "autocomplete": "off"}),
        help_text=_("Reasons given before are proposed: the register counts how each of them turned out."),
    )  # fmt: skip
    until = forms.DateField(
        label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The last day, within twelve months."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = localdate()
        self.fields["until"].widget.attrs |= {"min": today.isoformat(), "max": latest_end(today).isoformat()}
        self.dress()


class DecisionForm(forms.Form):
    note = forms.CharField(max_length=400, required=False)
