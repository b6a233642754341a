"""Taking customers back by rule: every night, set-based, in parts that each happen wholly or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.history.models import Operation
from crm.history.operations import operation
from crm.jobs.actions import start_job
from crm.jobs.kinds import Tally
from crm.jobs.models import Job
from crm.notifications.actions import new_notice, notify_many
from crm.notifications.models import Notice
from crm.people.models import User
from customers.customers.holds import held
from customers.customers.models import Customer
from customers.customers.stars import tell_followers
from customers.pool.due import RULE_LABELS, RecycleRules, falling, saved_rules
from customers.pool.loose_ends import tie_up_loose_ends
from customers.pool.models import Pool

KIND, VERB = "recycle", "customer_recycled"
MANAGE_RIGHT = "customers.manage_pool"
CHUNK_SIZE = 20_000
# what a customer must still be when its row is locked; anything else means somebody just worked on it
_JUDGED_BY = (
    "owner_id", "department_id", "status", "level_id", "received_at", "last_followed_at", "recycle_not_before",
    "protected_until", "archived_at",
)  # fmt: skip


_TAKE = """
UPDATE customers_customer SET status = 'pool', pool_id = %(pool)s, pooled_at = %(now)s, previous_owner_id = owner_id,
    owner_id = NULL, department_id = %(department)s, next_follow_on = NULL, protected_from = NULL,
    protected_until = NULL, recycle_not_before = NULL, changed_at = %(now)s, changed_by_id = NULL
WHERE id = ANY(%(ids)s)
"""


def start_recycling() -> Job | None:
    """Start the nightly run where a pool takes customers back and no run is under way; None where there is no need."""
    if not Pool.objects.filter(recycles=True).exists():
        return None
    if Job.objects.filter(kind=KIND, state__in=[Job.State.QUEUED, Job.State.RUNNING]).exists():
        return None
    keeper = User.objects.able_to_own(MANAGE_RIGHT).order_by("pk").first()
    if keeper is None:
        return None
    with translation.override(keeper.language):
        title = _("Taking customers back by rule")
    return start_job(KIND, title, requested_by=keeper, params={"as_of": timezone.now().isoformat()})


def planned_chunks(as_of: datetime) -> Iterable[dict[str, Any]]:
    """The parts of a run: for each pool and rule, ranges of ids with so many customers."""
    for rules in saved_rules():
        rows = _due(rules, as_of).annotate(
            part=(Window(RowNumber(), partition_by=[F("due_rule")], order_by=[F("pk").asc()]) - 1) / CHUNK_SIZE
        )
        for rule, first, last, count in _ranges(rows):
            yield {"pool": rules.pool_id, "rule": rule, "first": first, "last": last, "count": count}


def _due(rules: RecycleRules, as_of: datetime) -> QuerySet[Any]:
    return falling([rules]).filter(due_at__lte=as_of)


def _ranges(rows: QuerySet[Any]) -> list[tuple[str, int, int, int]]:
    sql, params = rows.values_list("due_rule", "pk", "part").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rule, min(id), max(id), count(*) FROM "  # noqa: S608 - the statement comes from the ORM
            f"({sql}) AS due (rule, id, part) GROUP BY rule, part ORDER BY rule, part",
            params,
        )
        return cursor.fetchall()


def recycle_chunk(job: Job, params: dict[str, Any]) -> Tally:
    """Take back one part; whoever was followed up, moved, protected or held meanwhile stays."""
    as_of = datetime.fromisoformat(job.params["as_of"])
    taken: list[int] = []
    for rules in saved_rules(pool_id=params["pool"]):
        due = _due(rules, as_of).filter(due_rule=params["rule"], pk__range=(params["first"], params["last"]))
        taken = _take_back(due, rules, params, job)
    return Tally(len(taken), params["count"] - len(taken))


def _take_back(due: QuerySet[Any], rules: RecycleRules, params: dict[str, Any], job: Job) -> list[int]:
    pool = Pool.objects.get(pk=rules.pool_id)
    with connection.cursor() as cursor:
        # the history trigger keeps its query plan; one made for a single row would not survive thousands
        cursor.execute("DISCARD PLANS")
        cursor.execute("SET LOCAL lock_timeout = '50s'")
    owners = dict(_locked(due, params["count"]))
    # what began to hold a customer while its row was waited for
    for customer_id in Customer.objects.filter(held(), pk__in=list(owners)).values_list("pk", flat=True):
        del owners[customer_id]
    ids = list(owners)
    if not ids:
        return []
    facts = {"job": job.pk, "pool": pool.name, "rule": params["rule"], "owners": Counter(map(str, owners.values()))}
    reason = _("%(pool)s: %(rule)s") % {"pool": pool, "rule": rules.sentence(params["rule"], None)}
    now = timezone.now()
    with operation(None, VERB, pool, reason=reason, via="job", row_count=len(ids), facts=facts) as entry:
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, {"ids": ids, "pool": pool.pk, "department": pool.department_id, "now": now})
        tie_up_loose_ends(ids)
        tell_followers(entry, ids)
    return ids


def _locked(due: QuerySet[Any], count: int) -> list[tuple[int, int]]:
    """Lock what is due in id order, and answer id and owner of those that are still as they were judged."""
    sql, params = due.order_by("pk").values_list("pk", *_JUDGED_BY)[:count].query.sql_with_params()
    columns = ", ".join(f"c.{name}" for name in _JUDGED_BY)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH due (id, {', '.join(_JUDGED_BY)}) AS MATERIALIZED ({sql}) "  # noqa: S608 - constants and the ORM
            "SELECT c.id, c.owner_id FROM customers_customer c JOIN due ON due.id = c.id "
            f"WHERE ({columns}) IS NOT DISTINCT FROM ({', '.join(f'due.{name}' for name in _JUDGED_BY)}) "
            "ORDER BY c.id FOR NO KEY UPDATE OF c",
            params,
        )
        return cursor.fetchall()


def finish_run(job: Job) -> dict[str, Any]:
    """Tell each owner once what went back; the counts of the run by rule."""
    lost: Counter[int] = Counter()
    by_rule: Counter[str] = Counter()
    runs = Operation.objects.filter(verb=VERB, at__gte=job.created_at, facts__job=job.pk)
    for facts, count in runs.values_list("facts", "row_count"):
        by_rule[facts["rule"]] += count
        lost.update({int(owner): owned for owner, owned in facts["owners"].items()})
    people = User.objects.active().filter(pk__in=list(lost)).only("pk", "language")
    notify_many([_farewell(owner, lost[owner.pk], job) for owner in people])
    facts = [(str(RULE_LABELS[rule]), count) for rule, count in by_rule.items()]
    return {"recycled": sum(by_rule.values()), "by_rule": dict(by_rule), "facts": facts,
            "url": reverse("customers:pool_list")}  # fmt: skip


def _farewell(owner: User, count: int, job: Job) -> Notice:
    with translation.override(owner.language):
        text = ngettext(
            "%(count)s customer of yours went back to the pool by rule.",
            "%(count)s customers of yours went back to the pool by rule.",
            count,
        ) % {"count": count}
    url = f"{reverse('customers:pool_list')}?former=me"
    return new_notice(owner, "customers_recycled", text, about=None, url=url, dedupe_key=f"recycled:{job.pk}")
