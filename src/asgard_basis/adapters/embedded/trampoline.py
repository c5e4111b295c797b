"""Become another program, tied to the parent's life. Run as a script, standard library only.

`python trampoline.py '{"parent": pid, "death_signal": n, "identity": {...}}' program arg ...`

Identities: `{"kind": "same"}`; `{"kind": "namespace", "uid": u, "gid": g}` is a user namespace
in which our own user appears under another number (files stay ours, no privilege is left);
`{"kind": "account", "uid": u, "gid": g}` is another account for good.
"""

import ctypes
import json
import os
import sys
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1


def _call(name: str, *arguments: int) -> None:
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _enter_namespace(uid: int, gid: int) -> None:
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    _call("unshare", _CLONE_NEWUSER)
    process = Path("/proc/self")
    (process / "setgroups").write_text("deny")
    (process / "uid_map").write_text(f"{uid} {outer_uid} 1")
    (process / "gid_map").write_text(f"{gid} {outer_gid} 1")


def main() -> None:
    """Change identity, ask to be signalled when the parent dies, and become the program."""
    plan = json.loads(sys.argv[1])
    program = sys.argv[2:]
    identity = plan["identity"]
    if identity["kind"] == "namespace":
        _enter_namespace(identity["uid"], identity["gid"])
    elif identity["kind"] == "account":
        os.setgroups([])
        os.setgid(identity["gid"])
        os.setuid(identity["uid"])
    os.umask(0o077)
    if sys.platform == "linux":
        _call("prctl", _PR_SET_PDEATHSIG, plan["death_signal"], 0, 0, 0)
        if os.getppid() != plan["parent"]:
            sys.exit("the parent ended before the start")
    os.execvp(program[0], program)


if __name__ == "__main__":
    main()
