"""Settings pages about people, departments, absences, and one's own choices."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, needs, signed_in
from crm.people import actions, forms
from crm.people.models import Absence, Department, User
from crm.ui.settings_places import setting_groups
from crm.ui.verb_page import verb_page

PAGE_SIZE = 50


@signed_in
@require_safe
def settings_index(request: SignedInRequest) -> HttpResponse:
    """What this person may set up."""
    return render(request, "settings/index.html", {"groups": setting_groups(request.user)})


@signed_in
def appearance(request: SignedInRequest) -> HttpResponse:
    """One's own theme, row height, shortcuts and language; also answers the small forms of lists and menus."""
    form = forms.AppearanceForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        actions.set_appearance(request.user, **form.chosen())
        wanted = request.POST.get("next", "")
        if url_has_allowed_host_and_scheme(wanted, None) and wanted.startswith("/"):
            return redirect(wanted)
        messages.success(request, _("Saved."))
        return redirect("settings:appearance")
    context = {"form": form, "profile": forms.ProfileForm(instance=request.user)}
    return render(request, "settings/appearance.html", context, status=422 if form.errors else 200)


@signed_in
def profile(request: SignedInRequest) -> HttpResponse:
    """One's own phone and e-mail."""
    person = User.objects.visible_to(request.user).filter(pk=request.user.pk).first()
    form = forms.ProfileForm(request.POST or None, instance=request.user)
    return verb_page(
        request,
        form,
        lambda **fields: actions.change_user(person, actor=person, **fields),
        title=_("My phone and e-mail"),
        action_label=_("Save"),
        back_url=reverse("settings:appearance"),
        parent=_("Appearance and language"),
        done=_("Saved."),
    )


# ── people ──


@needs("crm.view_user")
@require_safe
def user_list(request: SignedInRequest) -> HttpResponse:
    """Who works here, or did."""
    form = forms.PeopleFilterForm(request.GET or None)
    rows = User.objects.visible_to(request.user).select_related("department").prefetch_related("roles")
    if form.is_valid():
        rows = _filtered(rows, form.cleaned_data)
    page = Paginator(rows.order_by("username"), PAGE_SIZE).get_page(request.GET.get("page"))
    kept = request.GET.copy()
    kept.pop("page", None)
    context = {"page": page, "form": form if request.GET else forms.PeopleFilterForm(), "kept": kept.urlencode()}
    return render(request, "settings/people/user_list.html", context)


def _filtered(rows: Any, wanted: dict[str, Any]) -> Any:
    if wanted["state"] != "all":
        rows = rows.filter(is_active=wanted["state"] != "off")
    if wanted["department"]:
        rows = rows.filter(department__path__contains=[wanted["department"].pk])
    if wanted["role"]:
        rows = rows.filter(roles=wanted["role"])
    return rows.matching(wanted["q"])


@needs("crm.view_user", model=User, rows="visible_to")
@require_safe
def user_detail(request: SignedInRequest, user: User) -> HttpResponse:
    """One person: facts, roles, absences, and what may be done."""
    context = {
        "person": user,
        "roles": user.roles.all(),
        "absences": user.absences.select_related("deputy")[:10],
        "tokens": user.api_tokens.filter(revoked_at=None).count(),
    }
    return render(request, "settings/people/user_detail.html", context)


@needs("crm.change_user")
def user_new(request: SignedInRequest) -> HttpResponse:
    """Add a person."""
    return verb_page(
        request,
        forms.NewUserForm(request.POST or None),
        lambda **fields: actions.add_user(actor=request.user, **fields),
        title=_("New user"),
        action_label=_("Add user"),
        back_url=reverse("settings:user_list"),
        parent=_("Users"),
        note=_("Roles are given afterwards by the security administrator."),
        done=_("User added."),
    )


@needs("crm.change_user", model=User, rows="visible_to")
def user_edit(request: SignedInRequest, user: User) -> HttpResponse:
    """Correct facts about a person."""
    return verb_page(
        request,
        forms.UserForm(request.POST or None, instance=user),
        lambda **fields: actions.change_user(user, actor=request.user, **fields),
        title=_("Edit %(name)s") % {"name": user},
        action_label=_("Save"),
        back_url=user.get_absolute_url(),
        parent=user,
        done=_("Saved."),
    )


@needs("crm.change_user", model=User, rows="visible_to")
def user_password(request: SignedInRequest, user: User) -> HttpResponse:
    """Give a person a new first password."""
    return verb_page(
        request,
        forms.PasswordForm(request.POST or None),
        lambda **fields: actions.set_first_password(user, actor=request.user, **fields),
        title=_("New password for %(name)s") % {"name": user},
        action_label=_("Replace password"),
        back_url=user.get_absolute_url(),
        parent=user,
        note=_("Tell it to the person directly; every open session of theirs ends."),
        done=_("Password replaced."),
    )


@needs("crm.assign_role", model=User, rows="visible_to")
def user_roles(request: SignedInRequest, user: User) -> HttpResponse:
    """Give a person roles."""
    return verb_page(
        request,
        forms.RolesForm(request.POST or None, initial={"roles": user.roles.all()}),
        lambda roles: actions.set_roles(user, actor=request.user, roles=list(roles)),
        title=_("Roles of %(name)s") % {"name": user},
        action_label=_("Set roles"),
        back_url=user.get_absolute_url(),
        parent=user,
        note=_("They take effect at the next click. Business, system, security and audit exclude each other."),
        done=_("Roles set."),
    )


@needs("crm.change_user", model=User, rows="visible_to")
def user_disable(request: SignedInRequest, user: User) -> HttpResponse:
    """Switch a person off, or say what they still hold."""
    return verb_page(
        request,
        forms.LeaveForm(request.POST or None),
        lambda **fields: actions.disable_user(user, actor=request.user, **fields),
        title=_("Disable %(name)s") % {"name": user},
        action_label=_("Disable user"),
        back_url=user.get_absolute_url(),
        parent=user,
        danger=True,
        note=_("The person cannot sign in any more, open sessions end and API tokens are revoked. Nothing is deleted."),
        held=actions.held_by(user),
        leave_url=reverse("settings:user_leave", args=[user.pk]),
        template="settings/people/user_disable.html",
        done=_("User disabled."),
    )


@needs("crm.change_user", model=User, rows="visible_to")
@require_POST
def user_enable(request: SignedInRequest, user: User) -> HttpResponse:
    """Let a person sign in again."""
    actions.enable_user(user, actor=request.user)
    messages.success(request, _("User enabled."))
    return redirect(user)


# ── departments ──


@needs("crm.view_user")
@require_safe
def department_list(request: SignedInRequest) -> HttpResponse:
    """The organisation as a tree."""
    viewer: Any = request.user
    rows = Department.objects.visible_to(viewer).select_related("head").annotate(people=Count("members"))
    return render(request, "settings/people/department_list.html", {"departments": as_tree(rows)})


def as_tree(rows: Any) -> list[tuple[int, Department]]:
    """Depth and department, each followed by those below it, siblings by position."""
    by_parent: dict[int | None, list[Department]] = {}
    for row in rows.order_by("position", "pk"):
        by_parent.setdefault(row.parent_id, []).append(row)

    def walk(parent: int | None, depth: int) -> list[tuple[int, Department]]:
        found = []
        for row in by_parent.get(parent, []):
            found += [(depth, row), *walk(row.pk, depth + 1)]
        return found

    return walk(None, 0)


@needs("crm.change_user")
def department_new(request: SignedInRequest) -> HttpResponse:
    """Add a department."""
    return verb_page(
        request,
        forms.DepartmentForm(request.POST or None, initial={"parent": request.GET.get("parent")}),
        lambda **fields: actions.add_department(actor=request.user, **fields),
        title=_("New department"),
        action_label=_("Add department"),
        back_url=reverse("settings:department_list"),
        parent=_("Departments"),
        done=_("Department added."),
    )


@needs("crm.change_user", model=Department, rows="visible_to")
def department_edit(request: SignedInRequest, department: Department) -> HttpResponse:
    """Rename, move, appoint a head."""
    fresh = copy(department)  # a form writes what was typed into its instance, the title keeps the name
    return verb_page(
        request,
        forms.DepartmentForm(request.POST or None, instance=department),
        lambda **fields: actions.change_department(fresh, actor=request.user, **fields),
        title=_("Edit %(name)s") % {"name": fresh},
        action_label=_("Save"),
        back_url=reverse("settings:department_list"),
        parent=_("Departments"),
        done=_("Saved."),
    )


@needs("crm.change_user", model=Department, rows="visible_to")
@require_POST
def department_remove(request: SignedInRequest, department: Department) -> HttpResponse:
    """Delete an empty department."""
    try:
        actions.remove_department(department, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Department deleted."))
    return redirect("settings:department_list")


# ── absences ──


@needs("crm.view_user")
@require_safe
def absence_list(request: SignedInRequest) -> HttpResponse:
    """Who is away when."""
    rows = Absence.objects.select_related("user", "deputy")[:200]
    return render(request, "settings/people/absence_list.html", {"rows": rows})


@needs("crm.change_user")
def absence_new(request: SignedInRequest) -> HttpResponse:
    """Note an absence."""
    return verb_page(
        request,
        forms.AbsenceForm(request.POST or None),
        lambda **fields: actions.add_absence(actor=request.user, **fields),
        title=_("New absence"),
        action_label=_("Add absence"),
        back_url=reverse("settings:absence_list"),
        parent=_("Absences"),
        done=_("Absence added."),
    )


@needs("crm.change_user", model=Absence, rows="visible_to")
@require_POST
def absence_remove(request: SignedInRequest, absence: Absence) -> HttpResponse:
    """Forget an absence."""
    actions.remove_absence(absence, actor=request.user)
    messages.success(request, _("Absence removed."))
    return redirect("settings:absence_list")
