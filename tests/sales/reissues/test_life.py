"""The life of a reissue: asked for, confirmed at the tax platform, red-lettered, issued again; and what is refused."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.notifications.models import Notice
from sales.invoices import actions as invoicing
from sales.invoices import issuing
from sales.invoices.chain import chains_of
from sales.invoices.models import Invoice, Reissue
from sales.reissues import actions, confirmation, red_letters, reminders
from sales.reissues.actions import Portion
from tests.factories.sales import make_billing
from tests.sales.invoices.stories import contradictions, decide, issued, paid_contract, people, sums
from tests.sales.invoices.test_life import refused

pytestmark = pytest.mark.django_db
ZERO, SIX = Decimal("0.00"), Decimal("6000.00")


@pytest.fixture
def story():
    rep, director, finance = people()
    contract = paid_contract(rep)
    return rep, director, finance, contract, issued(contract, rep, director, finance)


def ask(invoice, actor, reason="title", portions=(), **more):
    values = {"reason": reason, "explanation": "Wrong.", "is_full": not portions, "wants_new": True,
              "profile": invoice.customer.billing_profiles.order_by("-pk").first(), **more}  # fmt: skip
    return actions.ask_for_reissue(invoice, actor=actor, values=values, portions=portions)


def agreed(invoice, rep, director, finance, **more):
    reissue = actions.submit_reissue(ask(invoice, rep, **more), actor=rep)
    return decide("sales.reissue", reissue, director, finance)


def redden(reissue, finance, number="9" * 20):
    return red_letters.issue_red_letter(reissue, actor=finance, number=number, issued_on=timezone.localdate())


def test_a_wrong_title_is_taken_back_and_issued_again_with_the_right_one(story):
    rep, director, finance, contract, blue = story
    make_billing(contract.customer, title="The right title Ltd")
    reissue = agreed(blue, rep, director, finance)
    assert (reissue.state, reissue.gross, reissue.number[:2]) == ("approved", SIX, "RE")
    refused(lambda: redden(reissue, finance), "01 or 04")
    confirmation.begin_confirmation(reissue, actor=finance, confirmation="01")
    red = redden(reissue, finance)
    blue.refresh_from_db()
    reissue.refresh_from_db()
    assert (red.kind, red.gross, red.net, red.blue, red.buyer, red.seller) == (
        "red", -SIX, -blue.net, blue, blue.buyer, blue.seller,
    )  # fmt: skip
    assert (blue.state, blue.red_gross, reissue.state) == ("red", SIX, "red_issued")
    new = Invoice.objects.get(reissue=reissue, kind="blue")
    assert (new.state, new.gross, new.buyer["title"]) == ("approved", SIX, "The right title Ltd")
    assert sums(contract) == (ZERO, SIX)
    assert Notice.objects.filter(recipient=rep).count() >= 1
    issuing.issue_invoice(new, actor=finance, number="8" * 20, issued_on=timezone.localdate())
    reissue.refresh_from_db()
    assert (reissue.state, reissue.closed_at is not None, sums(contract)) == ("closed", True, (SIX, ZERO))
    assert [[link.number for link in chain] for chain in chains_of(rep, contract_id=contract.pk)] == [
        [blue.invoice_number, reissue.number, "9" * 20, "8" * 20]
    ]
    refused(lambda: ask(blue, rep), "taken back already")
    refused(lambda: ask(red, rep), "red letter")
    assert contradictions() == []


def test_a_part_is_taken_back_without_a_new_invoice_and_then_the_rest(story):
    rep, director, finance, contract, blue = story
    line = blue.lines.get()
    back = agreed(
        blue, rep, director, finance, reason="returned_goods", portions=[Portion(line.pk, Decimal("999.99"))],
        wants_new=False,
    )  # fmt: skip
    confirmation.begin_confirmation(back, actor=finance, confirmation="01")
    redden(back, finance)
    blue.refresh_from_db()
    back.refresh_from_db()
    assert (blue.state, blue.left, back.state) == ("part_red", Decimal("5000.01"), "closed")
    assert sums(contract) == (Decimal("5000.01"), ZERO)
    refused(
        lambda: ask(blue, rep, reason="returned_goods", portions=[Portion(line.pk, Decimal("5000.02"))]), "5,000.01"
    )
    rest = agreed(blue, rep, director, finance, reason="amount")
    assert rest.gross == Decimal("5000.01")
    confirmation.begin_confirmation(rest, actor=finance, confirmation="01")
    redden(rest, finance, "7" * 20)
    blue.refresh_from_db()
    assert (blue.state, sums(contract)) == ("red", (ZERO, ZERO))
    draft = Invoice.objects.get(reissue=rest, kind="blue")
    assert draft.state == "draft"
    rest.refresh_from_db()
    refused(lambda: red_letters.apply_again(rest, actor=rep), "still there")
    invoicing.void_invoice(draft, actor=rep, reason="Not yet")
    again = red_letters.apply_again(rest, actor=rep)
    refused(lambda: red_letters.settle_without_new(rest, actor=rep, reason="Enough"), "still there")
    invoicing.void_invoice(again, actor=rep, reason="Not wanted")
    assert red_letters.settle_without_new(rest, actor=rep, reason="Not wanted").state == "closed"
    assert contradictions() == []


def test_what_makes_no_sense_is_refused(story):
    rep, _director, _finance, contract, blue = story
    line = blue.lines.get()
    other = issued(paid_contract(rep), *story[:3], number="4" * 20)
    refused(lambda: ask(blue, rep, portions=[Portion(line.pk, Decimal("1.00"))]), "as a whole")
    refused(lambda: ask(blue, rep, reason="returned_goods", is_full=False), "taken back")
    refused(
        lambda: ask(blue, rep, reason="returned_goods", portions=[Portion(other.lines.get().pk, Decimal("1.00"))]),
        "not a line of this invoice",
    )
    for gross in ("0", "-1", "0.001", "1e30", "NaN", "6000.01"):
        refused(
            lambda gross=gross: ask(blue, rep, reason="returned_goods", portions=[Portion(line.pk, Decimal(gross))])
        )
    refused(lambda: ask(blue, rep, explanation=" "), "Explain")
    refused(lambda: ask(blue, rep, profile=None), "billing data")
    refused(lambda: ask(blue, rep, profile=other.profile), "somebody else")
    pending = actions.submit_reissue(ask(blue, rep), actor=rep)
    second = ask(blue, rep)
    refused(lambda: actions.submit_reissue(second, actor=rep), "under way")
    assert actions.withdraw_reissue(pending, actor=rep).state == "withdrawn"
    assert contract.pk == blue.contract_id


def test_the_confirmation_form_follows_its_allowed_ways_only(story):
    rep, director, finance, _contract, blue = story
    used = agreed(blue, rep, director, finance, is_used_by_buyer=True)

    def begin(state, number=""):
        return lambda: confirmation.begin_confirmation(used, actor=finance, confirmation=state, number=number)

    def move(state):
        return lambda: confirmation.move_confirmation(used, actor=finance, confirmation=state)

    refused(begin("01"), "02 or 03")
    refused(begin("04", "N1"), "01, 02 or 03")
    refused(begin("02"), "number")
    begin("02", "N1")()
    used.refresh_from_db()
    refused(begin("02", "N2"), "under way")
    for state in ("01", "03", "06", "07", "09", ""):
        refused(move(state), "does not become")
    refused(lambda: actions.void_reissue(used, actor=rep, reason="x"), "confirmation form")
    move("05")()
    refused(move("04"), "does not become")
    refused(begin("02", "N1"), "another number")
    begin("03", "N3")()
    move("04")()
    move("09")()
    begin("02", "N4")()
    move("04")()
    used.refresh_from_db()
    assert (used.confirmation, used.confirmation_number) == ("04", "N4")
    red = redden(used, finance)
    assert "N4" in red.remark
    assert contradictions() == []


def test_a_form_that_waits_72_hours_is_void_and_cannot_be_confirmed(story):
    rep, director, finance, _contract, blue = story
    used = agreed(blue, rep, director, finance, is_used_by_buyer=True)
    confirmation.begin_confirmation(used, actor=finance, confirmation="02", number="N1")
    Reissue.objects.filter(pk=used.pk).update(confirmation_since=timezone.now() - timedelta(hours=71, minutes=59))
    assert confirmation.expire_confirmations() == 0
    Reissue.objects.filter(pk=used.pk).update(confirmation_since=timezone.now() - timedelta(hours=72, minutes=1))
    refused(lambda: confirmation.move_confirmation(used, actor=finance, confirmation="04"), "72 hours")
    assert (confirmation.expire_confirmations(), confirmation.expire_confirmations()) == (1, 0)
    used.refresh_from_db()
    assert used.confirmation == "07"
    assert contradictions() == []


def test_finance_is_reminded_of_open_chains_on_the_last_working_day_of_a_month(story, time_machine):
    rep, director, finance, _contract, blue = story
    agreed(blue, rep, director, finance)
    time_machine("2026-10-29")
    assert reminders.remind_of_open_reissues() == 0
    time_machine("2026-10-30")
    assert reminders.remind_of_open_reissues() == 1
    assert reminders.remind_of_open_reissues() == 1
    assert Notice.objects.filter(recipient=finance, kind="reissues_open").count() == 1


@pytest.fixture
def time_machine(monkeypatch):
    """Another day of the company's calendar, at the edge."""

    def go(day):
        from datetime import date

        monkeypatch.setattr(reminders.timezone, "localdate", lambda: date.fromisoformat(day))

    return go


def test_a_new_invoice_of_another_amount_goes_through_its_own_approval(story):
    rep, director, finance, contract, blue = story
    reissue = agreed(blue, rep, director, finance, reason="amount")
    confirmation.begin_confirmation(reissue, actor=finance, confirmation="01")
    redden(reissue, finance)
    new = Invoice.objects.get(reissue=reissue, kind="blue")
    line = contract.lines.get()
    invoicing.change_invoice(new, actor=rep, values={}, parts=[invoicing.Part(line.pk, Decimal("7000.00"))])
    new.refresh_from_db()
    new = decide("sales.invoice", invoicing.submit_invoice(new, actor=rep), director, finance)
    issuing.issue_invoice(new, actor=finance, number="8" * 20, issued_on=timezone.localdate())
    reissue.refresh_from_db()
    assert (reissue.state, sums(contract)) == ("closed", (Decimal("7000.00"), ZERO))
    assert contradictions() == []


def test_nobody_decides_alone(story):
    rep, _director, finance, _contract, blue = story
    reissue = actions.submit_reissue(ask(blue, rep), actor=rep)
    with pytest.raises(ValidationError):
        decide("sales.reissue", reissue, rep)
    with pytest.raises(ValidationError):
        decide("sales.reissue", reissue, finance)
