"""Commands say what is wrong in one line for each problem."""

import os
import subprocess
import sys
from pathlib import Path


def _basis(*arguments: str, home: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "asgard_basis", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(sys.path),
            "BASIS_HOME": str(home),
            **environment,
        },
    )


def test_serving_without_settings_names_each_and_starts_nothing(tmp_path: Path) -> None:
    done = _basis("serve", home=tmp_path)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert "DATABASE_URL is missing." in lines
    assert lines[-1] == "Nothing was started."
    assert "Traceback" not in done.stderr


def test_the_doctor_finds_a_machine_fit_and_names_what_is_not(tmp_path: Path) -> None:
    dashboard = tmp_path / "dist"
    dashboard.mkdir()
    missing = _basis("doctor", home=tmp_path / "var", DASHBOARD_FOLDER=str(dashboard))
    assert missing.returncode == 1
    assert "PROBLEM the dashboard is not built" in missing.stdout
    (dashboard / "index.html").touch()
    fit = _basis("doctor", home=tmp_path / "var", DASHBOARD_FOLDER=str(dashboard))
    assert fit.returncode == 0, fit.stdout
    assert "PostgreSQL: embedded" in fit.stdout


def test_the_doctor_judges_live_settings(tmp_path: Path) -> None:
    done = _basis("doctor", home=tmp_path, BASIS_MODE="live", CLOCK_URL="http://127.0.0.1:1")
    assert done.returncode == 1
    assert "PROBLEM DATABASE_URL is missing" in done.stdout


def test_migrating_needs_to_know_where(tmp_path: Path) -> None:
    done = _basis("migrate", home=tmp_path)
    assert done.returncode == 2
    assert "DATABASE_URL is missing" in done.stderr


def test_a_breakers_pause_is_ended_for_a_user_and_never_for_everybody(tmp_path: Path) -> None:
    """Everybody's is the playbooks', which would stay lifted while something is still down."""
    done = _basis("resume", "--breaker", home=tmp_path)
    assert done.returncode == 2
    assert "--breaker needs --user" in done.stderr


def test_the_kill_switch_is_thrown_without_any_database_and_not_lifted_without_it(
    tmp_path: Path,
) -> None:
    thrown = _basis("kill", "--reason", "smoke", home=tmp_path)
    assert thrown.returncode == 0, thrown.stderr
    assert "The kill switch is ON." in thrown.stdout
    assert (tmp_path / "emergency.stop").read_text() == "smoke\n"
    lifted = _basis("unkill", home=tmp_path)
    assert lifted.returncode == 1
    assert "still on" in lifted.stderr
    assert (tmp_path / "emergency.stop").exists()


def test_an_operator_without_settings_is_told_what_is_missing(tmp_path: Path) -> None:
    done = _basis("positions", home=tmp_path)
    assert done.returncode == 2
    assert "DATABASE_URL is missing." in done.stderr
    assert "Traceback" not in done.stderr
