"""A certificate authority of this installation and the server certificate it signs.

Browsers give camera and microphone to secure pages only. Whoever installs `ca.crt` once sees no
warning; whoever does not can accept it.
"""

import datetime
import ipaddress
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LIFE = datetime.timedelta(days=3650)
SERVER_LIFE = datetime.timedelta(days=397)
"""What browsers accept at most from public authorities; some hold private ones to it as well."""
RENEW_BEFORE = datetime.timedelta(days=30)
CLOCK_SKEW = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Files:
    """Where keys and certificates lie, PEM."""

    folder: Path

    @property
    def authority_key(self) -> Path:
        return self.folder / "ca.key"

    @property
    def authority(self) -> Path:
        return self.folder / "ca.crt"

    @property
    def server_key(self) -> Path:
        return self.folder / "server.key"

    @property
    def server(self) -> Path:
        return self.folder / "server.crt"


def ensure_certificates(
    folder: Path, names: Iterable[str], addresses: Iterable[str], now: datetime.datetime
) -> tuple[Files, bool]:
    """Makes what is missing, near its end or made for other names; says whether it made a
    server certificate. `now` is aware."""
    files = Files(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = _alternative_names(names, addresses)
    if not (files.authority.exists() and files.authority_key.exists()):
        _make_authority(files, now)
        files.server.unlink(missing_ok=True)
    if _still_good(files, wanted, now):
        return files, False
    _make_server(files, wanted, now)
    return files, True


def _alternative_names(names: Iterable[str], addresses: Iterable[str]) -> list[x509.GeneralName]:
    dns = [x509.DNSName(name) for name in sorted(set(names))]
    parsed = sorted({ipaddress.ip_address(a) for a in addresses}, key=lambda a: (a.version, a))
    return [*dns, *(x509.IPAddress(address) for address in parsed)]


def _still_good(files: Files, wanted: list[x509.GeneralName], now: datetime.datetime) -> bool:
    if not (files.server.exists() and files.server_key.exists()):
        return False
    certificate = x509.load_pem_x509_certificate(files.server.read_bytes())
    has = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return list(has) == wanted and certificate.not_valid_after_utc - now > RENEW_BEFORE


def _make_authority(files: Files, now: datetime.datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    # Two installations must not be taken for one another in a list of authorities.
    name = _name(f"Zvonok {secrets.token_hex(3)}")
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder(name, name, key.public_key(), now, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_key(files.authority_key, key)
    _write(files.authority, certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def _make_server(files: Files, wanted: list[x509.GeneralName], now: datetime.datetime) -> None:
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    signer = serialization.load_pem_private_key(files.authority_key.read_bytes(), password=None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_name("Zvonok"), authority.subject, key.public_key(), now, SERVER_LIFE)
        .add_extension(x509.SubjectAlternativeName(wanted), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )
    _write_key(files.server_key, key)
    _write(files.server, certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime.datetime,
    life: datetime.timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now - CLOCK_SKEW + life)
    )


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(path, pem, 0o600)


def _write(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all, and never readable for more than `mode` says."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    draft.replace(path)
