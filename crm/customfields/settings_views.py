"""Pages on which an administrator keeps the custom fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access.gate import SignedInRequest, needs
from crm.customfields import actions
from crm.customfields.definitions import FIELDS_AT_MOST, fields_of, records_with_fields
from crm.customfields.fields import KINDS, kind_of
from crm.customfields.models import CustomChoice, CustomField
from crm.customfields.settings_forms import ChoiceForm, CustomFieldForm, NewCustomFieldForm
from crm.ui.verb_page import verb_page

RIGHT = "crm.manage_custom_field"
KIND_ICONS = {
    "text": "type", "number": "hash", "money": "banknote", "date": "calendar", "choice": "circle-dot",
    "choices": "list-checks", "user": "user-round", "yes_no": "toggle-left", "file": "paperclip",
}  # fmt: skip


@needs(RIGHT)
def custom_field_list(request: SignedInRequest) -> HttpResponse:
    """The fields of every record that can have some."""
    records = [
        (label, model._meta.verbose_name_plural, fields_of(label).everything)
        for label, model in records_with_fields().items()
    ]
    return render(request, "settings/customfields/list.html", {"records": records, "limit": FIELDS_AT_MOST})


@needs(RIGHT)
def custom_field_kind(request: SignedInRequest, record: str) -> HttpResponse:
    """Which kind a new field is to be: it stays for ever."""
    model = _record(record)
    kinds = [(kind, kind.label, KIND_ICONS[kind], _about(kind)) for kind in CustomField.Kind if kind in KINDS]
    context = {"record": record, "kinds": kinds, "name": model._meta.verbose_name_plural}
    return render(request, "settings/customfields/kind.html", context)


@needs(RIGHT)
def custom_field_new(request: SignedInRequest, record: str, kind: str) -> HttpResponse:
    """A new field."""
    _record(record)
    if kind not in KINDS:
        raise Http404
    form = NewCustomFieldForm(request.POST or None, instance=CustomField(model=record, kind=kind))
    label = CustomField.Kind(kind).label
    return verb_page(
        request,
        form,
        lambda **_fields: actions.add_field(actor=request.user, model=record, kind=kind, **form.values()),
        title=_("New field: %(kind)s") % {"kind": label},
        action_label=_("Add field"),
        back_url=reverse("settings:custom_field_list"),
        parent=_("Custom fields"),
        done=_("Field added. It is offered in forms and lists from now on."),
    )


@needs(RIGHT)
def custom_field_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a field, and look after its choices."""
    field = _field(pk)
    form = CustomFieldForm(request.POST or None, instance=field)
    choices = field.choices.all() if kind_of(field).has_choices else None
    return verb_page(
        request,
        form,
        lambda **_fields: actions.change_field(field, actor=request.user, **form.values()),
        title=_("Edit %(name)s") % {"name": field.title},
        action_label=_("Save"),
        back_url=reverse("settings:custom_field_list"),
        parent=_("Custom fields"),
        done=_("Saved."),
        template="settings/customfields/edit.html",
        field=field,
        choices=choices,
        choice_form=ChoiceForm(),
    )


@needs(RIGHT)
@require_POST
def custom_field_move(request: SignedInRequest, pk: int) -> HttpResponse:
    """One place up or down."""
    actions.move_field(_field(pk), actor=request.user, is_up=request.POST.get("way") == "up")
    return redirect("settings:custom_field_list")


@needs(RIGHT)
@require_POST
def custom_field_switch(request: SignedInRequest, pk: int) -> HttpResponse:
    """Offer a field, or no longer."""
    field = _field(pk)
    return _done(
        request,
        lambda: actions.switch_field(field, actor=request.user, is_active=not field.is_active),
        _("“%(name)s” is out of use. Its values stay.") if field.is_active else _("“%(name)s” is in use again."),
        field,
        reverse("settings:custom_field_list"),
    )


@needs(RIGHT)
@require_POST
def custom_field_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete a field nobody has filled in."""
    field = _field(pk)
    place = reverse("settings:custom_field_list")
    return _done(request, lambda: actions.remove_field(field, actor=request.user), _("Field deleted."), field, place)


@needs(RIGHT)
@require_POST
def custom_choice_add(request: SignedInRequest, pk: int) -> HttpResponse:
    """A further choice."""
    field = _field(pk)
    if not kind_of(field).has_choices:
        raise Http404
    form = ChoiceForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Each choice needs a name of its own."))
        return redirect("settings:custom_field_edit", pk)
    label = form.cleaned_data["label"]
    act = lambda: actions.add_choice(field, actor=request.user, label=label)  # noqa: E731 - handed on once
    return _done(request, act, _("Choice added."), field, _of(field))


@needs(RIGHT)
def custom_choice_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change the label of a choice."""
    choice = _choice(pk)
    return verb_page(
        request,
        ChoiceForm(request.POST or None, initial={"label": choice.label}),
        lambda label: actions.change_choice(choice, actor=request.user, label=label),
        title=_("Edit %(name)s") % {"name": choice.label},
        action_label=_("Save"),
        back_url=_of(choice.field),
        parent=choice.field.title,
        done=_("Saved."),
    )


@needs(RIGHT)
@require_POST
def custom_choice_move(request: SignedInRequest, pk: int) -> HttpResponse:
    """One place up or down."""
    choice = _choice(pk)
    actions.move_choice(choice, actor=request.user, is_up=request.POST.get("way") == "up")
    return redirect(_of(choice.field))


@needs(RIGHT)
@require_POST
def custom_choice_switch(request: SignedInRequest, pk: int) -> HttpResponse:
    """Offer a choice, or no longer."""
    choice = _choice(pk)
    return _done(
        request,
        lambda: actions.change_choice(choice, actor=request.user, is_active=not choice.is_active),
        _("Saved."),
        choice.field,
        _of(choice.field),
    )


@needs(RIGHT)
@require_POST
def custom_choice_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete a choice no record has."""
    choice = _choice(pk)
    act = lambda: actions.remove_choice(choice, actor=request.user)  # noqa: E731 - handed on once
    return _done(request, act, _("Choice deleted."), choice.field, _of(choice.field))


def _done(request: SignedInRequest, act: Callable[[], Any], text: str, field: CustomField, place: str) -> HttpResponse:
    try:
        act()
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, text % {"name": field.title} if "%(name)s" in text else text)
    return redirect(place)


def _record(label: str) -> Any:
    if label not in records_with_fields():
        raise Http404
    return records_with_fields()[label]


def _field(pk: int) -> CustomField:
    found = CustomField.objects.filter(pk=pk, kind__in=KINDS).first()
    if found is None:
        raise Http404
    return found


def _choice(pk: int) -> CustomChoice:
    found = CustomChoice.objects.filter(pk=pk).select_related("field").first()
    if found is None:
        raise Http404
    return found


def _of(field: CustomField) -> str:
    return reverse("settings:custom_field_edit", args=[field.pk])


def _about(kind: str) -> str:
    return {
        "text": _("A line of text, up to 500 characters."),
        "number": _("A number of up to 15 digits; filtered from and to."),
        "money": _("An amount in yuan with two decimals."),
        "date": _("A day; filtered from and until."),
        "choice": _("One of the choices you list."),
        "choices": _("Any of the choices you list."),
        "user": _("A colleague."),
        "yes_no": _("Yes, no, or not said."),
        "file": _("One file, checked when it comes. Imports cannot fill it."),
    }[kind]
