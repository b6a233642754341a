"""What people say when they hand out leads, discard them, or keep the rules for it."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from crm.people.models import User
from crm.records.sheets import AMBIGUOUS, header_key
from crm.ui.widgets import SearchSelect
from customers.base_data.lookups import Lookups
from customers.base_data.models import LeadSource
from customers.leads.keeping import ASSIGN_RIGHT, WEIGHT_AT_MOST
from customers.leads.models import Allotment
from customers.leads.waiting import absent_today
from customers.pool.capacity import Load, loads, receivers_for

_BETWEEN = re.compile(r"[,，、;；\n]+")
PLACES_AT_MOST = 60


class DiscardForm(forms.Form):
    """Why nobody is to work on it."""

    reason = forms.CharField(
        max_length=200, label=_("Reason"), error_messages={"required": _("Say why nobody is to work on it.")}
    )


class HandOutForm(forms.Form):
    """By a rule, or evenly to people."""

    allotment = forms.ModelChoiceField(
        Allotment.objects.none(), required=False, label=_("Method"), empty_label=_("evenly to the people chosen below")
    )
    people = forms.ModelMultipleChoiceField(
        User.objects.none(), required=False, label=_("Receivers"), widget=forms.CheckboxSelectMultiple
    )
    reason = forms.CharField(max_length=200, required=False, label=_("Reason"))

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = list(receivers_for(actor, ASSIGN_RIGHT).order_by("department__path", "name", "pk"))
        away = absent_today(person.pk for person in found)
        here = [load for load in loads(found) if load.user.pk not in away]
        self.fields["allotment"].queryset = Allotment.objects.for_new_leads()  # type: ignore[attr-defined]
        self.fields["people"].queryset = User.objects.filter(pk__in=[load.user.pk for load in here])  # type: ignore[attr-defined]
        self.fields["people"].choices = [(load.user.pk, _with_load(load)) for load in here]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """One of both ways."""
        cleaned = super().clean() or {}
        if not cleaned.get("allotment") and not cleaned.get("people") and "people" not in self.errors:
            self.add_error("people", gettext("Choose a rule, or the people who receive them."))
        return cleaned


class NamesField(forms.CharField):
    """Entries of a long list by their names, separated by commas; kept as ids."""

    widget = forms.TextInput

    def __init__(self, *, kind: str, **kwargs: Any) -> None:
        self.kind = kind
        super().__init__(required=False, max_length=2000, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """The names of ids, what was typed as it is."""
        if not isinstance(value, list):
            return value
        lookups = Lookups()
        return pgettext("list", ", ").join(lookups.name(self.kind, pk) for pk in value)

    def clean(self, value: Any) -> list[int]:
        """The ids; ValidationError naming what is not in the list."""
        words = [word.strip() for word in _BETWEEN.split(super().clean(value)) if word.strip()]
        if len(words) > PLACES_AT_MOST:
            raise ValidationError(gettext("Name at most %(limit)s.") % {"limit": PLACES_AT_MOST})
        known = Lookups().ids(self.kind) if words else {}
        found = {word: known.get(header_key(word)) for word in words}
        if unknown := [word for word, pk in found.items() if pk is None]:
            raise ValidationError(gettext("“%(value)s” is not in our list.") % {"value": unknown[0][:40]})
        if double := [word for word, pk in found.items() if pk == AMBIGUOUS]:
            words_for = gettext("“%(value)s” fits several entries; write it in full.")
            raise ValidationError(words_for % {"value": double[0][:40]})
        return list(dict.fromkeys(pk for pk in found.values() if pk is not None))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compared as text."""
        return bool(super().has_changed(self.prepare_value(initial), data))


class AllotmentForm(forms.ModelForm):
    """A rule with its conditions and, for each person who may own customers, a weight."""

    region_ids = NamesField(
        kind="regions",
        label=_("Only these regions"),
        help_text=_("Names separated by commas; a province stands for its cities and districts. Empty = all."),
    )
    industry_ids = NamesField(
        kind="industries",
        label=_("Only these industries"),
        help_text=_("Names or codes separated by commas; a section stands for its divisions. Empty = all."),
    )
    source_ids = forms.TypedMultipleChoiceField(
        required=False,
        coerce=int,
        label=_("Only these sources"),
        help_text=_("None chosen = all."),
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Allotment
        fields = (
            "name", "method", "pool", "is_automatic", "region_ids", "industry_ids", "source_ids", "position",
        )  # fmt: skip
        widgets = {"pool": SearchSelect()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source_ids"].choices = list(LeadSource.objects.values_list("pk", "name"))  # type: ignore[attr-defined]
        self.fields["position"].validators.append(forms.IntegerField(max_value=100_000).validators[0])
        rule = self.instance
        weights = dict(rule.shares.values_list("user", "weight")) if rule.pk else {}
        people = User.objects.able_to_own().filter(department__isnull=False).select_related("department")
        found = list(people.order_by("department__path", "name", "pk"))
        away = absent_today(person.pk for person in found)
        self.shares = [(load, share_name(load.user), load.user.pk in away) for load in loads(found)]
        for load, name, _is_away in self.shares:
            self.fields[name] = forms.IntegerField(
                required=False,
                min_value=0,
                max_value=WEIGHT_AT_MOST,
                initial=weights.get(load.user.pk),
                label=_("Weight of %(name)s") % {"name": load.user},
                widget=forms.NumberInput(attrs={"class": "input w-sm right", "placeholder": "0"}),
            )

    def weights(self) -> dict[int, int]:
        """The share of each receiver by user id; no share, no receiver."""
        return {load.user.pk: weight for load, name, _away in self.shares if (weight := self.cleaned_data[name])}

    def rules(self) -> list[forms.BoundField]:
        """The fields of the rule itself."""
        return [self[name] for name in self.Meta.fields]

    def lines(self) -> list[tuple[Load, forms.BoundField, bool]]:
        """Each person with their load, the field of their share, and whether they are away."""
        return [(load, self[name], is_away) for load, name, is_away in self.shares]


def share_name(person: User) -> str:
    """The name of the field with a person's share."""
    return f"share-{person.pk}"


def _with_load(load: Load) -> str:
    words = {"name": load.user, "department": load.user.department, "held": load.held, "limit": load.limit}
    return gettext("%(name)s · %(department)s · holds %(held)s of %(limit)s") % words
