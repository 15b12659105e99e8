\set id random(1, 200000)
SELECT id, book_id, amount_minor, merchant FROM bench_expenses WHERE id = :id;
