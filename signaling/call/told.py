"""Who is told about whom: everybody in a small call, those that matter in a large one.

Invariant, for every socket, after every tick: snapshot at joining + changes since = snapshot now.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from zvonok.wire import client
from zvonok.wire.client import Change, Participant

LARGE_FROM = 301
SMALL_FROM = 250
"""A large call becomes small again only here, so that it does not flap between the two."""
MODERATORS_SHOWN = 200
SOURCES_SHOWN = 100
RECENT_SPEAKERS = 12
FASTEST_TICK = 0.05
TICK_PER_PERSON = 0.0005
SLOWEST_TICK = 1.0


@dataclass(frozen=True)
class Candidate:
    """Someone who may be told about, and what speaks for it."""

    number: int
    moderator: bool
    source_on: bool
    screen: bool
    on_since: int


@dataclass(frozen=True)
class Tick:
    """Changes of one tick: the same for all but those whose own seat needs other words."""

    spread: Change
    personal: dict[int, Change]
    """By number."""


@dataclass
class Told:
    """What has been told so far."""

    sequence: int = 0
    large: bool = False
    total: int = 0
    people: dict[int, Participant] = field(default_factory=dict)
    recent: list[int] = field(default_factory=list)
    """Who spoke last, the latest first."""
    ahead: set[int] = field(default_factory=set)
    """Who was told of himself what others are told with the next tick, if it is still so then."""

    def spoke(self, numbers: Iterable[int]) -> None:
        self.recent = list(dict.fromkeys([*numbers, *self.recent]))[:RECENT_SPEAKERS]

    def interval(self, total: int) -> float:
        """Seconds from a change to its tick: the more people, the more changes share one."""
        return min(SLOWEST_TICK, max(FASTEST_TICK, total * TICK_PER_PERSON))

    def snapshot(self, own: Participant | None, total: int) -> client.Roster:
        """For a newcomer: what all know as of `sequence`, and himself."""
        people = self.people if own is None else {**self.people, own.number: own}
        return client.Roster(
            sequence=self.sequence, total=total, participants=list(people.values())
        )

    def welcome(self, own: Participant, total: int) -> client.Roster:
        """The snapshot for somebody who comes now."""
        if self.people.get(own.number) != own:
            self.ahead.add(own.number)
        return self.snapshot(own, total)

    def tick(
        self,
        candidates: Mapping[int, Candidate],
        face: Callable[[int], Participant],
        touched: Iterable[int],
    ) -> Tick | None:
        """Moves on to what is true now; None when there is nothing to tell."""
        total = len(candidates)
        self.large = total >= (SMALL_FROM if self.large else LARGE_FROM)
        numbers = self._chosen(candidates) if self.large else candidates.keys()
        now = {number: face(number) for number in numbers}
        ahead, self.ahead = self.ahead, set()
        joined = [person for number, person in now.items() if number not in self.people]
        changed = [
            person
            for number, person in now.items()
            if number in self.people and (self.people[number] != person or number in ahead)
        ]
        left = [number for number in self.people if number not in now]
        # Somebody who is not told about any more still knows himself.
        alone = {
            number for number in (*left, *touched) if number in candidates and number not in now
        }
        if not (joined or changed or left or alone or total != self.total):
            return None
        self.sequence += 1
        self.total, self.people = total, now
        spread = Change(
            sequence=self.sequence, total=total, joined=joined, changed=changed, left=left
        )
        personal = {
            number: Change(
                sequence=self.sequence,
                total=total,
                joined=joined,
                changed=[*changed, face(number)],
                left=[other for other in left if other != number],
            )
            for number in alone
        }
        return Tick(spread, personal)

    def _chosen(self, candidates: Mapping[int, Candidate]) -> list[int]:
        moderators = sorted(c.number for c in candidates.values() if c.moderator)
        chosen = moderators[:MODERATORS_SHOWN]
        sources = [c for c in candidates.values() if c.source_on and not c.moderator]
        sources.sort(key=self._rank)
        return chosen + [c.number for c in sources[:SOURCES_SHOWN]]

    def _rank(self, candidate: Candidate) -> tuple[bool, bool, bool, int, int]:
        return (
            not candidate.screen,
            candidate.number not in self.recent,
            candidate.number not in self.people,
            candidate.on_since,
            candidate.number,
        )
