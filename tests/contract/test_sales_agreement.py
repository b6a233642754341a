"""Sales: list, count, chips, page, API and export agree for every person, and nothing out of reach shows anywhere."""

import itertools
import re
from dataclasses import dataclass

import django_filters
import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.core.cache import cache
from django.utils import timezone
from django.utils.module_loading import import_string

from crm.records.exports import export_named
from crm.records.filters import IdsFilter, WordsFilter
from crm.records.selection import Selection
from tests.contract.fingerprints import fingerprint
from tests.contract.routes import all_routes
from tests.factories import make_customer, make_department, make_user, sign_in
from tests.factories.api import ApiClient, unchanged
from tests.factories.approvals import make_approval
from tests.factories.sales import (
    make_contract,
    make_delivery,
    make_invoice,
    make_loss_reason,
    make_opportunity,
    make_order,
    make_payment,
    make_quote,
    make_reissue,
    make_requirement,
)

pytestmark = pytest.mark.django_db
ROLES = ("rep", "rep2", "rep3", "director", "vp", "marketing", "technician", "finance", "auditor", "admin", "security")
RESOURCES = ("opportunities", "requirements", "quotes", "contracts", "orders", "payments", "invoices", "reissues")
CANARY, NOWHERE = "Canary", 987654321


@dataclass(frozen=True)
class Record:
    """One kind of record with its list, its resource of the API and what its export is called."""

    name: str

    @property
    def viewset(self):
        return import_string(django_settings.HARBOUR_API[self.name])

    @property
    def model(self):
        return self.viewset.model

    @property
    def filterset(self):
        return self.viewset.filterset

    @property
    def export(self):
        label = self.model._meta.label
        return export_named(label) if label in django_settings.HARBOUR_EXPORTS else None


RECORDS = [Record(name) for name in RESOURCES]


@pytest.fixture
def world(settings, tmp_path):
    """People of every role in a tree of departments; a chain of documents of each of three sellers."""
    settings.MEDIA_ROOT = tmp_path
    cache.clear()
    sales = make_department("Sales")
    east, north, office = make_department("East", sales), make_department("North", sales), make_department("Office")
    people = {
        "rep": make_user("rep", "rep", east), "rep2": make_user("rep2", "rep", east),
        "rep3": make_user("rep3", "rep", north), "director": make_user("director", "director", east),
        "vp": make_user("vp", "director", sales),
        **{name: make_user(name, name, office) for name in ROLES[5:]},
    }  # fmt: skip
    for name in ("rep", "rep2", "rep3"):
        make_chain(people[name], secret=CANARY if name == "rep3" else f"Of {name}")
    mine = apps.get_model("customers.Customer").objects.get(owner=people["rep"])
    make_quote(mine, owner=people["rep2"], title="Written by a peer")
    return people


def make_chain(owner, secret):
    """One document of each kind in its last state and some in others; `secret` stands in every text."""
    customer = make_customer(owner, name=f"{secret} Company")
    talk = make_opportunity(customer, name=f"{secret} talk", amount="30000.00")
    make_opportunity(customer, name=f"{secret} lost", state="lost", closed_at=timezone.now(),
                     loss_reason=make_loss_reason("Too dear"))  # fmt: skip
    shared = {"opportunity": talk, "title": f"{secret} document"}
    for state, number in (("draft", ""), ("approved", f"X-{owner.pk}")):
        make_requirement(customer, state=state, number=number, title=f"{secret} need")
    for state in ("draft", "approved"):
        make_quote(customer, state=state, **shared)
    contract = make_contract(customer, **shared)
    make_contract(customer, state="draft", **shared)
    make_delivery(make_order(contract))
    for state in ("draft", "approved"):
        make_payment(customer, state=state, contract=contract, payer_name=f"{secret} payer")
    for amount, state in (("1000.00", "draft"), ("3000.00", "issued")):
        last = make_invoice(contract, gross=amount, state=state, note=f"{secret} note")
    make_reissue(last, state="pending", explanation=f"{secret} letter")
    make_approval(contract)
    return customer


# ── asking ──


def listed(client, name, query=""):
    """The ids of every page of a list and the count it tells; None where it is closed."""
    found, address = [], f"/sales/{name}/?{query}"
    while True:
        answer = client.get(address)
        if answer.status_code == 403:
            return None
        assert answer.status_code == 200, (address, answer.status_code)
        found += [int(pk) for pk in re.findall(r'name="ids" value="(\d+)" form="bulk"', answer.text)]
        if not (following := answer.context["next_url"]):
            return found, answer.context
        address = f"/sales/{name}/{following}"


def ids_of(client, name, query=""):
    """The set of what is listed, empty where the list is closed."""
    found = listed(client, name, query)
    return set(found[0]) if found else set()


def through_api(api, name, query=""):
    """The ids of every page of a resource; None where it is closed."""
    found, address = [], f"{name}/?page_size=9&{query}"
    while address:
        answer = api.get(re.sub(r"^https?://[^/]+", "", address))
        if answer.status_code == 403:
            return None
        assert answer.status_code == 200, (address, answer.body)
        found += [row["id"] for row in answer.body["results"]]
        address = answer.body["next"]
    return found


def probes(record, user, most):
    """One query for every value (at most so many) a filter of the list offers, or that its rows hold."""
    rows = record.model.objects.visible_to(user)
    for name, found in record.filterset.base_filters.items():
        values = ["Canary", "Of"]
        if isinstance(found, WordsFilter):
            values = [value for value, _label in found.extra["choices"]]
        elif isinstance(found, IdsFilter):
            path = found.field_name if "__" in (found.field_name or "") else f"{found.field_name}_id"
            held = rows.exclude(**{path: None}).values_list(path, flat=True).order_by().distinct()[:2]
            values = [*held, *found.extra.get("words", ())]
        elif isinstance(found, django_filters.DateFilter):
            values = [timezone.localdate()]
        elif isinstance(found, django_filters.NumberFilter | django_filters.BooleanFilter):
            values = [10000 if isinstance(found, django_filters.NumberFilter) else "true"]
        yield from (f"{name}={value}" for value in values[:most])


# ── the same rows everywhere ──


@pytest.mark.parametrize("name", ROLES)
def test_list_count_and_api_hold_the_same_rows(world, name):
    client, api = sign_in(world[name]), ApiClient(world[name])
    for record in RECORDS:
        found, told = listed(client, record.name), through_api(api, record.name)
        if found is None:
            assert told is None, record
        else:
            assert sorted(found[0]) == sorted(told) and len(set(told)) == found[1]["total"], record


@pytest.mark.parametrize("name", ["rep", "director", "finance"])
def test_what_is_listed_opens_and_nothing_else_does(world, name):
    client = sign_in(world[name])
    for record in RECORDS:
        seen = ids_of(client, record.name) | ids_of(
            client, record.name, "old_versions=true" * (record.name == "quotes")
        )
        newest = record.model.objects.order_by("owner_id", "-pk").distinct("owner_id").values_list("pk", flat=True)
        for pk in newest:
            status = client.get(f"/sales/{record.name}/{pk}/").status_code
            assert (status == 200) == (pk in seen), (record, pk, status)


@pytest.mark.parametrize("record", RECORDS, ids=RESOURCES)
def test_every_filter_narrows_list_count_api_and_export_alike_and_has_its_chip(world, record):
    for user, most in ((world["rep"], 99), (world["finance"], 1)):
        client, api = sign_in(user), ApiClient(user)
        everything = listed(client, record.name)
        if everything is None:
            continue
        wider = set(everything[0])
        if "old_versions" in record.filterset.base_filters:
            wider |= ids_of(client, record.name, "old_versions=true")
        for query in probes(record, user, most):
            found, context = listed(client, record.name, query)
            assert context["total"] == len(found) and set(found) <= wider, query
            assert sorted(through_api(api, record.name, query)) == sorted(found), query
            label = query.partition("=")[0]
            assert label == "q" or label in {chip.name for chip, _address in context["chips"]}, query
            if record.export:
                allowed = record.model.objects.filter(pk__in=found).within(user, record.export.right)
                taken = record.export.rows(user, Selection(query=query, is_all=True))
                assert set(taken.values_list("pk", flat=True)) == set(allowed.values_list("pk", flat=True)), query


@pytest.mark.parametrize("name", ["director"])
def test_two_filters_find_what_both_find_and_no_order_changes_the_set(world, name):
    client = sign_in(world[name])
    for record in RECORDS:
        queries = ["owner=me", "q=Of", f"customer={customer_of(world['rep']).pk}"]
        once = {query: ids_of(client, record.name, query) for query in queries}
        for first, second in itertools.combinations(queries, 2):
            assert ids_of(client, record.name, f"{first}&{second}") == once[first] & once[second], (first, second)
        for order in record.viewset.orders:
            assert ids_of(client, record.name, f"sort={order.name}") == ids_of(client, record.name), order.name


def customer_of(user):
    return apps.get_model("customers.Customer").objects.get(owner=user)


# ── nothing of what is out of reach ──


def same_answer(there, nowhere, pk):
    """Whether two answers are alike but for what differs each time: ids, tokens and the id of the request."""
    told = []
    for answer in (there, nowhere):
        text = re.sub(r"[A-Za-z0-9]{64}", "token", answer.text).replace(answer["X-Request-Id"], "request")
        told.append((answer.status_code, re.sub(rf"(?<=[/=]){pk}\b|(?<=[/=]){NOWHERE}\b", "#", text)))
    return told[0] == told[1]


def hidden_rows(user):
    """Model → a row of it that this person does not see, of every model the addresses of sales name."""
    found = {}
    for model in apps.get_app_config("sales").get_models():
        if hasattr(model.objects, "visible_to"):
            row = model.objects.exclude(pk__in=model.objects.visible_to(user)).order_by("-pk").first()
            found |= {model: row.pk} if row else {}
    return found


def test_every_page_and_action_answers_a_foreign_id_like_one_that_does_not_exist(world):
    client, hidden = sign_in(world["rep"]), hidden_rows(world["rep"])
    before, asked = fingerprint(), set()
    for route in all_routes():
        model = route.gate.model if route.gate else None
        if not route.label.startswith("sales:") or model not in hidden or "<int:pk>" not in route.pattern:
            continue
        address = "/" + route.pattern.replace("<int:pk>", "{}")
        for ask in (client.get, client.post):
            there, nowhere = ask(address.format(hidden[model])), ask(address.format(NOWHERE))
            assert there.status_code in (403, 404, 405), (route, there.status_code)
            assert same_answer(there, nowhere, hidden[model]), route
        asked.add(model)
    assert {record.model for record in RECORDS} <= asked
    assert fingerprint() == before


def test_every_verb_of_the_api_answers_a_foreign_id_like_one_that_does_not_exist(world):
    api, hidden = ApiClient(world["rep"]), hidden_rows(world["rep"])
    before = unchanged(api)
    for record in RECORDS:
        pk = hidden[record.model]
        verbs = [verb.url_path for verb in record.viewset.get_extra_actions() if verb.detail]
        for method, path in [("GET", ""), ("PATCH", ""), *(("POST", f"{verb}/") for verb in verbs)]:
            there, nowhere = (api.send(method, f"{record.name}/{one}/{path}", {}) for one in (pk, NOWHERE))
            assert there.status_code in (403, 404, 405), (record, path, there.status_code)
            assert same_answer(there, nowhere, pk), (record, path)
    assert unchanged(api) == before


@pytest.mark.parametrize("name", ["rep", "marketing", "technician"])
def test_no_list_search_palette_or_proposal_names_what_is_out_of_reach(world, name):
    client = sign_in(world[name])
    rows = [model.objects.get(pk=pk) for model, pk in hidden_rows(world[name]).items()]
    secrets = [f'"{row.get_absolute_url()}"' for row in rows if hasattr(row, "get_absolute_url")]
    secrets += [f"{CANARY} {word}" for word in ("need", "document", "payer", "note", "letter")]
    pages = [route.pattern for route in all_routes() if route.label.startswith("sales:") and "<" not in route.pattern]
    for page in (*pages, "", "approvals/", "notifications/", "activities/", "reports/"):
        text = client.get(f"/{page}").text
        assert [secret for secret in secrets if secret in text] == [], page
    for words in (CANARY, *(row.number for row in rows if getattr(row, "number", ""))):
        for page in ("palette/", "search/"):
            text = client.get(f"/{page}", {"q": words}).text
            assert [secret for secret in secrets if secret in text] == [], (page, words)


def test_history_files_approvals_and_statements_of_foreign_documents_are_closed(world):
    client, hidden = sign_in(world["rep"]), hidden_rows(world["rep"])
    theirs = customer_of(world["rep3"])
    approval = apps.get_model("crm.ApprovalRequest").objects.get(customer_id=theirs.pk)
    doors = [(f"/customers/{{}}/{page}", theirs.pk) for page in ("", "timeline/", "history/")]
    doors += [("/sales/statements/{}/", theirs.pk), ("/approvals/{}/", approval.pk)]
    doors += [
        (f"/files/of/{model._meta.model_name}/{{}}/", hidden[model])
        for label in django_settings.HARBOUR_ATTACHABLE
        if (model := apps.get_model(label)) in hidden
    ]
    for address, pk in doors:
        there, nowhere = client.get(address.format(pk)), client.get(address.format(NOWHERE))
        assert there.status_code == 404 and same_answer(there, nowhere, pk), (address, there.status_code)
