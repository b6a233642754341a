"""Workers and Redis die in the middle of an import and of a transfer; each row still happens exactly once."""

import time

import pytest

from tests.journeys.copies import Copy

ROWS = 8_100  # two whole chunks and the beginning of a third


@pytest.fixture(scope="module")
def copy():
    copy = Copy()
    try:
        copy.start()
        yield copy
    finally:
        left = copy.stop()
    assert left == []


def spreadsheet():
    lines = ["客户名称,电话,联系人,地址"]
    lines += [f"演练第{n:05d}号制造有限公司,139{n:08d},王{n:05d},演练路 {n} 号" for n in range(ROWS)]
    return "\r\n".join(lines).encode("gb18030")


def killed_while_running(copy, api, job, *words):
    """Wait until a job has begun, kill what the words name, and wait for its end."""
    deadline = time.monotonic() + 120
    while api.get(f"jobs/{job}/")["done"] == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert copy.kill(*words) >= 1
    return api.wait(job, 400)


def test_an_import_and_a_transfer_survive_kill_9_of_worker_and_redis(copy):
    admin, director = copy.api("admin"), copy.api("vp")
    status, made = admin.upload("imports/", "演练.csv", spreadsheet(), {"mode": "create"})
    assert status == 202, made
    admin.wait(made["job"])
    counts = admin.get(f"imports/{made['id']}/")["counts"]
    assert (counts["created"], sum(counts.values())) == (ROWS, ROWS), counts

    status, applied = admin.call("POST", f"imports/{made['id']}/apply/", {})
    assert status == 202, applied
    assert killed_while_running(copy, admin, applied["job"], "celery", "bulk")["state"] == "done"
    assert copy.sql("SELECT count(*) FROM customers_customer WHERE name LIKE '演练第%'") == str(ROWS)
    assert copy.sql("SELECT count(DISTINCT name) FROM customers_customer WHERE name LIKE '演练第%'") == str(ROWS)
    events = "SELECT count(*) FROM customers_customerevent WHERE name LIKE '演练第%' AND pgh_label = 'insert'"
    assert copy.sql(events) == str(ROWS)

    copy.wait_until_well()
    transfer = {"filter": {"q": "演练"}, "targets": ["rep", "rep2"], "reason": "演练", "moves_along": []}
    copy.sql("UPDATE crm_user SET customer_capacity = 100000")
    status, moved = director.call("POST", "transfers/", transfer)
    assert status == 202, moved
    assert killed_while_running(copy, director, moved["job"], "valkey")["state"] == "done"
    owners = (
        "SELECT string_agg(n::text, ' ' ORDER BY n) FROM (SELECT count(*) n FROM customers_customer c JOIN crm_user u "
    )
    owners += "ON u.id = c.owner_id WHERE c.name LIKE '演练第%' GROUP BY u.username) s"
    assert copy.sql(owners) == f"{ROWS // 2} {ROWS // 2}"
    events = "SELECT count(*) FROM customers_customerevent WHERE name LIKE '演练第%' AND pgh_label = 'update'"
    assert copy.sql(events) == str(ROWS)
    assert "FAIL" not in copy.manage("check_invariants")


def test_a_change_by_psql_is_in_the_history(copy):
    copy.wait_until_well()
    pk = copy.sql(
        "SELECT min(id) FROM customers_customer WHERE owner_id = (SELECT id FROM crm_user WHERE username = 'rep')"
    )
    copy.sql(f"UPDATE customers_customer SET short_name = '旁路' WHERE id = {pk}")
    newest = copy.api("vp").get(f"customers/{pk}/history/")["results"][0]
    assert newest["actor"] is None
    assert [(change["field"], change["after"]) for change in newest["changes"]] == [("short_name", "旁路")]
