"""HMAC-SHA1 (RFC 2104) with a kept key, for STUN and AES128_CM_SHA1_80.

The EVP interfaces of OpenSSL 3 allocate for every message; these two SHA-1 states do not.
"""

from libc.stdint cimport uint8_t
from libc.string cimport memset

cdef extern from *:
    """
    #ifndef OPENSSL_SUPPRESS_DEPRECATED
    #define OPENSSL_SUPPRESS_DEPRECATED
    #endif
    #include <openssl/sha.h>
    """
    ctypedef struct SHA_CTX:
        pass
    int SHA1_Init(SHA_CTX* c) nogil
    int SHA1_Update(SHA_CTX* c, const void* data, size_t length) nogil
    int SHA1_Final(uint8_t* digest, SHA_CTX* c) nogil

cdef extern from "<openssl/crypto.h>":
    int CRYPTO_memcmp(const void* a, const void* b, size_t length) nogil
    void OPENSSL_cleanse(void* data, size_t length) nogil

cdef enum:
    SHA1_LENGTH = 20
    SHA1_BLOCK = 64

cdef struct hmac_key:
    SHA_CTX inner
    SHA_CTX outer

cdef inline void hmac_init(hmac_key* k, const uint8_t* key, size_t length) noexcept nogil:
    cdef uint8_t block[SHA1_BLOCK]
    cdef size_t i
    memset(block, 0, SHA1_BLOCK)
    SHA1_Init(&k.inner)
    SHA1_Init(&k.outer)
    if length > SHA1_BLOCK:
        SHA1_Update(&k.inner, key, length)
        SHA1_Final(block, &k.inner)
        SHA1_Init(&k.inner)
    else:
        for i in range(length):
            block[i] = key[i]
    for i in range(SHA1_BLOCK):
        block[i] ^= 0x36
    SHA1_Update(&k.inner, block, SHA1_BLOCK)
    for i in range(SHA1_BLOCK):
        block[i] ^= 0x36 ^ 0x5C
    SHA1_Update(&k.outer, block, SHA1_BLOCK)
    OPENSSL_cleanse(block, SHA1_BLOCK)

cdef inline void hmac_finish(const hmac_key* k, SHA_CTX* message, uint8_t* digest) noexcept nogil:
    """`message` started as a copy of `k.inner`; `digest` takes 20 bytes."""
    cdef SHA_CTX outer = k.outer
    SHA1_Final(digest, message)
    SHA1_Update(&outer, digest, SHA1_LENGTH)
    SHA1_Final(digest, &outer)
