"""Pages that lead from what somebody sees to what they do not see."""

from datetime import timedelta

from django.utils import timezone

from customers.customers.models import CustomerShare
from sales.quotes.actions import change_quote, kept_values
from sales.quotes.versions import new_version
from tests.factories import make_customer, make_pool, make_user, sign_in
from tests.factories.sales import make_contract
from tests.sales.quotes.stories import approved, values


def test_whoever_lost_the_customer_compares_their_old_version_with_no_newer_one(people):
    quote, other = approved(people), make_user("other", "rep", people.director.department)
    people.customer.owner = other
    people.customer.save(update_fields=["owner"])
    made = new_version(quote, actor=people.director)
    change_quote(made, actor=people.director, values=values(title="Secret of the other"), lines=kept_values(made))
    loser, winner = sign_in(people.rep), sign_in(other)
    assert loser.get(made.get_absolute_url()).status_code == 404
    page = loser.get(quote.get_absolute_url())
    assert page.status_code == 200
    assert made.get_absolute_url() not in page.content.decode()
    assert "Secret of the other" not in loser.get(f"/sales/quotes/{quote.pk}/compare/?with=2").content.decode()
    assert quote.get_absolute_url() in winner.get(made.get_absolute_url()).content.decode()
    assert "Secret of the other" in winner.get(f"/sales/quotes/{made.pk}/compare/?with=1").content.decode()


def test_typed_lines_for_a_customer_out_of_reach_are_priced_for_nobody(people):
    browser, foreign = sign_in(people.rep), make_customer(owner=people.peer)
    sent = {"lines-count": "1", "lines-0-name": "A", "lines-0-quantity": "1", "lines-0-price": "10",
            "lines-0-tax_rate": "0.13", "currency": "CNY"}  # fmt: skip
    for named in (foreign.pk, "999999", "", "x", 2**62):
        assert browser.post(f"/sales/quotes/totals/?customer={named}", sent).status_code == 404, named
    assert browser.post(f"/sales/quotes/totals/?customer={people.customer.pk}", sent).status_code == 200


def test_a_customer_shared_with_somebody_opens_no_statement_of_account(people):
    make_contract(people.customer)
    place = f"/sales/statements/{people.customer.pk}/"
    CustomerShare.objects.create(
        content_object=people.customer, user=people.peer, shared_by=people.rep,
        ends_on=timezone.localdate() + timedelta(days=5),
        permission=CustomerShare._meta.get_field("permission").related_model.objects.get(codename="view_customer"),
    )  # fmt: skip
    peer = sign_in(people.peer)
    assert peer.get(f"/customers/{people.customer.pk}/").status_code == 200
    assert peer.get(place).status_code in (403, 404)
    answer = sign_in(people.rep).get(place)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")


def test_a_pooled_customer_opens_no_statement_of_account(people):
    pooled = make_customer(status="pool", pool=make_pool("Pool"))
    assert sign_in(people.rep).get(f"/sales/statements/{pooled.pk}/").status_code in (403, 404)


def test_a_contract_names_no_supplements_of_others_to_whom_they_are_out_of_reach(people):
    main, other = make_contract(people.customer), make_user("other", "rep", people.director.department)
    own = make_contract(people.customer, main=main, title="Ours")
    foreign = make_contract(people.customer, owner=other, main=main, title="Theirs")
    people.customer.owner = other
    people.customer.save(update_fields=["owner"])
    for person, shown in ((people.rep, [own]), (other, [own, foreign]), (people.director, [own, foreign])):
        text = sign_in(person).get(main.get_absolute_url()).content.decode()
        assert [one for one in (own, foreign) if one.number in text] == shown, person
