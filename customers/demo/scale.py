"""A large synthetic company by COPY, for measuring: rows are put together from text pieces, never from objects.

Everything about customer number i follows from i by multiplicative hashing, so the same call writes the same rows.
History triggers are off while loading (see bare_tables): the rows look as if they had always been there.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import islice

from django.db import connection, models
from django.utils import timezone

from crm.records.models import NumberCounter
from customers.activities.models import Activity
from customers.base_data.models import CustomerLevel, CustomerStage, Industry, LeadSource, Region, Tag
from customers.contacts.models import Contact
from customers.customers.letters import letters_of
from customers.customers.models import Customer, CustomerSearch
from customers.customers.search import doubled
from customers.demo import names
from customers.demo.bare_tables import bare_tables, check_keys
from customers.demo.crowd import Crowd, gather_crowd

DAYS_BACK = 1100
BATCH = 400  # lines; small enough for the socket's buffer, so the server reads one while the next is being made
NULL = r"\N"
CHECK_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # of a credit code: the number its digits add up to, by their weights
# out of sixteen: 30 % belong to nobody
STATUSES = ["lead"] * 5 + ["opportunity"] * 3 + ["existing"] * 3 + ["pool"] * 3 + ["potential"] * 2
CUSTOMER_COLUMNS = (
    "id, number, name, short_name, name_key, credit_code, status, stage_id, level_id, industry_id, region_id, "
    "source_id, size, address, phone, email, website, remark, tag_ids, external_id, pool_id, pooled_at, "
    "previous_owner_id, received_at, owner_id, department_id, last_followed_at, next_follow_on, "
    "custom, created_at, changed_at"
)
SEARCH_COLUMNS = "customer_id, doubled, letters, digits, people"
CONTACT_COLUMNS = (
    "id, customer_id, name, job_title, power, is_primary, phone, email, wechat, remark, custom, created_at, changed_at"
)
ACTIVITY_COLUMNS = (
    "id, customer_id, contact_id, kind, content, happened_at, place, is_valid_follow_up, "
    "author_id, created_at, changed_at"
)
KINDS = [
    ("call", "t"),
    ("call", "t"),
    ("visit", "t"),
    ("message", "f"),
    ("meeting", "t"),
    ("email", "t"),
    ("note", "f"),
]


def load_scale(customers: int, activities: int) -> None:
    """Add this many customers, each with a contact, and follow-ups; statistics are fresh afterwards."""
    crowd = gather_crowd()
    record_models: list[type[models.Model]] = [Customer, CustomerSearch, Contact, Activity]
    with bare_tables(record_models):
        rows = _Rows(crowd, customers, activities)
        _copy(Customer, CUSTOMER_COLUMNS, rows.customers())
        _copy(CustomerSearch, SEARCH_COLUMNS, rows.search())
        _copy(Contact, CONTACT_COLUMNS, rows.contacts())
        _copy(Activity, ACTIVITY_COLUMNS, rows.activities())
        rows.keep_counters()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(_refresh, record_models))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE crm_user, crm_department")


def _refresh(model: type[models.Model]) -> None:
    """Check the keys of a table, clean it and measure it, over the calling thread's own connection."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            check_keys(model._meta.db_table)
            cursor.execute(f'VACUUM (ANALYZE) "{model._meta.db_table}"')
    finally:
        connection.close()


def _copy(model: type[models.Model], columns: str, lines: Iterator[str]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN') as copy,
    ):
        while batch := list(islice(lines, BATCH)):
            copy.write("".join(batch))


def _reserve(model: type[models.Model], count: int) -> int:
    """The first of `count` primary keys taken from the sequence of a table."""
    sequence = f"pg_get_serial_sequence('\"{model._meta.db_table}\"', 'id')"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT setval({sequence}, nextval({sequence}) + %s)", [max(count, 1) - 1])
        return int(cursor.fetchone()[0]) - max(count, 1) + 1


def _pieces(words: list[str]) -> list[tuple[str, str, str, str]]:
    """Each word with its doubled form, its pinyin and its initials."""
    found = []
    for word in words:
        letters = letters_of(word).split()
        found.append((word, doubled(word), letters[0], letters[1] if len(letters) > 1 else letters[0]))
    return found


class _Rows:
    """The lines to copy; what customer i looks like is asked several times and always answered alike."""

    def __init__(self, crowd: Crowd, customers: int, activities: int) -> None:
        self.crowd, self.count = crowd, customers
        self.first_id = _reserve(Customer, customers)
        self.first_contact = _reserve(Contact, customers)
        self.first_activity = _reserve(Activity, activities)
        self.owners = self._skewed(crowd.reps)
        self._dates()
        self._lists()
        firsts, seconds = sorted({brand[0] for brand in names.BRANDS}), sorted({brand[1] for brand in names.BRANDS})
        self.brands = _pieces([first + second for first in firsts for second in seconds])
        self.trades = _pieces([trade for trade, _code in names.TRADES])
        self.shorts = _pieces([trade[:2] for trade, _code in names.TRADES])
        self.places = _pieces([place for place, _code in names.EAST + names.NORTH])
        self.forms = _pieces(["有限公司", "有限公司", "有限公司", "股份有限公司", "集团有限公司"])
        self.people = _pieces([surname + given for surname in names.SURNAMES for given in names.GIVEN])
        followed = [i for i in range(customers) if self.status(i) != "potential"] if activities else []
        self.share, self.rest = divmod(activities, max(len(followed), 1))
        self.followed = followed

    def _skewed(self, reps: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """4,096 entries in which the first reps stand far more often than the last."""
        weights = [1 / (place + 8) for place in range(len(reps))]
        total = sum(weights)
        table = [rep for rep, weight in zip(reps, weights, strict=True) for _ in range(int(weight / total * 4096) + 1)]
        return [table[i * 2654435761 % len(table)] for i in range(4096)]

    def _dates(self) -> None:
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        self.days = [_day(midnight, back) for back in range(DAYS_BACK + 40)]
        self.ahead = [_day(midnight, -days) for days in range(21)]
        self.clock = [f" {9 + minute // 60:02d}:{minute % 60:02d}:00+08" for minute in range(540)]
        self.years = [int(day[:4]) for day in self.days]

    def _lists(self) -> None:
        self.stages = list(CustomerStage.objects.values_list("pk", flat=True))
        self.levels = list(CustomerLevel.objects.values_list("pk", flat=True))
        self.sources = list(LeadSource.objects.values_list("pk", flat=True))
        self.tags = list(Tag.objects.values_list("pk", flat=True))
        industries = dict(Industry.objects.values_list("code", "pk"))
        regions = dict(Region.objects.values_list("code", "pk"))
        self.industries = [industries[code] for _trade, code in names.TRADES]
        self.regions = [regions[code] for _place, code in names.EAST + names.NORTH]
        self.region_codes = [code for _place, code in names.EAST + names.NORTH]
        self.region_sums = [_weighted(f"91{code}", 0) for code in self.region_codes]
        self.serial_sums = [[_weighted(f"{three:03d}", at) for three in range(1000)] for at in (8, 11, 14)]
        self.last_number = dict(NumberCounter.objects.filter(kind="customer").values_list("year", "last"))
        # customers become known at an even pace, so those of one year stand together
        self.first_of_year: dict[int, int] = {}
        for i in range(0, self.count, max(self.count // 5000, 1)):
            self.first_of_year.setdefault(self.years[self.known(i)], i)
        for year in list(self.first_of_year):
            self.first_of_year[year] = self._exact_start(year, self.first_of_year[year])
        self.offsets = {year: self.last_number.get(year, 0) - i + 1 for year, i in self.first_of_year.items()}

    def _exact_start(self, year: int, near: int) -> int:
        while near and self.years[self.known(near - 1)] == year:
            near -= 1
        return near

    # ── what customer i is ──

    def status(self, i: int) -> str:
        return STATUSES[(i * 40503 >> 4) & 15]

    def known(self, i: int) -> int:
        """How many days ago it became known; later ids later."""
        return DAYS_BACK - i * DAYS_BACK // self.count

    def owner(self, i: int) -> tuple[int, int]:
        return self.owners[(i * 2654435761 >> 8) & 4095]

    def number(self, i: int) -> str:
        year = self.years[self.known(i)]
        return f"{year}-{self.offsets[year] + i:06d}"

    def parts(self, i: int) -> tuple[int, int, int, int]:
        """Which brand, trade, place and legal form; some trades and places are far more common than others."""
        h = i * 2246822519
        return (
            (h >> 9) % len(self.brands),
            (h >> 5 & 255) * (h >> 17 & 255) * len(self.trades) >> 16,
            (h >> 7 & 255) * (h >> 21 & 255) * len(self.places) >> 16,
            (h >> 11) % len(self.forms),
        )

    def code(self, i: int, place: int) -> str:
        if i % 5 > 1:
            return ""
        serial = (self.first_id + i) % 10**9
        high, middle, low = self.serial_sums
        total = high[serial // 10**6] + middle[serial // 1000 % 1000] + low[serial % 1000]
        check = CHECK_SIGNS[-(self.region_sums[place] + total) % 31]
        return f"91{self.region_codes[place]}{serial:09d}{check}"

    def phone(self, i: int) -> str:
        return f"13{(self.first_id + i) * 7919 % 10**9:09d}"

    def contact_phone(self, i: int) -> str:
        return f"15{(self.first_id + i) * 6577 % 10**9:09d}"

    def last_followed(self, i: int) -> int:
        """How many days ago the last follow-up was; recent ones are more common."""
        x = (i * 3266489917 >> 10) & 1023
        return min(self.known(i), 1 + x * x // 2600)

    def afternoon(self, i: int, step: int) -> str:
        """The time of day of a follow-up: after the customer became known, later ones later."""
        return self.clock[339 - min(step, 99) + i * 7 % 200]

    def follow_up_count(self, place: int) -> int:
        """How many follow-ups the customer at this place of the followed ones has; neighbours share unevenly."""
        if place == len(self.followed) - 1 and not place % 2:
            return self.share + (place < self.rest)
        shift = place // 2 * 2654435761 % (self.share + 1)
        return self.share + (place < self.rest) + (shift if place % 2 else -shift)

    # ── lines ──

    def customers(self) -> Iterator[str]:
        counted = {i: self.follow_up_count(place) for place, i in enumerate(self.followed)}
        sizes = [value for value, _label in Customer.Size.choices]
        for i in range(self.count):
            brand, trade, place, form = self.parts(i)
            where, named, does = self.places[place][0], self.brands[brand][0], self.trades[trade][0]
            word = f"{where}{named}{does}"
            status = self.status(i)
            known = self.days[self.known(i)] + self.clock[i % 240]
            followed = self.days[self.last_followed(i)] + self.afternoon(i, 0) if counted.get(i) else NULL
            changed = known if followed == NULL else followed
            stage = NULL if status == "potential" else self.stages[i * 13 % len(self.stages)]
            tags = f"{{{self.tags[i % len(self.tags)]}}}" if i % 3 == 0 else "{}"
            yield (
                f"{self.first_id + i}\tKH-{self.number(i)}\t{word}{self.forms[form][0]}\t"
                f"{named}{does[:2]}\t{word}\t{self.code(i, place)}\t{status}\t"
                f"{stage}\t{self.levels[i * 31 % len(self.levels)]}\t{self.industries[trade]}\t"
                f"{self.regions[place]}\t{self.sources[i * 17 % len(self.sources)]}\t{sizes[i % 5]}\t"
                f"{where}市工业园路{i % 900 + 1}号\t+86{self.phone(i)}\t\t\t\t{tags}\t\t"
                f"{self.standing(i, status, known)}\t{followed}\t{self.next_day(i, status)}\t{{}}\t{known}\t{changed}\n"
            )

    def standing(self, i: int, status: str, known: str) -> str:
        """pool_id, pooled_at, previous_owner_id, received_at, owner_id, department_id."""
        if status == "potential":
            return f"\\N\t\\N\t\\N\t\\N\t\\N\t{self.crowd.intake}"
        owner, department = self.owner(i)
        if status == "pool":
            pool, its_department = self.crowd.pools[i % len(self.crowd.pools)]
            pooled = self.days[max(self.last_followed(i) * 2 // 3, 0)] + self.clock[i * 11 % 540]
            return f"{pool}\t{pooled}\t{owner}\t{known}\t\\N\t{its_department}"
        return f"\\N\t\\N\t\\N\t{known}\t{owner}\t{department}"

    def next_day(self, i: int, status: str) -> str:
        if status in ("potential", "pool") or i % 3 == 0:
            return NULL
        return self.days[i % 6] if i % 7 == 0 else self.ahead[i * 5 % 21]

    def search(self) -> Iterator[str]:
        for i in range(self.count):
            brand, trade, place, form = self.parts(i)
            (_b, b2, bp, bi), (_t, t2, tp, ti) = self.brands[brand], self.trades[trade]
            (_p, p2, pp, pi), (_f, f2, fp, fi) = self.places[place], self.forms[form]
            (_c, c2, cp, ci) = self.people[i * 769 % len(self.people)]
            _s, s2, sp, si = self.shorts[trade]
            code = self.code(i, place)
            yield (
                f"{self.first_id + i}\t{p2}{b2}{t2}{f2}||{b2}{s2}\t"
                f"{pp}{bp}{tp}{fp} {pi}{bi}{ti}{fi}|{bp}{sp} {bi}{si}|kh-{self.number(i)}"
                f"{code and '|'}{code.lower()}\t{self.phone(i)}|{self.contact_phone(i)}\t{c2}|{cp} {ci}\n"
            )

    def contacts(self) -> Iterator[str]:
        for i in range(self.count):
            known = self.days[self.known(i)] + self.clock[i % 240]
            title, power = names.TITLES[i * 23 % len(names.TITLES)]
            yield (
                f"{self.first_contact + i}\t{self.first_id + i}\t"
                f"{self.people[i * 769 % len(self.people)][0]}\t{title}\t"
                f"{power}\tt\t+86{self.contact_phone(i)}\t\t\t\t{{}}\t{known}\t{known}\n"
            )

    def activities(self) -> Iterator[str]:
        said = [(kind, valid, text) for kind, valid in KINDS for text in names.SAID[kind]]
        at = self.first_activity
        for place, i in enumerate(self.followed):
            known, last = self.known(i), self.last_followed(i)
            for step in range(self.follow_up_count(place)):
                kind, valid, text = said[0] if step == 0 else said[(at * 31) % len(said)]
                moment = self.days[min(known, last + step * 5)] + self.afternoon(i, step)
                yield (
                    f"{at}\t{self.first_id + i}\t{self.first_contact + i}\t{kind}\t{text}\t{moment}\t\t{valid}\t"
                    f"{self.owner(i)[0]}\t{moment}\t{moment}\n"
                )
                at += 1

    def keep_counters(self) -> None:
        """Later numbers go on where these end."""
        ends = [*sorted(self.first_of_year.items()), (0, self.count)]
        for (year, start), (_next, end) in zip(ends, ends[1:], strict=False):
            NumberCounter.objects.update_or_create(
                kind="customer", year=year, defaults={"last": self.last_number.get(year, 0) + end - start}
            )


def _weighted(digits: str, place: int) -> int:
    """What digits at this place of a credit code add to the sum its last sign is made of (GB 32100)."""
    return sum(int(digit) * 3 ** (place + at) for at, digit in enumerate(digits)) % 31


def _day(midnight: datetime, back: int) -> str:
    return (midnight - timedelta(days=back)).date().isoformat()
