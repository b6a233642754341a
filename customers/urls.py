"""Addresses of the customers app, record by record."""

from customers.activities import urls as activities
from customers.contacts import urls as contacts
from customers.customers import urls as customers
from customers.imports import urls as imports
from customers.pool import urls as pool
from customers.transfers import urls as transfers

app_name = "customers"
urlpatterns = [
    *imports.urlpatterns,
    *pool.urlpatterns,
    *transfers.urlpatterns,
    *contacts.urlpatterns,
    *activities.urlpatterns,
    *customers.urlpatterns,
]
