"""Every report there is, by its address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise
from django.utils.translation import gettext_lazy as _

from crm.people.models import User
from reports.figures.documents import Document
from reports.figures.new_business import new_business
from reports.forms import NewBusinessForm


@dataclass(frozen=True)
class Report:
    """One report: the form reads the parameters, `build` answers the document for a person and `form.wish()`."""

    slug: str
    title: str | _StrPromise
    summary: str | _StrPromise
    icon: str
    form: type[NewBusinessForm]
    build: Callable[[User, Any], Document]


REPORTS = {
    report.slug: report
    for report in [
        Report(
            "new-business",
            _("New business"),
            _("How many customers came in, from where, to whom, and what became of them."),
            "user-plus",
            NewBusinessForm,
            new_business,
        ),
    ]
}
