-- Who may act under a name. `fence` grows each time the name changes hands, and rows stay, so that
-- a number is never given out twice. Only the database's own clock decides what has run out.
CREATE TABLE leases (
    name text PRIMARY KEY,
    holder text,
    fence bigint NOT NULL,
    expires_at timestamptz NOT NULL,
    -- Makes the fence a part of a key: FOR KEY SHARE then conflicts with taking over, which changes
    -- it, and not with renewing, which does not. No renewal ever waits for a unit of work.
    UNIQUE (name, fence)
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE ON leases TO basis_worker;

-- Whether all these names are still held under these fences. They stay so until the caller's
-- transaction ends: a take-over waits for it, and a caller waits for a take-over.
CREATE FUNCTION basis_stands(names text[], fences bigint[]) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    standing bigint;
BEGIN
    PERFORM 1
        FROM leases
        JOIN unnest(names, fences) AS held (name, fence) USING (name, fence)
        WHERE leases.holder IS NOT NULL
        FOR KEY SHARE OF leases;
    GET DIAGNOSTICS standing = ROW_COUNT;
    RETURN standing = cardinality(names);
END;
$$;
REVOKE EXECUTE ON FUNCTION basis_stands FROM PUBLIC;
GRANT EXECUTE ON FUNCTION basis_stands TO basis_app, basis_worker;
