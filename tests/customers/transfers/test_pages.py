"""The pages of a transfer, as a director walks through them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.jobs.models import Job
from crm.jobs.running import run_job
from customers.customers.models import Customer
from customers.transfers.models import Transfer
from tests.factories import make_customer, make_customers, sign_in

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "/customers/transfers/new/"


def _answers(team, **more):
    return {
        "plan": "1",
        "owner": "gina",
        "targets": [team.rita.pk, team.ryan.pk],
        "split": "even",
        "moves_along": ["follow_ups", "tasks"],
        "clock": "keep",
        "reason": "Gina leaves",
        **more,
    }


def test_a_director_previews_runs_and_undoes_on_the_pages(team):
    make_customers(7, owner=team.gina)
    browser = sign_in(team.dora)
    assert browser.get(NEW).status_code == 200
    assert "7 customers" in browser.get(NEW + "?owner=gina").content.decode()
    planned = browser.post(NEW, _answers(team))
    transfer = Transfer.objects.get()
    assert planned.url == transfer.get_absolute_url()
    assert "Move 7 customers" in browser.get(planned.url).content.decode()
    assert Customer.objects.filter(owner=team.gina).count() == 7
    browser.post(f"{planned.url}run/")
    assert browser.get(planned.url).status_code == 200
    run_job(Job.objects.get().pk)
    done = browser.get(planned.url)
    assert "Can be undone" in done.content.decode()
    assert Customer.objects.filter(owner=team.gina).count() == 0
    assert browser.get(f"{planned.url}undo/").status_code == 200
    browser.post(f"{planned.url}undo/")
    run_job(Job.objects.get(kind="transfer-undo").pk)
    assert Customer.objects.filter(owner=team.gina).count() == 7
    assert browser.get("/customers/transfers/").status_code == 200


def test_the_bulk_bar_hands_ids_or_a_whole_filter_over(team):
    made = make_customers(3, owner=team.rita)
    browser = sign_in(team.dora)
    by_ids = browser.post(NEW, {"ids": [str(row.pk) for row in made[:2]], "all": "", "query": ""})
    by_filter = browser.post(NEW, {"all": "1", "query": f"owner={team.rita.pk}"})
    assert "2 customers" in by_ids.content.decode()
    assert "3 customers" in by_filter.content.decode()


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"reason": ""}, 422),
        ({"reason": "x" * 201}, 422),
        ({"targets": []}, 422),
        ({"targets": ["999999"]}, 422),
        ({"targets": ["x"]}, 422),
        ({"split": "dice"}, 422),
        ({"owner": "nobody-of-that-name"}, 400),
        ({"owner": "", "ids": "1,2,x"}, 400),
        ({"owner": "", "all": "1", "query": "owner=%00'"}, 400),
    ],
)
def test_a_wrong_answer_is_refused_in_words_and_nothing_is_planned(team, wrong, status):
    make_customer(owner=team.gina)
    answer = sign_in(team.dora).post(NEW, _answers(team, **wrong))
    assert answer.status_code == status
    assert Transfer.objects.count() == 0


def test_a_receiver_outside_the_departments_below_is_refused(team):
    make_customer(owner=team.gina)
    answer = sign_in(team.dora).post(NEW, _answers(team, targets=[team.nora.pk]))
    assert answer.status_code == 422
    assert Transfer.objects.count() == 0


def test_a_rep_may_not_open_any_page_of_transfers(team):
    make_customers(2, owner=team.gina)
    sign_in(team.dora).post(NEW, _answers(team))
    transfer = Transfer.objects.get()
    rep = sign_in(team.rita)
    for path in ("", "new/", f"{transfer.pk}/", f"{transfer.pk}/result/"):
        assert rep.get(f"/customers/transfers/{path}").status_code == 403
    for verb in ("run", "cancel", "undo"):
        assert rep.post(f"/customers/transfers/{transfer.pk}/{verb}/").status_code == 403
    transfer.refresh_from_db()
    assert transfer.state == "draft"
    assert Customer.objects.filter(owner=team.gina).count() == 2


def test_the_transfer_of_another_department_does_not_exist(team):
    from tests.factories import make_user

    make_customers(2, owner=team.gina)
    sign_in(team.dora).post(NEW, _answers(team))
    transfer = Transfer.objects.get()
    other = sign_in(make_user("dan", role="director", department=team.north))
    assert other.get(transfer.get_absolute_url()).status_code == 404
    assert other.post(f"{transfer.get_absolute_url()}run/").status_code == 404
    assert Transfer.objects.get().state == "draft"


def test_the_result_file_lists_each_record(team, run):
    make_customers(3, owner=team.gina)
    browser = sign_in(team.dora)
    browser.post(NEW, _answers(team, targets=[team.rita.pk]))
    transfer = run(Transfer.objects.get())
    answer = browser.get(f"{transfer.get_absolute_url()}result/?format=csv")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert lines[1].count(",") == 5
    assert ",Gina,Rita,moved," in lines[1]


def test_the_pages_cost_the_same_queries_whatever_their_length(team):
    browser = sign_in(team.dora)

    def costs():
        transfer = Transfer.objects.order_by("pk").last()
        found = []
        for path in ("/customers/transfers/", NEW + "?owner=gina", transfer.get_absolute_url()):
            browser.get(path)
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(path).status_code == 200
            found.append(len(queries))
        return found

    make_customer(owner=team.gina)
    browser.post(NEW, _answers(team))
    short = costs()
    make_customers(40, owner=team.gina)
    for _ in range(3):
        browser.post(NEW, _answers(team))
    assert costs() == short
    assert max(short) <= 18
