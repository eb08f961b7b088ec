import ipaddress

import pytest

from zvonok.service.addresses import machine_addresses, parse_addresses, reachable_addresses


def test_the_machine_has_loopback_last_and_nothing_link_local() -> None:
    addresses = [ipaddress.ip_address(address) for address in machine_addresses()]
    assert ipaddress.ip_address("127.0.0.1") in addresses
    assert not any(address.is_link_local for address in addresses)
    loopback = [address.is_loopback for address in addresses]
    assert loopback == sorted(loopback)


def test_public_addresses_come_first_and_none_twice() -> None:
    addresses = reachable_addresses(("203.0.113.7", "127.0.0.1"))
    assert addresses[:2] == ("203.0.113.7", "127.0.0.1")
    assert len(set(addresses)) == len(addresses)


@pytest.mark.parametrize("text", ["", " ", ","])
def test_no_addresses(text: str) -> None:
    assert parse_addresses(text) == ()


def test_names_are_no_addresses() -> None:
    with pytest.raises(ValueError, match="localhost"):
        parse_addresses("localhost")
