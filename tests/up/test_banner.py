from zvonok.service.addresses import shown_addresses
from zvonok.up.banner import banner


def text(*addresses: str, drawn: bool = False) -> str:
    return banner(http_port=8080, https_port=8443, addresses=addresses, key="KEY", drawn=drawn)


def test_the_key_stays_behind_the_fragment() -> None:
    assert "http://localhost:8080/#key=KEY" in text()


def test_addresses_for_the_room() -> None:
    shown = text("192.0.2.7", "2001:db8::1")
    assert "https://192.0.2.7:8443/" in shown
    assert "https://[2001:db8::1]:8443/" in shown
    assert "https://192.0.2.7:8443/ca.crt" in shown


def test_alone_on_the_machine() -> None:
    assert "https://" not in text()
    assert "▄" not in text(drawn=True)


def test_the_drawn_code_is_there_when_asked_for() -> None:
    assert "█" not in text("192.0.2.7")
    assert "█" in text("192.0.2.7", drawn=True)


def test_loopback_is_no_address_for_others() -> None:
    assert shown_addresses(["127.0.0.1", "::1"]) == []


def test_the_short_addresses_where_there_are_any() -> None:
    assert shown_addresses(["2001:db8::1", "192.0.2.7", "127.0.0.1"]) == ["192.0.2.7"]
    assert shown_addresses(["2001:db8::1", "::1"]) == ["2001:db8::1"]
