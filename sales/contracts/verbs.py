"""How the history words what was done with contracts."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "contract_made": (_("drew up a contract"), "file-pen-line", "green"),
    "contract_supplement_made": (_("drew up a supplement to a contract"), "file-plus", "green"),
    "contract_changed": (_("changed the contract %(name)s"), "file-pen-line", ""),
    "contract_planned": (_("changed the instalments of %(name)s"), "calendar-days", ""),
    "contract_submitted": (_("put the contract %(name)s up for approval"), "send", ""),
    "contract_withdrawn": (_("withdrew the contract %(name)s"), "undo-2", ""),
    "contract_revised": (_("opened the contract %(name)s for a new version"), "rotate-ccw", "amber"),
    "contract_voided": (_("gave up the contract %(name)s"), "file-x", "red"),
    "contract_signed": (_("recorded that the contract %(name)s is signed"), "signature", "green"),
    "contract_suspended": (_("suspended the contract %(name)s"), "circle-pause", "amber"),
    "contract_resumed": (_("resumed the contract %(name)s"), "circle-play", ""),
    "contract_terminated": (_("terminated the contract %(name)s"), "circle-x", "red"),
    "contract_closed": (_("put the contract %(name)s aside as fulfilled"), "circle-check", "green"),
    "contracts_end_told": (_("told people that contracts end soon"), "bell", ""),
    "quote_closed": (_("closed the quote %(name)s"), "file-x", ""),
}
