-- One open step for each job, as before; beside it one that is meant to be, of another leg.
ALTER TABLE saga_steps ADD COLUMN is_beside boolean NOT NULL DEFAULT false;
DROP INDEX saga_steps_one_open_idx;
CREATE UNIQUE INDEX saga_steps_one_open_idx ON saga_steps (job_id)
    WHERE status = 'intended' AND NOT is_beside;
CREATE UNIQUE INDEX saga_steps_one_open_of_leg_idx ON saga_steps (
    job_id,
    (CASE
        WHEN name IN ('open_long', 'read_long', 'observe_long', 'reduce_long', 'close_long')
            THEN 'long'
        WHEN name IN ('approve_agent', 'set_leverage', 'open_short', 'add_margin', 'validate',
            'observe_short', 'close_short') THEN 'short'
        ELSE 'neither'
    END)
) WHERE status = 'intended';
