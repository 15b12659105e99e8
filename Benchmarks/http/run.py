#!/usr/bin/env python3
"""Measures the HTTP server beside node's own http, in one run, in turns: see Benchmarks/README.md.

run.py [--seconds N] [--rounds N] [--idle N]

BENCH_BIN is a folder with bench-http in it that is not to be built.
"""
import argparse
import json
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


class Server:
    """A server with one thread for its work, whose CPU time and memory are read from /proc."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident(self):
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self):
        self.process.kill()
        self.process.wait()


def load(server, path, seconds, script=None):
    """Requests a second, and microseconds of the server's CPU for each."""
    command = ["wrk", "-t1", "-c64", f"-d{seconds}s"] + (["-s", script] if script else [])
    before = server.cpu()
    output = subprocess.run(
        command + [f"http://127.0.0.1:{server.port}{path}"], capture_output=True, text=True, check=True).stdout
    spent = server.cpu() - before
    count = int(re.search(r"(\d+) requests in", output).group(1))
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(output)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1)), spent / count * 1e6


def idle_memory(server, count):
    """Bytes of resident memory for each connection that has been used once and waits."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(count, hard - 64)
    time.sleep(0.5)
    before = server.resident()
    connections = []
    for number in range(count):
        # Loopback has many addresses, and so enough ports.
        connection = socket.create_connection(
            ("127.0.0.1", server.port), source_address=(f"127.0.0.{1 + number // 20000}", 0))
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        if not connection.recv(4096).startswith(b"HTTP/1.1 200"):
            raise SystemExit("an idle connection was not served")
        connections.append(connection)
    cost = (server.resident() - before) / count
    spent = server.cpu()
    time.sleep(3)
    spent = server.cpu() - spent
    for connection in connections:
        connection.close()
    return count, cost, spent / 3


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=int, default=5)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--idle", type=int, default=10000)
    options = options.parse_args()

    folder = os.environ.get("BENCH_BIN")
    if not folder:
        subprocess.run(
            ["swift", "build", "-c", "release", "--product", "bench-http"], cwd=ROOT, check=True, stdout=sys.stderr)
        folder = os.path.join(ROOT, ".build", "release")
    binary = os.path.join(folder, "bench-http")
    servers = {
        "async": Server(binary, "async", "1"),
        "sync": Server(binary, "sync", "1"),
        "node": Server("node", os.path.join(HERE, "peer.js")),
    }
    results = {}
    try:
        for name, path, script in [("GET", "/health", None), ("POST", "/echo", os.path.join(HERE, "post.lua"))]:
            for server in servers.values():
                load(server, path, 1, script)
            for _ in range(options.rounds):
                for kind, server in servers.items():
                    results.setdefault((name, kind), []).append(load(server, path, options.seconds, script))
        idle = {kind: idle_memory(servers[kind], options.idle) for kind in ("async", "node")}
    finally:
        for server in servers.values():
            server.stop()

    def rate(name, kind):
        return statistics.median(rate for rate, _ in results[name, kind])

    def cpu(name, kind):
        return statistics.median(cost for _, cost in results[name, kind])

    rows = []

    def row(what, ours, peer, ratio, target, met):
        rows.append({"what": what, "ours": ours, "peer": peer, "ratio": ratio, "target": target, "met": met})

    for name, target in [("GET", 1.2), ("POST", 1.0)]:
        ratio = rate(name, "async") / rate(name, "node")
        row(f"small JSON {name}, requests/s", f"{rate(name, 'async'):,.0f}", f"{rate(name, 'node'):,.0f}",
            f"{ratio:.2f}", f">= {target}", ratio >= target)
        row(f"small JSON {name}, CPU a request", f"{cpu(name, 'async'):.1f} us", f"{cpu(name, 'node'):.1f} us",
            f"{cpu(name, 'async') / cpu(name, 'node'):.2f}", "", True)
    for name in ("GET", "POST"):
        # Each beside the one of its own round: the machine's mood is in both, and is larger than what is looked for.
        overhead = statistics.median(
            one - other for (_, one), (_, other) in zip(results[name, "async"], results[name, "sync"], strict=True))
        row(f"async overhead of {name}, CPU", f"{cpu(name, 'async'):.1f} us", f"{cpu(name, 'sync'):.1f} us (sync)",
            f"{overhead:+.1f} us", "<= 2 us", overhead <= 2)
    count, cost, spent = idle["async"]
    row(f"{count:,} idle connections, memory each", f"{cost / 1024:.2f} KiB", f"{idle['node'][1] / 1024:.2f} KiB",
        f"{cost / idle['node'][1]:.2f}", "<= 4 KiB", cost <= 4096)
    row(f"{count:,} idle connections, CPU", f"{spent * 100:.1f} %", f"{idle['node'][2] * 100:.1f} %", "", "<= 1 %",
        spent <= 0.01)

    folder = os.path.join(ROOT, ".bench", "http")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "results.json"), "w") as file:
        json.dump(rows, file, indent=1)
    for each in rows:
        print("  ".join(f"{each[key]:<38}" if key == "what" else f"{each[key]:<16}"
                        for key in ("what", "ours", "peer", "ratio", "target")), "met" if each["met"] else "NOT MET")


if __name__ == "__main__":
    main()
