"""The group of a customer, and its relations to other companies."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from customers.customers import relations
from customers.customers.models import Customer, CustomerRelation
from customers.customers.timeline import CustomerStory
from tests.contract.fingerprints import fingerprint
from tests.factories import make_customer, make_department, make_user, sign_in
from tests.factories.api import api as api

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep():
    return make_user("rep", "rep")


@pytest.fixture
def stranger():
    return make_user("stranger", "rep", make_department("North"))


def chain(owner, length):
    rows = [make_customer(owner) for _ in range(length)]
    for above, below in zip(rows, rows[1:], strict=False):
        Customer.objects.filter(pk=below.pk).update(parent=above)
    return rows


def test_a_parent_is_chosen_changed_and_taken_away(rep):
    mother, daughter = make_customer(rep, name="Mother"), make_customer(rep, name="Daughter")

    relations.set_parent(daughter, actor=rep, parent=mother)
    top, unseen, is_cut = relations.group_of(daughter, rep)

    assert (top.customer, [child.customer for child in top.children], unseen, is_cut) == (mother, [daughter], 0, False)
    relations.set_parent(daughter, actor=rep, parent=None)
    daughter.refresh_from_db()
    assert daughter.parent is None


def test_a_loop_is_refused_in_words_however_long_it_is(rep):
    rows = chain(rep, 4)
    for child in (rows[0], rows[1], rows[3]):
        before = fingerprint()
        with pytest.raises(ValidationError, match="cannot stand above it"):
            relations.set_parent(rows[0], actor=rep, parent=child)
        assert fingerprint() == before


def test_a_group_of_more_than_twenty_levels_is_refused(rep):
    rows, another = chain(rep, 20), make_customer(rep)
    with pytest.raises(ValidationError, match="at most 20 levels"):
        relations.set_parent(another, actor=rep, parent=rows[-1])
    with pytest.raises(ValidationError, match="at most 20 levels"):
        relations.set_parent(rows[0], actor=rep, parent=another)


def test_a_company_out_of_reach_cannot_be_chosen(rep, stranger):
    mine, foreign = make_customer(rep), make_customer(stranger)
    before = fingerprint()
    with pytest.raises(ValidationError, match="Choose a company you can see"):
        relations.set_parent(mine, actor=rep, parent=foreign)
    with pytest.raises(ValidationError, match="Choose a company you can see"):
        relations.relate(mine, actor=rep, other=foreign, kind="partner")
    assert fingerprint() == before


def test_companies_out_of_reach_are_counted_but_never_named(rep, stranger):
    mother = make_customer(stranger, name="Foreign Mother")
    mine = make_customer(rep, name="Mine", parent=mother)
    make_customer(stranger, name="Foreign Sister", parent=mother)
    make_customer(stranger, name="Foreign Child", parent=mine)
    partner = make_customer(stranger, name="Foreign Partner")
    CustomerRelation.objects.create(
        customer=partner, other=mine, kind="supplier", remark="deep secret", created_by=stranger
    )
    client = sign_in(rep)

    top, unseen, _is_cut = relations.group_of(mine, rep)
    assert (top.customer, unseen) == (None, 3)
    for address in (f"/customers/{mine.pk}/", f"/customers/{mine.pk}/companies/"):
        page = client.get(address)
        assert page.status_code == 200
        assert "another company" in page.text
        assert "supplied by" in page.text
        assert "Foreign" not in page.text
        assert "deep secret" not in page.text


def test_the_name_of_a_parent_out_of_reach_is_not_told_by_the_history(rep, stranger):
    mine, foreign = make_customer(rep), make_customer(stranger, name="Foreign Mother")
    relations.set_parent(mine, actor=stranger_who_sees_all(), parent=foreign)

    entry = CustomerStory(mine, rep).page(None).entries[0]

    assert [(change.label, change.before, change.after) for change in entry.changes] == [
        ("parent company", "", "another company")
    ]


def stranger_who_sees_all():
    user = make_user("all", "director")
    for right in ("view_customer", "change_customer"):
        user.roles.get().grants.update_or_create(right=f"customers.{right}", defaults={"scope": "all"})
    return user


def test_a_relation_is_read_from_both_sides_noted_once_and_ended_from_either(rep):
    channel, maker = make_customer(rep, name="Channel"), make_customer(rep, name="Maker")
    relation = relations.relate(channel, actor=rep, other=maker, kind="channel", remark="East only")
    with pytest.raises(ValidationError, match="known already"):
        relations.relate(channel, actor=rep, other=maker, kind="channel")
    client = sign_in(rep)

    assert "it sells for" in client.get(f"/customers/{channel.pk}/companies/").text
    assert "sold by" in client.get(f"/customers/{maker.pk}/companies/").text
    assert client.post(f"/customers/{maker.pk}/relations/{relation.pk}/end/").status_code == 302
    assert CustomerRelation.objects.count() == 0


@pytest.mark.parametrize(("field", "values"), [("kind", {"kind": "enemy"}), ("remark", {"remark": "x" * 201})])
def test_relations_that_cannot_be_are_refused(rep, field, values):
    one, other = make_customer(rep), make_customer(rep)
    with pytest.raises(ValidationError) as refusal:
        relations.relate(one, actor=rep, other=other, **{"kind": "partner", **values})
    assert field in refusal.value.message_dict
    with pytest.raises(ValidationError, match="to itself"):
        relations.relate(one, actor=rep, other=one, kind="partner")
    assert CustomerRelation.objects.count() == 0


def test_parent_and_relation_are_chosen_on_pages_without_script(rep):
    mine, mother = make_customer(rep, name="Mine"), make_customer(rep, name="Harbour Mother")
    client = sign_in(rep)

    found = client.get(f"/customers/{mine.pk}/parent/?q=Harbour")
    assert f'value="{mother.pk}"' in found.text
    assert client.post(f"/customers/{mine.pk}/parent/", {"other": mother.pk}).status_code == 302
    assert client.post(f"/customers/{mine.pk}/relate/", {"other": mother.pk, "kind": "referred"}).status_code == 302
    looped = client.post(f"/customers/{mother.pk}/parent/", {"other": mine.pk})

    assert looped.status_code == 422
    assert "cannot stand above it" in looped.text
    mine.refresh_from_db()
    assert mine.parent == mother
    assert CustomerRelation.objects.get().kind == "referred"


def test_the_api_tells_the_companies_around_within_reach(api, rep, stranger):
    mother = make_customer(stranger, name="Foreign")
    mine = make_customer(rep, parent=mother)
    child = make_customer(rep, name="Child", parent=mine)
    client = api(rep)

    told = client.get(f"customers/{mine.pk}/companies/").body

    assert told == {
        "has_parent": True, "parent": None, "children": [{"id": child.pk, "name": "Child"}],
        "unseen_children": 0, "relations": [],
    }  # fmt: skip
    assert client.get(f"customers/{mine.pk}/").body["parent"] is None
    assert client.get(f"customers/{child.pk}/").body["parent"] == mine.pk


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_never_close_a_ring():
    rep = make_user("rep", "rep")
    one, other = make_customer(rep), make_customer(rep)
    start, outcomes = threading.Barrier(2), []

    def belong(child, parent):
        start.wait()
        try:
            relations.set_parent(child, actor=rep, parent=parent)
            outcomes.append("set")
        except ValidationError:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=belong, args=pair) for pair in ((one, other), (other, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["refused", "set"]
    assert Customer.objects.filter(parent__isnull=False).count() == 1
