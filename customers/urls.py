"""Addresses of the customers app, record by record."""

from customers.activities import urls as activities
from customers.comments import urls as comments
from customers.contacts import urls as contacts
from customers.customers import urls as customers
from customers.duplicates import urls as duplicates
from customers.imports import urls as imports
from customers.leads import urls as leads
from customers.messages import urls as mails
from customers.pool import urls as pool
from customers.privacy import urls as privacy
from customers.quality import urls as quality
from customers.segments import urls as segments
from customers.tasks import urls as tasks
from customers.transfers import urls as transfers

app_name = "customers"
urlpatterns = [
    *imports.urlpatterns,
    *pool.urlpatterns,
    *leads.urlpatterns,
    *tasks.urlpatterns,
    *transfers.urlpatterns,
    *privacy.urlpatterns,
    *mails.urlpatterns,
    *contacts.urlpatterns,
    *activities.urlpatterns,
    *comments.urlpatterns,
    *duplicates.urlpatterns,
    *segments.urlpatterns,
    *quality.urlpatterns,
    *customers.urlpatterns,
]
