"""Addresses of contacts."""

from django.urls import path

from crm.access.gate import needs
from customers.contacts import views
from customers.contacts.exports import contact_export
from customers.contacts.lists import ContactListView

urlpatterns = [
    path("contacts/", needs("customers.view_contact")(ContactListView.as_view()), name="contact_list"),
    path("contacts/export/", contact_export, name="contact_export"),
    path("contacts/filter/", views.contact_filter, name="contact_filter"),
    path("contacts/<int:pk>/edit/", views.contact_edit, name="contact_edit"),
    path("contacts/<int:pk>/primary/", views.contact_primary, name="contact_primary"),
    path("contacts/<int:pk>/archive/", views.contact_archive, name="contact_archive"),
    path("contacts/<int:pk>/reveal/", views.contact_reveal, name="contact_reveal"),
    path("customers/<int:pk>/people/", views.contact_map, name="contact_map"),
    path("customers/<int:pk>/contacts/hints/", views.contact_hints, name="contact_hints"),
    path("customers/<int:pk>/contacts/new/", views.contact_add, name="contact_add"),
]
