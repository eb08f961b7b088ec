"""A kernel that moves nothing and remembers what it was told."""

from typing import TYPE_CHECKING, Any, cast

from sfu.lines import OWN_DROPS

if TYPE_CHECKING:
    from sfu.kernel.core import Kernel

COMMANDS = (
    "restart_ice",
    "set_peer",
    "close_session",
    "set_room",
    "set_moderator",
    "send_dtls",
    "set_keys",
    "set_extensions",
    "expect",
    "set_gate",
    "set_leaner",
    "add_audio_slot",
    "add_video_slot",
    "set_slot",
    "clear_slot",
    "set_screen_audio",
)


class FakeKernel:
    """Hands out handles from 0 and refuses those that are not open."""

    def __init__(self, max_sessions: int = 100) -> None:
        self.log: list[tuple[Any, ...]] = []
        """Commands as (name, handle, arguments …, keyword arguments if any)."""
        self.open: set[int] = set()
        self.marks = 0
        """Asked for and not told of yet."""
        self.stats: dict[int, dict[str, Any]] = {}
        """By session, what `session_stats` says that differs from that of an unknown line."""
        self.counted: dict[str, int] = {}
        """What `counters` says that is not 0."""
        self._max_sessions = max_sessions

    def as_kernel(self) -> "Kernel":
        return cast("Kernel", self)

    def open_session(self, room: int, participant: int, ufrag: bytes, password: bytes) -> int:
        if len(self.open) >= self._max_sessions:
            raise OverflowError
        handle = next(h for h in range(self._max_sessions) if h not in self.open)
        self.open.add(handle)
        self.log.append(("open_session", handle, room, participant, ufrag, password))
        return handle

    def session_stats(self, session: int) -> dict[str, Any]:
        assert session in self.open
        unknown = {
            "estimate": 0,
            "proven": 0,
            "spare": 0,
            "rtt": 0,
            "loss": 0.0,
            "slots": [],
            "sources": [],
        }
        return unknown | self.stats.get(session, {})

    def counters(self) -> dict[str, int]:
        return dict.fromkeys(OWN_DROPS, 0) | self.counted

    def mark(self) -> None:
        self.marks += 1

    def take(self, *names: str) -> list[tuple[Any, ...]]:
        """Commands of these names since the last call, and forgets all others."""
        taken = [entry for entry in self.log if entry[0] in names]
        self.log.clear()
        return taken

    def __getattr__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise AttributeError(name)

        def record(handle: int, *arguments: Any, **options: Any) -> None:
            if name != "set_screen_audio":
                assert handle in self.open, f"{name} for session {handle}, which is closed"
            if name == "close_session":
                self.open.remove(handle)
            self.log.append((name, handle, *arguments, *([options] if options else [])))

        return record
