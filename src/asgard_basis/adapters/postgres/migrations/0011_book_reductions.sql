-- What the parts of a long that were sold by reductions had earned until then.
ALTER TABLE positions
    ADD COLUMN long_lending_usd numeric,
    ADD COLUMN long_staking_usd numeric,
    ADD COLUMN long_borrowing_usd numeric;
UPDATE positions SET long_lending_usd = 0, long_staking_usd = 0, long_borrowing_usd = 0
    WHERE long_position_key IS NOT NULL;
