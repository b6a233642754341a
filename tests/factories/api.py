"""A client of the API that speaks as one person, the fixture that makes it, and how its answers are read."""

import json

import pytest
from django.core.cache import cache
from django.test import Client

from crm.api.tokens import issue_token
from tests.contract.fingerprints import fingerprint


class ApiClient:
    """Requests with the token of a person; answers carry `.body`."""

    def __init__(self, user=None, scopes=(), token=""):
        self.client = Client(raise_request_exception=False)
        self.token = token or (issue_token(user, actor=None, name="test", scopes=scopes)[1] if user else "")

    def send(self, method, path, body=None, **headers):
        extra = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        content = {} if body is None else {"data": body if isinstance(body, str | bytes) else json.dumps(body)}
        address = path if path.startswith("/") else f"/api/v1/{path}"
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.client.generic(
            method, address, content_type="application/json", headers={**extra, **names}, **content
        )
        answer.body = json.loads(answer.content) if answer.content else None
        return answer

    def get(self, path, **headers):
        return self.send("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self.send("POST", path, {} if body is None else body, **headers)

    def patch(self, path, body, **headers):
        return self.send("PATCH", path, body, **headers)


@pytest.fixture
def api():
    """`api(person, scopes=[…])` makes a client; `api()` one without a token."""
    cache.clear()
    return ApiClient


def error(answer):
    return answer.status_code, answer.body["error"]["code"]


def wrong(answer):
    return answer.status_code, sorted(answer.body["error"]["fields"])


def unchanged(client):
    client.get("jobs/")  # notes the use of the token
    return fingerprint()
