-- Two roles without login. The service's login may become either:
-- basis_app sees one user's rows (row-level security), basis_worker sees everybody's.
-- Roles belong to the whole server, so another database may have made them already.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['basis_app', 'basis_worker'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOBYPASSRLS', wanted);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
        IF NOT pg_has_role(current_user, wanted, 'SET') THEN
            EXECUTE format('GRANT %I TO %I WITH INHERIT FALSE, SET TRUE', wanted, current_user);
        END IF;
    END LOOP;
END;
$$;

GRANT USAGE ON SCHEMA public TO basis_app, basis_worker;

CREATE FUNCTION basis_user_id() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('basis.user_id', true), '');

COMMENT ON FUNCTION basis_user_id IS
    'The user of this transaction, set by the unit of work; NULL sees nothing.';

-- Called once for each table that holds people's data.
CREATE FUNCTION basis_isolate(target regclass, owner_column name) RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format(
        'CREATE POLICY own_rows ON %s TO basis_app USING (%I = basis_user_id())'
        ' WITH CHECK (%I = basis_user_id())', target, owner_column, owner_column);
    EXECUTE format('CREATE POLICY all_rows ON %s TO basis_worker USING (true) WITH CHECK (true)',
        target);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO basis_app, basis_worker', target);
END;
$$;

REVOKE EXECUTE ON FUNCTION basis_isolate FROM PUBLIC;
