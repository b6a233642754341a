"""Addresses of the sales app, record by record."""

from typing import Any

app_name = "sales"
urlpatterns: list[Any] = []
