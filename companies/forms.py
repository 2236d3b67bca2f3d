"""What people type: files, searches in the directory, links."""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from companies.choices import LinkState, Role
from companies.creditsafe.payloads import Criterion, SearchRules
from companies.form_base import BaseFormSet, ModelForm
from companies.models import Account, Company
from companies.rules.identifiers import normalise, normalise_registration
from companies.services.creation import NewAccount
from companies.services.criteria import misfits
from companies.services.directory import SearchQuery
from companies.services.review import Filters

LEDGER = "ERP"
LONGEST = 200  # characters of a criterion without a limit of its own


class DirectoryForm(forms.Form):
    """A search in the Creditsafe directory: a name or a number, and where."""

    name = forms.CharField(label=_("Name"), required=False, max_length=200)
    registration_number = forms.CharField(label=_("Registration number (SIREN)"), required=False, max_length=40)
    vat_number = forms.CharField(label=_("VAT number"), required=False, max_length=20)
    postal_code = forms.CharField(label=_("Postcode"), required=False, max_length=20)
    city = forms.CharField(label=_("City"), required=False, max_length=120)
    country = forms.ChoiceField(label=_("Country"))

    def __init__(self, *args: Any, codes: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = sorted(((code, str(countries.name(code)) or code) for code in codes), key=lambda pair: pair[1])
        self.fields["country"] = forms.ChoiceField(label=_("Country"), choices=named)

    def clean_registration_number(self) -> str:
        return normalise_registration(self.cleaned_data["registration_number"])

    def clean_vat_number(self) -> str:
        return normalise(self.cleaned_data["vat_number"])

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if not any(given.get(name) for name in ("name", "registration_number", "vat_number")):
            raise ValidationError(_("Give a name, a registration number or a VAT number."))
        return given

    def query(self) -> SearchQuery:
        return SearchQuery(**self.cleaned_data)


CRITERIA: Mapping[str, object] = {
    "name": _("Name"),
    "tradeName": _("Trading name"),
    "acronym": _("Acronym"),
    "regNo": _("Registration number"),
    "vatNo": _("VAT number"),
    "safeNo": _("Safe number of Creditsafe"),
    "id": _("Creditsafe identifier"),
    "phoneNo": _("Phone"),
    "street": _("Street"),
    "houseNo": _("House number"),
    "postCode": _("Postcode"),
    "city": _("City"),
    "province": _("Province or state"),
    "address": _("Address on one line"),
    "status": _("Status"),
    "type": _("Kind of company"),
    "officeType": _("Kind of office"),
    "website": _("Website"),
}
"""The criteria that have words; any other is shown under the name that the API gives it. In the order shown."""
VALUES: Mapping[str, object] = {
    "Active": _("Active"),
    "NonActive": _("Ceased"),
    "Pending": _("Pending"),
    "Other": _("Other"),
    "Ltd": _("With limited liability"),
    "NonLtd": _("Without limited liability"),
    "headOffice": _("Head office"),
    "HeadOffice": _("Head office"),
    "branch": _("Establishment"),
}


def criterion_label(name: str, country: str = "") -> str:
    if name == "regNo" and country == "FR":
        return str(_("SIREN or SIRET"))
    return str(CRITERIA.get(name, name))


class Group(NamedTuple):
    """Criteria that a search may combine; `alone` says that one of them is a search of its own."""

    fields: list[forms.BoundField]
    alone: bool


class CriteriaForm(forms.Form):
    """A search with exactly the criteria that a country allows."""

    def __init__(self, *args: Any, rules: SearchRules, country: str, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "prefix": "c"})
        self.rules, self.country = rules, country
        alone = _alone(rules)
        for criterion in sorted(rules.criteria, key=_place):
            self.fields[criterion.name] = _field(criterion, country, needed=criterion.name not in alone)

    def groups(self) -> list[Group]:
        """The fields as the sets of the API have them, each once; single numbers are one group, the last."""
        alone = _alone(self.rules)
        groups, shown = [], set(alone)
        for one in self.rules.sets:
            names = [criterion.name for criterion in sorted(one, key=_place) if criterion.name not in shown]
            shown.update(names)
            groups.append(Group([self[name] for name in names], alone=False))
        groups.append(Group([self[name] for name in sorted(alone, key=_order)], alone=True))
        return [group for group in groups if group.fields]

    def given(self) -> dict[str, str]:
        """What was typed, by the API's name of the criterion."""
        return {name: value for name, value in self.cleaned_data.items() if value}

    def clean(self) -> dict[str, Any]:
        typed = {name for name in self.fields if self[name].value()}
        if not typed:
            raise ValidationError(_("Fill in at least one criterion."))
        missing = misfits(self.rules, typed)
        if missing is None or self.errors:
            return self.cleaned_data
        named = ", ".join(criterion_label(name, self.country) for name in sorted(missing or typed, key=_order))
        if missing:
            raise ValidationError(_("For this search, Creditsafe also needs: %(names)s."), params={"names": named})
        raise ValidationError(
            _("Creditsafe does not combine these criteria: %(names)s. Use one of the groups below."),
            params={"names": named},
        )


def _alone(rules: SearchRules) -> set[str]:
    """Criteria that are a search of their own."""
    return {one[0].name for one in rules.sets if len(one) == 1}


def _order(name: str) -> tuple[int, str]:
    known = list(CRITERIA)
    return (known.index(name) if name in CRITERIA else len(known), name)


def _place(criterion: Criterion) -> tuple[int, str]:
    return _order(criterion.name)


def _field(criterion: Criterion, country: str, *, needed: bool) -> forms.Field:
    """The field of one criterion; `needed` says that the others of its set can't do without a required one."""
    label, must = criterion_label(criterion.name, country), str(_("Needed for this search."))
    help_text = " ".join(filter(None, (must if criterion.required and needed else "", _lengths(criterion))))
    if criterion.allowed:
        values = [("", _("Any")), *((value, VALUES.get(value, value)) for value in criterion.allowed)]
        return forms.ChoiceField(label=label, required=False, help_text=help_text, choices=values)
    field = forms.CharField(
        label=label,
        required=False,
        help_text=help_text,
        min_length=criterion.shortest,
        max_length=criterion.longest or LONGEST,
    )
    if criterion.pattern:
        field.validators.append(_matching(criterion.pattern))
    return field


def _matching(pattern: str) -> Callable[[str], None]:
    """Hold a value against the API's own expression; one that is no expression of ours is left to the API."""

    def check(value: str) -> None:
        with suppress(re.error):
            if not re.fullmatch(pattern, value):
                raise ValidationError(_("Creditsafe expects the form %(pattern)s here."), params={"pattern": pattern})

    return check


def _lengths(criterion: Criterion) -> str:
    least, most = criterion.shortest, criterion.longest
    if least and most:
        told = _("%(least)s characters.") if least == most else _("%(least)s to %(most)s characters.")
        return str(told) % {"least": least, "most": most}
    if least and least > 1:
        return str(_("At least %(least)s characters.")) % {"least": least}
    return str(_("At most %(most)s characters.")) % {"most": most} if most else ""


class UnlinkForm(forms.Form):
    """Why a link ends, and what the company becomes."""

    reason = forms.CharField(label=_("Reason"), max_length=255)
    state = forms.ChoiceField(
        label=_("What now?"),
        widget=forms.RadioSelect,
        initial=LinkState.UNLINKED,
        choices=[
            (LinkState.UNLINKED, _("Leave it without a profile")),
            (LinkState.QUEUED, _("Search again: by itself where it is sure")),
            (LinkState.REVIEW, _("Choose another profile myself, now")),
        ],
    )


class LeaveForm(forms.Form):
    """Why a company stays without a Creditsafe profile."""

    note = forms.CharField(label=_("Reason"), max_length=255)


class FilterForm(forms.Form):
    """Which part of the queue of the review is worked on; what makes no sense is left out."""

    state = forms.ChoiceField(required=False)
    country = forms.CharField(required=False, max_length=2)
    role = forms.ChoiceField(required=False)
    q = forms.CharField(required=False, max_length=100)
    least = forms.IntegerField(required=False, min_value=0, max_value=100)
    most = forms.IntegerField(required=False, min_value=0, max_value=100)
    sort = forms.ChoiceField(required=False, choices=[("exposure", ""), ("score", "")])

    def __init__(self, *args: Any, states: Iterable[LinkState], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["state"].choices = [(state.value, state.label) for state in states]  # type: ignore[attr-defined]  # a choice field
        self.fields["role"].choices = Role.choices  # type: ignore[attr-defined]  # a choice field

    def filters(self) -> Filters:
        """What was understood; the state is the first one unless another is chosen, "" in `states` stands for all."""
        self.is_valid()
        given = self.cleaned_data
        return Filters(
            state=given.get("state") or Filters.state,
            country=str(given.get("country") or "").upper(),
            role=given.get("role") or "",
            text=given.get("q") or "",
            least=given.get("least"),
            most=given.get("most"),
            sort=given.get("sort") or Filters.sort,
        )


class AccountForm(ModelForm):
    """An account that a company created from the directory gets."""

    ledger = forms.CharField(label=_("Ledger"), max_length=20, initial=LEDGER)
    erp_limit = forms.DecimalField(
        label=_("ERP limit"), required=False, min_value=0, max_digits=16, decimal_places=2, localize=True
    )
    currency = forms.RegexField(r"(?i)^[A-Z]{3}$", label=_("Currency"), initial="EUR", strip=True)
    terms = forms.CharField(label=_("Payment terms"), required=False, max_length=80)

    class Meta:
        model = Account
        fields = ["role", "code", "ledger", "erp_limit", "currency", "terms"]

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).strip()

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def account(self) -> NewAccount:
        given = self.cleaned_data
        return NewAccount(**{**given, "role": Role(given["role"])})


class AccountsFormSet(BaseFormSet):
    """The accounts of a new company: the first is needed, further ones as far as something is typed."""

    def clean(self) -> None:
        codes = [(form.cleaned_data["ledger"], form.cleaned_data["code"]) for form in self.filled() if form.is_valid()]
        if len(codes) != len(set(codes)):
            raise ValidationError(_("The same account is there twice."))

    def filled(self) -> list[AccountForm]:
        return [form for place, form in enumerate(self.forms) if not place or form.has_changed()]

    def accounts(self) -> list[NewAccount]:
        return [form.account() for form in self.filled()]


MOST_ACCOUNTS = 6


def accounts_formset(*args: Any, **kwargs: Any) -> AccountsFormSet:
    """The accounts as one form; arguments as those of any formset."""
    kind: Any = forms.formset_factory(
        AccountForm, formset=AccountsFormSet, extra=0, min_num=1, validate_min=True,
        max_num=MOST_ACCOUNTS, absolute_max=MOST_ACCOUNTS, validate_max=True,
    )  # fmt: skip
    formset: AccountsFormSet = kind(*args, prefix="accounts", **kwargs)
    return formset


def searched(company: Company) -> dict[str, str]:
    """What the search by hand starts from: what we know of the company."""
    fields = ("name", "registration_number", "vat_number", "postal_code", "city")
    return {**{name: getattr(company, name) for name in fields}, "country": str(company.country)}
