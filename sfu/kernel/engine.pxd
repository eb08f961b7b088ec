"""The kernel's state machine: datagrams, commands and the time in; datagrams and events out."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t

from sfu.kernel.addresses cimport path
from sfu.kernel.state cimport engine, expectation

cdef engine* engine_open(int32_t max_sessions, int64_t wall) noexcept nogil
    # `wall`: NTP in µs less monotonic µs. NULL without memory.
cdef void engine_close(engine* e) noexcept nogil
cdef void engine_receive(engine* e, const path* from_path, uint8_t* data, size_t length) noexcept nogil
    # One datagram at e.now; it is decrypted in place.
cdef void engine_woke(engine* e) noexcept nogil
    # The thread runs at e.now: to be called before anything that came meanwhile is looked at.
cdef void engine_tick(engine* e) noexcept nogil
    # Does what is due at e.now; to be called about every 10 ms.

# Commands. Indices have been checked by the caller.
cdef void engine_open_session(engine* e, int32_t index, int32_t room, uint32_t participant,
                              const uint8_t* ufrag, size_t ufrag_length, const uint8_t* password,
                              size_t password_length) noexcept nogil
cdef void engine_close_session(engine* e, int32_t index) noexcept nogil
cdef void engine_set_room(engine* e, int32_t index, int32_t room) noexcept nogil
cdef void engine_set_keys(engine* e, int32_t index, int32_t profile, const uint8_t* inbound,
                          const uint8_t* outbound, size_t length) noexcept nogil
cdef void engine_expect(engine* e, int32_t index, int32_t kind, const expectation* x) noexcept nogil
cdef void engine_set_gate(engine* e, int32_t index, int32_t kind, bint open_gate) noexcept nogil
cdef void engine_add_slot(engine* e, int32_t index, int32_t slot_index, bint video, uint32_t ssrc,
                          uint32_t rtx_ssrc, uint8_t payload_type, uint8_t repair_payload_type,
                          bint transport_cc,
                          uint32_t random) noexcept nogil
    # `repair_payload_type`: of a picture RTX, of sound RED (RFC 2198); 0: not negotiated.
cdef void engine_send_dtls(engine* e, int32_t index, const uint8_t* data, size_t length) noexcept nogil
