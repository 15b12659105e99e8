"""The same data in both servers: a thousand books of a thousand entries, and one of a hundred thousand.

People and their books are made through our API, as any client would. The entries are generated once, in the
peer's database, and copied from there into ours, so both hold the same rows with the same ids.
"""

import json
import os

import purser_schema
from servers import HERE

READERS = 16  # books of a thousand entries whose owners read in the measurements
WRITERS = 16  # books that the creates go to
BOOKS = 1000
ENTRIES = 1000
LARGE = 100_000
PASSWORD = "correct horse battery staple"

MERCHANTS = (
    "Bakery Sommer", "Corner Market", "City Transit", "Book Cellar", "Green Grocer", "Harbour Café", "Kino Central",
    "Lindt & Partner", "Metro Fuel", "North Insurance", "Old Town Pharmacy", "Paper & Ink", "Quick Lunch",
    "River Power", "Stadtwerke", "Telecom One", "Union Gym", "Valley Vet", "Water Board", "Zoo Shop",
)

# The generator: one row for each entry, oldest first, so that the rows of a book lie scattered over the table
# as they would after two years of use. Deterministic, apart from where the two years end.
GENERATE = """
INSERT INTO entries (book_id, id, type, amount_minor, currency, merchant_name, description, notes, category_id,
    occurred_on, status, payment_method, tags, source, created_by, version, created_at, updated_at)
SELECT book_id,
    (lpad(to_hex((extract(epoch FROM occurred_on) * 1000)::bigint + n %% 86400000), 12, '0') || '7'
        || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid,
    CASE WHEN n %% 20 = 0 THEN 'income' ELSE 'expense' END,
    CASE WHEN n %% 20 = 0 THEN 100000 + (roll %% 300000) ELSE 100 + (roll %% 20000) END,
    currency, (ARRAY[%(merchants)s])[1 + roll %% %(merchant_count)s], 'Card payment ' || n,
    CASE WHEN n %% 7 = 0 THEN 'kept the receipt' END,
    CASE WHEN n %% 20 = 0 THEN incomes[1 + roll %% cardinality(incomes)]
         ELSE expenses[1 + roll %% cardinality(expenses)] END,
    occurred_on, CASE WHEN n %% 50 = 0 THEN 'pending' ELSE 'completed' END,
    CASE WHEN n %% 3 = 0 THEN 'cash' ELSE 'card' END, '{}', 'manual', '%(owner)s', 1, occurred_on,
    occurred_on
FROM (
    SELECT b.book_id, b.currency, b.incomes, b.expenses, n, md5(b.book_id::text || n) AS hash,
        ('x' || substr(md5(n || b.book_id::text), 1, 7))::bit(28)::int AS roll,
        current_date - ((b.size - n) * 730 / b.size)::int AS occurred_on
    FROM seeded b, generate_series(1, b.size) n
) rows
ORDER BY occurred_on, hash
"""


def quoted(value):
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


class People:
    """Who was registered: bearer tokens for ours, user ids for the peer."""

    def __init__(self):
        self.readers, self.writers, self.large = [], [], []

    def save(self, path):
        with open(path, "w") as file:
            json.dump(vars(self), file)

    @classmethod
    def load(cls, path):
        people = cls()
        with open(path) as file:
            vars(people).update(json.load(file))
        return people


def register(server):
    """Registers the people of the measurements through the API."""
    people = People()
    groups = [("reader", READERS, people.readers), ("writer", WRITERS, people.writers), ("large", 1, people.large)]
    for name, count, into in groups:
        for number in range(count):
            data = server.call("POST", "/api/v1/auth/register", body={
                "email": f"{name}{number}@bench.example", "password": PASSWORD, "firstName": name.title(),
                "lastName": str(number), "terms": True, "currency": "EUR", "timeZone": "UTC"})["data"]
            token = data["accessToken"]
            categories = server.call("GET", "/api/v1/categories", token)["data"]
            into.append({
                "user": data["user"]["id"], "email": data["user"]["email"], "book": data["book"]["id"],
                "token": token, "categories": categories})
    return people


def sign_in_again(server, people):
    """Fresh access tokens: the ones of the registration may expire before the last measurement."""
    for person in people.readers + people.writers + people.large:
        person["token"] = server.call("POST", "/api/v1/auth/login", body={
            "email": person["email"], "password": PASSWORD})["data"]["accessToken"]


def fill_peer(database, people):
    everyone = people.readers + people.writers + people.large
    database.sql("DROP DATABASE IF EXISTS peer WITH (FORCE)")
    database.sql("CREATE DATABASE peer")
    database.file(os.path.join(HERE, "schema.sql"), "peer")
    lines = ["BEGIN;", "CREATE TABLE seeded (book_id uuid, size int, currency text, incomes uuid[], expenses uuid[]);"]
    for person in everyone:
        book, user = person["book"], person["user"]
        lines.append(f"INSERT INTO users VALUES ('{user}', {quoted(person['email'])});")
        lines.append(f"INSERT INTO books VALUES ('{book}', {quoted(person['email'])}, 'EUR', 'UTC');")
        lines.append(f"INSERT INTO members VALUES ('{user}', '{book}', 'owner', true);")
        for category in person["categories"]:
            lines.append(
                f"INSERT INTO categories VALUES ('{book}', '{category['id']}', {quoted(category['name'])}, "
                f"{quoted(category['slug'])}, {quoted(category.get('icon'))}, {quoted(category.get('color'))}, "
                f"{'true' if category['isIncome'] else 'false'});")
    # The rest of the thousand books belong to nobody here; their categories are copies of a reader's.
    pattern = people.readers[0]["book"]
    lines.append(f"""
        INSERT INTO books SELECT md5('book ' || n)::uuid, 'Filler ' || n, 'EUR', 'UTC'
        FROM generate_series(1, {BOOKS - READERS}) n;
        INSERT INTO categories
        SELECT b.id, md5(b.id::text || c.id::text)::uuid, c.name, c.slug, c.icon, c.color, c.is_income
        FROM books b, categories c WHERE b.name LIKE 'Filler %' AND c.book_id = '{pattern}';
        INSERT INTO seeded
        SELECT b.id, {ENTRIES}, 'EUR', array_agg(c.id ORDER BY c.slug) FILTER (WHERE c.is_income),
            array_agg(c.id ORDER BY c.slug) FILTER (WHERE NOT c.is_income)
        FROM books b JOIN categories c ON c.book_id = b.id
        WHERE b.name NOT LIKE 'writer%' GROUP BY b.id;
        UPDATE seeded SET size = {LARGE} WHERE book_id = '{people.large[0]["book"]}';
        COMMIT;""")
    database.sql("\n".join(lines), "peer")
    names = ", ".join(quoted(name) for name in MERCHANTS)
    generate = GENERATE % {
        "merchants": names, "merchant_count": len(MERCHANTS), "owner": people.readers[0]["user"]}
    database.sql("SET work_mem = '256MB'; SET maintenance_work_mem = '512MB';" + generate, "peer")
    database.file(os.path.join(HERE, "indexes.sql"), "peer")


def seed(server, database, say):
    say("registering people")
    people = register(server)
    say(f"generating {BOOKS * ENTRIES + LARGE:,} entries for the peer")
    fill_peer(database, people)
    say("copying them into ours")
    purser_schema.fill(database, people)
    for name in ("peer", database.name):
        database.sql("VACUUM (ANALYZE)", name)
    database.sql("CHECKPOINT")
    return people
