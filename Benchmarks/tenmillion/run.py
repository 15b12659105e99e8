#!/usr/bin/env python3
"""Ten million entries in one database, a book of a hundred thousand among them: what reading that book costs.

The entries are made by PostgreSQL itself from a fixed seed. Every sum that the server answers is compared with one that
psql adds up from the entries, in other words than the server's own; a difference ends the run with a failure.

    run.py                 10 million entries; leaves .bench/tenmillion/results.json
    run.py --entries 300000   fewer, to try it out
    run.py --keep          keeps the data directory, and uses it again when it is there
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import time
import urllib.parse
import urllib.request

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "Benchmarks", "api"))

import servers  # noqa: E402
from purser_schema import database as cluster_of  # noqa: E402

FOLDER = os.path.join(ROOT, ".bench", "tenmillion")
servers.FOLDER = FOLDER
LARGE = 100_000
PASSWORD = "correct horse battery staple"
SERVER_LIMIT = 20.0  # milliseconds, of the first page and of the dashboard
SEARCH_LIMIT = 50.0

MERCHANTS = ("Bakery Sommer", "Corner Market", "City Transit", "Book Cellar", "Green Grocer", "Harbour Café",
             "Kino Central", "Lindt & Partner", "Metro Fuel", "North Insurance", "Old Town Pharmacy", "Paper & Ink",
             "Quick Lunch", "River Power", "Stadtwerke", "Telecom One", "Union Gym", "Valley Vet", "Water Board",
             "Zoo Shop")

# One row for each entry, by day over all books, so that the rows of a book lie scattered as after years of use.
GENERATE = """
INSERT INTO entries (book_id, id, type, status, occurred_on, amount_minor, currency, category_id, merchant, description,
    notes, tags, created_by, created_at, updated_at)
SELECT book_id,
    (lpad(to_hex((extract(epoch FROM occurred_on) * 1000)::bigint + n %% 86400000), 12, '0') || '7'
        || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid,
    CASE WHEN n %% 20 = 0 THEN 2 ELSE 1 END, CASE WHEN n %% 50 = 0 THEN 1 WHEN n %% 97 = 0 THEN 3 ELSE 2 END, occurred_on,
    CASE WHEN n %% 20 = 0 THEN 100000 + (roll %% 300000) ELSE 100 + (roll %% 20000) END, 'EUR',
    CASE WHEN n %% 20 = 0 THEN incomes[1 + roll %% cardinality(incomes)] ELSE expenses[1 + roll %% cardinality(expenses)] END,
    (ARRAY[%(merchants)s])[1 + roll %% %(count)s] || CASE WHEN roll %% 5 = 0 THEN ' ' || (roll %% 400) ELSE '' END,
    'Card payment ' || n || ' ' || substr(hash, 1, 6),
    CASE WHEN n %% 7 = 0 THEN 'kept the receipt' WHEN n = 777 THEN 'the only unicorn' END,
    CASE WHEN n %% 11 = 0 THEN '{trip}'::text[] ELSE '{}' END, owner, occurred_on, occurred_on
FROM (
    SELECT b.book_id, b.owner, b.incomes, b.expenses, n, md5(b.book_id::text || n) AS hash,
        ('x' || substr(md5(n || b.number::text), 1, 7))::bit(28)::int AS roll,
        date '2026-11-15' - ((b.size - n) * 1095 / b.size)::int AS occurred_on
    FROM seeded b, generate_series(%(low)s, %(high)s) n WHERE n <= b.size
) rows ORDER BY occurred_on, hash
"""

TOTALS = """
INSERT INTO entry_totals (book_id, month, type, category_id, shard, amount_minor, entry_count)
SELECT book_id, month, type, coalesce(category_id, '00000000-0000-0000-0000-000000000000'), 0, sum(amount_minor), count(*)
FROM (SELECT book_id, month_index(occurred_on) AS month, type, category_id, amount_minor FROM entries
    WHERE deleted_at IS NULL AND status <> 3) e
GROUP BY GROUPING SETS ((book_id, month, type, category_id), (book_id, month, type))
"""


def log(text):
    print(text, flush=True)


def register(server, name):
    answer = server.call("POST", "/api/v1/auth/register", body={
        "email": f"{name}@example.org", "password": PASSWORD, "firstName": name, "lastName": "Bench"})["data"]
    return answer.get("accessToken") or answer["tokens"]["accessToken"]


def seed(server, database, entries):
    """A book of a hundred thousand that somebody can sign in to, and as many books of a thousand as are needed."""
    token = register(server, "large")
    book = server.call("GET", "/api/v1/books", token)["data"][0]["id"]
    owner = database.sql(f"SELECT created_by FROM books WHERE id = '{book}'")[0][0]
    large = min(LARGE, entries // 3)
    small = max(1, (entries - large) // 1000)
    started = time.monotonic()
    database.sql(f"""
        INSERT INTO books (id, kind, name, currency, time_zone, created_by)
        SELECT md5('book ' || n)::uuid, 'personal', 'Filler ' || n, 'EUR', 'UTC', '{owner}' FROM generate_series(1, {small}) n;
        INSERT INTO categories (book_id, id, name, slug, icon, color, is_income, is_system, sort_order)
        SELECT b.id, md5(b.id::text || c.id::text)::uuid, c.name, c.slug, c.icon, c.color, c.is_income, c.is_system, c.sort_order
        FROM books b, categories c WHERE b.name LIKE 'Filler %' AND c.book_id = '{book}';
        CREATE TABLE seeded AS
        SELECT b.id AS book_id, '{owner}'::uuid AS owner, CASE WHEN b.id = '{book}' THEN {large} ELSE 1000 END AS size,
            row_number() OVER (ORDER BY b.id) AS number,
            array_agg(c.id ORDER BY c.slug) FILTER (WHERE c.is_income) AS incomes,
            array_agg(c.id ORDER BY c.slug) FILTER (WHERE NOT c.is_income) AS expenses
        FROM books b JOIN categories c ON c.book_id = b.id WHERE b.id = '{book}' OR b.name LIKE 'Filler %' GROUP BY b.id;
        ALTER TABLE entries DISABLE TRIGGER ALL;""")
    # The indexes are made again at the end, from what the schema says of them.
    indexes = database.sql("""SELECT indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename = 'entries' AND indexname <> 'entries_pkey'""")
    for name, _ in indexes:
        database.sql(f"DROP INDEX {name}")
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in MERCHANTS)
    for low in range(1, large + 1, 100):
        if low > 1000:
            low, high = 1001, large
        else:
            high = low + 99
        database.sql("SET synchronous_commit = off; SET work_mem = '256MB';" + GENERATE % {
            "merchants": names, "count": len(MERCHANTS), "low": low, "high": high})
        if high == large:
            break
    log(f"  {time.monotonic() - started:.0f} s: rows")
    for _, definition in indexes:
        database.sql(f"SET maintenance_work_mem = '512MB'; {definition}")
    database.sql(f"""
        SET work_mem = '256MB';
        ALTER TABLE entries ENABLE TRIGGER ALL;
        {TOTALS};
        INSERT INTO search_pending (book_id, first_id, last_id)
        VALUES ('{book}', '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff');
        DROP TABLE seeded;""")
    database.sql("VACUUM (ANALYZE) entries")
    database.sql("VACUUM (ANALYZE) entry_totals")
    count = int(database.sql("SELECT count(*) FROM entries")[0][0])
    log(f"{count:,} entries in {time.monotonic() - started:.0f} s")
    return token, book


class Reader:
    def __init__(self, server, token):
        self.server, self.token = server, token

    def get(self, path):
        return self.server.call("GET", path, self.token)

    def time(self, path, times):
        """Milliseconds of each call over one connection that stays, as the server's page would."""
        import http.client
        host = urllib.parse.urlsplit(self.server.url)
        connection = http.client.HTTPConnection(host.hostname, host.port)
        spent = []
        for _ in range(times):
            started = time.perf_counter()
            connection.request("GET", path, headers={"Authorization": "Bearer " + self.token})
            answer = connection.getresponse()
            body = answer.read()
            spent.append((time.perf_counter() - started) * 1000)
            if answer.status != 200:
                raise SystemExit(f"{path} answered {answer.status}: {body[:300]!r}")
        connection.close()
        return spent


def money(text):
    whole, _, part = str(text).partition(".")
    return int(whole + (part + "00")[:2])


def expect(what, got, wanted):
    if got != wanted:
        raise SystemExit(f"{what}: the server says {got}, the entries say {wanted}")


def check(reader, database, book):
    """Every sum that is measured, against the entries."""
    counted = f"FROM entries WHERE book_id = '{book}' AND deleted_at IS NULL AND status IN (1, 2)"
    raw = lambda path: json.loads(  # noqa: E731 -- amounts as they are written, not as floats
        urllib.request.urlopen(urllib.request.Request(
            reader.server.url + path, headers={"Authorization": "Bearer " + reader.token})).read(), parse_float=str)["data"]
    dashboard = raw("/api/v1/analytics/dashboard?month=2026-11&months=12")
    for month in dashboard["byMonth"]:
        rows = dict(database.sql(
            f"SELECT type, sum(amount_minor) {counted} AND to_char(occurred_on, 'YYYY-MM') = '{month['month']}' GROUP BY type"))
        expect(month["month"], (money(month["expenses"]), money(month["income"])),
               (int(rows.get("1", 0)), int(rows.get("2", 0))))
    compare = raw("/api/v1/analytics/compare?start1=2025-01-10&end1=2025-06-20&start2=2026-01-10&end2=2026-06-20")
    for name, side in (("first", 2025), ("second", 2026)):
        rows = dict(database.sql(
            f"SELECT type, sum(amount_minor) {counted} AND occurred_on >= '{side}-01-10' AND occurred_on < '{side}-06-21' GROUP BY type"))
        expect("compare", (money(compare[name]["expenses"]), money(compare[name]["income"])),
               (int(rows["1"]), int(rows["2"])))
    merchants = raw("/api/v1/analytics/top-merchants?startDate=2023-01-01&endDate=2026-12-31&limit=5")["merchants"]
    rows = database.sql(
        f"SELECT lower(merchant), sum(amount_minor), count(*) {counted} AND type = 1 GROUP BY 1 ORDER BY 2 DESC LIMIT 5")
    expect("top merchants", [(m["merchantName"].lower(), money(m["amount"]), m["count"]) for m in merchants],
           [(name, int(total), int(count)) for name, total, count in rows])
    stats = raw("/api/v1/expenses/stats")
    row = database.sql(f"SELECT count(*), sum(amount_minor), min(amount_minor), max(amount_minor) {counted} AND type = 1")[0]
    expect("stats", [str(stats["count"])] + [str(money(stats[name])) for name in ("total", "min", "max")], row)
    for query, word in (("zoo", "zoo"), ("unicorn", "unicorn"), ("receipt harbour", None), ("77777", "77777")):
        answer = reader.get("/api/v1/entries/search?limit=100&q=" + urllib.parse.quote(query))
        condition = " AND ".join(
            f"lower(concat_ws(' ', merchant, description, notes, array_to_string(tags, ' '))) LIKE '%{part}%'"
            for part in query.split())
        wanted = database.sql(
            f"SELECT count(*) FROM entries WHERE book_id = '{book}' AND deleted_at IS NULL AND {condition}")[0][0]
        expect("search for " + query, str(answer["meta"]["total"]), wanted)
    differences = database.sql(f"""
        SELECT count(*) FROM (SELECT month, type, category_id, sum(amount_minor) a, sum(entry_count) c FROM entry_totals
            WHERE book_id = '{book}' GROUP BY 1, 2, 3) t
        FULL JOIN (SELECT (date_part('year', occurred_on) * 12 + date_part('month', occurred_on) - 1)::int AS month, type,
            category_id, sum(amount_minor) a, count(*) c {counted} GROUP BY 1, 2, 3) e USING (month, type, category_id)
        WHERE (t.a, t.c) IS DISTINCT FROM (e.a, e.c) AND category_id <> '00000000-0000-0000-0000-000000000000'""")[0][0]
    expect("the stored sums that differ", differences, "0")


MEASURED = [
    ("first page of entries", "/api/v1/entries?limit=50", SERVER_LIMIT),
    ("dashboard", "/api/v1/analytics/dashboard?month=2026-11&months=12", SERVER_LIMIT),
    ("page of one category and month", "/api/v1/entries?limit=50&category=food&startDate=2026-03-01&endDate=2026-03-31", None),
    ("page of one merchant", "/api/v1/entries?limit=50&merchant=harbour", None),
    ("page by amount", "/api/v1/entries?limit=50&sort=amount", None),
    ("search, many matches", "/api/v1/entries/search?limit=50&q=harbour", SEARCH_LIMIT),
    ("search, one match", "/api/v1/entries/search?limit=50&q=unicorn", SEARCH_LIMIT),
    ("search, every entry matches", "/api/v1/entries/search?limit=50&q=payment", SEARCH_LIMIT),
    ("search, mistyped", "/api/v1/entries/search?limit=50&q=pharmcay", SEARCH_LIMIT),
    ("search, nothing", "/api/v1/entries/search?limit=50&q=xylophone", SEARCH_LIMIT),
    ("top merchants of a month", "/api/v1/analytics/top-merchants?startDate=2026-03-01&endDate=2026-03-31", None),
    ("top merchants of all years", "/api/v1/analytics/top-merchants?startDate=2023-01-01&endDate=2026-12-31", None),
    ("compare two half years", "/api/v1/analytics/compare?start1=2025-01-10&end1=2025-06-20&start2=2026-01-10&end2=2026-06-20", None),
    ("compare two months", "/api/v1/analytics/compare?period1=2026-02&period2=2026-03", None),
    ("stats of all expenses", "/api/v1/expenses/stats", None),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=10_000_000)
    parser.add_argument("--times", type=int, default=60, help="calls of each; the median counts")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    data = os.path.join(FOLDER, "data")
    state = os.path.join(FOLDER, "state.json")
    kept = options.keep and os.path.exists(state) and os.path.exists(data)
    if not kept:
        shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER, exist_ok=True)
    server = servers.purser(data)
    server.start()
    try:
        database = cluster_of(data)
        if kept:
            with open(state) as file:
                book = json.load(file)["book"]
            answer = server.call("POST", "/api/v1/auth/login", body={"email": "large@example.org", "password": PASSWORD})
            token = answer["data"].get("accessToken") or answer["data"]["tokens"]["accessToken"]
        else:
            token, book = seed(server, database, options.entries)
            with open(state, "w") as file:
                json.dump({"book": book}, file)
        reader = Reader(server, token)
        started = time.monotonic()
        reader.get("/api/v1/entries/search?q=first")
        log(f"the search learnt the book in {time.monotonic() - started:.2f} s")
        check(reader, database, book)
        log("every sum is that of the entries")
        results, missed = [], []
        for name, path, limit in MEASURED:
            reader.time(path, 8)
            spent = reader.time(path, options.times)
            median, worst = statistics.median(spent), sorted(spent)[int(len(spent) * 0.95)]
            met = limit is None or median <= limit
            log(f"{name:36} {median:8.2f} ms   95 % {worst:8.2f} ms" + ("" if limit is None else f"   target {limit:.0f} ms"))
            results.append({"what": name + ", ms", "ours": f"{median:.1f}", "peer": "", "ratio": "",
                            "target": "" if limit is None else f"≤ {limit:.0f} ms", "met": met})
            if not met:
                missed.append(name)
        with open(os.path.join(FOLDER, "results.json"), "w") as file:
            json.dump(results, file, indent=1)
    finally:
        server.stop()
        if not options.keep:
            shutil.rmtree(data, ignore_errors=True)
            if os.path.exists(state):
                os.remove(state)
    if missed:
        raise SystemExit("missed: " + ", ".join(missed))


if __name__ == "__main__":
    main()
