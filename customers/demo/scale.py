"""A large synthetic company by COPY, for measuring: rows are put together from text pieces, never from objects.

Everything about customer number i follows from i by multiplicative hashing, so the same call writes the same rows.
History triggers are off while loading (see bare_tables): the rows look as if they had always been there.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from struct import Struct

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
_LENGTH, _MOMENT = Struct("!i"), Struct("!iq")
_IDS, _AUTHOR = Struct("!hiqiqiq"), Struct("!qiqiq")
# of e-mails, parents and the like, which these rows do not have
HOLDING_NOTHING = (
    "customer_email",
    "customer_external_id_once",
    "customer_parent",
    "customer_merged",
    "contact_email",
    "contact_reports_to",
    "activity_message_once",
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
    with bare_tables(record_models, kept=HOLDING_NOTHING):
        rows = _Rows(crowd, customers, activities)
        _copy(Customer, CUSTOMER_COLUMNS, rows.customers())
        _copy(CustomerSearch, SEARCH_COLUMNS, rows.search())
        _copy(Contact, CONTACT_COLUMNS, rows.contacts())
        _copy_binary(Activity, ACTIVITY_COLUMNS, rows.activities())
        rows.keep_counters()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(refresh_table, record_models))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE crm_user, crm_department")


def refresh_table(model: type[models.Model]) -> None:
    """Clean a table, measure it and check its keys, over the calling thread's own connection."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute(f'VACUUM (ANALYZE) "{model._meta.db_table}"')
            check_keys(model._meta.db_table)  # half the work where the planner knows which columns are empty
    finally:
        connection.close()


def _copy(model: type[models.Model], columns: str, lines: Iterator[str]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN') as copy,
    ):
        while batch := list(islice(lines, BATCH)):
            copy.write("".join(batch))


def _copy_binary(model: type[models.Model], columns: str, rows: Iterator[bytes]) -> None:
    """For the most numerous rows: the server need not read numbers and moments from letters."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN (FORMAT binary)') as copy,
    ):
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        while batch := list(islice(rows, BATCH)):
            copy.write(b"".join(batch))
        copy.write(b"\xff\xff")


def _reserve(model: type[models.Model], count: int) -> int:
    """The first of `count` primary keys taken from the sequence of a table."""
    sequence = f"pg_get_serial_sequence('\"{model._meta.db_table}\"', 'id')"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT setval({sequence}, nextval({sequence}) + %s)", [max(count, 1) - 1])
        return int(cursor.fetchone()[0]) - max(count, 1) + 1


def _spelled(words: list[str]) -> list[tuple[str, str, str]]:
    """Of each word its doubled form, its pinyin and its initials."""
    found = []
    for word in words:
        letters = letters_of(word).split()
        found.append((doubled(word), letters[0], letters[1] if len(letters) > 1 else letters[0]))
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
        self.brands = [first + second for first in firsts for second in seconds]
        self.trades = [trade for trade, _code in names.TRADES]
        self.places = [place for place, _code in names.EAST + names.NORTH]
        self.forms = ["有限公司", "有限公司", "有限公司", "股份有限公司", "集团有限公司"]
        self.people = [surname + given for surname in names.SURNAMES for given in names.GIVEN]
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
        last_number = dict(NumberCounter.objects.filter(kind="customer").values_list("year", "last"))
        # customers become known at an even pace, so those of one year stand together
        starts: dict[int, int] = {}
        for i in range(0, self.count, max(self.count // 5000, 1)):
            starts.setdefault(self.years[self.known(i)], i)
        exact = [self._exact_start(year, near) for year, near in starts.items()]
        # which customers have numbers of a year, and what to add to i for the number
        self.numbered = [
            (range(start, end), year, last_number.get(year, 0) - start + 1)
            for year, (start, end) in zip(starts, pairwise([*exact, self.count]), strict=True)
        ]

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
        serial = (self.first_id + i) % 10**9
        high, middle, low = self.serial_sums
        total = self.region_sums[place] + high[serial // 10**6] + middle[serial // 1000 % 1000] + low[serial % 1000]
        return f"91{self.region_codes[place]}{serial:09d}{CHECK_SIGNS[-total % 31]}"

    def last_followed(self, i: int) -> int:
        """How many days ago the last follow-up was; recent ones are more common."""
        x = (i * 3266489917 >> 10) & 1023
        return min(self.known(i), 1 + x * x // 2600)

    def follow_up_count(self, place: int) -> int:
        """How many follow-ups the customer at this place of the followed ones has; neighbours share unevenly."""
        if place == len(self.followed) - 1 and not place % 2:
            return self.share + (place < self.rest)
        shift = place // 2 * 2654435761 % (self.share + 1)
        return self.share + (place < self.rest) + (shift if place % 2 else -shift)

    # ── lines: made for every customer, so nothing is asked in them that may be known before ──

    def customers(self) -> Iterator[str]:
        counted = {i for place, i in enumerate(self.followed) if self.follow_up_count(place)}
        sizes = [value for value, _label in Customer.Size.choices]
        tags = [f"{{{tag}}}" for tag in self.tags]
        first, days, clock, stages, levels, sources = (
            self.first_id, self.days, self.clock, self.stages, self.levels, self.sources
        )  # fmt: skip
        for numbers, year, offset in self.numbered:
            for i in numbers:
                brand, trade, place, form = self.parts(i)
                where, named, does = self.places[place], self.brands[brand], self.trades[trade]
                word = f"{where}{named}{does}"
                status = STATUSES[(i * 40503 >> 4) & 15]
                known = days[DAYS_BACK - i * DAYS_BACK // self.count] + clock[i % 240]
                followed = days[self.last_followed(i)] + clock[339 + i * 7 % 200] if i in counted else NULL
                yield (
                    f"{first + i}\tKH-{year}-{offset + i:06d}\t{word}{self.forms[form]}\t{named}{does[:2]}\t{word}\t"
                    f"{'' if i % 5 > 1 else self.code(i, place)}\t{status}\t"
                    f"{NULL if status == 'potential' else stages[i * 13 % len(stages)]}\t"
                    f"{levels[i * 31 % len(levels)]}\t{self.industries[trade]}\t{self.regions[place]}\t"
                    f"{sources[i * 17 % len(sources)]}\t{sizes[i % 5]}\t{where}市工业园路{i % 900 + 1}号\t"
                    f"+8613{(first + i) * 7919 % 10**9:09d}\t\t\t\t{'{}' if i % 3 else tags[i % len(tags)]}\t\t"
                    f"{self.standing(i, status, known)}\t{followed}\t{self.next_day(i, status)}\t{{}}\t{known}\t"
                    f"{known if followed is NULL else followed}\n"
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
        first = self.first_id
        brands, places, forms = _spelled(self.brands), _spelled(self.places), _spelled(self.forms)
        trades = list(zip(_spelled(self.trades), _spelled([trade[:2] for trade in self.trades]), strict=True))
        people = [f"{twice}|{pinyin} {initials}" for twice, pinyin, initials in _spelled(self.people)]
        for numbers, year, offset in self.numbered:
            for i in numbers:
                brand, trade, place, form = self.parts(i)
                (b2, bp, bi), (p2, pp, pi), (f2, fp, fi) = brands[brand], places[place], forms[form]
                (t2, tp, ti), (s2, sp, si) = trades[trade]
                code = "" if i % 5 > 1 else f"|{self.code(i, place).lower()}"
                at = first + i
                yield (
                    f"{at}\t{p2}{b2}{t2}{f2}||{b2}{s2}\t{pp}{bp}{tp}{fp} {pi}{bi}{ti}{fi}|{bp}{sp} {bi}{si}|"
                    f"kh-{year}-{offset + i:06d}{code}\t13{at * 7919 % 10**9:09d}|15{at * 6577 % 10**9:09d}\t"
                    f"{people[i * 769 % len(people)]}\n"
                )

    def contacts(self) -> Iterator[str]:
        for i in range(self.count):
            known = self.days[self.known(i)] + self.clock[i % 240]
            title, power = names.TITLES[i * 23 % len(names.TITLES)]
            at = self.first_id + i
            yield (
                f"{self.first_contact + i}\t{at}\t{self.people[i * 769 % len(self.people)]}\t{title}\t{power}\tt\t"
                f"+8615{at * 6577 % 10**9:09d}\t\t\t\t{{}}\t{known}\t{known}\n"
            )

    def activities(self) -> Iterator[bytes]:
        said = [_field(kind) + _field(text) for kind, _valid in KINDS for text in names.SAID[kind]]
        # an empty place, whether it counts, and how long the author's id is
        valid = [
            _field("") + _field(chr(valid == "t")) + _LENGTH.pack(8) for kind, valid in KINDS for _ in names.SAID[kind]
        ]
        midnights = [_microseconds(f"{day} 00:00:00+08") for day in self.days]
        clock = [minute * 60_000_000 for minute in range(9 * 60, 18 * 60)]
        at, columns = self.first_activity, len(ACTIVITY_COLUMNS.split(","))
        for place, i in enumerate(self.followed):
            known, last, late = self.known(i), self.last_followed(i), 339 + i * 7 % 200
            customer, contact, author = self.first_id + i, self.first_contact + i, self.owner(i)[0]
            for step in range(self.follow_up_count(place)):
                kind = at * 31 % len(said) if step else 0
                day = last + step * 5
                # after the customer became known, later ones later
                moment = midnights[day if day < known else known] + clock[late - (step if step < 99 else 99)]
                yield (
                    _IDS.pack(columns, 8, at, 8, customer, 8, contact) + said[kind] + _MOMENT.pack(8, moment)
                    + valid[kind] + _AUTHOR.pack(author, 8, moment, 8, moment)
                )  # fmt: skip
                at += 1

    def keep_counters(self) -> None:
        """Later numbers go on where these end."""
        for numbers, year, offset in self.numbered:
            NumberCounter.objects.update_or_create(
                kind="customer", year=year, defaults={"last": offset + numbers.stop - 1}
            )


def _weighted(digits: str, place: int) -> int:
    """What digits at this place of a credit code add to the sum its last sign is made of (GB 32100)."""
    return sum(int(digit) * 3 ** (place + at) for at, digit in enumerate(digits)) % 31


def _field(text: str) -> bytes:
    """A text as binary COPY wants it: its length in bytes, then the bytes."""
    letters = text.encode()
    return _LENGTH.pack(len(letters)) + letters


def _microseconds(moment: str) -> int:
    """A moment as PostgreSQL keeps it: microseconds since the year 2000 began in Greenwich."""
    return (datetime.fromisoformat(moment) - datetime(2000, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _day(midnight: datetime, back: int) -> str:
    return (midnight - timedelta(days=back)).date().isoformat()
