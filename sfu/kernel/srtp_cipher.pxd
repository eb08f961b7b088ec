"""One run of AES for SRTP and SRTCP, as inline functions: initial vectors, GCM, CM with its tag."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy

from sfu.kernel.sha1 cimport SHA1_Update, SHA_CTX, hmac_finish, hmac_key
from sfu.kernel.srtp cimport EVP_CIPHER_CTX

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
    GCM_TAG = 16
    GCM_SALT = 12
    CM_TAG = 10
    CM_SALT = 14
    KEY_LENGTH = 16
    IV_LENGTH = 16
    KEEP_DIRECTION = -1


cdef inline void gcm_iv(const uint8_t* salt, uint32_t ssrc, uint32_t high, uint16_t low,
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


cdef inline void cm_iv(const uint8_t* salt, uint32_t ssrc, uint32_t high, uint16_t low,
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


cdef inline void cm_tag(const hmac_key* k, const uint8_t* a, size_t a_len,
                      const uint8_t* b, size_t b_len, uint8_t* digest) noexcept nogil:
    cdef SHA_CTX message = k.inner
    SHA1_Update(&message, a, a_len)
    SHA1_Update(&message, b, b_len)
    hmac_finish(k, &message, digest)


cdef inline bint gcm_seal(EVP_CIPHER_CTX* e, const uint8_t* iv, const uint8_t* aad, int aad_len,
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


cdef inline bint gcm_open(EVP_CIPHER_CTX* e, const uint8_t* iv, const uint8_t* aad, int aad_len,
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


cdef inline bint cm_crypt(EVP_CIPHER_CTX* e, const uint8_t* iv, const uint8_t* data, int length,
                           uint8_t* out) noexcept nogil:
    cdef int n
    if EVP_CipherInit_ex(e, NULL, NULL, NULL, iv, KEEP_DIRECTION) != 1:
        return False
    return length == 0 or EVP_CipherUpdate(e, out, &n, data, length) == 1
