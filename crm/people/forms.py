"""Forms of the settings pages about people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts
from django.utils.translation import gettext_lazy as _

from crm.access.models import Role
from crm.people.models import Absence, Department, User
from crm.ui.widgets import DayInput, SearchSelect


class UserForm(forms.ModelForm):
    """Facts about a person."""

    class Meta:
        model = User
        fields = ["name", "username", "department", "job_title", "email", "phone", "joined_on", "customer_capacity"]
        widgets = {"joined_on": DayInput(), "department": SearchSelect()}
        labels = {"name": _("Full name"), "email": _("E-mail")}
        help_texts = {"username": _("What the person types to sign in.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["department"].queryset = Department.objects.in_tree_order()
        self.fields["department"].required = True


class NewUserForm(UserForm):
    """A new person with a first password."""

    password = forms.CharField(
        label=_("First password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = " ".join(map(str, password_validators_help_texts()))


class PasswordForm(forms.Form):
    """A new first password for somebody who forgot theirs."""

    password = forms.CharField(
        label=_("New password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = " ".join(map(str, password_validators_help_texts()))


class RolesForm(forms.Form):
    """Which roles a person has."""

    roles = forms.ModelMultipleChoiceField(
        Role.objects.all(), label=_("Roles"), required=False, widget=forms.CheckboxSelectMultiple
    )


class LeaveForm(forms.Form):
    """The day a person left."""

    left_on = forms.DateField(label=_("left on"), required=False, widget=DayInput())


class DepartmentForm(forms.ModelForm):
    """A node of the organisation."""

    class Meta:
        model = Department
        fields = ["name", "parent", "head", "position", "takes_intake"]
        widgets = {"parent": SearchSelect(), "head": SearchSelect()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["parent"].queryset = Department.objects.in_tree_order()
        fields["head"].queryset = User.objects.active()


class AbsenceForm(forms.ModelForm):
    """Who is away, and who stands in."""

    class Meta:
        model = Absence
        fields = ["user", "deputy", "starts_on", "ends_on", "note"]
        widgets = {"user": SearchSelect(), "deputy": SearchSelect(), "starts_on": DayInput(), "ends_on": DayInput()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        for name in ("user", "deputy"):
            fields[name].queryset = User.objects.active()


class AppearanceForm(forms.ModelForm):
    """A person's own choices; a page may send only one of them (the row height of a list, the language menu)."""

    class Meta:
        model = User
        fields = ["language", "theme", "density", "has_shortcuts"]
        widgets = {"theme": forms.RadioSelect, "density": forms.RadioSelect, "language": forms.RadioSelect}

    def chosen(self) -> dict[str, Any]:
        """What was sent; a tick box counts only when the whole form was sent."""
        is_whole = "theme" in self.data and "language" in self.data
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name in self.data or (is_whole and name == "has_shortcuts")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.fields:
            self.fields[name].required = False


class ProfileForm(forms.ModelForm):
    """What people may correct about themselves."""

    class Meta:
        model = User
        fields = ["phone", "email"]
        labels = {"email": _("E-mail")}


class PeopleFilterForm(forms.Form):
    """Which people a list shows."""

    q = forms.CharField(label=_("Name or user name"), required=False, max_length=60)
    department = forms.ModelChoiceField(
        Department.objects.all(), label=_("Department"), required=False, empty_label=_("all")
    )
    role = forms.ModelChoiceField(Role.objects.all(), label=_("Role"), required=False, empty_label=_("all"))
    state = forms.ChoiceField(
        label=_("State"), choices=[("", _("active")), ("off", _("disabled")), ("all", _("all"))], required=False
    )
