"""What the operator decides: environment variables, else a TOML file, else defaults.

Every setting is `ZVONOK_<NAME>` in the environment and `<name>` in the TOML file that
`ZVONOK_CONFIG` names. `docs/operations.md` lists them.
"""

import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from zvonok.service.addresses import parse_addresses

SOCKET_PATH_BYTES = 107
"""Longest path of a unix socket (unix(7): 108 bytes with the closing zero)."""
KEY_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No characters that look alike: the school key is read aloud and typed."""


class SettingsError(Exception):
    """A setting is unusable; the text names it, its value and what was expected."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting, checked."""

    var: Path
    """Folder of all data and sockets, absolute."""
    http_port: int
    """Plain HTTP, on loopback addresses only."""
    https_port: int
    media_port: int
    """UDP."""
    public_addresses: tuple[str, ...]
    """IP addresses at which routers forward the ports to this machine."""
    redis_url: str
    database_url: str
    log_level: str
    worker: str
    """Name of this SFU worker, unique among all workers of the installation."""
    secret: str = field(repr=False)
    """Signs tokens."""
    school_key: str = field(repr=False)
    """Whoever has it may create lessons."""
    supervised: bool
    """A supervisor holds our stdin: its end is the end of the supervisor."""

    @property
    def run_dir(self) -> Path:
        """Sockets and pid files."""
        return self.var / "run"

    def socket(self, name: str) -> Path:
        """`signaling` → `{var}/run/signaling.sock`."""
        return self.run_dir / f"{name}.sock"


DEFAULTS: dict[str, str] = {
    "var": "var",
    "http_port": "8080",
    "https_port": "8443",
    "media_port": "8081",
    "public_address": "",
    "redis_url": "",
    "database_url": "",
    "log_level": "info",
    "worker": "worker-1",
    "secret": "",
    "school_key": "",
}
LOG_LEVELS = ("debug", "info", "warning", "error")
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")
DATABASE_SCHEMES = ("sqlite+aiosqlite:///", "postgresql+asyncpg://")


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Reads the settings; makes `{var}` and the keys in it when they are not there yet.

    Raises SettingsError.
    """
    environ = os.environ if environ is None else environ
    values = {**DEFAULTS, **_from_file(environ.get("ZVONOK_CONFIG", ""))}
    for name in DEFAULTS:
        values[name] = environ.get(f"ZVONOK_{name.upper()}", values[name])
    var = Path(values["var"]).absolute()
    _make_folders(var)
    if values["log_level"] not in LOG_LEVELS:
        raise SettingsError(f"log_level = {values['log_level']!r}: one of {', '.join(LOG_LEVELS)}")
    try:
        public_addresses = parse_addresses(values["public_address"])
    except ValueError as error:
        raise SettingsError(f"public_address: {error}") from error
    return Settings(
        var=var,
        http_port=_port(values, "http_port"),
        https_port=_port(values, "https_port"),
        media_port=_port(values, "media_port"),
        public_addresses=public_addresses,
        redis_url=_url(values, "redis_url", REDIS_SCHEMES) or f"unix://{var}/run/redis.sock",
        database_url=_url(values, "database_url", DATABASE_SCHEMES)
        or f"sqlite+aiosqlite:///{var}/zvonok.db",
        log_level=values["log_level"],
        worker=_worker(values["worker"]),
        secret=values["secret"] or _kept(var / "secret", secrets.token_urlsafe(32)),
        school_key=values["school_key"] or _kept(var / "school-key", _new_school_key()),
        supervised=environ.get("ZVONOK_SUPERVISED") == "1",
    )


def _from_file(path: str) -> dict[str, str]:
    if not path:
        return {}
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"ZVONOK_CONFIG = {path!r}: {error}") from error
    for name, value in table.items():
        if name not in DEFAULTS:
            raise SettingsError(f"{path}: {name} is no setting")
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise SettingsError(f"{path}: {name} = {value!r}: a string or a whole number")
    return {name: str(value) for name, value in table.items()}


def _port(values: Mapping[str, str], name: str) -> int:
    text = values[name]
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise SettingsError(f"{name} = {text!r}: a port number, 1–65535")


def _url(values: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str:
    """Empty where none was given. A complaint does not repeat it: it may hold a password."""
    text = values[name]
    if text and not text.startswith(schemes):
        raise SettingsError(f"{name}: it has to begin with {' or '.join(schemes)}")
    return text


def _worker(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", name):
        raise SettingsError(f"worker = {name!r}: 1 to 64 of A–Z, a–z, 0–9 and . _ -")
    return name


def _make_folders(var: Path) -> None:
    longest = var / "run" / "signaling-private.sock"
    if len(os.fsencode(longest)) > SOCKET_PATH_BYTES:
        raise SettingsError(f"var = {str(var)!r}: too long a path, {longest.name} does not fit")
    try:
        var.parent.mkdir(parents=True, exist_ok=True)
        for folder in (var, var / "run"):
            folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"var = {str(var)!r}: {error.strerror}") from error


def _kept(path: Path, fresh: str) -> str:
    """The content of `path`, which is `fresh` when nobody was here before us."""
    try:
        if not path.exists():
            _keep(path, fresh)
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error


def _keep(path: Path, fresh: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(fresh + "\n", encoding="ascii")
        draft.chmod(0o600)
        os.link(draft, path)
    except FileExistsError:
        pass  # Another process was faster; its key counts.
    finally:
        draft.unlink(missing_ok=True)


def _new_school_key() -> str:
    letters = [secrets.choice(KEY_ALPHABET) for _ in range(16)]
    return "-".join("".join(letters[i : i + 4]) for i in range(0, 16, 4))
