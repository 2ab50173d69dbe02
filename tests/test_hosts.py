"""Which hosts a webhook from the internet can never reach."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringg_runner.authoring.hosts import is_private
from ringg_runner.authoring.urls import is_private as leads_to_private

PRIVATE = [
    *("localhost", "LOCALHOST", "localhost.", "hooks.localhost", "printer.local", "hooks.internal"),
    *("a.b.corp", "wiki.intranet", "nas.lan", "nas.home", "nas.home.arpa", "a.private", "hooks"),
    *("127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
    *("0.0.0.0", "100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("127.1", "2130706433", "0x7f000001", "0177.0.0.1", "10.1"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1"),
    *("::ffff:10.0.0.1", "2002:7f00:1::", "2001:db8::1"),
    "",
]
PUBLIC = [
    *("hooks.example.com", "hooks.example.com.", "local.example.com", "internal.example"),
    *("localhost.example.com", "home.example.org", "arpa.example", "127.0.0.1.example.com"),
    *("8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "134744072", "xn--bcher-kva.example"),
]


@pytest.mark.parametrize("host", PRIVATE)
def test_what_only_a_private_network_knows_is_told_by_its_name(host: str) -> None:
    assert is_private(host)


@pytest.mark.parametrize("host", PUBLIC)
def test_what_the_internet_may_know_is_left_alone(host: str) -> None:
    assert not is_private(host)


def test_of_a_url_the_host_counts() -> None:
    assert leads_to_private("https://[::1]:8443/hook?host=example.com")
    assert leads_to_private("https://127.1/hook")
    assert not leads_to_private("https://hooks.example.com/localhost")


@given(st.text())
def test_no_text_breaks_the_reading_of_hosts(host: str) -> None:
    assert is_private(host) in (True, False)
