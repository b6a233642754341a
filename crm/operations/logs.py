"""Logs as JSON lines: one record, one line, no bodies, no query strings, no secrets of addresses."""

import json
import logging
import re
from datetime import UTC, datetime
from functools import cache

from django.conf import settings

from crm.operations.requests import current_request

_STANDARD = set(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime", "request", "status_code"}


class JsonFormatter(logging.Formatter):
    """Time, level, logger, message, request id and what the caller added; control characters are escaped by JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_secrets(record.getMessage().split("?", 1)[0]),
        }
        if request_id := current_request().id:
            line["request_id"] = request_id
        line.update({key: value for key, value in vars(record).items() if key not in _STANDARD})
        if "path" in line:
            line["path"] = without_secrets(str(line["path"]))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def without_secrets(text: str) -> str:
    """A text whose addresses that open something by themselves (settings.HARBOUR_SECRET_ADDRESSES) lose their key."""
    return _secret_part().sub(r"\1…", text)


@cache
def _secret_part() -> re.Pattern[str]:
    return re.compile(f'({"|".join(map(re.escape, settings.HARBOUR_SECRET_ADDRESSES))})[^\\s/"]+')
