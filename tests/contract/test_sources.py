"""Rules about the source itself that no linter knows."""

import ast
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import NoReverseMatch, get_resolver

from tests.contract.routes import all_routes

ROOT = Path(__file__).resolve().parents[2]
APPS = ("crm", "customers", "sales", "reports")
PYTHON = [p for app in APPS for p in (ROOT / app).rglob("*.py") if "migrations" not in p.parts]
TEMPLATES = list((ROOT / "templates").rglob("*.html"))
READERS = {"views.py", "forms.py", "filters.py", "tables.py", "api.py", "querysets.py", "settings_views.py"}
WRITING_CALLS = {"save", "create", "bulk_create", "bulk_update", "update_or_create", "get_or_create", "delete"}


def relative(path):
    return str(path.relative_to(ROOT))


def calls(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node


@pytest.mark.parametrize("path", [p for p in PYTHON if p.name in READERS], ids=relative)
def test_pages_forms_filters_and_api_never_write(path):
    writing = []
    for node in calls(path):
        owner = ast.unparse(node.func.value)
        if node.func.attr in WRITING_CALLS and not owner.startswith(("super()", "actions", "self.cache")):
            writing.append(f"{node.lineno}: {owner}.{node.func.attr}")
        if node.func.attr == "update" and ("objects" in owner or "filter(" in owner):
            writing.append(f"{node.lineno}: {owner}.update")
    assert writing == []


SCOPED = ("visible_to", "editable_by", "within")
UNSCOPED_READS = re.compile(r"\b(Customer|Contact|Activity)\.objects\.(?!visible_to|editable_by|within)(\w+)")


@pytest.mark.parametrize("path", [p for p in PYTHON if p.name in READERS - {"querysets.py"}], ids=relative)
def test_pages_forms_filters_and_api_read_business_rows_in_somebodys_name(path):
    assert UNSCOPED_READS.findall(path.read_text(encoding="utf-8")) == []


BANS = {
    r"get_object_or_404\(": (),
    r"\.extra\(|\bRawSQL\(": (),
    r"\bmark_safe\b": ("crm/ui/",),
    r"fields *= *['\"]__all__['\"]|^\s+exclude *= *\[.*\n.*Meta": (),
    r"\bcsrf_exempt\b": (),
    r"\.delay\(|\.apply_async\(|send_task\(": ("crm/jobs/doorbell.py",),
    r"^\s*(import|from) (requests|httpx|urllib3|urllib\.request)\b": ("crm/operations/",),
    r"\bfloat\(": ("crm/ui/", "customers/imports/", "crm/records/spreadsheets.py", "customers/demo/"),
    r"datetime\.now\(\)|datetime\.utcnow\(": (),
    r"\bpickle\b|yaml\.load\(|\beval\(": (),
    r"\bcache_page\b": (),
    r"\b(post_save|pre_save|post_delete|pre_delete|m2m_changed)\b": (),
}


@pytest.mark.parametrize("pattern", BANS)
def test_what_closes_whole_classes_of_faults_stays_banned(pattern):
    found = [
        relative(path)
        for path in PYTHON
        if re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)
        and not relative(path).startswith(BANS[pattern] or ("\0",))
    ]
    assert found == []


def test_templates_carry_no_inline_script_or_style():
    pattern = re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\sstyle=\"|\son[a-z]+=\"|hx-on|\|safe\b|autoescape off"
    )
    allowed = ("templates/layouts/print.html", "templates/layouts/mail.html")
    found = [
        relative(p) for p in TEMPLATES if relative(p) not in allowed and pattern.search(p.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_every_address_name_used_in_templates_and_code_exists():
    known = {route.name for route in all_routes() if route.name}
    used = {}
    for path in TEMPLATES:
        for name in re.findall(r"{% url ['\"]([\w:-]+)['\"]", path.read_text(encoding="utf-8")):
            used.setdefault(name, relative(path))
    for path in PYTHON:
        for name in re.findall(
            r"\b(?:reverse|reverse_lazy|redirect)\(\s*['\"]([a-z_]+:?[\w-]*)['\"]", path.read_text(encoding="utf-8")
        ):
            used.setdefault(name, relative(path))
    dead = {name: place for name, place in used.items() if name not in known and "/" not in name}
    assert dead == {}


def test_every_template_compiles():
    from django.template import TemplateDoesNotExist, TemplateSyntaxError
    from django.template.loader import get_template

    broken = {}
    for path in TEMPLATES:
        try:
            get_template(str(path.relative_to(ROOT / "templates")))
        except (TemplateDoesNotExist, TemplateSyntaxError) as fault:
            broken[relative(path)] = str(fault)
    assert broken == {}


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_the_url_table_can_be_reversed_by_name():
    for route in all_routes():
        if route.name and "<" not in route.pattern and "(" not in route.pattern:
            try:
                get_resolver()  # warm
                from django.urls import reverse

                reverse(route.name)
            except NoReverseMatch as fault:
                raise AssertionError(str(fault)) from fault
