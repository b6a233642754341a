"""Segments are made in the builder, shared by right, used by the list, and drive rules and scores."""

import threading
import time
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from crm.history.models import Operation
from crm.jobs.models import Job
from crm.jobs.running import run_job
from crm.notifications.models import Notice
from crm.records.undo import undo_operation
from customers.customers.models import Customer
from customers.segments.actions import copy_segment, delete_segment, save_rule, save_segment
from customers.segments.jobs import classify_each_night, start_classification
from customers.segments.models import ClassificationRule, CustomerScore, Segment
from customers.segments.scoring import score_customers
from tests.contract.fingerprints import fingerprint
from tests.factories import make_activity, make_customer, make_department, make_level, make_tag, make_user, sign_in

pytestmark = pytest.mark.django_db
BIG = {"match": "all", "groups": [{"match": "all", "rows": [{"field": "size", "operator": "any", "value": ["giant"]}]}]}
POSTED = {"name": "Giants", "match": "all", "g0-match": "all", "g0-0-field": "size", "g0-0-operator": "any",
          "g0-0-value": ["giant"], "save": "1"}  # fmt: skip


@pytest.fixture
def director():
    return make_user("director", "director", make_department("East"))


@pytest.fixture
def rep(director):
    return make_user("rep", "rep", director.department)


# ── the builder ──


def test_a_segment_is_built_saved_and_opens_the_list_behind_it(rep):
    giant, _small = make_customer(rep, name="Giant", size="giant"), make_customer(rep, name="Small", size="small")
    client = sign_in(rep)

    answer = client.post("/customers/segments/new/", POSTED)
    segment = Segment.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/customers/segments/{segment.pk}/")
    assert (segment.owner, segment.conditions) == (rep, BIG)
    page = client.get(f"/customers/segments/{segment.pk}/")
    assert (page.context["count"], "Size is one of 2,000 people and more" in page.text) == (1, True)

    rows = client.get(f"/customers/?segment={segment.pk}")
    assert (rows.context["total"], giant.name in rows.text, "Small" in rows.text) == (1, True, False)
    assert "Giants" in rows.text


@pytest.mark.parametrize(
    ("step", "groups"),
    [
        ("add:0", [["size", ""]]),
        ("remove:0-0", [[""]]),
        ("add_group", [["size"], [""]]),
        ("remove_group:0", [[""]]),
        ("remove:7-7", [["size"]]),
        ("drop table", [["size"]]),
    ],
)
def test_the_buttons_of_the_builder_work_without_script(rep, step, groups):
    posted = {name: value for name, value in POSTED.items() if name != "save"}

    answer = sign_in(rep).post("/customers/segments/new/", {**posted, "do": step})

    shown = answer.context["builder"].conditions["groups"]
    assert [[row["field"] for row in group["rows"]] for group in shown] == groups
    assert answer.context["form"]["name"].value() == "Giants"
    assert Segment.objects.count() == 0


def test_the_count_follows_the_conditions_while_they_are_built(rep):
    make_customer(rep, size="giant")
    client = sign_in(rep)

    assert "1 customers in your reach" in client.post("/customers/segments/builder/", POSTED).text
    half = client.post("/customers/segments/builder/", {**POSTED, "g0-0-value": []})
    assert (half.status_code, "in your reach" in half.text, "Choose at least" in half.text) == (200, False, False)


def test_conditions_that_cannot_be_are_shown_beside_their_row(rep):
    client = sign_in(rep)
    before = fingerprint()

    answer = client.post("/customers/segments/new/", {**POSTED, "g0-0-value": ["enormous"]})

    assert answer.status_code == 422
    assert "“enormous” is not one of the choices." in answer.text
    assert fingerprint() == before


# ── whose it is ──


def test_a_segment_of_another_is_seen_only_when_it_is_offered_to_everyone(director, rep):
    private = save_segment(None, actor=director, name="Private", conditions=BIG)
    shared = save_segment(None, actor=director, name="Shared", conditions=BIG, is_shared=True)
    client = sign_in(rep)
    before = fingerprint()

    assert client.get(f"/customers/segments/{private.pk}/").status_code == 404
    assert client.get(f"/customers/?segment={private.pk}").status_code == 400
    assert client.get(f"/customers/segments/{shared.pk}/").status_code == 200
    assert client.post(f"/customers/segments/{shared.pk}/edit/", POSTED).status_code == 403
    assert client.post(f"/customers/segments/{shared.pk}/delete/").status_code == 403
    assert fingerprint() == before

    assert copy_segment(shared, actor=rep).owner == rep


def test_a_rep_cannot_offer_a_segment_to_everyone(rep):
    with pytest.raises(ValidationError) as refusal:
        save_segment(None, actor=rep, name="Mine", conditions=BIG, is_shared=True)

    assert list(refusal.value.error_dict) == ["is_shared"]
    assert Segment.objects.count() == 0


def test_a_segment_that_a_rule_uses_cannot_be_deleted(director):
    segment = save_segment(None, actor=director, name="Big", conditions=BIG)
    rule(director, segment, level=make_level("Key"))

    with pytest.raises(ValidationError, match="uses this segment"):
        delete_segment(segment, actor=director)
    assert Segment.objects.count() == 1


def test_a_list_filtered_by_a_segment_costs_three_queries_more_whatever_its_conditions(director):
    client = sign_in(director)
    wide = [{"field": "level", "operator": "none", "value": [make_level(f"L{number}").pk]} for number in range(10)]
    few = save_segment(None, actor=director, name="Few", conditions=BIG)
    many = save_segment(
        None, actor=director, name="Many", conditions={"match": "all", "groups": [{"match": "all", "rows": wide}]}
    )
    counts = []
    for query in ("", f"?segment={few.pk}", f"?segment={many.pk}"):
        client.get(f"/customers/{query}")
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/customers/{query}")
        counts.append(len(captured))
    # the segment, the level's name in its words, and the columns that pools hide
    assert counts[1] == counts[2] <= counts[0] + 3


# ── rules ──


def rule(actor, segment, *, level=None, tag=None, takes_back=False, position=0):
    return save_rule(
        None, actor=actor, name=f"Rule {ClassificationRule.objects.count()}", segment=segment, level=level, tag=tag,
        takes_back=takes_back, is_active=True, position=position,
    )  # fmt: skip


def run(actor):
    job = start_classification(actor)
    run_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error
    return job


def test_rules_give_levels_and_tags_and_take_tags_back(director, rep):
    key, vip = make_level("Key"), make_tag("VIP")
    segment = save_segment(None, actor=director, name="Big", conditions=BIG)
    rule(director, segment, level=key)
    rule(director, segment, tag=vip, takes_back=True)
    big, small = make_customer(rep, size="giant"), make_customer(rep, size="small", tag_ids=[vip.pk])

    job = run(director)

    big.refresh_from_db()
    small.refresh_from_db()
    assert (big.level, big.tag_ids, small.level, small.tag_ids) == (key, [vip.pk], None, [])
    assert job.done == 3
    assert run(director).done == 0


def test_the_first_rule_that_sets_a_level_wins(director, rep):
    key, plain = make_level("Key"), make_level("Plain")
    everybody = {"match": "all", "groups": [{"match": "all", "rows": [{"field": "name", "operator": "filled"}]}]}
    big = save_segment(None, actor=director, name="Big", conditions=BIG)
    rule(director, save_segment(None, actor=director, name="All", conditions=everybody), level=plain, position=2)
    rule(director, big, level=key, position=1)
    giant, small = make_customer(rep, size="giant", level=plain), make_customer(rep, size="small")

    run(director)

    assert dict(Customer.objects.values_list("pk", "level__name")) == {giant.pk: "Key", small.pk: "Plain"}


def test_a_run_of_the_rules_can_be_taken_back(director, rep):
    segment = save_segment(None, actor=director, name="Big", conditions=BIG)
    rule(director, segment, level=make_level("Key"))
    make_customer(rep, size="giant")
    job = run(director)

    outcome = undo_operation(job.operation, actor=director)

    assert (outcome.put_back, list(Customer.objects.values_list("level", flat=True))) == (1, [None])


def test_the_preview_writes_nothing_and_says_who_would_change(director, rep):
    segment = save_segment(None, actor=director, name="Big", conditions=BIG)
    rule(director, segment, level=make_level("Key"))
    make_customer(rep, name="Giant Works", size="giant")
    make_customer(make_user("far", "rep", make_department("North")), name="Far Works", size="giant")
    client = sign_in(director)
    before = fingerprint()

    answer = client.get("/settings/classification/preview/")

    assert ("Giant Works" in answer.text, "Far Works" in answer.text, answer.context["total"]) == (True, False, 2)
    assert fingerprint() == before


def test_each_night_the_rules_run_for_whoever_keeps_them_and_for_nobody_who_no_longer_may(director, rep):
    segment = save_segment(None, actor=director, name="Big", conditions=BIG)
    rule(director, segment, level=make_level("Key"))
    make_customer(rep, size="giant")

    director.roles.clear()
    classify_each_night()
    assert Job.objects.count() == 0

    director.roles.set(make_user("other", "director").roles.all())
    classify_each_night()
    assert list(Job.objects.values_list("requested_by", flat=True)) == [director.pk]
    assert Operation.objects.filter(verb="customers_classified").count() == 1


GONE = {"match": "all", "groups": [{"match": "all", "rows": [{"field": "custom.gone", "operator": "filled"}]}]}
DAMAGED = {"match": "all", "groups": [{"match": "all", "rows": [{"field": "size"}]}]}


@pytest.mark.parametrize("conditions", [GONE, DAMAGED])
def test_a_broken_rule_stops_no_other_and_who_can_mend_it_hears_of_it(director, rep, conditions):
    key, plain, tag = make_level("Key"), make_level("Plain"), make_tag("VIP")
    segment = save_segment(None, actor=director, name="Big", conditions=BIG)
    theirs = save_segment(None, actor=rep, name="Theirs", conditions=BIG)
    Segment.objects.filter(pk=theirs.pk).update(is_shared=True)
    broken = rule(director, theirs, level=key, position=1)
    sound = [rule(director, segment, level=plain, position=2), rule(director, segment, tag=tag, position=3)]
    Segment.objects.filter(pk=theirs.pk).update(conditions=conditions)
    holds, new = make_customer(rep, size="giant", level=key), make_customer(rep, size="giant")
    other = make_user("other", "director")

    for _night in range(2):
        classify_each_night()
        run_job(Job.objects.latest("pk").pk)

    assert set(Job.objects.values_list("state", "error")) == {(Job.State.DONE, "")}
    assert list(Customer.objects.order_by("pk").values_list("pk", "level", "tag_ids")) == [
        (holds.pk, key.pk, [tag.pk]), (new.pk, plain.pk, [tag.pk])
    ]  # fmt: skip
    ran = ClassificationRule.objects.filter(ran_at__isnull=False)
    assert set(ran) == set(sound)
    entry = Operation.objects.filter(verb="customers_classified").first()
    assert entry.facts["rules"] == [one.name for one in sound]
    told = Notice.objects.filter(kind="broken_rule")
    settings_page = "/settings/classification/"
    assert set(told.values_list("recipient", "url")) == {
        (rep.pk, theirs.get_absolute_url()), (director.pk, settings_page), (other.pk, settings_page)
    }  # fmt: skip
    assert told.count() == 3 and broken.name in told.first().text
    assert "Left out" in str(Job.objects.latest("pk").result["facts"])


def test_a_rule_the_database_cannot_answer_stops_no_other(director, rep):
    tag = make_tag("VIP")
    segment = save_segment(None, actor=director, name="Big", conditions=BIG)
    other = save_segment(None, actor=director, name="Other", conditions=BIG)
    rule(director, other, tag=make_tag("Never"))
    rule(director, segment, tag=tag)
    far = {"field": "last_followed", "operator": "from", "value": "99999-99-99"}
    Segment.objects.filter(pk=other.pk).update(conditions={"match": "all", "groups": [{"match": "all", "rows": [far]}]})
    make_customer(rep, size="giant")

    classify_each_night()
    run_job(Job.objects.get().pk)

    assert Job.objects.get().state == Job.State.DONE
    assert Customer.objects.get().tag_ids == [tag.pk]
    assert set(Notice.objects.filter(kind="broken_rule").values_list("recipient", flat=True)) == {director.pk}


@pytest.mark.parametrize("page", ["", "new/", "preview/"])
def test_reps_do_not_keep_rules(rep, page):
    assert sign_in(rep).get(f"/settings/classification/{page}").status_code == 403


# ── scores ──


def test_scores_rank_by_recency_and_frequency_and_equal_customers_score_the_same(rep):
    now = timezone.now()
    made = []
    for number in range(10):
        customer = make_customer(rep, last_followed_at=now - timedelta(days=number * 10))
        for _ in range(1 if number < 8 else 5):
            make_activity(customer, is_valid_follow_up=True, happened_at=now - timedelta(days=1))
        made.append(customer)
    never = make_customer(rep)

    score_customers()

    scores = {pk: (r, f, g) for pk, r, f, g in CustomerScore.objects.values_list("pk", "recency", "frequency", "group")}
    assert [scores[customer.pk][0] for customer in made] == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert {scores[customer.pk][1] for customer in made[:8]} == {4}
    assert {scores[customer.pk][1] for customer in made[8:]} == {5}
    assert scores[made[0].pk][2] == "close" and scores[made[9].pk][2] == "cooling"
    assert scores[never.pk] == (None, None, "untouched")
    assert score_customers() == 0


def money():
    return "SELECT id AS customer_id, 100::numeric * id AS amount FROM customers_customer"


def test_value_comes_from_the_app_that_knows_amounts(rep, settings):
    settings.HARBOUR_MONETARY = f"{__name__}.money"
    made = [make_customer(rep, last_followed_at=timezone.now()) for _ in range(5)]

    score_customers()

    assert [CustomerScore.objects.get(pk=customer.pk).monetary for customer in made] == [1, 2, 3, 4, 5]


def test_the_grid_counts_what_is_in_reach_and_leads_to_the_list(rep):
    make_customer(rep, last_followed_at=timezone.now())
    make_customer(make_user("far", "rep", make_department("North")), last_followed_at=timezone.now())
    score_customers()
    client = sign_in(rep)

    grid = client.get("/customers/segments/rfm/").context["grid"]
    (cell,) = [cell for _recency, cells in grid.rows for cell in cells if cell.count]
    assert (grid.total, cell.count) == (1, 1)
    assert client.get(cell.url).context["total"] == 1
    assert client.get("/customers/?rfm=9-9").status_code == 400


# ── at the same moment ──


def _while_another_saves_the_same(work):
    """What becomes of a work that begins before the same work of another has ended, and ends after it."""
    ended = []

    def second():
        try:
            with translation.override("en"):
                work()
            ended.append("saved")
        except ValidationError as refusal:
            ended.append(refusal.message_dict)
        except IntegrityError:
            ended.append("IntegrityError")
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        work()
        thread.start()
        for _try in range(200):
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                if cursor.fetchone()[0]:
                    break
            time.sleep(0.02)
    thread.join(30)
    return ended


@pytest.mark.django_db(transaction=True)
def test_of_two_segments_of_one_name_saved_at_the_same_moment_one_is_refused_in_words(director):
    ended = _while_another_saves_the_same(lambda: save_segment(None, actor=director, name="Big", conditions=BIG))

    assert ended == [{"name": ["You have a segment of this name."]}]
    assert Segment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_rules_of_one_name_saved_at_the_same_moment_one_is_refused_in_words(director):
    segment, tag = save_segment(None, actor=director, name="Big", conditions=BIG), make_tag("VIP")

    def work():
        save_rule(None, actor=director, name="Rule", segment=segment, level=None, tag=tag, takes_back=False,
                  is_active=True)  # fmt: skip

    assert _while_another_saves_the_same(work) == [{"name": ["There is a rule of this name."]}]
    assert ClassificationRule.objects.count() == 1
