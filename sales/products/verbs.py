"""How the history words what was done with products, prices and the settings of sales."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "product_created": (_("added the product %(name)s"), "package", "green"),
    "product_changed": (_("changed the product %(name)s"), "package", ""),
    "product_put_on_sale": (_("put %(name)s on sale"), "package-check", "green"),
    "product_taken_off_sale": (_("took %(name)s off sale"), "package", "amber"),
    "products_put_on_sale": (_("put products on sale"), "package-check", "green"),
    "products_taken_off_sale": (_("took products off sale"), "package", "amber"),
    "product_archived": (_("archived the product %(name)s"), "archive", "red"),
    "product_unarchived": (_("put the product %(name)s back"), "archive-restore", ""),
    "products_imported": (_("imported products"), "file-up", ""),
    "price_asked": (_("asked for new prices of %(name)s"), "coins", "amber"),
    "price_agreed": (_("agreed to new prices of %(name)s"), "badge-check", "green"),
    "price_refused": (_("refused new prices of %(name)s"), "circle-x", "red"),
    "price_withdrawn": (_("withdrew the wish for a new price of %(name)s"), "undo-2", ""),
    "price_in_force": (_("new prices of %(name)s are in force"), "badge-check", ""),
    "price_list_added": (_("added the price list %(name)s"), "list-plus", "green"),
    "price_list_changed": (_("changed the price list %(name)s"), "list", ""),
    "price_list_end_asked": (_("asked that the price list %(name)s ends"), "list-x", "amber"),
    "price_list_end_agreed": (_("agreed that the price list %(name)s ends"), "list-x", "amber"),
    "price_list_end_refused": (_("refused to end the price list %(name)s"), "list", ""),
    "price_list_end_withdrawn": (_("no longer asks that the price list %(name)s ends"), "undo-2", ""),
    "category_added": (_("added the category %(name)s"), "folder", "green"),
    "category_changed": (_("changed the category %(name)s"), "folder", ""),
    "category_moved": (_("moved the category %(name)s"), "folder", ""),
    "tax_rate_added": (_("added the tax rate %(name)s"), "percent", "green"),
    "tax_rate_changed": (_("changed the tax rate %(name)s"), "percent", ""),
}
