"""Whatever is in the environment, the tests are the same."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOOK = """
import json, os, tempfile
import tests.conftest
print(json.dumps([sorted(os.environ), tempfile.gettempdir()]))
"""


def seen_with(**environ: str) -> tuple[list[str], str]:
    """The names in the environment and the temporary folder, as tests have them."""
    command = (sys.executable, "-c", LOOK)
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environ}, capture_output=True, check=True
    )
    names, folder = json.loads(done.stdout)
    return names, folder


def test_no_setting_and_no_proxy_of_the_caller_reaches_them() -> None:
    names, _ = seen_with(ZVONOK_DATABASE_URL="sqlite:///school.db", https_proxy="a", ALL_PROXY="b")
    assert "PATH" in names
    unwanted = {"ZVONOK_DATABASE_URL", "https_proxy", "ALL_PROXY"}
    assert unwanted.isdisjoint(names)


def test_sockets_have_room_in_the_temporary_folder(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 30)
    folder.mkdir()
    assert seen_with(TMPDIR=str(folder))[1] == "/tmp"  # noqa: S108


def test_a_folder_that_suits_stays() -> None:
    assert seen_with(TMPDIR="/var/tmp")[1] == "/var/tmp"  # noqa: S108
