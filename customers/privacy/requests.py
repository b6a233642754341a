"""What people ask about their data, from the opening to the answer; three people of ours share the work.

Whoever opens a request checks the identity; security approves it and says which contacts the person is; an
administrator who did not approve it carries it out. Each step happens once, under the lock of the request.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.company.actions import company_setting
from crm.history.operations import operation
from crm.jobs.actions import start_job
from crm.jobs.models import Job
from crm.notifications.actions import notify
from crm.people.models import User
from crm.records.numbering import next_numbers
from customers.base_data.working_days import working_calendar
from customers.customers.actions import clean_text
from customers.customers.identity import clean_line, clean_phone
from customers.privacy.erasure import erased_among, mask_request
from customers.privacy.matching import find_matches, is_sure
from customers.privacy.models import PersonRequest

VIEW, OPEN = "customers.view_person_request", "customers.open_person_request"
APPROVE, EXECUTE = "customers.approve_person_request", "customers.execute_person_request"
PACKAGE, ERASURE = "person-package", "person-erasure"
NUMBER_KIND = "person_request"
OLDEST = timedelta(days=365)
CARRIED_OUT = gettext_lazy("The request %(number)s is carried out.")
Kind, State = PersonRequest.Kind, PersonRequest.State
_NOT_TYPED = ["matched_ids", "contact_ids", "opened_by", "checked_by", "approved_by", "closed_by", "closed_at", "job"]
BY_JOB = {Kind.ACCESS: PACKAGE, Kind.COPY: PACKAGE, Kind.DELETE: ERASURE}


def open_request(
    *,
    actor: User,
    kind: str,
    person_name: str,
    phone: str = "",
    email: str = "",
    wish: str = "",
    received_on: date | None = None,
) -> PersonRequest:
    """Take a wish in; whom it fits is noted and not shown. Security and the opener hear of it."""
    received_on = received_on or timezone.localdate()
    asked = PersonRequest(
        kind=kind, person_name=clean_line(person_name), wish=clean_text(wish), received_on=received_on,
        opened_by=actor, phone=clean_phone(phone, is_strict=True), email=clean_line(email).lower(),
    )  # fmt: skip
    _refuse_unusable(asked)
    with transaction.atomic():
        asked.number = next_numbers(NUMBER_KIND)[0]
        asked.due_on = working_calendar().after(received_on, company_setting("privacy.request_days"))
        found = find_matches(asked.person_name, asked.phone, asked.email)
        asked.matched_ids = [contact.pk for contact in found]
        asked.contact_ids = [contact.pk for contact in found if is_sure(contact, asked.phone, asked.email)]
        asked.clean_fields(exclude=_NOT_TYPED)
        with operation(actor, "person_request_opened", asked):
            asked.save(force_insert=True)
    return asked


def check_identity(asked: PersonRequest, *, actor: User, proof: str) -> PersonRequest:
    """Keep how we know that the person is who they say; the opener or an administrator does it."""
    proof = clean_line(proof)
    if asked.opened_by_id != actor.pk and not actor.reach.has(EXECUTE):
        raise PermissionDenied(_("Whoever opened the request checks the identity."))
    if not proof:
        raise ValidationError({"proof": _("Say how the identity was checked.")})
    with _step(asked, actor, "person_request_checked", State.NEW) as locked:
        locked.state, locked.identity_proof, locked.checked_by = State.CHECKED, proof[:200], actor
    _tell(locked, APPROVE, "person_request_checked", gettext_lazy("The request %(number)s waits for your approval."))
    return locked


def approve_request(asked: PersonRequest, *, actor: User, contact_ids: list[int]) -> PersonRequest:
    """Agree that it is carried out for these contacts; neither the opener nor whoever checked the identity."""
    _refuse_without(actor, APPROVE)
    if actor.pk in (asked.opened_by_id, asked.checked_by_id):
        raise PermissionDenied(_("Nobody approves what they opened or checked."))
    with _step(asked, actor, "person_request_approved", State.CHECKED) as locked:
        found = {contact.pk for contact in find_matches(locked.person_name, locked.phone, locked.email)}
        chosen = sorted(set(contact_ids))
        if not set(chosen) <= found:
            raise ValidationError(_("One of these contacts does not fit the person any more."), code="stranger")
        if not chosen:
            raise ValidationError(
                _("Choose whom the request is about. Where we know nobody, refuse it and say so."), code="nobody"
            )
        locked.state, locked.approved_by = State.APPROVED, actor
        locked.matched_ids, locked.contact_ids = sorted(found), chosen
    _tell(
        locked,
        EXECUTE,
        "person_request_approved",
        gettext_lazy("The request %(number)s is approved; it is yours to carry out."),
    )
    return locked


def refuse_request(asked: PersonRequest, *, actor: User, answer: str) -> PersonRequest:
    """Say no, with the reason the person gets."""
    _refuse_without(actor, APPROVE)
    answer = clean_text(answer)
    if not answer:
        raise ValidationError({"answer": _("Say why not.")})
    with _step(asked, actor, "person_request_refused", State.NEW, State.CHECKED, State.APPROVED) as locked:
        locked.state, locked.answer = State.REFUSED, answer[:2000]
        locked.closed_by, locked.closed_at = actor, timezone.now()
        _mask_if_erased(locked)
    _tell_opener(locked, gettext_lazy("The request %(number)s was refused: %(answer)s"))
    return locked


def begin_request(asked: PersonRequest, *, actor: User, with_texts: bool = False) -> Job:
    """Start the package or the erasure in the background; never by whoever approved it."""
    _refuse_executor(asked, actor)
    if asked.kind not in BY_JOB:
        raise ValidationError(_("This request is answered in words."), code="by_words")
    with _step(asked, actor, "person_request_begun", State.APPROVED) as locked:
        params = {"request": locked.pk, "with_texts": with_texts and locked.kind == Kind.DELETE}
        title = f"{locked.number} {locked.get_kind_display()}"
        locked.state, locked.closed_by = State.RUNNING, actor
        locked.job = start_job(BY_JOB[Kind(locked.kind)], title, requested_by=actor, params=params)
    return locked.job


def answer_request(asked: PersonRequest, *, actor: User, answer: str) -> PersonRequest:
    """Close a correction or an explanation with what was done or said."""
    _refuse_executor(asked, actor)
    answer = clean_text(answer)
    if asked.kind in BY_JOB:
        raise ValidationError(_("This request is carried out in the background."), code="by_job")
    if not answer:
        raise ValidationError({"answer": _("Say what the person was told.")})
    with _step(asked, actor, "person_request_done", State.APPROVED) as locked:
        locked.state, locked.answer = State.DONE, answer[:2000]
        locked.closed_by, locked.closed_at = actor, timezone.now()
        _mask_if_erased(locked)
    _tell_opener(locked, CARRIED_OUT)
    return locked


def finish_request(request_id: int, answer: str = "") -> None:
    """The background work is through, with what the person is to be told of it; runs in its transaction."""
    with _running(request_id, "person_request_done") as locked:
        locked.state, locked.closed_at, locked.answer = State.DONE, timezone.now(), answer[:2000]
        _mask_if_erased(locked)
    _tell_opener(locked, CARRIED_OUT)


def put_back_request(request_id: int) -> None:
    """The background work ended badly: the request waits to be carried out again."""
    locked = PersonRequest.objects.select_for_update(of=("self",), no_key=True).get(pk=request_id)
    if locked.state == State.RUNNING:
        with operation(locked.closed_by, "person_request_approved", locked, via="job", facts={"request": request_id}):
            locked.state, locked.closed_by = State.APPROVED, None
            locked.save(update_fields=["state", "closed_by"])


def warn_of_late_requests() -> int:
    """Tell everybody concerned of requests whose day is near (3 working days) or has passed; how many are meant."""
    today = timezone.localdate()
    near = working_calendar().after(today, 3)
    late = list(PersonRequest.objects.open().filter(due_on__lte=near).select_related("opened_by").order_by("pk"))
    for asked in late:
        word = "late" if asked.due_on < today else "soon"
        for person in {asked.opened_by, *_holders(APPROVE), *_holders(EXECUTE)}:
            with translation.override(person.language):
                text = (
                    _("The request %(number)s of a person is overdue since %(day)s.")
                    if word == "late"
                    else _("The request %(number)s of a person must be answered by %(day)s.")
                ) % {"number": asked.number, "day": asked.due_on}
            key = f"person-request:{asked.pk}:{word}"
            notify(person, "person_request", text, about=None, url=asked.get_absolute_url(), dedupe_key=key)
    return len(late)


@contextmanager
def _step(asked: PersonRequest, actor: User, verb: str, *states: str) -> Iterator[PersonRequest]:
    """One step under the lock; ValidationError where somebody was faster."""
    with operation(actor, verb, asked, facts={"request": asked.pk}):
        locked = (
            PersonRequest.objects.select_for_update(of=("self",), no_key=True)
            .select_related("opened_by")
            .get(pk=asked.pk)
        )
        if locked.state not in states:
            words = {"number": locked.number, "state": locked.get_state_display()}
            raise ValidationError(_("The request %(number)s is %(state)s already.") % words, code="state")
        yield locked
        locked.save()


@contextmanager
def _running(request_id: int, verb: str) -> Iterator[PersonRequest]:
    asked = PersonRequest.objects.select_related("closed_by", "opened_by").get(pk=request_id)
    if asked.closed_by is None:
        raise ValidationError(_("This request is carried out by nobody."), code="state")
    with _step(asked, asked.closed_by, verb, State.RUNNING) as locked:
        yield locked


def _refuse_unusable(asked: PersonRequest) -> None:
    wrong: dict[str, str] = {}
    today = timezone.localdate()
    if asked.kind not in Kind.values:
        wrong["kind"] = _("Choose what the person asks for.")
    if len(asked.person_name) < 2:
        wrong["person_name"] = _("Write the name.")
    if not asked.phone and not asked.email:
        wrong["phone"] = _("A phone or an e-mail is needed to find the person and to answer.")
    if asked.received_on > today:
        wrong["received_on"] = _("This is in the future.")
    elif asked.received_on < today - OLDEST:
        wrong["received_on"] = _("This is more than a year ago.")
    if asked.email:
        try:
            validate_email(asked.email)
        except ValidationError as refusal:
            wrong["email"] = " ".join(refusal.messages)
    if wrong:
        raise ValidationError(wrong)


def _refuse_without(actor: User, right: str) -> None:
    if not actor.reach.has(right):
        raise PermissionDenied(_("Your role does not include this."))


def _refuse_executor(asked: PersonRequest, actor: User) -> None:
    _refuse_without(actor, EXECUTE)
    if asked.approved_by_id == actor.pk:
        raise PermissionDenied(_("Somebody else than the approver carries it out."))


def _mask_if_erased(asked: PersonRequest) -> None:
    if asked.contact_ids and len(erased_among(asked.contact_ids)) == len(asked.contact_ids):
        mask_request(asked)


def _holders(right: str) -> list[User]:
    return list(User.objects.able_to_own(right))


def _tell(asked: PersonRequest, right: str, kind: str, words: Promise) -> None:
    for person in _holders(right):
        with translation.override(person.language):
            text = str(words) % {"number": asked.number}
        key = f"{kind}:{asked.pk}:{asked.state}"
        notify(person, kind, text, about=None, url=asked.get_absolute_url(), dedupe_key=key)


def _tell_opener(asked: PersonRequest, words: Promise) -> None:
    with translation.override(asked.opened_by.language):
        text = str(words) % {"number": asked.number, "answer": asked.answer}
    key = f"person_request:{asked.pk}:{asked.state}"
    notify(asked.opened_by, "person_request", text, about=None, url=asked.get_absolute_url(), dedupe_key=key)
