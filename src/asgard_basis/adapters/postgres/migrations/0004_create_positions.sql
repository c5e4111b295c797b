-- Amounts are NUMERIC: exact, in the unit of their name. Columns long_*, short_* and seen_* are
-- all NULL, or filled together, as the value they stand for is absent or present.
CREATE TABLE positions (
    id text PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id),
    asset text NOT NULL,
    protocol smallint NOT NULL,
    state text NOT NULL,
    size_usd numeric NOT NULL,
    leverage numeric NOT NULL,
    requested_at timestamptz NOT NULL,
    hedged_at timestamptz,
    closed_at timestamptz,
    funding_usdc numeric NOT NULL,
    failure_code text,
    failure text,
    version bigint NOT NULL,

    long_position_key text,
    long_collateral_bought numeric,
    long_usdc_spent numeric,
    long_debt_opened numeric,
    long_redemption_opened numeric,
    long_oracle_opened numeric,
    long_cost_usd numeric,
    long_network_fee_usd numeric,
    long_fee_usdc numeric,
    long_collateral_sold numeric,
    long_usdc_returned numeric,
    long_redemption_closed numeric,
    long_oracle_closed numeric,
    long_debt_repaid numeric,

    short_size numeric,
    short_entry_price numeric,
    short_margin_usdc numeric,
    short_fee_usdc numeric,
    short_slippage_usd numeric,
    short_realised_usd numeric,
    short_exit_price numeric,

    seen_collateral numeric,
    seen_debt_usdc numeric,
    seen_health numeric,
    seen_account_signed_size numeric,
    seen_isolated_raw_usd numeric,
    seen_liquidation_price_short numeric,
    seen_margin_usdc numeric,
    seen_observed_at timestamptz,

    CHECK ((long_position_key IS NULL) = (long_usdc_spent IS NULL)),
    CHECK ((short_size IS NULL) = (short_entry_price IS NULL)),
    CHECK ((seen_observed_at IS NULL) = (seen_collateral IS NULL))
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX positions_long_key_idx ON positions (long_position_key);
CREATE INDEX positions_user_idx ON positions (user_id, requested_at);
CREATE INDEX positions_held_idx ON positions (requested_at, id)
    WHERE state NOT IN ('closed', 'unwound', 'failed');
SELECT basis_isolate('positions', 'user_id');

CREATE TABLE position_jobs (
    id text PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id),
    kind text NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed')),
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    position_id text REFERENCES positions (id),
    amount_usdc numeric,
    plan jsonb,
    idempotency_key text,
    request_hash text,
    error_code text,
    error text,
    details jsonb NOT NULL,
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    UNIQUE (user_id, idempotency_key)
);
CREATE INDEX position_jobs_user_idx ON position_jobs (user_id, sequence);
CREATE INDEX position_jobs_position_idx ON position_jobs (position_id, sequence);
CREATE INDEX position_jobs_unfinished_idx ON position_jobs (sequence)
    WHERE status IN ('pending', 'running');
SELECT basis_isolate('position_jobs', 'user_id');

CREATE TABLE saga_steps (
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    job_id text NOT NULL REFERENCES position_jobs (id),
    user_id text NOT NULL REFERENCES users (id),
    name text NOT NULL,
    attempt integer NOT NULL,
    status text NOT NULL CHECK (status IN ('intended', 'done', 'refused')),
    intent jsonb NOT NULL,
    intended_at timestamptz NOT NULL,
    outcome jsonb,
    finished_at timestamptz,
    error_code text,
    error text,
    PRIMARY KEY (job_id, name, attempt)
);
CREATE INDEX saga_steps_order_idx ON saga_steps (job_id, sequence);
-- Two workers can never both be about to do something for one job.
CREATE UNIQUE INDEX saga_steps_one_open_idx ON saga_steps (job_id) WHERE status = 'intended';
SELECT basis_isolate('saga_steps', 'user_id');

CREATE TABLE funding_payments (
    position_id text NOT NULL REFERENCES positions (id),
    hour timestamptz NOT NULL,
    user_id text NOT NULL REFERENCES users (id),
    settled_at timestamptz NOT NULL,
    amount_usdc numeric NOT NULL,
    signed_size numeric NOT NULL,
    longs_pay_hourly numeric NOT NULL,
    share numeric NOT NULL,
    booked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (position_id, hour)
);
SELECT basis_isolate('funding_payments', 'user_id');
