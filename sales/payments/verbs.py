"""How the history words what was done with payments, bank lines and closed periods."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "payment_claimed": (_("noted a payment"), "banknote", "green"),
    "payment_changed": (_("changed the payment %(name)s"), "banknote", ""),
    "payment_submitted": (_("claimed the payment %(name)s"), "send", ""),
    "payment_withdrawn": (_("took the claim of the payment %(name)s back"), "undo-2", ""),
    "payment_confirmed": (_("confirmed the payment %(name)s"), "circle-check", "green"),
    "payment_voided": (_("made the payment %(name)s void"), "circle-x", "red"),
    "payment_allocated": (_("allocated the payment %(name)s"), "split", ""),
    "payment_released": (_("took back an allocation of the payment %(name)s"), "undo-2", "amber"),
    "payment_reversal_asked": (_("reversed the payment %(name)s"), "rotate-ccw", "red"),
    "payment_reversal_confirmed": (_("confirmed the reversal %(name)s"), "rotate-ccw", "red"),
    "payment_reversal_refused": (_("refused the reversal %(name)s"), "circle-x", ""),
    "payment_reminded": (_("reminded of overdue instalments"), "bell", "amber"),
    "bank_lines_imported": (_("imported the bank statement %(name)s"), "file-up", ""),
    "bank_line_matched": (_("matched the bank line %(name)s with a payment"), "link", "green"),
    "bank_line_released": (_("took the bank line %(name)s from its payment"), "unlink", "amber"),
    "bank_line_ignored": (_("noted that the bank line %(name)s is no payment of a customer"), "circle-x", ""),
    "bank_line_reopened": (_("opened the bank line %(name)s again"), "undo-2", ""),
    "period_closed": (_("closed the books until %(name)s"), "lock", ""),
    "period_reopened": (_("opened the books until %(name)s again"), "lock-open", "amber"),
}
