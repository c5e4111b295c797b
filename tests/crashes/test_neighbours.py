"""`basis up` on machines that others use too."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path

import httpx
import psycopg
import pytest

from asgard_basis.adapters.embedded.postgres import EmbeddedPostgres
from tests.crashes.machine import family
from tests.journeys.stack import SOURCE, Stack, running

NAMELESS = 61234
"""A user number that nobody on this machine has."""


def test_two_that_start_together_show_each_their_own_dashboard(tmp_path: Path) -> None:
    stacks: list[Stack] = []
    with ExitStack() as block:

        def start(name: str) -> None:
            stacks.append(block.enter_context(running(tmp_path / name, PORT="")))

        both = [threading.Thread(target=start, args=(name,)) for name in ("one", "other")]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()

        assert len(stacks) == 2
        assert stacks[0].url != stacks[1].url
        for stack in stacks:
            config = httpx.get(f"{stack.url}/api/v1/config", trust_env=False).json()
            assert config["paper"]["control_url"] == stack.run["paper"]["control"]


def test_given_databases_are_used_instead_of_our_own(
    tmp_path: Path, postgres_server: EmbeddedPostgres, empty_database: str, redis_url: str
) -> None:
    with running(tmp_path, DATABASE_URL=empty_database, REDIS_URL=redis_url) as stack:
        assert {"postgresql", "valkey"}.isdisjoint(stack.run["pids"])
        assert not (tmp_path / "postgresql").exists()
        assert not (tmp_path / "valkey").exists()
        published = (tmp_path / "run.json").read_text()
        assert empty_database.split("@")[1] in published
        assert empty_database not in published  # without its password
        with stack.visitor() as visitor:
            visitor.sign_in("elsewhere@example.com", stack.world())
            visitor.wallets()
        server = postgres_server.superuser_url.rsplit("/", 1)[0]
        with psycopg.connect(f"{server}/{empty_database.rsplit('/', 1)[1]}") as connection:
            known = connection.execute("SELECT count(*) FROM users").fetchone()
    assert known == (1,)


@pytest.mark.skipif(os.geteuid() != 0, reason="every test runs as an ordinary user here")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="there is no setpriv here")
@pytest.mark.parametrize("uid", [65534, NAMELESS], ids=["nobody", "a number without a name"])
def test_an_ordinary_user_can_run_everything(uid: int) -> None:
    command = _becoming(uid)
    if uid == NAMELESS and subprocess.run([*command, "unshare", "-U", "true"]).returncode != 0:
        pytest.skip("user namespaces are switched off here")
    home = Path(tempfile.mkdtemp(prefix="basis-somebody-"))
    os.chown(home, uid, uid)
    try:
        with running(home, through=command) as stack:
            owners = {Path(f"/proc/{pid}").stat().st_uid for pid in family(stack.process.pid)}
            assert owners == {uid}
            with stack.visitor() as visitor:
                visitor.sign_in("somebody@example.com", stack.world())
                assert visitor.wallets()["ready"]
    finally:
        shutil.rmtree(home)


def _becoming(uid: int) -> list[str]:
    """A command that gives up being root; where root's own Python is all there is, not reading."""
    plain = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
    reading = [*plain, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    same = f"import sys, asgard_basis, asgard_paper; sys.exit(sys.version != {sys.version!r})"
    for command in (plain, reading):
        probe = subprocess.run(
            [*command, sys.executable, "-c", same],
            env={"PYTHONPATH": str(SOURCE)},
            check=False,
        )
        if probe.returncode == 0:
            return command
    pytest.skip("an ordinary user cannot read this installation")
