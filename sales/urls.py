"""Addresses of the sales app, record by record."""

from typing import Any

from sales.requirements.urls import urlpatterns as requirements

app_name = "sales"
urlpatterns: list[Any] = [*requirements]
