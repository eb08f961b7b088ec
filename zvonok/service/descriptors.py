"""How many files and sockets a process may have open, and how many may knock at once."""

import resource
from pathlib import Path

MOST = 1 << 20
"""Above this a limit is as good as none, and tables of its size would cost memory."""
BACKLOG = 4096
"""Connections that wait to be accepted: a whole school presses the link at the same moment."""
SOMAXCONN = Path("/proc/sys/net/core/somaxconn")


def raise_limit() -> int:
    """Raises the soft limit of descriptors to the hard one, for us and those we start.

    The soft one is 1024 almost everywhere, for programs that use select(2); nothing here does.
    Returns what may be open now.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, min(hard, MOST))
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def backlog_limit() -> int:
    """What the machine makes of a longer backlog (net.core.somaxconn)."""
    try:
        return int(SOMAXCONN.read_text())
    except (OSError, ValueError):
        return BACKLOG  # Not told: nothing to complain about.
