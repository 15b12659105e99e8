#!/usr/bin/env python3
"""What many sign-ins at once do to everybody else: Benchmarks/signin.py --url URL --email E --password-file F

Measures GET /users/me over one connection, first alone, then while CLIENTS sign in again and again, each over a
connection of its own. The server runs with --rate-limits off. Prints one line of JSON.
"""

import argparse
import http.client
import json
import threading
import time
from urllib.parse import urlsplit


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--email", required=True)
    parser.add_argument("--password-file", required=True)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=15)
    options = parser.parse_args()
    with open(options.password_file, encoding="utf-8") as file:
        password = file.read().strip()
    server = urlsplit(options.url)
    body = json.dumps({"email": options.email, "password": password})

    def connect():
        return http.client.HTTPConnection(server.hostname, server.port, timeout=60)

    def sign_in(connection):
        connection.request("POST", "/api/v1/auth/login", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()

    probe = connect()
    status, text = sign_in(probe)
    if status != 200:
        raise SystemExit(f"signing in answered {status}: {text[:200]}")
    fields = {"Authorization": "Bearer " + json.loads(text)["data"]["accessToken"]}

    def look(seconds):
        """Latencies in milliseconds, one request every 5 ms at most."""
        taken = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            begun = time.monotonic()
            probe.request("GET", "/api/v1/users/me", headers=fields)
            answer = probe.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"/users/me answered {answer.status}")
            taken.append((time.monotonic() - begun) * 1000)
            time.sleep(0.005)
        return taken

    look(1)
    idle = look(options.seconds / 2)
    counts = {"signed in": 0, "busy": 0, "other": 0}
    lock = threading.Lock()
    stop = threading.Event()

    def client():
        connection = connect()
        while not stop.is_set():
            status, _ = sign_in(connection)
            with lock:
                counts["signed in" if status == 200 else "busy" if status == 503 else "other"] += 1
            if status == 503:
                time.sleep(0.2)

    threads = [threading.Thread(target=client) for _ in range(options.clients)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    begun, before = time.monotonic(), counts["signed in"]
    loaded = look(options.seconds)
    rate = (counts["signed in"] - before) / (time.monotonic() - begun)
    stop.set()
    for thread in threads:
        thread.join()
    print(json.dumps({
        "clients": options.clients, "sign-ins a second": round(rate, 1), **counts,
        "idle p50 ms": round(quantile(idle, .5), 2), "idle p99 ms": round(quantile(idle, .99), 2),
        "loaded p50 ms": round(quantile(loaded, .5), 2), "loaded p99 ms": round(quantile(loaded, .99), 2),
        "ratio of p99": round(quantile(loaded, .99) / max(quantile(idle, .99), .001), 2),
    }))


main()
