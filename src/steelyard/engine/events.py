"""The outbox: one event row per thing that happened, in order. Rows are reused, so a new one is wiped first."""
from ..codes import REJECTED, circuit_breaker_must_be_over
from ..kernel import gate, kernel


@kernel
def new_event(state, out, kind):
    """The next event row, wiped, numbered and stamped; the caller fills in what the kind says (docs/spec/events.md)."""
    event = out.events[out.count]
    out.count += 1
    state.event_sequence += 1
    event.order_id = 0
    event.maker_order_id = 0
    event.price_ticks = 0
    event.price_units = 0
    event.size_lots = 0
    event.remaining_lots = 0
    event.maker_remaining_lots = 0
    event.value_atoms = 0
    event.fee_atoms = 0
    event.maker_fee_atoms = 0
    event.realized_atoms = 0
    event.maker_realized_atoms = 0
    event.cash_atoms = 0
    event.collateral_atoms = 0
    event.maker_collateral_atoms = 0
    event.equity_atoms = 0
    event.requirement_atoms = 0
    event.rate_ppb = 0
    event.account = 0
    event.other_account = 0
    event.instrument = 0
    event.asset = 0
    event.reason = 0
    event.side = 0
    event.order_type = 0
    event.flags = 0
    event.sequence = state.event_sequence
    event.time_ns = state.now_ns
    event.command_sequence = state.command_sequence
    event.kind = kind
    return event


@gate
def reject(state, command, reason, out):
    """Refuse a command by name. Nothing was changed."""
    event = new_event(state, out, REJECTED)
    event.reason = reason
    event.account = command.account
    event.instrument = command.instrument
    event.order_id = command.order_id
    event.price_ticks = command.price_ticks
    event.size_lots = command.size_lots
    event.cash_atoms = command.amount_atoms
    event.side = command.side
    event.order_type = command.kind
    if reason == circuit_breaker_must_be_over:
        event.value_atoms = state.instruments[command.instrument].breaker_until_ns
    return event.reason
