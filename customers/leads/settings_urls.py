"""Addresses of the rules that hand out customers, mounted below settings/."""

from django.urls import path

from customers.leads import settings_views as rules

urlpatterns = [
    path("allotments/", rules.allotment_list, name="allotment_list"),
    path("allotments/new/", rules.allotment_add, name="allotment_add"),
    path("allotments/<int:pk>/", rules.allotment_edit, name="allotment_edit"),
    path("allotments/<int:pk>/delete/", rules.allotment_delete, name="allotment_delete"),
    path("allotments/<int:pk>/try/", rules.allotment_try, name="allotment_try"),
    path("allotments/<int:pk>/history/", rules.allotment_history, name="allotment_history"),
]
