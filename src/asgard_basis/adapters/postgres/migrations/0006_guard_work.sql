-- A venue that could not be asked has not refused.
ALTER TABLE saga_steps DROP CONSTRAINT saga_steps_status_check;
ALTER TABLE saga_steps ADD CONSTRAINT saga_steps_status_check
    CHECK (status IN ('intended', 'done', 'refused', 'unavailable'));

-- One thing at a time is done with a position, also when two browsers ask at the same moment.
CREATE UNIQUE INDEX position_jobs_one_unfinished_idx ON position_jobs (position_id)
    WHERE status IN ('pending', 'running');
