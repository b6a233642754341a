"""Whether a person's data may serve a purpose: consents given, proved and withdrawn (PIPL Art. 13–15)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from customers.contacts.models import Contact
from customers.customers.identity import clean_line
from customers.privacy.models import Consent, Purpose
from customers.privacy.tombstones import note_withdrawal

RECORD_RIGHT, VIEW_RIGHT = "customers.record_consent", "customers.view_consent"
# what needs a lawful basis on record beforehand; everything else only stops where the person objects
ASKED_FIRST = frozenset({Purpose.MAILING, Purpose.CALLS, Purpose.SHARING, Purpose.ABROAD})


def may_process(contact_ids: Iterable[int], purpose: str) -> set[int]:
    """The contacts among these whose data may serve the purpose now; asked when planning and again when sending."""
    ids = set(contact_ids)
    live = set(Contact.objects.live().filter(pk__in=ids).values_list("pk", flat=True))
    given: dict[int, datetime] = {}
    withdrawn: dict[int, datetime] = {}
    kept = Consent.objects.filter(contact_id__in=ids, purpose=purpose)
    for contact_id, given_at, withdrawn_at in kept.values_list("contact_id", "given_at", "withdrawn_at"):
        if withdrawn_at is None:
            given[contact_id] = given_at
        else:
            withdrawn[contact_id] = max(withdrawn_at, withdrawn.get(contact_id, withdrawn_at))
    # two records of one person that were joined may bring an older consent and a newer withdrawal: the latter counts
    valid = {pk for pk, moment in given.items() if pk not in withdrawn or withdrawn[pk] <= moment}
    return live & valid if purpose in ASKED_FIRST else live - (withdrawn.keys() - valid)


def record_consent(
    contact: Contact,
    *,
    actor: User,
    purpose: str,
    basis: str,
    channel: str,
    given_at: datetime | None = None,
    text_version: str = "",
    evidence: str = "",
) -> Consent:
    """Keep on which basis a person's data serves a purpose; one valid entry for each purpose."""
    now = timezone.now()
    consent = Consent(
        contact=contact, purpose=purpose, basis=basis, channel=channel, given_at=given_at or now,
        text_version=clean_line(text_version), evidence=clean_line(evidence), recorded_by=actor,
    )  # fmt: skip
    consent.clean_fields(exclude=["contact", "recorded_by", "withdrawal_recorded_by"])
    _refuse_moment(consent.given_at, now, "given_at")
    if basis == Consent.Basis.CONSENT and not (consent.evidence or consent.text_version):
        raise ValidationError({"evidence": _("Say how the consent can be proved: the wording, a file, a recording.")})
    with operation(actor, "consent_recorded", contact, anchor_id=contact.customer_id):
        Contact.objects.select_for_update(of=("self",), no_key=True).get(pk=contact.pk)
        if Consent.objects.valid().filter(contact=contact, purpose=purpose).exists():
            raise ValidationError(
                {"purpose": _("There is a valid entry for this purpose. Withdraw it before recording another.")}
            )
        latest = Consent.objects.filter(contact=contact, purpose=purpose).aggregate(at=Max("withdrawn_at"))["at"]
        if latest and consent.given_at < latest:
            raise ValidationError({"given_at": _("The person withdrew later than this; only a newer consent counts.")})
        consent.save()
    return consent


def withdraw_consent(contact: Contact, *, actor: User | None, purpose: str, channel: str) -> Consent:
    """Stop the processing for a purpose from this moment on, whether or not a consent was on record."""
    if purpose not in Purpose.values or channel not in Consent.Channel.values:
        raise ValidationError(_("Choose the purpose and how the person told us."))
    with operation(actor, "consent_withdrawn", contact, anchor_id=contact.customer_id):
        Contact.objects.select_for_update(of=("self",), no_key=True).get(pk=contact.pk)
        now = timezone.now()  # after the lock: a mail that is being handed over counts as earlier
        consent = Consent.objects.valid().filter(contact=contact, purpose=purpose).first()
        if consent is None:
            if contact.pk not in may_process([contact.pk], purpose):
                raise ValidationError(
                    _("There is nothing to withdraw: this purpose is stopped already."), code="stopped"
                )
            consent = Consent(
                contact=contact, purpose=purpose, basis=Consent.Basis.CONSENT, channel=channel, given_at=now,
                recorded_by=actor,
            )  # fmt: skip
        consent.withdrawn_at, consent.withdrawn_through, consent.withdrawal_recorded_by = now, channel, actor
        consent.save()
        note_withdrawal(contact, purpose, channel)
    return consent


def _refuse_moment(moment: datetime, now: datetime, field: str) -> None:
    if moment > now + timedelta(minutes=5):
        raise ValidationError({field: _("This is in the future.")})
