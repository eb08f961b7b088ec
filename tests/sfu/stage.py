"""An engine on a fake kernel, with the short commands that its tests need."""

from datetime import UTC, datetime
from typing import Any

from sfu.dtls import DtlsServer
from sfu.effects import DropActual, Publish, PublishLine, WriteActual
from sfu.engine import Engine
from sfu.sdp import Candidate, Identity
from tests.sfu import offers
from tests.sfu.dtls_client import DtlsClient
from tests.sfu.fake_kernel import FakeKernel
from zvonok.wire import bus
from zvonok.wire.bus import ActualSession, Description, SessionLine, Tile, WantedSession
from zvonok.wire.ids import KINDS, Kind

DTLS = DtlsServer(datetime(2026, 1, 1, tzinfo=UTC))
ALL: tuple[Kind, ...] = KINDS


def tile(slot: int, participant: int, height: int = 720, kind: str = "camera") -> Tile:
    return Tile(slot, participant, kind, height)  # type: ignore[arg-type]


class Stage:
    """Participant n is session "s<n>" of call "c" unless said otherwise."""

    def __init__(self, max_sessions: int = 100) -> None:
        self.kernel = FakeKernel(max_sessions)
        identity = Identity((Candidate("192.0.2.9", 8081),), DTLS.fingerprint)
        self.engine = Engine(self.kernel.as_kernel(), identity, DTLS)
        self.now = 0.0
        self.actual: dict[str, ActualSession] = {}
        """As the adapter would have stored it, by session."""
        self.answers: dict[str, str] = {}
        self.dropped: list[str] = []
        self.spoke: list[tuple[str, list[int]]] = []
        self.lines: list[SessionLine] = []
        self.wanted: dict[str, WantedSession] = {}
        self.offers: dict[str, Description] = {}

    def want(
        self,
        participant: int,
        offer: str | None = None,
        *,
        call: str = "c",
        previous: ActualSession | None = None,
        **changes: Any,
    ) -> ActualSession:
        """Joins, or changes what is wanted of who has joined; an offer is a new one, and None
        the first of a usual browser."""
        name = f"s{participant}"
        old = self.wanted.get(name)
        fields: dict[str, Any] = {
            "session": name,
            "participant": participant,
            "revision": old.revision + 1 if old else 1,
            "offer_id": old.offer_id + 1 if old and offer else old.offer_id if old else 1,
            "open": list(old.open) if old else [],
            "view": old.view if old else [],
            "moderator": old.moderator if old else False,
            "uplink": old.uplink if old else 0,
        }
        wanted = self.wanted[name] = WantedSession(**{**fields, **changes})
        if offer or old is None:
            self.offers[name] = Description(wanted.offer_id, offer or offers.browser())
        needed = self.engine.needs_offer(call, wanted, previous)
        self.engine.want(call, wanted, self.offers[name] if needed else None, previous, self.now)
        self.settle()
        return self.actual[name]

    def leave(self, participant: int, call: str = "c") -> None:
        self.engine.unwant(call, f"s{participant}", self.now)
        self.settle()

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.engine.handle_timer(self.now)
        self.settle()

    def speak(self, *handles: int, room: int = 1) -> None:
        self.engine.set_speakers(room, list(handles), self.now)
        self.settle()

    def connect(self, handle: int, client: DtlsClient) -> None:
        """Checks and a whole DTLS handshake."""
        self.engine.set_reachable(handle, True, self.now)
        for _ in range(3):
            for datagram in client.send():
                self.engine.receive_dtls(handle, datagram, self.now)
            for _, _, reply in self.kernel.take("send_dtls"):
                client.receive(reply)
        self.settle()

    def settle(self) -> None:
        """Carries out the effects as the adapter would; the kernel takes its commands at once."""
        self._carry_out()
        while self.kernel.marks:
            self.kernel.marks -= 1
            self.engine.handle_mark()
            self._carry_out()

    def answer(self, participant: int) -> str:
        """The text of the answer that is in force."""
        actual = self.actual[f"s{participant}"]
        answer = self.answers[actual.session]
        assert actual.answer == bus.digest([answer.encode()])
        return answer

    def _carry_out(self) -> None:
        for effect in self.engine.take_effects():
            match effect:
                case WriteActual(_, actual, answer):
                    self.actual[actual.session] = actual
                    if answer is not None:
                        assert answer.offer_id == actual.offer_id
                        self.answers[actual.session] = answer.sdp
                case DropActual(_, session):
                    self.actual.pop(session, None)
                    self.dropped.append(session)
                case Publish(call, notice):
                    self.spoke.append((call, notice.participants))
                case PublishLine(_, line):
                    self.lines.append(line)
