from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.approvals import actions as approvals
from crm.approvals.flows import save_flow
from crm.approvals.models import Flow
from crm.history.models import Operation
from crm.records.stale import fingerprint
from sales.quotes.actions import (
    WATCHED,
    add_quote,
    change_quote,
    send_quote,
    submit_quote,
    terms_of,
    void_quote,
    withdraw_quote,
)
from sales.quotes.content import content_hash
from sales.quotes.holds import WAITING
from sales.quotes.models import Quote
from sales.quotes.versions import copy_quote, new_version
from tests.factories import make_contact, make_customer, make_user
from tests.factories.sales import make_contract, make_loss_reason, make_opportunity, make_price_list, make_product
from tests.sales.quotes.stories import (
    approved,
    contradictions,
    decide,
    draft,
    line,
    request_of,
    submitted,
    values,
)


def codes(refusal):
    return {error.code for error in refusal.value.error_list}


def state(quote):
    quote.refresh_from_db()
    return quote.state, quote.number, quote.is_current, quote.gross


def test_a_new_quote_belongs_to_the_owner_of_the_customer_and_has_no_number_yet(people):
    quote = add_quote(people.customer, actor=people.director, values=values(), lines=[line(quantity=D(3))])
    quote.refresh_from_db()
    assert (quote.owner, quote.department, quote.created_by) == (people.rep, people.rep.department, people.director)
    assert (quote.state, quote.number, quote.version, quote.root_id) == ("draft", "", 1, quote.pk)
    assert (quote.net, quote.tax, quote.gross) == (D("2654.87"), D("345.13"), D("3000.00"))
    told = Operation.objects.get(verb="quote_added")
    assert (told.actor, told.subject_id, told.anchor_id) == (people.director, quote.pk, people.customer.pk)
    assert contradictions() == []


def test_nobody_quotes_a_customer_without_owner(people):
    with pytest.raises(ValidationError) as refusal:
        add_quote(make_customer(name="Nobody's"), actor=people.director, values=values())
    assert codes(refusal) == {"no_owner"}
    assert not Quote.objects.exists()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": "  "}, "title"),
        ({"valid_until": timezone.localdate() - timedelta(days=1)}, "valid_until"),
        ({"valid_until": timezone.localdate() + timedelta(days=9999)}, "valid_until"),
        ({"discount": D("1.01")}, "discount"),
        ({"discount": D("NaN")}, "discount"),
        ({"state": "approved"}, "state"),
        ({"currency": "XXX"}, "currency"),
        ({"title": "x" * 121}, "title"),
    ],
)
def test_what_no_quote_can_be_is_refused_by_field(people, more, field):
    with pytest.raises(ValidationError) as refusal:
        add_quote(people.customer, actor=people.rep, values=values(**more))
    assert set(refusal.value.error_dict) == {field}
    assert not Quote.objects.exists()
    assert not Operation.objects.filter(verb="quote_added").exists()


def test_opportunity_and_contact_are_those_of_the_customer_in_its_currency(people):
    other = make_customer(owner=people.rep)
    foreign = make_opportunity(people.customer, currency="USD")
    lost = make_opportunity(people.customer, state="lost", closed_at=timezone.now(), loss_reason=make_loss_reason())
    wrong = [
        ({"opportunity": make_opportunity(other)}, "opportunity"),
        ({"contact": make_contact(other)}, "contact"),
        ({"opportunity": foreign}, "currency"),
        ({"opportunity": lost}, "opportunity"),
    ]
    for more, field in wrong:
        with pytest.raises(ValidationError) as refusal:
            add_quote(people.customer, actor=people.rep, values=values(**more))
        assert set(refusal.value.error_dict) == {field}
    assert not Quote.objects.exists()


def test_a_change_prices_all_lines_anew_and_remembers_who_edited(people):
    quote = draft(people, line(), line(price=D(50)))
    change_quote(quote, actor=people.director, values={"discount": D("0.1"), "is_tax_included": False})
    assert (quote.net, quote.tax, quote.gross) == (D("945.00"), D("122.85"), D("1067.85"))
    assert quote.edited_by == people.director
    assert contradictions() == []


def test_a_stale_form_changes_nothing(people):
    quote = draft(people)
    seen = fingerprint(quote, WATCHED)
    change_quote(quote, actor=people.rep, values={"title": "Newer"})
    with pytest.raises(ValidationError) as refusal:
        change_quote(quote, actor=people.rep, values={"title": "Older"}, lines=[], seen=seen)
    assert codes(refusal) == {"stale"}
    quote.refresh_from_db()
    assert (quote.title, quote.lines.count()) == ("Newer", 1)


def test_the_price_list_that_gave_every_price_is_noted(people):
    product = make_product()
    listed = make_price_list("Everybody", {product: "900"})
    quote = draft(people, line(product_id=product.pk), line())
    assert quote.price_list == listed


def test_submitting_gives_the_number_once_and_freezes_the_content(people):
    quote = submitted(people)
    first = quote.number
    assert first.startswith("BJ-") or first.startswith("QU-")
    assert (quote.state, quote.content_hash) == ("pending", content_hash(quote))
    assert request_of(quote).content_hash == quote.content_hash
    with pytest.raises(ValidationError) as refusal:
        change_quote(quote, actor=people.rep, values={"title": "Other"})
    assert codes(refusal) == {"closed"}
    withdraw_quote(quote, actor=people.rep)
    change_quote(quote, actor=people.rep, values={"title": "Other"})
    assert state(quote)[:2] == ("withdrawn", first)
    submit_quote(quote, actor=people.rep)
    assert state(quote)[:2] == ("pending", first)
    assert Operation.objects.filter(verb="quote_submitted").first().subject_label == first


@pytest.mark.parametrize("what", ["no_lines", "off_sale", "expired", "twice"])
def test_what_is_not_ready_is_not_submitted(people, what):
    product = make_product()
    quote = draft(people, line(product_id=product.pk))
    if what == "no_lines":
        change_quote(quote, actor=people.rep, values={}, lines=[])
    elif what == "off_sale":
        type(product).objects.update(is_on_sale=False)
    elif what == "expired":
        day = timezone.localdate() - timedelta(days=3)
        Quote.objects.filter(pk=quote.pk).update(issued_on=day, valid_until=day)
    else:
        submit_quote(quote, actor=people.rep)
    before = state(quote)
    with pytest.raises(ValidationError):
        submit_quote(quote, actor=people.rep)
    assert state(quote) == before
    assert Operation.objects.filter(verb="quote_submitted").count() == (1 if what == "twice" else 0)


def test_a_small_quote_needs_its_manager_only(people):
    quote = approved(people)
    assert (quote.state, quote.approved_at is not None) == ("approved", True)
    assert contradictions() == []


def test_a_large_one_goes_on_to_the_level_above(people):
    quote = decide(submitted(people, line(price=D("200000.01"))), people.director)
    assert quote.state == "pending"
    assert decide(quote, people.vp).state == "approved"


def test_several_small_ones_in_thirty_days_count_as_one_large(people):
    approved(people, line(price=D(150000)))
    quote = decide(submitted(people, line(price=D(60000))), people.director)
    assert quote.state == "pending"


def test_versions_of_one_quote_are_not_added_up(people):
    first = approved(people, line(price=D(150000)))
    second = submit_quote(new_version(first, actor=people.rep), actor=people.rep)
    assert decide(second, people.director).state == "approved"


def test_typing_a_lower_price_is_a_discount(people):
    product = make_product(list_price=D(1000))
    quote = submitted(people, line(product_id=product.pk, price=D(900)))
    assert D(request_of(quote).facts["discount"]) == D("0.203540")
    assert decide(quote, people.director).state == "pending"
    assert decide(quote, people.vp).state == "approved"


def test_below_the_minimum_price_finance_decides_too(people):
    product = make_product(list_price=D(1000), minimum_price=D(900))
    quote = submitted(people, line(product_id=product.pk, price=D(1130), discount=D("0.1")), line())
    assert decide(quote, people.director).state == "approved"
    low = submitted(people, line(product_id=product.pk, price=D(1130), discount=D("0.100001")))
    assert decide(low, people.director).state == "pending"
    assert decide(low, people.finance).state == "approved"
    assert contradictions() == []


def test_a_flow_that_leaves_out_the_floor_step_is_refused_where_a_line_is_below(people):
    flow = Flow.objects.get(purpose="sales.quote")
    save_flow(
        flow, actor=people.vp, name="Quick",
        definition={"conditions": [], "steps": [{"key": "boss", "name": "Boss", "who": {"kind": "manager"}}]},
    )  # fmt: skip
    product = make_product(list_price=D(1000), minimum_price=D(900))
    quote = draft(people, line(product_id=product.pk, price=D(500)))
    with pytest.raises(ValidationError) as refusal:
        submit_quote(quote, actor=people.rep)
    assert codes(refusal) == {"no_floor_step"}
    assert state(quote)[:2] == ("draft", "")
    assert request_of(quote) is None


def test_an_approved_quote_is_sent_and_not_edited(people):
    quote = approved(people)
    with pytest.raises(ValidationError):
        change_quote(quote, actor=people.rep, values={"title": "Cheaper"})
    link, token = send_quote(quote, actor=people.rep)
    assert quote.state == "sent"
    assert (link.quote, link.is_alive, token in link.token_hash) == (quote, True, False)
    assert contradictions() == []


def test_only_an_approved_unexpired_quote_is_sent(people):
    quote = submitted(people)
    with pytest.raises(ValidationError) as refusal:
        send_quote(quote, actor=people.rep)
    assert codes(refusal) == {"state"}
    decide(quote, people.director)
    with pytest.raises(ValidationError) as refusal:
        send_quote(quote, actor=people.rep, until=quote.valid_until + timedelta(days=1))
    assert set(refusal.value.error_dict) == {"until"}
    day = timezone.localdate() - timedelta(days=1)
    Quote.objects.filter(pk=quote.pk).update(issued_on=day, valid_until=day)
    with pytest.raises(ValidationError) as refusal:
        send_quote(quote, actor=people.rep)
    assert codes(refusal) == {"expired"}
    assert (state(quote)[0], quote.links.count()) == ("approved", 0)


def test_a_new_version_replaces_the_old_one_when_it_is_approved(people):
    first = approved(people)
    send_quote(first, actor=people.rep)
    second = new_version(first, actor=people.rep)
    assert (second.number, second.version, second.state, second.gross) == (first.number, 2, "draft", first.gross)
    assert (state(first)[0], first.is_current, second.is_current) == ("sent", False, True)
    change_quote(second, actor=people.rep, values={}, lines=[line(price=D(900))])
    submit_quote(second, actor=people.rep)
    assert state(first)[0] == "sent"
    decide(second, people.director)
    assert (state(first)[0], state(second)[0]) == ("superseded", "approved")
    assert first.links.get().revoked_at is not None
    assert [row.version for row in Quote.objects.current()] == [2]
    assert contradictions() == []


@pytest.mark.parametrize("situation", ["draft", "pending", "withdrawn", "old", "contract", "void"])
def test_no_new_version_of_what_is_open_old_or_in_a_contract(people, situation):
    if situation == "draft":
        quote = draft(people)
    elif situation == "contract":
        quote = make_contract(people.customer, owner=people.rep).sources.get().quote
    else:
        quote = submitted(people)
    if situation == "withdrawn":
        withdraw_quote(quote, actor=people.rep)
    elif situation == "old":
        new_version(decide(quote, people.director), actor=people.rep)
    elif situation == "void":
        void_quote(quote, actor=people.rep, reason="Gone")
    count = Quote.objects.count()
    with pytest.raises(ValidationError):
        new_version(quote, actor=people.rep)
    assert Quote.objects.count() == count


def test_a_rejected_quote_lives_on_in_a_new_version(people):
    quote = decide(submitted(people), people.director, action=approvals.reject, comment="Too cheap")
    assert quote.state == "rejected"
    assert new_version(quote, actor=people.rep).version == 2


def test_a_returned_quote_is_replaced_by_a_new_version_and_stays_as_it_was(people):
    quote = decide(submitted(people), people.director, action=approvals.return_request, comment="Cheaper")
    second = new_version(quote, actor=people.rep)
    quote.refresh_from_db()
    assert (quote.state, quote.is_current, second.state, second.version) == ("superseded", False, "draft", 2)
    assert request_of(quote).state == "void"
    for change in (lambda: change_quote(quote, actor=people.rep, values={"title": "New"}),
                   lambda: submit_quote(quote, actor=people.rep)):  # fmt: skip
        with pytest.raises(ValidationError):
            change()
    assert decide(submit_quote(second, actor=people.rep), people.director).state == "approved"
    assert contradictions() == []


def test_a_returned_quote_is_mended_and_goes_on(people):
    quote = decide(submitted(people), people.director, action=approvals.return_request, comment="Terms")
    change_quote(quote, actor=people.rep, values={"payment_terms": "30 days"})
    assert quote.state == "returned"
    submit_quote(quote, actor=people.rep)
    assert decide(quote, people.director).state == "approved"
    assert request_of(quote).round == 2


def test_a_void_quote_gives_its_place_to_the_version_before(people):
    first = approved(people)
    second = new_version(first, actor=people.rep)
    void_quote(second, actor=people.rep, reason="Mistake")
    assert (state(first)[0], first.is_current) == ("approved", True)
    assert (state(second)[0], second.is_current) == ("void", False)
    assert new_version(first, actor=people.rep).version == 3
    assert contradictions() == []


def test_a_waiting_quote_that_becomes_void_waits_for_nobody(people):
    quote = submitted(people)
    void_quote(quote, actor=people.rep, reason="Gone")
    assert (state(quote)[0], request_of(quote).state) == ("void", "void")


def test_a_quote_in_a_contract_is_not_declared_void(people):
    quote = make_contract(people.customer, owner=people.rep).sources.get().quote
    with pytest.raises(ValidationError) as refusal:
        void_quote(quote, actor=people.rep, reason="Gone")
    assert codes(refusal) == {"contracted"}
    with pytest.raises(ValidationError):
        void_quote(draft(people), actor=people.rep, reason=" ")
    assert state(quote)[0] == "accepted"


def test_a_copy_takes_the_floor_of_today_and_leaves_out_what_is_not_sold(people):
    sold, gone = make_product("Sold", minimum_price=D(500)), make_product("Gone")
    quote = approved(people, line(product_id=sold.pk, price=D(1130)), line(product_id=gone.pk, name="Gone"))
    type(sold).objects.filter(pk=sold.pk).update(minimum_price=D(900))
    type(sold).objects.filter(pk=gone.pk).update(is_on_sale=False)
    copy, left_out = copy_quote(quote, actor=people.rep)
    assert left_out == ["Gone"]
    assert (copy.number, copy.version, copy.state, copy.root_id) == ("", 1, "draft", copy.pk)
    assert [(row.price, row.floor_price) for row in copy.lines.all()] == [(D(1130), D(900))]
    assert terms_of(copy).customer == people.customer


def test_the_history_of_a_quote_is_on_the_customers_timeline(people):
    quote = approved(people)
    verbs = Operation.objects.filter(anchor_id=people.customer.pk, subject_type="sales.quote").order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == ["quote_added", "quote_submitted"]
    assert quote.owner == people.rep


def test_only_who_may_decide_decides(people):
    quote = submitted(people)
    request = request_of(quote)
    for stranger in (people.rep, people.peer, people.finance, make_user("other", "director")):
        with pytest.raises(Exception):  # noqa: B017 - a refusal of either kind
            approvals.approve(request, actor=stranger, seen=request.content_hash)
    assert state(quote)[0] == "pending"


def test_a_customer_whose_quote_waits_stays_where_it_is(people):
    quote = submitted(people)
    assert list(WAITING.rows()) == [{"customer_id": people.customer.pk}]
    withdraw_quote(quote, actor=people.rep)
    assert list(WAITING.rows()) == []
