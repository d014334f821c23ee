"""From command to room, then the consequences: whole for what this command changed, bounded for what its prices set
off."""
from .. import codes
from ..kernel import entry, gate, kernel, prefetch, prefetch_line
from . import accounts, clients, configuration, funding, index, marks, windows
from .assignment import set_assignee
from .attachments import attach, conclude_working, objection_attached
from .bands import drop_band, examine_group, examine_position, pop_crossed_bands, pop_crossed_pledges, settle_plain
from .book import ensure_page
from .brackets import has_bracket, position_shrunk
from .consequences import drain_fired, run_expiries, settle_orders
from .conversion import cover_debt
from .disposal import drain_takeovers, takeover_waiting
from .events import empty_outbox, reject
from .expiry import has_due
from .groups import refresh_requirement, unpledge
from .liquidation import drain_liquidations
from .loans import drain_loans, follow_position
from .lookahead import ENABLED, EVENTS, FAR, NEAR, NEXT, ROWS, SOON, look_ahead, look_ahead_in_book
from .margin_calls import begin_due_calls, drain_calls
from .matching import cancel_resting, match_working
from .order_changes import amend_resting, objection_change, trim_reduce_only
from .order_index import find_order
from .orders import announce_accepted, load_working, objection_place, run_working
from .positions import deactivate, member
from .queues import has_pending_changes
from .records import (
    DIRTY_MAX,
    EVENTS_PER_COMMAND,
    FILLS_PER_COMMAND_MAX,
    INSTRUMENTS_MAX,
    MOVED_MAX,
    ORDERS_MAX,
    OUTBOX_EVENTS,
    OUTBOX_RESERVE,
)
from .resting import drop_working, rest_working
from .sessions import drain_sessions
from .settlement import (
    begin_due_settlements,
    drain_settlement,
    publish_settlement,
    schedule_settlement,
    settlement_waiting,
)
from .short_way import cancel_short, is_ordinary, leave_short, place_short, rest_short
from .triggers import amend_trigger, cancel_trigger, fire_crossed, place_trigger
from .withdrawal import cancel_position_orders


# ---------------------------------------------------------------- orders
@kernel
def place_order(state, command, out):
    """PLACE_ORDER -> REJECTED | ORDER_ACCEPTED, TRADED*, (ORDER_RESTED | ORDER_CANCELED)?"""
    if is_ordinary(command):
        done = place_short(state, command, out) if state.book_only == 0 else rest_short(state, command, out)
        if done != 0:
            return
    if state.book_only == 0:
        place_long(state, command, out)
    else:
        place_book_only(state, command, out)


@gate
def place_book_only(state, command, out):
    """An order in the bare-book mode that benchmarks and twins use."""
    load_working(state, command, 0)
    state.working.required_order_id = 0
    announce_accepted(state, out)
    match_working(state, out)
    settle_book_only(state, out)


@gate
def place_long(state, command, out):
    """Any order, with every rule there is: objections, then what it carries, then the book."""
    if codes.ORDER_STOP_MARKET <= command.order_type <= codes.ORDER_TRAILING_STOP:
        place_trigger(state, command, out)
        if state.collateral_count != 0 and 0 < command.account < len(state.accounts) and (
                0 < command.instrument < len(state.instruments)):
            unpledge(state, command.account, command.instrument)
        return
    objection = objection_place(state, command)
    carries = command.oco_order_id != 0 or has_bracket(command)
    if carries:
        objection = objection_attached(state, command, objection)
    if objection != codes.NONE:
        reject(state, command, objection, out)
        return
    if carries:
        attach(state, command)
    announce_accepted(state, out)
    run_working(state, out)
    if carries:
        conclude_working(state)
    if state.collateral_count != 0:
        unpledge(state, command.account, command.instrument)


@kernel
def settle_book_only(state, out):
    """What is left of an order in the bare-book mode that benchmarks and twins use: no accounts, no checks."""
    working = state.working
    if working.remaining_lots > 0:
        if working.time_in_force == codes.TIF_IOC:
            drop_working(state, codes.canceled_immediate_remainder, out)
        elif ensure_page(state, working.instrument, working.limit_ticks) != 0:
            rest_working(state, out)


@kernel
def cancel_order(state, command, out):
    """CANCEL_ORDER -> REJECTED | ORDER_CANCELED | TRIGGER_CANCELED"""
    done = cancel_short(state, command, out) if state.book_only == 0 else leave_short(state, command, out)
    if done == 0:
        cancel_long(state, command, out)


@gate
def cancel_long(state, command, out):
    """The cancel of any order or trigger."""
    if state.book_only == 0:
        objection = objection_change(state, command)
        if objection != codes.NONE:
            reject(state, command, objection, out)
            return
    code = find_order(state, command.order_id)
    if code == 0:
        reject(state, command, codes.order_must_exist, out)
    elif code < ORDERS_MAX:
        cancel_resting(state, code, codes.canceled_by_owner, out)
    else:
        cancel_trigger(state, code - ORDERS_MAX, codes.canceled_by_owner, out)


@gate
def amend_order(state, command, out):
    """AMEND_ORDER -> REJECTED | ORDER_AMENDED, TRADED*, (ORDER_RESTED | ORDER_CANCELED)?"""
    if state.book_only == 0:
        objection = objection_change(state, command)
        if objection != codes.NONE:
            reject(state, command, objection, out)
            return
    code = find_order(state, command.order_id)
    if code == 0:
        reject(state, command, codes.order_must_exist, out)
    elif code < ORDERS_MAX:
        amend_resting(state, command, code, out)
    else:
        amend_trigger(state, command, code - ORDERS_MAX, out)


@kernel
def stands_still(instrument):
    """Whether nothing may be canceled: the instrument is halted or settled.  ORDR-011"""
    return instrument.state == codes.STATE_HALTED or instrument.state == codes.STATE_SETTLED


@gate
def cancel_everyones(state, instrument_id, out):
    """The operator clears a book (0: all of them): resting orders of every account, row by row, at most
    FILLS_PER_COMMAND_MAX of them a command; it is sent again until nothing comes back.  ORDR-011"""
    done = 0
    slot = 1
    while slot <= state.orders_pool.high_water and done < FILLS_PER_COMMAND_MAX:
        order = state.orders[slot]
        if order.remaining_lots > 0 and order.position != 0 and (
                instrument_id == 0 or order.instrument == instrument_id) and not (
                stands_still(state.instruments[order.instrument])):
            cancel_resting(state, slot, codes.canceled_by_state, out)
            done += 1
        slot += 1


@gate
def cancel_orders(state, command, out):
    """CANCEL_ORDERS -> REJECTED | ORDER_CANCELED*, TRIGGER_CANCELED*: of one account (0: the operator, of all), in one
    instrument or all."""
    if command.account == 0 and 0 <= command.instrument < len(state.instruments):
        cancel_everyones(state, command.instrument, out)
        return
    if not 0 < command.account < len(state.accounts) or state.accounts[command.account].is_open == 0:
        reject(state, command, codes.account_must_be_open, out)
        return
    if 0 < command.instrument < len(state.instruments) and stands_still(state.instruments[command.instrument]):
        reject(state, command, codes.instrument_must_be_trading, out)
        return
    wallet_row = state.accounts[command.account].first_wallet
    while wallet_row != 0:
        wallet = state.wallets[wallet_row]
        count = wallet.position_count
        for reverse in range(count):                # from the end: a position that is done is replaced by the last one
            position_row = member(state, wallet, count - 1 - reverse)
            instrument_id = state.positions[position_row].instrument
            if (command.instrument == 0 or instrument_id == command.instrument) and not (
                    stands_still(state.instruments[instrument_id])):
                cancel_position_orders(state, position_row, codes.canceled_by_owner, out)
        wallet_row = wallet.next_wallet


# ---------------------------------------------------------------- what a command asks for
@gate
def run_account_command(state, command, out):
    """Commands about accounts and cash; True if it was one."""
    if command.kind == codes.DEPOSIT:
        accounts.deposit(state, command, out)
    elif command.kind == codes.WITHDRAW:
        accounts.withdraw(state, command, out)
    elif command.kind == codes.TRANSFER:
        accounts.transfer_between(state, command, out)
    elif command.kind == codes.SET_ACCOUNT:
        accounts.set_account(state, command, out)
    elif command.kind == codes.SET_LEVERAGE:
        accounts.set_leverage(state, command, out)
    elif command.kind == codes.SET_MARGIN_MODE:
        accounts.set_margin_mode(state, command, out)
    elif command.kind == codes.MOVE_COLLATERAL:
        accounts.move_collateral(state, command, out)
    elif command.kind == codes.FUND_INSURANCE:
        accounts.fund_insurance(state, command, out)
    elif command.kind == codes.SET_ASSIGNEE:
        set_assignee(state, command, out)
    else:
        return False
    return True


@gate
def run_configuration_command(state, command, out):
    """Commands that set up a venue; True if it was one."""
    if command.kind == codes.SET_TERM:
        configuration.set_term(state, command, out)
    elif command.kind == codes.SET_TIER:
        configuration.set_tier(state, command, out)
    elif command.kind == codes.SET_FEE_CLASS:
        configuration.set_fee_class(state, command, out)
    elif command.kind == codes.SET_INDEX:
        index.set_index(state, command, out)
    elif command.kind == codes.SET_INDEX_SOURCE:
        index.set_index_source(state, command, out)
    elif command.kind == codes.SET_COLLATERAL:
        configuration.set_collateral(state, command, out)
    elif command.kind == codes.LIST_INSTRUMENT:
        configuration.list_instrument(state, command, out)
    elif command.kind == codes.SET_INSTRUMENT_STATE:
        configuration.set_instrument_state(state, command, out)
    elif command.kind == codes.SCHEDULE_SETTLEMENT:
        schedule_settlement(state, command, out)
    elif command.kind == codes.PUBLISH_SETTLEMENT:
        publish_settlement(state, command, out)
    elif command.kind == codes.SET_WINDOW_RATE:
        windows.set_window_rate(state, command, out)
    elif command.kind == codes.SET_MARGIN_WINDOW:
        windows.set_margin_window(state, command, out)
    elif command.kind == codes.SET_CLIENT_RULE:
        clients.set_client_rule(state, command, out)
    elif command.kind == codes.SET_CLIENT_CLASS:
        clients.set_client_class(state, command, out)
    elif command.kind == codes.SET_CLASS_TIER:
        clients.set_class_tier(state, command, out)
    else:
        return False
    return True


@kernel
def run_command(state, command, out):
    """Carry out one command. Consequences are queued, not followed."""
    if command.kind == codes.PLACE_ORDER:
        place_order(state, command, out)
    elif command.kind == codes.CANCEL_ORDER:
        cancel_order(state, command, out)
    elif command.kind == codes.AMEND_ORDER:
        amend_order(state, command, out)
    else:
        run_other_command(state, command, out)


@gate
def run_other_command(state, command, out):
    """Carry out a command that is not about one order."""
    if command.kind == codes.PUBLISH_MARK:
        marks.publish_mark(state, command, out)
    elif command.kind == codes.PUBLISH_PRICE:
        index.publish_price(state, command, out)
    elif command.kind == codes.CANCEL_ORDERS:
        cancel_orders(state, command, out)
    elif command.kind != codes.ADVANCE and command.kind != codes.NOTE and not (
            run_account_command(state, command, out)) and not run_configuration_command(state, command, out):
        reject(state, command, codes.command_must_be_known, out)


# ---------------------------------------------------------------- consequences
@gate
def drain_dirty(state, out):
    """Refresh every position that changed: reduce-only orders that no longer fit, requirement, bands. Runs to the end.
    BAND-001"""
    ring = state.dirty_ring
    while ring.count > 0:
        position_row = state.dirty[ring.head]
        ring.head = (ring.head + 1) % DIRTY_MAX
        ring.count -= 1
        position = state.positions[position_row]
        position.dirty = 0
        if settle_plain(state, position_row) != 0:
            continue
        position.own_requirement_key = 0
        position_shrunk(state, position_row)
        settle_orders(state, out)
        if position.reduce_only_lots > 0:            # also when the position has turned: what reduced a long ends
            trim_reduce_only(state, position_row, out)
        if state.loan_due_ns != 0 or state.instruments[position.instrument].terms.loan_period_ns != 0:
            follow_position(state, position_row, out)
        refresh_requirement(state, position_row)
        if position.size_lots == 0:
            drop_band(state, position_row)
            deactivate(state, position_row)
        if state.collateral_count != 0 and state.wallets[position.wallet].balance_atoms < 0:
            cover_debt(state, position.wallet, out)
        if state.bands_off == 0:
            examine_position(state, position_row)
            if position.isolated != 0:       # cash moved between it and its wallet
                examine_group(state, position.wallet, 0)


@gate
def drain_moved_index(state, index_id, budget):
    """Look at the collateral priced by the index at the head of the ring; returns the work done.  COLL-006"""
    ring = state.moved_ring
    done = 0
    if state.bands_off == 0:
        done = pop_crossed_pledges(state, index_id, budget)
    if done < budget:
        ring.head = (ring.head + 1) % MOVED_MAX
        ring.count -= 1
        state.indices[index_id].moved_queued = 0
        done += 1
    return done


@gate
def drain_moved(state, out, budget):
    """Look at the ladders of instruments whose price moved; returns the work done, at most ``budget``."""
    ring = state.moved_ring
    if ring.count == 0:
        return 0
    instrument_id = state.moved[ring.head]
    done = 0
    if instrument_id >= INSTRUMENTS_MAX:
        return drain_moved_index(state, instrument_id - INSTRUMENTS_MAX, budget)
    if state.bands_off == 0:
        done = pop_crossed_bands(state, instrument_id, budget)
    if done < budget:
        done += fire_crossed(state, instrument_id, out, budget - done)
    if done < budget:
        ring.head = (ring.head + 1) % MOVED_MAX
        ring.count -= 1
        state.instruments[instrument_id].moved_queued = 0
        done += 1
    return done


@kernel
def is_quiet(state):
    """Whether a command left nothing behind: no changed position, no queue with an entry, no walk under way."""
    rings = (state.dirty_ring.count | state.cancel_ring.count | state.moved_ring.count | state.liquidation_ring.count
             | state.fired_ring.count)
    walks = state.first_dirty_bracket | state.first_disposing | state.funding_rows_left | state.settling
    walks |= state.sessions_ending | state.call_cursor | state.loans_due
    return rings | walks | state.adl.phase | state.loss.phase | state.loss.pending_count == 0


@gate
def drain(state, out, events_before):
    """Follow queued consequences up to the work budget and the event bound of one command."""
    settle_changes(state, out)
    if is_quiet(state):
        return
    left = state.work_budget
    while left > 0 and out.count - events_before < EVENTS_PER_COMMAND:
        done = drain_moved(state, out, left)
        if done == 0 and state.call_cursor != 0:
            done = drain_calls(state, left)
        if done == 0 and state.liquidation_ring.count > 0:
            done = drain_liquidations(state, out, left)
        if done == 0 and takeover_waiting(state):
            done = drain_takeovers(state, out, left)
        if done == 0 and state.loans_due != 0:
            done = drain_loans(state, out, left)
        if done == 0 and state.fired_ring.count > 0:
            done = drain_fired(state, out, left)
        if done == 0:
            done = funding.drain_funding(state, out, left)
        if done == 0 and settlement_waiting(state):
            done = drain_settlement(state, out, left)
        if done == 0 and state.sessions_ending > 0:
            done = drain_sessions(state, out, left)
        settle_changes(state, out)
        if done == 0:
            break
        left -= done


@kernel
def settle_changes(state, out):
    """Positions, brackets and partners that a step changed, until nothing is left."""
    while has_pending_changes(state):
        settle_orders(state, out)
        drain_dirty(state, out)


@gate
def run_clocks(state, out):
    """Everything that fell due by now: stamps, samples, settlements, good-till-date orders."""
    if state.now_ns >= state.timer_next_ns:
        funding.run_timers(state, out)
    if state.settle_next_ns != 0 and state.now_ns >= state.settle_next_ns:
        begin_due_settlements(state, out)
    if state.call_due_ns != 0 and state.now_ns >= state.call_due_ns:
        begin_due_calls(state)
    if state.loan_due_ns != 0 and state.now_ns >= state.loan_due_ns:
        state.loans_due = 1
    if has_due(state):
        run_expiries(state, out, state.work_budget)


@kernel
def take_time(state, command, out):
    """Move the clock to the command's time (0: as it stands) and run what fell due; False where time would go back."""
    if command.time_ns != 0:
        if command.time_ns < state.now_ns:
            reject(state, command, codes.time_must_not_go_back, out)
            return False
        state.now_ns = command.time_ns
    if state.now_ns >= state.timer_next_ns or state.expiries_pool.live > 0 or (
            state.settle_next_ns | state.call_due_ns | state.loan_due_ns) != 0:
        run_clocks(state, out)
    return True


@entry
def apply(states, commands, outs):
    """Apply commands in order until all are done or the outbox needs emptying; ``out.consumed`` says how many."""
    state = states[0]
    out = outs[0]
    empty_outbox(out)
    done = 0
    while done < len(commands) and out.count + OUTBOX_RESERVE <= OUTBOX_EVENTS:
        command = commands[done]
        out.consumed = done
        if ENABLED and done + FAR < len(commands):
            prefetch(commands[min(done + ROWS, len(commands) - 1)])
            prefetch_line(out.events[out.count + EVENTS])
            if state.book_only == 0:
                look_ahead(state, out, commands[done + FAR], commands[done + NEAR], commands[done + NEXT],
                           commands[done + SOON])
            else:
                look_ahead_in_book(state, out, commands[done + FAR], commands[done + NEAR], commands[done + NEXT])
        done += 1
        state.command_sequence += 1
        before = out.count
        if take_time(state, command, out):
            run_command(state, command, out)
        if not is_quiet(state):
            drain(state, out, before)
    out.consumed = done
    return out.count
