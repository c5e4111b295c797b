-- Double entry: what venue records mean for a user's books. Entries are only ever added, once for
-- each natural key, so that reading every record again changes nothing.
CREATE TABLE ledger_entries (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id),
    book text NOT NULL,
    key text NOT NULL,
    venue text NOT NULL,
    kind text NOT NULL,
    record text NOT NULL,
    at timestamptz NOT NULL,
    memo text NOT NULL,
    position_id text REFERENCES positions (id),
    booked_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, book, key)
);
CREATE INDEX ledger_entries_at_idx ON ledger_entries (user_id, at);
CREATE INDEX ledger_entries_position_idx ON ledger_entries (position_id, number)
    WHERE position_id IS NOT NULL;
SELECT basis_isolate('ledger_entries', 'user_id');
REVOKE UPDATE, DELETE ON ledger_entries FROM basis_app, basis_worker;

-- Amounts are NUMERIC: exact. `usd` is NULL where nobody has said what a unit is worth.
CREATE TABLE ledger_postings (
    entry bigint NOT NULL REFERENCES ledger_entries (number),
    line smallint NOT NULL,
    user_id text NOT NULL REFERENCES users (id),
    account text NOT NULL,
    commodity text NOT NULL,
    quantity numeric NOT NULL,
    usd numeric,
    PRIMARY KEY (entry, line)
);
CREATE INDEX ledger_postings_account_idx ON ledger_postings (user_id, account);
SELECT basis_isolate('ledger_postings', 'user_id');
REVOKE UPDATE, DELETE ON ledger_postings FROM basis_app, basis_worker;

-- Not even the owner changes what is booked.
CREATE FUNCTION basis_keep_booked() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'the books are only ever added to' USING ERRCODE = 'insufficient_privilege';
END;
$$;
CREATE TRIGGER keep_booked BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION basis_keep_booked();
CREATE TRIGGER keep_booked BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_postings
    FOR EACH STATEMENT EXECUTE FUNCTION basis_keep_booked();

-- How far each book has been written: made from the entries' records, and made anew from them if
-- it is lost. Who writes names the number that was read.
CREATE TABLE ledger_books (
    user_id text NOT NULL REFERENCES users (id),
    name text NOT NULL,
    number bigint NOT NULL,
    stand jsonb NOT NULL,
    missing text[] NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, name)
) WITH (fillfactor = 70);
SELECT basis_isolate('ledger_books', 'user_id');

-- What a user has used of the service, by day of host time.
CREATE TABLE usage_days (
    user_id text NOT NULL REFERENCES users (id),
    day date NOT NULL,
    measure text NOT NULL CHECK (measure IN ('hedged_usd_hours', 'requests')),
    amount numeric NOT NULL,
    PRIMARY KEY (user_id, day, measure)
) WITH (fillfactor = 70);
SELECT basis_isolate('usage_days', 'user_id');
