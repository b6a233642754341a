"""Addresses of products, prices and price lists."""

from django.urls import path

from crm.access.gate import needs
from sales.products import ending_views, import_views, list_views, price_views, views
from sales.products.exports import product_export
from sales.products.lists import ProductListView

urlpatterns = [
    path("products/", needs(views.VIEW)(ProductListView.as_view()), name="product_list"),
    path("products/new/", views.product_add, name="product_add"),
    path("products/export/", product_export, name="product_export"),
    path("products/filter/", views.product_filter, name="product_filter"),
    path("products/import/", import_views.product_import, name="product_import"),
    path("products/import/<slug:token>/", import_views.product_import_check, name="product_import_check"),
    path("products/on-sale/", views.products_on_sale, name="products_on_sale"),
    path("products/off-sale/", views.products_off_sale, name="products_off_sale"),
    path("products/prices/", price_views.price_changes, name="price_changes"),
    path("products/prices/decide/", price_views.price_decide, name="price_decide"),
    path("products/prices/<int:pk>/withdraw/", price_views.price_withdraw, name="price_withdraw"),
    path("products/lists/", list_views.price_list_list, name="price_list_list"),
    path("products/lists/new/", list_views.price_list_add, name="price_list_add"),
    path("products/lists/<int:pk>/", list_views.price_list_detail, name="price_list_detail"),
    path("products/lists/<int:pk>/edit/", list_views.price_list_edit, name="price_list_edit"),
    path("products/lists/<int:pk>/prices/", list_views.price_list_prices, name="price_list_prices"),
    path("products/lists/<int:pk>/end/", ending_views.price_list_end, name="price_list_end"),
    path("products/lists/<int:pk>/end/agree/", ending_views.price_list_end_agree, name="price_list_end_agree"),
    path("products/lists/<int:pk>/end/refuse/", ending_views.price_list_end_refuse, name="price_list_end_refuse"),
    path("products/lists/<int:pk>/end/withdraw/", ending_views.price_list_end_withdraw, name="price_list_end_withdraw"),
    path("products/<int:pk>/", views.product_detail, name="product_detail"),
    path("products/<int:pk>/edit/", views.product_edit, name="product_edit"),
    path("products/<int:pk>/price/", price_views.product_price, name="product_price"),
    path("products/<int:pk>/on-sale/", views.product_on_sale, name="product_on_sale"),
    path("products/<int:pk>/off-sale/", views.product_off_sale, name="product_off_sale"),
    path("products/<int:pk>/archive/", views.product_archive, name="product_archive"),
    path("products/<int:pk>/unarchive/", views.product_unarchive, name="product_unarchive"),
]
