-- Why-cards: every decision with what it was made from, only ever added.
CREATE TABLE decisions (
    id text PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id),
    subject text NOT NULL,
    rule text NOT NULL,
    version integer NOT NULL,
    position_id text REFERENCES positions (id),
    facts json NOT NULL,
    thresholds json NOT NULL,
    ruling json NOT NULL,
    verdict text NOT NULL,
    decided_at timestamptz NOT NULL,
    sequence bigint GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX decisions_order_idx ON decisions (sequence);
CREATE INDEX decisions_subject_idx ON decisions (subject, sequence);
CREATE INDEX decisions_position_idx ON decisions (position_id, sequence)
    WHERE position_id IS NOT NULL;
CREATE INDEX decisions_user_idx ON decisions (user_id, sequence);
SELECT basis_isolate('decisions', 'user_id');
REVOKE UPDATE, DELETE ON decisions FROM basis_app, basis_worker;

-- The last decision of each rule on each subject, and until when it stood.
CREATE TABLE decision_heads (
    subject text NOT NULL,
    rule text NOT NULL,
    user_id text NOT NULL REFERENCES users (id),
    decision_id text NOT NULL,
    fingerprint text NOT NULL,
    confirmed_at timestamptz NOT NULL,
    PRIMARY KEY (subject, rule)
) WITH (fillfactor = 70);
CREATE INDEX decision_heads_decision_idx ON decision_heads (decision_id);
SELECT basis_isolate('decision_heads', 'user_id');
