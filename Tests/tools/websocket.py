#!/usr/bin/env python3
"""Talks to /ws with another implementation of RFC 6455 (PyPI websockets): Tests/tools/websocket.py --url http://127.0.0.1:8080 --email A --password P

It checks what such a client expects, measures how long a change takes to appear at another client, and opens many idle sockets.
The last line is "N passed, N failed"; the exit status is 1 when anything failed.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(HERE, "..", "..", ".build", "tools-venv", "bin", "python")
try:
    import websockets
except ImportError:
    if os.path.exists(VENV) and not os.environ.get("PURSER_TOOLS_VENV"):
        os.environ["PURSER_TOOLS_VENV"] = "1"
        os.execv(VENV, [VENV, *sys.argv])
    raise SystemExit("websockets is missing: python3 -m venv .build/tools-venv && .build/tools-venv/bin/pip install 'websockets>=14,<16'")

from websockets.asyncio.client import connect  # noqa: E402
from websockets.exceptions import ConnectionClosed, InvalidStatus  # noqa: E402

TESTS = []


def test(body):
    TESTS.append(body)
    return body


class Server:
    def __init__(self, url, token, pid):
        self.url, self.token, self.pid = url, token, pid
        self.ws = url.replace("http", "ws", 1) + "/ws"

    def socket(self, **more):
        return connect(self.ws, additional_headers={"Authorization": f"Bearer {self.token}"}, compression=None, **more)

    def create(self):
        body = json.dumps({"amount": "1.00", "transactionDate": "2026-11-02", "merchantName": "Corner"}).encode()
        request = urllib.request.Request(self.url + "/api/v1/expenses", body, {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["data"]["id"]


async def says(socket, wanted):
    while True:
        message = json.loads(await asyncio.wait_for(socket.recv(), 10))
        if message["type"] == wanted:
            return message


@test
async def a_subprotocol_and_a_ping(server):
    async with server.socket(subprotocols=["chat", "purser.v1"]) as socket:
        assert socket.subprotocol == "purser.v1"
        await (await socket.ping(b"hello"))
        await socket.send('{"type":"ping"}')
        await says(socket, "pong")


@test
async def fragments_of_one_message(server):
    async with server.socket() as socket:
        await socket.send(['{"type"', ':', '"ping"', '}'])
        await says(socket, "pong")


@test
async def nobody_without_a_credential(server):
    try:
        async with connect(server.ws):
            raise AssertionError("connected")
    except InvalidStatus as error:
        assert error.response.status_code == 401, error


@test
async def what_is_too_large_is_refused_with_1009(server):
    async with server.socket() as socket:
        await socket.send("x" * 70_000)
        try:
            await asyncio.wait_for(socket.recv(), 10)
            raise AssertionError("taken")
        except ConnectionClosed as closed:
            assert closed.rcvd.code == 1009, closed


@test
async def binary_is_refused_with_1003(server):
    async with server.socket() as socket:
        await socket.send(b"\x00\x01")
        try:
            await asyncio.wait_for(socket.recv(), 10)
            raise AssertionError("taken")
        except ConnectionClosed as closed:
            assert closed.rcvd.code == 1003, closed


@test
async def a_close_is_echoed(server):
    async with server.socket() as socket:
        await socket.close(4000, "done")
        assert socket.close_code == 4000, socket.close_code


@test
async def a_change_appears_at_another_client_within_a_second(server):
    async with server.socket() as first, server.socket() as second:
        for socket in (first, second):
            await socket.send('{"type":"subscribe"}')
            await says(socket, "subscribed")
        times = []
        for _ in range(100):
            begun = time.monotonic()
            made = await asyncio.to_thread(server.create)
            event = await says(first, "activity")
            times.append(time.monotonic() - begun)
            assert event["data"]["id"] == made, event
            assert (await says(second, "activity"))["number"] == event["number"]
        times.sort()
        print(f"      change to other client, of 100: median {statistics.median(times) * 1000:.0f} ms, p99 {times[98] * 1000:.0f} ms, longest {times[99] * 1000:.0f} ms")
        assert times[98] < 1


@test
async def a_change_is_told_again_to_one_who_was_away(server):
    async with server.socket() as socket:
        await socket.send('{"type":"subscribe"}')
        cursor = (await says(socket, "subscribed"))["cursor"]
    made = [await asyncio.to_thread(server.create) for _ in range(3)]
    await asyncio.sleep(1)
    async with server.socket() as socket:
        await socket.send(json.dumps({"type": "subscribe", "after": cursor}))
        assert [(await says(socket, "activity"))["data"]["id"] for _ in made] == made


@test
async def the_eleventh_socket_of_one_person_is_refused(server):
    sockets = [await server.socket().__aenter__() for _ in range(10)]
    try:
        async with server.socket():
            raise AssertionError("connected")
    except InvalidStatus as error:
        assert error.response.status_code == 503, error
    finally:
        for socket in sockets:
            await socket.close()


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--email", required=True)
    parser.add_argument("--password", required=True)
    arguments = parser.parse_args()
    body = json.dumps({"email": arguments.email, "password": arguments.password}).encode()
    request = urllib.request.Request(arguments.url + "/api/v1/auth/login", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        server = Server(arguments.url, json.load(answer)["data"]["accessToken"], None)
    failed = 0
    for body in TESTS:
        try:
            await body(server)
            print("ok   ", body.__name__.replace("_", " "), flush=True)
        except Exception as error:  # noqa: BLE001
            failed += 1
            print("FAIL ", body.__name__.replace("_", " "), repr(error), flush=True)
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return failed > 0


sys.exit(asyncio.run(main()))
