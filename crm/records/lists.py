"""The list page of every record: filters, chips, saved views, columns, keyset pages, bulk verbs.

One address answers with the whole page or, for htmx, with the list alone. What the address says and makes no sense is
answered in words with status 400 (422 for htmx, which swaps it in); nothing is ignored silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from crm.access.gate import SignedInRequest
from crm.records.custom import PREFIX
from crm.records.filters import Names, RecordFilterSet
from crm.records.keyset import COUNT_CAP, Order, Page, capped_count, keyset_page, read_cursor
from crm.records.saved_views import SHARE_RIGHT, Tab, saved_tabs
from crm.records.tables import Column, Table, Viewer, body
from crm.ui.formats import n0
from crm.ui.marks import icon
from crm.ui.navigation import address as page_address

SIZES = (50, 100)
# parts of the address that are not filters
PLACE, LOOK = ("cursor",), ("sort", "columns", "size", "view", "cursor")
HEAD_CSS = frozenset({"pin", "pin-2", "c-num", "c-hide"})
DENSITIES = [("compact", "rows-4", gettext_lazy("Compact")), ("normal", "rows-3", gettext_lazy("Normal"))]
Words = str | Promise


@dataclass(frozen=True)
class BulkVerb:
    """Something done with the chosen rows; the page `url` names takes `ids`, or `all` and `query`, by POST."""

    label: Words
    icon: str
    url: str
    right: str


@dataclass(frozen=True)
class BuiltInView:
    """A view every person finds; `right` hides it from those for whom it is always empty."""

    key: str
    name: Words
    query: str
    right: str = ""


@dataclass
class Asked:
    """What an address asks for, once it made sense."""

    filters: RecordFilterSet
    rows: QuerySet[Any]
    order: Order
    columns: list[Column]
    size: int
    page: Page = field(default_factory=lambda: Page([], None, None))
    total: int = 0


class RecordListView(View):
    """Declare a list with at most six attributes; what is special to a record overrides a method."""

    model: ClassVar[type[Model]]
    filterset: ClassVar[type[RecordFilterSet]]
    table: ClassVar[Table]
    template: ClassVar[str]
    page: ClassVar[str]
    verbs: ClassVar[Sequence[BulkVerb]] = ()
    request: SignedInRequest

    # ── what a record may say itself ──

    def scoped(self, user: Any) -> QuerySet[Any]:
        """The rows the person may see at all."""
        rows: QuerySet[Any] = self.model._default_manager.visible_to(user)  # type: ignore[attr-defined]
        return rows

    def built_in_views(self) -> Sequence[BuiltInView]:
        """Views offered to everybody, the first being the plain list."""
        return [BuiltInView("", _("All"), "")]

    def names(self, columns: Sequence[Column], rows: Sequence[Any], wanted: dict[str, set[int]]) -> Names:
        """Names the cells and chips need, in as few queries as possible."""
        return {}

    def columns_for(self, user: Any) -> Sequence[Column]:
        """The columns this person may choose from."""
        return self.table.columns

    def more(self, request: SignedInRequest) -> dict[str, Any]:
        """What else the template of the record needs."""
        return {}

    # ── the page ──

    def get(self, request: SignedInRequest) -> HttpResponse:
        """The list, or in words what is wrong with the address."""
        try:
            asked = self._read(request)
            context = self._shown(request, asked)
            status = 200
        except ValidationError as refusal:
            context = self._refused(request, refusal)
            status = 422 if _is_fragment(request) else 400
        context["list_template"] = self.template
        template = self.template if _is_fragment(request) else "records/list.html"
        answer = render(request, template, context, status=status)
        patch_vary_headers(answer, ["HX-Request"])
        return answer

    def _read(self, request: SignedInRequest) -> Asked:
        params = request.GET
        filters = self.filterset(params, self.scoped(request.user), request.user)
        order = self.table.order(params.get("sort", ""))
        if order is None:
            raise ValidationError(_("This list cannot be sorted by “%(value)s”.") % {"value": params["sort"][:40]})
        offered = self.columns_for(request.user)
        columns = _chosen_columns(params, offered)
        size = params.get("size") or str(SIZES[0])
        if size not in map(str, SIZES):
            raise ValidationError(_("A page has %(sizes)s rows.") % {"sizes": " / ".join(map(str, SIZES))})
        asked = Asked(filters, filters.rows(), order, columns, int(size))
        asked.total = capped_count(asked.rows)
        asked.page = self._page(asked, params.get("cursor", ""))
        return asked

    def _page(self, asked: Asked, cursor_text: str) -> Page:
        cursor = read_cursor(cursor_text, asked.rows, asked.order)
        fields = {*self.table.fields(asked.columns), asked.order.field}
        return keyset_page(asked.rows.only(*fields), asked.order, cursor, asked.size)

    def _shown(self, request: SignedInRequest, asked: Asked) -> dict[str, Any]:
        names = self.names(asked.columns, asked.page.rows, asked.filters.wanted_names())
        chosen = asked.filters.chosen(names)
        viewer = Viewer(request.user, names=names)
        return {
            **self._frame(request, asked.filters.set_values()),
            "body": body(asked.columns, asked.page.rows, viewer, _check, _row_end),
            "heads": [_head(request.GET, column, asked.order, self.table.orders) for column in asked.columns],
            "chips": [(chip, address(request.GET, drop=(chip.name, *PLACE))) for chip in chosen],
            "columns": _column_choices(self.columns_for(request.user), asked.columns),
            "column_count": len(asked.columns),
            "kept_for_columns": _fields_of(request.GET, {"columns", "cursor"}),
            "total": asked.total,
            "total_text": total_text(asked.total),
            "range_text": _range_text(asked, request.GET.get("cursor", "")),
            "order_text": asked.order.label,
            "previous_url": _cursor_address(request.GET, asked.page.previous),
            "next_url": _cursor_address(request.GET, asked.page.next),
            "is_empty": not asked.page.rows,
            "verbs": self._verbs(request.user),
            "sizes": [(size, address(request.GET, drop=PLACE, size=str(size)), size == asked.size) for size in SIZES],
        }

    def _verbs(self, user: Any) -> list[tuple[BulkVerb, str]]:
        """The verbs this person holds and this installation has, with their addresses."""
        held = [(verb, page_address(verb.url)) for verb in self.verbs if user.reach.has(verb.right)]
        return [(verb, url) for verb, url in held if url]

    def _refused(self, request: SignedInRequest, refusal: ValidationError) -> dict[str, Any]:
        return {**self._frame(request, {}), "refusals": refusal.messages, "is_empty": True, "heads": [], "total": None}

    def _frame(self, request: SignedInRequest, values: dict[str, Any]) -> dict[str, Any]:
        """What is shown whether or not the address made sense."""
        tabs, is_changed = self._tabs(request)
        return {
            **self.more(request),
            "tabs": tabs,
            "is_changed": is_changed,
            "page_key": self.page,
            "search_text": request.GET.get("q", "")[:100],
            "kept_for_search": _fields_of(request.GET, {"q", "cursor"}),
            "list_url": request.path,
            "filter_query": address(request.GET, drop=LOOK).removeprefix("?"),
            "view_query": address(request.GET, drop=("view", "cursor")).removeprefix("?"),
            "clear_url": address(request.GET, drop=[name for name in request.GET if name not in LOOK[:3]]),
            "default_columns_url": address(request.GET, drop=("columns", *PLACE)),
            "densities": DENSITIES,
            "may_share": request.user.reach.has(SHARE_RIGHT),
            "has_filters": bool(values) or bool(request.GET.get("q")),
        }

    def _tabs(self, request: SignedInRequest) -> tuple[list[Tab], bool]:
        offered = [view for view in self.built_in_views() if not view.right or request.user.reach.has(view.right)]
        tabs = [Tab(view.key, str(view.name), view.query) for view in offered]
        tabs += saved_tabs(request.user, self.page)
        current = request.GET.get("view", "")
        state = _state(request.GET)
        for tab in tabs:
            tab.is_current = tab.key == current
        active = next((tab for tab in tabs if tab.is_current), tabs[0])
        return tabs, state != _state(QueryDict(active.query))


def address(params: QueryDict, *, drop: Iterable[str] = (), **changes: str) -> str:
    """The same list with some parts of the address dropped or changed."""
    copy = params.copy()
    for name in drop:
        copy.pop(name, None)
    for name, value in changes.items():
        copy[name] = value
    return f"?{copy.urlencode()}"


def total_text(total: int) -> str:
    """How many rows there are, "10,000+" where counting stopped."""
    return f"{n0(COUNT_CAP)}+" if total > COUNT_CAP else n0(total)


def _is_fragment(request: SignedInRequest) -> bool:
    return bool(getattr(request, "htmx", False)) and not request.htmx.history_restore_request  # type: ignore[attr-defined]


def _chosen_columns(params: QueryDict, offered: Sequence[Column]) -> list[Column]:
    names = [name for value in params.getlist("columns") for name in value.split(",") if name]
    known = {column.name for column in offered}
    # a custom field that was switched off leaves saved views as they are
    names = [name for name in names if name in known or not name.startswith(PREFIX)]
    if unknown := [name for name in names if name not in known]:
        raise ValidationError(_("This list has no column “%(value)s”.") % {"value": unknown[0][:40]})
    return Table(offered, ()).chosen(dict.fromkeys(names))


def _state(params: QueryDict) -> dict[str, list[str]]:
    """What makes a view differ from another: everything but its name and the place in the list."""
    state = {}
    for name, values in params.lists():
        if name not in ("view", "cursor", "size") and (words := sorted(w for v in values for w in v.split(",") if w)):
            state[name] = words
    return state


def _fields_of(params: QueryDict, without: set[str]) -> list[tuple[str, str]]:
    return [(name, value) for name, values in params.lists() if name not in without for value in values if value]


def _column_choices(offered: Sequence[Column], shown: Sequence[Column]) -> list[tuple[Column, bool]]:
    visible = {column.name for column in shown}
    return [(column, True) for column in shown] + [(column, False) for column in offered if column.name not in visible]


def _head(params: QueryDict, column: Column, order: Order, orders: Sequence[Order]) -> dict[str, Any]:
    css = " ".join(word for word in column.css.split() if word in HEAD_CSS)
    head: dict[str, Any] = {"label": column.label, "css": css, "url": "", "sort": ""}
    if column.order:
        names = [one.name for one in orders if one.name.lstrip("-") == column.order]
        is_current = order.name in names
        target = names[(names.index(order.name) + 1) % len(names)] if is_current else names[0]
        head["sort"] = ("descending" if order.is_descending else "ascending") if is_current else ""
        head["url"] = address(params, drop=PLACE, sort=target)
    return head


def _cursor_address(params: QueryDict, cursor: Any) -> str:
    return address(params, cursor=str(cursor)) if cursor else ""


def _range_text(asked: Asked, cursor: str) -> str:
    words = {"shown": n0(len(asked.page.rows)), "total": total_text(asked.total)}
    if not asked.page.rows:
        return _("No rows")
    if not cursor:
        return _("1–%(shown)s of %(total)s") % words
    return _("%(shown)s on this page, %(total)s in all") % words


def _check(row: Any) -> str:
    return format_html(
        '<td class="pin c-check" role="cell"><input class="cb" type="checkbox" name="ids" value="{}" form="bulk"'
        ' aria-label="{}"></td>',
        row.pk,
        _("Select %(name)s") % {"name": row},
    )


def _row_end(row: Any) -> str:
    return format_html(
        '<td class="c-hide pin-r" role="cell"><a class="btn btn-ghost btn-sm btn-icon row-more" href="{}"'
        ' data-row-menu aria-label="{}">{}</a></td>',
        row.get_absolute_url(),
        _("Actions for %(name)s") % {"name": row},
        icon("ellipsis"),
    )
