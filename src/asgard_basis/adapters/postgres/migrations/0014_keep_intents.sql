-- Standing orders: open a position when all criteria hold at the same time. Times are market times,
-- but claimed_until is host time.
CREATE TABLE position_intents (
    id text PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id),
    asset text NOT NULL,
    protocol smallint,
    size_usd numeric NOT NULL CHECK (size_usd > 0),
    leverage numeric NOT NULL,
    min_funding_apr numeric CHECK (min_funding_apr >= 0),
    max_funding_volatility numeric NOT NULL DEFAULT 0.50,
    max_entry_price numeric,
    min_net_apr numeric,
    max_break_even_days numeric,
    status text NOT NULL
        CHECK (status IN ('pending', 'active', 'executed', 'cancelled', 'expired', 'failed')),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    executed_at timestamptz,
    position_id text REFERENCES positions (id),
    job_id text REFERENCES position_jobs (id),
    execution_code text,
    execution_error text,
    tries integer NOT NULL,
    retry_at timestamptz,
    claimed_by text,
    claimed_until timestamptz,
    criteria_snapshot jsonb,
    idempotency_key text,
    request_hash text,
    version bigint NOT NULL,
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    UNIQUE (user_id, idempotency_key),
    CHECK ((status IN ('pending', 'active')) = (ended_at IS NULL)),
    CHECK ((status = 'executed') = (executed_at IS NOT NULL))
) WITH (fillfactor = 70);
-- One opening carries out one intent.
CREATE UNIQUE INDEX position_intents_job_idx ON position_intents (job_id);
CREATE INDEX position_intents_user_idx ON position_intents (user_id, sequence);
CREATE INDEX position_intents_open_idx ON position_intents (sequence)
    WHERE status IN ('pending', 'active');
SELECT basis_isolate('position_intents', 'user_id');
