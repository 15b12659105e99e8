\set book random(1, 1000)
SELECT id, category_id, occurred_on, recorded_at, amount_minor, currency, merchant, note FROM bench_expenses WHERE book_id = :book ORDER BY occurred_on DESC, id DESC LIMIT 50;
