"""DTLS-SRTP, server side, on OpenSSL's memory buffers (RFC 5764, RFC 6347).

Sans-I/O: datagrams in, datagrams out, `now` as an argument. DTLS 1.2 on purpose: its keys are
known when the peer's Finished arrives and its flights can be repeated byte for byte, so lost
flights are repeated here, by our clock, and the OpenSSL connection is dropped with the
handshake's end.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL

from .alerts import AlertReader
from .sdp import Fingerprint

MTU = 1200
"""Bytes of one datagram of ours; fits every path that browsers send video on."""
FIRST_REPEAT = 0.4
LONGEST_REPEAT = 0.8
HANDSHAKE_SECONDS = 30.0
"""A handshake that takes longer has failed."""
STALL_SECONDS = 5.0
"""So has one that got no further for so long."""
KEEP_SECONDS = 30.0
"""How long after the handshake a repeated flight of the peer is still answered."""
REPEAT_GAP = 0.2
"""Shortest time between two answers to repeated flights."""
MAX_DATAGRAMS = 400
"""Most datagrams one handshake may take."""

_DTLS_1_2 = 0xFEFD
_HEADER = 13
"""Bytes of a record's header, the last two of which are its length (RFC 6347 §4.1)."""
_CIPHERS = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:"
    b"ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA"
)
_PROFILES = {
    b"SRTP_AEAD_AES_128_GCM": (0x0007, 16, 12),
    b"SRTP_AES128_CM_SHA1_80": (0x0001, 16, 14),
}
"""Number on the wire (RFC 5764 §4.1.2, RFC 7714 §14.2), bytes of key and of salt."""


class DtlsError(Exception):
    """The handshake failed for good, or the association has ended; `code` says why.

    `datagrams` hold OpenSSL's alert and are still to be sent.
    """

    def __init__(self, code: str, datagrams: list[bytes] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.datagrams = datagrams or []


@dataclass(frozen=True, slots=True)
class Keys:
    """SRTP master keys, each key then salt."""

    profile: int
    inbound: bytes
    outbound: bytes


@dataclass(frozen=True, slots=True)
class Output:
    """What one step of a handshake asks for."""

    datagrams: list[bytes]
    keys: Keys | None = None
    """Once, when the peer has proved to hold the key of its fingerprint."""
    alerts: AlertReader | None = None
    """With the keys: for what comes after the handshake."""


@dataclass(slots=True)
class Trial:
    """Of a peer's certificate."""

    fingerprints: tuple[Fingerprint, ...]
    failed: bool = False


class DtlsServer:
    """The certificate and OpenSSL context of this process."""

    def __init__(self, today: datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _self_signed(key, today)
        self.fingerprint = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
        """sha-256, as `AB:CD:…`."""
        self._context = context = SSL.Context(SSL.DTLS_SERVER_METHOD)
        context.set_min_proto_version(_DTLS_1_2)
        context.set_max_proto_version(_DTLS_1_2)
        context.set_options(SSL.OP_NO_QUERY_MTU | SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_cipher_list(_CIPHERS)
        context.set_tlsext_use_srtp(b":".join(_PROFILES))
        # Whoever signed it, what counts is the certificate's fingerprint (RFC 8122 §6.2).
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _verify)
        context.use_privatekey(key)
        context.use_certificate(certificate)

    def handshake(self, fingerprints: tuple[Fingerprint, ...], now: float) -> "Handshake":
        """Waits for a ClientHello of a peer with one of these fingerprints."""
        connection = SSL.Connection(self._context)
        connection.set_ciphertext_mtu(MTU)
        connection.set_accept_state()
        trial = Trial(fingerprints)
        connection.set_app_data(trial)
        return Handshake(connection, trial, now)


class Handshake:
    """One association from the ClientHello until `KEEP_SECONDS` after its end."""

    def __init__(self, connection: SSL.Connection, trial: Trial, now: float) -> None:
        self._connection: SSL.Connection | None = connection
        self._trial = trial
        self._flight: list[bytes] = []
        self._repeat_after = FIRST_REPEAT
        self._repeat_at: float | None = None
        self._repeated_at = now
        self._ends_at = now + HANDSHAKE_SECONDS
        self._datagrams = 0
        self.progress_at = now
        """When it last got further."""

    @property
    def complete(self) -> bool:
        return self._connection is None

    @property
    def timer(self) -> float:
        """When `handle_timer` wants to be called."""
        gives_up_at = self._gives_up_at
        return gives_up_at if self._repeat_at is None else min(self._repeat_at, gives_up_at)

    @property
    def _gives_up_at(self) -> float:
        return (
            self._ends_at if self.complete else min(self.progress_at + STALL_SECONDS, self._ends_at)
        )

    def expired(self, now: float) -> bool:
        """Whether nothing more is to be expected of a complete handshake."""
        return self.complete and now >= self._ends_at

    def receive(self, datagram: bytes, now: float) -> Output:
        """Takes what the peer sent. Raises DtlsError."""
        if self._connection is None:
            return Output(self._answer_repetition(datagram, now))
        if not datagram:
            return Output([])
        self._datagrams += 1
        if self._datagrams > MAX_DATAGRAMS:
            raise DtlsError("dtls_flood")
        self._connection.bio_write(datagram)
        done = self._step(self._connection)
        flight = _datagrams(_drain(self._connection))
        if flight:
            self._flight = flight
            self._repeat_after = FIRST_REPEAT
            self._repeat_at = now + FIRST_REPEAT
            self.progress_at = now
        return self._finish(self._connection, flight, now) if done else Output(flight)

    def handle_timer(self, now: float) -> list[bytes]:
        """The datagrams to send again. Raises DtlsError when the handshake takes too long."""
        if self._connection is not None and now >= self._gives_up_at:
            raise DtlsError("dtls_timeout")
        if self._repeat_at is None or now < self._repeat_at:
            return []
        self._repeat_after = min(self._repeat_after * 2, LONGEST_REPEAT)
        self._repeat_at = now + self._repeat_after
        return self._flight

    def _step(self, connection: SSL.Connection) -> bool:
        try:
            connection.do_handshake()
        except SSL.WantReadError:
            return False
        except SSL.Error:
            code = "dtls_fingerprint" if self._trial.failed else "dtls_failed"
            raise DtlsError(code, _datagrams(_drain(connection))) from None
        return True

    def _finish(self, connection: SSL.Connection, flight: list[bytes], now: float) -> Output:
        try:
            self._check_fingerprint(connection)
            keys = _export_keys(connection)
        except DtlsError as error:
            # OpenSSL had nothing against it: it says good-bye.
            with suppress(SSL.Error):
                connection.shutdown()
            raise DtlsError(error.code, flight + _datagrams(_drain(connection))) from None
        alerts = _alert_reader(connection)
        self._connection = None
        self._repeat_at = None
        self._repeated_at = now
        self._ends_at = now + KEEP_SECONDS
        return Output(flight, keys, alerts)

    def _check_fingerprint(self, connection: SSL.Connection) -> None:
        # Not as an object of `cryptography`, whose parser raises where OpenSSL's does not.
        certificate = connection.get_peer_certificate()
        if certificate is None:
            raise DtlsError("dtls_failed")
        if not _known(certificate, self._trial.fingerprints):
            raise DtlsError("dtls_fingerprint")

    def _answer_repetition(self, datagram: bytes, now: float) -> list[bytes]:
        """The last flight once more: the peer repeats its own when ours got lost."""
        handshake_records = (b"\x14", b"\x16")
        if datagram[:1] not in handshake_records or now >= self._ends_at:
            return []
        if now - self._repeated_at < REPEAT_GAP:
            return []
        self._repeated_at = now
        return self._flight


def begins(datagram: bytes) -> bool:
    """Whether it is (a part of) a ClientHello in the clear: nothing else begins a handshake."""
    return datagram[:1] == b"\x16" and datagram[3:5] == bytes(2) and datagram[13:14] == b"\x01"


def _verify(
    connection: SSL.Connection, certificate: Any, _error: int, depth: int, _ok: int
) -> bool:
    """Asked by OpenSSL, which tells the peer if the answer is no."""
    if depth > 0:
        return True
    trial: Trial = connection.get_app_data()
    trial.failed = not _known(certificate, trial.fingerprints)
    return not trial.failed


def _known(certificate: Any, fingerprints: tuple[Fingerprint, ...]) -> bool:
    for wanted in fingerprints:
        digest = certificate.digest(wanted.algorithm.replace("-", ""))
        if bytes.fromhex(digest.replace(b":", b"").decode()) == wanted.digest:
            return True
    return False


def _alert_reader(connection: SSL.Connection) -> AlertReader | None:
    suite = connection.get_cipher_name()
    secret, client = connection.master_key(), connection.client_random()
    server = connection.server_random()
    if suite is None or secret is None or client is None or server is None:
        return None
    return AlertReader.of(suite, secret, client, server)


def _self_signed(key: ec.EllipticCurvePrivateKey, today: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "zvonok")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )


def _export_keys(connection: SSL.Connection) -> Keys:
    """RFC 5764 §4.2: client's key, server's key, client's salt, server's salt."""
    chosen = connection.get_selected_srtp_profile()
    if chosen not in _PROFILES:
        raise DtlsError("dtls_no_srtp")
    number, key, salt = _PROFILES[chosen]
    material = connection.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (key + salt))
    salts = material[2 * key :]
    return Keys(number, material[:key] + salts[:salt], material[key : 2 * key] + salts[salt:])


def _drain(connection: SSL.Connection) -> bytes:
    parts = []
    while True:
        try:
            parts.append(connection.bio_read(16384))
        except SSL.WantReadError:
            return b"".join(parts)


def _datagrams(records: bytes) -> list[bytes]:
    """Whole records, as many to a datagram as fit."""
    datagrams: list[bytes] = []
    position = 0
    while position + _HEADER <= len(records):
        end = position + _HEADER + int.from_bytes(records[position + 11 : position + 13], "big")
        record = records[position:end]
        if datagrams and len(datagrams[-1]) + len(record) <= MTU:
            datagrams[-1] += record
        else:
            datagrams.append(record)
        position = end
    return datagrams
