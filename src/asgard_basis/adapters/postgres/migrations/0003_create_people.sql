CREATE TABLE users (
    id text PRIMARY KEY CHECK (id <> ''),
    email text,
    created_at timestamptz NOT NULL,
    last_sign_in_at timestamptz NOT NULL
);
CREATE INDEX users_email_idx ON users (lower(email));
SELECT basis_isolate('users', 'id');

CREATE TABLE sessions (
    id text PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX sessions_user_idx ON sessions (user_id);
SELECT basis_isolate('sessions', 'user_id');

CREATE TABLE wallets (
    user_id text NOT NULL REFERENCES users (id),
    role text NOT NULL CHECK (role IN ('solana', 'evm', 'agent')),
    wallet_id text NOT NULL UNIQUE,
    address text NOT NULL UNIQUE,
    policy_id text NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, role)
);
SELECT basis_isolate('wallets', 'user_id');
