import secrets
from collections import deque

from libc.stdint cimport uint8_t, uint32_t
from libc.stdlib cimport calloc
from libc.string cimport memcpy, memset

from sfu.kernel.loop cimport (
    ADD_SLOT, CLOSE_SESSION, COMMAND_DATA, EXPECT, MARK, OPEN_SESSION, RESTART_ICE,
    SEND_DTLS, SET_EXTENSIONS, SET_GATE, SET_KEYS, SET_LEANER, SET_MODERATOR, SET_PEER, SET_ROOM, SET_SCREEN_AUDIO, SET_SLOT,
    command, command_push)
from sfu.kernel.sizes cimport AUDIO_SLOTS, KINDS, LAYERS, MAX_ROOMS, PEER_CREDENTIAL, TEMPORAL, VIDEO_SLOTS
from sfu.kernel.srtp cimport SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80
from sfu.kernel.state cimport expectation

KEY_LENGTHS = {SRTP_AES128_CM_SHA1_80: 30, SRTP_AEAD_AES_128_GCM: 28}


cdef class Sessions:
    def _open_handles(self, max_sessions):
        self.free_sessions = deque(range(max_sessions))
        self.open_sessions = set()
        self.rooms = {}
        self.room_names = {}
        self.room_of = {}
        self.free_rooms = list(range(MAX_ROOMS - 1, -1, -1))

    cdef int _command(self, int operation, int session, long long a=0, long long b=0, long long c=0,
                      long long d=0, bytes data=b"", size_t first=0,
                      expectation* expect=NULL) except -1:
        cdef command* n
        if self.closed:
            raise ValueError("the kernel is closed")
        if len(data) > COMMAND_DATA:
            raise ValueError(f"{len(data)} bytes; at most {COMMAND_DATA}")
        if operation not in (OPEN_SESSION, MARK) and session not in self.open_sessions:
            raise ValueError(f"session {session} is not open")
        n = <command*>calloc(1, sizeof(command))
        if n == NULL:
            raise MemoryError
        n.operation, n.session = operation, session
        n.a, n.b, n.c, n.d = a, b, c, d
        n.first, n.length = first, len(data)
        memcpy(n.data, <const uint8_t*>data, len(data))
        if expect != NULL:
            n.expect = expect[0]
        self._submit(n)
        return 0

    cdef void _submit(self, command* n):
        command_push(&self.shared, n)

    cdef int _enter(self, int session, room) except -1:
        if room not in self.rooms:
            if not self.free_rooms:
                raise OverflowError(f"{MAX_ROOMS} rooms are in use")
            self.rooms[room] = [self.free_rooms.pop(), 0]
            self.room_names[self.rooms[room][0]] = room
        self.rooms[room][1] += 1
        self.room_of[session] = room
        return self.rooms[room][0]

    cdef void _go_out(self, int session):
        room = self.room_of.pop(session)
        place = self.rooms[room]
        place[1] -= 1
        if place[1] == 0:
            del self.rooms[room]
            del self.room_names[place[0]]
            self.free_rooms.insert(0, place[0])

    def open_session(self, room, participant, bytes ufrag, bytes password):
        if not 4 <= len(ufrag) <= 32 or not 22 <= len(password) <= 64:
            raise ValueError("a ufrag has 4 to 32 bytes, a password 22 to 64")
        if not 0 < participant < 1 << 30:
            raise ValueError(f"participant {participant}; 1 to {(1 << 30) - 1}")
        if not self.free_sessions:
            raise OverflowError("all sessions are in use")
        session = self.free_sessions.popleft()
        place = self._enter(session, room)
        self.open_sessions.add(session)
        self._command(OPEN_SESSION, session, place, participant, 0, 0, ufrag + password, len(ufrag))
        return session

    def restart_ice(self, int session, bytes ufrag, bytes password):
        if not 4 <= len(ufrag) <= 32 or not 22 <= len(password) <= 64:
            raise ValueError("a ufrag has 4 to 32 bytes, a password 22 to 64")
        self._command(RESTART_ICE, session, 0, 0, 0, 0, ufrag + password, len(ufrag))

    def set_peer(self, int session, bytes ufrag, bytes password):
        if not 0 < len(ufrag) <= PEER_CREDENTIAL or not 0 < len(password) <= PEER_CREDENTIAL:
            raise ValueError(f"a peer's ufrag and password have 1 to {PEER_CREDENTIAL} bytes")
        self._command(SET_PEER, session, 0, 0, 0, 0, ufrag + password, len(ufrag))

    def close_session(self, int session):
        self._command(CLOSE_SESSION, session)
        self.open_sessions.discard(session)
        self._go_out(session)

    def set_room(self, int session, room):
        if session not in self.open_sessions:
            raise ValueError(f"session {session} is not open")
        if self.room_of[session] != room:
            self._go_out(session)
            self._command(SET_ROOM, session, self._enter(session, room))

    def set_moderator(self, int session, bint moderator):
        self._command(SET_MODERATOR, session, moderator)

    def send_dtls(self, int session, bytes datagram):
        self._command(SEND_DTLS, session, 0, 0, 0, 0, datagram)

    def set_keys(self, int session, int profile, bytes inbound, bytes outbound):
        if KEY_LENGTHS.get(profile) != len(inbound) or len(inbound) != len(outbound):
            raise ValueError(f"profile {profile:#06x} with keys of {len(inbound)} and {len(outbound)} bytes")
        self._command(SET_KEYS, session, profile, 0, 0, 0, inbound + outbound, len(inbound))

    def set_extensions(self, int session, *, mid=0, rid=0, repaired_rid=0, audio_level=0,
                       transport_cc=0, abs_send_time=0):
        self._command(SET_EXTENSIONS, session, 0, 0, 0, 0, bytes(
            (mid, rid, repaired_rid, audio_level, transport_cc, abs_send_time)))

    def expect(self, int session, int kind, *, bytes mid, int payload_type, int rtx_payload_type=0,
               int red_payload_type=0, int clock_rate=90000, rids=(), ssrcs=(), bint nack=False, bint transport_cc=False,
               bint remb=False):
        cdef expectation x
        cdef int i
        self._check_kind(kind)
        if len(mid) > 16 or len(rids) > LAYERS or len(ssrcs) > LAYERS or any(len(r) > 16 for r in rids):
            raise ValueError(f"at most {LAYERS} layers, names of at most 16 bytes")
        if clock_rate <= 0:
            raise ValueError(f"clock rate {clock_rate}")
        memset(&x, 0, sizeof(x))
        memcpy(x.mid, <const uint8_t*>mid, len(mid))
        x.mid_length = len(mid)
        x.payload_type, x.rtx_payload_type = payload_type, rtx_payload_type
        x.red_payload_type = red_payload_type
        x.clock_rate = clock_rate
        x.layers = max(len(rids), len(ssrcs), 1)
        for i, rid in enumerate(rids):
            memcpy(x.rids[i], <const uint8_t*>rid, len(rid))
            x.rid_lengths[i] = len(rid)
        for i, (media, rtx) in enumerate(ssrcs):
            x.ssrcs[i], x.rtx_ssrcs[i] = media, rtx
        x.nack, x.transport_cc, x.remb = nack, transport_cc, remb
        self._command(EXPECT, session, kind, 0, 0, 0, b"", 0, &x)

    def set_gate(self, int session, int kind, bint open):
        self._check_kind(kind)
        self._command(SET_GATE, session, kind, open)

    def set_leaner(self, int session, int kind, int layer):
        self._check_kind(kind)
        if not 0 <= layer < LAYERS:
            raise ValueError(f"layer {layer}; 0 to {LAYERS - 1}")
        self._command(SET_LEANER, session, kind, layer)

    def add_audio_slot(self, int session, int slot, *, uint32_t ssrc, int payload_type,
                       int red_payload_type=0, bint transport_cc=False):
        if not 0 <= slot < AUDIO_SLOTS:
            raise ValueError(f"audio slot {slot}; 0 to {AUDIO_SLOTS - 1}")
        self._command(ADD_SLOT, session, slot, ssrc, 0, secrets.randbits(32),
                      bytes((payload_type, red_payload_type, 0, transport_cc)))

    def add_video_slot(self, int session, int slot, *, uint32_t ssrc, uint32_t rtx_ssrc,
                       int payload_type, int rtx_payload_type, bint transport_cc=False):
        self._check_slot(slot)
        self._command(ADD_SLOT, session, AUDIO_SLOTS + slot, ssrc, rtx_ssrc, secrets.randbits(32),
                      bytes((payload_type, rtx_payload_type, 1, transport_cc)))

    def set_slot(self, int session, int slot, int source, int kind, int layer, *, int height=0,
                 int temporal=TEMPORAL - 1):
        self._check_slot(slot)
        self._check_kind(kind)
        if source not in self.open_sessions:
            raise ValueError(f"session {source} is not open")
        if not 0 <= layer < LAYERS:
            raise ValueError(f"layer {layer}; 0 to {LAYERS - 1}")
        if not 0 <= height <= 0xFFFF or not 0 <= temporal < TEMPORAL:
            raise ValueError(f"height {height}, temporal layer {temporal}")
        self._command(SET_SLOT, session, AUDIO_SLOTS + slot, source * KINDS + kind, layer,
                      height | temporal << 16)

    def clear_slot(self, int session, int slot):
        self._check_slot(slot)
        self._command(SET_SLOT, session, AUDIO_SLOTS + slot, -1)

    def set_screen_audio(self, room, int session):
        if session >= 0:
            if self.room_of.get(session) != room:
                raise ValueError(f"session {session} is not in this room")
            self._command(SET_SCREEN_AUDIO, session, 1)
            return
        for member, where in self.room_of.items():
            if where == room:
                self._command(SET_SCREEN_AUDIO, member, 0)
                return

    def mark(self):
        self._command(MARK, 0)

    def _check_kind(self, int kind):
        if not 0 <= kind < KINDS:
            raise ValueError(f"kind {kind}; 0 to {KINDS - 1}")

    def _check_slot(self, int slot):
        if not 0 <= slot < VIDEO_SLOTS:
            raise ValueError(f"video slot {slot}; 0 to {VIDEO_SLOTS - 1}")
