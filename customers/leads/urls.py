"""Addresses of leads."""

from django.urls import path

from crm.access.gate import needs
from customers.leads import views
from customers.leads.keeping import ASSIGN_RIGHT
from customers.leads.lists import LeadListView

urlpatterns = [
    path("customers/leads/", needs(ASSIGN_RIGHT)(LeadListView.as_view()), name="lead_list"),
    path("customers/leads/filter/", views.lead_filter, name="lead_filter"),
    path("customers/leads/hand-out/", views.leads_hand_out, name="leads_hand_out"),
    path("customers/discard/", views.customers_discard, name="customers_discard"),
    path("customers/<int:pk>/discard/", views.customer_discard, name="customer_discard"),
]
