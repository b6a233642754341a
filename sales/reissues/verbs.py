"""How the history words what was done with reissues."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "reissue_asked": (_("prepared a reissue"), "repeat-2", "green"),
    "reissue_changed": (_("changed the reissue %(name)s"), "repeat-2", ""),
    "reissue_submitted": (_("asked for the reissue %(name)s"), "send", ""),
    "reissue_withdrawn": (_("withdrew the reissue %(name)s"), "undo-2", ""),
    "reissue_voided": (_("gave up the reissue %(name)s"), "file-x", "red"),
    "confirmation_begun": (_("began the confirmation form of %(name)s"), "file-check", ""),
    "confirmation_moved": (_("recorded what became of the confirmation form of %(name)s"), "file-check", ""),
    "confirmations_expired": (_("let confirmation forms lapse after 72 hours"), "timer-off", "amber"),
    "red_letter_issued": (_("issued the red letter of %(name)s"), "receipt-text", "red"),
    "reissue_applied_again": (_("prepared another new invoice of %(name)s"), "receipt-text", ""),
    "reissue_settled": (_("closed %(name)s without a new invoice"), "circle-check", "amber"),
    "reissue_closed": (_("closed the reissue %(name)s"), "circle-check", "green"),
    "reissues_told": (_("reminded finance of open reissues"), "bell", ""),
}
