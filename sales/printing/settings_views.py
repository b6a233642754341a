"""Settings → Letterhead and Print templates."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.ui.verb_page import verb_page
from sales.printing.blocks import standard_blocks
from sales.printing.forms import BlockEditor, KindForm, LetterheadForm, PictureForm, TemplateForm
from sales.printing.letterhead import PICTURES, drop_picture, keep_picture, letterhead, save_letterhead
from sales.printing.models import PrintTemplate
from sales.printing.placeholders import PLACEHOLDERS
from sales.printing.rendering import PRINTED, print_paper, print_row
from sales.printing.samples import sample_paper
from sales.printing.templates import add_template, change_template, remove_template
from sales.printing.views import pdf_answer

RIGHT = "sales.manage_printing"


@needs(RIGHT)
def letterhead_page(request: SignedInRequest) -> HttpResponse:
    """Our company as it stands on paper."""
    head = letterhead()
    form = LetterheadForm(request.POST or None, instance=head)
    if form.is_valid():
        try:
            save_letterhead(actor=request.user, values=form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("settings:letterhead")
    pictures = [
        {"which": which, "label": label, "is_there": bool(getattr(head, which)), "hint": hint}
        for which, label, hint in (
            ("logo", _("Logo"), _("Stands at the head of each page.")),
            ("seal", _("Seal"), _("Printed after the final approval only.")),
        )
    ]
    context = {"form": form, "pictures": pictures}
    return render(request, "sales/printing/letterhead.html", context, status=422 if form.errors else 200)


@needs(RIGHT)
def picture_set(request: SignedInRequest, which: str) -> HttpResponse:
    """Upload a logo or seal."""
    _known(which)
    form = PictureForm(request.POST or None, request.FILES or None)

    def act(picture: Any) -> None:
        try:
            keep_picture(actor=request.user, which=which, upload=picture)
        except ValidationError as refusal:
            raise ValidationError({"picture": refusal.messages}) from refusal

    return verb_page(
        request, form, act, title=_("Logo") if which == "logo" else _("Seal"), action_label=_("Upload"),
        back_url=reverse("settings:letterhead"), done=_("Saved."), parent=_("Letterhead"),
        template="sales/printing/picture.html",
    )  # fmt: skip


@needs(RIGHT)
@require_safe
def picture_show(request: SignedInRequest, which: str) -> HttpResponse:
    """The kept logo or seal."""
    content = getattr(letterhead(), _known(which))
    if content is None:
        raise Http404
    return HttpResponse(bytes(content), content_type="image/png", headers={"Cache-Control": "private, no-store"})


@needs(RIGHT)
@require_POST
def picture_drop(request: SignedInRequest, which: str) -> HttpResponse:
    """Print without it again."""
    try:
        drop_picture(actor=request.user, which=_known(which))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Removed."))
    return redirect("settings:letterhead")


@needs(RIGHT)
@require_safe
def template_list(request: SignedInRequest) -> HttpResponse:
    """All templates by kind of document."""
    rows = list(PrintTemplate.objects.order_by("kind", "-is_default", "name"))
    groups = [(label, kind, [row for row in rows if row.kind == kind]) for kind, label in PrintTemplate.Kind.choices]
    return render(request, "sales/printing/templates.html", {"groups": groups})


@needs(RIGHT)
def template_add(request: SignedInRequest) -> HttpResponse:
    """A new template, beginning with the standard blocks of its kind."""
    kind = request.GET.get("kind", "")
    if kind not in PrintTemplate.Kind.values:
        form = KindForm(request.GET if kind else None)
        context = {"title": _("New template"), "form": form, "kinds": PrintTemplate.Kind.choices}
        return render(request, "sales/printing/choose.html", context, status=404 if kind else 200)
    start = PrintTemplate(kind=kind, blocks=standard_blocks(kind, translation.get_language() or "zh-hans"))
    return _written(request, start, lambda values: add_template(kind, actor=request.user, values=values),
                    _("New template"))  # fmt: skip


@needs(RIGHT)
def template_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a template and its blocks."""
    row = _template(pk)
    return _written(request, row, lambda values: change_template(row, actor=request.user, values=values), str(row))


@needs(RIGHT)
@require_POST
def template_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a template away."""
    remove_template(_template(pk), actor=request.user)
    messages.success(request, _("Removed."))
    return redirect("settings:print_templates")


@needs(RIGHT)
@require_safe
def template_preview(request: SignedInRequest, pk: int) -> HttpResponse:
    """A template on a made-up document, or on the one whose number `?number=` names, as far as one may see it."""
    row = _template(pk)
    number = request.GET.get("number", "").strip()[:40]
    try:
        if number:
            model, right = PRINTED[row.kind]
            found = model.objects.within(request.user, right).filter(number=number).order_by("-pk").first()
            if found is None:
                raise ValidationError(_("You see no document with this number."))
            return pdf_answer(print_row(row.kind, found, request.user, row))
        with translation.override(row.language):
            head = letterhead()
            return pdf_answer(print_paper(sample_paper(row.kind, head), head, row))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("settings:print_template_edit", pk)


# ── parts of the pages above ──


def _written(request: SignedInRequest, template: PrintTemplate, keep: Any, title: str) -> HttpResponse:
    """The page on which a template is written; `keep` writes it."""
    form = TemplateForm(request.POST or None, instance=template)
    editor = BlockEditor(request.POST or None, template.kind, template.blocks)
    status = 200
    if editor.asked:
        editor.change_rows()
        form.errors.clear()
    elif form.is_bound:
        status = 422
        if form.is_valid():
            try:
                row = keep({**form.cleaned_data, "blocks": editor.blocks()})
            except ValidationError as refusal:
                if rest := editor.take_refusal(refusal):
                    form.add_error(None, rest)
            else:
                messages.success(request, _("Saved."))
                return redirect("settings:print_template_edit", row.pk)
    context = {
        "form": form, "editor": editor, "title": title, "template": template,
        "placeholders": [(f"{{{{{name}}}}}", label) for name, label in PLACEHOLDERS[template.kind].items()],
    }  # fmt: skip
    return render(request, "sales/printing/template.html", context, status=status)


def _template(pk: int) -> PrintTemplate:
    row = PrintTemplate.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _known(which: str) -> str:
    if which not in PICTURES:
        raise Http404
    return which
