"""Input about customers; what is wrong beyond shape is said by the actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from crm.customfields.definitions import fields_of
from crm.customfields.fields import kind_of
from crm.people.models import User
from crm.records.filters import SeveralChecks
from crm.ui.widgets import DayInput, SearchSelect
from customers.base_data.models import CustomerLevel, CustomerStage, Industry, LeadSource, Region, Tag
from customers.customers.covered import CoveredForm
from customers.customers.custom import CONTACT, CUSTOMER
from customers.customers.models import Customer

REASON_LENGTH = 200


class TagsField(forms.TypedMultipleChoiceField):
    """Tags as a list of ids."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, empty_value=[], required=False, widget=SeveralChecks, **kwargs)


class CustomerForm(CoveredForm):
    """The details of a customer."""

    tag_ids = TagsField(label=_("Tags"))
    duplicate_reason = forms.CharField(
        label=_("Why this is another customer"), max_length=REASON_LENGTH, required=False,
        help_text=_("Only needed where a similar customer exists; kept in the history."),
    )  # fmt: skip
    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=40)

    class Meta:
        model = Customer
        fields = (
            "name", "short_name", "credit_code", "level", "stage", "industry", "region", "source", "size", "phone",
            "email", "website", "address", "tag_ids", "next_follow_on", "remark",
        )  # fmt: skip
        widgets = {
            "industry": SearchSelect,
            "region": SearchSelect,
            "source": SearchSelect,
            "next_follow_on": DayInput,
            "remark": forms.Textarea(attrs={"rows": 3}),
            "phone": forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
            "email": forms.EmailInput(attrs={"autocomplete": "off"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        before = self.instance
        self._offer("level", CustomerLevel.objects.filter(Q(is_active=True) | Q(pk=before.level_id)))
        self._offer("stage", CustomerStage.objects.filter(Q(is_active=True) | Q(pk=before.stage_id)))
        self._offer("source", LeadSource.objects.filter(Q(is_active=True) | Q(pk=before.source_id)))
        self._offer("industry", Industry.objects.filter(Q(is_active=True) | Q(pk=before.industry_id)))
        self._offer("region", Region.objects.filter(Q(rank__lte=2) | Q(pk=before.region_id)))
        self.fields["size"].choices = [("", _("not set")), *Customer.Size.choices]  # type: ignore[attr-defined]
        tags = Tag.objects.filter(Q(is_active=True) | Q(pk__in=before.tag_ids or []))
        self.fields["tag_ids"].choices = [(tag.pk, tag.name) for tag in tags]  # type: ignore[attr-defined]
        for name in ("name", "credit_code", "phone", "email", "website"):
            self.fields[name].widget.attrs["data-duplicate"] = ""
        self.add_custom_fields(CUSTOMER, before.custom, is_new=before.pk is None)

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields if name in self.fields}

    def _post_clean(self) -> None:
        # the actions check the record as a whole; assigning to the instance here would change what the page shows
        return None

    def _offer(self, name: str, rows: QuerySet[Any]) -> None:
        if self.fields[name].empty_label and name != "owner":  # type: ignore[attr-defined]
            self.fields[name].empty_label = _("not set")  # type: ignore[attr-defined]
        self.fields[name].queryset = rows  # type: ignore[attr-defined]


class NewCustomerForm(CustomerForm):
    """The details of a new customer, its owner and its main contact."""

    owner = forms.ModelChoiceField(
        label=_("Owner"), queryset=User.objects.none(), required=False, widget=SearchSelect, empty_label=_("Nobody yet")
    )
    contact_name = forms.CharField(label=_("Name"), max_length=80, required=False)
    contact_job_title = forms.CharField(label=_("Job title"), max_length=80, required=False)
    contact_phone = forms.CharField(
        label=_("Mobile"), max_length=32, required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off", "data-duplicate": ""}),
    )  # fmt: skip
    contact_email = forms.EmailField(label=_("E-mail"), max_length=120, required=False)
    contact_wechat = forms.CharField(label=_("WeChat"), max_length=40, required=False)
    key = forms.CharField(required=False, widget=forms.HiddenInput, max_length=60)

    def __init__(self, *args: Any, owners: QuerySet[User] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if owners is None:
            del self.fields["owner"]
        else:
            self._offer("owner", owners)

        self._ask_of_contact()

    def _ask_of_contact(self) -> None:
        """The custom fields a main contact has to have; asked for only where there is one."""
        needed = [one for one in fields_of(CONTACT).active if one.is_required and kind_of(one).can_be_typed]
        self._of_contact = {f"contact.{one.member}": one for one in needed}
        for name, one in self._of_contact.items():
            self.fields[name] = kind_of(one).input(one, one.default)
            self.fields[name].required = False
            self.fields[name].help_text = _("Needed with a main contact.")
            if one.default is not None:
                self.initial[name] = kind_of(one).initial(one.default)

    def contact_fields(self) -> list[forms.BoundField]:
        """The bound custom fields of the main contact, for the template."""
        return [self[name] for name in self._of_contact]

    def contact(self) -> dict[str, Any]:
        """The main contact, empty where none is given."""
        names = ("name", "job_title", "phone", "email", "wechat")
        found = {name: self.cleaned_data.get(f"contact_{name}", "") for name in names}
        custom = {one.key: self.cleaned_data.get(name) for name, one in self._of_contact.items()}
        return {**found, "custom": custom} if any(found.values()) else {}


class ReasonForm(forms.Form):
    """Why something is done; optional."""

    reason = forms.CharField(label=_("Reason"), max_length=REASON_LENGTH, required=False)


class SelectionForm(forms.Form):
    """Carries what was chosen on the list from page to page."""

    ids = forms.CharField(required=False, widget=forms.HiddenInput)
    all = forms.CharField(required=False, widget=forms.HiddenInput)
    query = forms.CharField(required=False, widget=forms.HiddenInput, max_length=2000)


class BulkTagForm(SelectionForm):
    """Which tag goes on, or comes off."""

    tag = forms.ModelChoiceField(label=_("Tag"), queryset=Tag.objects.filter(is_active=True), empty_label=_("Choose"))
    takes_off = forms.BooleanField(label=_("Take it off instead"), required=False)


class BulkStageForm(SelectionForm):
    """Which stage all get."""

    stage = forms.ModelChoiceField(
        label=_("Stage"), queryset=CustomerStage.objects.filter(is_active=True), empty_label=_("Choose")
    )


class BulkArchiveForm(SelectionForm, ReasonForm):
    """Why all go into the recycle bin."""
