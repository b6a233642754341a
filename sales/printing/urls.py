"""Addresses of printed documents."""

from django.urls import path

from sales.printing import views

urlpatterns = [
    path("quotes/<int:pk>/pdf/", views.quote_pdf, name="quote_pdf"),
    path("contracts/<int:pk>/pdf/", views.contract_pdf, name="contract_pdf"),
    path("deliveries/<int:pk>/pdf/", views.delivery_pdf, name="delivery_pdf"),
    path("statements/<int:pk>/", views.statement_pdf, name="statement_pdf"),
]
