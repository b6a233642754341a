"""What happened to each customer of the demo company, told from its first day to today."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.utils import timezone
from stdnum.cn import uscc

from crm.people.models import User
from customers.customers.identity import name_key
from customers.demo import names
from customers.demo.company import EAST, NORTH, SALES, Company

Row = dict[str, Any]
OWNED = {EAST: ["rep"] * 10 + ["rep2"] * 9 + ["director"] * 2, NORTH: ["rep3"] * 10 + ["director2"] * 3}
# of a hundred customers; the longest known ones are the ones that bought
STATUSES = ["potential"] * 13 + ["lead"] * 28 + ["opportunity"] * 22 + ["existing"] * 18 + ["pool"] * 19
OLDEST_DAYS = {"potential": 60, "lead": 150, "opportunity": 240, "existing": 420, "pool": 330}
FOLLOW_UPS = {"potential": (0, 0), "lead": (1, 6), "opportunity": (4, 9), "existing": (3, 8), "pool": (1, 4)}
KINDS = ["call"] * 9 + ["visit"] * 4 + ["meeting"] * 3 + ["message"] * 3 + ["email"] * 2 + ["note"]
VALID_KINDS = {"call", "visit", "meeting", "email"}
SIZES = ["micro", "small", "small", "medium", "medium", "large", "giant"]


@dataclass(frozen=True)
class Lists:
    """Ids of the base data, by name or code."""

    stages: list[int]
    levels: dict[str, int]
    sources: list[int]
    tags: list[int]
    industries: dict[str, int]
    regions: dict[str, int]


@dataclass
class Deed:
    """One operation: what it changed on the customer, and the follow-up it wrote, if it was one."""

    at: datetime
    verb: str
    actor_id: int
    changes: Row
    reason: str = ""
    activity: Row | None = None


@dataclass
class Life:
    """A customer on its first day, what happened to it, and the people and follow-ups that belong to it."""

    first: Row
    deeds: list[Deed] = field(default_factory=list)
    contacts: list[Row] = field(default_factory=list)

    def states(self) -> Iterator[tuple[Deed, Row]]:
        """Every deed in its order, with the customer as it was afterwards."""
        row = self.first
        for deed in sorted(self.deeds, key=lambda deed: deed.at):
            row = {**row, **deed.changes}
            yield deed, row

    def today(self) -> Row:
        """The customer as it is now."""
        return list(self.states())[-1][1]


class Storyteller:
    """Makes lives; the same seed and day tell the same ones."""

    def __init__(self, seed: int, company: Company, lists: Lists, now: datetime) -> None:
        self.random = Random(seed)
        self.company = company
        self.lists = lists
        self.now = now
        self.brands = [(brand, trade) for trade in names.TRADES for brand in names.BRANDS]
        self.random.shuffle(self.brands)

    def tell(self, count: int) -> list[Life]:
        """Lives in the order in which the customers became known."""
        lives = [self._life(STATUSES[place * 37 % 100]) for place in range(count)]
        return sorted(lives, key=lambda life: life.first["created_at"])

    def _life(self, status: str) -> Life:
        side = EAST if self.random.random() < 0.64 else NORTH
        owner = self.company.users[self.random.choice(OWNED[side])]
        days = self.random.randrange(0 if status == "potential" else 3, OLDEST_DAYS[status])
        known = self._office_hour(self.now - timedelta(days=days), self.now - timedelta(days=days, hours=9))
        life = Life(self._first_row(side, known))
        self._contacts(life)
        creator = self.company.users[self.random.choice(["marketing", "marketing", "director", owner.username])]
        self._deed(life, known, "customer_created", creator, created_by_id=creator.pk)
        if status == "potential":
            return life
        received = min(known + timedelta(hours=self.random.randrange(1, 60)), self.now - timedelta(hours=3))
        self._assign(life, received, owner, side)
        self._follow_ups(life, status, owner, received)
        if status in ("opportunity", "existing"):
            self._grow(life, status, owner, received)
        if status == "pool":
            self._release(life, owner, side)
        return life

    def _first_row(self, side: str, known: datetime) -> Row:
        random, lists = self.random, self.lists
        brand, (trade, industry) = self.brands.pop()
        place, region = random.choice(names.EAST if side == EAST else names.NORTH)
        name = names.company_name(random, brand, place, trade)
        return {
            "name": name, "short_name": brand + trade[:2], "name_key": name_key(name),
            "credit_code": self._credit_code(region) if random.random() < 0.6 else "",
            "status": "potential", "stage_id": None, "level_id": None, "owner_id": None,
            "department_id": self.company.departments[SALES].pk,
            "industry_id": lists.industries[industry], "region_id": lists.regions[region],
            "source_id": random.choice(lists.sources), "size": random.choice(SIZES),
            "address": f"{place}市{random.choice(names.STREETS)}{random.randrange(1, 900)}号",
            "phone": names.mobile(random) if random.random() < 0.8 else "",
            "email": f"info{random.randrange(1000, 9999)}@company.example" if random.random() < 0.4 else "",
            "website": "", "remark": "", "tag_ids": [], "external_id": "", "custom": {},
            "pool_id": None, "pooled_at": None, "previous_owner_id": None, "received_at": None,
            "last_followed_at": None, "next_follow_on": None, "protected_until": None, "archived_at": None,
            "created_at": known, "changed_at": known, "created_by_id": None, "changed_by_id": None,
        }  # fmt: skip

    def _contacts(self, life: Life) -> None:
        known = life.first["created_at"]
        for place in range(self.random.choice([1, 1, 1, 2, 2, 3])):
            title, power = self.random.choice(names.TITLES)
            person, phone = names.person_name(self.random), names.mobile(self.random)
            life.contacts.append(
                {
                    "name": person, "job_title": title, "power": power, "is_primary": place == 0, "phone": phone,
                    "email": f"contact{phone[4:6]}{phone[-4:]}@company.example" if int(phone[-1]) < 4 else "",
                    "wechat": "", "birthday": None, "remark": "",
                    "custom": {}, "created_at": known, "changed_at": known, "archived_at": None,
                }
            )  # fmt: skip

    def _assign(self, life: Life, at: datetime, owner: User, side: str) -> None:
        director = self.company.users["director" if side == EAST else "director2"]
        self._deed(
            life, at, "customer_assigned", director, status="lead", owner_id=owner.pk, received_at=at,
            department_id=owner.department_id, stage_id=self.lists.stages[0], level_id=self.lists.levels["普通"],
        )  # fmt: skip

    def _follow_ups(self, life: Life, status: str, owner: User, received: datetime) -> None:
        first = max(received, self.now - timedelta(days=182))
        last = self.now - timedelta(days=self.random.randrange(31, 60) if status == "pool" else 0)
        span = max((last - first).total_seconds(), 3600)
        wanted = self.random.randint(*FOLLOW_UPS[status])
        moments = sorted(
            self._office_hour(first + timedelta(seconds=span * self.random.random() ** 0.7), received)
            for _ in range(wanted)
        )
        for place, at in enumerate(moments, 1):
            self._follow_up(life, owner, at, self._next_day() if place == wanted and status != "pool" else None)

    def _follow_up(self, life: Life, owner: User, at: datetime, next_on: date | None) -> None:
        kind = self.random.choice(KINDS)
        activity = {
            "kind": kind, "content": self.random.choice(names.SAID[kind]), "happened_at": at,
            "place": life.first["address"] if kind == "visit" else "", "next_follow_on": next_on,
            "is_valid_follow_up": kind in VALID_KINDS, "author_id": owner.pk,
            "created_at": at, "changed_at": at, "archived_at": None, **self._stood(life, kind, at),
        }  # fmt: skip
        changes: Row = {"next_follow_on": next_on} if next_on else {}
        if kind in VALID_KINDS:
            changes["last_followed_at"] = at
        life.deeds.append(Deed(at, "activity_logged", owner.pk, changes, activity=activity))

    def _stood(self, life: Life, kind: str, at: datetime) -> Row:
        """Two of three visits were checked in on the spot."""
        if kind != "visit" or at.minute % 3 == 0:
            return {"checked_in_at": None, "latitude": None, "longitude": None}
        place = life.first["address"].partition("市")[0]
        north, east = (Decimal(degrees) + Decimal(at.minute) / 10_000 for degrees in names.POSITIONS[place])
        return {"checked_in_at": at, "latitude": north, "longitude": east}

    def _next_day(self) -> date | None:
        days = self.random.choice([None, -9, -4, -2, -1, 0, 0, 1, 2, 3, 5, 7, 10, 14, 21])
        return None if days is None else timezone.localdate(self.now) + timedelta(days=days)

    def _grow(self, life: Life, status: str, owner: User, received: datetime) -> None:
        at = self._office_hour(received + (self.now - received) * self.random.uniform(0.3, 0.9), received)
        tags = sorted(self.random.sample(self.lists.tags, self.random.randrange(3)))
        if status == "existing":
            stage, level = self.lists.stages[5], "老客户"
        else:
            stage, level = self.random.choice(self.lists.stages[1:5]), self.random.choice(["普通", "普通", "重点"])
        self._deed(
            life, at, "customer_changed", owner,
            status=status, stage_id=stage, level_id=self.lists.levels[level], tag_ids=tags,
        )  # fmt: skip

    def _release(self, life: Life, owner: User, side: str) -> None:
        pool = self.company.pools[SALES if self.random.random() < 0.2 else side]
        after = max(deed.at for deed in life.deeds)
        at = self._office_hour(after + (self.now - after) * self.random.uniform(0.3, 0.97), after)
        self._deed(
            life, at, "customer_released", owner, self.random.choice(names.RELEASE_REASONS),
            status="pool", pool_id=pool.pk, pooled_at=at, previous_owner_id=owner.pk, owner_id=None,
            department_id=pool.department_id, next_follow_on=None,
        )  # fmt: skip

    def claim_some(self, lives: Sequence[Life]) -> list[tuple[Life, Row]]:
        """Let every fifth customer of a pool find a new owner; with what the ledger says of it."""
        pooled = [life for life in lives if life.today()["status"] == "pool"]
        return [(life, entry) for place, life in enumerate(pooled[::5]) if (entry := self._claim(life, place))]

    def _claim(self, life: Life, place: int) -> Row | None:
        was = life.today()
        owner = self._taker(was)
        at = self._office_hour(was["pooled_at"] + (self.now - was["pooled_at"]) * 0.7, was["pooled_at"])
        if at < was["pooled_at"]:
            return None
        is_assigned = place % 4 == 3
        actor = self.company.users["director2" if owner.username == "rep3" else "director"] if is_assigned else owner
        self._deed(
            life, at, "customer_assigned" if is_assigned else "customer_claimed", actor, status="lead", pool_id=None,
            pooled_at=None, owner_id=owner.pk, department_id=owner.department_id, received_at=at,
        )  # fmt: skip
        if place % 2 and self.now - at > timedelta(days=1):
            self._follow_up(life, owner, self._office_hour(at + timedelta(days=1), at), self._next_day())
        return {
            "pool_id": was["pool_id"], "claimed_by_id": owner.pk, "claimed_on": timezone.localdate(at),
            "claimed_at": at, "is_assigned": is_assigned, "previous_owner_id": was["previous_owner_id"],
            "pooled_at": was["pooled_at"],
        }  # fmt: skip

    def _taker(self, was: Row) -> User:
        usernames = ["rep3"] if was["pool_id"] == self.company.pools[NORTH].pk else ["rep", "rep2"]
        takers = [self.company.users[name] for name in usernames]
        return next((one for one in takers if one.pk != was["previous_owner_id"]), self.company.users["director2"])

    def _deed(self, life: Life, at: datetime, verb: str, actor: User, reason: str = "", **changes: Any) -> None:
        changes |= {"changed_at": at, "changed_by_id": actor.pk}
        life.deeds.append(Deed(at, verb, actor.pk, changes, reason))

    def _office_hour(self, moment: datetime, earliest: datetime) -> datetime:
        hour, minute, ago = self.random.randrange(9, 18), self.random.randrange(60), self.random.randrange(1, 50)
        shifted = timezone.localtime(moment).replace(hour=hour, minute=minute, second=0, microsecond=0)
        return min(max(shifted, earliest + timedelta(minutes=5)), self.now - timedelta(minutes=ago))

    def _credit_code(self, region: str) -> str:
        body = f"91{region}MA{''.join(self.random.choice('0123456789ABCDEFGH') for _ in range(7))}"
        return body + uscc.calc_check_digit(body)
