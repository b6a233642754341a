from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.history.models import Operation
from customers.contacts.models import Contact
from customers.customers.models import Customer, CustomerSearch
from customers.imports import actions
from customers.imports.models import ImportRow, ImportSet
from customers.imports.repairing import repair_row
from tests.customers.imports.conftest import apply, check, counts, errors, outcomes, undo, upload
from tests.factories import (
    make_activity,
    make_contact,
    make_customer,
    make_level,
    make_pooled_customer,
    make_region,
    make_tag,
    make_user,
)

pytestmark = pytest.mark.django_db

HEADERS = ["公司名称", "信用代码", "联系电话", "联系人", "手机", "级别", "备注"]


def test_a_file_is_checked_without_writing_and_then_applied_as_one_operation(admin):
    level = make_level("A")
    import_set = check(
        upload(admin, [HEADERS, ["恒曜机械有限公司", "", "0512-62881234", "丁兰", "13800138000", "A", "老客户"]])
    )
    assert counts(import_set) == {"created": 1}
    assert Customer.objects.count() == 0

    apply(import_set)

    customer = Customer.objects.get()
    assert (customer.name, customer.phone, customer.level, customer.remark) == (
        "恒曜机械有限公司", "+8651262881234", level, "老客户"
    )  # fmt: skip
    assert (customer.status, customer.owner, customer.department.name) == ("potential", None, "Intake")
    assert (customer.created_by, customer.name_key) == (admin, "恒曜机械")
    contact = Contact.objects.get()
    assert (contact.name, contact.phone, contact.is_primary) == ("丁兰", "+8613800138000", True)
    assert "恒恒曜曜" in CustomerSearch.objects.get(customer=customer).doubled
    operation = Operation.objects.get(verb="customers_imported")
    assert operation.actor == admin
    assert {event.pgh_context_id for event in customer.events.all()} == {operation.context_id}
    assert import_set.state == "applied"


def test_rows_add_up_over_all_five_outcomes(admin):
    make_customer(name="Same Ltd", remark="same")
    make_customer(name="Other Ltd", remark="old")
    rows = [
        ["Company", "Remark", "E-mail"],
        ["New Ltd", "x", ""],
        ["Other Ltd", "new", ""],
        ["Same Ltd", "same", ""],
        ["New  Ltd.", "again", ""],
        ["Wrong Ltd", "", "no address"],
    ]
    import_set = check(upload(admin, rows))
    assert outcomes(import_set) == [
        (2, "created"), (3, "changed"), (4, "unchanged"), (5, "duplicate"), (6, "refused")
    ]  # fmt: skip
    assert import_set.rows.get(row_number=3).difference == {"remark": ["old", "new"]}
    assert errors(import_set) == {
        5: {"": ["repeated", {"row": 2}]},
        6: {"email": ["bad_email", {"value": "no address"}]},
    }
    assert sum(counts(import_set).values()) == import_set.total == 5
    apply(import_set)
    assert sorted(Customer.objects.values_list("name", "remark")) == [
        ("New Ltd", "x"), ("Other Ltd", "new"), ("Same Ltd", "same")
    ]  # fmt: skip


def test_an_empty_cell_keeps_the_field_unless_it_is_told_to_clear(admin):
    make_customer(name="Works", remark="kept", website="https://a.example")
    rows = [["Company", "Remark"], ["Works", ""]]
    assert counts(check(upload(admin, rows))) == {"unchanged": 1}
    import_set = check(upload(admin, rows), empty_clears=True)
    assert import_set.rows.get().difference == {"remark": ["kept", ""]}
    apply(import_set)
    assert Customer.objects.values_list("remark", "website").get() == ("", "https://a.example")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("create", {"created": 1, "duplicate": 1}),
        ("update", {"changed": 1, "refused": 1}),
        ("both", {"created": 1, "changed": 1}),
    ],
)
def test_the_mode_says_what_rows_may_do(admin, mode, expected):
    make_customer(name="Known", remark="old")
    rows = [["Company", "Remark"], ["Known", "new"], ["Unknown", "new"]]
    assert counts(check(upload(admin, rows), mode=mode)) == expected


def test_a_customer_is_found_by_code_number_phone_or_id(admin):
    code = "91350100M000100Y43"
    customer = make_customer(name="Works", credit_code=code, phone="+8613800138000")
    cells = {"credit_code": code, "number": customer.number, "phone": "138 0013 8000", "id": str(customer.pk)}
    for key, cell in cells.items():
        import_set = check(
            upload(admin, [["k", "n"], [cell, "Renamed"]]), mapping={"0": key, "1": "name"}, match_key=key
        )
        assert import_set.rows.get().difference == {"name": ["Works", "Renamed"]}, key


def test_a_number_that_nobody_has_is_refused(admin):
    import_set = check(upload(admin, [["客户编号", "名称"], ["KH-1", "Works"]]))
    assert errors(import_set) == {2: {"": ["not_found", {}]}}


def test_a_row_without_its_code_is_matched_by_name(admin):
    code, other = "91350100M000100Y43", "91110000600037341L"
    make_customer(name="Uncoded", remark="old")
    make_customer(name="Coded", credit_code=other)
    rows = [["公司", "税号", "备注"], ["Uncoded", "", "new"], ["Uncoded", "", "again"], ["Coded", code, ""]]
    import_set = check(upload(admin, rows))
    assert import_set.match_key == "credit_code"
    assert outcomes(import_set) == [(2, "changed"), (3, "duplicate"), (4, "created")]
    apply(import_set)
    assert sorted(Customer.objects.values_list("name", "credit_code", "remark")) == [
        ("Coded", other, ""), ("Coded", code, ""), ("Uncoded", "", "new")
    ]  # fmt: skip


def test_two_rows_for_one_customer_are_one_change_and_one_duplicate(admin):
    code = "91350100M000100Y43"
    make_customer(name="Works", credit_code=code, remark="old")
    import_set = check(upload(admin, [["公司", "税号", "备注"], ["Works", code, "a"], ["Works", "", "b"]]))
    assert outcomes(import_set) == [(2, "changed"), (3, "duplicate")]


def test_a_code_is_added_to_the_customer_of_that_name(admin):
    code = "91350100M000100Y43"
    make_customer(name="Works")
    import_set = check(upload(admin, [["公司", "税号"], ["Works", code]]))
    assert import_set.rows.get().difference == {"credit_code": ["", code]}


def test_several_customers_of_the_same_key_are_a_duplicate(admin):
    make_customer(name="Twin Ltd")
    make_customer(name="Twin Limited")
    assert errors(check(upload(admin, [["Company"], ["TWIN"]]))) == {2: {"": ["several", {}]}}


def test_a_code_of_another_customer_is_refused_and_a_repeated_one_is_a_duplicate(admin):
    code, other = "91350100M000100Y43", "91110000600037341L"
    make_customer(name="Holder", credit_code=code)
    rows = [["Company", "USCC"], ["One", code], ["Two", other], ["Three", other]]
    import_set = check(upload(admin, rows), match_key="name")
    assert errors(import_set) == {2: {"": ["code_taken", {}]}, 4: {"": ["code_repeated", {"row": 3}]}}


def test_customers_in_a_pool_are_never_changed(admin):
    customer = make_pooled_customer(name="Pooled", remark="old")
    import_set = check(upload(admin, [["Company", "Remark"], ["Pooled", "new"]]))
    assert errors(import_set) == {2: {"": ["in_pool", {}]}}
    with pytest.raises(ValidationError):
        actions.start_apply(import_set, actor=admin)
    customer.refresh_from_db()
    assert customer.remark == "old"


def test_the_main_contact_is_made_or_changed(admin):
    with_one = make_customer(name="With")
    contact = make_contact(with_one, name="Old Name", is_primary=True, phone="+8613800138000")
    without = make_customer(name="Without")
    rows = [["Company", "Contact", "Mobile"], ["With", "New Name", ""], ["Without", "", "13900139000"]]
    apply(check(upload(admin, rows)))
    contact.refresh_from_db()
    assert (contact.name, contact.phone) == ("New Name", "+8613800138000")
    made = without.contacts.get()
    assert (made.name, made.phone, made.is_primary) == ("Without", "+8613900139000", True)


def test_named_entries_are_found_by_name_and_unknown_ones_refused(admin):
    region = make_region("苏州市", parent=make_region("江苏省"))
    tags = [make_tag("重点"), make_tag("老客户")]
    rows = [["名称", "省市", "标签"], ["一", "江苏苏州", "重点、老客户"], ["二", "火星", ""]]
    import_set = check(upload(admin, rows))
    assert errors(import_set) == {3: {"region": ["unknown", {"value": "火星"}]}}
    apply(import_set)
    customer = Customer.objects.get()
    assert (customer.region, customer.tag_ids) == (region, sorted(tag.pk for tag in tags))


def test_owner_and_dates_are_the_administrators_to_set(admin):
    rep = make_user("rita", role="rep", name="Rita")
    rows = [["名称", "负责人", "创建时间"], ["Works", "Rita", "2020年1月2日"], ["Other", "Nobody", ""]]
    import_set = check(upload(admin, rows))
    assert errors(import_set) == {3: {"owner": ["unknown", {"value": "Nobody"}]}}
    apply(import_set)
    customer = Customer.objects.get()
    assert (customer.owner, customer.status, customer.department) == (rep, "lead", rep.department)
    assert customer.created_at.date().isoformat() == "2020-01-01"  # midnight in Shanghai, kept in UTC
    assert customer.received_at is not None


def test_an_import_never_moves_an_existing_customer(admin):
    rep, other = make_user("rita", role="rep"), make_user("otto", role="rep")
    customer = make_customer(owner=rep, name="Works")
    rows = [["名称", "负责人"], ["Works", "otto"]]
    assert counts(check(upload(admin, rows))) == {"unchanged": 1}
    customer.refresh_from_db()
    assert customer.owner == rep != other


def test_a_refused_row_is_repaired_and_checked_again(admin):
    import_set = check(upload(admin, [["Company", "E-mail"], ["Works", "wrong"], ["Fine", ""]]))
    row = import_set.rows.get(row_number=2)
    repaired = repair_row(row, {1: "right@example.com"}, actor=admin, check=import_set.job_id)
    assert (repaired.outcome, repaired.errors, repaired.cells) == ("created", {}, ["Works", "right@example.com"])
    import_set.refresh_from_db()
    assert counts(import_set) == {"created": 2}
    assert ImportRow.objects.count() == 2


def test_what_changed_after_the_check_is_refused_and_not_overwritten(admin):
    customer = make_customer(name="Works", remark="old")
    import_set = check(upload(admin, [["Company", "Remark"], ["Works", "new"], ["Late", "x"]]))
    Customer.objects.filter(pk=customer.pk).update(remark="newer")
    make_customer(name="Late")
    apply(import_set)
    assert errors(import_set) == {2: {"": ["changed_meanwhile", {}]}, 3: {"": ["appeared_meanwhile", {}]}}
    assert counts(import_set) == {"refused": 2}
    customer.refresh_from_db()
    assert (customer.remark, Customer.objects.count()) == ("newer", 2)


def test_undo_removes_what_was_made_and_restores_what_was_changed(admin):
    customer = make_customer(name="Works", remark="old", website="https://old.example")
    rows = [
        ["Company", "Remark", "Website", "Contact"],
        ["Works", "new", "new.example", "Ann"],
        ["Made", "", "", "Bob"],
    ]
    import_set = apply(check(upload(admin, rows)))
    assert Customer.objects.count() == 2
    undo(import_set)
    assert import_set.state == "undone"
    customer.refresh_from_db()
    assert (customer.remark, customer.website) == ("old", "https://old.example")
    assert list(Customer.objects.values_list("name", flat=True)) == ["Works"]
    assert Contact.objects.count() == 0
    assert CustomerSearch.objects.count() == 1
    undoing = Operation.objects.get(verb="customer_import_undone")
    assert undoing.undoes == import_set.operation


def test_undo_keeps_what_somebody_has_worked_on_since(admin):
    customer = make_customer(name="Works", remark="old", website="https://old.example")
    rows = [["Company", "Remark", "Website"], ["Works", "new", "new.example"], ["Called", "", ""], ["Edited", "", ""]]
    import_set = apply(check(upload(admin, rows)))
    make_activity(Customer.objects.get(name="Called"), author=make_user())
    Customer.objects.filter(name="Edited").update(remark="by hand")
    Customer.objects.filter(pk=customer.pk).update(remark="by hand")
    undo(import_set)
    customer.refresh_from_db()
    assert (customer.remark, customer.website) == ("by hand", "https://old.example")
    assert sorted(Customer.objects.values_list("name", flat=True)) == ["Called", "Edited", "Works"]
    notes = dict(import_set.rows.values_list("row_number", "undo_note"))
    assert notes[2].endswith(":remark")
    assert notes[3] == notes[4] == "kept: somebody has worked on it since"


def test_contact_details_need_a_lawful_basis(admin):
    import_set = upload(admin, [["Company", "Phone"], ["Works", "13800138000"]])
    with pytest.raises(ValidationError) as refusal:
        actions.map_columns(import_set, import_set.mapping, actor=admin)
    assert refusal.value.message_dict.keys() == {"has_lawful_basis"}


def test_a_mapping_is_remembered_for_the_same_headers(admin):
    first = upload(admin, [["Firma", "Notiz"], ["Works", "x"]])
    assert first.mapping == {}
    actions.map_columns(first, {"0": "name", "1": "remark"}, actor=admin)
    assert upload(admin, [["Firma", "Notiz"], ["Other", "y"]]).mapping == {"0": "name", "1": "remark"}


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ({"9": "name"}, "unknown_column"),
        ({"x": "name"}, "unknown_column"),
        ({"0": "pool"}, "unknown_field"),
        ({"0": "name", "1": "name"}, "mapped_twice"),
        ({"0": "remark"}, "no_key"),
    ],
)
def test_a_made_up_mapping_is_refused(admin, mapping, code):
    import_set = upload(admin, [["a", "b"], ["1", "2"]])
    with pytest.raises(ValidationError) as refusal:
        actions.map_columns(import_set, mapping, actor=admin)
    assert refusal.value.code == code
    import_set.refresh_from_db()
    assert import_set.mapping == {}


def test_an_applied_import_is_neither_mapped_nor_applied_again(admin):
    import_set = apply(check(upload(admin, [["Company"], ["Works"]])))
    for again in (
        lambda: actions.map_columns(import_set, {"0": "name"}, actor=admin),
        lambda: actions.start_check(import_set, actor=admin),
        lambda: actions.start_apply(import_set, actor=admin),
    ):
        with pytest.raises(ValidationError):
            again()
    assert Customer.objects.count() == 1
    assert Operation.objects.filter(verb="customers_imported").count() == 1


def test_uploaded_files_are_removed_after_a_week(admin, settings):
    import_set = check(upload(admin, [["Company"], ["Works"]]))
    upload(admin, [["Company"], ["Fresh"]])
    ImportSet.objects.filter(pk=import_set.pk).update(created_at=timezone.now() - timedelta(days=8))
    assert actions.delete_old_files() == 1
    assert len(list(Path(settings.MEDIA_ROOT, "imports").iterdir())) == 2
    with pytest.raises(ValidationError):
        actions.start_check(import_set, actor=admin)
    assert counts(apply(import_set)) == {"created": 1}


def test_ids_of_another_system_are_not_taken_for_ours(admin):
    customer = make_customer(name="Ours Ltd")
    theirs = upload(admin, [["客户 ID", "客户名称"], ["曾惠-14485", "Theirs Ltd"]])
    assert theirs.mapping == {"1": "name"}
    ours = upload(admin, [["客户 ID", "客户名称"], [str(customer.pk), "Ours Ltd"]])
    assert ours.mapping == {"0": "id", "1": "name"}


@pytest.mark.parametrize("written", ["上海浦东", "上海市浦东新区", "上海市 浦东新区", "上海浦东新区", "310115"])
def test_a_district_is_found_the_ways_people_write_it(admin, written):
    city = make_region("上海市", code="310000", rank=1, path_name="上海市")
    district = make_region("浦东新区", code="310115", rank=3, path_name="上海市 浦东新区", parent=city)
    import_set = check(upload(admin, [["客户名称", "地区"], ["恒曜机械有限公司", written]]))
    assert counts(import_set) == {"created": 1}, errors(import_set)
    apply(import_set)
    assert Customer.objects.get().region == district
