"""The configuration of the private Redis."""

from pathlib import Path

from zvonok.service.descriptors import BACKLOG, backlog_limit
from zvonok.service.settings import Settings


def redis_config(settings: Settings, folder: Path) -> str:
    """No port, one socket; what was written more than a second ago survives a power cut."""
    return f"""\
port 0
unixsocket "{settings.socket("redis")}"
unixsocketperm 600
tcp-backlog {min(BACKLOG, backlog_limit())}
daemonize no
loglevel warning
logfile ""
dir "{folder}"
save ""
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
"""
