"""The address of customers' links, short because people type it."""

from django.urls import path

from sales.links.views import customer_link, customer_link_pdf

app_name = "links"
urlpatterns = [
    path("<str:token>/", customer_link, name="customer_link"),
    path("<str:token>/pdf/", customer_link_pdf, name="customer_link_pdf"),
]
