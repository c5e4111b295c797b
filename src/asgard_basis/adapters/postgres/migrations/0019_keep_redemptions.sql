-- What staking tokens redeemed for, the same for everybody: their yield is measured by it.
CREATE TABLE redemption_hours (
    asset text NOT NULL,
    hour timestamptz NOT NULL,
    rate numeric NOT NULL,
    PRIMARY KEY (asset, hour)
);
GRANT SELECT ON redemption_hours TO basis_app;
GRANT SELECT, INSERT ON redemption_hours TO basis_worker;
