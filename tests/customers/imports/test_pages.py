from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from python_calamine import CalamineWorkbook

from crm.jobs.running import run_job
from customers.customers.models import Customer
from customers.imports.models import ImportSet
from tests.customers.imports.conftest import apply, as_csv, check, counts, upload
from tests.factories import make_contact, make_customer, make_department, make_pool, make_user, sign_in
from tests.factories.api import api as api

pytestmark = pytest.mark.django_db
LIST = "/customers/import/"


def sheet(answer):
    book = CalamineWorkbook.from_filelike(BytesIO(b"".join(answer.streaming_content)))
    return book.get_sheet_by_index(0).to_python()


def test_the_story_of_an_import_over_the_pages(admin):
    browser = sign_in(admin)
    make_customer(name="恒曜机械有限公司", remark="旧")
    rows = [["公司名称", "备注", "邮箱"], ["恒曜机械有限公司", "新", ""], ["澜图科技", "", "x"], ["鼎沃能源", "", ""]]
    file = SimpleUploadedFile("客户.csv", as_csv(rows, "gb18030"))

    answer = browser.post(LIST + "new/", {"file": file})
    import_set = ImportSet.objects.get()
    assert (answer.status_code, answer.url) == (302, import_set.get_absolute_url())
    page = browser.get(answer.url).content.decode()
    assert "公司名称" in page and "恒曜机械有限公司 / 澜图科技 / 鼎沃能源" in page
    assert import_set.encoding == "gb18030"

    mapping = {"column_0": "name", "column_1": "remark", "column_2": "email", "mode": "both", "match_key": "name"}
    refused = browser.post(f"{answer.url}map/", mapping)
    assert refused.status_code == 422
    assert "Confirm that we may hold these contact details." in refused.content.decode()

    browser.post(f"{answer.url}map/", {**mapping, "has_lawful_basis": "on"})
    import_set.refresh_from_db()
    assert import_set.state == "checking"
    assert b"hx-get" in browser.get(answer.url).content
    run_job(import_set.job_id)
    assert browser.get(f"{answer.url}progress/")["HX-Refresh"] == "true"

    changed = browser.get(f"{answer.url}?outcome=changed").content.decode()
    assert '<del class="diff-old">旧</del> <ins class="diff-new">新</ins>' in changed
    refused = browser.get(answer.url).content.decode()
    assert "is no e-mail address" in refused

    browser.post(f"{answer.url}rows/3/", {"cell_2": "x@example.com", "check": import_set.job_id})
    import_set.refresh_from_db()
    assert import_set.counts == {"rows": 4, "created": 2, "changed": 1, "unchanged": 0, "duplicate": 0, "refused": 0}

    browser.post(f"{answer.url}apply/")
    import_set.refresh_from_db()
    run_job(import_set.job_id)
    assert sorted(Customer.objects.values_list("name", flat=True)) == sorted(
        ["恒曜机械有限公司", "澜图科技", "鼎沃能源"]
    )
    assert "3 rows written" in browser.get(answer.url).content.decode()
    result = sheet(browser.get(f"{answer.url}result/"))
    assert [row[4] for row in result] == ["Outcome", "changed", "new", "new"]

    assert browser.get(f"{answer.url}undo/").status_code == 200
    browser.post(f"{answer.url}undo/")
    import_set.refresh_from_db()
    run_job(import_set.job_id)
    assert Customer.objects.values_list("name", "remark").get() == ("恒曜机械有限公司", "旧")


def test_the_list_names_every_file_from_its_upload_on(admin):
    upload(admin, [["Company"], ["Works"]], name="just-uploaded.csv")
    check(upload(admin, [["Company"], ["Works"]], name="checked.csv"))
    page = sign_in(admin).get(LIST).content.decode()
    assert "just-uploaded.csv" in page and "checked.csv" in page


def test_the_way_a_file_is_read_can_be_changed(admin):
    import_set = upload(admin, "名称;备注\n客户;好\n".encode("gb18030"))
    browser = sign_in(admin)
    page = browser.post(
        f"{import_set.get_absolute_url()}read/", {"encoding": "utf-8", "separator": ";", "header_row": 1}
    )
    assert page.status_code == 422
    assert "cannot be read as utf-8" in page.content.decode()
    assert ImportSet.objects.get().headers == ["名称", "备注"]
    browser.post(f"{import_set.get_absolute_url()}read/", {"encoding": "gb18030", "separator": ",", "header_row": 1})
    assert ImportSet.objects.get().headers == ["名称;备注"]


def test_refused_rows_come_as_a_file_with_their_reasons(admin):
    import_set = check(upload(admin, [["Company", "E-mail"], ["Works", "=1+1"], ["Fine", ""]]))
    answer = sign_in(admin).get(f"{import_set.get_absolute_url()}result/?only=refused")
    assert sheet(answer)[1:] == [["Works", "=1+1", 2, "refused", "Company e-mail: “=1+1” is no e-mail address", ""]]


def test_the_template_reads_back_as_what_it_is(admin):
    answer = sign_in(admin).get(reverse("customers:import_template"))
    content = b"".join(answer.streaming_content)
    import_set = upload(admin, content, name="template.xlsx")
    assert set(import_set.mapping.values()) >= {
        "name",
        "credit_code",
        "phone",
        "contact_name",
        "contact_phone",
        "owner",
    }
    assert import_set.total == 0


@pytest.mark.parametrize("role", ["finance", "auditor", "agent", "technician"])
def test_without_the_right_nothing_opens(db, role):
    browser = sign_in(make_user(role=role))
    assert browser.get(LIST).status_code == 403
    assert browser.get(LIST + "template.xlsx").status_code == 403
    assert browser.post(LIST + "new/", {"file": SimpleUploadedFile("a.csv", b"name\nx")}).status_code == 403
    assert ImportSet.objects.count() == 0


def test_imports_of_others_do_not_exist(admin):
    import_set = check(upload(admin, [["Company"], ["Works"]]))
    browser = sign_in(make_user(role="director"))
    url = import_set.get_absolute_url()
    for path in ("", "progress/", "result/", "undo/"):
        assert browser.get(url + path).status_code == 404
    for path in ("read/", "map/", "check/", "apply/", "undo/", "stop/", "rows/2/", "repair/"):
        assert browser.post(url + path).status_code == 404
    import_set.refresh_from_db()
    assert (import_set.state, Customer.objects.count()) == ("checked", 0)
    assert import_set.file_name not in browser.get(LIST).content.decode()


def test_a_rep_makes_own_leads_up_to_what_she_may_hold(db):
    make_department("Intake", takes_intake=True)
    rep = make_user("rita", role="rep", customer_capacity=3)
    make_customer(owner=rep)
    import_set = check(upload(rep, [["Company"], ["A1"], ["B1"], ["C1"]]))
    assert import_set.rows.get(row_number=4).errors == {"": ["capacity", {"limit": 3}]}
    apply(import_set)
    made = Customer.objects.filter(name__in=["A1", "B1", "C1"])
    assert set(made.values_list("name", "owner", "status")) == {("A1", rep.pk, "lead"), ("B1", rep.pk, "lead")}


def test_a_rep_neither_changes_nor_sees_customers_of_others(db):
    rep, other = make_user("rita", role="rep"), make_user("otto", role="rep")
    secret = make_customer(owner=other, name="Works", remark="old", phone="+8613800138000")
    import_set = check(upload(rep, [["Company", "Remark", "Phone"], ["Works", "new", "13900139000"], ["Mine", "", ""]]))
    row = import_set.rows.get(row_number=2)
    assert (row.outcome, row.errors, row.difference, row.customer_id) == (
        "refused", {"": ["exists_not_yours", {}]}, {}, None
    )  # fmt: skip
    page = sign_in(rep).get(import_set.get_absolute_url()).content.decode()
    assert "13800138000" not in page and secret.get_absolute_url() not in page
    apply(import_set)
    secret.refresh_from_db()
    assert (secret.remark, secret.phone) == ("old", "+8613800138000")


def test_a_rep_may_not_fill_owner_or_dates(db):
    rep = make_user("rita", role="rep")
    import_set = upload(rep, [["名称", "负责人", "创建时间"], ["Works", "x", "2020-01-01"]])
    assert import_set.mapping == {"0": "name"}


def test_a_rep_imports_two_thousand_rows_at_most(db):
    rep = make_user("rita", role="rep")
    import_set = upload(rep, [["Company"], *([f"C {n}"] for n in range(2001))])
    browser = sign_in(rep)
    answer = browser.post(
        f"{import_set.get_absolute_url()}map/", {"column_0": "name", "mode": "both", "match_key": "name"}
    )
    assert answer.status_code == 422
    assert "You can import 2000 rows at once; the file has 2001." in answer.content.decode()
    import_set.refresh_from_db()
    assert import_set.state == "uploaded"


def test_the_administrator_does_not_see_contact_details_an_import_would_replace(admin):
    make_customer(name="Works", phone="+8613800138000")
    import_set = check(upload(admin, [["Company", "Phone"], ["Works", "13900139000"]]))
    page = sign_in(admin).get(import_set.get_absolute_url()).content.decode()
    assert "138****8000" in page
    assert "13800138000" not in page and "138 0013 8000" not in page


def test_an_uploaded_file_keeps_nothing_of_its_name_on_disk(admin, settings):
    upload(admin, b"name\nx\n", name="../../evil.csv")
    import_set = ImportSet.objects.get()
    assert import_set.file_name == "evil.csv"
    assert {path.parent for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()} == {
        Path(settings.MEDIA_ROOT) / "imports"
    }


def test_a_page_of_rows_costs_the_same_queries_for_one_row_and_for_fifty(admin, django_assert_max_num_queries):
    for count in (1, 60):
        for number in range(count):
            make_customer(name=f"Works {count} {number}", remark="old")
        rows = [["Company", "Remark"], *([f"Works {count} {number}", "new"] for number in range(count))]
        import_set = check(upload(admin, rows))
        browser = sign_in(admin)
        with django_assert_max_num_queries(12):
            assert browser.get(f"{import_set.get_absolute_url()}?outcome=changed").status_code == 200
        with django_assert_max_num_queries(12):
            assert browser.get(LIST).status_code == 200


def test_made_up_parameters_answer_with_rows_or_none(admin):
    import_set = check(upload(admin, [["Company", "E-mail"], ["Works", "x"]]))
    url = import_set.get_absolute_url()
    for query in ("?outcome=x", "?after=-1", "?after=9999999999999999999", "?field=x&code=y", "?code=%00", "?after=²"):
        assert sign_in(admin).get(url + query).status_code == 200, query
    assert sign_in(admin).post(f"{url}rows/9999/", {}).status_code == 404
    answer = sign_in(admin).post(
        f"{url}rows/2/", {"cell_99": "x", "cell_x": "y", "check": import_set.job_id}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 422


REPLACING = [["Company", "Website", "Contact", "Phone"], ["Works", "https://new.example", "New Person", "13900139000"]]


@pytest.fixture
def reached(db):
    rep = make_user("rita", role="rep", department=make_department("East"))
    customer = make_customer(rep, name="Works", website="https://canary.example", phone="+8613800138000")
    make_contact(customer, name="Canary Person", is_primary=True)
    import_set = check(upload(rep, REPLACING), match_key="name")
    assert counts(import_set) == {"changed": 1}
    return rep, customer, import_set


def told(client, import_set):
    row = client.get(f"imports/{import_set.pk}/rows/").body["results"][0]
    return row["customer"], {change["field"]: change["before"] for change in row["changes"]}


def test_what_an_import_would_replace_is_shown_while_its_importer_sees_it(reached, api):
    rep, customer, import_set = reached
    page = sign_in(rep).get(import_set.get_absolute_url()).text

    assert "canary.example" in page
    assert "Canary Person" in page
    pk, before = told(api(rep), import_set)
    assert (pk, before["website"], before["contact_name"]) == (customer.pk, "https://canary.example", "Canary Person")


def test_what_an_import_would_replace_is_hidden_once_the_customer_is_out_of_reach(reached, api):
    rep, customer, import_set = reached
    far = make_user("far", role="rep", department=make_department("North"))
    Customer.objects.filter(pk=customer.pk).update(owner=far, department=far.department)
    page = sign_in(rep).get(import_set.get_absolute_url()).text

    for word in ("canary.example", "Canary Person", "138 0013 8000", "8000", f"/customers/{customer.pk}/"):
        assert word not in page
    assert "new.example" in page
    pk, before = told(api(rep), import_set)
    assert (pk, set(before.values())) == (None, {"****"})


def test_what_an_import_would_replace_is_hidden_as_far_as_a_pool_hides_it(reached, api):
    rep, customer, import_set = reached
    pool = make_pool("East pool", department=rep.department, hidden_columns=["website"])
    Customer.objects.filter(pk=customer.pk).update(owner=None, status="pool", pool=pool)
    page = sign_in(rep).get(import_set.get_absolute_url()).text

    for word in ("canary.example", "Canary Person", "138 0013 8000"):
        assert word not in page
    assert f"/customers/{customer.pk}/" in page
    pk, before = told(api(rep), import_set)
    assert (pk, before["website"], before["contact_name"], before["phone"]) == (
        customer.pk, "****", "****", "138****8000",
    )  # fmt: skip
