-- What each person wishes of the strategy, and what is counted for it. APYs, take-profit and
-- stop-loss are percent; rates for 8 hours and the share of the balance are fractions.
CREATE TABLE user_strategy_config (
    user_id text PRIMARY KEY REFERENCES users (id),
    enabled boolean NOT NULL,
    assets text[] NOT NULL CHECK (cardinality(assets) > 0),
    protocols smallint[],
    min_carry_apy numeric NOT NULL,
    min_funding_rate_8hr numeric NOT NULL,
    max_funding_volatility numeric NOT NULL,
    max_position_pct numeric NOT NULL CHECK (max_position_pct > 0 AND max_position_pct <= 1),
    max_concurrent_positions integer NOT NULL CHECK (max_concurrent_positions > 0),
    max_leverage numeric NOT NULL CHECK (max_leverage BETWEEN 1.1 AND 4),
    min_exit_carry_apy numeric NOT NULL CHECK (min_exit_carry_apy < min_carry_apy),
    take_profit_pct numeric CHECK (take_profit_pct > 0),
    stop_loss_pct numeric NOT NULL CHECK (stop_loss_pct > 0),
    auto_reopen boolean NOT NULL,
    cooldown_minutes integer NOT NULL CHECK (cooldown_minutes > 0),
    funding_exit text NOT NULL CHECK (funding_exit IN ('patience', 'immediate')),
    exit_funding_rate_8hr numeric NOT NULL,
    patience_hours integer NOT NULL CHECK (patience_hours > 0),
    patience_cost_factor numeric NOT NULL,
    min_hold_hours integer NOT NULL CHECK (min_hold_hours > 0),
    planned_hold_days integer NOT NULL CHECK (planned_hold_days > 0),
    version integer NOT NULL DEFAULT 0,
    updated_at timestamptz,
    enabled_at timestamptz,
    last_close_time timestamptz,
    cooldown_at_close integer,
    trades_day date,
    trades_count integer NOT NULL DEFAULT 0,
    openings integer NOT NULL DEFAULT 0,
    CHECK (enabled = (enabled_at IS NOT NULL)),
    CHECK ((last_close_time IS NULL) = (cooldown_at_close IS NULL))
);
CREATE INDEX user_strategy_config_enabled_idx ON user_strategy_config (user_id) WHERE enabled;
SELECT basis_isolate('user_strategy_config', 'user_id');
-- A row with its cooldown is never thrown away: a reset only changes the wishes.
REVOKE DELETE ON user_strategy_config FROM basis_app, basis_worker;

-- Thresholds that people keep under a name.
CREATE TABLE strategy_presets (
    user_id text NOT NULL REFERENCES users (id),
    slot smallint NOT NULL CHECK (slot BETWEEN 1 AND 3),
    name text NOT NULL,
    config jsonb NOT NULL,
    saved_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, slot)
);
SELECT basis_isolate('strategy_presets', 'user_id');

-- What the dashboard begins with.
CREATE TABLE user_settings (
    user_id text PRIMARY KEY REFERENCES users (id),
    theme text NOT NULL CHECK (theme IN ('system', 'light', 'dark')),
    default_asset text NOT NULL,
    default_leverage numeric NOT NULL,
    default_size_usd numeric NOT NULL
);
SELECT basis_isolate('user_settings', 'user_id');

-- Which positions the strategy opened.
CREATE INDEX position_jobs_strategy_idx ON position_jobs (position_id)
    WHERE kind = 'open' AND starts_with(idempotency_key, 'strategy:');
