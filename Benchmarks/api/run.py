#!/usr/bin/env python3
"""Purser beside an Express and node-postgres server that does the same.

    run.py [--best-peer] [--role api] [--keep] [--rounds N] [--seconds N] [SECTION …]

Sections: list, create, dashboard, large, idle, start (all of them when none is named). Both servers keep their
data in the same PostgreSQL cluster, the embedded one of ours, and take turns, so that whatever else the machine
does meets both.

Ours runs as `purser serve` does by default, its worker included, which takes the events of each create from the
outbox meanwhile; --role api leaves them there, as the peer does. --best-peer lets the peer keep verified tokens
and memberships in memory, as ours does, and write a row and its outbox row with one statement. --keep
takes the data of the last run, if it was kept, and keeps it: seeding takes longer than measuring.
"""

import argparse
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import purser_schema
import seed
from measure import load, median, resident_bytes
from servers import FOLDER, peer, purser

SECTIONS = ("list", "create", "dashboard", "large", "idle", "start")
LIST = "/api/v1/expenses?limit=50"
DASHBOARD = "/api/v1/analytics/dashboard?months=12"
IDLE = 10_000
KEYS = ("rate", "cpu", "database", "p50", "p99")


def say(text):
    print(f"==> {text}", file=sys.stderr, flush=True)


class Table:
    """Rows of: what, ours, theirs, ratio, target. Printed at the end, and kept for the table of `make bench`."""

    def __init__(self):
        self.rows = []

    def add(self, what, ours, theirs, ratio, target, met):
        self.rows.append({"what": what, "ours": ours, "peer": theirs, "ratio": ratio, "target": target, "met": met})
        say(f"{what}: {ours} beside {theirs or '-'}  {ratio} (target {target}) {'' if met else 'NOT MET'}")

    def print(self):
        columns = ("what", "ours", "peer", "ratio", "target")
        widths = [max(len(row[name]) for row in self.rows + [{name: name for name in columns}]) for name in columns]
        print()
        print("  ".join(name.ljust(width) for name, width in zip(columns, widths)))
        for row in self.rows:
            cells = "  ".join(row[name].ljust(width) for name, width in zip(columns, widths))
            print(cells + ("  met" if row["met"] else "  NOT MET"))
        with open(os.path.join(FOLDER, "results.json"), "w") as file:
            json.dump(self.rows, file, indent=1)


class Bench:
    def __init__(self, options):
        self.options, self.table = options, Table()

    # ---- both servers, seeded

    def open(self):
        data = os.path.join(FOLDER, "data")
        known = os.path.join(FOLDER, "people.json")
        keeping = self.options.keep and os.path.exists(known)
        if not keeping:
            shutil.rmtree(data, ignore_errors=True)
        self.ours = purser(data, PURSER_ROLE=self.options.role, **purser_schema.ENVIRONMENT)
        self.ours.start()
        self.database = purser_schema.database(data)
        if keeping:
            self.people = seed.People.load(known)
            seed.sign_in_again(self.ours, self.people)
        else:
            if os.path.exists(known):
                os.remove(known)
            self.people = seed.seed(self.ours, self.database, say)
            self.people.save(known)
        self.peer = peer(self.database, self.options.best_peer)
        self.peer.start()
        self.peer_tokens = {}
        for group in ("readers", "writers", "large"):
            users = [person["user"] for person in getattr(self.people, group)]
            self.peer_tokens[group] = subprocess.run(
                [*self.peer.command, "--token", *users], env=self.peer.environment, stdout=subprocess.PIPE, text=True,
                check=True).stdout.split()

    def close(self):
        for server in (getattr(self, "peer", None), getattr(self, "ours", None)):
            if server is not None:
                server.stop()

    def tokens(self, server, group):
        if server is self.peer:
            return self.peer_tokens[group]
        return [person["token"] for person in getattr(self.people, group)]

    def agree(self, path, group):
        """Both must give the same answer to the same question, or their speeds say nothing."""
        for number in range(min(3, len(getattr(self.people, group)))):
            answers = [
                comparable(server.call("GET", path, self.tokens(server, group)[number])["data"])
                for server in (self.ours, self.peer)]
            if answers[0] != answers[1]:
                raise SystemExit(f"the answers to {path} differ: {difference(*answers)}")

    def rounds(self, path, group, body=None, connections=32):
        """Alternating rounds; the medians of both."""
        seed.sign_in_again(self.ours, self.people)
        results = {self.ours.name: [], self.peer.name: []}
        for server in (self.ours, self.peer):
            load(server, path, self.tokens(server, group), 2, connections, body)
        for _ in range(self.options.rounds):
            for server in (self.ours, self.peer):
                result = load(
                    server, path, self.tokens(server, group), self.options.seconds, connections, body,
                    self.database.postmaster)
                if result.errors:
                    raise SystemExit(f"{server.name}: {result.errors} of {result.requests} requests to {path} failed")
                say(f"  {server.name:7} {result.rate:8.0f}/s {result.cpu:7.1f} µs CPU, {result.database:6.1f} of PostgreSQL  "
                    f"p50 {result.p50:.2f} ms  p99 {result.p99:.2f} ms  load {os.getloadavg()[0]:.1f}")
                results[server.name].append(result)
        return [{key: median([getattr(one, key) for one in results[server.name]]) for key in KEYS}
                for server in (self.ours, self.peer)]

    def compare(self, what, measured, rate_target, cpu_target):
        ours, theirs = measured
        ratio = ours["rate"] / theirs["rate"]
        self.table.add(
            what + ", requests/s", f"{ours['rate']:,.0f}", f"{theirs['rate']:,.0f}", f"{ratio:.2f}×",
            f"≥ {rate_target}×", ratio >= rate_target)
        share = theirs["cpu"] / ours["cpu"]
        self.table.add(
            what + ", CPU a request", f"{ours['cpu']:.0f} µs", f"{theirs['cpu']:.0f} µs", f"1/{share:.1f}",
            f"≤ 1/{cpu_target}" if cpu_target else "-", cpu_target is None or share >= cpu_target)
        self.table.add(
            what + ", PostgreSQL's CPU", f"{ours['database']:.0f} µs", f"{theirs['database']:.0f} µs",
            f"1/{theirs['database'] / max(ours['database'], 1):.1f}", "-", True)

    # ---- the sections

    def list(self):
        self.agree(LIST, "readers")
        self.compare("list of 50", self.rounds(LIST, "readers"), 2.5, 6)

    def create(self):
        body = '{"amount":%d.%02d,"currency":"EUR","merchantName":"Bench %d","transactionDate":"' \
            + time.strftime("%Y-%m-01", time.gmtime()) + '","description":"Card payment","paymentMethod":"card"}'
        self.compare("durable create", self.rounds("/api/v1/expenses", "writers", body), 2.2, 6)
        self.durable()

    def durable(self):
        """A create counts only with its outbox row, and with the disk told."""
        settings = self.database.sql("SHOW synchronous_commit") + self.database.sql("SHOW fsync")
        if settings != [["on"], ["on"]]:
            raise SystemExit(f"the cluster does not commit durably: {settings}")
        for name, query in (
                ("peer", "SELECT (SELECT count(*) FROM entries WHERE merchant_name LIKE 'Bench %') - (SELECT count(*) FROM outbox)"),
                (self.database.name, purser_schema.OUTBOX_DIFFERENCE)):
            if name != "peer" and self.options.role != "api":
                continue  # the worker has taken them
            if self.database.sql(query, name) != [["0"]]:
                raise SystemExit(f"{name}: entries without an outbox row, or the reverse")

    def dashboard(self):
        self.agree(DASHBOARD, "readers")
        self.compare("dashboard of 1,000", self.rounds(DASHBOARD, "readers"), 3, None)

    def large(self):
        self.agree(DASHBOARD, "large")
        ours, theirs = self.rounds(DASHBOARD, "large", connections=1)
        self.table.add(
            "dashboard of 100,000, p50", f"{ours['p50']:.2f} ms", f"{theirs['p50']:.2f} ms",
            f"{theirs['p50'] / ours['p50']:.1f}×", "≤ 5 ms", ours["p50"] <= 5)

    def idle(self):
        seed.sign_in_again(self.ours, self.people)
        tokens = self.tokens(self.ours, "readers")
        def p99():
            return median([load(self.ours, LIST, tokens, self.options.seconds).p99 for _ in range(self.options.rounds)])

        load(self.ours, LIST, tokens, 3)
        alone = p99()
        host, port = self.ours.url.rsplit("/", 1)[1].split(":")
        request = f"GET /health HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
        connections = []
        try:
            for number in range(IDLE):
                if number == IDLE // 2:
                    # The first ones may live in what the load has left behind; the second half cannot.
                    time.sleep(1)
                    before = resident_bytes(self.ours.pid)
                connection = socket.create_connection((host, int(port)), timeout=10)
                connections.append(connection)
                connection.sendall(request)
                if not connection.recv(65536).startswith(b"HTTP/1.1 200"):
                    raise SystemExit("an idle connection was refused")
            time.sleep(1)
            each = (resident_bytes(self.ours.pid) - before) / (IDLE - IDLE // 2)
            beside = p99()
            for connection in connections[:: IDLE // 100]:
                connection.sendall(request)
                if not connection.recv(65536).startswith(b"HTTP/1.1 200"):
                    raise SystemExit("an idle connection did not live")
        finally:
            for connection in connections:
                connection.close()
        self.table.add(
            f"{IDLE:,} idle connections, each", f"{each / 1024:.2f} KiB", "", "", "≤ 4 KiB", each <= 4096)
        ratio = beside / alone
        self.table.add(
            "p99 of active ones beside them", f"{beside:.2f} ms", f"{alone:.2f} ms without", f"{ratio:.2f}×",
            "≤ 1.25×", ratio <= 1.25)

    def start(self):
        data = os.path.join(FOLDER, "start-data")
        cold, warm = [], []
        for _ in range(3):
            shutil.rmtree(data, ignore_errors=True)
            server = purser(data)
            cold.append(server.start())
            server.stop()
        for _ in range(5):
            server = purser(data)
            warm.append(server.start())
            server.stop()
        shutil.rmtree(data, ignore_errors=True)
        self.table.add("cold start", f"{median(cold):.2f} s", "", "", "≤ 3 s", median(cold) <= 3)
        self.table.add("warm start", f"{median(warm):.2f} s", "", "", "≤ 0.5 s", median(warm) <= 0.5)


def comparable(value):
    """Without what may differ: when a row was written, and numbers that are only spelt differently."""
    if isinstance(value, dict):
        return {key: comparable(inner) for key, inner in value.items() if key not in ("createdAt", "updatedAt")}
    if isinstance(value, list):
        return [comparable(inner) for inner in value]
    return round(float(value), 4) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def difference(ours, theirs, path=""):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(set(ours) | set(theirs)):
            if ours.get(key, "missing") != theirs.get(key, "missing"):
                return difference(ours.get(key, "missing"), theirs.get(key, "missing"), f"{path}.{key}")
    if isinstance(ours, list) and isinstance(theirs, list):
        if len(ours) != len(theirs):
            return f"{path}: {len(ours)} rows and {len(theirs)}"
        for number, (one, other) in enumerate(zip(ours, theirs)):
            if one != other:
                return difference(one, other, f"{path}[{number}]")
    return f"{path}: ours {str(ours)[:200]}, the peer's {str(theirs)[:200]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--best-peer", action="store_true")
    parser.add_argument("--role", choices=("all", "api"), default="all")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6)
    options = parser.parse_args()
    unknown = set(options.sections) - set(SECTIONS)
    if unknown:
        parser.error("there is no section " + ", ".join(sorted(unknown)))
    sections = options.sections or list(SECTIONS)
    os.makedirs(FOLDER, exist_ok=True)
    # Ten thousand sockets here, and as many in the server, which inherits this.
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    bench = Bench(options)
    try:
        if set(sections) - {"start"}:
            bench.open()
        # Creates come last: they change what the others read.
        for section in sorted(sections, key=lambda name: (name == "create", SECTIONS.index(name))):
            say(section)
            getattr(bench, section)()
    finally:
        bench.close()
    bench.table.print()
    return 0 if all(row["met"] for row in bench.table.rows) else 1


if __name__ == "__main__":
    sys.exit(main())
