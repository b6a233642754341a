"""Planning and sending mails to people at customers.

Promise: planned once, handed over to the mail server at most once. A crash between hand-over and bookkeeping leaves
`unknown`, which is shown and never sent again by itself. Whether the person's data may serve the purpose is asked when
planning and again at the last moment, with the contact locked, so a withdrawal in between stops the mail.
"""

from __future__ import annotations

import smtplib
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.history.operations import operation
from crm.jobs.actions import put_in_outbox
from crm.notifications.actions import notify
from crm.people.models import User
from customers.activities.actions import log_activity
from customers.activities.models import Activity
from customers.contacts.models import Contact
from customers.customers.actions import clean_text, hold_customer
from customers.customers.identity import clean_line
from customers.customers.models import Customer
from customers.messages.models import ContactMail
from customers.privacy.consents import may_process

TOPIC = "customers.send_contact_mail"
RIGHT = "customers.add_activity"
CERTAIN_AFTER = timedelta(minutes=5)
AHEAD_AT_MOST = timedelta(days=90)


def plan_mail(
    contact: Contact,
    *,
    actor: User,
    subject: str,
    body: str,
    purpose: str,
    send_at: datetime | None = None,
) -> ContactMail:
    """Plan one mail; ValidationError where there is no address, no mail server, or the purpose is not allowed."""
    now = timezone.now()
    mail = ContactMail(
        contact=contact, purpose=purpose, subject=clean_line(subject), body=clean_text(body), planned_by=actor,
        send_at=send_at or now, message_id=f"<{uuid.uuid4()}@{_domain()}>",
    )  # fmt: skip
    mail.clean_fields(exclude=["contact", "planned_by", "sent_at"])
    if not now - timedelta(minutes=5) <= mail.send_at <= now + AHEAD_AT_MOST:
        raise ValidationError({"send_at": _("Between now and 90 days from now.")})
    if settings.EMAIL_BACKEND.endswith("dummy.EmailBackend"):
        raise ValidationError(_("No outgoing mail server is set up (HARBOUR_SMTP_HOST)."), code="no_server")
    if not contact.email:
        raise ValidationError(_("%(name)s has no e-mail address.") % {"name": contact}, code="no_address")
    if contact.pk not in may_process([contact.pk], purpose):
        raise ValidationError({"purpose": _("%(name)s has not agreed to this, or has withdrawn.") % {"name": contact}})
    with operation(actor, "contact_mail_planned", contact, anchor_id=contact.customer_id):
        hold_customer(contact.customer)
        mail.save()
        put_in_outbox(TOPIC, f"contact-mail:{mail.pk}", {"mail_id": mail.pk}, queue="critical", at=mail.send_at)
    return mail


def stop_mail(mail: ContactMail, *, actor: User) -> None:
    """Take a planned mail back before it goes."""
    with operation(actor, "contact_mail_stopped", mail.contact, anchor_id=mail.contact.customer_id):
        locked = ContactMail.objects.select_for_update(no_key=True).get(pk=mail.pk)
        if locked.state != ContactMail.State.PLANNED:
            raise ValidationError(
                _("This mail is no longer waiting: %(state)s.") % {"state": locked.get_state_display()}
            )
        _end(locked, ContactMail.State.STOPPED, _("stopped by %(name)s") % {"name": actor})


def send_mail(mail_id: int) -> None:
    """Send a planned mail, once; what no longer may be sent is stopped with its reason."""
    mail = _take(mail_id)
    if mail is None:
        return
    contact, sender = mail.contact, mail.planned_by
    message = EmailMessage(
        mail.subject, mail.body, settings.DEFAULT_FROM_EMAIL, [contact.email],
        headers={"Message-ID": mail.message_id}, reply_to=[sender.email] if sender.email else None,
    )  # fmt: skip
    try:
        message.send(fail_silently=False)
    except smtplib.SMTPServerDisconnected as fault:
        _note(mail, ContactMail.State.UNKNOWN, _told(fault))
    except (smtplib.SMTPException, OSError) as fault:
        _note(mail, ContactMail.State.FAILED, _told(fault))
    else:
        _note(mail, ContactMail.State.SENT, "")


def settle_uncertain() -> int:
    """Mails whose sender died while handing over: nobody knows, so they are said to be unknown; how many."""
    stuck = ContactMail.objects.filter(state=ContactMail.State.SENDING, send_at__lt=timezone.now() - CERTAIN_AFTER)
    count = 0
    for mail in stuck.select_related("contact", "planned_by").order_by("pk")[:200]:
        _note(mail, ContactMail.State.UNKNOWN, "")
        count += 1
    return count


def _take(mail_id: int) -> ContactMail | None:
    """Mark a mail as being sent, or stop it; committed before the mail server hears of it."""
    with transaction.atomic():
        mail = (
            ContactMail.objects.select_for_update(of=("self",), no_key=True)
            .select_related("planned_by")
            .get(pk=mail_id)
        )
        if mail.state != ContactMail.State.PLANNED:
            return None
        # the lock a withdrawal takes as well: it either stops this mail or comes after it
        contact = (
            Contact.objects.select_for_update(of=("self",), no_key=True)
            .select_related("customer")
            .get(pk=mail.contact_id)
        )
        mail.contact = contact
        with override(mail.planned_by.language):
            if why := _why_not(mail):
                _end(mail, ContactMail.State.STOPPED, why)
                _tell(mail)
                return None
        mail.state, mail.send_at = ContactMail.State.SENDING, timezone.now()
        mail.save(update_fields=["state", "send_at"])
        return mail


def _why_not(mail: ContactMail) -> str:
    contact, sender = mail.contact, mail.planned_by
    if contact.pk not in may_process([contact.pk], mail.purpose):
        return _("%(name)s has not agreed to this, or has withdrawn.") % {"name": contact}
    if not contact.email:
        return _("%(name)s has no e-mail address.") % {"name": contact}
    customer = contact.customer
    is_away = customer.archived_at is not None or customer.status == Customer.Status.POOL
    if is_away or not Contact.objects.within(sender, RIGHT).filter(pk=contact.pk).exists():
        return _("%(name)s may no longer write to this customer.") % {"name": sender}
    return ""


def _note(mail: ContactMail, state: str, why: str) -> None:
    with override(mail.planned_by.language), transaction.atomic():
        locked = ContactMail.objects.select_for_update(of=("self",), no_key=True).get(pk=mail.pk)
        if locked.state != ContactMail.State.SENDING:
            return
        _end(locked, state, why)
        if state == ContactMail.State.SENT:
            log_activity(
                mail.contact.customer, actor=mail.planned_by, kind=Activity.Kind.EMAIL, contact=mail.contact,
                content=f"{mail.subject}\n\n{mail.body}"[:5000], message_id=mail.message_id,
            )  # fmt: skip
        else:
            _tell(locked)


def _end(mail: ContactMail, state: str, why: str) -> None:
    mail.state, mail.why = state, why[:200]
    mail.sent_at = timezone.now() if state == ContactMail.State.SENT else None
    mail.save(update_fields=["state", "why", "sent_at"])


def _tell(mail: ContactMail) -> None:
    words = {"subject": mail.subject, "state": mail.get_state_display(), "why": mail.why}
    text = _("Mail “%(subject)s”: %(state)s. %(why)s") % words
    key = f"contact-mail:{mail.pk}:{mail.state}"
    url = mail.contact.get_absolute_url()
    notify(mail.planned_by, "contact_mail", text, about=mail.contact, url=url, dedupe_key=key)


def _told(fault: Exception) -> str:
    """A fault of the mail server by its kind and code: its words repeat the address, which is masked here."""
    codes = [fault.smtp_code] if isinstance(fault, smtplib.SMTPResponseException) else []
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _words in fault.recipients.values()]
    return " ".join([type(fault).__name__, *map(str, codes)])


def _domain() -> str:
    return settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"
