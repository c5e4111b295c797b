"""Stopping one person's work inside the database, at a chosen moment of a chosen step.

Triggers that only a test installs wait for a lock that only the test holds. The product runs
unchanged: to it the database is slow.
"""

import contextlib
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg

from asgard_basis.adapters.embedded.postgres import DATABASE
from tests.crashes.points import Moment

_CLASS = 726_001
"""Sets the gates' advisory locks apart from everybody else's."""

_INSTALL = f"""
CREATE SCHEMA IF NOT EXISTS crashes;
CREATE TABLE IF NOT EXISTS crashes.gates (
    number int GENERATED ALWAYS AS IDENTITY, user_id text, step text, moment text
);
CREATE OR REPLACE FUNCTION crashes.halt(of_user text, at_step text, at_moment text) RETURNS void
    LANGUAGE plpgsql SET lock_timeout = 0 AS $$
DECLARE gate int;
BEGIN
    SELECT number INTO gate FROM crashes.gates
        WHERE user_id = of_user AND step = at_step AND moment = at_moment;
    IF FOUND THEN
        PERFORM pg_advisory_xact_lock_shared({_CLASS}, gate);
    END IF;
END $$;
CREATE OR REPLACE FUNCTION crashes.at_step() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM crashes.halt(NEW.user_id, NEW.name, '{Moment.INTENDING}');
    ELSIF OLD.status = 'intended' AND NEW.status <> 'intended' THEN
        PERFORM crashes.halt(NEW.user_id, NEW.name, '{Moment.CONCLUDING}');
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION crashes.before_next() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE gate record;
BEGIN
    FOR gate IN
        SELECT gates.* FROM crashes.gates AS gates
        JOIN position_jobs AS job USING (user_id) JOIN saga_steps AS step ON step.job_id = job.id
        WHERE gates.user_id = NEW.user_id AND gates.moment = '{Moment.CONCLUDED}'
            AND job.status IN ('pending', 'running')
            AND step.name = gates.step AND step.status = 'done'
    LOOP
        PERFORM crashes.halt(gate.user_id, gate.step, gate.moment);
    END LOOP;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER crashes_at_step AFTER INSERT OR UPDATE ON saga_steps
    FOR EACH ROW EXECUTE FUNCTION crashes.at_step();
CREATE OR REPLACE TRIGGER crashes_before_next BEFORE INSERT ON saga_steps
    FOR EACH ROW EXECUTE FUNCTION crashes.before_next();
CREATE OR REPLACE TRIGGER crashes_before_next BEFORE UPDATE ON positions
    FOR EACH ROW EXECUTE FUNCTION crashes.before_next();
CREATE OR REPLACE TRIGGER crashes_before_next BEFORE UPDATE ON position_jobs
    FOR EACH ROW EXECUTE FUNCTION crashes.before_next();
"""
_REMOVE = """
DROP TRIGGER crashes_at_step ON saga_steps;
DROP TRIGGER crashes_before_next ON saga_steps;
DROP TRIGGER crashes_before_next ON positions;
DROP TRIGGER crashes_before_next ON position_jobs;
DROP SCHEMA crashes CASCADE;
"""


def superuser_url(home: Path) -> str:
    """The embedded database of a home, as its superuser: for tests only."""
    port = json.loads((home / "ports.json").read_text())["postgresql"]
    password = (home / "postgresql" / "superuser_password").read_text().strip()
    return f"postgresql://postgres:{password}@127.0.0.1:{port}/{DATABASE}"


class Gates:
    """Closed gates stop whoever comes to them; all are open when the database was killed."""

    def __init__(self, home: Path) -> None:
        self._url = superuser_url(home)
        self._session = psycopg.connect(self._url, autocommit=True)
        self._numbers: dict[int, str] = {}
        self._session.execute(_INSTALL.encode())

    def shut(self, user_id: str, step: str, moment: Moment) -> None:
        """One more gate for one person."""
        row = self._session.execute(
            "INSERT INTO crashes.gates (user_id, step, moment) VALUES (%s, %s, %s)"
            " RETURNING number",
            (user_id, step, moment),
        ).fetchone()
        assert row is not None
        self._session.execute("SELECT pg_advisory_lock(%s, %s)", (_CLASS, row[0]))
        self._numbers[row[0]] = user_id

    def arrived(self) -> set[str]:
        """Who stands before their gate now."""
        rows = self._session.execute(
            "SELECT objid::int FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2"
            " AND classid = %s AND NOT granted",
            (_CLASS,),
        ).fetchall()
        return {self._numbers[row[0]] for row in rows if row[0] in self._numbers}

    def of(self, users: Iterable[str]) -> list[int]:
        """The numbers of these people's gates."""
        wanted = set(users)
        return [number for number, user in self._numbers.items() if user in wanted]

    def open(self, numbers: Iterable[int]) -> None:
        """Let people pass, now and later."""
        for number in numbers:
            if self._numbers.pop(number, None) is not None:
                self._session.execute("DELETE FROM crashes.gates WHERE number = %s", (number,))
                self._session.execute("SELECT pg_advisory_unlock(%s, %s)", (_CLASS, number))

    def reconnect(self) -> None:
        """After the database was killed: no gate is shut any more."""
        self._session.close()
        deadline = time.monotonic() + 60
        while True:
            try:
                self._session = psycopg.connect(self._url, autocommit=True, connect_timeout=5)
                self._session.execute("DELETE FROM crashes.gates")
                break
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
        self._numbers.clear()

    def ask(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database holds, past row security."""
        return self._session.execute(question.encode(), values).fetchall()

    def close(self) -> None:
        """Leave the database as it was."""
        with contextlib.suppress(psycopg.OperationalError):
            self.open(list(self._numbers))
            self._session.execute(_REMOVE.encode())
        self._session.close()
