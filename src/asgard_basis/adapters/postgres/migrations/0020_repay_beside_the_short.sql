-- Repaying the long's debt is about the long: open beside a step of the short, never of the long.
DROP INDEX saga_steps_one_open_of_leg_idx;
CREATE UNIQUE INDEX saga_steps_one_open_of_leg_idx ON saga_steps (
    job_id,
    (CASE
        WHEN name IN ('open_long', 'read_long', 'observe_long', 'reduce_long', 'repay_long',
            'close_long') THEN 'long'
        WHEN name IN ('approve_agent', 'set_leverage', 'open_short', 'add_margin', 'validate',
            'observe_short', 'close_short') THEN 'short'
        ELSE 'neither'
    END)
) WHERE status = 'intended';
