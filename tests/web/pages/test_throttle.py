"""The throttle by itself."""

from __future__ import annotations

from passweb.pages.throttle import Throttle, source_of


class Watch:
    """A clock that is turned by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_failures_are_forgotten_after_their_time() -> None:
    watch = Watch()
    throttle = Throttle(3, 60, clock=watch)
    for second in (0, 10, 20):
        watch.now = second
        assert throttle.wait("a") == 0
        throttle.fail("a")
    assert throttle.wait("a") == 41
    assert throttle.wait("b") == 0
    watch.now = 60
    assert throttle.wait("a") == 0
    throttle.fail("a")
    assert throttle.wait("a") == 11


def test_sources_are_bounded() -> None:
    """A flood of sources drops the oldest, never grows without end."""
    throttle = Throttle(1, 60, clock=Watch())
    for number in range(10_500):
        throttle.fail(str(number))
    assert throttle.wait("0") == 0
    assert throttle.wait("10499") > 0


def test_an_ipv6_network_is_one_source() -> None:
    assert source_of("2001:db8::1") == source_of("2001:db8::ffff:1")
    assert source_of("2001:db8::1") != source_of("2001:db8:0:1::1")
    assert source_of("192.0.2.1") == "192.0.2.1"
