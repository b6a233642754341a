"""Addresses of the settings pages, of all apps."""

from django.urls import path

from customers.pool import settings_views as pools

app_name = "settings"
urlpatterns = [
    path("pools/", pools.pool_list, name="pool_list"),
    path("pools/new/", pools.pool_add, name="pool_add"),
    path("pools/<int:pk>/", pools.pool_edit, name="pool_edit"),
    path("pools/<int:pk>/delete/", pools.pool_delete, name="pool_delete"),
]
