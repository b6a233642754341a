"""Addresses of the settings of products, mounted among the settings."""

from django.urls import path

from sales.products import settings_views as views

urlpatterns = [
    path("product-categories/", views.category_list, name="product_categories"),
    path("product-categories/new/", views.category_add, name="product_category_add"),
    path("product-categories/<int:pk>/edit/", views.category_edit, name="product_category_edit"),
    path("product-categories/<int:pk>/move/", views.category_move, name="product_category_move"),
    path("tax-rates/", views.tax_rate_list, name="tax_rates"),
    path("tax-rates/new/", views.tax_rate_add, name="tax_rate_add"),
    path("tax-rates/<int:pk>/end/", views.tax_rate_end, name="tax_rate_end"),
    path("tax-rates/<int:pk>/propose/", views.tax_rate_propose, name="tax_rate_propose"),
]
