"""Alerts of a peer whose handshake is over (RFC 6347 §4.1, RFC 5246 §7.2).

The OpenSSL connection of a session takes 86 KB and is dropped with the handshake. What is left is
the key that the peer writes its records with: some 60 bytes, enough to know an alert for genuine.
"""

import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

ALERT = 21
CLOSE_NOTIFY = 0
FATAL = 2
HEADER = 13
TAG = 16
_EXPLICIT_NONCE = 8
"""Bytes of the nonce that a record with AES-GCM carries (RFC 5288 §3)."""
MOST_ALERTS = 3
"""Of one datagram that are tried, at 4 µs each: a peer sends one, or a warning before it, and fifty
would fit."""
Cipher = type[AESGCM] | type[ChaCha20Poly1305]
_KEYS: dict[str, tuple[Cipher, int, int]] = {
    "ECDHE-ECDSA-AES128-GCM-SHA256": (AESGCM, 16, 4),
    "ECDHE-ECDSA-CHACHA20-POLY1305": (ChaCha20Poly1305, 32, 12),
}
"""Bytes of key and of implicit nonce. Without a MAC of its own the suite needs nothing else."""


@dataclass(frozen=True, slots=True)
class AlertReader:
    """Tells from a datagram whether the peer has ended the association."""

    cipher: Cipher
    key: bytes
    nonce: bytes

    @classmethod
    def of(
        cls, suite: str, master_secret: bytes, client_random: bytes, server_random: bytes
    ) -> "AlertReader | None":
        """For the client's records under this suite (OpenSSL's name); None: it has no AEAD."""
        if suite not in _KEYS:
            return None
        cipher, key, nonce = _KEYS[suite]
        # RFC 5246 §6.3: client's key, server's key, client's nonce, server's nonce.
        seed = b"key expansion" + server_random + client_random
        block = _expand(master_secret, seed, 2 * (key + nonce))
        return cls(cipher, block[:key], block[2 * key : 2 * key + nonce])

    def ended(self, datagram: bytes) -> bool:
        """Whether it holds a genuine close_notify or a genuine fatal alert."""
        position, left = 0, MOST_ALERTS
        while position + HEADER <= len(datagram) and left:
            length = int.from_bytes(datagram[position + 11 : position + HEADER], "big")
            end = position + HEADER + length
            if datagram[position] == ALERT:
                if self._ends(datagram[position:end], length):
                    return True
                left -= 1
            position = end
        return False

    def _ends(self, record: bytes, length: int) -> bool:
        explicit = _EXPLICIT_NONCE if self.cipher is AESGCM else 0
        if len(record) != HEADER + length or length != explicit + 2 + TAG:
            return False
        sequence, kind_and_version = record[3:11], record[:3]
        body = record[HEADER + explicit :]
        if explicit:
            nonce = self.nonce + record[HEADER : HEADER + explicit]
        else:
            # RFC 7905 §2
            padded = bytes(4) + sequence
            nonce = bytes(a ^ b for a, b in zip(self.nonce, padded, strict=True))
        authenticated = sequence + kind_and_version + (2).to_bytes(2, "big")
        try:
            level, description = self.cipher(self.key).decrypt(nonce, body, authenticated)
        except InvalidTag:
            return False
        return description == CLOSE_NOTIFY or level == FATAL


def _expand(secret: bytes, seed: bytes, length: int) -> bytes:
    """RFC 5246 §5, P_SHA256."""
    block, found = seed, b""
    while len(found) < length:
        block = hmac.digest(secret, block, "sha256")
        found += hmac.digest(secret, block + seed, "sha256")
    return found[:length]
