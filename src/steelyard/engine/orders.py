"""Deciding on orders: objections in order of precedence, then accept, match, rest. Amend and cancel stand in
``order_changes``."""
from .. import codes
from ..codes import BUY
from ..kernel import SMALL_A, SMALL_B, gate, kernel, multiply, multiply_divide_down, multiply_divide_up
from ..rules.contract import price_units, unit_value
from ..rules.margin import order_excess_value
from ..units import PPB
from .book import ensure_page, level_of
from .events import order_event
from .expiry import has_expiry_room
from .fillable import fillable_lots
from .groups import is_available, may_unpledge, position_requirement, position_tier, requirement_with_orders
from .matching import (
    best_opposite,
    crosses,
    match_working,
    room_to_reduce,
    would_trade,
)
from .order_index import find_order
from .positions import ensure_position
from .price_bands import beyond_band, is_permitted, protected_ticks
from .records import (
    ACCOUNTS_MAX,
    INSTRUMENTS_MAX,
    LEVEL_PAGES_MAX,
    ORDERS_MAX,
    SIZE_LOTS_MAX,
    SYSTEM_ORDER_BASE,
    VALUE_ATOMS_MAX,
)
from .resting import drop_working, rest_working

ORDERS_PER_ACCOUNT_MAX = 10_000
KNOWN_FLAGS = (codes.FLAG_POST_ONLY | codes.FLAG_POST_ONLY_CANCEL | codes.FLAG_REDUCE_ONLY | codes.FLAG_CLOSE
               | codes.FLAG_HIDDEN)
REDUCING_FLAGS = codes.FLAG_REDUCE_ONLY | codes.FLAG_CLOSE
POST_ONLY_FLAGS = codes.FLAG_POST_ONLY | codes.FLAG_POST_ONLY_CANCEL


# ---------------------------------------------------------------- objections to the command itself
@kernel
def objection_access(state, command):
    """May this account send a new order to this instrument now?  ORDR-001"""
    if not 0 < command.instrument < INSTRUMENTS_MAX:
        return codes.instrument_must_exist
    instrument = state.instruments[command.instrument]
    if instrument.state == codes.STATE_UNLISTED:
        return codes.instrument_must_be_listed
    if not 0 < command.account < ACCOUNTS_MAX:
        return codes.account_must_be_open
    account = state.accounts[command.account]
    if account.is_open == 0:
        return codes.account_must_be_open
    if account.restrictions == 0 and account.client_class == 0 and instrument.state == codes.STATE_TRADING:
        return codes.NONE
    return objection_permission(instrument, account, command.flags)


@kernel
def may_open(instrument, client_class):
    """Whether accounts of a class may open positions in an instrument.  ELIG-009"""
    return client_class == 0 or instrument.client_rules[client_class].flags & codes.CLIENT_MAY_NOT_OPEN == 0


@kernel
def objection_permission(instrument, account, flags):
    """Do the account's restrictions and class and the instrument's state let an order with these flags in?  ORDR-001,
    ELIG-009"""
    restrictions = account.restrictions
    reducing = flags & REDUCING_FLAGS != 0
    if restrictions & codes.RESTRICT_NO_TRADING or (restrictions & codes.RESTRICT_REDUCE_ONLY and not reducing):
        return codes.account_must_not_be_restricted
    if instrument.state == codes.STATE_HALTED or instrument.state == codes.STATE_SETTLED:
        return codes.instrument_must_be_trading if instrument.breaker_until_ns == 0 else (
            codes.circuit_breaker_must_be_over)
    if instrument.state == codes.STATE_CANCEL_ONLY and instrument.breaker_until_ns != 0:
        return codes.circuit_breaker_must_be_over
    if instrument.state == codes.STATE_CANCEL_ONLY or (
            instrument.state == codes.STATE_REDUCE_ONLY and not reducing) or (
            instrument.state == codes.STATE_POST_ONLY and flags & POST_ONLY_FLAGS == 0):
        return codes.instrument_must_allow_new_orders
    if not reducing and not may_open(instrument, account.client_class):
        return codes.client_class_must_be_admitted
    return codes.NONE


@kernel
def is_beyond_bound(a, b):
    """Whether a x b is more than VALUE_ATOMS_MAX, for 0 < a and 0 <= b, whatever 64 bits hold."""
    if a <= SMALL_A and b <= SMALL_B:
        return a * b > VALUE_ATOMS_MAX
    return VALUE_ATOMS_MAX // a < b


@kernel
def exceeds_value(terms, lots, ticks):
    """Whether an order is worth more than the bound of ``docs/limits.md``.  ORDR-002"""
    return is_beyond_bound(lots, abs(unit_value(terms, price_units(terms, ticks))))


@kernel
def objection_shape(state, command):
    """Are the order's own fields right and do they fit together?  ORDR-002"""
    terms = state.instruments[command.instrument].terms
    if not 0 < command.order_id < SYSTEM_ORDER_BASE or find_order(state, command.order_id) != 0:
        return codes.order_id_must_be_new
    if command.side != codes.BUY and command.side != codes.SELL:
        return codes.side_must_be_buy_or_sell
    if not codes.ORDER_LIMIT <= command.order_type <= codes.ORDER_MARKET_LIMIT:
        return codes.order_type_must_be_known
    if command.order_type > codes.ORDER_TRAILING_STOP and not is_permitted(terms, command.order_type):
        return codes.order_type_must_be_permitted
    if not codes.TIF_GTC <= command.time_in_force <= codes.TIF_GTD or not (
            codes.SELF_ACCOUNT_DEFAULT <= command.self_trade_mode <= codes.SELF_ALLOW):
        return codes.time_in_force_must_be_known
    if command.flags & codes.FLAG_CLOSE == 0 and not 0 < command.size_lots <= terms.order_lots_max:
        return codes.size_must_be_in_range
    if command.order_type == codes.ORDER_LIMIT and not (
            terms.price_ticks_min <= command.price_ticks <= terms.price_ticks_max):
        return codes.price_must_be_in_range
    if command.order_type == codes.ORDER_LIMIT and command.flags & codes.FLAG_CLOSE == 0 and exceeds_value(
            terms, command.size_lots, command.price_ticks):
        return codes.size_must_be_in_range
    if not 0 <= command.display_lots <= max(command.size_lots, 0):
        return codes.display_must_be_within_size
    if command.time_in_force == codes.TIF_GTD and command.expires_ns <= state.now_ns:
        return codes.expiry_must_be_in_future
    return objection_flags(command)


@kernel
def objection_flags(command):
    """Combinations that contradict each other."""
    if command.flags == 0 and command.display_lots == 0:
        return codes.NONE
    immediate = command.time_in_force == codes.TIF_IOC or command.time_in_force == codes.TIF_FOK
    market = command.order_type == codes.ORDER_MARKET
    if command.flags & ~KNOWN_FLAGS:
        return codes.flags_must_be_compatible
    if command.flags & POST_ONLY_FLAGS and (immediate or command.order_type != codes.ORDER_LIMIT):
        return codes.flags_must_be_compatible
    if market and (command.display_lots != 0 or command.flags & codes.FLAG_HIDDEN):
        return codes.flags_must_be_compatible
    if command.flags & codes.FLAG_HIDDEN and command.display_lots != 0:
        return codes.flags_must_be_compatible
    return codes.NONE


# ---------------------------------------------------------------- the working order
@gate
def collar_ticks(state, instrument_id, side, collar_ppb):
    """The worst price this far through the reference (the further of mark and best opposite price); rounds inward.
    ORDR-008"""
    instrument = state.instruments[instrument_id]
    terms = instrument.terms
    opposite = best_opposite(state, instrument_id, side)
    if side == BUY:
        if collar_ppb == 0:
            return terms.price_ticks_max
        reference = max(opposite * terms.mark_units_per_tick, instrument.mark_price_units)
        units = multiply_divide_down(reference, PPB + collar_ppb, PPB)
        return min(terms.price_ticks_max, units // terms.mark_units_per_tick)
    if collar_ppb == 0:
        return terms.price_ticks_min
    reference = instrument.mark_price_units
    if opposite != 0:
        reference = min(opposite * terms.mark_units_per_tick, reference)
    units = multiply_divide_up(reference, PPB - collar_ppb, PPB)
    return max(terms.price_ticks_min, -(-units // terms.mark_units_per_tick))


@kernel
def within_price_band(instrument, side, ticks):
    """A limit price moved into the band around the mark that terms allow its side; rounds outward.  ORDR-014"""
    terms = instrument.terms
    if terms.price_band_ppb == 0 or terms.price_band_refuses != 0 or instrument.mark_price_units == 0:
        return ticks
    if side == BUY:
        units = multiply_divide_up(instrument.mark_price_units, PPB + terms.price_band_ppb, PPB)
        return max(terms.price_ticks_min, min(ticks, -(-units // terms.mark_units_per_tick)))
    units = multiply_divide_down(instrument.mark_price_units, PPB - terms.price_band_ppb, PPB)
    return min(terms.price_ticks_max, max(ticks, units // terms.mark_units_per_tick))


@kernel
def self_trade_mode(state, account, asked):
    """The mode an order runs with: what it asks for, else its account's default, else cancel the newest."""
    if asked == codes.SELF_ACCOUNT_DEFAULT:
        asked = state.accounts[account].self_trade_mode
    if asked == codes.SELF_ACCOUNT_DEFAULT:
        asked = codes.SELF_CANCEL_NEWEST
    return asked


@kernel
def load_working(state, command, position_row):
    """Copy an order command into ``state.working``."""
    working = state.working
    working.order_id = command.order_id
    working.account = command.account
    working.instrument = command.instrument
    working.position = position_row
    working.side = command.side
    working.order_type = command.order_type
    working.time_in_force = command.time_in_force
    working.flags = command.flags
    working.remaining_lots = command.size_lots
    working.display_size_lots = command.display_lots
    working.limit_ticks = command.price_ticks
    working.expires_ns = command.expires_ns if command.time_in_force == codes.TIF_GTD else 0
    working.oco_order_id = command.oco_order_id
    working.takeover = 0
    working.bracket = 0
    working.target_index = 0
    working.filled_lots = 0
    working.filled_value_atoms = 0


@kernel
def complete_working(state):
    """Fill in what depends on the market and the position: a market order's limit, a closing order's size."""
    working = state.working
    working.checked_ticks = 0
    working.required_order_id = 0            # what an earlier, refused order of the same id needed is not this one's
    if working.flags & codes.FLAG_CLOSE:
        working.flags |= codes.FLAG_REDUCE_ONLY
        working.remaining_lots = abs(state.positions[working.position].size_lots)
    if working.order_type == codes.ORDER_MARKET:
        terms = state.instruments[working.instrument].terms
        working.time_in_force = max(working.time_in_force, codes.TIF_IOC)
        if working.time_in_force == codes.TIF_GTD:
            working.time_in_force = codes.TIF_IOC
        working.limit_ticks = collar_ticks(state, working.instrument, working.side, terms.market_collar_ppb)
        working.checked_ticks = best_opposite(state, working.instrument, working.side)
        if working.checked_ticks == 0:
            working.checked_ticks = working.limit_ticks
    elif working.order_type > codes.ORDER_TRAILING_STOP:
        working.limit_ticks = protected_ticks(state)
    else:
        working.limit_ticks = within_price_band(
            state.instruments[working.instrument], working.side, working.limit_ticks)
    if working.flags & codes.FLAG_REDUCE_ONLY:
        position = state.positions[working.position]
        room = room_to_reduce(position, working.side)
        if working.time_in_force == codes.TIF_GTC or working.time_in_force == codes.TIF_GTD:
            room -= position.reduce_only_lots
        working.remaining_lots = min(working.remaining_lots, max(0, room))


# ---------------------------------------------------------------- objections to the working order
@kernel
def margin_ticks(state):
    """The price a new order is margined at: its limit, a sell no lower than the best bid, a market order the best
    opposite."""
    working = state.working
    lowest = state.instruments[working.instrument].terms.price_ticks_min    # a collar may end below it, next to nothing
    if working.checked_ticks != 0:
        return max(lowest, working.checked_ticks)
    bid = state.books[working.instrument].best_bid_ticks
    return max(lowest, working.limit_ticks, 0 if working.side == BUY else bid)


@gate
def covered(state, ticks, value_per_lot):
    """Whether the wallet can hold the initial margin of the working order, priced at ``ticks``, on top of everything
    else.  ORDR-010

    The requirement is recomputed with the order counted in; an order priced through the mark must also have its
    immediate loss. A sum that does not grow needs no cover, so whoever is short of margin can still close.
    """
    working = state.working
    position = state.positions[working.position]
    instrument = state.instruments[working.instrument]
    terms = instrument.terms
    lots = working.remaining_lots
    value = multiply(lots, abs(value_per_lot))
    before = position.requirement_atoms
    if terms.initial_basis != codes.BASIS_ENTRY:
        before = position_requirement(instrument, position, position_tier(instrument, position))
    bought = lots if working.side == BUY else 0          # no branch: the side of an order cannot be foreseen
    bought_value = value if working.side == BUY else 0
    position.open_buy_lots += bought
    position.open_buy_value_atoms += bought_value
    position.open_sell_lots += lots - bought
    position.open_sell_value_atoms += value - bought_value
    order_value = order_excess_value(terms, position)
    tier = position_tier(instrument, position)
    required = requirement_with_orders(instrument, position, tier, order_value)
    growth = required - before
    if working.checked_ticks == 0 and ticks == working.limit_ticks:
        working.required_order_id = working.order_id
        working.required_unit_atoms = value_per_lot
        working.required_atoms = required
        working.required_tier = tier
    position.open_buy_lots -= bought
    position.open_buy_value_atoms -= bought_value
    position.open_sell_lots -= lots - bought
    position.open_sell_value_atoms -= value - bought_value
    if growth <= 0:
        return True
    premium = multiply(working.side * lots, value_per_lot - instrument.mark_unit_value_atoms)
    return is_available(state, position.wallet, growth + max(0, premium))


@gate
def objection_fill_or_kill(state):
    """Can all of the working order trade at once, and is that covered at the worst price a market order comes to?
    ORDR-003"""
    working = state.working
    if fillable_lots(state, working.remaining_lots) < working.remaining_lots:
        return codes.fill_or_kill_must_fill
    if working.order_type == codes.ORDER_MARKET and working.flags & codes.FLAG_REDUCE_ONLY == 0:
        ticks = margin_ticks(state)
        terms = state.instruments[working.instrument].terms
        if not covered(state, ticks, unit_value(terms, price_units(terms, ticks))):
            return codes.initial_margin_must_be_covered
    return codes.NONE


@gate
def objection_working(state):
    """What position, limits, book and margin object to the working order.  ORDR-003"""
    working = state.working
    instrument = state.instruments[working.instrument]
    position = state.positions[working.position]
    if position.liquidation != 0 or state.wallets[position.wallet].liquidation != 0:
        return codes.account_must_not_be_in_liquidation
    if working.flags & codes.FLAG_CLOSE and position.size_lots == 0:
        return codes.position_must_be_open
    if working.flags & codes.FLAG_REDUCE_ONLY and working.remaining_lots == 0:
        return codes.reduce_only_must_reduce
    if working.flags & codes.FLAG_POST_ONLY and would_trade(state):
        return codes.post_only_must_not_trade
    if instrument.mark_price_units == 0:
        return codes.mark_must_be_known
    if beyond_collar(state):
        return codes.price_must_be_within_collar
    if working.limit_ticks == 0:
        return codes.opposite_side_must_have_orders
    if instrument.terms.price_band_refuses != 0 and beyond_band(state):
        return codes.price_must_be_within_band
    may_rest = working.time_in_force == codes.TIF_GTC or working.time_in_force == codes.TIF_GTD
    if may_rest and (position.order_count >= instrument.terms.open_orders_max
                     or state.accounts[working.account].order_count >= ORDERS_PER_ACCOUNT_MAX):
        return codes.open_orders_must_be_below_limit
    reducing = working.flags & codes.FLAG_REDUCE_ONLY != 0
    ticks = 0
    value_per_lot = 0
    if not reducing:
        ticks = margin_ticks(state)
        value_per_lot = unit_value(instrument.terms, price_units(instrument.terms, ticks))
        objection = objection_limits(state, value_per_lot)
        if objection != codes.NONE:
            return objection
    if state.collateral_count != 0 and not may_unpledge(state, working.account, instrument.terms.settlement_asset):
        return codes.initial_margin_must_be_covered
    if not reducing and not covered(state, ticks, value_per_lot):
        return codes.initial_margin_must_be_covered
    if may_rest:
        return objection_room(state)
    if working.time_in_force == codes.TIF_FOK:
        return objection_fill_or_kill(state)
    return codes.NONE


@kernel
def objection_limits(state, value_per_lot):
    """Position limit and open-interest cap, for orders that may increase; ``value_per_lot`` is signed.  ORDR-009"""
    working = state.working
    instrument = state.instruments[working.instrument]
    terms = instrument.terms
    position = state.positions[working.position]
    reach = working.remaining_lots + working.side * position.size_lots
    bought = position.open_buy_lots
    sold = position.open_sell_lots
    reach += bought if working.side == BUY else sold
    if reach > terms.position_lots_max or reach - working.side * position.size_lots > SIZE_LOTS_MAX:
        return codes.position_must_be_below_limit
    if is_beyond_bound(max(1, abs(value_per_lot)), max(reach, working.remaining_lots)):
        return codes.position_must_be_below_limit
    increase = min(working.remaining_lots, reach)
    if increase > 0 and terms.open_interest_lots_max > 0 and (
            instrument.open_interest_lots + increase > terms.open_interest_lots_max):
        return codes.open_interest_must_be_below_cap
    return codes.NONE


@kernel
def objection_room(state):
    """Is there a row and a page for what may rest?"""
    working = state.working
    pool = state.orders_pool
    if pool.live + 2 >= ORDERS_MAX or (working.expires_ns != 0 and not has_expiry_room(state)):
        return codes.orders_table_must_have_room
    pages = state.level_pages_pool
    if state.books[working.instrument].pages[working.limit_ticks >> 10] == 0 and pages.free == 0 and (
            pages.high_water + 2 >= LEVEL_PAGES_MAX):
        return codes.book_must_have_room
    return codes.NONE


@kernel
def beyond_collar(state):
    """A limit priced too far through the reference and larger than the best opposite level.  ORDR-008"""
    working = state.working
    terms = state.instruments[working.instrument].terms
    if terms.limit_collar_ppb == 0 or working.order_type == codes.ORDER_MARKET:
        return False
    opposite = best_opposite(state, working.instrument, working.side)
    if not crosses(working.side, working.limit_ticks, opposite):
        return False
    worst = collar_ticks(state, working.instrument, working.side, terms.limit_collar_ppb)
    if (working.limit_ticks - worst) * working.side <= 0:
        return False
    return working.remaining_lots > level_of(state, working.instrument, opposite).displayed_lots


# ---------------------------------------------------------------- carrying out
@kernel
def run_working(state, out):
    """Match the working order and settle what is left of it: rest, or end with its reason.  ORDR-004"""
    working = state.working
    if working.flags & codes.FLAG_POST_ONLY_CANCEL and would_trade(state):
        drop_working(state, codes.canceled_post_only, out)
        return
    match_working(state, out)
    if working.remaining_lots == 0:
        return
    if working.stop_reason != 0:
        drop_working(state, working.stop_reason, out)
    elif working.time_in_force == codes.TIF_IOC or working.time_in_force == codes.TIF_FOK:
        reason = codes.canceled_immediate_remainder
        if working.order_type == codes.ORDER_MARKET and best_opposite(state, working.instrument, working.side) != 0:
            reason = codes.canceled_collar
        drop_working(state, reason, out)
    elif ensure_page(state, working.instrument, working.limit_ticks) == 0:
        drop_working(state, codes.canceled_no_room, out)
    else:
        rest_working(state, out)


@kernel
def announce_accepted(state, out):
    """ORDER_ACCEPTED with the size that was taken on (a reduce-only order may have been cut)."""
    working = state.working
    event = order_event(state, out, codes.ORDER_ACCEPTED)
    event.order_id = working.order_id
    event.account = working.account
    event.instrument = working.instrument
    event.side = working.side
    event.order_type = working.order_type
    event.flags = working.flags
    event.price_ticks = working.limit_ticks
    event.size_lots = working.remaining_lots


@gate
def submit_working(state, out):
    """Run an order that was accepted earlier (a trigger that fired): its objections end it, by name."""
    complete_working(state)
    objection = objection_working(state)
    if objection != codes.NONE:
        drop_working(state, objection, out)
        return
    run_working(state, out)


@kernel
def objection_place(state, command):
    """All objections to a new limit or market order, in order of precedence; leaves the order in ``state.working``."""
    objection = objection_access(state, command)
    if objection == codes.NONE:
        objection = objection_shape(state, command)
    if objection != codes.NONE:
        return objection
    position_row = ensure_position(state, command.account, command.instrument)
    if position_row == 0:
        return codes.accounts_table_must_have_room
    load_working(state, command, position_row)
    state.working.self_trade_mode = self_trade_mode(state, command.account, command.self_trade_mode)
    complete_working(state)
    return objection_working(state)
