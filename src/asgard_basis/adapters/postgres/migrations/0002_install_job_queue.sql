-- include: procrastinate
-- The line above puts the queue's own schema here, from the installed package.

GRANT SELECT, INSERT, UPDATE, DELETE ON
    procrastinate_jobs, procrastinate_events, procrastinate_workers, procrastinate_periodic_defers
    TO basis_worker;
GRANT USAGE ON SEQUENCE
    procrastinate_jobs_id_seq, procrastinate_events_id_seq, procrastinate_periodic_defers_id_seq
    TO basis_worker;

-- Hand work to the workers in the caller's transaction, without giving the caller the queue.
-- Returns NULL when the same work is waiting already: that job is then kept from starting until
-- this transaction ends, so that it sees what this transaction wrote.
CREATE FUNCTION basis_defer(
    queue_name text, task_name text, work_key text, arguments jsonb, due timestamptz DEFAULT NULL
) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    RETURN (procrastinate_defer_jobs_v1(ARRAY[
        ROW(queue_name, task_name, 0, work_key, work_key, arguments, due)
            ::procrastinate_job_to_defer_v1
    ]))[1];
EXCEPTION WHEN unique_violation THEN
    PERFORM 1 FROM procrastinate_jobs
        WHERE queueing_lock = work_key AND status = 'todo' FOR UPDATE;
    PERFORM pg_notify('procrastinate_any_queue_v1', '{"type": "job_inserted", "job_id": 0}');
    RETURN NULL;
END;
$$;

REVOKE EXECUTE ON FUNCTION basis_defer FROM PUBLIC;
GRANT EXECUTE ON FUNCTION basis_defer TO basis_app, basis_worker;
