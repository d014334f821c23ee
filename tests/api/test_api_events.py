"""Typed events: nothing a kernel writes is lost, and numbers get their names."""
import numpy as np
import pytest
from random_stream import LINEAR, Stream, c

from steelyard.kernel import load_plain

codes = load_plain("codes")
typed = load_plain("api.events")
records = load_plain("engine.records")
Engine = load_plain("api.engine").Engine
COMMON = {"sequence", "time_ns", "command_sequence", "kind"}


def rows_of(seed: int, count: int) -> np.ndarray:
    """All EVENT records of a stream."""
    stream, engine = Stream(seed), Engine()
    parts = [engine.apply(c.records(stream.opening()))]
    parts += [engine.apply(stream.next().to_record()) for _number in range(count)]
    parts += [engine.apply(c.records(stream.closing()))]
    return np.concatenate(parts)


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_EVNT_003_every_column_a_kernel_writes_is_carried(seed):
    """EVNT-003 No column is written that the kind does not declare; the typed event has the same numbers."""
    rows = rows_of(seed, 400)
    for row, event in zip(rows, typed.events(rows)):
        kind = codes.EventKind(int(row["kind"]))
        assert type(event) is typed.EVENTS[kind]
        declared = {typed.column_of(type(event), name) for name in event.__struct_fields__} | COMMON
        written = {name for name in records.EVENT.names if row[name] != 0}
        assert written <= declared, f"{kind.name} writes {sorted(written - declared)}"
        for name in event.__struct_fields__:
            if name not in ("flags", "source"):
                assert int(getattr(event, name)) == int(row[typed.column_of(type(event), name)]), (kind, name)


def test_a_trigger_names_its_price_source_apart_from_its_flags():
    stream, engine = Stream(0), Engine()
    engine.send(*stream.opening())
    events = engine.send(c.PlaceOrder(16, LINEAR, 1, c.Side.SELL, 5, order_type=codes.OrderType.STOP_MARKET,
                                      trigger_ticks=900, trigger_source=codes.PriceSource.LAST,
                                      flags=codes.Flag.REDUCE_ONLY))
    assert [type(event).__name__ for event in events] == ["TriggerAccepted"]
    assert events[0].source is codes.PriceSource.LAST and events[0].flags == codes.Flag.REDUCE_ONLY
    assert events[0].trigger_units == 900 and events[0].side is c.Side.SELL


def test_events_are_made_from_event_records_only():
    with pytest.raises(TypeError):
        typed.events(np.zeros(3, np.int64))
    assert typed.events(np.zeros(0, records.EVENT)) == []
