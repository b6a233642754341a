"""The template tags: what they print, what they hide, what they escape."""

from types import SimpleNamespace

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from crm.ui import marks, navigation, widgets


def drawn(source, **variables):
    return " ".join(Template("{% load ui %}" + source).render(Context(variables)).split())


@pytest.fixture
def request_of(monkeypatch):
    def make(user=None, path="/"):
        request = RequestFactory().get(path)
        request.user = user or AnonymousUser()
        return request

    return make


@pytest.fixture
def nora():
    return SimpleNamespace(
        is_authenticated=True, theme="dark", density="compact", has_shortcuts=False, unread_count=lambda: 3
    )


@pytest.fixture
def granted(monkeypatch):
    rights = set()
    monkeypatch.setattr(navigation, "gate", lambda: lambda user, right, row=None: right in rights and row != "far")
    return rights


def test_marks_escape_names():
    assert "<b>" not in marks.person("<b>") + marks.company("<b>") + marks.status("<b>") + marks.flag(
        "<b>", "<b>", "<b>"
    )
    assert "<b>" not in marks.icon("<b>", "<b>") + marks.meter(3, "<b>")


def test_a_person_has_the_first_letter_and_always_the_same_tone():
    assert drawn('{% who "林晓雯" %}') == (
        '<span class="who"><span class="av t-violet" aria-hidden="true">林</span>'
        '<span class="trunc">林晓雯</span></span>'
    )
    assert ">M<" in drawn('{% av "michael" %}')


def test_a_customer_status_brings_its_tone():
    assert drawn('{% st "公海" "pool" %}') == '<span class="st t-teal">公海</span>'
    assert drawn('{% st "已归档" "gray" True %}') == '<span class="st st-ring t-gray">已归档</span>'


def test_a_meter_is_a_native_progress_element():
    assert drawn('{% meter 63 "进度" "meter-lg" %}') == (
        '<progress class="meter meter-lg" value="63" max="100" aria-label="进度">63</progress>'
    )


class VisitForm(forms.Form):
    name = forms.CharField(help_text="As on the licence")
    amount = forms.DecimalField(widget=widgets.MoneyInput)
    on = forms.DateField(widget=widgets.DayInput, required=False)
    way = forms.ChoiceField(choices=[("call", "<Call>")], widget=forms.RadioSelect)
    password = forms.CharField(widget=forms.PasswordInput)


def test_a_field_ties_label_hint_and_error_to_its_control():
    form = VisitForm({"name": ""})
    html = drawn("{% field form.name %}", form=form)

    assert '<label class="label" for="id_name">Name<span class="req" aria-hidden="true">*</span></label>' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert '<span class="hint" id="id_name_helptext">As on the licence</span>' in html
    assert 'id="id_name_error"' in html


def test_a_field_without_trouble_mentions_none():
    html = drawn("{% field form.on optional=True %}", form=VisitForm())

    assert "aria-invalid" not in html
    assert "aria-describedby" not in html
    assert 'type="date"' in html
    assert 'class="opt"' in html


def test_choices_become_a_fieldset_and_are_escaped():
    html = drawn("{% field form.way %}", form=VisitForm())

    assert html.startswith('<fieldset class="field"')
    assert "&lt;Call&gt;" in html
    assert "<Call>" not in html


def test_a_password_can_be_shown():
    assert "data-reveal" in drawn("{% field form.password %}", form=VisitForm())


@pytest.mark.parametrize(
    ("typed", "value", "shown"),
    [
        ("680,000.00", "680000.00", "680,000.00"),
        ("￥ １２，３００．５", "12300.5", "12,300.5"),
        ("12 apples", "12apples", "12apples"),
        ("", "", ""),
    ],
)
def test_money_is_typed_as_people_type_it(typed, value, shown):
    widget = widgets.MoneyInput()

    assert widget.value_from_datadict({"a": typed}, {}, "a") == value
    assert (widget.format_value(value) or "") == shown


def test_the_summary_of_a_refused_form_links_to_each_wrong_field():
    form = VisitForm({"name": "x", "amount": "1", "way": "call", "password": ""})
    form.add_error(None, "No <b>luck</b>")
    html = drawn("{% form_errors form %}", form=form)

    assert '<a href="#id_password">Password</a>' in html
    assert "No &lt;b&gt;luck&lt;/b&gt;" in html
    assert drawn("{% form_errors form %}", form=VisitForm()) == ""


def test_a_verb_is_shown_only_where_the_gate_lets_its_user_in(request_of, nora, granted):
    source = (
        '{% verb "/customers/1/edit/" "Edit" icon="pencil" right="customers.change_customer" row=row '
        'look="primary" key="e" %}'
    )

    assert drawn(source, request=request_of(nora), row="near") == ""
    granted.add("customers.change_customer")
    shown = drawn(source, request=request_of(nora), row="near")
    assert shown.startswith('<a class="btn btn-primary" href="/customers/1/edit/" data-key="e">')
    assert drawn(source, request=request_of(nora), row="far") == ""
    assert drawn(source, request=request_of(), row="near") == ""


def test_a_verb_that_changes_something_is_a_form_with_a_token(request_of, nora, granted):
    granted.add("customers.claim_customer")
    html = drawn(
        '{% verb "/c/1/claim/" "Claim" right="customers.claim_customer" post=True %}', request=request_of(nora)
    )

    assert '<form class="inline" method="post" action="/c/1/claim/">' in html
    assert 'name="csrfmiddlewaretoken" value="' in html


def test_a_message_becomes_a_toast_with_an_undo_button(request_of):
    message = Message(constants.SUCCESS, "<b>moved</b>", extra_tags="undo:/transfers/1/undo/")
    html = drawn("{% toast message %}", message=message, request=request_of())

    assert "&lt;b&gt;moved&lt;/b&gt;" in html
    assert '<form method="post" action="/transfers/1/undo/">' in html
    assert 'role="status"' in html


def test_a_toast_never_undoes_at_a_strange_address(request_of):
    message = Message(constants.ERROR, "no", extra_tags="undo:https://evil.example/")
    html = drawn("{% toast message %}", message=message, request=request_of())

    assert "<form" not in html
    assert 'role="alert"' in html


def test_the_page_carries_the_choices_of_its_reader(request_of, nora):
    with translation.override("zh-hans"):
        assert drawn("<html {% html_attributes %}>", request=request_of(nora)) == (
            '<html lang="zh-CN" data-theme="dark" data-density="compact" data-keys="off">'
        )
    with translation.override("en"):
        assert drawn("<html {% html_attributes %}>", request=request_of()) == (
            '<html lang="en" data-theme="auto" data-density="normal" data-keys="on" data-visitor>'
        )


def test_htmx_is_forbidden_what_the_security_policy_forbids():
    html = drawn("{% htmx_config %}")

    for word in (
        "&quot;allowEval&quot;: false",
        "&quot;allowScriptTags&quot;: false",
        "&quot;selfRequestsOnly&quot;: true",
    ):
        assert word in html


def test_buttons_of_a_page_head_are_not_escaped_but_its_title_is():
    html = drawn('{% page_head title count=2846 %}<a href="/new/">New</a>{% endpage_head %}', title="<i>")

    assert "<h1>&lt;i&gt;</h1>" in html
    assert "2,846" in html
    assert '<a href="/new/">New</a>' in html


def test_an_empty_list_says_what_to_do():
    html = drawn(
        '{% empty_state "Nothing yet" text="Add one." small=True %}<a href="/new/">New</a>{% endempty_state %}'
    )

    assert "<h2>Nothing yet</h2>" in html
    assert '<div class="bar"><a href="/new/">New</a></div>' in html


def test_a_running_job_asks_for_itself_and_a_finished_one_does_not():
    running = drawn('{% job_progress "Transfer" "running" 79 126 poll_url="/jobs/1/" %}')
    done = drawn('{% job_progress "Transfer" "done" 126 126 poll_url="/jobs/1/" %}')

    assert 'hx-get="/jobs/1/" hx-trigger="every 1s"' in running
    assert "62%" in running
    assert "hx-get" not in done
    assert "100%" in done
    assert "0%" in drawn('{% job_progress "Transfer" "queued" 0 None %}')


def test_the_pager_disables_what_is_not_there():
    html = drawn('{% pager "1–50" next_url="/customers/?after=9" target="#list" %}')

    assert html.count('aria-disabled="true"') == 1
    assert 'hx-get="/customers/?after=9" hx-target="#list"' in html
