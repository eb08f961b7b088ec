# cython: cdivision=True
"""STUN (RFC 8489) as an ICE-lite agent needs it (RFC 8445): parse, check, answer."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy, memset

from sfu.kernel.bytes cimport load16, load32, store16, store32
from sfu.kernel.sha1 cimport (
    CRYPTO_memcmp,
    SHA1_LENGTH,
    SHA1_Update,
    SHA_CTX,
    hmac_finish,
    hmac_init,
    hmac_key,
)

cdef enum:
    HEADER = 20
    ATTRIBUTE = 4
    BINDING_REQUEST = 0x0001
    BINDING_INDICATION = 0x0011
    BINDING_SUCCESS = 0x0101
    BINDING_ERROR = 0x0111
    USERNAME = 0x0006
    MESSAGE_INTEGRITY = 0x0008
    ERROR_CODE = 0x0009
    UNKNOWN_ATTRIBUTES = 0x000A
    REALM = 0x0014
    NONCE = 0x0015
    XOR_MAPPED_ADDRESS = 0x0020
    PRIORITY = 0x0024
    USE_CANDIDATE = 0x0025
    FINGERPRINT = 0x8028
    ICE_CONTROLLED = 0x8029
    ICE_CONTROLLING = 0x802A
    COMPREHENSION_OPTIONAL = 0x8000
    MAX_USERNAME = 513
    # A check has about ten attributes
    MAX_ATTRIBUTES = 32

cdef uint32_t COOKIE = 0x2112A442u
# Peer-reflexive, the only component (RFC 8445 §5.1.2.1)
cdef uint32_t OUR_PRIORITY = (110u << 24) | (65535u << 8) | 255u
cdef uint32_t FINGERPRINT_XOR = 0x5354554Eu

# CRC-32 (ISO 3309), four bits at a time.
cdef uint32_t[16] CRC = [
    0x00000000u, 0x1DB71064u, 0x3B6E20C8u, 0x26D930ACu,
    0x76DC4190u, 0x6B6B51F4u, 0x4DB26158u, 0x5005713Cu,
    0xEDB88320u, 0xF00F9344u, 0xD6D6A3E8u, 0xCB61B38Cu,
    0x9B64C2B0u, 0x86D3D2D4u, 0xA00AE278u, 0xBDBDF21Cu,
]


cdef inline size_t padded(size_t length) noexcept nogil:
    return (length + 3) & ~<size_t>3


cdef uint32_t _fingerprint(const uint8_t* data, size_t length) noexcept nogil:
    cdef uint32_t crc = 0xFFFFFFFFu
    cdef size_t i
    for i in range(length):
        crc ^= data[i]
        crc = (crc >> 4) ^ CRC[crc & 15]
        crc = (crc >> 4) ^ CRC[crc & 15]
    return ~crc ^ FINGERPRINT_XOR


cdef void _integrity(const uint8_t* data, size_t integrity_at, const uint8_t* password,
                     size_t password_len, uint8_t* digest) noexcept nogil:
    """HMAC-SHA1 over what precedes the attribute, the length field reaching to its end."""
    cdef hmac_key key
    cdef SHA_CTX message
    cdef uint8_t head[4]
    hmac_init(&key, password, password_len)
    message = key.inner
    memcpy(head, data, 2)
    store16(head + 2, <uint16_t>(integrity_at + ATTRIBUTE + SHA1_LENGTH - HEADER))
    SHA1_Update(&message, head, 4)
    SHA1_Update(&message, data + 4, integrity_at - 4)
    hmac_finish(&key, &message, digest)


cdef bint _take(stun_request* r, uint16_t kind, const uint8_t* value,
                size_t length) noexcept nogil:
    """One attribute before MESSAGE-INTEGRITY; only its first occurrence counts (RFC 8489 §14)."""
    if kind == USERNAME:
        if length > MAX_USERNAME:
            return False
        if r.username == NULL:
            r.username = value
            r.username_len = length
    elif kind == PRIORITY:
        if length != 4:
            return False
        if r.priority == 0:
            r.priority = load32(value)
    elif kind == USE_CANDIDATE:
        if length != 0:
            return False
        r.use_candidate = True
    elif kind == ICE_CONTROLLING or kind == ICE_CONTROLLED:
        if length != 8:
            return False
        if kind == ICE_CONTROLLING:
            r.ice_controlling = True
        else:
            r.ice_controlled = True
    elif kind < COMPREHENSION_OPTIONAL and r.unknown_required == 0:
        # Known to RFC 8489 §18.3 though without meaning in a check.
        if kind not in (0x0001, ERROR_CODE, UNKNOWN_ATTRIBUTES, REALM, NONCE, XOR_MAPPED_ADDRESS):
            r.unknown_required = kind
    return True


cdef int _classify(uint16_t kind) noexcept nogil:
    if kind == BINDING_REQUEST:
        return STUN_REQUEST
    if kind == BINDING_INDICATION:
        return STUN_INDICATION
    if kind == BINDING_SUCCESS:
        return STUN_SUCCESS
    return STUN_OTHER


cdef int stun_parse(const uint8_t* data, size_t length, stun_request* out) noexcept nogil:
    cdef size_t at = HEADER
    cdef size_t size
    cdef uint16_t kind
    cdef int count = 0
    memset(out, 0, sizeof(stun_request))
    if length < HEADER or length > 65535 or data[0] & 0xC0 or load32(data + 4) != COOKIE:
        return STUN_MALFORMED
    if load16(data + 2) & 3 or load16(data + 2) != length - HEADER:
        return STUN_MALFORMED
    memcpy(out.transaction, data + 8, 12)
    # The length is a multiple of 4 and every step too, so a whole attribute header is left.
    while at < length:
        count += 1
        if count > MAX_ATTRIBUTES:
            return STUN_MALFORMED
        kind = load16(data + at)
        size = load16(data + at + 2)
        if padded(size) > length - at - ATTRIBUTE:
            return STUN_MALFORMED
        if kind == FINGERPRINT:
            if size != 4 or at + ATTRIBUTE + 4 != length:
                return STUN_MALFORMED
            out.fingerprint_at = at
        elif out.has_integrity:
            pass
        elif kind == MESSAGE_INTEGRITY:
            if size != SHA1_LENGTH:
                return STUN_MALFORMED
            out.has_integrity = True
            out.integrity_at = at
        elif not _take(out, kind, data + at + ATTRIBUTE, size):
            return STUN_MALFORMED
        at += ATTRIBUTE + padded(size)
    return _classify(load16(data))


cdef bint stun_check_fingerprint(const uint8_t* data, const stun_request* r) noexcept nogil:
    if r.fingerprint_at == 0:
        return True
    return load32(data + r.fingerprint_at + ATTRIBUTE) == _fingerprint(data, r.fingerprint_at)


cdef bint stun_check_integrity(const uint8_t* data, size_t length, const stun_request* r,
                               const uint8_t* password, size_t password_len) noexcept nogil:
    cdef uint8_t digest[SHA1_LENGTH]
    if not r.has_integrity or r.integrity_at < HEADER:
        return False
    if length < r.integrity_at + ATTRIBUTE + SHA1_LENGTH:
        return False
    _integrity(data, r.integrity_at, password, password_len, digest)
    return CRYPTO_memcmp(digest, data + r.integrity_at + ATTRIBUTE, SHA1_LENGTH) == 0


# ------------------------------------------------------------------------------------- writing

cdef inline size_t _attribute(uint8_t* out, size_t at, uint16_t kind, size_t size) noexcept nogil:
    """Writes an attribute's header and returns where its value goes."""
    store16(out + at, kind)
    store16(out + at + 2, <uint16_t>size)
    return at + ATTRIBUTE


cdef void _start(const uint8_t* transaction, uint16_t kind, uint8_t* out) noexcept nogil:
    store16(out, kind)
    store16(out + 2, 0)
    store32(out + 4, COOKIE)
    memcpy(out + 8, transaction, 12)


cdef int _finish(const uint8_t* password, size_t password_len, uint8_t* out,
                 size_t at) noexcept nogil:
    """Adds MESSAGE-INTEGRITY and FINGERPRINT, for which the caller made sure of room."""
    cdef size_t value
    if password != NULL:
        value = _attribute(out, at, MESSAGE_INTEGRITY, SHA1_LENGTH)
        _integrity(out, at, password, password_len, out + value)
        at = value + SHA1_LENGTH
    value = _attribute(out, at, FINGERPRINT, 4)
    store16(out + 2, <uint16_t>(value + 4 - HEADER))
    store32(out + value, _fingerprint(out, at))
    return <int>(value + 4)


cdef int stun_success(const stun_request* r, const uint8_t* ip, size_t ip_len, uint16_t port,
                      const uint8_t* password, size_t password_len,
                      uint8_t* out, size_t cap) noexcept nogil:
    cdef uint8_t mask[16]
    cdef size_t value
    cdef size_t i
    if cap < STUN_MAX_ANSWER or (ip_len != 4 and ip_len != 16):
        return -1
    _start(r.transaction, BINDING_SUCCESS, out)
    store32(mask, COOKIE)
    memcpy(mask + 4, r.transaction, 12)
    value = _attribute(out, HEADER, XOR_MAPPED_ADDRESS, 4 + ip_len)
    out[value] = 0
    out[value + 1] = 1 if ip_len == 4 else 2
    store16(out + value + 2, <uint16_t>(port ^ (COOKIE >> 16)))
    for i in range(ip_len):
        out[value + 4 + i] = ip[i] ^ mask[i]
    return _finish(password, password_len, out, value + 4 + ip_len)


cdef int stun_write_check(const uint8_t* transaction, const uint8_t* username, size_t username_len,
                          const uint8_t* tie_breaker, const uint8_t* password, size_t password_len,
                          uint8_t* out, size_t cap) noexcept nogil:
    cdef size_t value
    cdef size_t at
    if username_len > MAX_USERNAME or cap < STUN_MAX_CHECK:
        return -1
    _start(transaction, BINDING_REQUEST, out)
    value = _attribute(out, HEADER, USERNAME, username_len)
    memcpy(out + value, username, username_len)
    memset(out + value + username_len, 0, padded(username_len) - username_len)
    at = value + padded(username_len)
    value = _attribute(out, at, PRIORITY, 4)
    store32(out + value, OUR_PRIORITY)
    value = _attribute(out, value + 4, ICE_CONTROLLED, 8)
    memcpy(out + value, tie_breaker, 8)
    return _finish(password, password_len, out, value + 8)


cdef const char* _reason(int code) noexcept nogil:
    if code == 400:
        return "Bad Request"
    if code == 401:
        return "Unauthenticated"
    if code == 420:
        return "Unknown Attribute"
    if code == 487:
        return "Role Conflict"
    return NULL


cdef int stun_error(const stun_request* r, int code, const uint8_t* password, size_t password_len,
                    uint8_t* out, size_t cap) noexcept nogil:
    cdef const char* reason = _reason(code)
    cdef size_t size = 0
    cdef size_t value
    cdef size_t at
    if cap < STUN_MAX_ANSWER or reason == NULL:
        return -1
    while reason[size]:
        size += 1
    _start(r.transaction, BINDING_ERROR, out)
    value = _attribute(out, HEADER, ERROR_CODE, 4 + size)
    memset(out + value, 0, 4 + padded(size))
    out[value + 2] = code // 100
    out[value + 3] = code % 100
    memcpy(out + value + 4, reason, size)
    at = value + 4 + padded(size)
    if code == 420:
        value = _attribute(out, at, UNKNOWN_ATTRIBUTES, 2)
        store16(out + value, r.unknown_required)
        store16(out + value + 2, 0)
        at = value + 4
    return _finish(password, password_len, out, at)


# ------------------------------------------------------------------------------ as Python sees it

cdef class Message:
    """A parsed message; keeps the datagram that `username` points into."""

    cdef stun_request request
    cdef bytes data
    cdef readonly int kind

    def __init__(self, bytes data):
        self.data = data
        self.kind = stun_parse(data, len(data), &self.request)
        if self.kind == STUN_MALFORMED or not stun_check_fingerprint(data, &self.request):
            raise ValueError("not STUN or malformed")

    @property
    def transaction(self):
        return bytes(self.request.transaction[:12])

    @property
    def username(self):
        if self.request.username == NULL:
            return None
        return bytes(self.request.username[:self.request.username_len])

    @property
    def has_integrity(self):
        return bool(self.request.has_integrity)

    @property
    def has_fingerprint(self):
        return self.request.fingerprint_at != 0

    @property
    def use_candidate(self):
        return bool(self.request.use_candidate)

    @property
    def ice_controlling(self):
        return bool(self.request.ice_controlling)

    @property
    def ice_controlled(self):
        return bool(self.request.ice_controlled)

    @property
    def priority(self):
        return self.request.priority

    @property
    def unknown_required(self):
        return self.request.unknown_required

    def check_integrity(self, bytes password):
        return bool(stun_check_integrity(self.data, len(self.data), &self.request, password,
                                         len(password)))

    def success(self, bytes ip, uint16_t port, bytes password):
        cdef uint8_t out[STUN_MAX_ANSWER]
        cdef int length = stun_success(&self.request, ip, len(ip), port, password, len(password),
                                       out, STUN_MAX_ANSWER)
        if length < 0:
            raise ValueError("an address has 4 or 16 bytes")
        return bytes(out[:length])

    def error(self, int code, password=None):
        cdef uint8_t out[STUN_MAX_ANSWER]
        cdef bytes key = password or b""
        cdef const uint8_t* signed_with = NULL
        cdef int length
        if password is not None:
            signed_with = key
        length = stun_error(&self.request, code, signed_with, len(key), out, STUN_MAX_ANSWER)
        if length < 0:
            raise ValueError("unknown error code")
        return bytes(out[:length])
