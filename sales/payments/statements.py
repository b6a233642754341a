"""Taking in statements of the bank: credits become bank lines, each once, whoever uploads them how often."""

from __future__ import annotations

import hashlib
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from crm.records.dates import parse_day
from crm.records.sheets import clean_text, header_key
from crm.records.spreadsheets import check_upload, guess_header_row, read_spreadsheet, stream_rows
from sales.documents.holding import next_id
from sales.documents.models import CURRENCIES
from sales.money import LARGEST, cents
from sales.payments.models import BankImport, BankLine

# headers banks use, most telling first
COLUMNS = {
    "day": "交易日期|记账日期|入账日期|交易时间|记账时间|日期|booked on|date|transaction date|value date",
    "credit": "贷方发生额|贷方金额|收入金额|转入金额|收方金额|贷方|收入|存入|credit|credit amount",
    "debit": "借方发生额|借方金额|支出金额|转出金额|付方金额|借方|支出|支取|debit|debit amount",
    "amount": "交易金额|发生额|金额|amount",
    "direction": "借贷标志|借贷方向|收支方向|借贷|收支类型|收付标志|direction|dr cr",
    "payer_name": "对方户名|对方名称|对方单位名称|对方账户名称|付款人名称|付款方名称|付款人户名|付款方|对方单位|payer|"
    "payer name",
    "payer_account": "对方账号|对方账户|对方卡号|付款人账号|付款方账号|payer account|account of the payer",
    "reference": "交易流水号|流水号|核心流水号|业务流水号|业务参考号|凭证号|交易参考号|bank reference|reference",
    "memo": "摘要|交易摘要|用途|附言|交易附言|备注|purpose|memo|remark",
    "currency": "币种|交易币种|货币|currency",
}  # fmt: skip
_CREDITS = {"贷", "贷方", "c", "cr", "credit", "收", "收入", "转入", "来账", "入账", "+"}
_DEBITS = {"借", "借方", "d", "dr", "debit", "支", "付", "支出", "转出", "往账", "-"}
_CURRENCIES = {
    "人民币": "CNY", "rmb": "CNY", "人民币元": "CNY", "01": "CNY", "美元": "USD", "欧元": "EUR", "港币": "HKD",
    "港元": "HKD", "日元": "JPY", **{code.lower(): code for code, _label in CURRENCIES},
}  # fmt: skip
_TOTALS = re.compile(r"^(合计|小计|总计|本页|期初|期末|total)")
_NO_NUMBER = re.compile(r"[\s,¥￥$元]|CNY|RMB", re.IGNORECASE)
LINES_AT_MOST, REFUSED_KEPT = 20_000, 200
LIMITS = {"payer_name": 120, "payer_account": 60, "reference": 80, "memo": 300}


@dataclass
class Found:
    """What a statement holds: credits in order, and rows that could not be read, as (row, why)."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    debit_count: int = 0


def import_statement(upload: UploadedFile[Any], *, actor: User, account: str = "") -> BankImport:
    """Take in the credits of an uploaded statement; lines known before are counted, rows that make no sense listed.

    ValidationError where the file cannot be read or has no column of days or amounts.
    """
    check_upload(upload.name or "", upload.size or 0)
    found = read_statement(upload)
    if not found.lines and not found.refused:
        raise ValidationError(_("The statement holds no credit."), code="empty")
    return take_in(found, actor=actor, file_name=Path(upload.name or "").name, account=account)


def take_in(found: Found, *, actor: User, file_name: str, account: str = "") -> BankImport:
    """Keep what a statement holds."""
    statement = BankImport(
        pk=next_id(BankImport), file_name=clean_text(file_name)[-200:], account=clean_text(account)[:60],
        imported_by=actor, refused=[list(row) for row in found.refused[:REFUSED_KEPT]],
    )  # fmt: skip
    with operation(actor, "bank_lines_imported", statement, row_count=len(found.lines)):
        statement.save(force_insert=True)
        _keep(statement, found.lines)
    return statement


def record_line(*, actor: User, values: Mapping[str, Any]) -> tuple[BankLine, bool]:
    """Note one credit another system tells of, and whether it is new; ValidationError by field."""
    line = _checked_line(values)
    statement = BankImport(pk=next_id(BankImport), file_name="API", imported_by=actor)
    known = BankLine.objects.filter(fingerprint=_fingerprint(line, 1)).first()
    if known is not None:
        return known, False
    with operation(actor, "bank_lines_imported", statement):
        statement.save(force_insert=True)
        _keep(statement, [line])
    return BankLine.objects.get(fingerprint=_fingerprint(line, 1)), bool(statement.line_count)


def read_statement(upload: UploadedFile[Any]) -> Found:
    """The credits of an uploaded file; it is read by a child process with limits."""
    with tempfile.TemporaryDirectory(prefix="statement-") as folder:
        path = Path(folder, "upload" + Path(upload.name or "").suffix.lower())
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
        rows_path = Path(folder, "rows")
        reading = read_spreadsheet(path, rows_path)
        known = {header_key(word) for words in COLUMNS.values() for word in words.split("|")}
        header_row = guess_header_row(reading.head, known)
        places = _places(next((cells for number, cells in reading.head if number == header_row), []))
        if "day" not in places or not ({"credit", "amount"} & places.keys()):
            raise ValidationError(
                _("No column of days and of amounts was found. Name them Date and Credit."),
                code="no_columns",
            )
        rows = ((number, cells) for number, cells in stream_rows(rows_path) if number > header_row)
        return _read_rows(rows, places)


def _places(headers: Sequence[str]) -> dict[str, list[int]]:
    """Which columns mean what; only the purpose may stand in several."""
    keys = [header_key(head) for head in headers]
    places: dict[str, list[int]] = {}
    for name, words in COLUMNS.items():
        wanted = [header_key(word) for word in words.split("|")]
        found = [keys.index(word) for word in dict.fromkeys(wanted) if word in keys]
        if found:
            places[name] = found if name == "memo" else found[:1]
    return places


def _read_rows(rows: Iterator[tuple[int, list[str]]], places: Mapping[str, list[int]]) -> Found:
    found = Found()
    for number, cells in rows:
        row = {name: _text(cells, at) for name, at in places.items()}
        if _TOTALS.match(next((cell.strip().lower() for cell in cells if cell.strip()), "")):
            continue
        try:
            amount = _credit(row)
            if amount is None:
                found.debit_count += 1
                continue
            found.lines.append(_checked_line({**row, "booked_on": _day(row["day"]), "amount": amount}))
        except ValidationError as refusal:
            found.refused.append((number, " ".join(refusal.messages)))
        if len(found.lines) > LINES_AT_MOST:
            raise ValidationError(
                _("The statement has more than %(count)s lines. Split it.") % {"count": LINES_AT_MOST}, code="too_many"
            )
    return found


def _text(cells: Sequence[str], at: Sequence[int]) -> str:
    return " ".join(dict.fromkeys(text for place in at if place < len(cells) and (text := clean_text(cells[place]))))


def _day(text: str) -> date:
    day = parse_day(text) or parse_day(text[:10]) or parse_day(text[:8])
    if day is None:
        raise ValidationError(_("“%(value)s” is no date we can read; write 2026-03-18") % {"value": text[:40]})
    return day


def _credit(row: Mapping[str, str]) -> Decimal | None:
    """What came in, None for a row about money that went out."""
    if row.get("credit") or row.get("debit"):
        came = _number(row.get("credit", ""))
        return came if came and came > 0 else None
    amount = _number(row.get("amount", ""))
    if amount is None:
        raise ValidationError(_("The amount is missing."))
    direction = unicodedata.normalize("NFKC", row.get("direction", "")).strip().lower()
    if direction in _DEBITS or amount <= 0:
        return None
    if direction and direction not in _CREDITS:
        raise ValidationError(_("“%(value)s” says neither in nor out.") % {"value": direction[:20]})
    return amount


def _number(text: str) -> Decimal | None:
    plain = _NO_NUMBER.sub("", unicodedata.normalize("NFKC", text))
    if plain in ("", "-", "--"):
        return None
    try:
        number = Decimal(plain)
    except InvalidOperation:
        raise ValidationError(_("“%(value)s” is no amount.") % {"value": text[:40]}) from None
    if not number.is_finite():
        raise ValidationError(_("“%(value)s” is no amount.") % {"value": text[:40]})
    return number


def _checked_line(values: Mapping[str, Any]) -> dict[str, Any]:
    day, amount = values["booked_on"], values["amount"]
    if not amount.is_finite() or not 0 < amount <= LARGEST or amount != cents(amount):
        raise ValidationError({"amount": _("Write an amount above nothing, to the cent.")})
    if day > timezone.localdate() + timedelta(days=1):
        raise ValidationError({"booked_on": _("This day is still to come.")})
    word = unicodedata.normalize("NFKC", str(values.get("currency") or "CNY")).strip().lower()
    if word not in _CURRENCIES:
        raise ValidationError({"currency": _("“%(value)s” is not in our list") % {"value": word[:20]}})
    texts = {name: clean_text(str(values.get(name) or ""))[:limit] for name, limit in LIMITS.items()}
    return {"booked_on": day, "amount": cents(amount), "currency": _CURRENCIES[word], **texts}


def _keep(statement: BankImport, lines: Sequence[Mapping[str, Any]]) -> None:
    """Write the lines nobody took in before; how many there are of each kind."""
    alike: Counter[str] = Counter()
    rows = []
    for line in lines:
        alike[plain := _fingerprint(line, 1)] += 1
        # with a number of the bank the same line again is the same line; without one it may well be a second credit
        turn = 1 if line["reference"] else alike[plain]
        rows.append(BankLine(source=statement, fingerprint=_fingerprint(line, turn), **line))
    BankLine.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    statement.line_count = BankLine.objects.filter(source=statement).count()
    statement.known_count = len(rows) - statement.line_count
    statement.save(update_fields=["line_count", "known_count"])


def _fingerprint(line: Mapping[str, Any], turn: int) -> str:
    names: tuple[str, ...] = ("booked_on", "amount", "currency", "payer_account", "reference")
    names += () if line["reference"] else ("payer_name", "memo")
    words = [*(str(line[name]) for name in names), str(turn)]
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()
