"""The rules of a pool as an administrator writes them, and as somebody tries them out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.people.models import Department, User
from crm.ui.widgets import SearchSelect
from customers.base_data.models import CustomerLevel
from customers.pool.due import UNSAVED, RecycleRules, departments_by_pool, falling, owned_under, rules_of
from customers.pool.hiding import HIDEABLE
from customers.pool.models import Pool

DAYS_AT_MOST = 3650
WARNINGS_AT_MOST, WARNING_DAYS_AT_MOST = 5, 30
_CLAIMING = ("can_claim", "claims_per_day", "held_at_most", "cool_down_days", "frozen_hours")
_RULES = ("no_follow_up_days", "no_opportunity_days", "not_won_days", "combines", "spares_existing",
          "spares_opportunities")  # fmt: skip
_LEAST = {"no_follow_up_days": 1, "no_opportunity_days": 1, "not_won_days": 1}
_MOST = {
    "claims_per_day": 100_000, "held_at_most": 100_000, "position": 100_000, "protected_at_most": 100_000,
    "frozen_hours": 8760, "extension_days": 365,
}  # fmt: skip
_LEVEL = "level_"


class RecycleForm(forms.ModelForm):
    """The rules by which a pool takes customers back, with the days of single levels."""

    class Meta:
        model = Pool
        fields = _RULES
        widgets = {"combines": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """What is not sent keeps its value; what is sent empty is refused."""
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if self.is_bound and name not in self.data:
                field.required = field.required and not self._meta.model._meta.get_field(name).has_default()
            if isinstance(field, forms.IntegerField):
                _limit(field, _LEAST.get(name, 0), _MOST.get(name, DAYS_AT_MOST))
        own = dict(self.instance.level_rules.values_list("level", "no_follow_up_days")) if self.instance.pk else {}
        for level in CustomerLevel.objects.filter(is_active=True).order_by("position", "pk"):
            days = own.get(level.pk, "")
            field = forms.IntegerField(
                required=False, label=level.name, initial=0 if days is None else days,
                help_text=_("Empty = as the pool, 0 = never."),
            )  # fmt: skip
            self.fields[f"{_LEVEL}{level.pk}"] = field
            _limit(field, 0, DAYS_AT_MOST)

    @property
    def level_fields(self) -> list[forms.BoundField]:
        """The days of single levels."""
        return [bound for bound in self if bound.name.startswith(_LEVEL)]

    def by_level(self) -> dict[int, int | None]:
        """The days of the levels that have their own, None for never."""
        said = {name: self.cleaned_data.get(name) for name in self.fields if name.startswith(_LEVEL)}
        return {int(name.removeprefix(_LEVEL)): days or None for name, days in said.items() if days is not None}

    def rules(self) -> RecycleRules:
        """The rules as they would be."""
        pool: Pool = self.instance
        return rules_of(pool, departments_by_pool(pool).get(pool.pk or UNSAVED, []), self.by_level())


class PoolForm(RecycleForm):
    """All rules of a pool; rules that take back most of its customers at once are confirmed with the number."""

    hidden_columns = forms.MultipleChoiceField(
        required=False,
        label=_("Columns hidden from members"),
        choices=[(name, label) for name, (label, _column) in HIDEABLE.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Phone and e-mail are never shown in a pool."),
    )

    class Meta:
        model = Pool
        fields = (
            "name", "department", "position", "takes_any_pool", *_CLAIMING, "hidden_columns", "history_days",
            "recycles", *_RULES, "warning_days", "extension_days", "protected_at_most", "protected_days_at_most",
        )  # fmt: skip
        widgets = {"department": SearchSelect(), "combines": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["warning_days"].help_text = _("For example 7, 3, 1; empty = no warnings.")
        if "confirmed_count" in self.data:
            self._ask_to_confirm()

    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields by what they are about."""
        named = [
            (_("Pool"), ("name", "department", "position", "takes_any_pool")),
            (_("Claiming"), _CLAIMING),
            (_("What members see"), ("hidden_columns", "history_days")),
            (_("Taking customers back by rule"), ("confirmed_count", "recycles", *_RULES)),
            (_("Warnings and extensions"), ("warning_days", "extension_days")),
            (_("Protection"), ("protected_at_most", "protected_days_at_most")),
        ]
        found = [(title, [self[name] for name in names if name in self.fields]) for title, names in named]
        found.insert(4, (_("Days without a valid follow-up by level"), self.level_fields))
        return [(title, bound) for title, bound in found if bound]

    def clean_warning_days(self) -> list[int]:
        """The rungs of the ladder, longest first, each once."""
        days = sorted(set(self.cleaned_data["warning_days"] or []), reverse=True)
        if len(days) > WARNINGS_AT_MOST or any(not 1 <= day <= WARNING_DAYS_AT_MOST for day in days):
            raise forms.ValidationError(
                _("At most %(count)s warnings, each 1 to %(days)s working days before."),
                params={"count": WARNINGS_AT_MOST, "days": WARNING_DAYS_AT_MOST},
            )
        return days

    def clean(self) -> dict[str, Any]:
        """At least one rule where the pool recycles, and the number where the rules take much."""
        cleaned = super().clean() or {}
        has_rule = any(cleaned.get(name) for name in _LEAST) or any(self.by_level().values())
        if cleaned.get("recycles") and not self.errors and not has_rule:
            self.add_error("recycles", _("Switch at least one rule on: give it days."))
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.errors and self.cleaned_data.get("recycles"):
            self._refuse_unconfirmed()

    def _refuse_unconfirmed(self) -> None:
        rules = self.rules()
        due = falling([rules]).filter(due_at__lte=timezone.now()).count()
        owned = owned_under(rules).count() if due else 0
        if not due or due * 2 <= owned or self.cleaned_data.get("confirmed_count") == due:
            return
        self._ask_to_confirm()
        words = ngettext(
            "These rules take back %(due)s of %(owned)s customer at once. Type %(due)s here to confirm.",
            "These rules take back %(due)s of %(owned)s customers at once. Type %(due)s here to confirm.",
            owned,
        )
        self.add_error("confirmed_count", words % {"due": due, "owned": owned})

    def _ask_to_confirm(self) -> None:
        self.fields["confirmed_count"] = forms.IntegerField(
            required=False, label=_("Customers taken back at once"), min_value=0
        )


class MemberForm(forms.Form):
    """Who else belongs to a pool: a person or a department."""

    user = forms.ModelChoiceField(
        queryset=User.objects.none(), required=False, label=_("Person"), widget=SearchSelect, empty_label=""
    )
    department = forms.ModelChoiceField(
        queryset=Department.objects.all(), required=False, label=_("Department"), widget=SearchSelect, empty_label=""
    )
    includes_below = forms.BooleanField(required=False, initial=True, label=_("with the departments below"))
    is_administrator = forms.BooleanField(
        required=False, label=_("administers the pool"),
        help_text=_("Assigns, puts back and moves its customers, as far as the role lets assign."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.active().filter(department__isnull=False).order_by("name", "pk")
        self.fields["user"].queryset = people  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        cleaned = super().clean() or {}
        if bool(cleaned.get("user")) == bool(cleaned.get("department")) and not self.errors:
            self.add_error("user", _("Choose either a person or a department."))
        return cleaned


def _limit(field: forms.IntegerField, low: int, high: int) -> None:
    field.validators = [MinValueValidator(low), MaxValueValidator(high)]
    field.min_value, field.max_value = low, high
    field.widget.attrs |= {"min": low, "max": high}
