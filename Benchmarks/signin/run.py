#!/usr/bin/env python3
"""What signing in costs, and whom: see Benchmarks/README.md.

    run.py [--clients N] [--seconds N] [--requests N]

Sign-ins a second, beside what the machine's cores hash with the same library and the same parameters when they do nothing
else; the latency of everybody else meanwhile; what a token costs a request; and the transactions that a permission costs.
"""

import argparse
import base64
import ctypes
import glob
import http.client
import json
import multiprocessing
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "api"))
import servers
from servers import Database, purser

FOLDER = os.path.join(servers.ROOT, ".bench", "signin")
PASSWORD = "correct horse battery staple"
EMAIL = "ada@example.org"
# Who signs in again and again: an account has a hundred sessions at most, so the one that looks on is another.
BUSY = "bob@example.org"
# As Argon2id.Parameters.standard has them; the server is started with these.
MEMORY, PASSES = 19456, 2


def say(text):
    print(f"==> {text}", file=sys.stderr, flush=True)


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def median_of_slices(values, share, slices=5):
    """The median over slices of the time: one pause of the machine is not what is measured."""
    size = max(1, len(values) // slices)
    return statistics.median(quantile(values[at:at + size], share) for at in range(0, size * slices, size))


# What the cores allow

def hashes_a_second(seconds):
    """One thread a core, nothing but libargon2."""
    library = ctypes.CDLL("libargon2.so.1")
    counts = []

    def work():
        out, salt, count = ctypes.create_string_buffer(32), os.urandom(16), 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            code = library.argon2id_hash_raw(PASSES, MEMORY, 1, PASSWORD.encode(), len(PASSWORD), salt, 16, out, 32)
            if code != 0:
                raise SystemExit(f"libargon2 answers {code}")
            count += 1
        counts.append(count)

    threads = [threading.Thread(target=work) for _ in range(os.cpu_count())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


# Many sign-ins at once

class SignIns:
    def __init__(self, server):
        self.port = int(server.url.rsplit(":", 1)[1])
        self.body = json.dumps({"email": BUSY, "password": PASSWORD})
        self.done = multiprocessing.Value("l", 0)
        self.stopped = multiprocessing.Event()

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def one(self, connection):
        connection.request("POST", "/api/v1/auth/login", self.body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def client(self):
        connection = self.connect()
        while not self.stopped.is_set():
            status, text = self.one(connection)
            if status not in (200, 503):
                os.write(2, f"signing in answered {status}: {text[:200]!r}\n".encode())
                os._exit(1)
            if status == 503:
                time.sleep(0.2)
                continue
            with self.done.get_lock():
                self.done.value += 1

    def crowd(self, clients):
        """In a process of its own: whoever looks on must not wait for the clients' interpreter."""
        threads = [threading.Thread(target=self.client) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def look(self, token, seconds):
        """Latencies of others in milliseconds, one request every 5 ms at most."""
        probe, taken = self.connect(), []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            begun = time.monotonic()
            probe.request("GET", "/api/v1/users/me", headers={"Authorization": "Bearer " + token})
            answer = probe.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"/users/me answered {answer.status}")
            taken.append((time.monotonic() - begun) * 1000)
            time.sleep(0.005)
        return taken


def measure_signins(server, token, clients, seconds):
    signins = SignIns(server)
    signins.look(token, 1)
    idle = signins.look(token, seconds)
    crowd = multiprocessing.Process(target=signins.crowd, args=(clients,))
    crowd.start()
    time.sleep(2)
    begun, before = time.monotonic(), signins.done.value
    loaded = signins.look(token, seconds)
    rate = (signins.done.value - before) / (time.monotonic() - begun)
    signins.stopped.set()
    crowd.join()
    if crowd.exitcode != 0:
        raise SystemExit("a client failed")
    return rate, idle, loaded


# What a token costs

class Requests:
    """Pipelined requests, whose cost is read from the server's CPU time."""

    def __init__(self, server):
        self.port, self.pid = int(server.url.rsplit(":", 1)[1]), server.pid

    def cpu(self):
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def microseconds(self, heads, expected, batch=50):
        connection = socket.create_connection(("127.0.0.1", self.port))
        buffer = b""
        before = self.cpu()
        for first in range(0, len(heads), batch):
            chunk = heads[first:first + batch]
            connection.sendall("".join(chunk).encode())
            left = len(chunk)
            while left:
                end = buffer.find(b"\r\n\r\n")
                if end < 0:
                    got = connection.recv(1 << 16)
                    if not got:
                        raise SystemExit("the server closed the connection")
                    buffer += got
                    continue
                length = re.search(rb"content-length: (\d+)", buffer[:end], re.I)
                whole = end + 4 + (int(length[1]) if length else 0)
                while len(buffer) < whole:
                    buffer += connection.recv(1 << 16)
                if int(buffer[9:12]) != expected:
                    raise SystemExit(f"{buffer[:200]!r} instead of {expected}")
                buffer, left = buffer[whole:], left - 1
        spent = self.cpu() - before
        connection.close()
        return spent / len(heads) * 1e6


def new_tokens(token, count):
    """Tokens as another process with the same keys would make them."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding

    with open(sorted(glob.glob(os.path.join(FOLDER, "data/keys/token-*.pem")))[-1], "rb") as file:
        key = serialization.load_pem_private_key(file.read(), None)

    def encoded(data):
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    head, payload, _ = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    for _ in range(count):
        claims["jti"] = str(uuid.uuid4())
        message = head + "." + encoded(json.dumps(claims).encode())
        yield message + "." + encoded(key.sign(message.encode(), padding.PKCS1v15(), hashes.SHA256()))


def signature_alone():
    """Microseconds for one signature of 3,072 bits, as `openssl speed` has it."""
    output = subprocess.run(
        ["openssl", "speed", "-seconds", "1", "-mr", "rsa3072"], capture_output=True, text=True, check=True).stdout
    line = next(line for line in output.splitlines() if line.startswith("+F2:"))
    return 1e6 / float(line.split(":")[4])


def measure_tokens(server, token, count):
    requests = Requests(server)
    # Neither touches the database: what is behind the token does not weigh.
    bare = "GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    known = f"GET /api/v1/expenses/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    unknown = [
        f"GET /api/v1/expenses/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {each}\r\n\r\n"
        for each in new_tokens(token, count // 4)
    ]
    requests.microseconds([bare] * 1000, 200)
    requests.microseconds([known] * 1000, 404)
    rounds = [
        (requests.microseconds([bare] * count, 200), requests.microseconds([known] * count, 404)) for _ in range(5)
    ]
    first = requests.microseconds(unknown, 404)
    plain = statistics.median(each[0] for each in rounds)
    with_token = statistics.median(each[1] for each in rounds)
    return plain, with_token, first


def transactions(database):
    database.sql("SELECT pg_stat_clear_snapshot()")
    return int(database.sql(
        "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()")[0][0])


def measure_transactions(server, database, token, count):
    """Transactions beyond those of a server that waits."""
    requests = Requests(server)
    head = f"GET /api/v1/expenses/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    seconds = 6

    def spent(work):
        before = transactions(database)
        end = time.monotonic() + seconds
        work()
        # PostgreSQL writes its counters down once a second.
        time.sleep(max(0, end - time.monotonic()))
        return transactions(database) - before

    idle = spent(lambda: None)
    return max(0, spent(lambda: requests.microseconds([head] * count, 404)) - idle), idle


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--requests", type=int, default=20_000)
    options = parser.parse_args()
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER)
    data = os.path.join(FOLDER, "data")
    server = purser(data, PURSER_PASSWORD_MEMORY=str(MEMORY), PURSER_PASSWORD_PASSES=str(PASSES))
    server.log = os.path.join(FOLDER, "purser.log")
    say("what the cores hash alone")
    allowed = hashes_a_second(options.seconds / 2)
    signature = signature_alone()
    server.start()
    try:
        answer = server.call("POST", "/api/v1/auth/register", body={"email": EMAIL, "password": PASSWORD})
        server.call("POST", "/api/v1/auth/register", body={"email": BUSY, "password": PASSWORD})
        token = answer["data"]["accessToken"]
        database = Database(os.path.join(data, "postgres", "cluster"), 5432, "purser", "purser")
        say("what a token costs")
        plain, with_token, first = measure_tokens(server, token, options.requests)
        asked, idle_rate = measure_transactions(server, database, token, options.requests)
        say(f"{options.clients} clients sign in")
        rate, idle, loaded = measure_signins(server, token, options.clients, options.seconds)
    finally:
        server.stop()
    p99_idle, p99 = median_of_slices(idle, 0.99), median_of_slices(loaded, 0.99)
    per_token = with_token - plain
    rows = [
        {"what": f"sign-ins a second, {MEMORY} KiB, {PASSES} passes; peer: libargon2 on all cores alone",
         "ours": f"{rate:.1f}", "peer": f"{allowed:.1f}", "ratio": f"{rate / allowed:.2f}", "target": ">= 0.85",
         "met": rate >= 0.85 * allowed},
        {"what": f"p99 of others while {options.clients} clients sign in; peer: idle",
         "ours": f"{p99:.2f} ms", "peer": f"{p99_idle:.2f} ms", "ratio": f"{p99 / p99_idle:.2f}", "target": "<= 2",
         "met": p99 <= 2 * p99_idle},
        {"what": "CPU of a request with a token; peer: a public one", "ours": f"{with_token:.1f} us",
         "peer": f"{plain:.1f} us", "ratio": f"+{per_token:.1f} us", "target": "<= 50 us", "met": per_token <= 50},
        {"what": "the same, a token of another process at first sight; peer: the signature alone (openssl speed)",
         "ours": f"+{first - plain:.1f} us", "peer": f"{signature:.1f} us", "ratio": f"{(first - plain) / signature:.2f}",
         "target": "-", "met": True},
        {"what": f"transactions of {options.requests} permitted requests; beside {idle_rate} of an idle server",
         "ours": str(asked), "peer": "", "ratio": "", "target": "<= 20", "met": asked <= 20},
    ]
    with open(os.path.join(FOLDER, "results.json"), "w") as file:
        json.dump(rows, file, indent=1)
    for row in rows:
        print("  ".join(str(value) for value in row.values()))


main()
