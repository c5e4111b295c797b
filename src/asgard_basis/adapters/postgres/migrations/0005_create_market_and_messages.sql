-- The market's own past, the same for everybody.
CREATE TABLE funding_hours (
    hour timestamptz PRIMARY KEY,
    longs_pay_hourly numeric NOT NULL,
    premium numeric NOT NULL
);
GRANT SELECT ON funding_hours TO basis_app;
GRANT SELECT, INSERT ON funding_hours TO basis_worker;

-- Events on their way to dashboards; without a user they are for everybody.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id text,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now()
);
SELECT basis_isolate('outbox', 'user_id');

-- One counter for each signing address, shared by all processes.
CREATE TABLE signer_nonces (
    signer text PRIMARY KEY,
    last bigint NOT NULL
) WITH (fillfactor = 50);

CREATE FUNCTION basis_next_nonce(of_signer text, at_least bigint) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    INSERT INTO signer_nonces (signer, last) VALUES (of_signer, at_least)
    ON CONFLICT (signer) DO UPDATE
        SET last = greatest(signer_nonces.last + 1, excluded.last)
    RETURNING last;
$$;
REVOKE EXECUTE ON FUNCTION basis_next_nonce FROM PUBLIC;
GRANT EXECUTE ON FUNCTION basis_next_nonce TO basis_app, basis_worker;
