"""Settings of the company about sales."""

from django.utils.translation import gettext_lazy as _

from crm.company.declared import Setting

_MONEY = _("Payments and invoices")

SETTINGS = [
    Setting(
        "payments.second_reverser_from",
        _MONEY,
        _("Amount from which two people reverse a payment"),
        50_000,
        _("In the currency of the payment; 0 = always two."),
        0,
        1_000_000_000,
    ),
]
