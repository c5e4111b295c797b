-- What the venues hold for a user and no position claims: one row from first sight to the end.
CREATE TABLE orphans (
    id text PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id),
    kind text NOT NULL CHECK (kind IN ('long', 'perp')),
    key text NOT NULL,
    size numeric NOT NULL,
    seen_at timestamptz NOT NULL,
    acts_at timestamptz NOT NULL,
    asset text,
    protocol smallint,
    position_id text REFERENCES positions (id),
    entry_price numeric,
    job_id text REFERENCES position_jobs (id),
    ended_at timestamptz,
    ending text CHECK (ending IN ('swept', 'gone')),
    swept numeric NOT NULL,
    swept_usd numeric NOT NULL,
    fee_usdc numeric NOT NULL,
    network_fee_sol numeric NOT NULL,
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    CHECK ((ended_at IS NULL) = (ending IS NULL))
);
CREATE UNIQUE INDEX orphans_one_open_idx ON orphans (user_id, kind, key) WHERE ended_at IS NULL;
CREATE INDEX orphans_user_idx ON orphans (user_id, sequence);
CREATE INDEX orphans_open_idx ON orphans (sequence) WHERE ended_at IS NULL;
SELECT basis_isolate('orphans', 'user_id');
