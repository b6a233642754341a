"""`{% load ui %}`: the components of DESIGN §5 as template tags; templates/kit.html shows them all."""

import json
from collections.abc import Sequence
from typing import Any

from django import forms, template
from django.contrib.messages.storage.base import Message
from django.forms import BoundField
from django.middleware.csrf import get_token
from django.template.loader import get_template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from crm.ui import charts, formats, marks, navigation

register = template.Library()

HTMX_CONFIG = {
    "selfRequestsOnly": True,
    "allowEval": False,
    "allowScriptTags": False,
    "historyCacheSize": 0,
    "refreshOnHistoryMiss": True,
    "includeIndicatorStyles": False,
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[23]..", "swap": True},
        {"code": "409", "swap": True},
        {"code": "422", "swap": True},
        {"code": "[45]..", "swap": False, "error": True},
    ],
}

# ── marks and formats ──

register.simple_tag(marks.icon, name="i")
register.simple_tag(marks.avatar, name="av")
register.simple_tag(marks.person, name="who")
register.simple_tag(marks.company, name="co")
register.simple_tag(marks.status, name="st")
register.simple_tag(marks.flag, name="tag")
register.simple_tag(marks.meter, name="meter")
register.simple_tag(marks.highlighted, name="highlighted")
register.simple_tag(marks.asset, name="asset")
register.simple_tag(charts.stacked_bar, name="stackbar")
register.simple_tag(charts.filled_bar, name="hbar")
register.simple_tag(charts.spark_line, name="spark")
register.filter("yuan", formats.yuan)
register.filter("yuan2", formats.yuan2)
register.filter("money", formats.money)
register.filter("discount", formats.discount)
register.filter("exact", formats.exact)
register.filter("wan", formats.wan)
register.filter("n0", formats.n0)
register.filter("percent", formats.percent)
register.filter("day", formats.day)
register.filter("long_day", formats.long_day)
register.filter("duration", formats.duration)
register.filter("or_dash", formats.cell)


@register.inclusion_tag("components/_chart.html")
def chart(spec: charts.Chart, pdf: bool = False) -> dict[str, Any]:
    """A chart with its head, legend, finding and, on a page, the same numbers as a table behind 表格."""
    table = spec.as_table()
    return {"chart": spec, "svg": spec.as_svg(pdf=pdf), "head": table[0], "rows": table[1:], "pdf": pdf}


# ── parts of a page ──


def _rendered(template_name: str, **variables: Any) -> SafeString:
    return mark_safe(get_template(template_name).render(variables))  # noqa: S308 - a template's output is escaped already


@register.simple_block_tag(takes_context=True)
def page_head(
    context: template.Context,
    content: str,
    title: Any,
    count: Any = None,
    sub: Any = "",
    parent: Any = "",
    parent_url: str = "",
) -> SafeString:
    """`{% page_head title count=… sub=… parent=… parent_url=… %}buttons, the primary one last{% endpage_head %}`."""
    shown = formats.n0(count) if isinstance(count, int) else count
    return _rendered(
        "components/_page_head.html",
        title=title, count=shown, sub=sub, parent=parent, parent_url=parent_url, actions=content,
        is_signed_in=_signed_in(context),
    )  # fmt: skip


@register.simple_block_tag
def empty_state(
    content: str, title: Any, text: Any = "", icon: str = "", small: bool = False, level: str = "h2"
) -> SafeString:
    """`{% empty_state title text=… icon=… small=True %}buttons{% endempty_state %}`: nothing here, and what to do."""
    return _rendered(
        "components/_empty.html",
        title=title, text=text, icon=icon, small=small, level=level, actions=content.strip() and mark_safe(content),  # noqa: S308
    )  # fmt: skip


NOTE_ICONS = {
    "": "info", "gray": "info", "blue": "info", "green": "circle-check", "amber": "triangle-alert",
    "red": "octagon-alert", "violet": "copy", "teal": "waves",
}  # fmt: skip


@register.simple_block_tag
def note(content: str, tone: str = "", icon: str = "", css: str = "", role: str = "") -> SafeString:
    """`{% note "amber" icon=… css=… role="alert" %}text{% endnote %}`: what stays true on this page."""
    return _rendered(
        "components/_note.html",
        tone=tone, icon=icon or NOTE_ICONS.get(tone, "info"), css=css, role=role, content=content,
    )  # fmt: skip


@register.simple_block_tag
def panel(
    content: str, title: Any = "", sub: Any = "", more_url: str = "", more: Any = "", css: str = "panel-body"
) -> SafeString:
    """`{% panel title sub=… more=… more_url=… css="panel-body" %}…{% endpanel %}`: a titled box; css="" for tables."""
    return _rendered(
        "components/_panel.html", title=title, sub=sub, more=more, more_url=more_url, css=css, content=content
    )


@register.inclusion_tag("components/_pager.html")
def pager(
    range_text: Any, previous_url: str = "", next_url: str = "", remark: Any = "", target: str = ""
) -> dict[str, Any]:
    """Keyset pager; `target` is the #id of the fragment htmx replaces, "" for plain links."""
    return {
        "range_text": range_text, "previous_url": previous_url, "next_url": next_url,
        "remark": remark, "target": target,
    }  # fmt: skip


@register.simple_block_tag(takes_context=True)
def bulkbar(context: template.Context, content: str, total: int | None = None, query: str = "") -> SafeString:
    """`{% bulkbar total=… query=request.GET.urlencode %}<button class="btn" formaction="…">…</button>{% endbulkbar %}`.

    It is the form `bulk` that the row boxes `<input class="cb" name="ids" value="…" form="bulk">` belong to. Where the
    user chose all that match, `all` is "1" and the server takes the filter in `query` instead of the ids.
    """
    request = context.get("request")
    return _rendered(
        "components/_bulkbar.html",
        content=content, total=total, shown=formats.n0(total), query=query,
        csrf_token=get_token(request) if request else "",
    )  # fmt: skip


@register.inclusion_tag("components/_steps.html")
def steps(names: Sequence[Any], current: int) -> dict[str, Any]:
    """The steps of a wizard; `current` counts from 1."""
    return {"steps": [(at, name, at < current, at == current) for at, name in enumerate(names, 1)]}


@register.inclusion_tag("components/_job_progress.html")
def job_progress(
    title: Any,
    state: str,
    done: int,
    total: int | None,
    failed: int = 0,
    seconds_left: int | None = None,
    poll_url: str = "",
) -> dict[str, Any]:
    """A long work's progress; while it is queued or running the part asks `poll_url` for itself every second."""
    share = 100 * done // total if total else 0
    return {
        "title": title, "state": state, "done": formats.n0(done), "total": formats.n0(total), "failed": failed,
        "share": 100 if state == "done" else min(share, 100), "left": formats.duration(seconds_left),
        "poll_url": poll_url if state in ("queued", "running") else "", "is_open": state in ("queued", "running"),
    }  # fmt: skip


# ── forms ──


def _control_class(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput):
        return ""
    if isinstance(widget, forms.Select):
        return "select"
    return "textarea" if isinstance(widget, forms.Textarea) else "input"


@register.inclusion_tag("components/_field.html")
def field(
    bound: BoundField,
    label: Any = None,
    hint: Any = None,
    wide: bool = False,
    optional: bool = False,
    autofocus: bool = False,
    link: Any = "",
    link_url: str = "",
    placeholder: Any = None,
) -> dict[str, Any]:
    """`{% field form.name label=… hint=… wide=True optional=True autofocus=True %}`: label, control, hint, errors.

    `link` and `link_url` put a way out beside the label ("Forgot your password?"); placeholder="" takes away one that
    only repeats the label.
    """
    widget = bound.field.widget
    is_group = isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple)
    is_check = isinstance(widget, forms.CheckboxInput)
    hint = bound.help_text if hint is None else hint
    attrs = _control_attrs(bound, has_hint=bool(hint), autofocus=autofocus, placeholder=placeholder)
    return {
        "field": bound,
        "control": "" if is_group else bound.as_widget(attrs=attrs),
        "label": bound.label if label is None else label,
        "hint": hint,
        "is_wide": wide or isinstance(widget, forms.Textarea),
        "link": link,
        "link_url": link_url,
        "is_optional": optional and not bound.field.required,
        "is_group": is_group,
        "is_check": is_check,
        "is_switch": getattr(widget, "is_switch", False),
        "is_password": isinstance(widget, forms.PasswordInput),
        "before": getattr(widget, "before", ""),
        "after": getattr(widget, "after", ""),
    }


def _control_attrs(bound: BoundField, *, has_hint: bool, autofocus: bool, placeholder: Any) -> dict[str, Any]:
    """Classes of the control, and what a screen reader reads out with it."""
    widget = bound.field.widget
    attrs: dict[str, Any] = {"class": " ".join(filter(None, (_control_class(widget), widget.attrs.get("class"))))}
    described = [f"{bound.auto_id}_helptext"] * has_hint + [f"{bound.auto_id}_error"] * bool(bound.errors)
    if described and bound.auto_id:
        attrs["aria-describedby"] = " ".join(described)
    if autofocus:
        attrs["autofocus"] = True
    attrs = {name: value for name, value in attrs.items() if value}
    return attrs if placeholder is None else {**attrs, "placeholder": placeholder}


@register.inclusion_tag("records/_form_errors.html")
def form_errors(form: forms.BaseForm) -> dict[str, Any]:
    """The summary above a refused form: what concerns the whole form, then a link to each wrong field."""
    wrong = [form[name] for name in form.errors if name in form.fields]
    return {"whole": form.non_field_errors(), "wrong": wrong, "hidden": [b for b in wrong if b.is_hidden]}


# ── the gate, the shell ──


def _signed_in(context: template.Context) -> bool:
    request = context.get("request")
    return bool(request and getattr(request, "user", None) and request.user.is_authenticated)


LOOKS = {
    "": "btn", "primary": "btn btn-primary", "ghost": "btn btn-ghost", "danger": "btn btn-danger", "menu": "menu-item",
    "menu-danger": "menu-item t-red", "link": "link-btn",
}  # fmt: skip


@register.inclusion_tag("components/_verb.html", takes_context=True)
def verb(
    context: template.Context,
    url: str,
    label: Any,
    icon: str = "",
    right: str = "",
    row: Any = None,
    look: str = "",
    post: bool = False,
    key: str = "",
    css: str = "",
) -> dict[str, Any]:
    """A button of an action, shown only where the gate of its page would let this user in.

    `{% verb url label icon="pencil" right="customers.change_customer" row=customer look="primary" %}`; look is "",
    primary, ghost, danger, link, menu or menu-danger; post=True sends a form instead of following a link;
    key="e" marks what the single key `e` does on this page or row.
    """
    request = context.get("request")
    user = getattr(request, "user", None)
    allowed = bool(url) and _signed_in(context) and (not right or navigation.gate()(user, right, row))
    classes = f"{LOOKS[look]} {css}".strip()
    return {
        "allowed": allowed, "url": url, "label": label, "icon": icon, "classes": classes, "post": post, "key": key,
        "csrf_token": get_token(request) if allowed and post and request else "",
    }  # fmt: skip


@register.simple_tag(takes_context=True)
def csrf_headers(context: template.Context) -> SafeString:
    """`hx-headers` for the body: htmx requests carry the CSRF token, which scripts cannot read from the cookie."""
    request = context.get("request")
    token = get_token(request) if request else ""
    return format_html("hx-headers='{}'", json.dumps({"X-CSRFToken": token}))


@register.simple_tag
def htmx_config() -> SafeString:
    """The meta element that forbids htmx everything the Content Security Policy forbids."""
    return format_html('<meta name="htmx-config" content="{}">', json.dumps(HTMX_CONFIG))


@register.simple_tag(takes_context=True)
def html_attributes(context: template.Context) -> SafeString:
    """lang, theme, density and single keys of the reader, for `<html>`."""
    user = context["request"].user if _signed_in(context) else None
    return format_html(
        'lang="{}" data-theme="{}" data-density="{}" data-keys="{}"{}',
        "zh-CN" if formats.is_chinese() else "en",
        getattr(user, "theme", "auto"),
        getattr(user, "density", "normal"),
        "on" if getattr(user, "has_shortcuts", True) else "off",
        "" if user else mark_safe(" data-visitor"),
    )


@register.inclusion_tag("components/_toast.html", takes_context=True)
def toast(context: template.Context, message: Message) -> dict[str, Any]:
    """One message of the messages framework; extra_tags "undo:/path" gives it an undo button."""
    undo = next((word[5:] for word in (message.extra_tags or "").split() if word.startswith("undo:/")), "")
    request = context.get("request")
    return {
        "text": str(message), "is_error": "error" in message.level_tag, "undo": undo,
        "csrf_token": get_token(request) if request and undo else "",
    }  # fmt: skip
