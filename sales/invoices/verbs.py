"""How the history words what was done with billing data and invoices."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "billing_added": (_("added the billing data %(name)s"), "landmark", "green"),
    "billing_changed": (_("changed the billing data %(name)s"), "landmark", ""),
    "billing_archived": (_("archived the billing data %(name)s"), "archive", "red"),
    "invoice_applied": (_("prepared an application for an invoice"), "receipt-text", "green"),
    "invoice_changed": (_("changed the application %(name)s for an invoice"), "receipt-text", ""),
    "invoice_submitted": (_("applied for the invoice %(name)s"), "send", ""),
    "invoice_withdrawn": (_("withdrew the application %(name)s for an invoice"), "undo-2", ""),
    "invoice_voided": (_("gave up the application %(name)s for an invoice"), "file-x", "red"),
    "invoice_held": (_("put the invoice %(name)s aside until there is quota"), "hourglass", "amber"),
    "invoice_released": (_("let the invoice %(name)s be issued: there is quota again"), "circle-play", ""),
    "invoice_ordered": (_("ordered the invoice %(name)s from the provider"), "send", ""),
    "invoice_order_refused": (_("took back the order of %(name)s: the provider refused it"), "circle-x", "red"),
    "invoice_issued": (_("issued the invoice %(name)s"), "receipt-text", "green"),
    "invoice_sent": (_("sent the invoice %(name)s to the customer"), "mail", ""),
    "invoice_quota_set": (_("set the invoice quota of %(name)s"), "gauge", "amber"),
}
