"""Who may shake hands at once: nobody's stalled handshakes keep the others out."""

from collections.abc import Hashable, Iterable

from .session import Session

Address = tuple[int, int]
"""The first eight bytes of a peer's IP address: the whole of an IPv4 one, an IPv6 network."""

AT_ONCE = 256
OF_CALL = 64
OF_ADDRESS = 64
"""A whole school may come from one address: at 64 at once some 600 a second get through."""
YIELDS_AFTER = 1.0
"""Seconds without progress after which a handshake gives way to another that waits."""

_ALL = ()


class Handshakes:
    """Sessions whose handshake is under way."""

    def __init__(self) -> None:
        self._groups: dict[Session, tuple[Hashable, ...]] = {}
        self._members: dict[Hashable, dict[Session, None]] = {}

    def __contains__(self, session: Session) -> bool:
        return session in self._groups

    def sessions(self) -> Iterable[Session]:
        return list(self._groups)

    def admit(self, session: Session, address: Address, now: float) -> list[Session] | None:
        """Those that have to leave so that this one may begin; None: it has to wait.

        Who has to leave is the caller's to remove.
        """
        groups = {_ALL: AT_ONCE, ("call", session.call): OF_CALL, ("from", address): OF_ADDRESS}
        leaving: list[Session] = []
        for group, limit in groups.items():
            members = self._members.get(group, {})
            if len(members) - sum(one in members for one in leaving) < limit:
                continue
            slowest = min(members, key=lambda one: one.progress_at)
            if now - slowest.progress_at < YIELDS_AFTER:
                return None
            leaving.append(slowest)
        self._groups[session] = tuple(groups)
        for group in groups:
            self._members.setdefault(group, {})[session] = None
        return leaving

    def remove(self, session: Session) -> None:
        """It is over, or there was none."""
        for group in self._groups.pop(session, ()):
            members = self._members[group]
            del members[session]
            if not members:
                del self._members[group]
