-- Dangers that count when they last: since when each stands, so that a restart forgets none.
CREATE TABLE risk_near (
    position_id text NOT NULL REFERENCES positions (id),
    user_id text NOT NULL REFERENCES users (id),
    kind text NOT NULL CHECK (kind IN ('long', 'short', 'depeg')),
    since timestamptz NOT NULL,
    PRIMARY KEY (position_id, kind)
);
SELECT basis_isolate('risk_near', 'user_id');

-- Each user's high-water mark, and what the breakers have counted.
CREATE TABLE risk_accounts (
    user_id text PRIMARY KEY REFERENCES users (id),
    peak_usd numeric NOT NULL CHECK (peak_usd >= 0),
    balance_usd numeric NOT NULL CHECK (balance_usd >= 0),
    result_usd numeric NOT NULL,
    measured_at timestamptz,
    drawdown_at timestamptz,
    failures_until timestamptz
);
SELECT basis_isolate('risk_accounts', 'user_id');
