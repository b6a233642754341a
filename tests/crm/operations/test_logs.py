"""What logs hold: nothing that opens a door."""

import json
import logging
from datetime import timedelta

import pytest
from gunicorn.config import Config
from gunicorn.http.message import Request

from crm.operations.logs import JsonFormatter
from crm.operations.web import AccessLogger

KEY = "s3cr3t-K1.abc_DEF"
ADDRESSES = [f"/c/{KEY}/", f"/calendar/feed/{KEY}.ics", f"/accounts/password/reset/key/{KEY}/"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_log_line_tells_the_address_without_its_key(address):
    record = logging.LogRecord("django.request", 30, "", 0, "Gone: %s", (address,), None)
    record.path = address

    line = json.loads(JsonFormatter().format(record))

    assert KEY not in json.dumps(line)
    assert line["message"].startswith(f"Gone: {address.split(KEY)[0]}…")


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_list_of_requests_tells_it_without_its_key(address):
    class Answer:
        status, sent, headers = "200 OK", 10, ()

    environ = {"REQUEST_METHOD": "GET", "RAW_URI": address, "PATH_INFO": address, "SERVER_PROTOCOL": "HTTP/1.1"}
    request = Request.__new__(Request)
    request.headers = []
    parts = AccessLogger(Config()).atoms(Answer, request, environ, timedelta(seconds=1))

    assert parts["U"].startswith(f"{address.split(KEY)[0]}…")


def test_an_ordinary_address_is_told_whole():
    record = logging.LogRecord("django.request", 30, "", 0, "Not Found: %s", ("/customers/12/",), None)
    assert json.loads(JsonFormatter().format(record))["message"] == "Not Found: /customers/12/"
