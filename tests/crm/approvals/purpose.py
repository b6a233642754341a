"""A purpose over tasks, for tests: the note of a task holds the facts as JSON, its dedupe key the state."""

import json
from decimal import Decimal

from crm.approvals.flows import add_flow
from crm.approvals.purposes import Fact, Purpose
from crm.history.operations import operation
from customers.tasks.models import Task
from tests.factories import make_task


def facts_of(task):
    kept = json.loads(task.note)
    return {
        "amount": Decimal(kept.get("amount", "100.00")),
        "discount": Decimal(kept.get("discount", "0")),
        "below_floor": kept.get("below_floor", False),
        "department": kept.get("department", []),
    }


def lock(pk):
    task = Task.objects.select_for_update(of=("self",)).get(pk=pk)
    return with_editor(task)


def with_editor(task):
    task.edited_by_id = json.loads(task.note).get("editor")
    return task


def moves_to(state):
    def follow(document, actor, request):
        Task.objects.filter(pk=document.pk).update(dedupe_key=f"{state}:{document.pk}")

    return follow


def rolling(task):
    return Decimal(json.loads(task.note).get("rolling", "0"))


TASKS = Purpose(
    code="tests.task",
    label="Task",
    model="customers.Task",
    view_right="customers.view_task",
    part="approvals/_flow.html",
    asked=(
        Fact("amount", "amount", "amount"),
        Fact("discount", "discount", "percent"),
        Fact("below_floor", "below the floor", "yes_no"),
        Fact("department", "department", "department"),
    ),
    lock=lock,
    facts=facts_of,
    snapshot=lambda task: {"title": task.title, **json.loads(task.note)},
    rolling=rolling,
    differences=lambda before, after: [
        (name, str(before.get(name, "")), str(value)) for name, value in after.items() if before.get(name) != value
    ],
    submitted=moves_to("pending"),
    approved=moves_to("approved"),
    rejected=moves_to("rejected"),
    returned=moves_to("returned"),
    withdrawn=moves_to("withdrawn"),
    blocked=moves_to("blocked"),
    standard_flows=(("Everything", {"steps": [{"name": "Manager", "who": {"kind": "manager"}}]}),),
)
# money is confirmed by finance, whoever came before
MONEY = Purpose(**{**TASKS.__dict__, "code": "tests.money", "closing_right": "sales.confirm_payment"})


def make_document(owner, **facts):
    """A task whose facts are these (amount, discount, below_floor, department, editor, rolling)."""
    return with_editor(make_task(owner, title="Quote", note=json.dumps(facts)))


def change_document(task, **facts):
    task.note = json.dumps({**json.loads(task.note), **facts})
    Task.objects.filter(pk=task.pk).update(note=task.note)
    return with_editor(task)


def make_flow(*steps, purpose="tests.task", name="Flow", conditions=()):
    """A flow of steps, each a dict with at least `who`."""
    ready = [{"name": f"Step {n}", **step} for n, step in enumerate(steps, 1)]
    return add_flow(actor=None, purpose=purpose, name=name, definition={"conditions": [*conditions], "steps": ready})


def put_up(task, actor, **options):
    """Submit as a document's own action would, inside its operation."""
    from crm.approvals.actions import submit

    purpose = options.pop("purpose", "tests.task")
    with operation(actor, "task_changed", task):
        return submit(purpose, task, actor=actor, **options)


def state_of(task):
    return Task.objects.get(pk=task.pk).dedupe_key.partition(":")[0]


def manager():
    return {"who": {"kind": "manager"}}


def role(code, **more):
    return {"who": {"kind": "role", "role": code}, **more}


def people(*users, **more):
    return {"who": {"kind": "user", "users": [user.pk for user in users]}, **more}
