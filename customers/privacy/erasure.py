"""Erasing people: contacts become nameless, what was known of them goes everywhere, a tombstone stays.

Free text that colleagues wrote (follow-ups, comments, tasks) is not changed by a program: `erasure_plan` lists it for
the person who carries the erasure out. Documents keep what the law wants kept, as the holds of the customer say.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import F, Model, TextField, Value
from django.db.models.functions import Coalesce, Concat, Now
from django.utils import translation
from django.utils.translation import gettext as _

from crm.access.masks import masked
from crm.attachments.actions import erase_attachments
from crm.attachments.models import Attachment
from crm.attachments.querysets import AttachmentQuerySet
from crm.customfields.models import CustomUnique
from crm.history.operations import operation
from crm.history.redacting import note_redaction
from crm.jobs.actions import put_in_outbox, remove_files
from crm.jobs.models import Job
from customers.activities.models import Activity
from customers.contacts.models import Contact
from customers.customers.models import Customer
from customers.messages.models import ContactMail
from customers.privacy.copies import empty_company_details, take_out, take_out_of_texts
from customers.privacy.datamap import empty_values
from customers.privacy.known import known_of, only_theirs
from customers.privacy.models import Consent, PersonRequest, Tombstone
from customers.privacy.tombstones import LOG_TOPIC

if TYPE_CHECKING:
    from crm.people.models import User

VERB = "contacts_erased"
TOGETHER = 200
CUT = "***"


def anonymise_contacts(
    ids: Iterable[int],
    because: str,
    request: PersonRequest | None = None,
    *,
    actor: User | None = None,
    with_texts: bool = False,
) -> int:
    """Make contacts nameless for good, with everything known of them; how many. Those erased before are left alone.

    `because` is "request" (with an approved request for deletion), "retention" or "restore". `with_texts` takes name,
    phone and e-mail out of follow-ups, comments and tasks of the companies as well, at somebody's express wish.
    """
    given = set(ids)
    wanted = sorted(given - set(erased_among(given)))
    parts = [wanted[at : at + TOGETHER] for at in range(0, len(wanted), TOGETHER)]
    return sum(_erase(part, because, request, actor, with_texts) for part in parts)


def erased_among(ids: Iterable[int]) -> list[int]:
    """Which of these contacts are nameless already."""
    gone = Tombstone.objects.filter(what=Tombstone.What.ERASED, contact_id__in=list(ids)).values("contact_id")
    number = Concat(Value(" "), F("pk"), output_field=TextField())
    rows = Contact.objects.filter(pk__in=gone, phone="", email="", wechat="", name__endswith=number)
    return list(rows.values_list("pk", flat=True))


def nameless() -> Concat:
    """The name of an erased contact as an expression: its number is all that is left."""
    with translation.override(settings.LANGUAGE_CODE):
        words = _("Deleted contact")
    return Concat(Value(f"{words} "), F("pk"), output_field=Contact._meta.get_field("name"))


@transaction.atomic
def _erase(ids: list[int], because: str, request: PersonRequest | None, actor: User | None, with_texts: bool) -> int:
    known = known_of(ids)
    _locked(Customer, known.companies)
    held = _locked(Contact, ids)
    if not held:
        return 0
    anchor = known.companies[0] if len(known.companies) == 1 else None
    facts = {"contacts": held, "because": because}
    with operation(actor, VERB, request, anchor_id=anchor, row_count=len(held), facts=facts):
        _empty_contacts(held, actor)
        _empty_what_hangs_on(held, actor)
        empty_company_details(known)
        own = only_theirs(known)
        take_out(own)
        if with_texts:
            take_out_of_texts(own)
        changed = _redacted(held, because, request, with_texts)
        note_redaction(changed, actor=actor)
    put_in_outbox(LOG_TOPIC, f"tombstones:{Tombstone.objects.latest('pk').pk}", {})
    return len(held)


def _locked(model: type[Model], ids: list[int]) -> list[int]:
    rows = model._default_manager.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def _empty_contacts(ids: list[int], actor: User | None) -> None:
    stamp: dict[str, Any] = {"changed_at": Now(), "changed_by": actor}
    empty = {**empty_values("customers.Contact"), "name": nameless(), "is_primary": False, "reports_to": None}
    Contact.objects.filter(reports_to__in=ids).exclude(pk__in=ids).update(reports_to=None, **stamp)
    Contact.objects.filter(pk__in=ids).update(archived_at=Coalesce("archived_at", Now()), **empty, **stamp)
    CustomUnique.objects.filter(field__model="customers.Contact", object_id__in=ids).delete()


def _empty_what_hangs_on(ids: list[int], actor: User | None) -> None:
    """Proofs of consents, mails with the follow-ups they became, files."""
    Consent.objects.filter(contact__in=ids).update(**empty_values("customers.Consent"))
    mails = ContactMail.objects.filter(contact__in=ids)
    Activity.objects.filter(message_id__in=mails.values("message_id")).update(content=CUT)
    mails.filter(state=ContactMail.State.PLANNED).update(state=ContactMail.State.STOPPED)
    mails.update(**{**empty_values("customers.ContactMail"), "subject": CUT})
    files = files_of(ids)
    if files.exists():
        erase_attachments(files, actor=actor, reason=VERB)
    requests = PersonRequest.objects.filter(contact_ids__overlap=ids)
    remove_files(Job.objects.filter(pk__in=requests.values("job")))
    for asked in requests.filter(state__in=PersonRequest.ENDED):
        mask_request(asked)
        asked.save()


def mask_request(asked: PersonRequest) -> None:
    """Leave of the person only what shows that they asked; the caller saves it."""
    asked.person_name, asked.phone = masked_name(asked.person_name), masked("phone", asked.phone)
    asked.email = asked.wish = ""
    asked.identity_proof = CUT if asked.identity_proof else ""


def masked_name(name: str) -> str:
    """The first character of a name and stars."""
    return f"{name[:1]}**" if name else ""


def files_of(ids: Iterable[int]) -> AttachmentQuerySet:
    """The files kept with contacts themselves."""
    kind = ContentType.objects.get_for_model(Contact)
    return Attachment.objects.filter(content_type=kind, object_id__in=list(ids))


def _redacted(ids: list[int], because: str, request: PersonRequest | None, with_texts: bool) -> list[int]:
    """The operations whose words the database took the persons out of, with all their events."""
    given = [ids, because, request.pk if request else None, with_texts]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM privacy_redact_history(%s::bigint[], %s, %s, %s)", given)
        return [pk for (pk,) in cursor.fetchall()]
