"""Load with wrk, and what a process used meanwhile."""

import json
import os
import subprocess
import tempfile

TICKS = os.sysconf("SC_CLK_TCK")

# Requests are built once where nothing in them changes, so that wrk costs as little as it can.
SCRIPT = """
local requests = {}
local next_request = 0
local thread_count = 0
function setup(thread) thread:set("number", thread_count); thread_count = thread_count + 1 end
function init(args)
    for line in io.lines("%(tokens)s") do
        local headers = { ["Authorization"] = "Bearer " .. line, ["Accept"] = "application/json" }
        %(build)s
    end
end
%(request)s
function done(summary, latency, requests)
    io.write(string.format(
        'RESULT {"requests":%%d,"microseconds":%%d,"status_errors":%%d,"other_errors":%%d,"p50":%%d,"p99":%%d,"mean":%%d}\\n',
        summary.requests, summary.duration, summary.errors.status,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
        latency:percentile(50), latency:percentile(99), latency.mean))
end
"""

GET = (
    'requests[#requests + 1] = wrk.format("GET", "%(path)s", headers)',
    "function request() next_request = next_request + 1; return requests[next_request %% #requests + 1] end",
)
POST = (
    'headers["Content-Type"] = "application/json"; requests[#requests + 1] = headers',
    """function request()
        next_request = next_request + 1
        local body = string.format('%(body)s', next_request %% 9000 + 1, next_request %% 100, next_request)
        return wrk.format("POST", "%(path)s", requests[next_request %% #requests + 1], body)
    end""",
)


class Result:
    """One round of load on one server."""

    def __init__(self, raw, cpu_seconds, database_seconds):
        self.requests = raw["requests"]
        self.seconds = raw["microseconds"] / 1e6
        self.errors = raw["status_errors"] + raw["other_errors"]
        self.rate = self.requests / self.seconds
        self.cpu = cpu_seconds / max(self.requests, 1) * 1e6  # microseconds of user+system a request
        self.database = database_seconds / max(self.requests, 1) * 1e6  # the same of all of PostgreSQL's processes
        self.p50 = raw["p50"] / 1000  # milliseconds
        self.p99 = raw["p99"] / 1000
        self.mean = raw["mean"] / 1000


def cpu_seconds(pid):
    """User and system time of one process with all its threads, without its children."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def family_cpu_seconds(pid):
    """User and system time of a process, of its children, and of those that have ended meanwhile."""
    total = 0
    for name in os.listdir("/proc"):
        try:
            if not name.isdigit():
                continue
            with open(f"/proc/{name}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(name) == pid:
            total += sum(int(field) for field in fields[11:15])
        elif int(fields[1]) == pid:
            total += int(fields[11]) + int(fields[12])
    return total / TICKS


def resident_bytes(pid):
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("no VmRSS")


def load(server, path, tokens, seconds=6, connections=32, body=None, postmaster=None):
    """Runs wrk against the server, and returns what came of it."""
    kind = POST if body is not None else GET
    with tempfile.TemporaryDirectory() as folder:
        names = {"tokens": folder + "/tokens", "path": path, "body": body}
        names["build"], names["request"] = (part % names for part in kind)
        with open(names["tokens"], "w") as file:
            file.write("\n".join(tokens) + "\n")
        with open(folder + "/load.lua", "w") as file:
            file.write(SCRIPT % names)
        database_before = family_cpu_seconds(postmaster) if postmaster else 0
        before = cpu_seconds(server.pid)
        done = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", folder + "/load.lua", server.url],
            capture_output=True, text=True, timeout=seconds + 60)
        after = cpu_seconds(server.pid)
        database_after = family_cpu_seconds(postmaster) if postmaster else 0
    for line in done.stdout.splitlines():
        if line.startswith("RESULT "):
            return Result(json.loads(line[7:]), after - before, database_after - database_before)
    raise RuntimeError("wrk failed: " + done.stdout + done.stderr)


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2
