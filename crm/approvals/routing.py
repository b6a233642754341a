"""Which way a document goes: the flow that fits, its steps, and the people of each, with the reasons in words.

Nobody decides on what they submitted or edited last, in whatever disguise: both are taken out of every step, as
named people, holders of roles, heads, stand-ins and delegates alike. Where nobody is left, it goes one level up, and
where nobody stands above either, the document is blocked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils.translation import gettext as _

from crm.approvals.definitions import HOME_CURRENCY, Step, all_hold, needed_count
from crm.approvals.directory import Directory
from crm.approvals.models import ApprovalRequest, FlowVersion
from crm.approvals.purposes import Purpose, purpose_named
from crm.approvals.wording import blocked_words, reasons
from crm.people.models import User


@dataclass(frozen=True)
class Turn:
    """Somebody who is to decide, in their own name or in another's."""

    approver: User
    on_behalf_of: User | None = None


@dataclass(frozen=True)
class PreviewStep:
    """A step as it would be taken: who decides, and why it is there; `offered` is what the submitter chooses from."""

    key: str
    name: str
    turns: list[Turn]
    mode: str
    count: int
    hours: int
    reasons: list[str]
    offered: list[User] = field(default_factory=list)

    @property
    def people(self) -> list[User]:
        """Those who would decide."""
        return [turn.approver for turn in self.turns]


@dataclass(frozen=True)
class Preview:
    """Where a document would go if it were submitted now."""

    flow_name: str
    steps: list[PreviewStep]
    is_blocked: bool
    why: str


@dataclass
class Route:
    """The flow that fits a document, frozen: its steps that apply, with those of a chain one by one."""

    version: FlowVersion | None
    steps: list[Step]
    facts: dict[str, Any]


def preview(purpose: str, document: Any, *, actor: User) -> Preview:
    """Where a document would go if this person submitted it now; nothing is locked or written."""
    declared = purpose_named(purpose)
    route = route_of(declared, document)
    if route.version is None or not route.steps:
        return Preview("", [], is_blocked=True, why=blocked_words("no_flow" if route.version is None else "no_step"))
    case = Case.of(declared, route.steps, document, actor)
    steps = case.expanded(route.steps)
    shown = [_shown(case, step, route.facts, is_last=step is steps[-1]) for step in steps]
    empty = next((step.name for step in shown if not step.turns and not step.offered), None)
    why = blocked_words(f"nobody:{empty}") if empty is not None else ""
    return Preview(str(route.version.flow), shown, is_blocked=bool(why), why=why)


def _shown(case: Case, step: Step, facts: Mapping[str, Any], *, is_last: bool) -> PreviewStep:
    is_chosen = step["who"]["kind"] == "chosen"
    turns = case.turns(step, is_last=is_last)
    return PreviewStep(
        step["key"], step["name"], [] if is_chosen else turns, step["mode"], needed_count(step, len(turns)),
        step["hours"], reasons(case.purpose, step["conditions"], facts),
        [turn.approver for turn in turns] if is_chosen else [],
    )  # fmt: skip


def route_of(purpose: Purpose, document: Any) -> Route:
    """The first flow in use whose conditions hold for a document, and those of its steps that apply."""
    facts = frozen_facts(purpose, document)
    versions = FlowVersion.objects.filter(flow__purpose=purpose.code, flow__is_active=True, flow__version=F("pk"))
    for version in versions.select_related("flow").order_by("flow__position", "flow_id"):
        if all_hold(version.definition["conditions"], facts):
            steps = [step for step in version.definition["steps"] if all_hold(step["conditions"], facts)]
            return Route(version, steps, facts)
    return Route(None, [], facts)


def frozen_facts(purpose: Purpose, document: Any) -> dict[str, Any]:
    """What the conditions ask, as plain values; `routed_amount` includes the other documents of the last days.

    `is_foreign` is there where the amount is in another currency than that of the conditions.
    """
    facts = {code: _plain(value) for code, value in purpose.facts(document).items()}
    rolling = Decimal(purpose.rolling(document) or 0)
    facts["rolling"] = str(rolling)
    if facts.get("amount") is not None:
        facts["routed_amount"] = str(Decimal(facts["amount"]) + max(rolling, Decimal(0)))
        if getattr(document, "currency", HOME_CURRENCY) != HOME_CURRENCY:
            facts["is_foreign"] = True
    return facts


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return list(value) if isinstance(value, list | tuple | set | frozenset) else value


def own_hands(document: Any, actor: User) -> frozenset[int]:
    """Whoever puts a document up, and whoever edited it last: neither decides on it."""
    editor: int | None = getattr(document, "edited_by_id", None)
    return frozenset({actor.pk} if editor is None else {actor.pk, editor})


@dataclass
class Case:
    """One document on its way: whose it is, and who must not decide on it."""

    purpose: Purpose
    directory: Directory
    submitter_id: int
    department_id: int | None
    excluded: frozenset[int]

    @classmethod
    def of(cls, purpose: Purpose, steps: Sequence[Step], document: Any, actor: User) -> Case:
        """The case of a document that this person puts up."""
        department = getattr(document, "department_id", None) or actor.department_id
        directory = Directory(purpose, steps, [actor.pk])
        return cls(purpose, directory, actor.pk, department, own_hands(document, actor))

    @classmethod
    def of_request(cls, request: ApprovalRequest, people: Iterable[int] = ()) -> Case:
        """The case of a request, with the company as it stands now."""
        purpose = purpose_named(request.purpose)
        directory = Directory(purpose, request.steps(), [request.submitted_by_id, *people])
        excluded = frozenset(request.definition["excluded"])
        return cls(purpose, directory, request.submitted_by_id, request.department_id, excluded)

    def rights(self, step: Step, is_last: bool) -> set[str]:
        """What somebody must be allowed to, besides deciding at all, to decide in a step."""
        return {self.purpose.decide_right, step["decide_right"], self.purpose.closing_right if is_last else ""} - {""}

    def expanded(self, steps: Sequence[Step]) -> list[Step]:
        """The steps, with a chain of superiors written out one by one."""
        return [one for step in steps for one in (self._chain(step) if step["who"]["kind"] == "chain" else [step])]

    def _chain(self, step: Step) -> list[Step]:
        above = self.directory.superiors(self.submitter_id)
        last = next((n for n, pk in enumerate(above, 1) if pk in self._holders(step["who"]["role"])), len(above))
        return [
            {**step, "key": f"{step['key']}_{level}", "who": {"kind": "superior", "levels": level}}
            for level in range(1, max(last, 1) + 1)
        ]

    def _holders(self, role: str) -> list[int]:
        return self.directory.holders(role)

    def turns(self, step: Step, *, is_last: bool) -> list[Turn]:
        """Who is to decide in a step today; too few for it: nobody, and the document is blocked.

        Where neither those named nor anybody above them may, the holders of the role that a step names for this do.
        """
        rights = self.rights(step, is_last)
        named = self._named(step)
        found: dict[int, Turn] = {}
        for pk in named:
            self._take(pk, rights, found)
        least = int(step["count"]) if step["mode"] == "n" else 1
        for pk in self._above(named):
            if len(found) >= least:
                break
            self._take(pk, rights, found)
        if len(found) < least and "otherwise" in step:
            for pk in self._holders(step["otherwise"]):
                self._take(pk, rights, found)
        return list(found.values()) if len(found) >= least else []

    def turn_of(self, pk: int, step: Step, *, is_last: bool) -> Turn | None:
        """The turn of one person in a step, themselves or whoever stands in; None where neither may decide."""
        found: dict[int, Turn] = {}
        self._take(pk, self.rights(step, is_last), found)
        return next(iter(found.values()), None)

    def turns_above(self, pk: int, step: Step, *, is_last: bool) -> Iterator[Turn]:
        """Those above a person who may decide in a step, themselves or whoever stands in, from below."""
        for upper in self._above([pk]):
            turn = self.turn_of(upper, step, is_last=is_last)
            if turn is not None:
                yield turn

    def may_decide(self, pk: int, step: Step, *, is_last: bool) -> bool:
        """Whether somebody is entitled to decide in a step: rights, and neither submitter nor last editor."""
        return pk not in self.excluded and self.directory.usable(pk, self.rights(step, is_last))

    def _take(self, pk: int, rights: set[str], found: dict[int, Turn]) -> None:
        if pk in self.excluded or not self.directory.usable(pk, rights):
            return
        other, is_away = self.directory.stand_in_of(pk)
        people = self.directory.people
        if other is not None and other not in self.excluded and self.directory.usable(other, rights):
            found.setdefault(other, Turn(people[other], people[pk]))
        elif not is_away:
            # a stand-in never takes the place of the person's own turn
            found[pk] = Turn(people[pk])

    def _named(self, step: Step) -> list[int]:
        who, directory = step["who"], self.directory
        if who["kind"] in ("user", "chosen"):
            return list(who.get("picked") or who["users"])
        if who["kind"] == "role":
            holders = directory.holders(who["role"])
            path, _head = directory.departments.get(self.department_id or 0, ([], None))
            near = [pk for pk in holders if directory.people[pk].department_id in path]
            return near if near and who["where"] == "above" else holders
        if who["kind"] == "head":
            return directory.heads_above(self.department_id)[:1]
        above = directory.superiors(self.submitter_id)
        level = min(who.get("levels", 1), len(above))
        return above[level - 1 : level]

    def _above(self, named: Iterable[int]) -> list[int]:
        """Who stands above these people, from below: never somebody below them."""
        return list(dict.fromkeys(upper for pk in named for upper in self._chain_of(pk)))

    def _chain_of(self, pk: int) -> list[int]:
        """Those above a person: in the way of the document where they stand in it, else in their own departments."""
        ways = (self.directory.line(self.submitter_id), self.directory.heads(self.department_id))
        after = [way[way.index(pk) + 1 :] for way in ways if pk in way]
        return [upper for way in (*after, self.directory.line(pk)) for upper in way]


def picked(step: Step, case: Case, chosen: Mapping[str, Sequence[int]], *, is_last: bool) -> Step:
    """A step with the people its submitter chose; ValidationError where too few or others than offered."""
    if step["who"]["kind"] != "chosen":
        return step
    ids = list(dict.fromkeys(chosen.get(step["key"], ())))
    least = int(step["count"]) if step["mode"] == "n" else 1
    offered = set(step["who"]["users"])
    if len(ids) < least or not set(ids) <= offered:
        words = _("Choose who decides in the step “%(name)s”: at least %(count)s.")
        raise ValidationError({f"chosen_{step['key']}": words % {"name": step["name"], "count": least}})
    if any(case.turn_of(pk, step, is_last=is_last) is None for pk in ids):
        raise ValidationError({f"chosen_{step['key']}": _("Somebody you chose cannot decide on this. Choose others.")})
    return {**step, "who": {**step["who"], "picked": ids}}
