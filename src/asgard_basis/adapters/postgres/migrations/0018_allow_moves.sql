-- What people allow the bot to do with money that no position uses.
CREATE TABLE move_consents (
    user_id text PRIMARY KEY REFERENCES users (id),
    is_given boolean NOT NULL,
    per_move_usd numeric NOT NULL CHECK (per_move_usd >= 0),
    per_day_usd numeric NOT NULL CHECK (per_day_usd >= 0),
    changed_at timestamptz NOT NULL
);
SELECT basis_isolate('move_consents', 'user_id');
