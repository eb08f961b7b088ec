import datetime
import ipaddress
from pathlib import Path

from cryptography import x509

from zvonok.up.certificates import SERVER_LIFE, Files, ensure_certificates

NOW = datetime.datetime(2026, 9, 1, 8, tzinfo=datetime.UTC)
NAMES = ("localhost", "school")
ADDRESSES = ("192.0.2.7", "::1")


def server(files: Files) -> x509.Certificate:
    return x509.load_pem_x509_certificate(files.server.read_bytes())


def test_the_certificate_names_everything_and_is_signed(tmp_path: Path) -> None:
    files, made = ensure_certificates(tmp_path / "ca", NAMES, ADDRESSES, NOW)
    assert made
    certificate = server(files)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "school"]
    addresses = names.get_values_for_type(x509.IPAddress)
    assert addresses == [ipaddress.ip_address(address) for address in ADDRESSES]
    certificate.verify_directly_issued_by(
        x509.load_pem_x509_certificate(files.authority.read_bytes())
    )


def test_keys_are_for_us_alone(tmp_path: Path) -> None:
    files, _ = ensure_certificates(tmp_path / "ca", NAMES, ADDRESSES, NOW)
    assert files.folder.stat().st_mode & 0o777 == 0o700
    for key in (files.authority_key, files.server_key):
        assert key.stat().st_mode & 0o777 == 0o600


def test_nothing_changes_while_nothing_changed(tmp_path: Path) -> None:
    files, _ = ensure_certificates(tmp_path, NAMES, ADDRESSES, NOW)
    before = server(files)
    later = NOW + datetime.timedelta(days=300)
    _, made = ensure_certificates(tmp_path, reversed(NAMES), reversed(ADDRESSES), later)
    assert not made
    assert server(files) == before


def test_another_address_gets_another_certificate_by_the_same_authority(tmp_path: Path) -> None:
    files, _ = ensure_certificates(tmp_path, NAMES, ADDRESSES, NOW)
    authority = files.authority.read_bytes()
    _, made = ensure_certificates(tmp_path, NAMES, (*ADDRESSES, "198.51.100.1"), NOW)
    assert made
    assert files.authority.read_bytes() == authority


def test_a_certificate_near_its_end_is_renewed(tmp_path: Path) -> None:
    files, _ = ensure_certificates(tmp_path, NAMES, ADDRESSES, NOW)
    late = NOW + SERVER_LIFE - datetime.timedelta(days=20)
    _, made = ensure_certificates(tmp_path, NAMES, ADDRESSES, late)
    assert made
    assert server(files).not_valid_after_utc > NOW + SERVER_LIFE


def test_a_lost_authority_takes_its_certificates_along(tmp_path: Path) -> None:
    files, _ = ensure_certificates(tmp_path, NAMES, ADDRESSES, NOW)
    files.authority_key.unlink()
    _, made = ensure_certificates(tmp_path, NAMES, ADDRESSES, NOW)
    assert made
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    server(files).verify_directly_issued_by(authority)
