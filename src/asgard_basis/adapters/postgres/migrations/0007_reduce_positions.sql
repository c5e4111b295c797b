-- A reduction takes the same part of both legs.
ALTER TABLE position_jobs ADD COLUMN fraction numeric
    CHECK (fraction > 0 AND fraction < 1);
