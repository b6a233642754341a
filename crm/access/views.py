"""Settings pages about roles."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access import actions, forms
from crm.access.gate import SignedInRequest, needs
from crm.access.models import Role
from crm.ui.verb_page import show_refusal, verb_page


@needs("crm.view_role")
@require_safe
def role_list(request: SignedInRequest) -> HttpResponse:
    """The roles with how many people hold them."""
    user: Any = request.user
    roles = Role.objects.visible_to(user).annotate(
        people=Count("holders", filter=Q(holders__is_active=True), distinct=True),
        rights=Count("grants", distinct=True),
    )
    return render(request, "settings/access/role_list.html", {"roles": roles})


@needs("crm.view_role", model=Role, rows="visible_to")
def role_detail(request: SignedInRequest, role: Role) -> HttpResponse:
    """What a role may do; changed here by those who may change roles."""
    user: Any = request.user
    may_change = user.reach.has("crm.change_role")
    form = forms.GrantsForm(request.POST or None, role=role)
    if request.method == "POST" and may_change and form.is_valid():
        try:
            actions.set_grants(role, actor=request.user, scopes=form.scopes())
        except ValidationError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Saved. It holds from everybody's next click."))
            return redirect("settings:role_detail", role.pk)
    context = {
        "role": role,
        "form": form,
        "groups": form.groups(),
        "may_change": may_change,
        "holders": role.holders.filter(is_active=True).select_related("department"),
    }
    return render(request, "settings/access/role_detail.html", context, status=422 if form.errors else 200)


@needs("crm.change_role")
def role_new(request: SignedInRequest) -> HttpResponse:
    """Add a role."""
    return verb_page(
        request,
        forms.NewRoleForm(request.POST or None),
        lambda **fields: actions.add_role(actor=request.user, **fields),
        title=_("New role"),
        action_label=_("Add role"),
        back_url=reverse("settings:role_list"),
        parent=_("Roles"),
        note=_("A new role may do nothing until rights are granted."),
        done=_("Role added."),
    )


@needs("crm.change_role", model=Role, rows="visible_to")
def role_edit(request: SignedInRequest, role: Role) -> HttpResponse:
    """Rename a role."""
    return verb_page(
        request,
        forms.RoleForm(request.POST or None, instance=role),
        lambda **fields: actions.change_role(role, actor=request.user, **fields),
        title=_("Edit %(name)s") % {"name": role},
        action_label=_("Save"),
        back_url=reverse("settings:role_detail", args=[role.pk]),
        parent=role,
        done=_("Saved."),
    )


@needs("crm.change_role", model=Role, rows="visible_to")
@require_POST
def role_remove(request: SignedInRequest, role: Role) -> HttpResponse:
    """Delete a role nobody holds."""
    try:
        actions.remove_role(role, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("settings:role_detail", role.pk)
    messages.success(request, _("Role deleted."))
    return redirect("settings:role_list")
