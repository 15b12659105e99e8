#!/usr/bin/env python3
"""`purser import` of a large CSV file, beside hledger, ledger and beancount.

    run.py [--rows N] [--peer-rows N] [--rules N] [--seed N] [--keep]

A file is made up from the seed: a bank's CSV with payees, notes, twins and incomes. It is imported twice into a book
that has the rules: the first time everything is new, the second time nothing is. Then the sums by month, type and
category are added up here, from the file and the rules alone, and compared with what the database holds and with what
the API tells. The peers read the first rows of the same file: hledger and ledger as CSV, beancount (which has no
reader of its own for CSV) as a journal written beforehand.
"""

import argparse
import collections
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "api"))
import servers
from servers import Database, purser

FOLDER = os.path.join(servers.ROOT, ".bench", "import")
PASSWORD = "correct horse battery staple"
EMAIL = "ada@example.org"


def say(text):
    print(f"==> {text}", file=sys.stderr, flush=True)


# The file

SYLLABLES = "ba ce di fo gu ha je ky lo mu na pe qui ro su ta ve wi xo yu za".split()
# Rules by the beginning of a payee's name: the first that matches decides.
CATEGORIES = (
    "food transportation housing utilities healthcare entertainment shopping travel education personal gifts "
    "subscriptions insurance fees taxes savings").split()


def payees(chooser, count):
    names = set()
    while len(names) < count:
        words = ["".join(chooser.choices(SYLLABLES, k=chooser.randint(2, 4))).capitalize() for _ in range(2)]
        names.add(" ".join(words))
    return sorted(names)


def write_file(path, rows, seed):
    """Returns the rows as (day, payee, note, cents)."""
    chooser = random.Random(seed)
    names = payees(chooser, 3000)
    weights = [1 / (place + 5) for place in range(len(names))]
    total = sum(weights)
    cumulative, so_far = [], 0
    for weight in weights:
        so_far += weight / total
        cumulative.append(so_far)
    days = []
    for month in range(60):
        year, number = 2020 + month // 12, month % 12 + 1
        days += [f"{year}-{number:02d}-{day:02d}" for day in range(1, 29)]
    made = []
    while len(made) < rows:
        day = days[len(made) * len(days) // rows]
        name = chooser.choices(names, cum_weights=cumulative)[0]
        cents = chooser.randint(1, 25_000)
        if chooser.random() >= 0.08:
            cents = -cents
        note = f"Card {chooser.randint(1000, 9999)} ref {chooser.randint(0, 10**8)}" if chooser.random() < 0.9 else ""
        made.append((day, name, note, cents))
        if chooser.random() < 0.01 and len(made) < rows:
            made.append(made[-1])  # a genuine twin
    with open(path, "w", encoding="utf-8") as file:
        file.write("Date,Payee,Memo,Amount\n")
        for day, name, note, cents in made:
            file.write(f"{day},{name},{note},{decimal(cents)}\n")
    return made


def decimal(cents):
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def beginnings(count):
    """What the rules look for."""
    found = [first + second for first in SYLLABLES for second in SYLLABLES]
    return [found[(place * 37) % len(found)] for place in range(count)]


def expected(rows, rules):
    """Sums and counts by (month, type, category), without anything of Purser's."""
    slug_of = {}
    sums = collections.defaultdict(lambda: [0, 0])
    for day, name, _, cents in rows:
        if name not in slug_of:
            lower = name.lower()
            slug_of[name] = next((slug for text, slug in rules if lower.startswith(text)), None)
        kind = "expense" if cents < 0 else "income"
        slug = slug_of[name] or ("miscellaneous" if cents < 0 else "other-income")
        entry = sums[(day[:7], kind, slug)]
        entry[0] += abs(cents)
        entry[1] += 1
    return {key: tuple(value) for key, value in sums.items()}


# Purser

def database_cpu(postmaster):
    """Seconds that PostgreSQL's processes have computed, those that have ended included."""
    def ticks(pid, fields):
        with open(f"/proc/{pid}/stat") as file:
            values = file.read().rsplit(")", 1)[1].split()
        return sum(int(values[field - 3]) for field in fields)

    total = ticks(postmaster, (14, 15, 16, 17))
    with open(f"/proc/{postmaster}/task/{postmaster}/children") as file:
        for child in file.read().split():
            try:
                total += ticks(child, (14, 15))
            except OSError:
                pass
    return total / os.sysconf("SC_CLK_TCK")


def watch_peak(process, peaks):
    """The largest resident set so far, in KiB, as long as the process lives."""
    while process.returncode is None:
        try:
            with open(f"/proc/{process.pid}/status") as file:
                peaks[0] = max([peaks[0]] + [int(line.split()[1]) for line in file if line.startswith("VmHWM")])
        except OSError:
            return
        time.sleep(0.05)


def measured(command, environment=None):
    """Runs it; seconds, its largest resident set in MiB, what it printed, and the seconds it computed."""
    started = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **(environment or {})})
    # Not ru_maxrss: a process keeps there what the one that made it had, this one with all its rows.
    peaks = [0]
    watcher = threading.Thread(target=watch_peak, args=(process, peaks), daemon=True)
    watcher.start()
    output, errors = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - started
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command[:4])} ended with {process.returncode}: {errors[-1000:].decode()}")
    return seconds, peaks[0] / 1024, output, usage.ru_utime + usage.ru_stime


def check(database, server, token, want):
    rows = database.sql(
        """
        SELECT to_char(e.occurred_on, 'YYYY-MM'), CASE e.type WHEN 1 THEN 'expense' ELSE 'income' END, c.slug,
            sum(e.amount_minor), count(*)
        FROM entries e JOIN categories c ON c.book_id = e.book_id AND c.id = e.category_id
        WHERE e.deleted_at IS NULL GROUP BY 1, 2, 3
        """)
    have = {(month, kind, slug): (int(amount), int(count)) for month, kind, slug, amount, count in rows}
    if have != want:
        wrong = [key for key in set(have) | set(want) if have.get(key) != want.get(key)]
        raise SystemExit(f"{len(wrong)} sums differ, such as {wrong[0]}: {have.get(wrong[0])}, not {want.get(wrong[0])}")
    for year in sorted({key[0][:4] for key in want}):
        for kind in ("expense", "income"):
            answer = server.call(
                "GET", f"/api/v1/analytics/spending-by-category?startDate={year}-01-01&endDate={year}-12-31&type={kind}",
                token)
            told = {item["slug"]: (round(item["amount"] * 100), item["count"]) for item in answer["data"]["categories"]}
            mine = collections.defaultdict(lambda: (0, 0))
            for (month, other, slug), (amount, count) in want.items():
                if other == kind and month.startswith(year):
                    mine[slug] = (mine[slug][0] + amount, mine[slug][1] + count)
            if told != dict(mine):
                raise SystemExit(f"the API's sums of {year} are not those of the file")


def prepare(server, rules):
    answer = server.call(
        "POST", "/api/v1/auth/register", body={"email": EMAIL, "password": PASSWORD, "firstName": "Ada"})
    token = answer["data"]["accessToken"]
    ids = {item["slug"]: item["id"] for item in server.call("GET", "/api/v1/categories", token)["data"]}
    for number, (text, slug) in enumerate(rules):
        server.call("POST", "/api/v1/rules", token, {
            "name": f"rule {number}",
            "conditions": {"items": [{"field": "merchant", "op": "startsWith", "value": text}]},
            "actions": {"categoryId": ids[slug]}})
    return token


def run_purser(path, rows, rules, table, limits):
    data = os.path.join(FOLDER, "data")
    shutil.rmtree(data, ignore_errors=True)
    server = purser(data)
    server.start()
    rates = []
    try:
        token = prepare(server, rules)
        cluster = Database(os.path.join(data, "postgres", "cluster"), 5432, "purser", "purser")
        binary = server.command[0]
        for turn, (new, what) in enumerate([(len(rows), "all new"), (0, "all there")]):
            before = database_cpu(cluster.postmaster)
            seconds, resident, output, own = measured(
                [binary, "import", path, "--user", EMAIL, "--data", data, "--json"])
            theirs = database_cpu(cluster.postmaster) - before
            outcome = json.loads(output)
            counts = (outcome["imported"], outcome["duplicates"], outcome["rejectedCount"])
            if counts != (new, len(rows) - new, 0):
                raise SystemExit(f"{counts} imported, duplicates, rejected of {len(rows)} rows, {what}")
            rate = len(rows) / seconds
            rates.append(rate)
            say(f"{len(rows):,} rows, {what}: {seconds:.2f} s, {rate:,.0f} rows/s, {resident:.0f} MB resident, "
                f"CPU a row: {own / len(rows) * 1e6:.1f} µs and PostgreSQL's {theirs / len(rows) * 1e6:.1f} µs")
            table.add(f"import {len(rows):,} rows, {what}", f"{rate:,.0f} rows/s", "", "",
                      f"≥ {limits['rate']:,}", rate >= limits["rate"])
            table.add(f"its resident memory, {what}", f"{resident:.0f} MB", "", "", f"< {limits['memory']} MB",
                      resident < limits["memory"])
        check(cluster, server, token, expected(rows, rules))
        table.add("sums by month and category", "equal", "recomputed", "", "equal", True)
    finally:
        server.stop()
    return rates


# The peers

def write_hledger_rules(path, rules):
    with open(path, "w") as file:
        file.write("skip 1\nfields date, description, comment, amount\ncurrency EUR\ndate-format %Y-%m-%d\n")
        file.write("account1 assets:bank\naccount2 expenses:unsorted\n")
        for text, slug in rules:
            file.write(f"if ^[^,]*,{text}\n  account2 expenses:{slug}\n")


def write_beancount(path, rows):
    with open(path, "w") as file:
        file.write('option "operating_currency" "EUR"\n')
        file.write("2019-01-01 open Assets:Bank EUR\n2019-01-01 open Expenses:Unsorted EUR\n")
        for day, name, note, cents in rows:
            file.write(f'{day} * "{name}" "{note}"\n  Assets:Bank  {decimal(cents)} EUR\n  Expenses:Unsorted\n')


def run_peers(rows, rules, table, ours):
    csv = os.path.join(FOLDER, "peers.csv")
    with open(csv, "w") as file:
        file.write("Date,Payee,Memo,Amount\n")
        for day, name, note, cents in rows:
            file.write(f"{day},{name},{note},{decimal(cents)}\n")
    hledger_rules = os.path.join(FOLDER, "peers.rules")
    write_hledger_rules(hledger_rules, rules)
    journal = os.path.join(FOLDER, "peers.beancount")
    write_beancount(journal, rows)
    ledger_csv = os.path.join(FOLDER, "peers-ledger.csv")
    with open(ledger_csv, "w") as file:
        file.write("date,payee,note,amount\n")
        for day, name, note, cents in rows:
            file.write(f"{day.replace('-', '/')},{name},{note},{decimal(cents)}\n")
    ledger_rules = os.path.join(FOLDER, "peers.ledger")
    with open(ledger_rules, "w") as file:
        for slug in sorted({slug for _, slug in rules}):
            file.write(f"account Expenses:{slug}\n")
            for text, other in rules:
                if other == slug:
                    file.write(f"    payee ^{text.capitalize()}\n")
    # The system's own Python: the package is of Debian.
    bean = ["/usr/bin/python3", "-c", "import sys; from beancount import loader; "
            "entries, errors, _ = loader.load_file(sys.argv[1]); sys.exit(len(errors) > 0 or len(entries) < 1000)", journal]
    peers = [
        ("hledger", ["hledger", "-f", csv, "--rules-file", hledger_rules, "stats", "-o", os.path.join(FOLDER, "out.csv")]),
        ("ledger", ["ledger", "-f", ledger_rules, "convert", ledger_csv, "--input-date-format", "%Y/%m/%d",
                    "--account", "Assets:Bank", "--auto-match"]),
        ("beancount", bean),
    ]
    for name, command in peers:
        program = command[0]
        if shutil.which(program) is None:
            say(f"{name} is not installed")
            continue
        environment = {"BEANCOUNT_DISABLE_LOAD_CACHE": "1", "LEDGER_FILE": "/dev/null", "LC_ALL": "C.UTF-8"}
        try:
            with open(os.path.join(FOLDER, name + ".log"), "wb") as log:
                started = time.monotonic()
                done = subprocess.run(
                    command, stdout=subprocess.DEVNULL, stderr=log, env={**os.environ, **environment}, timeout=600)
                seconds = time.monotonic() - started
        except subprocess.TimeoutExpired:
            table.add(f"beside {name}, {len(rows):,} rows", f"{ours:,.0f} rows/s", "> 600 s", "", "faster", True)
            continue
        if done.returncode != 0:
            raise SystemExit(f"{name} failed; see {FOLDER}/{name}.log")
        rate = len(rows) / seconds
        say(f"{name}: {len(rows):,} rows in {seconds:.2f} s, {rate:,.0f} rows/s")
        table.add(f"beside {name}, {len(rows):,} rows", f"{ours:,.0f} rows/s", f"{rate:,.0f} rows/s",
                  f"{ours / rate:.1f} ×", "faster", ours > rate)


class Table:
    def __init__(self):
        self.rows = []

    def add(self, what, ours, peer, ratio, target, met):
        self.rows.append({"what": what, "ours": ours, "peer": peer, "ratio": ratio, "target": target, "met": met})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--peer-rows", type=int, default=100_000)
    parser.add_argument("--rules", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the data")
    parser.add_argument("--no-peers", action="store_true")
    arguments = parser.parse_args()
    os.makedirs(FOLDER, exist_ok=True)
    servers.FOLDER = FOLDER
    table = Table()
    limits = {"rate": 50_000, "memory": 200}
    path = os.path.join(FOLDER, "statement.csv")
    rows = write_file(path, arguments.rows, arguments.seed)
    texts = beginnings(arguments.rules)
    rules = [(text, CATEGORIES[place % len(CATEGORIES)]) for place, text in enumerate(texts)]
    say(f"{len(rows):,} rows, {os.path.getsize(path) >> 20} MB, {len(rules)} rules")
    run_purser(path, rows, rules, table, limits)
    if not arguments.no_peers:
        small = Table()
        first = rows[:arguments.peer_rows]
        shorter = os.path.join(FOLDER, "shorter.csv")
        with open(path) as whole, open(shorter, "w") as part:
            for _ in range(len(first) + 1):
                part.write(whole.readline())
        rate = run_purser(shorter, first, rules, small, limits)[0]
        run_peers(first, rules, table, rate)
    for row in table.rows:
        cells = "  ".join(str(row[name]) for name in ("what", "ours", "peer", "ratio", "target"))
        print(cells + ("  met" if row["met"] else "  NOT MET"))
    with open(os.path.join(FOLDER, "results.json"), "w") as file:
        json.dump(table.rows, file, indent=1, ensure_ascii=False)
    if not arguments.keep:
        shutil.rmtree(os.path.join(FOLDER, "data"), ignore_errors=True)
    sys.exit(0 if all(row["met"] for row in table.rows) else 1)


if __name__ == "__main__":
    main()
