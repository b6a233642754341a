"""The editor of flows, its test bench, and where a document would go."""

import re

import pytest

from crm.approvals import actions
from crm.approvals.flows import save_flow
from crm.approvals.models import Flow, FlowVersion
from tests.contract.fingerprints import fingerprint
from tests.crm.approvals.purpose import make_document, make_flow, manager, people, put_up, role
from tests.factories import make_user, sign_in

pytestmark = pytest.mark.django_db
LIST, NEW = "/settings/flows/", "/settings/flows/new/tests.task/"
STEP = {"key": "step1", "name": "Manager", "who": "manager", "mode": "any", "hours": "8", "remind_hours": "2"}


def text(answer):
    return answer.content.decode()


def sent(*steps, name="Quotes", do="save", **more):
    """What the editor's form sends."""
    fields = {"name": name, "do": do, "s-count": str(len(steps)), "c-count": "0", **more}
    for place, step in enumerate(steps):
        conditions = step.get("conditions", [])
        fields |= {f"s-{place}-{key}": value for key, value in step.items() if key != "conditions"}
        fields[f"s-{place}-c-count"] = str(len(conditions))
        for at, (fact, operator, value) in enumerate(conditions):
            fields |= {f"s-{place}-c-{at}-fact": fact, f"s-{place}-c-{at}-operator": operator}
            fields[f"s-{place}-c-{at}-value"] = value
    return fields


def fields_of(page):
    """Every field of the editor as a browser would send it back, out of the page's own HTML."""
    form = page[page.index('<form method="post" novalidate data-main') :]
    found = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            found[name[1]] = value[1] if value else "on"
    for name, body in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.findall(r'<option value="([^"]*)" selected', body)
        found[name] = chosen if " multiple" in form[form.index(f'name="{name}"') :][:40] else (chosen or [""])[0]
    return found


@pytest.fixture
def admin(company):
    return sign_in(company.admin)


def test_only_keepers_of_flows_open_the_editor(company):
    flow = make_flow(manager())
    for person in (company.rep, company.director, company.finance):
        browser = sign_in(person)
        for address in (LIST, NEW, f"{LIST}{flow.pk}/", f"{LIST}{flow.pk}/edit/", f"{LIST}ask/tests.task/"):
            assert browser.get(address).status_code == 403
        for verb in ("copy", "switch", "move"):
            assert browser.post(f"{LIST}{flow.pk}/{verb}/").status_code == 403
    assert Flow.objects.get().is_active


def test_a_new_flow_is_written_in_the_browser(company, admin):
    finance = {"key": "step2", "name": "Finance", "who": "role", "role": "finance", "mode": "all", "hours": ""}
    above = {**finance, "conditions": [("amount", "above", "￥20,000.00"), ("discount", "at_least", "18")]}

    answer = admin.post(NEW, sent(STEP, above, **{"c-count": "1", "c-0-fact": "below_floor", "c-0-value": "no"}))

    flow = Flow.objects.select_related("version").get()
    assert answer.url == flow.get_absolute_url()
    assert (flow.name, flow.purpose, flow.is_active, flow.version.number) == ("Quotes", "tests.task", True, 1)
    assert flow.version.definition["conditions"] == [{"fact": "below_floor", "operator": "is", "value": False}]
    first, second = flow.version.definition["steps"]
    assert (first["who"], first["hours"], first["remind_hours"]) == ({"kind": "manager"}, 8, 2)
    assert (second["who"], second["mode"]) == ({"kind": "role", "role": "finance", "where": ""}, "all")
    assert [(one["fact"], one["operator"], one["value"]) for one in second["conditions"]] == [
        ("amount", "above", "20000.00"),
        ("discount", "at_least", "0.18"),
    ]


@pytest.mark.parametrize(
    ("step", "place", "words"),
    [
        ({"name": ""}, "name", "Give it a name of at most 40 characters."),
        ({"who": "user"}, "users", "Choose at least one."),
        ({"who": "role", "role": "wizard"}, "role", "Choose a role."),
        ({"who": "superior", "levels": "9"}, "levels", "A whole number of 1 to 8."),
        ({"mode": "n", "count": "0"}, "count", "A whole number of 1 to 20."),
        ({"hours": "-1"}, "hours", "A whole number of 0 to 2000."),
        ({"hours": "1e9"}, "hours", "A whole number of 0 to 2000."),
        ({"hours": "4", "remind_hours": "4"}, "remind_hours", "Remind before the time is over."),
        ({"hours": "", "remind_hours": "", "escalate": "superior"}, "escalate", "Only what has a deadline"),
    ],
)
def test_what_is_wrong_with_a_step_stands_beside_its_field(admin, step, place, words):
    before = fingerprint()

    answer = admin.post(NEW, sent({**STEP, **step}))

    assert answer.status_code == 422
    assert [*answer.context["editor"].steps[0].errors] == [place]
    assert words in text(answer)
    assert fingerprint() == before


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (("amount", "above", "many"), "Enter a number."),
        (("amount", "above", "-5"), "Enter a number."),
        (("amount", "above", "1e30"), "Enter a number."),
        (("discount", "above", "101"), "At most 100 %."),
        (("department", "is", "x"), "Choose at least one."),
    ],
)
def test_what_is_wrong_with_a_condition_stands_beside_it(admin, condition, words):
    before = fingerprint()

    answer = admin.post(NEW, sent({**STEP, "conditions": [condition]}))

    assert answer.status_code == 422
    assert answer.context["editor"].steps[0].conditions[0].error == words
    assert fingerprint() == before


@pytest.mark.parametrize(
    "change",
    [{"name": ""}, {"name": "x" * 81}, {"note": "x" * 201}, {"s-count": "0"}, {"s-0-key": "UPPER key"}],
)
def test_a_flow_that_makes_no_sense_is_not_kept(admin, change):
    before = fingerprint()

    assert admin.post(NEW, {**sent(STEP), **change}).status_code == 422
    assert fingerprint() == before


def test_rows_are_added_moved_and_removed_by_plain_buttons(admin):
    fields = sent(STEP, do="add-step")
    page = admin.post(NEW, fields)
    assert [step.texts["key"] for step in page.context["editor"].steps] == ["step1", "step2"]

    page = admin.post(NEW, {**fields_of(text(page)), "s-1-name": "Second", "do": "up-step:1"})
    assert [step.texts["name"] for step in page.context["editor"].steps] == ["Second", "Manager"]

    page = admin.post(NEW, {**fields_of(text(page)), "s-0-add-fact": "discount", "do": "add-condition:0"})
    assert [row.fact.code for row in page.context["editor"].steps[0].conditions] == ["discount"]

    page = admin.post(NEW, {**fields_of(text(page)), "do": "remove-condition:0-0"})
    assert page.context["editor"].steps[0].conditions == []

    page = admin.post(NEW, {**fields_of(text(page)), "add-fact": "amount", "do": "add-condition:"})
    assert [row.fact.code for row in page.context["editor"].conditions] == ["amount"]

    page = admin.post(NEW, {**fields_of(text(page)), "do": "remove-step:0"})
    assert [step.texts["name"] for step in page.context["editor"].steps] == ["Manager"]
    assert Flow.objects.count() == 0


@pytest.mark.parametrize("do", ["remove-step:99", "remove-condition:7-0", "up-step:", "add-condition:5", "explode"])
def test_a_button_that_was_made_up_changes_no_row(admin, do):
    answer = admin.post(NEW, sent(STEP, do=do))

    assert answer.status_code == 200
    assert [step.texts["name"] for step in answer.context["editor"].steps] == ["Manager"]
    assert Flow.objects.count() == 0


def test_what_is_kept_comes_back_into_the_editor_unchanged(company, admin):
    conditions = [
        {"fact": "amount", "operator": "at_most", "value": "1234567.50"},
        {"fact": "discount", "operator": "above", "value": "0.125"},
        {"fact": "below_floor", "operator": "is", "value": False},
        {"fact": "department", "operator": "is_not", "value": [company.sales.pk, company.east.pk]},
    ]
    flow = make_flow(
        {**people(company.director, company.vp), "mode": "n", "count": 2, "conditions": conditions},
        {"who": {"kind": "role", "role": "finance", "where": "above"}, "hours": 8, "remind_hours": 2,
         "escalate": "role", "escalate_role": "director"},
        {"who": {"kind": "superior", "levels": 2}},
        {"who": {"kind": "chain", "role": "director"}},
        {"who": {"kind": "head"}},
        {"who": {"kind": "chosen", "users": [company.finance.pk]}},
        conditions=conditions,
    )  # fmt: skip

    page = text(admin.get(f"{LIST}{flow.pk}/edit/"))
    answer = admin.post(f"{LIST}{flow.pk}/edit/", {**fields_of(page), "do": "save"})

    assert answer.status_code == 302
    assert FlowVersion.objects.count() == 1


def test_an_edit_is_a_new_version_and_routes_the_next_document_only(company, admin):
    flow = make_flow(manager())
    running = put_up(make_document(company.rep), company.rep)
    before = running.definition

    answer = admin.post(
        f"{LIST}{flow.pk}/edit/",
        {**sent({**STEP, "who": "role", "role": "finance"}), "note": "Money first", "base": "1"},
    )

    assert answer.status_code == 302
    running.refresh_from_db()
    assert running.definition == before
    assert [task.approver for task in running.tasks.all()] == [company.director]
    following = put_up(make_document(company.rep), company.rep)
    assert {task.approver for task in following.tasks.all()} == {company.finance, company.finance2}
    page = text(admin.get(flow.get_absolute_url()))
    assert "Money first" in page
    assert "the manager of whoever submits" in page
    assert "Version 2" in page


def test_an_edit_of_an_older_version_is_refused(company, admin):
    flow = make_flow(manager())
    save_flow(flow, actor=company.admin, definition={"steps": [{"name": "Finance", **role("finance")}]})
    before = fingerprint()

    answer = admin.post(f"{LIST}{flow.pk}/edit/", sent(STEP, base="1"))

    assert answer.status_code == 409
    assert "Somebody saved version 2 meanwhile." in text(answer)
    assert fingerprint() == before


def test_the_test_bench_tells_who_would_decide_otherwise_before_anything_is_saved(company, admin):
    flow = make_flow(manager())
    put_up(make_document(company.rep, amount="100.00"), company.rep)
    large = put_up(make_document(company.rep, amount="50000.00"), company.rep)
    before = fingerprint()
    above = {**STEP, "key": "step2", "name": "Head", "who": "superior", "levels": "2", "mode": "any"}
    steps = (STEP, {**above, "conditions": [("amount", "above", "20000")]})

    answer = admin.post(f"{LIST}{flow.pk}/edit/", sent(*steps, name="Flow", do="try"))

    tried = answer.context["bench"]
    assert answer.status_code == 200
    assert (tried.count, tried.changed) == (2, 1)
    [one] = tried.listed
    assert one.number == large.subject_id
    assert [step.people for step in one.before.steps] == [["Director"]]
    assert [step.people for step in one.after.steps] == [["Director"], ["Vp"]]
    # keepers of flows are not told of documents out of their reach
    assert one.title == ""
    assert large.title not in text(answer)
    assert fingerprint() == before


def test_the_test_bench_says_where_nobody_could_decide(company, admin):
    make_user("agent", role="agent", department=company.east)
    flow = make_flow(manager())
    put_up(make_document(company.vp), company.vp)

    answer = admin.post(f"{LIST}{flow.pk}/edit/", sent({**STEP, "who": "role", "role": "agent"}, do="try"))

    assert answer.status_code == 200
    assert answer.context["bench"].count == 1


def test_where_a_document_would_go_is_asked_by_facts(company, admin):
    above = [{"fact": "amount", "operator": "above", "value": "20000.00"}]
    make_flow(manager(), {**role("finance"), "conditions": above})

    small = admin.get(f"{LIST}ask/tests.task/", {"submitter": company.rep.pk, "fact_amount": "100"})
    large = admin.get(f"{LIST}ask/tests.task/", {"submitter": company.rep.pk, "fact_amount": "￥30,000"})

    assert [step.people for step in small.context["way"].steps] == [["Director"]]
    assert [step.people for step in large.context["way"].steps] == [["Director"], ["Finance", "Finance2"]]
    assert "because the amount is above ¥20,000.00" in text(large)
    wrong = admin.get(f"{LIST}ask/tests.task/", {"submitter": "x", "fact_amount": "-1", "fact_discount": "200"})
    assert wrong.status_code == 422
    assert admin.get(f"{LIST}ask/nothing/").status_code == 404


def test_flows_are_listed_moved_switched_and_copied(company, admin):
    one, other = make_flow(manager(), name="One"), make_flow(role("finance"), name="Other")

    admin.post(f"{LIST}{other.pk}/move/", {"up": "1"})
    page = admin.get(LIST)
    assert [flow.name for flow, _told in page.context["groups"][0][1]] == ["Other", "One"]

    admin.post(f"{LIST}{other.pk}/switch/", {"on": "0"})
    assert {task.approver for task in put_up(make_document(company.rep), company.rep).tasks.all()} == {company.director}

    admin.post(f"{LIST}{one.pk}/copy/")
    copy = Flow.objects.get(name="One (copy 1)")
    assert (copy.is_active, copy.version.definition) == (False, one.version.definition)
    assert admin.get(f"{LIST}{copy.pk}/").status_code == 200
    assert admin.get(f"{LIST}999999/").status_code == 404


def test_a_flow_that_runs_is_shown_with_its_version_on_the_approval(company, admin):
    flow = make_flow(manager())
    request = put_up(make_document(company.rep), company.rep)
    admin.post(f"{LIST}{flow.pk}/edit/", sent({**STEP, "who": "role", "role": "finance"}, name="Renamed"))

    page = text(sign_in(company.director).get(request.get_absolute_url()))

    assert "Flow “Flow”, version 1" in page
    actions.approve(request, actor=company.director, seen=request.content_hash)
