"""The page for a fault of ours; it trusts nothing that may have been the cause."""

from django.http import HttpRequest, HttpResponseServerError
from django.template.loader import get_template


def server_error(request: HttpRequest) -> HttpResponseServerError:
    """A calm page with the number of the request, made without context processors, user or database."""
    page = get_template("500.html").render({"request_id": getattr(request, "request_id", "")})
    return HttpResponseServerError(page)
