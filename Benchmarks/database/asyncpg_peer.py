"""One workload through asyncpg: prints operations a second and CPU microseconds of this process for one."""

import asyncio
import datetime
import random
import resource
import sys
import time

import asyncpg

HOST, WORKLOAD, SECONDS, IN_FLIGHT, EXPENSES, BOOKS = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:7])

POINT = "SELECT id, book_id, amount_minor, merchant FROM bench_expenses WHERE id = $1"
ROWS = (
    "SELECT id, category_id, occurred_on, recorded_at, amount_minor, currency, merchant, note "
    "FROM bench_expenses WHERE book_id = $1 ORDER BY occurred_on DESC, id DESC LIMIT 50"
)
EXPENSE = "INSERT INTO bench_created VALUES (nextval('bench_ids'), $1, $2, $3, now(), $4, $5, $6, $7)"
OUTBOX = "INSERT INTO bench_outbox (topic, payload) VALUES ($1, $2)"
DAY = datetime.date(2026, 3, 31)


async def point(pool):
    wanted = random.randint(1, EXPENSES)
    async with pool.acquire() as connection:
        row = await connection.fetchrow(POINT, wanted)
    assert row["id"] == wanted and len(row["merchant"]) > 3


async def rows(pool):
    async with pool.acquire() as connection:
        found = await connection.fetch(ROWS, random.randint(1, BOOKS))
    assert len(found) == 50


async def create(pool):
    async with pool.acquire() as connection:
        async with connection.transaction():
            await connection.execute(
                EXPENSE, random.randint(1, BOOKS), 3, DAY, 1250, "EUR", "Corner shop", "a note of an ordinary length"
            )
            await connection.execute(OUTBOX, "expense.created", '{"id": 12345678}')


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def copy():
    connection = await asyncpg.connect(host=HOST, user="purser", database="purser")
    moment = datetime.datetime(2026, 2, 2, tzinfo=datetime.timezone.utc)
    # Made beforehand, so that Python's own slowness is not measured.
    records = [
        (n, 1 + n % BOOKS, 1 + n % 20, DAY, moment, 100 + n % 9990, "EUR", "Merchant number 17",
         "a note of an ordinary length")
        for n in range(1, 1_000_001)
    ]
    if WORKLOAD == "copy":
        await connection.execute("TRUNCATE bench_copied")
        used, start = cpu(), time.monotonic()
        await connection.copy_records_to_table("bench_copied", records=records)
    else:
        used, start = cpu(), time.monotonic()
        async with connection.transaction():
            await connection.execute("CREATE TEMPORARY TABLE bench_staged (LIKE bench_expenses) ON COMMIT DROP")
            await connection.copy_records_to_table("bench_staged", records=records)
    elapsed = time.monotonic() - start
    print(1_000_000 / elapsed, (cpu() - used) * 1e6 / 1_000_000)
    await connection.close()


async def main():
    if WORKLOAD in ("copy", "stage"):
        return await copy()
    body = {"point": point, "rows": rows, "create": create}[WORKLOAD]
    # asyncpg has one request in flight on a connection; this many connections served it best.
    size = 10 if WORKLOAD != "create" else 16
    async with asyncpg.create_pool(
        host=HOST, user="purser", database="purser", min_size=size, max_size=size,
        # What its pool does between two users costs a round trip, which our connections do not spend.
        reset=lambda connection: asyncio.sleep(0),
    ) as pool:
        for _ in range(50):
            await body(pool)
        used, start = cpu(), time.monotonic()
        end = start + SECONDS

        async def worker():
            count = 0
            while time.monotonic() < end:
                await body(pool)
                count += 1
            return count

        count = sum(await asyncio.gather(*(worker() for _ in range(IN_FLIGHT))))
        elapsed = time.monotonic() - start
        print(count / elapsed, (cpu() - used) * 1e6 / count)


try:
    import uvloop

    uvloop.run(main())
except ImportError:
    asyncio.run(main())
