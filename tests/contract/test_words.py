"""Everything that is recorded has words for people."""

import ast
from pathlib import Path

from crm.history.verbs import all_verbs

ROOT = Path(__file__).resolve().parents[2]


def recorded_verbs() -> dict[str, str]:
    """Every verb written as a text in a call of operation(), and where."""
    found = {}
    for app in ("crm", "customers", "sales", "reports"):
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "operation" and len(node.args) > 1:
                    verb = node.args[1]
                    if isinstance(verb, ast.Constant):
                        found[verb.value] = f"{path.relative_to(ROOT)}:{node.lineno}"
    return found


def test_every_recorded_verb_has_words():
    known = all_verbs()
    assert {verb: place for verb, place in recorded_verbs().items() if verb not in known} == {}


def test_the_search_for_verbs_finds_them():
    assert "customer_created" in recorded_verbs()
