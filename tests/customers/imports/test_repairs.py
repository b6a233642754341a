import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.history.models import Operation
from crm.jobs.running import run_job
from customers.base_data.models import Industry
from customers.customers.models import Customer
from customers.imports import actions, repairing
from customers.imports.causes import Cause, groups
from customers.imports.models import ImportSet
from customers.imports.repairing import repair_row, repair_rows
from tests.customers.imports.conftest import apply, check, counts, errors, outcomes, upload
from tests.factories import make_tag, make_user, sign_in

pytestmark = pytest.mark.django_db
HEADERS = ["名称", "负责人", "邮箱", "标签"]


def known(import_set, **wanted):
    found = groups(import_set, import_set.requested_by)
    return next(one for one in found if wanted.items() <= one.items())


def everything(import_set):
    return list(import_set.rows.order_by("row_number").values("row_number", "outcome", "cells", "errors"))


def do(import_set, choice, text="", *, actor=None, count=None, check=None, **wanted):
    group = known(import_set, **wanted)
    done = repair_rows(
        import_set, Cause(group["field"], group["code"], group["key"]), choice, text,
        actor=actor or import_set.requested_by, check=import_set.job_id if check is None else check,
        count=group["count"] if count is None else count,
    )  # fmt: skip
    import_set.refresh_from_db()
    return done


@pytest.fixture
def wang(admin):
    return make_user("wangwei", role="rep", name="王伟")


@pytest.fixture
def unknown_owners(admin, wang):
    rows = [["一厂", "小王", "", ""], ["二厂", " 小王", "", ""], ["三厂", "小王", "x", ""], ["四厂", "老李", "", ""]]
    return check(upload(admin, [HEADERS, *rows, ["五厂", "王伟", "", ""]]))


def body(import_set, choice, text="", **wanted):
    group = known(import_set, **wanted)
    shown = {name: group[name] for name in ("field", "code", "key", "count")}
    return {**shown, "choice": choice, "text": text, "check": import_set.job_id}


def test_rows_of_one_cause_and_value_stand_in_one_group(unknown_owners):
    found = [
        (one["field"], one["code"], one["value"], one["count"])
        for one in groups(unknown_owners, unknown_owners.requested_by)
    ]
    assert found == [("owner", "unknown", "小王", 3), ("owner", "unknown", "老李", 1)]
    assert ("王伟", "王伟") in known(unknown_owners, value="小王")["choices"]


def test_one_choice_repairs_all_rows_of_a_group(unknown_owners, wang):
    assert do(unknown_owners, "set", "王伟", value="小王") == (3, 2, False)
    assert outcomes(unknown_owners) == [(2, "created"), (3, "created"), (4, "refused"), (5, "refused"), (6, "created")]
    assert errors(unknown_owners) == {
        4: {"email": ["bad_email", {"value": "x"}]}, 5: {"owner": ["unknown", {"value": "老李"}]}
    }  # fmt: skip
    assert counts(unknown_owners) == {"created": 3, "refused": 2}
    apply(unknown_owners)
    assert sorted(Customer.objects.values_list("name", "owner")) == sorted(
        [("一厂", wang.pk), ("二厂", wang.pk), ("五厂", wang.pk)]
    )


def test_the_field_of_a_group_is_left_empty(unknown_owners):
    do(unknown_owners, "clear", "王伟", value="小王")
    assert unknown_owners.rows.get(row_number=2).cells[1] == ""
    apply(unknown_owners)
    assert Customer.objects.get(name="一厂").owner is None


def test_rows_left_out_stay_out_and_are_taken_back_in(unknown_owners, wang):
    assert do(unknown_owners, "leave_out", value="小王") == (3, 0, False)
    assert errors(unknown_owners)[2] == {"": ["left_out", {}]}
    assert counts(unknown_owners) == {"created": 1, "refused": 4}
    wang.name = "小王"
    wang.save()
    assert do(unknown_owners, "check", code="left_out") == (3, 2, False)
    assert counts(unknown_owners) == {"created": 3, "refused": 2}


def test_only_the_wrong_word_of_several_is_replaced(admin):
    make_tag("重点")
    make_tag("老客户")
    import_set = check(upload(admin, [HEADERS, ["一厂", "", "", "重点、老客"], ["二厂", "", "", "老客；老客户"]]))
    do(import_set, "set", "老客户", value="老客")
    assert [row.cells[3] for row in import_set.rows.all()] == ["重点、老客户", "老客户"]
    assert counts(import_set) == {"created": 2}


def test_a_value_without_words_is_grouped_by_its_cell(admin):
    import_set = check(upload(admin, [["名称", "电话"], ["一厂", "无无"], ["二厂", "无无 "], ["三厂", "1"]]))
    group = known(import_set, value="无无")
    assert (group["count"], group["code"], group["choices"]) == (2, "refused", [])
    do(import_set, "clear", value="无无")
    assert outcomes(import_set) == [(2, "created"), (3, "created"), (4, "refused")]


def test_two_rows_repaired_to_the_same_customer_are_one_new_and_one_duplicate(admin):
    Industry.objects.create(name="软件", code="I65")
    import_set = check(upload(admin, [["名称", "行业"], ["一厂", "信息化"], ["一厂", "信息化"]]))
    assert do(import_set, "set", "软件", value="信息化") == (2, 1, False)
    assert outcomes(import_set) == [(2, "created"), (3, "duplicate")]


@pytest.mark.parametrize(
    ("choice", "text", "code"),
    [("set", "谁谁", "unknown"), ("set", " ", "required"), ("set", "", "required"), ("check", "", "unknown_choice")],
)
def test_a_choice_that_repairs_nothing_is_refused(unknown_owners, choice, text, code):
    before = everything(unknown_owners)
    with pytest.raises(ValidationError) as refusal:
        do(unknown_owners, choice, text, value="小王")
    assert refusal.value.code == code
    assert everything(unknown_owners) == before


def test_names_and_codes_are_never_set_for_many(admin):
    import_set = check(upload(admin, [["名称", "信用代码"], ["一厂", "1"], ["二厂", "1"]]), match_key="name")
    group = known(import_set, field="credit_code")
    assert (group["may_set"], group["may_clear"]) == (False, True)
    with pytest.raises(ValidationError) as refusal:
        do(import_set, "set", "91350100M000100Y43", field="credit_code")
    assert refusal.value.code == "unknown_choice"
    assert counts(import_set) == {"refused": 2}


def test_who_may_no_longer_fill_a_field_does_not_repair_it(unknown_owners, wang):
    before = everything(unknown_owners)
    with pytest.raises(ValidationError) as refusal:
        do(unknown_owners, "set", "王伟", value="小王", actor=wang)
    assert refusal.value.code == "no_right"
    assert everything(unknown_owners) == before
    assert groups(unknown_owners, wang) == []


@pytest.mark.parametrize("stale", [{"count": 2}, {"check": 0}])
def test_what_changed_since_it_was_shown_is_not_repaired(unknown_owners, stale):
    before = everything(unknown_owners)
    with pytest.raises(ValidationError) as refusal:
        do(unknown_owners, "set", "王伟", value="小王", **stale)
    assert refusal.value.code == "stale"
    assert everything(unknown_owners) == before


def test_a_group_costs_the_same_queries_for_two_rows_and_for_sixty(admin, wang):
    spent, browser = [], sign_in(admin)
    for count in (1, 2, 60):  # the first warms up
        rows = [[f"厂 {count} {n}", "小王", "", ""] for n in range(count)]
        import_set = check(upload(admin, [HEADERS, *rows]))
        with CaptureQueriesContext(connection) as queries:
            url = f"{import_set.get_absolute_url()}repair/"
            assert browser.post(url, body(import_set, "set", "王伟", value="小王")).status_code == 302
        spent.append(len(queries))
        import_set.refresh_from_db()
        assert counts(import_set) == {"created": count}
    assert spent[1] == spent[2] <= 45


def test_very_many_rows_are_repaired_by_a_job(unknown_owners, monkeypatch):
    monkeypatch.setattr(repairing, "AT_ONCE", 2)
    assert do(unknown_owners, "set", "王伟", value="小王") == (3, 0, True)
    assert unknown_owners.state == "checking"
    with pytest.raises(ValidationError):
        actions.start_apply(unknown_owners, actor=unknown_owners.requested_by)
    run_job(unknown_owners.job_id)
    unknown_owners.refresh_from_db()
    assert (unknown_owners.state, counts(unknown_owners)) == ("checked", {"created": 3, "refused": 2})


def test_the_page_repairs_a_group_without_a_script(unknown_owners):
    browser = sign_in(unknown_owners.requested_by)
    url = unknown_owners.get_absolute_url()
    page = browser.get(url).content.decode()
    assert "Replace in 3 rows" in page and '<option value="王伟">王伟</option>' in page
    answer = browser.post(f"{url}repair/", body(unknown_owners, "set", "王伟", value="小王"))
    assert (answer.status_code, answer.url) == (302, url)
    page = browser.get(url).content.decode()
    assert "3 rows checked again: 2 pass, 1 are still left out." in page
    assert "Import 3 rows" in page
    assert Operation.objects.filter(verb__startswith="customer_import").count() == 0


def test_the_rows_of_a_group_are_shown(unknown_owners):
    group = known(unknown_owners, value="老李")
    query = f"?outcome=refused&field=owner&code=unknown&key={group['key']}"
    page = sign_in(unknown_owners.requested_by).get(unknown_owners.get_absolute_url() + query).content.decode()
    assert 'id="row-5"' in page and 'id="row-2"' not in page


def test_a_stale_group_is_answered_in_words_with_409(unknown_owners):
    browser = sign_in(unknown_owners.requested_by)
    url = f"{unknown_owners.get_absolute_url()}repair/"
    before = body(unknown_owners, "set", "王伟", value="小王")
    browser.post(url, body(unknown_owners, "leave_out", value="小王"))
    answer = browser.post(url, before)
    assert answer.status_code == 409
    assert "3 were shown, now there are 0" in answer.content.decode()
    actions.start_apply(unknown_owners, actor=unknown_owners.requested_by)
    kept = everything(unknown_owners)
    answer = browser.post(url, body(unknown_owners, "set", "王伟", value="老李"))
    assert answer.status_code == 409
    assert "This import is applying." in answer.content.decode()
    assert everything(unknown_owners) == kept


def test_a_repaired_row_brings_the_counts_along(unknown_owners):
    browser = sign_in(unknown_owners.requested_by)
    url = f"{unknown_owners.get_absolute_url()}rows/2/"
    cells = {"cell_1": "王伟", "check": unknown_owners.job_id, "outcome": "refused"}
    answer = browser.post(url, cells, headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert answer.status_code == 200
    beside = page[page.index("<template>") :]  # a parser in the middle of a table would tear the forms apart
    assert page.count('hx-swap-oob="true"') == beside.count('hx-swap-oob="true"') == 3
    assert 'id="row-2"' in page and "Import 2 rows" in page
    assert '<span class="count">2</span>' in page  # the group, one row smaller
    tab = page.index('href="?outcome=refused"')
    assert '<span class="stat-v">3</span>' in page[tab : tab + 300]


def test_a_row_repaired_without_a_script_comes_back_to_its_tab(unknown_owners):
    browser = sign_in(unknown_owners.requested_by)
    url = unknown_owners.get_absolute_url()
    answer = browser.post(f"{url}rows/2/", {"cell_1": "王伟", "check": unknown_owners.job_id, "outcome": "refused"})
    assert (answer.status_code, answer.url) == (302, f"{url}?outcome=refused")
    assert "Row 2: new" in browser.get(answer.url).content.decode()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_row_of_an_import_that_is_applied_is_not_repaired(unknown_owners, headers):
    browser = sign_in(unknown_owners.requested_by)
    cells = {"cell_1": "王伟", "check": unknown_owners.job_id}
    actions.start_apply(unknown_owners, actor=unknown_owners.requested_by)
    kept = everything(unknown_owners)
    answer = browser.post(f"{unknown_owners.get_absolute_url()}rows/2/", cells, headers=headers)
    assert answer.status_code == 409
    assert "This import is applying." in answer.content.decode()
    assert everything(unknown_owners) == kept


def test_a_row_of_an_older_check_is_not_repaired(unknown_owners):
    old = unknown_owners.job_id
    row = unknown_owners.rows.get(row_number=2)
    check(unknown_owners)
    kept = everything(unknown_owners)
    with pytest.raises(ValidationError) as refusal:
        repair_row(row, {1: "王伟"}, actor=unknown_owners.requested_by, check=old)
    assert refusal.value.code == "stale"
    assert everything(unknown_owners) == kept


def test_made_up_repairs_are_refused(unknown_owners):
    browser = sign_in(unknown_owners.requested_by)
    url = f"{unknown_owners.get_absolute_url()}repair/"
    good = body(unknown_owners, "set", "王伟", value="小王")
    before = everything(unknown_owners)
    wishes = [
        ({}, 422),
        ({"choice": "x"}, 422),
        ({"field": "a b"}, 422),
        ({"count": "x"}, 422),
        ({"field": "pool"}, 403),
    ]
    for wish, status in wishes:
        assert browser.post(url, {**good, **wish} if wish else {}).status_code == status, wish
    assert browser.post(url, {**good, "key": "x"}).status_code == 409
    assert browser.post(url, {**good, "field": "region"}).status_code == 422
    assert everything(unknown_owners) == before


def test_others_do_not_repair(unknown_owners):
    before = everything(unknown_owners)
    browser = sign_in(make_user(role="director"))
    url = f"{unknown_owners.get_absolute_url()}repair/"
    assert browser.post(url, body(unknown_owners, "clear", value="小王")).status_code == 404
    assert everything(unknown_owners) == before
    assert ImportSet.objects.get().state == "checked"
