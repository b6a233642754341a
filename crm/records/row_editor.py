"""Rows of a form that are typed, added, moved and removed with or without a script."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import ValidationError

_ON_A_ROW = re.compile(r"(remove|up|down)-(\d{1,3})")


class RowEditor:
    """What such editors share: fields are called `<prefix>-<place>-<name>`, their number `<prefix>-count`.

    Each of `rows` has `errors`: field → texts; `errors` of the editor concern the rows as a whole. `asked` is what the
    button that was pressed asks for, empty where the form itself is to be kept.
    """

    prefix: ClassVar[str]
    most: ClassVar[int]

    rows: list[Any]
    errors: list[str]
    asked: str

    def numbered_rows(self) -> list[tuple[int, Any]]:
        """The rows with their places."""
        return list(enumerate(self.rows))

    def move_rows(self) -> None:
        """Remove or move the row a button names; any other wish changes nothing."""
        found = _ON_A_ROW.fullmatch(self.asked)
        if found is None or int(found[2]) >= len(self.rows):
            return
        what, place = found[1], int(found[2])
        row = self.rows.pop(place)
        if what != "remove":
            self.rows.insert(max(place - 1, 0) if what == "up" else place + 1, row)

    def take_refusal(self, refusal: ValidationError) -> ValidationError | None:
        """Put what an action refused of `<prefix>.<place>.<field>` at its row; the rest is given back."""
        if not hasattr(refusal, "error_dict"):
            return refusal
        rest: dict[str, Any] = {}
        for name, errors in refusal.error_dict.items():
            head, _dot, tail = name.partition(".")
            place, _dot, column = tail.partition(".")
            texts = [text for error in errors for text in error.messages]
            if head != self.prefix:
                rest[name] = errors
            elif place.isdecimal() and int(place) < len(self.rows):
                self.rows[int(place)].errors.setdefault(column, []).extend(texts)
            else:
                self.errors += texts
        return ValidationError(rest) if rest else None

    def typed_count(self, data: Mapping[str, Any]) -> int:
        """How many rows were sent; one above the most at most, so that too many are noticed."""
        count = str(data.get(f"{self.prefix}-count", ""))
        return min(int(count) if count.isascii() and count.isdecimal() and len(count) < 5 else 0, self.most + 1)
