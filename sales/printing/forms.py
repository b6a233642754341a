"""Input about the letterhead and print templates; what is wrong beyond shape is said by the actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.records.row_editor import RowEditor
from sales.printing.blocks import KINDS, KINDS_OF, LONGEST_TEXT, LONGEST_TITLE, MOST_BLOCKS, Block
from sales.printing.letterhead import EDITABLE
from sales.printing.models import Letterhead, PrintTemplate


class LetterheadForm(forms.ModelForm):
    """What stands at the head and foot of documents."""

    class Meta:
        model = Letterhead
        fields = EDITABLE
        help_texts = {"footer": _("Empty: address, phone, e-mail and website.")}

    def _post_clean(self) -> None:
        # the action checks the record; assigning to the instance here would change what the page shows
        return None


class PictureForm(forms.Form):
    """A logo or seal."""

    picture = forms.FileField(
        label=_("Picture"), help_text=_("PNG or JPEG, at most 2 MB. A seal looks best as a PNG with a clear ground."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
    )  # fmt: skip


class KindForm(forms.Form):
    """Which kind of document a new template is for."""

    kind = forms.ChoiceField(label=_("Document"), choices=PrintTemplate.Kind.choices, widget=forms.RadioSelect)


class TemplateForm(forms.ModelForm):
    """A template, besides its blocks."""

    class Meta:
        model = PrintTemplate
        fields = ("name", "language", "is_default", "is_active")

    def _post_clean(self) -> None:
        # the action checks the record; assigning to the instance here would change what the page shows
        return None


@dataclass
class BlockRow:
    """One block as it is shown: what was typed and what is wrong with it."""

    kind: str
    title: str = ""
    text: str = ""
    errors: dict[str, list[str]] = field(default_factory=dict)

    @property
    def name(self) -> Any:
        """What this kind of block is called."""
        return KINDS.get(self.kind, self.kind)


class BlockEditor(RowEditor):
    """The blocks of a template that is written: read from a request, or from the kept ones."""

    prefix, most = "blocks", MOST_BLOCKS

    def __init__(self, data: Mapping[str, Any] | None, kind: str, blocks: list[Block]) -> None:
        self.kind = kind
        self.asked = str(data.get("block", "")) if data is not None else ""
        self.added = str(data.get("added", "")) if data is not None else ""
        self.errors: list[str] = []
        self.rows = [BlockRow(one["kind"], one["title"], one["text"]) for one in blocks]
        if data is not None:
            self.rows = self._typed(data)

    @property
    def offered(self) -> list[tuple[str, Any]]:
        """The kinds of blocks that may be added."""
        return [(one, KINDS[one]) for one in KINDS_OF[self.kind]]

    def change_rows(self) -> None:
        """Do what a button asks: add, remove or move a block."""
        self.move_rows()
        if self.asked == "add" and len(self.rows) < MOST_BLOCKS and self.added in KINDS_OF[self.kind]:
            self.rows.append(BlockRow(self.added))

    def blocks(self) -> list[Block]:
        """What the actions take."""
        return [{"kind": row.kind, "title": row.title, "text": row.text} for row in self.rows]

    def _typed(self, data: Mapping[str, Any]) -> list[BlockRow]:
        return [
            BlockRow(
                str(data.get(f"blocks-{place}-kind", ""))[:20],
                str(data.get(f"blocks-{place}-title", ""))[: LONGEST_TITLE + 1],
                str(data.get(f"blocks-{place}-text", "")).replace("\r\n", "\n")[: LONGEST_TEXT + 1],
            )
            for place in range(self.typed_count(data))
        ]
