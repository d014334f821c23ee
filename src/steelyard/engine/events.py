"""The outbox: one event row per thing that happened, in order.

A row is three cache lines, and most events are about an order and say all they say in the first. Rows are clean when a
batch begins: those that were written further are noted, and wiped when the next batch begins.
"""
from ..codes import REJECTED, circuit_breaker_must_be_over
from ..kernel import gate, kernel


@kernel
def order_event(state, out, kind):
    """The next event row, numbered and stamped, for a kind that writes only the first cache line of EVENT (and all of
    it); the caller fills in what the kind says (docs/spec/events.md)."""
    event = out.events[out.count]
    out.count += 1
    state.event_sequence += 1
    event.sequence = state.event_sequence
    event.time_ns = state.now_ns
    event.command_sequence = state.command_sequence
    event.order_id = 0
    event.size_lots = 0
    event.price_ticks = 0
    event.account = 0
    event.instrument = 0
    event.kind = kind
    event.reason = 0
    event.side = 0
    event.order_type = 0
    event.flags = 0
    return event


@kernel
def new_event(state, out, kind):
    """The next event row, numbered and stamped, zero in all other columns, for a kind that may write any of them."""
    out.wide[out.wide_count] = out.count
    out.wide_count += 1
    return order_event(state, out, kind)


@kernel
def empty_outbox(out):
    """Begin again with no events and all rows clean."""
    for index in range(out.wide_count):
        event = out.events[out.wide[index]]
        event.other_account = 0
        event.asset = 0
        event.maker_order_id = 0
        event.remaining_lots = 0
        event.maker_remaining_lots = 0
        event.value_atoms = 0
        event.fee_atoms = 0
        event.maker_fee_atoms = 0
        event.realized_atoms = 0
        event.maker_realized_atoms = 0
        event.collateral_atoms = 0
        event.maker_collateral_atoms = 0
        event.price_units = 0
        event.cash_atoms = 0
        event.equity_atoms = 0
        event.requirement_atoms = 0
        event.rate_ppb = 0
    out.wide_count = 0
    out.count = 0


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
