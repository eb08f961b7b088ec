"""One participant's connection: its negotiation, its keys, its sources and slots in the kernel."""

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from zvonok.wire import bus
from zvonok.wire.bus import (
    SESSION_CLOSED,
    ActualSession,
    Description,
    SessionLine,
    Tile,
    WantedSession,
)
from zvonok.wire.errors import ErrorBody, Refusal
from zvonok.wire.ids import KINDS, RIDS, Kind, Layer

from . import sdp
from .alerts import AlertReader
from .ceilings import MIDDLE, PLAIN, Ceiling
from .dtls import DtlsError, DtlsServer, Handshake
from .leaning import LARGEST, WHOLE, Leaning
from .uplink import Uplink
from .views import HEIGHTS, SCREEN_HEIGHT, Demand, layer_names, names_tell_sizes

if TYPE_CHECKING:
    from .kernel.core import Kernel

SESSION_LOST = ErrorBody(
    "session_lost", "The media server no longer has this connection; make a new one."
)

_UFRAG_BYTES = 8
_PASSWORD_BYTES = 16


@dataclass(frozen=True, slots=True)
class Shown:
    """What a video slot carries."""

    source: "Session"
    kind: Literal["camera", "screen"]
    layer: int
    temporal: int
    """The highest temporal layer that is wanted."""
    short: bool = False
    """A larger layer would fit the tile, but its publisher's line does not bear it."""


@dataclass(slots=True)
class Environment:
    """What all sessions of a process share."""

    kernel: "Kernel"
    identity: sdp.Identity
    dtls: DtlsServer


@dataclass(slots=True)
class Connection:
    """The part of a session that lives in the kernel."""

    handle: int
    offer: sdp.Offer
    plan: sdp.Plan
    credentials: tuple[str, str]
    ssrcs: dict[tuple[str, int], sdp.SlotSsrc]
    origin: int
    handshake: Handshake | None = None
    alerts: AlertReader | None = None
    """Once keyed."""
    keyed: bool = False
    """SRTP keys are set: the handshake is over."""
    moderator: bool = False
    reachable: bool = False
    """Checks of the peer arrive."""
    lost: bool = False
    """They did, and do not any more: its slots show nobody anything."""


class Session:
    """State of one wanted session. Knows itself and the kernel, not its room."""

    def __init__(self, call: str, wanted: WantedSession, environment: Environment) -> None:
        self.call = call
        self.id = wanted.session
        self.participant = wanted.participant
        self.wanted = wanted
        self.connection: Connection | None = None
        self.error: ErrorBody | None = None
        self.answer: Description | None = None
        self.offer_id = -1
        """Of the offer that was answered or refused last."""
        self.applied = 0
        """The revision of what is wanted that the kernel has made so."""
        self.peer: str | None = None
        """Whom the connection is or was with, by `peer_of`."""
        self.showing: dict[int, Shown] = {}
        self.given: dict[int, int | None] = {}
        """Layers that the slots in `showing` get, as the viewer's line bears it."""
        self.tiles: dict[int, Tile] = {}
        self.withheld: set[int] = set()
        """Slots that get nothing because their publishers' lines bear no picture."""
        self.published: frozenset[Kind] = frozenset()
        """Sources that are negotiated and open."""
        self.demand = _no_demand()
        self.heights: dict[str, tuple[int, ...]] = {}
        self.uplink: Uplink | None = None
        """Of who publishes our client's layers."""
        self.short = 0
        """Slots that would have larger layers of the camera, if this peer's line bore them."""
        self.limited = False
        """Of the camera more is wanted than this peer's line bears."""
        self.ceiling: Ceiling | None = None
        """Of the camera of who can be told what its layers may have."""
        self.leaning: Leaning | None = None
        """The same of its largest layer."""
        self.written: ActualSession | None = None
        self.line: SessionLine | None = None
        """As it was last told of."""
        self._digest: str | None = None
        self._environment = environment
        self._names: tuple[str, ...] = RIDS
        self._sizes_unknown = False
        self._measured: dict[int, int] = {}

    @property
    def handle(self) -> int:
        """Only of a session that has a connection."""
        assert self.connection is not None
        return self.connection.handle

    @property
    def keyless(self) -> bool:
        """Has a connection whose handshake is not over."""
        return self.connection is not None and not self.connection.keyed

    @property
    def lost(self) -> bool:
        """Nothing has come from the peer for long: what he shows, nobody sees."""
        return self.connection is not None and self.connection.lost

    @property
    def progress_at(self) -> float:
        """When the handshake last got further; long ago if there is none."""
        handshake = self.connection.handshake if self.connection is not None else None
        return handshake.progress_at if handshake is not None else 0.0

    def has_video_slot(self, number: int) -> bool:
        return self.connection is not None and ("video", number) in self.connection.ssrcs

    def actual(self) -> ActualSession:
        connection = self.connection
        names = [self._names[layer] for layer in self.demand["camera"].asked()]
        return ActualSession(
            session=self.id,
            revision=self.applied,
            offer_id=self.offer_id,
            answer=None if self.error else self._digest,
            peer=self.peer,
            error=self.error,
            sources=[source.kind for source in connection.plan.sources()] if connection else [],
            connected=connection is not None and connection.keyed and connection.reachable,
            camera_layers=cast(list[Literal["q", "h", "f"]], names),
            camera_ceilings=self._ceilings(),
            screen_shown=bool(self.demand["screen"].asked()),
            limited=self.limited,
        )

    # ── negotiation ──

    def continues(self, offer: sdp.Offer) -> bool:
        """Whether the offer comes from the peer that is or was connected: another certificate is
        another PeerConnection."""
        return self.participant == self.wanted.participant and self.peer == peer_of(offer)

    def open(self, room: int, offer: sdp.Offer, plan: sdp.Plan) -> None:
        """Makes a new connection and answers. Raises Refusal when the kernel is full."""
        kernel = self._environment.kernel
        credentials = _new_credentials()
        ufrag, password = (value.encode() for value in credentials)
        try:
            handle = kernel.open_session(room, self.wanted.participant, ufrag, password)
        except OverflowError:
            raise Refusal(503, "worker_full", "The media server is full.") from None
        self.participant = self.wanted.participant
        kernel.set_peer(handle, offer.ufrag.encode(), offer.password.encode())
        kernel.set_extensions(handle, **plan.extensions)
        for source in plan.sources():
            self._expect(handle, source)
        self._learn_layers(plan)
        ssrcs = new_ssrcs(plan, secrets.randbits)
        for slot in (*plan.slots("audio"), *plan.slots("video")):
            self._add_slot(handle, slot, ssrcs[slot.media, slot.number])
        origin = secrets.randbits(48)
        self.connection = Connection(handle, offer, plan, credentials, ssrcs, origin)
        self.peer = peer_of(offer)
        self._answer(self.connection)

    def renegotiate(self, offer: sdp.Offer, plan: sdp.Plan) -> None:
        """Answers once more; new ICE credentials of the peer restart ICE, nothing else changes.

        Raises Refusal when the sections are not the same.
        """
        connection = self.connection
        assert connection is not None
        if not plan.same_shape(connection.plan):
            raise Refusal(422, "sdp_changed", "The sections of an open connection cannot change.")
        if offer.ufrag != connection.offer.ufrag:
            connection.credentials = _new_credentials()
            ufrag, password = (value.encode() for value in connection.credentials)
            kernel = self._environment.kernel
            kernel.restart_ice(connection.handle, ufrag, password)
            kernel.set_peer(connection.handle, offer.ufrag.encode(), offer.password.encode())
        for before, after in zip(connection.plan.sources(), plan.sources(), strict=True):
            if before.ssrcs != after.ssrcs:
                self._expect(connection.handle, after)
        connection.offer, connection.plan = offer, plan
        self._answer(connection)

    def refuse(self, error: ErrorBody) -> None:
        """The offer is not answered; an open connection stays as it is."""
        self.error, self.answer, self._digest = error, None, None

    def _answer(self, connection: Connection) -> None:
        self.error = None
        answer = sdp.write_answer(
            connection.offer,
            connection.plan,
            self._environment.identity,
            origin=(connection.origin, self.offer_id),
            credentials=connection.credentials,
            ssrcs=connection.ssrcs,
        )
        self.answer = Description(self.offer_id, answer)
        self._digest = bus.digest([answer.encode()])

    def _expect(self, handle: int, source: sdp.Source) -> None:
        feedback = source.codec.feedback
        self._environment.kernel.expect(
            handle,
            KINDS.index(source.kind),
            mid=source.mid.encode(),
            payload_type=source.codec.payload_type,
            rtx_payload_type=source.rtx.payload_type if source.rtx else 0,
            red_payload_type=source.red.payload_type if source.red else 0,
            clock_rate=source.codec.clock_rate,
            rids=tuple(rid.encode() for rid in source.rids),
            ssrcs=source.ssrcs,
            nack="nack" in feedback,
            transport_cc=source.transport_cc,
            remb="goog-remb" in feedback,
        )

    def layers(self, kind: Kind) -> Collection[int] | None:
        """Those that may be asked for; None: all."""
        return self.uplink.layers if kind == "camera" and self.uplink is not None else None

    def hear_uplink(self, now: float) -> bool:
        """Whether what the peer's browser thinks that it can send changes the camera's layers."""
        return self.uplink is not None and self.uplink.hear(
            self.wanted.uplink,
            screen="screen" in self.published,
            now=now,
        )

    def _ceilings(self) -> dict[Layer, int]:
        ceilings = {}
        if self.ceiling is not None and self.ceiling.now != PLAIN:
            ceilings[cast(Layer, self._names[MIDDLE])] = self.ceiling.now
        if self.leaning is not None and self.leaning.now != WHOLE:
            ceilings[cast(Layer, self._names[LARGEST])] = self.leaning.now
        return ceilings

    def settle_ceilings(self, now: float) -> bool:
        """All viewers have been looked at once more. Whether a layer of the camera may have another
        bit rate than before."""
        ceiling, leaning, uplink = self.ceiling, self.leaning, self.uplink
        if ceiling is None or leaning is None or uplink is None:
            return False
        asked = self.demand["camera"].asked()
        before = leaning.now
        # Both have to know that the round is over.
        leans = leaning.settle(now)
        if leaning.now < before:
            kernel, kind = self._environment.kernel, KINDS.index("camera")
            kernel.set_leaner(self.handle, kind, LARGEST)
        richer = ceiling.settle(now, asked=asked, uplink=uplink.bears, largest=leaning.now)
        return richer or leans

    @property
    def ceilings_idle(self) -> bool:
        """There is nothing to settle before somebody looks again."""
        if self.ceiling is None or self.leaning is None:
            return True
        return self.ceiling.idle and self.leaning.idle

    def layer_name(self, layer: int) -> str | None:
        """What clients call a layer of the camera; None: there is no such layer."""
        return self._names[layer] if 0 <= layer < len(self._names) else None

    def learn_height(self, kind: Kind, layer: int, height: int) -> bool:
        """Whether a layer's real height is news: only if its name does not tell its size."""
        heights = self.heights.get(kind, ())
        if kind != "camera" or not self._sizes_unknown or layer >= len(heights):
            return False
        self._measured[layer] = height
        # A layer of which no picture came serves nobody, whatever its place.
        self.heights[kind] = tuple(self._measured.get(n, 0) for n in range(len(heights)))
        return self.heights[kind] != heights

    def _learn_layers(self, plan: sdp.Plan) -> None:
        for source in plan.sources():
            if source.kind == "camera":
                self._names = layer_names(source.rids, source.layers)
                self.heights["camera"] = tuple(HEIGHTS[name] for name in self._names)
                self.demand["camera"] = Demand(source.layers)
                self._measured = {}
                ours = self._names == RIDS and self.wanted.kind == "browser"
                self.uplink = Uplink(self.wanted.uplink) if self._names == RIDS else None
                self.ceiling = Ceiling() if ours else None
                self.leaning = Leaning() if ours else None
                self._sizes_unknown = source.layers > 1 and not names_tell_sizes(source.rids)
            elif source.kind == "screen":
                self.heights["screen"] = (SCREEN_HEIGHT,) * source.layers
                self.demand["screen"] = Demand(source.layers)

    def _add_slot(self, handle: int, slot: sdp.Slot, ssrc: sdp.SlotSsrc) -> None:
        kernel = self._environment.kernel
        payload_type = slot.codec.payload_type
        if slot.media == "audio":
            kernel.add_audio_slot(
                handle,
                slot.number,
                ssrc=ssrc.media,
                payload_type=payload_type,
                red_payload_type=slot.red.payload_type if slot.red else 0,
                transport_cc=slot.transport_cc,
            )
            return
        kernel.add_video_slot(
            handle,
            slot.number,
            ssrc=ssrc.media,
            rtx_ssrc=ssrc.rtx,
            payload_type=payload_type,
            rtx_payload_type=slot.rtx.payload_type if slot.rtx else 0,
            transport_cc=slot.transport_cc,
        )

    def close(self) -> None:
        """Forgets the connection; the room must have withdrawn it before."""
        if self.connection is not None:
            self._environment.kernel.close_session(self.connection.handle)
            self.connection = None
        self.line = None
        self.ceiling = self.leaning = None
        self.showing.clear()
        self.given.clear()
        self.demand = _no_demand()

    # ── DTLS ──

    def receive_dtls(self, datagram: bytes, now: float) -> None:
        """Raises DtlsError, SESSION_CLOSED if the peer has said that it is gone."""
        connection = self.connection
        if connection is None:
            return
        if connection.keyed:
            if connection.alerts is not None and connection.alerts.ended(datagram):
                raise DtlsError(SESSION_CLOSED)
            if connection.handshake is None:
                return
        kernel = self._environment.kernel
        if connection.handshake is None:
            connection.handshake = self._environment.dtls.handshake(
                connection.offer.fingerprints, now
            )
        try:
            output = connection.handshake.receive(datagram, now)
        except DtlsError as error:
            for alert in error.datagrams:
                kernel.send_dtls(connection.handle, alert)
            raise
        for reply in output.datagrams:
            kernel.send_dtls(connection.handle, reply)
        if output.keys is not None:
            keys = output.keys
            kernel.set_keys(connection.handle, keys.profile, keys.inbound, keys.outbound)
            connection.keyed = True
            connection.alerts = output.alerts

    def handle_timer(self, now: float) -> bool:
        """Repeats lost flights; False once there is no handshake to watch. Raises DtlsError."""
        connection = self.connection
        if connection is None or connection.handshake is None:
            return False
        if connection.handshake.expired(now):
            connection.handshake = None
            return False
        for datagram in connection.handshake.handle_timer(now):
            self._environment.kernel.send_dtls(connection.handle, datagram)
        return True


def peer_of(offer: sdp.Offer) -> str:
    """Names a PeerConnection by what it proves to be."""
    return bus.digest([f.algorithm.encode() + f.digest for f in offer.fingerprints])


def _no_demand() -> dict[str, Demand]:
    return {"camera": Demand(0), "screen": Demand(0)}


def _new_credentials() -> tuple[str, str]:
    """Ufrag and password, 64 and 128 random bits (RFC 8445 §5.3 asks for 24 and 128)."""
    return secrets.token_hex(_UFRAG_BYTES), secrets.token_hex(_PASSWORD_BYTES)


def new_ssrcs(
    plan: sdp.Plan, randbits: Callable[[int], int]
) -> dict[tuple[str, int], sdp.SlotSsrc]:
    """An SSRC for each slot, and one for its repair; none is 0, twice there, or the peer's."""
    taken = {0} | {ssrc for source in plan.sources() for pair in source.ssrcs for ssrc in pair}

    def fresh() -> int:
        value = 0
        while value in taken:
            value = randbits(32)
        taken.add(value)
        return value

    ssrcs = {}
    for media in ("audio", "video"):
        for slot in plan.slots(media):
            ssrcs[media, slot.number] = sdp.SlotSsrc(fresh(), fresh() if slot.rtx else 0)
    return ssrcs
