"""Keeping print templates, and finding the one a document is printed with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from crm.records.promises import promised
from customers.customers.identity import clean_line
from sales.documents.holding import next_id
from sales.printing.blocks import Block, checked_blocks, standard_blocks
from sales.printing.models import LANGUAGES, PrintTemplate

EDITABLE = ("name", "language", "blocks", "is_default", "is_active")


def template_for(kind: str, language: str, chosen: int | None = None) -> PrintTemplate:
    """The template a document is printed with: the chosen one in use, the first one of its language, or the standard.

    The standard one is not kept: it follows the product.
    """
    rows = PrintTemplate.objects.filter(kind=kind, is_active=True)
    found = rows.filter(pk=chosen).first() if chosen else rows.filter(language=language, is_default=True).first()
    return found or PrintTemplate(kind=kind, language=language, blocks=standard_blocks(kind, language))


def add_template(kind: str, *, actor: User, values: Mapping[str, Any]) -> PrintTemplate:
    """Make a template out of blocks; ValidationError by field where it cannot be."""
    if kind not in PrintTemplate.Kind.values:
        raise ValidationError({"kind": _("Choose a kind of document.")})
    template = PrintTemplate(pk=next_id(PrintTemplate), kind=kind)
    _take(template, values)
    with _named_once(), operation(actor, "print_template_added", template):
        _write(template, is_new=True)
    return template


def change_template(template: PrintTemplate, *, actor: User, values: Mapping[str, Any]) -> PrintTemplate:
    """Change a template; documents printed from now on look like it."""
    with _named_once(), operation(actor, "print_template_changed", template):
        locked = PrintTemplate.objects.select_for_update(no_key=True).get(pk=template.pk)
        _take(locked, values)
        _write(locked)
    return locked


def remove_template(template: PrintTemplate, *, actor: User) -> None:
    """Take a template away; documents keep no tie to it."""
    with operation(actor, "print_template_removed", template):
        PrintTemplate.objects.select_for_update().get(pk=template.pk).delete()


def _take(template: PrintTemplate, values: Mapping[str, Any]) -> None:
    if unknown := set(values) - set(EDITABLE):
        raise ValidationError({name: _("This field cannot be set here.") for name in unknown})
    for name, value in values.items():
        setattr(template, name, clean_line(value) if name == "name" else value)
    if not 0 < len(template.name) <= 60:
        raise ValidationError({"name": _("Give it a name of at most 60 characters.")})
    if template.language not in dict(LANGUAGES):
        raise ValidationError({"language": _("Choose a language.")})
    blocks: list[Block] = checked_blocks(template.kind, template.blocks)
    template.blocks = blocks
    if not template.is_active:
        template.is_default = False


def _write(template: PrintTemplate, *, is_new: bool = False) -> None:
    if template.is_default:
        others = PrintTemplate.objects.filter(kind=template.kind, language=template.language, is_default=True)
        others.exclude(pk=template.pk).update(is_default=False, changed_at=timezone.now())
    template.changed_at = timezone.now()
    template.save(force_insert=is_new)


def _named_once() -> Any:
    return promised("print_template_name_once", {"name": _("Another template of this kind has this name.")})
