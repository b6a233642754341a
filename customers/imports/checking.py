"""The dry run: what each row would do, decided for a few thousand rows at a time with a handful of queries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from crm.company.actions import company_setting
from customers.duplicates.checking import REFUSED, alike_names
from customers.imports.cleaning import BY_NAME, EMPTY, Cleaned, Cleaner
from customers.imports.custom import OWN, THEIRS
from customers.imports.matching import (
    CONTACT_ATTRIBUTES,
    CUSTOMER_ATTRIBUTES,
    Found,
    Importer,
    customers_by,
    customers_with_code,
    details_in,
    known_details,
    same_company,
)
from customers.imports.models import ImportRow, ImportSet
from customers.imports.room import OWNERS_LIMIT, Holders, Room, lifts_limits, planned_places

Outcome = ImportRow.Outcome
_EXACT_KEYS = (ImportSet.MatchKey.ID, ImportSet.MatchKey.NUMBER)
_NEVER_CLEARED = ("name", "contact_name")
ALIKE_ROWS_AT_MOST = 1000
_COUNTED = ("created", "changed", "unchanged")
_STAGED = (
    "import_set_id", "row_number", "cells", "fields", "outcome", "errors", "difference", "match_value", "credit_code",
    "is_masked", "customer_id", "is_applied", "undo_note",
)  # fmt: skip


class Checker:
    """Decides rows of one import in their order; `decide` may be called for part after part."""

    def __init__(self, import_set: ImportSet) -> None:
        self.import_set = import_set
        self.cleaner = Cleaner(import_set)
        self.importer = Importer(import_set.requested_by)
        self.holders = Holders(import_set)
        self.lifts_limits = lifts_limits(import_set)
        self.seen_customers: dict[int, int] = {}
        self.refuses_details = company_setting("duplicates.exact") == REFUSED

    def decide(self, rows: Iterable[tuple[int, Sequence[str]]]) -> list[Cleaned]:
        """The rows with their outcomes, not yet staged; refused ones that are staged already may be decided again."""
        cleaned = [self.cleaner.clean(number, cells) for number, cells in rows]
        keys = [row.match_value for row in cleaned]
        codes = [row.credit_code for row in cleaned]
        self.seen_keys = self._earlier("match_value", keys)
        self.seen_codes = self._earlier("credit_code", codes)
        self.matches = customers_by(self.import_set.match_key, keys)
        self.namesakes = customers_by(ImportSet.MatchKey.NAME, self._names_to_look_up(cleaned))
        self.code_holders = customers_with_code(codes)
        self.known_details = known_details([value for row in cleaned for _kind, value in details_in(row.fields)])
        for columns in (self.cleaner.custom, self.cleaner.people):
            columns.look_up(row.fields for row in cleaned)
        self.alike = alike_names(self._new_names(cleaned))
        self.room = self._room(cleaned)
        for row in cleaned:
            self._decide(row)
        return cleaned

    def _names_to_look_up(self, cleaned: list[Cleaned]) -> list[str]:
        if self.import_set.match_key == ImportSet.MatchKey.NAME:
            return []
        return [row.name_value for row in cleaned if row.match_value not in self.matches]

    def _new_names(self, cleaned: list[Cleaned]) -> set[str]:
        """Names no customer has; in long lists the nightly search for duplicates finds what is alike."""
        if self.import_set.total > ALIKE_ROWS_AT_MOST:
            return set()
        known = self.namesakes.keys() | self.matches.keys()
        return {row.name_value for row in cleaned if row.name_value and row.name_value not in known}

    def _earlier(self, column: str, values: list[str]) -> dict[str, int]:
        rows = ImportRow.objects.filter(
            import_set=self.import_set, outcome__in=_COUNTED, **{f"{column}__in": [v for v in set(values) if v]}
        )
        return dict(rows.values_list(column, "row_number"))

    def _room(self, cleaned: list[Cleaned]) -> Room:
        wanted = set() if self.lifts_limits else {self._holder(row) for row in cleaned} - {None}
        planned = planned_places(self.import_set, self.holders) if wanted else None
        return Room(self.holders, wanted, planned)

    def _holder(self, row: Cleaned) -> int | None:
        return self.holders.of(row.fields.get("owner_id"))

    def _decide(self, row: Cleaned) -> None:
        if row.errors:
            row.outcome = Outcome.REFUSED
        elif row.match_value and (first := self.seen_keys.get(row.match_value)):
            self._end(row, Outcome.DUPLICATE, "repeated", row=first)
        elif row.credit_code and (first := self.seen_codes.get(row.credit_code)):
            self._end(row, Outcome.DUPLICATE, "code_repeated", row=first)
        else:
            self._match(row)
        if row.outcome in _COUNTED:
            if row.match_value:
                self.seen_keys[row.match_value] = row.row_number
            if row.credit_code:
                self.seen_codes[row.credit_code] = row.row_number

    def _end(self, row: Cleaned, outcome: Outcome, code: str, /, **values: Any) -> None:
        row.outcome = outcome
        row.errors = {"": [code, values]}

    def _match(self, row: Cleaned) -> None:
        """By the wished field, and where that is empty or unknown by the name."""
        key, mode = self.import_set.match_key, self.import_set.mode
        found = self.matches.get(row.match_value, []) if row.match_value else []
        if not found and key in _EXACT_KEYS and row.match_value and not row.match_value.startswith(BY_NAME):
            self._end(row, Outcome.REFUSED, "not_found")
            return
        is_by_name = key == ImportSet.MatchKey.NAME or not found
        found = found or [one for one in self.namesakes.get(row.name_value, []) if same_company(row.credit_code, one)]
        if len(found) > 1:
            self._end(row, Outcome.DUPLICATE, "several")
        elif found:
            self._meet(row, found[0], is_by_name=is_by_name)
        elif mode == ImportSet.Mode.UPDATE:
            self._end(row, Outcome.REFUSED, "not_found" if row.match_value else "no_key")
        else:
            self._create(row)

    def _create(self, row: Cleaned) -> None:
        custom = self.cleaner.custom.completed(row.fields.get(OWN.name, {}))
        if person := self._person(row.fields):
            row.fields[THEIRS.name] = person
        if not row.fields.get("name"):
            row.outcome, row.errors = Outcome.REFUSED, {"name": ["required", {}]}
        elif row.credit_code in self.code_holders:
            self._end(row, Outcome.REFUSED, "code_taken")
        elif wrong := (
            self._lacking(row.fields, custom)
            or self.cleaner.custom.taken(custom, row.row_number, None)
            or self.cleaner.people.taken(person, row.row_number, None)
        ):
            row.outcome, row.errors = Outcome.REFUSED, wrong
        elif full := self.room.refusal(self._holder(row)):
            # at the column of the owner, so that another one can be chosen right there
            row.outcome, row.errors = Outcome.REFUSED, {"owner" if full[0] == OWNERS_LIMIT else "": list(full)}
        elif (kind := self._known_detail(row)) and self.refuses_details:
            self._end(row, Outcome.REFUSED, f"{kind}_taken")
        else:
            if kind:
                row.errors = {"": [f"{kind}_known", {}]}  # a word of warning; the row goes in all the same
            elif score := self.alike.get(row.name_value):
                row.errors = {"": ["name_alike", {"score": score}]}
            row.outcome = Outcome.CREATED
            row.fields = {**row.fields, "name_key": row.name_value}
            if custom:
                row.fields[OWN.name] = custom
            self.room.take(self._holder(row))

    def _person(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The custom values of the contact a row makes; nothing where it makes none."""
        given = fields.get(THEIRS.name, {})
        return self.cleaner.people.completed(given) if _names_somebody(fields) else given

    def _lacking(self, fields: dict[str, Any], custom: dict[str, Any] | None = None) -> dict[str, Any]:
        """What a new customer lacks (None: it is known), and the new contact of a row: column → refusal."""
        wrong = {} if custom is None else self.cleaner.custom.missing(custom)
        person = self._person(fields)
        return wrong | self.cleaner.people.missing(person) if _names_somebody(fields) else wrong

    def _known_detail(self, row: Cleaned) -> str:
        """Which detail of a new customer another one has already: its phone, its e-mail, or none ("")."""
        return next((kind for kind, value in details_in(row.fields) if value in self.known_details), "")

    def _meet(self, row: Cleaned, customer: Found, *, is_by_name: bool) -> None:
        if self.importer.may_change(customer):
            row.customer_id = customer.pk
        first = self.seen_customers.setdefault(customer.pk, row.row_number)
        if self.import_set.mode == ImportSet.Mode.CREATE:
            self._end(row, Outcome.DUPLICATE, "exists")
        elif not row.customer_id:
            self._end(row, Outcome.REFUSED, "exists_not_yours")
        elif customer.status == "pool":
            self._end(row, Outcome.REFUSED, "in_pool")
        elif first != row.row_number:
            self._end(row, Outcome.DUPLICATE, "repeated", row=first)
        elif self.code_holders.get(row.credit_code, customer.pk) != customer.pk:
            self._end(row, Outcome.REFUSED, "code_taken")
        elif wrong := self._unfit(row, customer):
            row.outcome, row.errors = Outcome.REFUSED, wrong
        else:
            row.difference = self._difference(row.fields, customer, keeps_name=is_by_name)
            row.outcome = Outcome.CHANGED if row.difference else Outcome.UNCHANGED
            row.is_masked = not self.importer.sees_details(customer)

    def _unfit(self, row: Cleaned, customer: Found) -> dict[str, Any]:
        """Which custom values cannot go into a known customer and its main contact, or are missing of a new one."""
        custom, number = self.cleaner.custom, row.row_number
        if customer.contact_id is None and (person := self._person(row.fields)):
            row.fields[THEIRS.name] = person
        lacking = self._lacking(row.fields) if customer.contact_id is None else {}
        return (
            lacking
            or custom.taken(row.fields.get(OWN.name, {}), number, customer.pk)
            or self.cleaner.people.taken(row.fields.get(THEIRS.name, {}), number, customer.contact_id)
        )

    def _difference(self, fields: dict[str, Any], customer: Found, *, keeps_name: bool) -> dict[str, list[Any]]:
        """Attribute → [before, after]. The match by name keeps the name: it found the customer by a looser reading."""
        difference = {}
        for name in (*CUSTOMER_ATTRIBUTES, *CONTACT_ATTRIBUTES):
            if name not in fields or (name == "name" and keeps_name):
                continue
            before, after = customer.values[name], fields[name]
            if after in EMPTY and (not self.import_set.empty_clears or name in _NEVER_CLEARED):
                continue
            if sorted(before) != after if name == "tag_ids" else (before or None) != (after or None):
                difference[name] = [before, after]
        clears = self.import_set.empty_clears
        for columns in (self.cleaner.custom, self.cleaner.people):
            difference |= columns.differences(fields, customer.values, clears=clears)
        return difference


def _names_somebody(fields: dict[str, Any]) -> bool:
    return any(fields.get(name) for name in (*CONTACT_ATTRIBUTES, THEIRS.name))


def stage(import_set: ImportSet, rows: Iterable[Cleaned]) -> None:
    """Write decided rows into staging by COPY."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY customers_importrow ({', '.join(_STAGED)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row((
                import_set.pk, row.row_number, _json(row.cells), _json(row.fields), row.outcome, _json(row.errors),
                _json(row.difference), row.match_value, row.credit_code, row.is_masked, row.customer_id, False, "",
            ))  # fmt: skip


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if value else "[]" if value == [] else "{}"
