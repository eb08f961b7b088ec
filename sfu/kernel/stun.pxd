"""STUN (RFC 8489) as an ICE-lite agent needs it (RFC 8445): parse, check, answer."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

cdef enum:
    STUN_REQUEST = 0
    STUN_INDICATION = 1
    STUN_OTHER = 2
    STUN_SUCCESS = 3
    STUN_MALFORMED = -1

    STUN_MAX_ANSWER = 160
    STUN_MAX_CHECK = 640

cdef struct stun_request:
    uint8_t transaction[12]
    # Points into the parsed datagram; NULL when absent.
    const uint8_t* username
    size_t username_len
    bint has_integrity
    bint use_candidate
    bint ice_controlling
    bint ice_controlled
    uint32_t priority
    # Offset of the FINGERPRINT attribute; 0: there is none.
    size_t fingerprint_at
    # Offset of the MESSAGE-INTEGRITY attribute.
    size_t integrity_at
    # First unknown comprehension-required attribute or 0.
    uint16_t unknown_required

cdef int stun_parse(const uint8_t* data, size_t length, stun_request* out) noexcept nogil
    # STUN_REQUEST: a binding request; STUN_INDICATION: a binding indication; STUN_SUCCESS: a
    # binding success; STUN_OTHER: another STUN message; STUN_MALFORMED: not STUN or wrong lengths.
    # No byte is summed up here: what a message costs before its sender is looked up is its
    # number of attributes, of which more than 32 are malformed too.
cdef bint stun_check_fingerprint(const uint8_t* data, const stun_request* r) noexcept nogil
    # True when there is none.
cdef bint stun_check_integrity(const uint8_t* data, size_t length, const stun_request* r,
                               const uint8_t* password, size_t password_len) noexcept nogil
cdef int stun_success(const stun_request* r, const uint8_t* ip, size_t ip_len, uint16_t port,
                      const uint8_t* password, size_t password_len,
                      uint8_t* out, size_t cap) noexcept nogil
    # `ip` in network order, 4 or 16 bytes; `port` in host order. Length or −1.
cdef int stun_write_check(const uint8_t* transaction, const uint8_t* username, size_t username_len,
                          const uint8_t* tie_breaker, const uint8_t* password, size_t password_len,
                          uint8_t* out, size_t cap) noexcept nogil
    # A check of ours, as the controlled side (RFC 8445 §7.1); room for STUN_MAX_CHECK. Length or −1.
cdef int stun_error(const stun_request* r, int code, const uint8_t* password, size_t password_len,
                    uint8_t* out, size_t cap) noexcept nogil
    # 400, 401, 420 (names `unknown_required`) or 487; without MESSAGE-INTEGRITY when `password`
    # is NULL. Length or −1.
