# cython: cdivision=True
"""SRTP and SRTCP (RFC 3711, RFC 7714) on OpenSSL's EVP with kept key schedules."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from sfu.kernel.bytes cimport load16, load32, store32
from sfu.kernel.sha1 cimport (
    CRYPTO_memcmp,
    OPENSSL_cleanse,
    SHA1_LENGTH,
    SHA1_Update,
    SHA_CTX,
    hmac_finish,
    hmac_init,
    hmac_key,
)

cdef extern from "<openssl/evp.h>":
    ctypedef struct EVP_CIPHER:
        pass
    ctypedef struct ENGINE:
        pass
    enum:
        EVP_CTRL_AEAD_GET_TAG
        EVP_CTRL_AEAD_SET_TAG
    EVP_CIPHER_CTX* EVP_CIPHER_CTX_new() nogil
    void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX* c) nogil
    const EVP_CIPHER* EVP_aes_128_gcm() nogil
    const EVP_CIPHER* EVP_aes_128_ctr() nogil
    int EVP_CipherInit_ex(EVP_CIPHER_CTX* c, const EVP_CIPHER* type, ENGINE* engine,
                          const uint8_t* key, const uint8_t* iv, int encrypt) nogil
    int EVP_CipherUpdate(EVP_CIPHER_CTX* c, uint8_t* out, int* out_len,
                         const uint8_t* data, int length) nogil
    int EVP_CipherFinal_ex(EVP_CIPHER_CTX* c, uint8_t* out, int* out_len) nogil
    int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX* c, int type, int number, void* data) nogil

cdef enum:
    MAX_PACKET = 65535
    RTP_HEADER = 12
    RTCP_HEADER = 8
    ROC_LENGTH = 4
    INDEX_LENGTH = 4
    GCM_TAG = 16
    GCM_SALT = 12
    CM_TAG = 10
    CM_SALT = 14
    KEY_LENGTH = 16
    IV_LENGTH = 16
    KEEP_DIRECTION = -1
    LABEL_RTP = 0
    LABEL_RTCP = 3

cdef uint32_t ENCRYPTED = 0x80000000u
cdef uint64_t MAX_INDEX = 0xFFFFFFFFFFFFu


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


# ----------------------------------------------------------------------------- initial vectors

cdef inline void _gcm_iv(const uint8_t* salt, uint32_t ssrc, uint32_t high, uint16_t low,
                         uint8_t* iv) noexcept nogil:
    """RFC 7714 §8.1 (RTP: roll-over counter, sequence) and §9.1 (RTCP: index high, low)."""
    memcpy(iv, salt, GCM_SALT)
    iv[2] ^= ssrc >> 24
    iv[3] ^= (ssrc >> 16) & 0xFF
    iv[4] ^= (ssrc >> 8) & 0xFF
    iv[5] ^= ssrc & 0xFF
    iv[6] ^= high >> 24
    iv[7] ^= (high >> 16) & 0xFF
    iv[8] ^= (high >> 8) & 0xFF
    iv[9] ^= high & 0xFF
    iv[10] ^= low >> 8
    iv[11] ^= low & 0xFF


cdef inline void _cm_iv(const uint8_t* salt, uint32_t ssrc, uint32_t high, uint16_t low,
                        uint8_t* iv) noexcept nogil:
    """RFC 3711 §4.1.1."""
    memcpy(iv, salt, IV_LENGTH)
    iv[4] ^= ssrc >> 24
    iv[5] ^= (ssrc >> 16) & 0xFF
    iv[6] ^= (ssrc >> 8) & 0xFF
    iv[7] ^= ssrc & 0xFF
    iv[8] ^= high >> 24
    iv[9] ^= (high >> 16) & 0xFF
    iv[10] ^= (high >> 8) & 0xFF
    iv[11] ^= high & 0xFF
    iv[12] ^= low >> 8
    iv[13] ^= low & 0xFF


cdef inline void _tag(const hmac_key* k, const uint8_t* a, size_t a_len,
                      const uint8_t* b, size_t b_len, uint8_t* digest) noexcept nogil:
    cdef SHA_CTX message = k.inner
    SHA1_Update(&message, a, a_len)
    SHA1_Update(&message, b, b_len)
    hmac_finish(k, &message, digest)


# --------------------------------------------------------------------------------- one cipher run

cdef inline bint _gcm_seal(EVP_CIPHER_CTX* e, const uint8_t* iv, const uint8_t* aad, int aad_len,
                           const uint8_t* more, int more_len, const uint8_t* plain, int length,
                           uint8_t* out) noexcept nogil:
    """Writes ciphertext and tag to `out`."""
    cdef int n
    if EVP_CipherInit_ex(e, NULL, NULL, NULL, iv, KEEP_DIRECTION) != 1:
        return False
    if EVP_CipherUpdate(e, NULL, &n, aad, aad_len) != 1:
        return False
    if more_len and EVP_CipherUpdate(e, NULL, &n, more, more_len) != 1:
        return False
    # OpenSSL takes a call without data for the end of the message's data.
    if length and EVP_CipherUpdate(e, out, &n, plain, length) != 1:
        return False
    if EVP_CipherFinal_ex(e, out + length, &n) != 1:
        return False
    return EVP_CIPHER_CTX_ctrl(e, EVP_CTRL_AEAD_GET_TAG, GCM_TAG, out + length) == 1


cdef inline bint _gcm_open(EVP_CIPHER_CTX* e, const uint8_t* iv, const uint8_t* aad, int aad_len,
                           const uint8_t* more, int more_len, uint8_t* data,
                           int length) noexcept nogil:
    """Decrypts `length` bytes in place; the tag follows them."""
    cdef int n
    if EVP_CipherInit_ex(e, NULL, NULL, NULL, iv, KEEP_DIRECTION) != 1:
        return False
    if EVP_CIPHER_CTX_ctrl(e, EVP_CTRL_AEAD_SET_TAG, GCM_TAG, data + length) != 1:
        return False
    if EVP_CipherUpdate(e, NULL, &n, aad, aad_len) != 1:
        return False
    if more_len and EVP_CipherUpdate(e, NULL, &n, more, more_len) != 1:
        return False
    if length and EVP_CipherUpdate(e, data, &n, data, length) != 1:
        return False
    return EVP_CipherFinal_ex(e, data + length, &n) == 1


cdef inline bint _cm_crypt(EVP_CIPHER_CTX* e, const uint8_t* iv, const uint8_t* data, int length,
                           uint8_t* out) noexcept nogil:
    cdef int n
    if EVP_CipherInit_ex(e, NULL, NULL, NULL, iv, KEEP_DIRECTION) != 1:
        return False
    return length == 0 or EVP_CipherUpdate(e, out, &n, data, length) == 1


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
        _gcm_iv(c.rtp_salt, load32(header + 8), roc, load16(header + 2), iv)
        if not _gcm_seal(c.rtp, iv, out, <int>header_len, NULL, 0, payload, <int>payload_len,
                         out + header_len):
            return SRTP_FAILED
    else:
        _cm_iv(c.rtp_salt, load32(header + 8), roc, load16(header + 2), iv)
        if not _cm_crypt(c.rtp, iv, payload, <int>payload_len, out + header_len):
            return SRTP_FAILED
        store32(roc_bytes, roc)
        _tag(&c.rtp_auth, out, length, roc_bytes, ROC_LENGTH, digest)
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


cdef int srtp_unprotect(srtp_context* c, srtp_stream* s, uint8_t* packet, size_t length,
                        size_t header_len) noexcept nogil:
    cdef uint8_t iv[IV_LENGTH]
    cdef uint8_t digest[SHA1_LENGTH]
    cdef uint8_t roc_bytes[ROC_LENGTH]
    cdef size_t tag = GCM_TAG if c.profile == SRTP_AEAD_AES_128_GCM else CM_TAG
    cdef size_t plain
    cdef uint64_t index
    cdef uint32_t ssrc
    if c.sending or c.rtp == NULL:
        return SRTP_FAILED
    if header_len < RTP_HEADER or length > MAX_PACKET or length < header_len + tag:
        return SRTP_SHORT
    plain = length - tag
    ssrc = load32(packet + 8)
    index = _estimate(s, load16(packet + 2))
    if index > MAX_INDEX or _seen(s, index):
        return SRTP_REPLAYED
    if c.profile == SRTP_AEAD_AES_128_GCM:
        _gcm_iv(c.rtp_salt, ssrc, <uint32_t>(index >> 16), <uint16_t>index, iv)
        if not _gcm_open(c.rtp, iv, packet, <int>header_len, NULL, 0, packet + header_len,
                         <int>(plain - header_len)):
            return SRTP_FORGED
    else:
        store32(roc_bytes, <uint32_t>(index >> 16))
        _tag(&c.rtp_auth, packet, plain, roc_bytes, ROC_LENGTH, digest)
        if CRYPTO_memcmp(digest, packet + plain, CM_TAG) != 0:
            return SRTP_FORGED
        _cm_iv(c.rtp_salt, ssrc, <uint32_t>(index >> 16), <uint16_t>index, iv)
        if not _cm_crypt(c.rtp, iv, packet + header_len, <int>(plain - header_len),
                         packet + header_len):
            return SRTP_FORGED
    s.ssrc = ssrc
    _commit(s, index)
    return <int>plain


# --------------------------------------------------------------------------------------- SRTCP

cdef int srtcp_protect(srtp_context* c, uint8_t* packet, size_t length, size_t cap) noexcept nogil:
    cdef uint8_t iv[IV_LENGTH]
    cdef uint8_t digest[SHA1_LENGTH]
    cdef uint8_t word[INDEX_LENGTH]
    cdef uint32_t index = c.rtcp_index
    cdef size_t tag = GCM_TAG if c.profile == SRTP_AEAD_AES_128_GCM else CM_TAG
    cdef int body = <int>length - RTCP_HEADER
    if length < RTCP_HEADER or length > MAX_PACKET or cap < length + tag + INDEX_LENGTH:
        return SRTP_FAILED
    # The index must never repeat under one key (RFC 3711 §3.2.1: at most 2^31 packets).
    if not c.sending or c.rtcp == NULL or index >= ENCRYPTED:
        return SRTP_FAILED
    store32(word, index | ENCRYPTED)
    if c.profile == SRTP_AEAD_AES_128_GCM:
        _gcm_iv(c.rtcp_salt, load32(packet + 4), index >> 16, <uint16_t>index, iv)
        if not _gcm_seal(c.rtcp, iv, packet, RTCP_HEADER, word, INDEX_LENGTH,
                         packet + RTCP_HEADER, body, packet + RTCP_HEADER):
            return SRTP_FAILED
        memcpy(packet + length + GCM_TAG, word, INDEX_LENGTH)
    else:
        _cm_iv(c.rtcp_salt, load32(packet + 4), index >> 16, <uint16_t>index, iv)
        if not _cm_crypt(c.rtcp, iv, packet + RTCP_HEADER, body, packet + RTCP_HEADER):
            return SRTP_FAILED
        memcpy(packet + length, word, INDEX_LENGTH)
        _tag(&c.rtcp_auth, packet, length, word, INDEX_LENGTH, digest)
        memcpy(packet + length + INDEX_LENGTH, digest, CM_TAG)
    c.rtcp_index = index + 1
    return <int>(length + tag + INDEX_LENGTH)


cdef inline srtcp_sender* _find_sender(srtp_context* c, uint32_t ssrc) noexcept nogil:
    cdef uint32_t i
    for i in range(c.sender_count):
        if c.senders[i].ssrc == ssrc:
            return &c.senders[i]
    return NULL


cdef inline srtcp_sender* _add_sender(srtp_context* c, uint32_t ssrc) noexcept nogil:
    """Forgets the oldest sender when all places are taken."""
    cdef srtcp_sender* place
    if c.sender_count < SRTCP_SENDERS:
        place = &c.senders[c.sender_count]
        c.sender_count += 1
    else:
        place = &c.senders[c.next_sender]
        c.next_sender = (c.next_sender + 1) % SRTCP_SENDERS
    memset(place, 0, sizeof(srtcp_sender))
    place.ssrc = ssrc
    return place


cdef inline bint _rtcp_seen(const srtcp_sender* s, uint32_t index) noexcept nogil:
    cdef uint32_t age
    if s == NULL or index > s.highest:
        return False
    age = s.highest - index
    return age >= 64 or (s.window >> age) & 1


cdef inline void _rtcp_commit(srtcp_sender* s, uint32_t index) noexcept nogil:
    cdef uint32_t step
    if index > s.highest:
        step = index - s.highest
        s.window = 0 if step >= 64 else s.window << step
        s.highest = index
    s.window |= <uint64_t>1 << (s.highest - index)


cdef int srtcp_unprotect(srtp_context* c, uint8_t* packet, size_t length) noexcept nogil:
    cdef uint8_t iv[IV_LENGTH]
    cdef uint8_t digest[SHA1_LENGTH]
    cdef uint8_t word[INDEX_LENGTH]
    cdef size_t tag = GCM_TAG if c.profile == SRTP_AEAD_AES_128_GCM else CM_TAG
    cdef size_t plain
    cdef uint32_t index
    cdef uint32_t ssrc
    cdef srtcp_sender* sender
    if c.sending or c.rtcp == NULL:
        return SRTP_FAILED
    if length < RTCP_HEADER + tag + INDEX_LENGTH or length > MAX_PACKET:
        return SRTP_SHORT
    plain = length - tag - INDEX_LENGTH
    if c.profile == SRTP_AEAD_AES_128_GCM:
        memcpy(word, packet + length - INDEX_LENGTH, INDEX_LENGTH)
    else:
        memcpy(word, packet + plain, INDEX_LENGTH)
    index = load32(word)
    # Both profiles encrypt RTCP (RFC 5764 §4.1.2), so a clear packet is not the peer's.
    if not index & ENCRYPTED:
        return SRTP_FORGED
    index &= ~ENCRYPTED
    ssrc = load32(packet + 4)
    sender = _find_sender(c, ssrc)
    if _rtcp_seen(sender, index):
        return SRTP_REPLAYED
    if c.profile == SRTP_AEAD_AES_128_GCM:
        _gcm_iv(c.rtcp_salt, ssrc, index >> 16, <uint16_t>index, iv)
        if not _gcm_open(c.rtcp, iv, packet, RTCP_HEADER, word, INDEX_LENGTH,
                         packet + RTCP_HEADER, <int>plain - RTCP_HEADER):
            return SRTP_FORGED
    else:
        _tag(&c.rtcp_auth, packet, plain, word, INDEX_LENGTH, digest)
        if CRYPTO_memcmp(digest, packet + plain + INDEX_LENGTH, CM_TAG) != 0:
            return SRTP_FORGED
        _cm_iv(c.rtcp_salt, ssrc, index >> 16, <uint16_t>index, iv)
        if not _cm_crypt(c.rtcp, iv, packet + RTCP_HEADER, <int>plain - RTCP_HEADER,
                         packet + RTCP_HEADER):
            return SRTP_FORGED
    if sender == NULL:
        sender = _add_sender(c, ssrc)
    _rtcp_commit(sender, index)
    return <int>plain


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
