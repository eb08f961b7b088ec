"""DTLS between our server and an OpenSSL client, over lines that lose, split and reorder."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfu import dtls
from sfu.alerts import AlertReader
from sfu.dtls import (
    FIRST_REPEAT,
    HANDSHAKE_SECONDS,
    KEEP_SECONDS,
    MAX_DATAGRAMS,
    MTU,
    STALL_SECONDS,
    DtlsError,
    DtlsServer,
    Handshake,
    Keys,
    begins,
)
from sfu.sdp import Fingerprint
from tests.sfu.dtls_client import DtlsClient

SERVER = DtlsServer(datetime(2026, 1, 1, tzinfo=UTC))
SMALLEST_MTU = 256
"""That OpenSSL accepts; splits a ClientHello and a certificate."""

Line = Callable[[list[bytes]], list[bytes]]


def unharmed(datagrams: list[bytes]) -> list[bytes]:
    return datagrams


def run(
    client: DtlsClient, handshake: Handshake, *, up: Line = unharmed, down: Line = unharmed
) -> Keys | None:
    """Passes datagrams to and fro, with both sides' timers, until nothing moves any more."""
    keys = None
    now = 0.0
    for _ in range(40):
        for datagram in up(client.send()):
            output = handshake.receive(datagram, now)
            keys = keys or output.keys
            for reply in down(output.datagrams):
                client.receive(reply)
        if keys and client.done:
            return keys
        now += FIRST_REPEAT * 1.5
        for reply in down(handshake.handle_timer(now)):
            client.receive(reply)
        client.repeat()
    return keys


def check_same_keys(client: DtlsClient, keys: Keys | None) -> None:
    assert keys is not None
    assert client.keys(keys.profile) == (keys.inbound, keys.outbound)


@pytest.mark.parametrize(
    ("profiles", "number", "length"),
    [
        (b"SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM", 7, 28),
        (b"SRTP_AES128_CM_SHA1_80", 1, 30),
    ],
)
def test_both_sides_have_the_same_keys(profiles: bytes, number: int, length: int) -> None:
    client = DtlsClient(profiles)
    handshake = SERVER.handshake((client.fingerprint,), 0.0)
    keys = run(client, handshake)
    check_same_keys(client, keys)
    assert keys is not None
    assert (keys.profile, len(keys.inbound), len(keys.outbound)) == (number, length, length)
    assert handshake.complete


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_fingerprints_of_every_length(algorithm: str) -> None:
    client = DtlsClient()
    wrong = Fingerprint("sha-256", bytes(32))
    right = Fingerprint(f"sha-{algorithm[3:]}", client.digest(algorithm))
    check_same_keys(client, run(client, SERVER.handshake((wrong, right), 0.0)))


WRONG = Fingerprint("sha-256", bytes(32))


def alert_after(client: DtlsClient, fingerprint: Fingerprint, code: str) -> str | None:
    """What the client is told when its handshake fails."""
    with pytest.raises(DtlsError, match=code) as failure:
        run(client, SERVER.handshake((fingerprint,), 0.0))
    assert failure.value.datagrams
    for datagram in failure.value.datagrams:
        client.receive(datagram)
    return client.heard_alert


def test_wrong_fingerprint() -> None:
    alert = alert_after(DtlsClient(), WRONG, "dtls_fingerprint")
    assert alert is not None
    assert "alert" in alert


def test_client_without_srtp() -> None:
    client = DtlsClient(None)
    assert alert_after(client, client.fingerprint, "dtls_no_srtp") == "close notify"


def test_client_without_certificate() -> None:
    alert = alert_after(DtlsClient(certificate=False), WRONG, "dtls_failed")
    assert alert is not None
    assert "alert" in alert


def test_client_without_a_cipher_of_ours() -> None:
    client = DtlsClient(ciphers=b"ECDHE-ECDSA-AES256-GCM-SHA384")
    alert = alert_after(client, client.fingerprint, "dtls_failed")
    assert alert is not None
    assert "handshake failure" in alert


AEAD = ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"]


def associated(client: DtlsClient) -> AlertReader:
    """The server's reader once their handshake is over."""
    handshake = SERVER.handshake((client.fingerprint,), 0.0)
    for _ in range(3):
        for datagram in client.send():
            output = handshake.receive(datagram, 0.0)
            for reply in output.datagrams:
                client.receive(reply)
            if output.alerts is not None:
                return output.alerts
    raise AssertionError("no handshake")


@pytest.mark.parametrize("suite", AEAD)
def test_a_close_notify_is_known_for_genuine(suite: str) -> None:
    client = DtlsClient(ciphers=suite.encode())
    reader = associated(client)
    (farewell,) = client.close()
    assert reader.ended(farewell)
    # Behind another record, too.
    assert reader.ended(farewell[:11] + b"\0\0" + farewell)
    assert not associated(DtlsClient(ciphers=suite.encode())).ended(farewell)


@pytest.mark.parametrize("suite", AEAD)
def test_a_forged_close_notify_ends_nothing(suite: str) -> None:
    client = DtlsClient(ciphers=suite.encode())
    reader = associated(client)
    (farewell,) = client.close()
    for at in range(len(farewell)):
        forged = bytearray(farewell)
        forged[at] ^= 1
        assert not reader.ended(bytes(forged)), at
        assert not reader.ended(farewell[:at]), at
    assert not reader.ended(b"\x15\xfe\xfd" + bytes(8) + b"\0\2\1\0")


def test_few_alerts_of_a_datagram_are_tried() -> None:
    """Each costs, and fifty fit into one."""
    client = DtlsClient(ciphers=AEAD[0].encode())
    reader = associated(client)
    (farewell,) = client.close()
    forged = farewell[:-1] + bytes([farewell[-1] ^ 1])
    assert reader.ended(2 * forged + farewell)
    assert not reader.ended(50 * forged + farewell)


@pytest.mark.parametrize(
    ("kind", "level", "description", "ends"),
    [(21, 2, 40, True), (21, 1, 0, True), (21, 1, 90, False), (23, 2, 0, False)],
)
def test_a_fatal_alert_ends_as_a_close_notify_does(
    kind: int, level: int, description: int, ends: bool
) -> None:
    """Of warnings only that one (RFC 5246 §7.2); two bytes of data are no alert."""
    reader = AlertReader(AESGCM, bytes(16), bytes(4))
    head, sequence, explicit = bytes([kind]) + b"\xfe\xfd", bytes(8), b"explicit"
    body = AESGCM(bytes(16)).encrypt(
        bytes(4) + explicit, bytes([level, description]), sequence + head + b"\0\2"
    )
    record = explicit + body
    datagram = head + sequence + len(record).to_bytes(2, "big") + record
    assert reader.ended(datagram) is ends


@settings(max_examples=50)
@given(st.binary(max_size=100))
def test_garbage_ends_nothing(junk: bytes) -> None:
    reader = AlertReader.of(AEAD[0], bytes(48), bytes(32), bytes(32))
    assert reader is not None
    assert not reader.ended(junk)
    assert not reader.ended(b"\x15" + junk)


def test_a_suite_without_aead_has_no_reader() -> None:
    assert AlertReader.of("ECDHE-ECDSA-AES128-SHA", bytes(48), bytes(32), bytes(32)) is None


def test_only_a_client_hello_begins_a_handshake() -> None:
    client = DtlsClient(mtu=SMALLEST_MTU)
    assert all(begins(datagram) for datagram in client.send())
    for other in (b"", b"\x16", b"\x17" + bytes(20), b"\x16\xfe\xfd" + bytes(10) + b"\x0b"):
        assert not begins(other)
    assert not begins(b"\x16\xfe\xfd\0\1" + bytes(8) + b"\1")


def test_client_hello_in_fragments() -> None:
    client = DtlsClient(mtu=SMALLEST_MTU)
    hello = client.send()
    assert len(hello) > 1
    handshake = SERVER.handshake((client.fingerprint,), 0.0)
    replies = [handshake.receive(datagram, 0.0).datagrams for datagram in hello]
    assert replies[0] == []
    for reply in replies[-1]:
        client.receive(reply)
    check_same_keys(client, run(client, handshake))


def test_datagrams_fit_the_path() -> None:
    sizes: list[int] = []

    def measure(datagrams: list[bytes]) -> list[bytes]:
        sizes.extend(map(len, datagrams))
        return datagrams

    client = DtlsClient()
    run(client, SERVER.handshake((client.fingerprint,), 0.0), down=measure)
    assert max(sizes) <= MTU


def test_whole_records_share_a_datagram_as_far_as_they_fit() -> None:
    def record(size: int) -> bytes:
        return b"\x16\xfe\xfd" + bytes(8) + (size - 13).to_bytes(2, "big") + bytes(size - 13)

    sizes = [MTU // 2, MTU // 2, 100, MTU - 50, 50, MTU + 1, 20]
    found = dtls._datagrams(b"".join(map(record, sizes)))
    assert [len(datagram) for datagram in found] == [MTU, 100, MTU, MTU + 1, 20]


def greet(client: DtlsClient, handshake: Handshake) -> list[bytes]:
    """The server's reply to the ClientHello."""
    return [d for hello in client.send() for d in handshake.receive(hello, 0.0).datagrams]


class Lossy:
    """Loses datagrams by a list of decisions, then none."""

    def __init__(self, decisions: list[bool]) -> None:
        self._decisions = iter(decisions)

    def __call__(self, datagrams: list[bytes]) -> list[bytes]:
        return [datagram for datagram in datagrams if next(self._decisions, True)]


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
# Six flights in a row that are lost take longer than a handshake may stand still.
@given(st.lists(st.booleans(), max_size=6), st.lists(st.booleans(), max_size=4), st.booleans())
def test_lost_and_reordered_datagrams(up: list[bool], down: list[bool], reverse: bool) -> None:
    client = DtlsClient(mtu=SMALLEST_MTU)
    lossy = Lossy(up)

    def upwards(datagrams: list[bytes]) -> list[bytes]:
        kept = lossy(datagrams)
        return reordered(kept) if reverse else kept

    handshake = SERVER.handshake((client.fingerprint,), 0.0)
    check_same_keys(client, run(client, handshake, up=upwards, down=Lossy(down)))


def reordered(datagrams: list[bytes]) -> list[bytes]:
    """The handshake records in the clear backwards; encrypted ones have to come last."""
    clear = [d for d in datagrams if d[0] == 22 and d[3:5] == b"\0\0"]
    return clear[::-1] + [d for d in datagrams if d not in clear]


@settings(max_examples=100)
@given(st.lists(st.one_of(st.binary(max_size=200), st.integers(0, 60)), max_size=6))
def test_garbage_ends_in_a_failure_or_is_ignored(junk: list[bytes | int]) -> None:
    client = DtlsClient()
    hello = client.send()[0]
    handshake = SERVER.handshake((client.fingerprint,), 0.0)
    failures = []
    for item in junk:
        damaged = bytearray(hello)
        if isinstance(item, int):
            damaged[item] ^= 0x55
        try:
            handshake.receive(item if isinstance(item, bytes) else bytes(damaged), 0.0)
        except DtlsError as error:
            failures.append(error.code)
    assert set(failures) <= {"dtls_failed"}
    assert not handshake.complete


def test_a_failure_need_not_have_an_alert() -> None:
    assert DtlsError("dtls_flood").datagrams == []


def test_a_flood_ends_the_handshake() -> None:
    handshake = SERVER.handshake((Fingerprint("sha-256", bytes(32)),), 0.0)
    for _ in range(MAX_DATAGRAMS):
        handshake.receive(b"\x16", 0.0)
    with pytest.raises(DtlsError, match="dtls_flood"):
        handshake.receive(b"\x16", 0.0)


def test_a_silent_peer_times_out() -> None:
    handshake = SERVER.handshake((Fingerprint("sha-256", bytes(32)),), 5.0)
    assert handshake.timer == 5.0 + STALL_SECONDS
    assert handshake.handle_timer(5.0 + STALL_SECONDS - 0.1) == []
    with pytest.raises(DtlsError, match="dtls_timeout"):
        handshake.handle_timer(5.0 + STALL_SECONDS)


def test_junk_is_no_progress() -> None:
    client = DtlsClient()
    handshake = SERVER.handshake((client.fingerprint,), 0.0)
    greet(client, handshake)
    handshake.receive(client.send()[0] if client.send() else b"\x16", 4.0)
    with pytest.raises(DtlsError, match="dtls_timeout"):
        handshake.handle_timer(STALL_SECONDS)


def test_progress_gives_more_time_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dtls, "STALL_SECONDS", 2 * HANDSHAKE_SECONDS)
    handshake = SERVER.handshake((WRONG,), 0.0)
    assert handshake.timer == HANDSHAKE_SECONDS
    monkeypatch.undo()
    client = DtlsClient()
    handshake = SERVER.handshake((client.fingerprint,), 0.0)
    for hello in client.send():
        handshake.receive(hello, 4.0)
    assert handshake.handle_timer(STALL_SECONDS + 3.9)
    with pytest.raises(DtlsError, match="dtls_timeout"):
        handshake.handle_timer(STALL_SECONDS + 4.0)


def test_repetitions_come_at_once_and_then_more_slowly() -> None:
    client = DtlsClient()
    handshake = SERVER.handshake((client.fingerprint,), 0.0)
    first = greet(client, handshake)
    times = []
    for _ in range(4):
        times.append(handshake.timer)
        assert handshake.handle_timer(handshake.timer) == first
    assert [round(b - a, 3) for a, b in zip(times, times[1:], strict=False)] == [0.8, 0.8, 0.8]


def test_last_flight_is_repeated_for_a_while() -> None:
    client = DtlsClient()
    handshake = SERVER.handshake((client.fingerprint,), 0.0)
    for reply in greet(client, handshake):
        client.receive(reply)
    finished = client.send()
    last: list[bytes] = []
    for datagram in finished:
        last = handshake.receive(datagram, 0.0).datagrams or last
    assert last
    assert handshake.receive(finished[-1], 0.1).datagrams == []
    assert handshake.receive(finished[-1], 1.0).datagrams == last
    assert handshake.receive(finished[-1], 1.1).datagrams == []
    assert handshake.receive(b"\x17whatever", 2.0).datagrams == []
    assert not handshake.expired(KEEP_SECONDS - 1)
    assert handshake.receive(finished[-1], KEEP_SECONDS).datagrams == []
    assert handshake.expired(KEEP_SECONDS)


def test_the_last_flight_is_kept_from_the_end_of_a_slow_handshake_on() -> None:
    client = DtlsClient()
    handshake = SERVER.handshake((client.fingerprint,), 0.0)
    for reply in greet(client, handshake):
        client.receive(reply)
    finished = client.send()
    for datagram in finished:
        handshake.receive(datagram, STALL_SECONDS - 1)
    assert handshake.complete
    assert handshake.receive(finished[-1], STALL_SECONDS - 0.9).datagrams == []
    assert handshake.receive(finished[-1], KEEP_SECONDS + 1).datagrams
    assert not handshake.expired(KEEP_SECONDS + STALL_SECONDS - 1.1)


def test_fingerprint_is_that_of_the_certificate() -> None:
    client = DtlsClient()
    run(client, SERVER.handshake((client.fingerprint,), 0.0))
    assert client.peer_fingerprint() == SERVER.fingerprint


def test_openssl_still_speaks_1_2() -> None:
    client = DtlsClient()
    run(client, SERVER.handshake((client.fingerprint,), 0.0))
    assert client.version == "DTLSv1.2"
