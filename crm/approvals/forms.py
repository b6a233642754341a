"""What decisions ask for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.approvals.matters import COMMENT_AT_MOST
from crm.approvals.models import ApprovalRequest
from crm.approvals.panels import step_number
from crm.approvals.purposes import purposes
from crm.people.models import User
from crm.ui.widgets import DayInput, SearchSelect


class CommentForm(forms.Form):
    """Words to a decision."""

    comment = forms.CharField(
        label=pgettext_lazy("approval", "Comment"),
        widget=forms.Textarea({"rows": 3}),
        max_length=COMMENT_AT_MOST,
        required=False,
    )


class DecisionForm(CommentForm):
    """A decision on the content that was shown."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)


class ReasonForm(DecisionForm):
    """A decision that has to be explained."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["comment"].required = True


class ReturnForm(ReasonForm):
    """Giving a document back."""

    to_step = forms.ChoiceField(label=_("Begins again at"), required=False)

    def __init__(self, *args: Any, approval: ApprovalRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reached = approval.steps()[: step_number(approval)]
        choices = [("", _("the first step"))] + [(step["key"], step["name"]) for step in reached[1:]]
        self.fields["to_step"].choices = choices  # type: ignore[attr-defined]


class ColleagueForm(CommentForm):
    """A colleague who decides instead."""

    to = forms.ModelChoiceField(User.objects.none(), label=_("Colleague"), widget=SearchSelect)
    field_order = ("to", "comment")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = possible_approvers(user)  # type: ignore[attr-defined]


class AddApproverForm(CommentForm):
    """A colleague who decides too."""

    who = forms.ModelChoiceField(User.objects.none(), label=_("Colleague"), widget=SearchSelect)
    before = forms.TypedChoiceField(
        label=_("When"),
        choices=[("1", _("before me")), ("0", _("after this step"))],
        initial="1",
        coerce=lambda value: value == "1",
        empty_value=None,
        widget=forms.RadioSelect,
    )
    field_order = ("who", "before", "comment")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["who"].queryset = possible_approvers(user)  # type: ignore[attr-defined]


class CopyForm(CommentForm):
    """Colleagues who read it without deciding."""

    people = forms.ModelMultipleChoiceField(
        User.objects.none(), label=_("Colleagues"), widget=forms.CheckboxSelectMultiple
    )
    field_order = ("people", "comment")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        readers = User.objects.active().filter(roles__grants__right="crm.view_approval").exclude(pk=user.pk)
        self.fields["people"].queryset = readers.distinct().order_by("name", "pk")  # type: ignore[attr-defined]


class DelegationForm(forms.Form):
    """Who decides in one's name, on which days, on what."""

    receiver = forms.ModelChoiceField(User.objects.none(), label=_("Colleague"), widget=SearchSelect)
    starts_on = forms.DateField(label=_("From"), widget=DayInput)
    ends_on = forms.DateField(label=_("Until"), widget=DayInput)
    purposes = forms.MultipleChoiceField(
        label=_("Only for"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nothing chosen: for all kinds of documents."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["receiver"].queryset = possible_approvers(user)  # type: ignore[attr-defined]
        offered = [(code, purpose.label) for code, purpose in purposes().items()]
        self.fields["purposes"].choices = offered  # type: ignore[attr-defined]


def possible_approvers(user: User) -> Any:
    """Colleagues whose roles let them decide on approvals at all."""
    people = User.objects.active().filter(roles__grants__right="crm.decide_approval").exclude(pk=user.pk)
    return people.distinct().order_by("name", "pk")
