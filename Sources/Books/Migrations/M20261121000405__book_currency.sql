-- Makes the currency part of a key: whoever writes an entry locks the key (FOR KEY SHARE), so the currency cannot
-- change under them, and a name still can.
ALTER TABLE books ADD CONSTRAINT books_currency_key UNIQUE (id, currency);
