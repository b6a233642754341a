"""Files of leads in the watched folder: taken once, answered in words, hostile ones refused."""

import os
import time

import pytest

from crm.jobs.models import Job
from crm.jobs.running import process_everything, run_job
from crm.notifications.models import Notice
from customers.activities.models import Activity
from customers.customers.models import Customer
from customers.leads import files, jobs
from tests.factories import make_customer, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def drop(tmp_path, settings, sales, vera):
    settings.LEAD_DROP, settings.LEAD_DROP_USER = tmp_path / "leads", ""
    sales.head = vera
    sales.save()
    return files.folder()


def leave(drop, text, name="leads.csv", encoding="utf-8"):
    """A file written a minute ago."""
    path = drop / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    os.utime(path, (time.time() - 60, time.time() - 60))
    return path


def take_in():
    """What the schedule and the worker do; the result files as lists of cells."""
    jobs.take_in_dropped_files()
    process_everything()
    done = sorted((files.folder() / "done").glob("*.result.csv"), key=lambda path: path.stat().st_mtime_ns)
    return [[line.split(",") for line in path.read_text("utf-8-sig").splitlines()[1:]] for path in done]


def outcomes(drop):
    return [[cells[1] for cells in result] for result in take_in()]


def test_each_row_becomes_a_lead_and_the_file_lies_in_done_with_its_result(drop, vera):
    leave(drop, "name,contact_name,phone,note\nHarbour Works,Li Lei,13812345678,Wants a demo\nNorth Works,,,\n")
    result = take_in()[0]
    harbour, north = Customer.objects.order_by("pk")
    assert [cells[:4] for cells in result] == [
        ["2", "created", harbour.number, "Harbour Works"], ["3", "created", north.number, "North Works"],
    ]  # fmt: skip
    assert (harbour.status, harbour.department.takes_intake, harbour.created_by) == ("potential", True, vera)
    assert harbour.contacts.get().phone == "+8613812345678"
    assert Activity.objects.get().content == "Wants a demo"
    assert [path.name for path in drop.iterdir()] == ["done"]
    assert len(list((drop / "done").iterdir())) == 2
    assert Job.objects.get().result == {"created": 2}


def test_chinese_headers_in_gbk_are_read_and_other_columns_go_into_the_note(drop):
    leave(drop, "公司名称,联系人,手机,城市\n海港贸易,李雷,13812345678,上海\n", encoding="gb18030")
    assert outcomes(drop) == [["created"]]
    assert Customer.objects.get().name == "海港贸易"
    assert Activity.objects.get().content == "城市: 上海"


def test_the_same_row_comes_in_once_by_its_id_or_by_its_content(drop):
    text = "name,external_id\nHarbour Works,A-1\nNorth Works,\nNorth Works,\nHarbour Works again,A-1\n"
    leave(drop, text)
    assert outcomes(drop) == [["created", "created", "known already", "known already"]]
    leave(drop, text)
    assert outcomes(drop)[1] == ["known already"] * 4
    assert Customer.objects.count() == 2


def test_rows_that_cannot_be_are_refused_with_the_reason_and_the_others_come_in(drop, rita):
    make_customer(owner=rita, phone="+8613812345678")
    long_name = "x" * 201
    leave(drop, f"name,phone,email\n,,\nA,13812345678,\n{long_name},,\nB,12,\nC,,no-mail\nD,,\n")
    result = take_in()[0]
    assert [cells[1] for cells in result] == ["refused", "refused", "refused", "refused", "created"]
    assert "known already" in result[0][4] and "13812345678" not in result[0][4]
    assert sorted(Customer.objects.values_list("name", flat=True))[-1] == "D"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"), (b"phone,note\n1,2\n", "公司名称"), (b"name,company\na,b\n", "Two columns"),
        (b"PK\x03\x04 not a table", "damaged"), (b"name\n" + b"\x00\xff" * 900, ""),
        (b"<html><body>name</body></html>", ""),
        (b"name\n" + b"a\n" * 10_002, "10000 rows"), (b"name\n" + b"a" * 5_300_000, "larger than 5 MB"),
    ],
)  # fmt: skip
def test_a_hostile_file_is_refused_in_words_and_leaves_nothing(content, words, drop):
    leave(drop, content)
    result = take_in()[0]
    assert (len(result), result[0][1], Customer.objects.count()) == (1, "refused", 0)
    assert words in ",".join(result[0])
    assert [path.name for path in drop.iterdir()] == ["done"]
    assert Job.objects.get().state == "failed" and Notice.objects.filter(kind="job").count() == 1


def test_a_link_is_never_followed(drop, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("name\nSecret Works\n")
    (drop / "leads.csv").symlink_to(secret)
    assert take_in()[0][0][1] == "refused"
    assert not Customer.objects.exists() and secret.read_text() == "name\nSecret Works\n"


def test_formulas_in_a_row_are_harmless_in_the_result(drop):
    leave(drop, 'name\n"=HYPERLINK(""http://x"")"\n')
    take_in()
    text = next((drop / "done").glob("*.result.csv")).read_text("utf-8-sig")
    assert "'=HYPERLINK" in text


def test_a_file_still_being_written_and_one_with_another_ending_are_left_alone(drop):
    (drop / "leads.csv").write_text("name\nHarbour Works\n")
    leave(drop, "name\nNorth Works\n", name="leads.csv.part")
    assert take_in() == []
    assert sorted(path.name for path in drop.iterdir()) == ["done", "leads.csv", "leads.csv.part"]


def test_a_worker_killed_in_the_middle_repeats_nothing(drop, monkeypatch):
    leave(drop, "name\n" + "".join(f"Company {n}\n" for n in range(50)))
    real, seen = jobs.LeadDropRun.run_chunk, []

    def dies_in_the_second_part(self, job, params):
        seen.append(params["offset"])
        tally = real(self, job, params)
        if len(seen) == 2:
            raise SystemExit("killed")
        return tally

    monkeypatch.setattr(jobs.LeadDropRun, "run_chunk", dies_in_the_second_part)
    jobs.take_in_dropped_files()
    job = Job.objects.get()
    with pytest.raises(SystemExit):
        run_job(job.pk)
    assert Customer.objects.count() == 20
    Job.objects.update(lease_until=None)
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, job.result, Customer.objects.count()) == ("done", 50, {"created": 50}, 50)


def test_a_file_taken_by_a_process_that_died_before_its_job_is_found_again(drop):
    files.take(leave(drop, "name\nHarbour Works\n"))
    assert outcomes(drop) == [["created"]]
    assert jobs.take_in_dropped_files() == 0


def test_of_two_sweeps_at_once_one_takes_the_file(drop):
    from tests.customers.pool.test_races import together

    leave(drop, "name\nHarbour Works\n")
    assert together(*[jobs.take_in_dropped_files] * 4) == []
    assert Job.objects.count() == 1


def test_the_named_person_acts_and_without_one_who_may_nothing_is_touched(drop, settings, rita):
    settings.LEAD_DROP_USER = "rita"
    leave(drop, "name\nHarbour Works\n")
    take_in()
    assert Customer.objects.get().created_by == rita
    settings.LEAD_DROP_USER = make_user("ada", role="admin").username
    leave(drop, "name\nNorth Works\n")
    assert jobs.take_in_dropped_files() == 0
    assert (drop / "leads.csv").exists()


def test_what_lies_in_done_is_removed_after_thirty_days(drop):
    old = drop / "done" / "old.result.csv"
    old.write_text("x")
    os.utime(old, (time.time() - 31 * 86_400,) * 2)
    take_in()
    assert not old.exists()
