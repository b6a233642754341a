"""Following the tombstones again after a restore: who was erased or withdrew since the backup is so once more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from crm.history.operations import operation
from customers.contacts.models import Contact
from customers.privacy.erasure import anonymise_contacts
from customers.privacy.models import Consent, Tombstone
from customers.privacy.tombstones import logged_tombstones


@dataclass
class Replayed:
    """What a replay did again, and how many lines had nothing to do."""

    erased: int = 0
    withdrawn: int = 0
    unchanged: int = 0


def replay_tombstones(path: Path) -> Replayed:
    """Do again what the log says and the database no longer knows; a second replay changes nothing."""
    outcome = Replayed()
    for line in logged_tombstones(path):
        # a contact added after the restore may have the number of an older one; the moment tells them apart
        contact = Contact.objects.filter(pk=line["contact_id"], created_at=line["made_at"]).first()
        if contact is None:
            outcome.unchanged += 1
        elif line["what"] == Tombstone.What.ERASED:
            is_new = _erase_again(contact, line)
            outcome.erased, outcome.unchanged = outcome.erased + is_new, outcome.unchanged + (not is_new)
        else:
            is_new = _withdraw_again(contact, line)
            outcome.withdrawn, outcome.unchanged = outcome.withdrawn + is_new, outcome.unchanged + (not is_new)
    return outcome


@transaction.atomic
def _erase_again(contact: Contact, line: dict[str, Any]) -> bool:
    _keep(line)
    return anonymise_contacts([contact.pk], "restore") > 0


@transaction.atomic
def _withdraw_again(contact: Contact, line: dict[str, Any]) -> bool:
    """The consent as it stood when the person withdrew, ended at that moment; a later one counts on."""
    Contact.objects.select_for_update(of=("self",), no_key=True).get(pk=contact.pk)
    if not _keep(line) or contact.consents.filter(purpose=line["purpose"], withdrawn_at__gte=line["at"]).exists():
        return False
    with operation(None, "consent_withdrawn", contact, anchor_id=contact.customer_id, via="system", reason="restore"):
        given = contact.consents.valid().filter(purpose=line["purpose"], given_at__lte=line["at"]).first()
        consent = given or Consent(
            contact=contact, purpose=line["purpose"], channel=line["channel"], given_at=line["at"]
        )
        consent.withdrawn_at, consent.withdrawn_through = line["at"], line["channel"]
        consent.save()
    return True


def _keep(line: dict[str, Any]) -> bool:
    """Have the tombstone in the database again; whether it was missing."""
    kept = {name: line[name] for name in ("what", "contact_id", "made_at", "purpose", "channel", "because", "at")}
    return Tombstone.objects.get_or_create(key=line["key"], defaults=kept)[1]
