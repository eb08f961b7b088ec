"""The other side of the handshake: a DTLS client on OpenSSL, datagram by datagram."""

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL

from sfu.sdp import Fingerprint

KEY = ec.generate_private_key(ec.SECP256R1())
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer")])
CERTIFICATE = (
    x509.CertificateBuilder()
    .subject_name(NAME)
    .issuer_name(NAME)
    .public_key(KEY.public_key())
    .serial_number(1)
    .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
    .not_valid_after(datetime(2020, 2, 1, tzinfo=UTC))
    .sign(KEY, hashes.SHA256())
)
SALTS = {7: 12, 1: 14}


class DtlsClient:
    """Keeps its last flight, so that `repeat` sends it again as a timer would.

    Its ClientHello is as large as a browser's with a post-quantum key share.
    """

    def __init__(
        self,
        profiles: bytes | None = b"SRTP_AEAD_AES_128_GCM",
        *,
        mtu: int = 1200,
        certificate: bool = True,
        ciphers: bytes | None = None,
    ) -> None:
        context = SSL.Context(SSL.DTLS_CLIENT_METHOD)
        context.set_verify(SSL.VERIFY_NONE, lambda *_: True)
        context.set_options(SSL.OP_NO_QUERY_MTU)
        context.set_alpn_protos([bytes(250)] * 4)
        if ciphers:
            context.set_cipher_list(ciphers)
        if profiles:
            context.set_tlsext_use_srtp(profiles)
        if certificate:
            context.use_privatekey(KEY)
            context.use_certificate(CERTIFICATE)
        self._connection = SSL.Connection(context)
        self._connection.set_ciphertext_mtu(mtu)
        self._connection.set_connect_state()
        self._flight: list[bytes] = []
        self._waiting: list[bytes] = []
        self._number = 1000
        self.done = False
        self._alert: str | None = None
        self._step()

    @property
    def fingerprint(self) -> Fingerprint:
        return Fingerprint("sha-256", self.digest("sha256"))

    @property
    def version(self) -> str:
        return self._connection.get_protocol_version_name()

    def digest(self, algorithm: str) -> bytes:
        return CERTIFICATE.fingerprint(getattr(hashes, algorithm.upper())())

    def peer_fingerprint(self) -> str:
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        assert certificate is not None
        return certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    def send(self) -> list[bytes]:
        waiting, self._waiting = self._waiting, []
        return waiting

    def receive(self, datagram: bytes) -> None:
        self._connection.bio_write(datagram)
        self._step()

    def close(self) -> list[bytes]:
        """Ends the association: the datagrams that say so."""
        self._connection.shutdown()
        return self._read()

    @property
    def heard_alert(self) -> str | None:
        """Why the server has ended it, in OpenSSL's words."""
        return self._alert

    def repeat(self) -> None:
        if not self._waiting:
            self._waiting = [self._renumbered(record) for record in self._flight]

    def _renumbered(self, record: bytes) -> bytes:
        """With a fresh number, as far as the record is not encrypted."""
        if record[3:5] != bytes(2):
            return record
        self._number += 1
        return record[:5] + self._number.to_bytes(6, "big") + record[11:]

    def keys(self, profile: int) -> tuple[bytes, bytes]:
        """What we encrypt with, what we decrypt with."""
        salt = SALTS[profile]
        material = self._connection.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (16 + salt))
        salts = material[32:]
        return material[:16] + salts[:salt], material[16:32] + salts[salt:]

    def _step(self) -> None:
        try:
            self._connection.do_handshake()
            self.done = True
            self._connection.recv(1)
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self._alert = "close notify"
        except SSL.Error as error:
            self._alert = str(error)
        flight = self._read()
        if flight:
            self._flight = flight
            self._waiting += flight

    def _read(self) -> list[bytes]:
        """One datagram per record: more of them to lose."""
        data = b""
        while True:
            try:
                data += self._connection.bio_read(65536)
            except SSL.WantReadError:
                break
        records = []
        while data:
            end = 13 + int.from_bytes(data[11:13], "big")
            records.append(data[:end])
            data = data[end:]
        return records
