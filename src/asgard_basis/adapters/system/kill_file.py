"""The kill switch as a file: `touch emergency.stop` is all an operator needs."""

import contextlib
import os
from pathlib import Path

from asgard_basis.domain.errors import ErrorCode, Unavailable

KILL_FILE = "emergency.stop"
_REASON_MAX = 500


class KillFile:
    """Implements KillFlag: up while the file is there, whoever made it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / KILL_FILE

    @property
    def place(self) -> str:
        """The file's path."""
        return str(self._file)

    def reason(self) -> str | None:
        """What the file says; anything but its certain absence counts as up."""
        try:
            with self._file.open("rb") as file:
                text = file.read(_REASON_MAX).decode(errors="replace").strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            return f"{self._file} cannot be read ({type(error).__name__})"
        return text or f"{self._file} is there"

    def hoist(self, reason: str) -> None:
        """Write the file whole, so that nobody reads half a reason; raises Unavailable."""
        draft = self._file.with_name(f"{KILL_FILE}.{os.getpid()}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(f"{reason}\n")
            draft.replace(self._file)
        except OSError as error:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            raise _unavailable(error) from error

    def lower(self) -> bool:
        """Delete the file; False when there is none. Raises Unavailable."""
        try:
            self._file.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise _unavailable(error) from error
        return True


def _unavailable(error: OSError) -> Unavailable:
    return Unavailable(ErrorCode.NOT_READY, f"the kill file cannot be changed: {error.strerror}")
