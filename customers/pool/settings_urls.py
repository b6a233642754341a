"""Addresses of the pool settings, mounted below settings/."""

from django.urls import path

from customers.pool import settings_views as pools

urlpatterns = [
    path("pools/", pools.pool_list, name="pool_list"),
    path("pools/new/", pools.pool_add, name="pool_add"),
    path("pools/<int:pk>/", pools.pool_edit, name="pool_edit"),
    path("pools/<int:pk>/try/", pools.pool_try, name="pool_try"),
    path("pools/<int:pk>/members/", pools.pool_members, name="pool_members"),
    path("pools/<int:pk>/members/<int:member>/remove/", pools.pool_member_remove, name="pool_member_remove"),
    path("pools/<int:pk>/delete/", pools.pool_delete, name="pool_delete"),
]
