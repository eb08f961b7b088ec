# cython: cdivision=True
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from sfu.kernel.bytes cimport load16, load32, store32
from sfu.kernel.sha1 cimport CRYPTO_memcmp, OPENSSL_cleanse, SHA1_LENGTH, hmac_init
from sfu.kernel.srtcp cimport srtcp_protect, srtcp_unprotect
from sfu.kernel.srtp_cipher cimport (
    CM_SALT, CM_TAG, EVP_CIPHER, EVP_CIPHER_CTX_free, EVP_CIPHER_CTX_new, EVP_CipherInit_ex, EVP_CipherUpdate,
    EVP_aes_128_ctr, EVP_aes_128_gcm, GCM_SALT, GCM_TAG, IV_LENGTH, KEY_LENGTH, MAX_PACKET, cm_crypt, cm_iv, cm_tag,
    gcm_iv, gcm_open, gcm_seal)

cdef enum:
    RTP_HEADER = 12
    ROC_LENGTH = 4
    LABEL_RTP = 0
    LABEL_RTCP = 3

cdef uint64_t MAX_INDEX = 0xFFFFFFFFFFFFu
# From one roll-over to the next
cdef uint64_t PERIOD = 0x10000u


# ---------------------------------------------------------------------------------------- keys

cdef void _keystream(const uint8_t* key, const uint8_t* iv, uint8_t* out,
                     int length) noexcept nogil:
    """AES-CM output; all zero when OpenSSL fails."""
    cdef EVP_CIPHER_CTX* c = EVP_CIPHER_CTX_new()
    cdef int written = 0
    memset(out, 0, length)
    if c != NULL and EVP_CipherInit_ex(c, EVP_aes_128_ctr(), NULL, key, iv, 1) == 1:
        EVP_CipherUpdate(c, out, &written, out, length)
    EVP_CIPHER_CTX_free(c)


cdef void srtp_derive(int profile, const uint8_t* key, const uint8_t* salt, size_t salt_len,
                      uint8_t first_label, srtp_session_keys* out) noexcept nogil:
    """RFC 3711 §4.3 with a key derivation rate of 0; RFC 7714 §11 pads the 96-bit salt."""
    cdef uint8_t iv[IV_LENGTH]
    cdef int derived_salt = GCM_SALT if profile == SRTP_AEAD_AES_128_GCM else CM_SALT
    memset(out, 0, sizeof(srtp_session_keys))
    memset(iv, 0, IV_LENGTH)
    memcpy(iv, salt, salt_len)
    iv[7] ^= first_label
    _keystream(key, iv, out.key, KEY_LENGTH)
    iv[7] ^= first_label ^ (first_label + 1)
    _keystream(key, iv, out.auth, SHA1_LENGTH)
    iv[7] ^= (first_label + 1) ^ (first_label + 2)
    _keystream(key, iv, out.salt, derived_salt)


cdef EVP_CIPHER_CTX* _cipher(int profile, const uint8_t* key, bint sending) noexcept nogil:
    cdef EVP_CIPHER_CTX* c = EVP_CIPHER_CTX_new()
    cdef const EVP_CIPHER* kind
    if c == NULL:
        return NULL
    kind = EVP_aes_128_gcm() if profile == SRTP_AEAD_AES_128_GCM else EVP_aes_128_ctr()
    if EVP_CipherInit_ex(c, kind, NULL, key, NULL, 1 if sending else 0) != 1:
        EVP_CIPHER_CTX_free(c)
        return NULL
    return c


cdef int srtp_init_session(srtp_context* c, int profile, const srtp_session_keys* rtp,
                           const srtp_session_keys* rtcp, bint sending) noexcept nogil:
    """As `srtp_init`, with keys that were derived before."""
    memset(c, 0, sizeof(srtp_context))
    c.profile = profile
    c.sending = sending
    c.rtp = _cipher(profile, rtp.key, sending)
    c.rtcp = _cipher(profile, rtcp.key, sending)
    if c.rtp == NULL or c.rtcp == NULL:
        srtp_free(c)
        return SRTP_FAILED
    memcpy(c.rtp_salt, rtp.salt, IV_LENGTH)
    memcpy(c.rtcp_salt, rtcp.salt, IV_LENGTH)
    if profile == SRTP_AES128_CM_SHA1_80:
        hmac_init(&c.rtp_auth, rtp.auth, SHA1_LENGTH)
        hmac_init(&c.rtcp_auth, rtcp.auth, SHA1_LENGTH)
    return 0


cdef int srtp_init(srtp_context* c, int profile, const uint8_t* key, size_t key_len,
                   bint sending) noexcept nogil:
    cdef size_t salt_len
    cdef srtp_session_keys rtp
    cdef srtp_session_keys rtcp
    cdef int result
    memset(c, 0, sizeof(srtp_context))
    if profile == SRTP_AEAD_AES_128_GCM:
        salt_len = GCM_SALT
    elif profile == SRTP_AES128_CM_SHA1_80:
        salt_len = CM_SALT
    else:
        return SRTP_FAILED
    if key_len != KEY_LENGTH + salt_len:
        return SRTP_FAILED
    srtp_derive(profile, key, key + KEY_LENGTH, salt_len, LABEL_RTP, &rtp)
    srtp_derive(profile, key, key + KEY_LENGTH, salt_len, LABEL_RTCP, &rtcp)
    result = srtp_init_session(c, profile, &rtp, &rtcp, sending)
    OPENSSL_cleanse(&rtp, sizeof(rtp))
    OPENSSL_cleanse(&rtcp, sizeof(rtcp))
    return result


cdef void srtp_free(srtp_context* c) noexcept nogil:
    EVP_CIPHER_CTX_free(c.rtp)
    EVP_CIPHER_CTX_free(c.rtcp)
    OPENSSL_cleanse(c, sizeof(srtp_context))


# ---------------------------------------------------------------------------------------- SRTP

cdef int srtp_protect(srtp_context* c, const uint8_t* header, size_t header_len,
                      const uint8_t* payload, size_t payload_len, uint32_t roc,
                      uint8_t* out, size_t out_cap) noexcept nogil:
    cdef uint8_t iv[IV_LENGTH]
    cdef uint8_t digest[SHA1_LENGTH]
    cdef uint8_t roc_bytes[ROC_LENGTH]
    cdef size_t length = header_len + payload_len
    cdef size_t tag = GCM_TAG if c.profile == SRTP_AEAD_AES_128_GCM else CM_TAG
    if header_len < RTP_HEADER or header_len > MAX_PACKET or payload_len > MAX_PACKET:
        return SRTP_FAILED
    if length > MAX_PACKET or out_cap < length + tag or not c.sending or c.rtp == NULL:
        return SRTP_FAILED
    memcpy(out, header, header_len)
    if c.profile == SRTP_AEAD_AES_128_GCM:
        gcm_iv(c.rtp_salt, load32(header + 8), roc, load16(header + 2), iv)
        if not gcm_seal(c.rtp, iv, out, <int>header_len, NULL, 0, payload, <int>payload_len,
                         out + header_len):
            return SRTP_FAILED
    else:
        cm_iv(c.rtp_salt, load32(header + 8), roc, load16(header + 2), iv)
        if not cm_crypt(c.rtp, iv, payload, <int>payload_len, out + header_len):
            return SRTP_FAILED
        store32(roc_bytes, roc)
        cm_tag(&c.rtp_auth, out, length, roc_bytes, ROC_LENGTH, digest)
        memcpy(out + length, digest, CM_TAG)
    return <int>(length + tag)


cdef inline uint64_t _estimate(const srtp_stream* s, uint16_t sequence) noexcept nogil:
    """The 48-bit index nearest to the highest seen (RFC 3711 §3.3.1 and appendix A)."""
    cdef uint64_t roc = s.highest >> 16
    cdef int distance
    if not s.used:
        return sequence
    distance = <int>sequence - <int>(s.highest & 0xFFFF)
    if distance > 0x8000 and roc > 0:
        roc -= 1
    elif distance < -0x8000:
        roc += 1
    return (roc << 16) | sequence


cdef inline bint _seen(const srtp_stream* s, uint64_t index) noexcept nogil:
    cdef uint64_t age
    if not s.used or index > s.highest:
        return False
    age = s.highest - index
    if age >= 128:
        return True
    return (s.window[age >> 6] >> (age & 63)) & 1


cdef inline void _commit(srtp_stream* s, uint64_t index) noexcept nogil:
    cdef uint64_t step
    cdef uint64_t age
    if not s.used:
        s.used = True
        s.highest = index
        s.window[0] = 1
        s.window[1] = 0
    elif index > s.highest:
        step = index - s.highest
        if step >= 128:
            s.window[0] = s.window[1] = 0
        elif step >= 64:
            s.window[1] = s.window[0] << (step - 64)
            s.window[0] = 0
        else:
            s.window[1] = (s.window[1] << step) | (s.window[0] >> (64 - step))
            s.window[0] <<= step
        s.window[0] |= 1
        s.highest = index
    else:
        age = s.highest - index
        s.window[age >> 6] |= <uint64_t>1 << (age & 63)


cdef int _open(srtp_context* c, srtp_stream* s, uint64_t index, uint8_t* packet, size_t length,
               size_t header_len) noexcept nogil:
    cdef uint8_t iv[IV_LENGTH]
    cdef uint8_t digest[SHA1_LENGTH]
    cdef uint8_t roc_bytes[ROC_LENGTH]
    cdef size_t tag = GCM_TAG if c.profile == SRTP_AEAD_AES_128_GCM else CM_TAG
    cdef size_t plain
    cdef uint32_t ssrc
    if c.sending or c.rtp == NULL:
        return SRTP_FAILED
    if header_len < RTP_HEADER or length > MAX_PACKET or length < header_len + tag:
        return SRTP_SHORT
    plain = length - tag
    ssrc = load32(packet + 8)
    if index > MAX_INDEX or _seen(s, index):
        return SRTP_REPLAYED
    if c.profile == SRTP_AEAD_AES_128_GCM:
        gcm_iv(c.rtp_salt, ssrc, <uint32_t>(index >> 16), <uint16_t>index, iv)
        if not gcm_open(c.rtp, iv, packet, <int>header_len, NULL, 0, packet + header_len,
                         <int>(plain - header_len)):
            return SRTP_FORGED
    else:
        store32(roc_bytes, <uint32_t>(index >> 16))
        cm_tag(&c.rtp_auth, packet, plain, roc_bytes, ROC_LENGTH, digest)
        if CRYPTO_memcmp(digest, packet + plain, CM_TAG) != 0:
            return SRTP_FORGED
        cm_iv(c.rtp_salt, ssrc, <uint32_t>(index >> 16), <uint16_t>index, iv)
        if not cm_crypt(c.rtp, iv, packet + header_len, <int>(plain - header_len),
                         packet + header_len):
            return SRTP_FORGED
    s.ssrc = ssrc
    _commit(s, index)
    return <int>plain


cdef int srtp_unprotect(srtp_context* c, srtp_stream* s, uint8_t* packet, size_t length,
                        size_t header_len) noexcept nogil:
    if length < RTP_HEADER:
        return SRTP_SHORT
    return _open(c, s, _estimate(s, load16(packet + 2)), packet, length, header_len)


cdef int srtp_unprotect_ahead(srtp_context* c, srtp_stream* s, uint8_t* packet, size_t length,
                              size_t header_len, uint32_t periods) noexcept nogil:
    # RFC 3711 §3.3.1 tells the roll-over only of a packet at most 32,768 from the highest.
    cdef uint64_t index
    if length < RTP_HEADER:
        return SRTP_SHORT
    index = (s.highest >> 16) << 16 | load16(packet + 2)
    if s.used and index <= s.highest:
        index += PERIOD
    return _open(c, s, index + periods * PERIOD, packet, length, header_len)


# ------------------------------------------------------------------------------ as Python sees it

class Replayed(ValueError):
    pass


class Forged(ValueError):
    pass


cdef _raise(int result):
    if result == SRTP_REPLAYED:
        raise Replayed
    if result == SRTP_FORGED:
        raise Forged
    raise ValueError("packet too short" if result == SRTP_SHORT else "SRTP failed")


cdef srtp_session_keys _session_keys(tuple given):
    cdef bytes key, salt, auth
    cdef srtp_session_keys keys
    key, salt, auth = given
    if len(key) != KEY_LENGTH or len(salt) > IV_LENGTH or len(auth) > SHA1_LENGTH:
        raise ValueError("wrong key length")
    memset(&keys, 0, sizeof(keys))
    memcpy(keys.key, <const uint8_t*>key, KEY_LENGTH)
    memcpy(keys.salt, <const uint8_t*>salt, len(salt))
    memcpy(keys.auth, <const uint8_t*>auth, len(auth))
    return keys


def derive(int profile, bytes key, int first_label):
    cdef srtp_session_keys keys
    if len(key) < KEY_LENGTH or len(key) > KEY_LENGTH + CM_SALT:
        raise ValueError("wrong key length")
    srtp_derive(profile, key, <const uint8_t*>key + KEY_LENGTH, len(key) - KEY_LENGTH,
                first_label, &keys)
    return bytes(keys.key[:16]), bytes(keys.salt[:16]), bytes(keys.auth[:20])


cdef class Context:
    """Owns one `srtp_context` and the receive state of any number of SSRCs."""

    cdef srtp_context context
    cdef dict streams

    def __cinit__(self):
        memset(&self.context, 0, sizeof(srtp_context))
        self.streams = {}

    def __init__(self, int profile, bytes key, *, bint sending):
        srtp_free(&self.context)
        if srtp_init(&self.context, profile, key, len(key), sending) != 0:
            raise ValueError("unknown profile or wrong key length")

    @staticmethod
    def with_session_keys(int profile, rtp, rtcp, *, bint sending):
        cdef Context self = Context.__new__(Context)
        cdef srtp_session_keys rtp_keys = _session_keys(rtp)
        cdef srtp_session_keys rtcp_keys = _session_keys(rtcp)
        if srtp_init_session(&self.context, profile, &rtp_keys, &rtcp_keys, sending) != 0:
            raise MemoryError
        return self

    def __dealloc__(self):
        srtp_free(&self.context)

    @property
    def rtcp_index(self):
        return self.context.rtcp_index

    @rtcp_index.setter
    def rtcp_index(self, uint32_t value):
        self.context.rtcp_index = value

    def set_roc(self, uint32_t ssrc, uint32_t roc, uint16_t sequence):
        cdef srtp_stream stream
        memset(&stream, 0, sizeof(stream))
        stream.ssrc = ssrc
        _commit(&stream, (<uint64_t>roc << 16) | sequence)
        self.streams[ssrc] = <bytes>(<char*>&stream)[:sizeof(stream)]

    def protect(self, bytes header, bytes payload, uint32_t roc=0, size_t cap=65536):
        cdef bytearray out = bytearray(cap)
        cdef int length = srtp_protect(&self.context, header, len(header), payload, len(payload),
                                       roc, out, cap)
        if length < 0:
            _raise(length)
        return bytes(out[:length])

    def unprotect(self, bytes packet, size_t header_len=12):
        cdef bytearray data = bytearray(packet)
        cdef srtp_stream stream
        cdef bytes state
        cdef int length
        key = int.from_bytes(packet[8:12], "big")
        state = self.streams.get(key, b"")
        memset(&stream, 0, sizeof(stream))
        if state:
            memcpy(&stream, <const char*>state, sizeof(stream))
        length = srtp_unprotect(&self.context, &stream, data, len(data), header_len)
        if stream.used:
            self.streams[key] = <bytes>(<char*>&stream)[:sizeof(stream)]
        if length < 0:
            _raise(length)
        return bytes(data[:length])

    def protect_rtcp(self, bytes packet, size_t room=SRTCP_MAX_TRAILER):
        cdef bytearray data = bytearray(packet) + bytes(room)
        cdef int length = srtcp_protect(&self.context, data, len(packet), len(data))
        if length < 0:
            _raise(length)
        return bytes(data[:length])

    def unprotect_rtcp(self, bytes packet):
        cdef bytearray data = bytearray(packet)
        cdef int length = srtcp_unprotect(&self.context, data, len(data))
        if length < 0:
            _raise(length)
        return bytes(data[:length])
