"""Input about the companies around a customer."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.customers.models import CustomerRelation
from customers.customers.relations import KIND_WORDS

COMPANY = pgettext_lazy("relation", "Company")


class FindCompanyForm(forms.Form):
    """Which company is meant."""

    q = forms.CharField(label=COMPANY, max_length=100, help_text=_("Name, pinyin initials or number."))


class CompanyForm(forms.Form):
    """The company that was chosen; none where it is empty."""

    other = forms.IntegerField(label=COMPANY, required=False, min_value=1, max_value=2**63 - 1)


class RelationForm(CompanyForm):
    """The company that was chosen, and what it is to this one."""

    kind = forms.ChoiceField(
        label=_("This customer to that company"),
        choices=[(kind, KIND_WORDS[kind][0]) for kind in CustomerRelation.Kind.values],
    )
    remark = forms.CharField(label=_("Remark"), max_length=200, required=False)
