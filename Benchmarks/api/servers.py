"""The two servers, started and stopped, and their database."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
FOLDER = os.path.join(ROOT, ".bench", "api")
HERE = os.path.dirname(os.path.abspath(__file__))


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Server:
    """A process that prints `listening on URL` when it is ready. Its output goes to a log file."""

    def __init__(self, name, command, environment):
        self.name, self.command = name, command
        self.environment = {**os.environ, **environment}
        self.log = os.path.join(FOLDER, name + ".log")
        self.process = None
        self.url = None

    def start(self, within=120):
        """Returns the seconds from the start of the process to its line."""
        output = open(self.log, "wb")
        started = time.monotonic()
        self.process = subprocess.Popen(
            self.command, env=self.environment, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            start_new_session=True)
        with open(self.log, "rb") as reader:
            text = b""
            while time.monotonic() - started < within:
                text += reader.read()
                if b"listening on http" in text and b"\n" in text.split(b"listening on http", 1)[1]:
                    line = text.split(b"listening on ", 1)[1].split(b"\n", 1)[0]
                    self.url = line.decode().split('"')[0].split()[0].rstrip("/")
                    return time.monotonic() - started
                if self.process.poll() is not None:
                    break
                time.sleep(0.002)
        self.stop()
        raise SystemExit(f"{self.name} did not start; the end of {self.log}:\n{text[-2000:].decode(errors='replace')}")

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def call(self, method, path, token=None, body=None, headers=None):
        """One request; returns the decoded answer, or fails with what the server said."""
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("Accept", "application/json")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        if token:
            request.add_header("Authorization", "Bearer " + token)
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{self.name}: {method} {path} answered {error.code}: {error.read()[:500]!r}")


def purser(data, **environment):
    binary = os.path.join(os.environ.get("BENCH_BIN", os.path.join(ROOT, ".build", "release")), "purser")
    if not os.path.exists(binary):
        raise SystemExit(f"{binary} is not there: run `make build` first.")
    return Server(
        "purser", [binary, "serve", "--data", data, "--host", "127.0.0.1", "--port", str(free_port())],
        {"PURSER_RATE_LIMITS": "off", **environment})


def peer(database, best):
    """The Express server. `best` lets it cache tokens and memberships, and create with one statement."""
    node_path = subprocess.run(
        [os.path.join(HERE, "node-packages.sh")], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    environment = {
        "NODE_PATH": node_path, "NODE_ENV": "production", "PEER_PORT": str(free_port()),
        "PEER_KEY": os.path.join(FOLDER, "peer.pem"), "PEER_DATABASE_HOST": database.host,
        "PEER_DATABASE_PORT": str(database.port), "PEER_DATABASE_USER": database.user, "PEER_DATABASE": "peer",
    }
    if best:
        environment.update({"PEER_CACHE": "1", "PEER_CREATE": "cte"})
    return Server("peer", ["node", os.path.join(HERE, "server.js")], environment)


class Database:
    """The embedded cluster of our server, reached through its socket. Both servers keep their data there."""

    def __init__(self, host, port, user, name):
        self.host, self.port, self.user, self.name = host, port, user, name

    @property
    def postmaster(self):
        """The first line of the file that a running cluster keeps."""
        with open(os.path.join(self.host, "postmaster.pid")) as file:
            return int(file.readline())

    def command(self, database):
        return ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.host, "-p", str(self.port), "-U", self.user,
                "-d", database, "-At", "-F", "\t"]

    def sql(self, text, database=None):
        done = subprocess.run(
            self.command(database or self.name), input=text, capture_output=True, text=True, timeout=1800)
        if done.returncode != 0:
            raise SystemExit("psql: " + done.stderr)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def file(self, path, database=None):
        with open(path) as file:
            return self.sql(file.read(), database)

    def copy(self, source, query, target, table, before=()):
        """Rows of a query in one database into a table (with its columns) of another."""
        reader = subprocess.Popen(
            self.command(source) + ["-c", f"COPY ({query}) TO STDOUT"], stdout=subprocess.PIPE)
        writer = subprocess.run(
            self.command(target) + [part for line in (*before, f"COPY {table} FROM STDIN") for part in ("-c", line)],
            stdin=reader.stdout, timeout=1800)
        reader.stdout.close()
        if reader.wait() != 0 or writer.returncode != 0:
            raise SystemExit(f"copying into {table} of {target} failed")
