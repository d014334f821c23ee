"""The venue's time: a line with a speed, continuous, never back."""
from hypothesis import given
from hypothesis import strategies as st

from steelyard.feeds.clock import FeedClock


def made(begin_ns=1_000, speed=60.0):
    wall = [5_000]
    return wall, FeedClock(begin_ns, speed, lambda: wall[0])


def test_time_runs_at_the_speed_and_stands_while_paused():
    """FEED-001"""
    wall, clock = made()
    wall[0] += 10
    assert clock.now_ns() == 1_000
    clock.start()
    wall[0] += 10
    assert clock.now_ns() == 1_600
    clock.pause()
    wall[0] += 1_000
    assert clock.now_ns() == 1_600
    clock.start()
    clock.set_speed(2)
    wall[0] += 5
    assert clock.now_ns() == 1_610
    clock.not_before(1_500)
    assert clock.now_ns() == 1_610
    clock.not_before(9_000)
    assert clock.now_ns() == 9_000


@given(st.lists(st.one_of(st.integers(0, 10**9), st.sampled_from(["start", "pause"]),
                          st.floats(1, 600).map(lambda speed: ("speed", speed)),
                          st.integers(0, 10**12).map(lambda time_ns: ("jump", time_ns))), max_size=30))
def test_time_never_goes_back(steps):
    """FEED-001"""
    wall, clock = made()
    seen = clock.now_ns()
    for step in steps:
        if isinstance(step, int):
            wall[0] += step
        elif isinstance(step, str):
            getattr(clock, step)()
        else:
            (clock.set_speed if step[0] == "speed" else clock.not_before)(step[1])
        assert clock.now_ns() >= seen
        seen = clock.now_ns()
