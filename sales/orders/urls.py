"""Addresses of orders and deliveries."""

from django.urls import path

from crm.access.gate import needs
from sales.orders import link_views, views
from sales.orders.exports import order_export
from sales.orders.lists import OrderListView

urlpatterns = [
    path("orders/", needs("sales.view_order")(OrderListView.as_view()), name="order_list"),
    path("orders/filter/", views.order_filter, name="order_filter"),
    path("orders/export/", order_export, name="order_export"),
    path("orders/<int:pk>/", views.order_detail, name="order_detail"),
    path("orders/<int:pk>/edit/", views.order_edit, name="order_edit"),
    path("orders/<int:pk>/deliver/", views.delivery_add, name="delivery_add"),
    path("deliveries/<int:pk>/", views.delivery_detail, name="delivery_detail"),
    path("deliveries/<int:pk>/edit/", views.delivery_edit, name="delivery_edit"),
    path("deliveries/<int:pk>/delivered/", views.delivery_delivered, name="delivery_delivered"),
    path("deliveries/<int:pk>/accept/", views.delivery_accept, name="delivery_accept"),
    path("deliveries/<int:pk>/refuse/", views.delivery_refuse, name="delivery_refuse"),
    path("deliveries/<int:pk>/cancel/", views.delivery_cancel, name="delivery_cancel"),
    path("deliveries/<int:pk>/link/", link_views.delivery_link, name="delivery_link"),
    path("deliveries/<int:pk>/revoke-link/", link_views.delivery_revoke_link, name="delivery_revoke_link"),
]
