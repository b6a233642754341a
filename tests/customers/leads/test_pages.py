"""The inbox, its verbs, the rules in the settings, and who is kept out of them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.history.models import Operation
from customers.activities.models import Activity
from customers.customers.models import Customer
from customers.leads.models import Allotment, AllotmentRecord
from tests.contract.fingerprints import fingerprint
from tests.customers.leads.conftest import make_leads, make_rule, owners_of, send_away
from tests.factories import (
    make_activity,
    make_customer,
    make_customers,
    make_department,
    make_region,
    make_source,
    make_user,
    sign_in,
)

pytestmark = pytest.mark.django_db
INBOX = "/customers/leads/"


def names_on(page):
    text = page.content.decode()
    return [name for name in Customer.objects.order_by("pk").values_list("name", flat=True) if f">{name}<" in text]


def test_the_inbox_holds_what_waits_and_what_its_owner_has_not_touched(sales, rita, vera):
    waits, discarded = make_leads(1, sales), make_leads(1, sales, archived_at=timezone.now())
    untouched = make_customer(owner=rita)
    worked = make_customer(owner=rita, last_followed_at=timezone.now() + timedelta(minutes=1))
    stale = make_customer(owner=rita, last_followed_at=timezone.now() - timedelta(days=9))
    assert names_on(sign_in(vera).get(INBOX)) == [waits[0].name, untouched.name, stale.name]
    assert names_on(sign_in(vera).get(f"{INBOX}?status=potential")) == [waits[0].name]
    assert names_on(sign_in(vera).get(f"{INBOX}?status=lead&unworked=on")) == [untouched.name, stale.name]
    assert discarded and worked


def test_the_inbox_tells_source_and_what_the_lead_said_and_masks_its_phone(sales, vera):
    lead = make_customer(department=sales, source=make_source("Trade fair"), phone="+8613812345678")
    make_activity(lead, kind=Activity.Kind.NOTE, content="Campaign: Spring", author=vera)
    make_activity(lead, kind=Activity.Kind.NOTE, content="Said later", author=vera)
    text = sign_in(vera).get(INBOX).content.decode()
    assert "Trade fair" in text and "Campaign: Spring" in text and "138****5678" in text
    assert "Said later" not in text and "12345678" not in text


def test_the_inbox_says_for_how_long_each_lead_waits(sales, rita, vera):
    now = timezone.now()
    make_customer(department=sales, created_at=now - timedelta(days=3))
    make_customer(owner=rita, created_at=now - timedelta(days=9), received_at=now)
    text = sign_in(vera).get(INBOX).content.decode()
    assert ">3 days</span>" in text and ">today</span>" in text and ">9 days</span>" not in text


def test_a_director_sees_the_leads_of_the_departments_below_and_no_others(sales, east):
    dora = make_user("dora", role="director", department=east)
    mine, others = make_leads(1, east), make_leads(1, make_department("West", parent=sales))
    assert names_on(sign_in(dora).get(INBOX)) == [mine[0].name]
    assert others


def test_the_navigation_counts_what_waits_for_those_who_assign(sales, rita, vera):
    make_leads(3, sales)
    make_customer(owner=rita)
    assert 'id="count-inbox">3<' in sign_in(vera).get("/customers/").content.decode()
    assert "count-inbox" not in sign_in(rita).get("/customers/").content.decode()


@pytest.mark.parametrize("query", ["status=nonsense", "cursor=made-up", "columns=salary", "sort=phone", "q=%00"])
def test_an_inbox_asked_for_nonsense_says_so(query, vera):
    assert sign_in(vera).get(f"{INBOX}?{query}").status_code == 400


def test_chosen_leads_go_evenly_to_the_chosen_people(sales, rita, ryan, vera):
    leads = make_leads(2, sales)
    sent = {"ids": f"{leads[0].pk},{leads[1].pk}", "people": [rita.pk, ryan.pk], "allotment": "", "reason": "Fair"}
    answer = sign_in(vera).post(f"{INBOX}hand-out/", sent)
    assert (answer.status_code, answer["Location"]) == (302, INBOX)
    assert owners_of(leads) == ["rita", "ryan"]
    assert Operation.objects.get(verb="customers_handed_out").reason == "Fair"


def test_all_leads_that_match_go_by_a_rule_and_pooled_or_owned_customers_stay(sales, rita, ryan, vera):
    fair, web = make_source("Fair"), make_source("Web")
    leads, others = make_leads(2, sales, source=fair), make_leads(1, sales, source=web)
    owned = make_customers(1, owner=ryan, source=fair)
    rule = make_rule(shares={rita: 1})
    sent = {"all": "1", "query": f"source={fair.pk}", "allotment": rule.pk}
    assert sign_in(vera).post(f"{INBOX}hand-out/", sent).status_code == 302
    assert owners_of(leads + others + owned) == ["rita", "rita", None, "ryan"]


def test_the_page_asks_to_whom_and_leaves_out_who_is_away(sales, rita, ryan, vera):
    send_away(ryan, rita)
    leads = make_leads(2, sales)
    page = sign_in(vera).post(f"{INBOX}hand-out/", {"ids": f"{leads[0].pk},{leads[1].pk}"}).content.decode()
    assert "Hand out 2 leads" in page and "Rita · East · holds 0 of 200" in page
    assert "Ryan" not in page


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 302), ({"ids": "x"}, 302), ({"ids": "999999", "people": "1"}, 302),
        ({"people": "", "allotment": ""}, 422), ({"people": "999999"}, 422), ({"allotment": "999999"}, 422),
    ],
)  # fmt: skip
def test_a_hand_out_that_makes_no_sense_changes_nothing(sent, status, sales, rita, vera):
    lead = make_leads(1, sales)[0]
    browser = sign_in(vera)
    before = fingerprint()
    sent = {"ids": lead.pk, **sent} if sent else sent
    assert browser.post(f"{INBOX}hand-out/", sent).status_code == status
    assert fingerprint() == before


def test_a_potential_customer_is_discarded_with_a_reason_and_put_back_as_it_was(sales, vera):
    lead = make_leads(1, sales)[0]
    browser = sign_in(vera)
    assert browser.post(f"/customers/{lead.pk}/discard/", {"reason": " "}).status_code == 422
    assert browser.post(f"/customers/{lead.pk}/discard/", {"reason": "No budget"}).status_code == 302
    lead.refresh_from_db()
    assert (lead.status, lead.archived_at is not None) == ("potential", True)
    assert Operation.objects.get(verb="customer_discarded").reason == "No budget"
    assert browser.post(f"/customers/{lead.pk}/unarchive/").status_code == 302
    lead.refresh_from_db()
    assert (lead.status, lead.archived_at, lead.owner) == ("potential", None, None)


def test_many_are_discarded_at_once_and_only_potential_ones(sales, rita, vera):
    leads, owned = make_leads(2, sales), make_customer(owner=rita)
    ids = ",".join(str(row.pk) for row in [*leads, owned])
    assert sign_in(vera).post("/customers/discard/", {"ids": ids, "reason": "Test entries"}).status_code == 302
    assert list(Customer.objects.live()) == [owned]
    assert Operation.objects.get(verb="customers_discarded").row_count == 2


def test_discarding_a_lead_somebody_works_on_is_refused_and_changes_nothing(rita, vera):
    lead = make_customer(owner=rita)
    browser = sign_in(vera)
    before = fingerprint()
    answer = browser.post(f"/customers/{lead.pk}/discard/", {"reason": "No"})
    assert answer.status_code == 422 and "worked on already" in answer.content.decode()
    assert fingerprint() == before


def test_a_rep_may_neither_see_the_inbox_nor_hand_out_nor_discard_nor_keep_rules(sales, rita):
    lead, rule = make_leads(1, sales)[0], make_rule(shares={rita: 1})
    browser = sign_in(rita)
    before = fingerprint()
    answers = [
        browser.get(INBOX), browser.post(f"{INBOX}hand-out/", {"ids": lead.pk, "people": rita.pk}),
        browser.post("/customers/discard/", {"ids": lead.pk, "reason": "No"}),
        browser.post(f"/customers/{lead.pk}/discard/", {"reason": "No"}), browser.get("/settings/allotments/"),
        browser.post(f"/settings/allotments/{rule.pk}/try/"), browser.post(f"/settings/allotments/{rule.pk}/delete/"),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [403] * 7
    assert before.keys() == fingerprint().keys()
    assert owners_of([lead]) == [None] and Allotment.objects.count() == 1


# ── rules ──


def test_a_rule_is_made_with_names_of_regions_and_weights(rita, ryan, vera):
    suzhou = make_region("苏州市", parent=make_region("江苏省"))
    sent = {
        "name": "Suzhou", "method": "ratio", "position": "1", "is_automatic": "on", "region_ids": "苏州",
        f"share-{rita.pk}": "3", f"share-{ryan.pk}": "1",
    }  # fmt: skip
    answer = sign_in(vera).post("/settings/allotments/new/", sent)
    rule = Allotment.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/settings/allotments/{rule.pk}/try/")
    assert (rule.region_ids, rule.method, rule.is_automatic, rule.pool) == ([suzhou.pk], "ratio", True, None)
    assert dict(rule.shares.values_list("user__username", "weight")) == {"rita": 3, "ryan": 1}
    assert 'value="江苏省 苏州市"' in sign_in(vera).get(f"/settings/allotments/{rule.pk}/").content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"region_ids": "Atlantis"}, {"industry_ids": "Magic"}, {"share": "-1"}, {"share": ""}, {"share": "1001"},
        {"name": ""}, {"method": "favourites"}, {"pool": "999999"}, {"source_ids": "999999"}, {"position": "-1"},
    ],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_refused_and_nothing_is_kept(wrong, rita, vera):
    share = wrong.pop("share", "1")
    sent = {"name": "Rule", "method": "turns", "position": "1", f"share-{rita.pk}": share, **wrong}
    browser = sign_in(vera)
    before = fingerprint()
    assert browser.post("/settings/allotments/new/", sent).status_code == 422
    assert fingerprint() == before


def test_trying_a_rule_shows_who_would_get_what_and_changes_nothing_until_it_is_run(sales, rita, ryan, vera):
    leads, rule = make_leads(3, sales), make_rule(shares={rita: 1, ryan: 1})
    browser = sign_in(vera)
    before = fingerprint()
    page = browser.get(f"/settings/allotments/{rule.pk}/try/").content.decode()
    assert "3 customers would be handed out now" in page and leads[0].name in page
    assert fingerprint() == before
    answer = browser.post(f"/settings/allotments/{rule.pk}/try/")
    assert answer["Location"] == f"/settings/allotments/{rule.pk}/history/"
    assert owners_of(leads) == ["rita", "ryan", "rita"]
    assert Operation.objects.get(verb="customers_allotted").actor == vera
    assert names_on(browser.get(answer["Location"])) == [lead.name for lead in leads]


def test_the_history_of_a_rule_does_not_name_customers_out_of_reach(sales, east, rita):
    dora = make_user("dora", role="director", department=east)
    wes = make_user("wes", role="rep", department=make_department("West", parent=sales))
    leads, rule = make_leads(2, sales), make_rule(shares={rita: 1, wes: 1})
    sign_in(make_user("ada", role="admin", department=sales)).post(f"/settings/allotments/{rule.pk}/try/")
    page = sign_in(dora).get(f"/settings/allotments/{rule.pk}/history/")
    assert names_on(page) == [leads[0].name] and "a customer out of your reach" in page.content.decode()
    assert sign_in(dora).get(f"/settings/allotments/{rule.pk}/history/?cursor=made-up").status_code == 400


def test_a_deleted_rule_is_gone_and_named_in_the_history(rita, vera):
    rule = make_rule("Old rule", shares={rita: 1})
    assert sign_in(vera).post(f"/settings/allotments/{rule.pk}/delete/").status_code == 302
    assert not Allotment.objects.exists() and not AllotmentRecord.objects.exists()
    assert Operation.objects.get(verb="allotment_deleted").subject_label == "Old rule"
