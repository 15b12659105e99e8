"""What the benchmark knows of our own schema: everything that a migration may change is on this page."""

import os

from servers import Database

# Idle connections are to stay while others are measured. (PURSER_RATE_LIMITS=off is set for every start.)
ENVIRONMENT = {"PURSER_IDLE_TIMEOUT": "10m"}

# Of the entries that the load created; only where no worker takes the outbox rows away.
OUTBOX_DIFFERENCE = """
    SELECT (SELECT count(*) FROM entries WHERE merchant LIKE 'Bench %')
         - (SELECT count(*) FROM outbox WHERE name = 'expense.created')"""


def database(data):
    """Where the embedded cluster of a data directory listens."""
    return Database(os.path.join(data, "postgres", "cluster"), 5432, "postgres", "purser")


def fill(database, people):
    """The books, categories and entries of the peer, as our own server would have written them."""
    pattern, owner = people.readers[0]["book"], people.readers[0]["user"]
    database.copy(
        "peer", f"SELECT id, 'personal', name, currency, time_zone, '{owner}' FROM books WHERE name LIKE 'Filler %'",
        database.name, "books (id, kind, name, currency, time_zone, created_by)")
    database.sql(f"""
        INSERT INTO categories (book_id, id, name, slug, icon, color, is_income, is_system, sort_order)
        SELECT b.id, md5(b.id::text || c.id::text)::uuid, c.name, c.slug, c.icon, c.color, c.is_income, c.is_system,
            c.sort_order
        FROM books b, categories c WHERE b.name LIKE 'Filler %' AND c.book_id = '{pattern}'""")
    # The rows are known to be right, so neither foreign keys nor triggers look at each; the totals come after.
    database.copy(
        "peer",
        f"""SELECT book_id, id, CASE type WHEN 'expense' THEN 1 ELSE 2 END,
                CASE status WHEN 'pending' THEN 1 WHEN 'completed' THEN 2 ELSE 3 END, occurred_on, version, amount_minor,
                currency, category_id, merchant_name, description, notes, payment_method, tags, '{owner}', created_at,
                updated_at
            FROM entries""",
        database.name,
        """entries (book_id, id, type, status, occurred_on, version, amount_minor, currency, category_id, merchant,
            description, notes, payment_method, tags, created_by, created_at, updated_at)""",
        before=["SET session_replication_role = replica"])
    # As three writers on three connections would have left them.
    database.sql("""
        INSERT INTO entry_totals (book_id, month, type, category_id, shard, amount_minor, entry_count)
        SELECT book_id, month, type, coalesce(category_id, '00000000-0000-0000-0000-000000000000'), shard,
            sum(amount_minor), count(*)
        FROM (
            SELECT book_id, month_index(occurred_on) AS month, type, category_id, extract(day FROM occurred_on)::int % 3 AS shard,
                amount_minor
            FROM entries WHERE deleted_at IS NULL AND status <> 3
        ) e GROUP BY GROUPING SETS ((book_id, month, type, shard, category_id), (book_id, month, type, shard))""")
