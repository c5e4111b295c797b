-- What people must hear of. Without a user an alarm is the operators', seen by workers only.
CREATE TABLE alarms (
    id text PRIMARY KEY,
    user_id text REFERENCES users (id),
    kind text NOT NULL,
    subject text NOT NULL,
    raised_at timestamptz NOT NULL,
    message text NOT NULL,
    position_id text REFERENCES positions (id),
    exposure_sol numeric,
    exposure_usd numeric,
    tried text,
    acts_at timestamptz,
    action text,
    acknowledged_at timestamptz,
    acknowledged_by text,
    resolved_at timestamptz,
    sequence bigint GENERATED ALWAYS AS IDENTITY
);
CREATE UNIQUE INDEX alarms_one_open_idx ON alarms (user_id, kind, subject) NULLS NOT DISTINCT
    WHERE resolved_at IS NULL;
CREATE INDEX alarms_user_idx ON alarms (user_id, sequence);
CREATE INDEX alarms_open_idx ON alarms (sequence) WHERE resolved_at IS NULL;
SELECT basis_isolate('alarms', 'user_id');

-- What is paused. A user reads what concerns her, and sets and lifts nothing but her own.
CREATE TABLE pauses (
    scope text NOT NULL,
    set_by text NOT NULL CHECK (set_by IN ('kill_switch', 'operator', 'system', 'user')),
    reason text NOT NULL,
    since timestamptz NOT NULL,
    details jsonb NOT NULL,
    PRIMARY KEY (scope, set_by)
);
ALTER TABLE pauses ENABLE ROW LEVEL SECURITY;
ALTER TABLE pauses FORCE ROW LEVEL SECURITY;
CREATE POLICY concerned ON pauses FOR SELECT TO basis_app
    USING (scope IN ('everybody', basis_user_id()));
CREATE POLICY own_set ON pauses FOR INSERT TO basis_app
    WITH CHECK (scope = basis_user_id() AND set_by = 'user');
CREATE POLICY own_changed ON pauses FOR UPDATE TO basis_app
    USING (scope = basis_user_id() AND set_by = 'user')
    WITH CHECK (scope = basis_user_id() AND set_by = 'user');
CREATE POLICY own_lifted ON pauses FOR DELETE TO basis_app
    USING (scope = basis_user_id() AND set_by = 'user');
CREATE POLICY all_rows ON pauses TO basis_worker USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON pauses TO basis_app, basis_worker;

-- The audit log: lines that are only ever added, each with a hash over the one before it in its
-- chain (a user's, or the operators'). Whose line it is can be changed only with its text.
CREATE TABLE audit_log (
    chain text NOT NULL,
    number bigint NOT NULL,
    text text NOT NULL,
    previous text NOT NULL,
    hash text NOT NULL,
    user_id text GENERATED ALWAYS AS (text::jsonb ->> 'user_id') STORED,
    position_id text GENERATED ALWAYS AS (text::jsonb ->> 'position_id') STORED,
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (chain, number)
);
CREATE INDEX audit_log_position_idx ON audit_log (position_id, sequence)
    WHERE position_id IS NOT NULL;
CREATE INDEX audit_log_user_idx ON audit_log (user_id, sequence);
CREATE INDEX audit_log_order_idx ON audit_log (sequence);

-- Where each chain ends, so that a tail that was cut off is missed.
CREATE TABLE audit_heads (
    chain text PRIMARY KEY,
    number bigint NOT NULL,
    hash text NOT NULL
) WITH (fillfactor = 50);

ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON audit_log FOR SELECT TO basis_app USING (user_id = basis_user_id());
CREATE POLICY all_rows ON audit_log FOR SELECT TO basis_worker USING (true);
-- The tables' owner, as whom basis_audit runs.
CREATE POLICY appended ON audit_log FOR INSERT TO CURRENT_USER WITH CHECK (true);
GRANT SELECT ON audit_log TO basis_app, basis_worker;
GRANT SELECT ON audit_heads TO basis_worker;

-- Append one line; the roles can write to the log in no other way. Two that append to one chain
-- take turns. The hash is the one of domain/ledger/audit_chain.py.
CREATE FUNCTION basis_audit(of_chain text, told text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    head audit_heads%ROWTYPE;
    next_hash text;
BEGIN
    IF of_chain <> coalesce(told::jsonb ->> 'user_id', 'operators') THEN
        RAISE EXCEPTION 'this line does not belong to chain %', of_chain
            USING ERRCODE = 'check_violation';
    END IF;
    IF current_setting('role') <> 'basis_worker' AND of_chain IS DISTINCT FROM basis_user_id() THEN
        RAISE EXCEPTION 'chain % belongs to somebody else', of_chain
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO audit_heads (chain, number, hash) VALUES (of_chain, 0, repeat('0', 64))
        ON CONFLICT (chain) DO NOTHING;
    SELECT * INTO STRICT head FROM audit_heads WHERE chain = of_chain FOR UPDATE;
    next_hash := encode(sha256(convert_to(
        head.hash || E'\n' || (head.number + 1) || E'\n' || of_chain || E'\n' || told, 'UTF8'
    )), 'hex');
    INSERT INTO audit_log (chain, number, text, previous, hash)
        VALUES (of_chain, head.number + 1, told, head.hash, next_hash);
    UPDATE audit_heads SET number = head.number + 1, hash = next_hash WHERE chain = of_chain;
    RETURN head.number + 1;
END;
$$;
REVOKE EXECUTE ON FUNCTION basis_audit FROM PUBLIC;
GRANT EXECUTE ON FUNCTION basis_audit TO basis_app, basis_worker;

-- Not even the owner changes what is written; whoever disables the triggers is found by the hashes.
CREATE FUNCTION basis_keep_written() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only ever added to' USING ERRCODE = 'insufficient_privilege';
END;
$$;
CREATE TRIGGER keep_written BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION basis_keep_written();
CREATE TRIGGER keep_written BEFORE DELETE OR TRUNCATE ON audit_heads
    FOR EACH STATEMENT EXECUTE FUNCTION basis_keep_written();

CREATE FUNCTION basis_keep_growing() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    IF NEW.chain <> OLD.chain OR NEW.number <> OLD.number + 1 THEN
        RAISE EXCEPTION 'a chain only grows, line by line'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER keep_growing BEFORE UPDATE ON audit_heads
    FOR EACH ROW EXECUTE FUNCTION basis_keep_growing();
