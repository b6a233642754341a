"""How the history words what was done with quotes."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "quote_added": (_("wrote a quote"), "file-text", "green"),
    "quote_changed": (_("changed the quote %(name)s"), "file-pen-line", ""),
    "quote_submitted": (_("put the quote %(name)s up for approval"), "send", ""),
    "quote_withdrawn": (_("withdrew the quote %(name)s"), "undo-2", ""),
    "quote_version_made": (_("began a new version of the quote %(name)s"), "rotate-ccw", ""),
    "quote_voided": (_("declared the quote %(name)s void"), "file-x", "red"),
    "quote_sent": (_("made the quote %(name)s ready for the customer"), "mail", ""),
    "quote_link_revoked": (_("took back the customer's link to the quote %(name)s"), "ban", "amber"),
    "quote_accepted": (_("accepted the quote %(name)s (the customer)"), "circle-check", "green"),
    "quote_declined": (_("wishes changes of the quote %(name)s (the customer)"), "message-square-text", "amber"),
    "quotes_exported": (_("exported quotes"), "file-down", ""),
}
