"""As whom PostgreSQL may run: it refuses to be root."""

import os
import pwd
import shutil
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from asgard_basis.adapters.embedded.child import SAME, Identity, StartFailed, spawn

_SHARED_ROOT = Path("/var/lib/asgard-basis")
_PROBE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Lodging:
    """An identity with a place for its data and programs it can execute."""

    identity: Identity
    data: Path
    programs: Path


def lodging(wanted: Path, installation: Path, *, shared_root: Path = _SHARED_ROOT) -> Lodging:
    """Where and as whom a server can run, the least intrusive way first.

    An ordinary user: as is. A user number without a name, as containers like to have, and root:
    in a user namespace, which leaves all files their own. Where those are switched off, root: as
    `nobody`, with the programs copied to a readable place, and the
    data under `shared_root` if `nobody` cannot reach `wanted`. Raises StartFailed when no way
    is left. `installation` is a folder with `bin`, beside which a `*.libs` folder may lie.
    """
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return Lodging(SAME, wanted, installation / "bin")
    if os.geteuid() != 0:
        return namespace_lodging(wanted, installation) or _nameless(os.geteuid())
    return namespace_lodging(wanted, installation) or account_lodging(
        wanted, installation, shared_root
    )


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _nameless(uid: int) -> NoReturn:
    raise StartFailed(
        f"PostgreSQL must run as a user with a name, and user {uid} has none",
        advice="run as a user of /etc/passwd, or give DATABASE_URL of a running PostgreSQL 16",
    )


def namespace_lodging(wanted: Path, installation: Path) -> Lodging | None:
    """We under another number in a user namespace; None where that is not possible."""
    account = next((entry for entry in pwd.getpwall() if entry.pw_uid not in (0, 65534)), None)
    if account is None:
        return None
    identity = Identity("namespace", account.pw_uid, account.pw_gid)
    if _can_run(identity, wanted, installation / "bin"):
        return Lodging(identity, wanted, installation / "bin")
    return None


def account_lodging(wanted: Path, installation: Path, shared_root: Path) -> Lodging:
    """As `nobody`; raises StartFailed when even that does not work."""
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        raise StartFailed(
            "PostgreSQL must not run as root, and there is no account `nobody` to run it as",
            advice="run as an ordinary user, or give DATABASE_URL of a running PostgreSQL 16",
        ) from error
    identity = Identity("account", nobody.pw_uid, nobody.pw_gid)
    programs = _readable_copy(installation, shared_root) / "bin"
    for place in (wanted, shared_root / "data" / str(wanted.resolve()).strip("/")):
        place.mkdir(parents=True, exist_ok=True)
        if place != wanted:
            _open_the_way(place, shared_root)
        os.chown(place, nobody.pw_uid, nobody.pw_gid)
        if _can_run(identity, place, programs):
            return Lodging(identity, place, programs)
    raise StartFailed(
        "PostgreSQL must not run as root, and could not be run as `nobody` either",
        advice="run as an ordinary user, or give DATABASE_URL of a running PostgreSQL 16",
    )


def _readable_copy(installation: Path, shared_root: Path) -> Path:
    """The programs where every account may read them; libraries are found by relative place."""
    package = installation.parent
    target = shared_root / "programs" / package.name
    finished = target.parent / f"{package.name}.{installation.name}.complete"
    source_stamp = str(installation.stat().st_mtime_ns)
    if not finished.exists() or finished.read_text() != source_stamp:
        for source in (installation, package.with_name(f"{package.name}.libs")):
            if source.is_dir():
                place = target.parent / source.relative_to(package.parent)
                shutil.copytree(source, place, dirs_exist_ok=True)
                _open_the_way(place, shared_root)
        finished.write_text(source_stamp)
    return target / installation.name


def _open_the_way(place: Path, root: Path) -> None:
    """Let every account pass from our own root folder down to `place`."""
    for folder in (root, *reversed([p for p in place.parents if root in p.parents]), place):
        folder.chmod(folder.stat().st_mode | 0o055 if folder != place else 0o755)


def _can_run(identity: Identity, data: Path, programs: Path) -> bool:
    """Whether this identity can execute the server and write into the data folder."""
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        script = f'"{programs}/postgres" -V && touch "{data}/.probe" && rm "{data}/.probe"'
        probe = spawn(
            "probe",
            ["/bin/sh", "-c", script],
            log=Path(scratch) / "probe.log",
            stop_signal=signal.SIGKILL,
            identity=identity,
        )
        return probe.process.wait(_PROBE_SECONDS) == 0
