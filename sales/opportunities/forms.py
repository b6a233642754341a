"""Input about opportunities; what is wrong beyond shape is said by the actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from crm.customfields.forms import CustomFieldsForm
from crm.ui.widgets import DayInput, MoneyInput, SearchSelect
from customers.contacts.models import Contact
from customers.customers.models import Customer
from sales.opportunities.filters import LABEL
from sales.opportunities.models import LossReason, Opportunity, OpportunityStage


class OpportunityForm(CustomFieldsForm, forms.ModelForm):
    """The details of an opportunity."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=40)
    key = forms.CharField(required=False, widget=forms.HiddenInput, max_length=60)

    class Meta:
        model = Opportunity
        fields = ("name", "stage", "amount", "currency", "probability", "expected_close_on", "contact", "remark")
        widgets = {
            "amount": MoneyInput(before=""),
            "expected_close_on": DayInput,
            "contact": SearchSelect,
            "remark": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, contacts: QuerySet[Contact], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        before = self.instance
        fields["stage"].queryset = OpportunityStage.objects.filter(Q(is_active=True) | Q(pk=before.stage_id))
        fields["stage"].empty_label = _("Choose")
        fields["contact"].queryset = contacts
        fields["contact"].empty_label = _("not set")
        fields["probability"].required = False
        fields["probability"].help_text = _("Empty: what the stage says.")
        if before.pk is None:
            self.initial.pop("probability", None)
        self.add_custom_fields(LABEL, before.custom, is_new=before.pk is None)

    def cover(self, user: Any, customer: Customer, *, is_entitled: bool, sees: bool) -> None:
        """Take away what the person may not know."""
        if customer.status == Customer.Status.POOL:
            self.take_files_away()
        self.cover_custom_fields(is_entitled=is_entitled, sees=sees, values=self.instance.custom)

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        found = {name: self.cleaned_data[name] for name in self.Meta.fields if name in self.fields}
        if found["probability"] is None:
            found["probability"] = found["stage"].probability
        return found

    def _post_clean(self) -> None:
        # the actions check the record as a whole; assigning to the instance here would change what the page shows
        return None


class StageForm(forms.Form):
    """The stage an opportunity is put on."""

    stage = forms.ModelChoiceField(label=_("Stage"), queryset=OpportunityStage.objects.none(), empty_label=_("Choose"))

    def __init__(self, *args: Any, without: OpportunityStage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = OpportunityStage.objects.filter(is_active=True).exclude(pk=without.pk)
        self.fields["stage"].queryset = rows  # type: ignore[attr-defined]


class LoseForm(forms.Form):
    """Why an opportunity is lost."""

    loss_reason = forms.ModelChoiceField(
        label=_("Loss reason"), queryset=LossReason.objects.filter(is_active=True), empty_label=_("Choose")
    )
    loss_note = forms.CharField(
        label=_("What we learned"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class ReopenForm(forms.Form):
    """Why a lost opportunity is talked about again."""

    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
