"""How the audit log words what the kernel records; the apps above add their own (settings.HARBOUR_VERBS)."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

VERBS = {
    "base_data_loaded": (_("loaded base data"), "database", ""),
    "base_entry_added": (_("added the entry %(name)s"), "database", "green"),
    "base_entry_changed": (_("changed the entry %(name)s"), "database", ""),
    "base_entry_moved": (_("moved the entry %(name)s"), "database", ""),
    "base_entry_removed": (_("removed the entry %(name)s"), "database", "red"),
    "custom_field_added": (_("added the custom field %(name)s"), "text-cursor-input", "green"),
    "custom_field_changed": (_("changed the custom field %(name)s"), "text-cursor-input", ""),
    "custom_field_moved": (_("moved the custom field %(name)s"), "text-cursor-input", ""),
    "custom_field_removed": (_("deleted the custom field %(name)s"), "text-cursor-input", "red"),
    "company_settings_changed": (_("changed the company settings"), "building-2", ""),
    "number_rule_changed": (_("changed how numbers look"), "hash", ""),
    "demo_company_founded": (_("loaded the demo company"), "building", ""),
    "demo_crowd_gathered": (_("loaded the people of a large made-up company"), "building", ""),
    "user_added": (_("added the user %(name)s"), "user-plus", "green"),
    "user_changed": (_("changed the user %(name)s"), "user-cog", ""),
    "user_password_replaced": (_("replaced the password of %(name)s"), "key-round", "amber"),
    "user_roles_set": (_("set the roles of %(name)s"), "shield", "amber"),
    "user_disabled": (_("disabled the user %(name)s"), "user-minus", "red"),
    "user_enabled": (_("enabled the user %(name)s"), "user-check", ""),
    "departure_planned": (_("planned that %(name)s leaves"), "log-out", "amber"),
    "departure_cancelled": (_("cancelled that %(name)s leaves"), "log-out", ""),
    "user_left": (_("handed over everything of %(name)s"), "log-out", "red"),
    "department_added": (_("added the department %(name)s"), "git-branch", "green"),
    "department_changed": (_("changed the department %(name)s"), "git-branch", ""),
    "department_removed": (_("removed the department %(name)s"), "git-branch", "red"),
    "absence_added": (_("noted an absence of %(name)s"), "calendar-x", ""),
    "absence_removed": (_("removed an absence of %(name)s"), "calendar-x", ""),
    "role_added": (_("added the role %(name)s"), "shield", "green"),
    "role_changed": (_("changed the role %(name)s"), "shield", ""),
    "role_grants_set": (_("changed what %(name)s may do"), "shield-alert", "amber"),
    "role_removed": (_("removed the role %(name)s"), "shield", "red"),
    "api_token_made": (_("made an API token for %(name)s"), "key", "amber"),
    "api_token_revoked": (_("revoked an API token of %(name)s"), "key", ""),
    "export_asked": (_("asked to export %(name)s"), "file-down", "amber"),
    "export_granted": (_("granted the export of %(name)s"), "file-down", "amber"),
    "export_refused": (_("refused the export of %(name)s"), "file-x", ""),
    "export_lapsed": (_("let the request to export %(name)s lapse"), "file-x", ""),
    "view_saved": (_("saved the view %(name)s"), "bookmark", ""),
    "view_deleted": (_("deleted the view %(name)s"), "bookmark", ""),
    "attachment_added": (_("added the file %(name)s"), "paperclip", ""),
    "attachment_renamed": (_("renamed the file %(name)s"), "file-pen", ""),
    "attachment_archived": (_("archived the file %(name)s"), "archive", ""),
    "attachment_put_back": (_("put the file %(name)s back"), "archive-restore", ""),
    "attachments_erased": (_("removed files for good"), "trash-2", "red"),
    "history_redacted": (_("took personal words out of the history"), "eraser", "red"),
    "administrator_created": (_("created the administrator %(name)s"), "user-plus", "amber"),
}


@cache
def all_verbs() -> dict[str, tuple[Any, str, str]]:
    """Words, icon and tone of every verb that an app words."""
    return {verb: words for name in settings.HARBOUR_VERBS for verb, words in import_string(name).items()}


def worded(verb: str, name: str) -> tuple[str, str, str]:
    """A verb as people read it, with icon and tone; the plain code where no app words it."""
    text, icon, tone = all_verbs().get(verb, (verb.replace("_", " "), "settings", ""))
    return (str(text) % {"name": name} if "%(name)s" in str(text) else str(text)), icon, tone
