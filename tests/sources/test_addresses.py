import socket

import pytest

from packshot.sources.addresses import find_refusal_reason, resolve_host

PUBLIC = ["93.184.216.34", "8.8.8.8", "172.32.0.1", "192.169.0.1", "100.128.0.1", "2606:2800:220:1::1"]
OWN = ["127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"]
OWN += ["::1", "fd12:3456::1"]
NEVER = {
    "0.0.0.0": "unspecified",
    "0.1.2.3": "unspecified",
    "::": "unspecified",
    "169.254.169.254": "metadata",
    "169.254.170.2": "link-local",
    "168.63.129.16": "metadata",
    "100.100.100.200": "metadata",
    "fd00:ec2::254": "metadata",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "224.0.0.1": "multicast",
    "239.255.255.250": "multicast",
    "ff02::1": "multicast",
    "255.255.255.255": "reserved",
    "240.0.0.1": "reserved",
    "192.0.0.192": "reserved",
    "192.0.2.1": "documentation",
    "198.18.0.1": "benchmarks",
    "::ffff:127.0.0.1": "IPv4 address inside",
    "::ffff:93.184.216.34": "IPv4 address inside",
    "::127.0.0.1": "reserved",
    "64:ff9b::10.0.0.1": "NAT64",
    "64:ff9b:1::1": "NAT64",
    "2002:7f00:1::": "6to4",
    "2001:0:4136:e378::1": "reserved",
    "2001:db8::1": "documentation",
    "fec0::1": "reserved",
    "4000::1": "reserved",
}


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_pass(address):
    assert find_refusal_reason(address) is None
    assert find_refusal_reason(address, allow_private=True) is None


@pytest.mark.parametrize("address", OWN)
def test_own_networks_pass_only_when_allowed(address):
    assert find_refusal_reason(address) in ("this machine itself", "a private network")
    assert find_refusal_reason(address, allow_private=True) is None


@pytest.mark.parametrize(("address", "reason"), NEVER.items())
def test_others_never_pass(address, reason):
    for allow_private in (False, True):
        assert reason in find_refusal_reason(address, allow_private=allow_private)


def test_what_is_no_address():
    with pytest.raises(ValueError, match="localhost"):
        find_refusal_reason("localhost")


def test_the_system_knows_this_machine():
    found = resolve_host("localhost", 80)
    assert set(found) <= {"127.0.0.1", "::1"}
    assert len(found) == len(set(found)) > 0
    with pytest.raises(socket.gaierror):
        resolve_host("no-such-host.invalid", 80)


@pytest.mark.parametrize("spelling", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1"])
def test_odd_spellings_of_this_machine_resolve_to_what_is_refused(spelling):
    assert {find_refusal_reason(address) for address in resolve_host(spelling, 80)} == {
        "this machine itself"
    }
