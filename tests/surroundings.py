"""What the environment of whoever runs the tests would change in them, and must not."""

import os
import tempfile
from pathlib import Path

PROXIES = {"http_proxy", "https_proxy", "ftp_proxy", "all_proxy"}
LONGEST_FOLDER = 20
"""Bytes of the temporary folder's path. Sockets lie in it, deep inside pytest's own folders, and
the path of a socket has 107 at most (unix(7))."""
USUAL_FOLDER = "/tmp"  # noqa: S108  # What is made in it has a name of its own.


def forget_settings() -> None:
    """An operator's settings would lead the tests to his database, and a proxy to itself: what
    they ask is on this machine."""
    for name in list(os.environ):
        if name.startswith("ZVONOK_") or name.lower() in PROXIES:
            del os.environ[name]


def take_usable_folder() -> None:
    """Another temporary folder, if sockets or the database's own user have no place in this one."""
    folder = Path(tempfile.gettempdir())
    if len(os.fsencode(folder)) > LONGEST_FOLDER or (
        os.geteuid() == 0 and not _open_to_all(folder)
    ):
        os.environ["TMPDIR"] = tempfile.tempdir = USUAL_FOLDER


def _open_to_all(folder: Path) -> bool:
    return all(each.stat().st_mode & 0o001 for each in (folder, *folder.parents))
