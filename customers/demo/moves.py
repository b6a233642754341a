"""What was moved and kept lately: transfers, protections, merges, and what each night brings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from crm.jobs.running import run_job
from crm.people.models import User
from crm.records.selection import Selection
from customers.customers.models import Customer
from customers.duplicates.actions import keep_apart
from customers.duplicates.merging import RIGHT, merge_customers
from customers.duplicates.models import DuplicateCandidate, Merge
from customers.duplicates.proposing import propose_candidates
from customers.duplicates.unmerging import unmerge
from customers.leads.alarms import warn_of_unworked_leads
from customers.pool.ladder import warn_owners
from customers.pool.protection import protect_customer
from customers.quality.scoring import score_quality
from customers.segments.jobs import start_classification
from customers.segments.scoring import score_customers
from customers.transfers.actions import plan_transfer, start_transfer

MERGED = 3
PROTECTED = [("rep", 2, "正在招投标，不宜换人"), ("rep2", 1, "总部统一谈判"), ("rep3", 2, "二期合同走流程")]


def protect_some(users: Mapping[str, User], today: date) -> None:
    """Each rep protects customers they are about to win."""
    for username, count, reason in PROTECTED:
        rows = Customer.objects.owned_by(users[username]).live().filter(status="opportunity")
        for place, customer in enumerate(rows.order_by("-last_followed_at", "pk")[2 : 2 + count]):
            until = today + timedelta(days=20 + 15 * place)
            protect_customer(customer, actor=users[username], until=until, reason=reason)


def transfer_some(users: Mapping[str, User], today: date) -> None:
    """One transfer is done, another waits for the first of the month."""
    done = plan_transfer(
        users["director"], _leads_of(users["rep2"], 6), [users["rep"]], reason="区域调整",
        note="苏州、无锡的线索由晓雯统一跟进，历史沟通看时间线。",
    )  # fmt: skip
    job = start_transfer(done, users["director"])
    if job is not None:
        run_job(job.pk)
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    waiting = plan_transfer(
        users["vp"], _leads_of(users["rep3"], 4), [users["director2"]], reason="业务线调整", effective_on=first
    )
    start_transfer(waiting, users["vp"])


def _leads_of(owner: User, count: int) -> Selection:
    rows = Customer.objects.owned_by(owner).live().filter(status="lead", shares=None).order_by("-received_at", "pk")
    return Selection(tuple(rows.values_list("pk", flat=True)[4 : 4 + count]))


def work_through_the_night(users: Mapping[str, User]) -> None:
    """What the schedules of a night and a morning do: scores, levels and tags by rule, duplicates, warnings."""
    score_quality()
    score_customers()
    run_job(start_classification(users["director"]).pk)
    propose_candidates()
    warn_of_unworked_leads()
    warn_owners()


def settle_duplicates(director: User) -> int:
    """A director merges three pairs, takes one merge back, and keeps one pair apart; how many pairs wait."""
    mine = Customer.objects.within(director, RIGHT).values("pk")
    waiting = DuplicateCandidate.objects.filter(first__in=mine, second__in=mine, state="open")
    pairs = list(waiting.select_related("first", "second").order_by("-score", "pk"))
    seen: set[int] = set()
    merges: list[Merge] = []
    for pair in pairs:
        if len(merges) < MERGED and not seen & {pair.first_id, pair.second_id}:
            merges.append(merge_customers(pair.first, pair.second, actor=director, reason="同一家公司，两次登记"))
        elif len(merges) == MERGED:
            keep_apart(pair, actor=director)
            break
        seen |= {pair.first_id, pair.second_id}
    for merge in merges[-1:]:
        unmerge(merge, actor=director)
    return waiting.count()
