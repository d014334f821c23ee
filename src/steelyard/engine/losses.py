"""Losses that nobody stands behind: the fund pays first, then the winners of the instrument, or of the session in its
asset, where terms say so, then nobody.

A loss is booked on the deficit account at once, so that the books balance at every moment; sharing it out repays that
account in a bounded walk. What stays there is bad debt, in plain sight.
"""
from ..codes import (
    CASH_MOVED,
    DEFICIT_BOOKED,
    INSURANCE_CHANGED,
    INSURANCE_INSTRUMENT,
    LOSS_SOCIALIZED,
    SOCIALIZE_AT_SESSION,
    SOCIALIZE_AT_SESSION_BY_ASSET,
    SOCIALIZE_NEVER,
    insurance_deficit,
    socialized_loss,
)
from ..kernel import add, gate, kernel
from ..rules.adl import haircut_ppb
from ..rules.liquidation import portion_down
from .events import new_event
from .groups import group_equity, unrealized
from .ledger import balance, clearing_place, insurance_atoms, insurance_place, system_place, transfer, wallet_place
from .positions import cash_place, member
from .queues import mark_dirty
from .records import ASSETS_MAX, DEFICIT_ACCOUNT, INSTRUMENTS_MAX, LIQUIDATOR_ACCOUNT, SYSTEM_WALLETS
from .waterfall import pay_from_layers

IDLE, COLLECTING, CHARGING = 0, 1, 2
RESTING, ENDING, SHARING = 0, 1, 2
"""Phases of an asset's session: under way, its instruments' walks come first, what waits is shared out."""
SCAN_ROWS = 256
"""Positions looked at per unit of work."""


@kernel
def equity_of(state, position_row):
    """Equity of the collateral group that a position belongs to."""
    position = state.positions[position_row]
    if position.isolated != 0:
        return group_equity(state, position_row, 1)
    return group_equity(state, position.wallet, 0)


@kernel
def tell_handed(state, event, row, position_row, signed_lots, part_atoms):
    """Fill in DELEVERAGED or ASSIGNED: a position took ``signed_lots`` of takeover ``row`` at ``part_atoms`` of its
    entry value; what is there afterwards. The caller adds result, reason, edge or haircut.  LIQD-032, ADLV-004"""
    takeover = state.takeovers[row]
    position = state.positions[position_row]
    event.account = position.account
    event.other_account = LIQUIDATOR_ACCOUNT
    event.instrument = takeover.instrument
    event.asset = state.instruments[takeover.instrument].terms.settlement_asset
    event.order_id = takeover.order_id
    event.side = 1 if signed_lots > 0 else -1
    event.price_ticks = takeover.bankruptcy_ticks
    event.price_units = takeover.bankruptcy_units
    event.size_lots = abs(signed_lots)
    event.remaining_lots = abs(position.size_lots)
    event.value_atoms = part_atoms
    event.cash_atoms = balance(state, cash_place(state, position_row))
    event.collateral_atoms = position.collateral_atoms
    event.equity_atoms = equity_of(state, position_row)


@kernel
def announce_fund(state, instrument_id, atoms, reason, out):
    """INSURANCE_CHANGED: ``cash_atoms`` came in (> 0) or went out; ``equity_atoms`` is what the fund holds now."""
    event = new_event(state, out, INSURANCE_CHANGED)
    event.instrument = instrument_id
    event.asset = state.instruments[instrument_id].terms.settlement_asset
    event.cash_atoms = atoms
    event.equity_atoms = insurance_atoms(state, instrument_id)
    event.flags = state.instruments[instrument_id].terms.insurance_scope
    event.reason = reason


@kernel
def pay_from_fund(state, instrument_id, atoms, out):
    """Pay up to ``atoms`` from the fund into the instrument's clearing; returns what was paid.  LOSS-001"""
    paid = min(atoms, insurance_atoms(state, instrument_id))
    if paid > 0:
        transfer(state, insurance_place(state, instrument_id), clearing_place(instrument_id), paid)
        announce_fund(state, instrument_id, -paid, insurance_deficit, out)
    return max(0, paid)


@kernel
def announce_deficit(state, instrument_id, asset, atoms, reason, out):
    """DEFICIT_BOOKED: a loss that fund, winners and deleveraging did not cover; ``equity_atoms`` is the bad debt of the
    asset. Reason ``socialized_loss``: what winners did not bear, its cash moved when the sharing began (CASH_MOVED)."""
    event = new_event(state, out, DEFICIT_BOOKED)
    event.reason = reason
    event.instrument = instrument_id
    event.asset = asset
    event.cash_atoms = -atoms
    event.equity_atoms = state.wallets[system_place(state, DEFICIT_ACCOUNT, asset)].balance_atoms


@gate
def cover_loss(state, instrument_id, atoms, out):
    """Bring ``atoms`` >= 0 into the clearing of an instrument: fund, layers, socialized loss, deficit.  LOSS-002"""
    rest = atoms - pay_from_fund(state, instrument_id, atoms, out)
    instrument = state.instruments[instrument_id]
    if rest != 0 and instrument.terms.loss_layers != 0:
        rest -= pay_from_layers(state, instrument_id, rest, out)
    if rest == 0:
        return
    deficit = system_place(state, DEFICIT_ACCOUNT, instrument.terms.settlement_asset)
    transfer(state, deficit, clearing_place(instrument_id), rest)
    if instrument.terms.socialize_losses == SOCIALIZE_NEVER:
        announce_deficit(state, instrument_id, instrument.terms.settlement_asset, rest, insurance_deficit, out)
        return
    if instrument.terms.socialize_losses == SOCIALIZE_AT_SESSION_BY_ASSET:
        row = state.assets[instrument.terms.settlement_asset]
        row.session_loss_atoms = add(row.session_loss_atoms, rest)
    else:
        instrument.session_loss_atoms = add(instrument.session_loss_atoms, rest)
        if instrument.terms.socialize_losses != SOCIALIZE_AT_SESSION:
            release_session_loss(state, instrument_id)
    event = new_event(state, out, CASH_MOVED)
    event.account = DEFICIT_ACCOUNT
    event.instrument = instrument_id
    event.asset = instrument.terms.settlement_asset
    event.cash_atoms = -rest
    event.equity_atoms = state.wallets[deficit].balance_atoms
    event.reason = socialized_loss


@gate
def gate_withdrawals(state, instrument_id):
    """A group was found with less than nothing: nothing leaves the pool it belongs to for a while. The pool is the
    instrument's own where its fund is, else the asset's.  LOSS-008"""
    instrument = state.instruments[instrument_id]
    until_ns = state.now_ns + instrument.terms.withdrawal_gate_ns
    if instrument.terms.insurance_scope == INSURANCE_INSTRUMENT:
        instrument.gated_until_ns = max(instrument.gated_until_ns, until_ns)
    else:
        row = state.assets[instrument.terms.settlement_asset]
        row.gated_until_ns = max(row.gated_until_ns, until_ns)


# ---------------------------------------------------------------- sharing out
@kernel
def release_session_loss(state, instrument_id):
    """Have what an instrument lost beyond the fund shared out: at once, or at the end of the session.  LOSS-006"""
    instrument = state.instruments[instrument_id]
    if instrument.session_loss_atoms == 0:
        return
    if instrument.loss_pending_atoms == 0:
        state.loss.pending_count += 1
    instrument.loss_pending_atoms = add(instrument.loss_pending_atoms, instrument.session_loss_atoms)
    instrument.session_loss_atoms = 0


@kernel
def end_asset_session(state, asset):
    """The session of an asset is to end as soon as the walks of its instruments are done; until then nothing is paid
    out.  SESS-004, LOSS-007"""
    row = state.assets[asset]
    if row.session_phase == RESTING:
        row.session_phase = ENDING
        state.sessions_ending += 1


@gate
def release_asset_loss(state):
    """The walks are done: what the lowest ending asset lost beyond its funds waits to be shared out.  LOSS-007"""
    for asset in range(1, ASSETS_MAX):
        row = state.assets[asset]
        if row.session_phase == ENDING:
            row.session_phase = SHARING
            row.loss_pending_atoms = row.session_loss_atoms
            row.session_loss_atoms = 0
            state.loss.pending_count += 1
            return


@kernel
def losses_waiting(state):
    """Whether a loss is being, or waits to be, shared out."""
    return state.loss.phase != IDLE or state.loss.pending_count > 0


@kernel
def begin_sharing(state):
    """Start with the lowest instrument that has a loss to share, then the lowest asset whose session ends. It takes the
    place of the deleveraging ranking.  LOSS-003, LOSS-007"""
    loss = state.loss
    instrument_id = 1
    while instrument_id < INSTRUMENTS_MAX and state.instruments[instrument_id].loss_pending_atoms == 0:
        instrument_id += 1
    loss.asset = 0
    loss.cursor = 1
    if instrument_id < INSTRUMENTS_MAX:
        instrument = state.instruments[instrument_id]
        loss.instrument = instrument_id
        loss.atoms = instrument.loss_pending_atoms
        instrument.loss_pending_atoms = 0
    else:
        begin_sharing_in_asset(state)
    loss.pending_count -= 1
    loss.phase = COLLECTING
    loss.count = 0
    loss.weight_atoms = 0
    loss.passed_atoms = 0
    loss.charged_atoms = 0
    state.adl.phase = IDLE
    state.adl.instrument = 0


@kernel
def begin_sharing_in_asset(state):
    """Take the lowest asset whose session ends; its wallets are walked, with nothing to share too.  LOSS-007"""
    loss = state.loss
    asset = 1
    while state.assets[asset].session_phase != SHARING:
        asset += 1
    loss.instrument = 0
    loss.asset = asset
    loss.cursor = SYSTEM_WALLETS + 1
    loss.atoms = state.assets[asset].loss_pending_atoms
    state.assets[asset].loss_pending_atoms = 0


@kernel
def chargeable(state, position_row):
    """What a position can contribute: its profit at the mark, never more than its group's equity.  LOSS-003"""
    profit = unrealized(state, position_row)
    if profit <= 0:
        return 0
    return max(0, min(profit, equity_of(state, position_row)))


@kernel
def purse_equity(state, position_row):
    """Equity behind a position; of its wallet where it is flat, for its cash is there."""
    position = state.positions[position_row]
    if position.size_lots != 0:
        return equity_of(state, position_row)
    return group_equity(state, position.wallet, 0)


@kernel
def session_profit(state, position_row):
    """What a position earned since the last session ended, never more than the equity behind it.  LOSS-006"""
    position = state.positions[position_row]
    return max(0, min(position.realized_atoms - position.session_start_atoms, purse_equity(state, position_row)))


@kernel
def weight_of(state, instrument_id, position_row):
    """What a position's share of a loss is measured by: its profit now, or that of the session, which begins anew."""
    if state.instruments[instrument_id].terms.socialize_losses != SOCIALIZE_AT_SESSION:
        return chargeable(state, position_row)
    weight = session_profit(state, position_row)
    position = state.positions[position_row]
    position.session_start_atoms = position.realized_atoms
    return weight


@kernel
def collect_winners(state):
    """Look at the next rows of the position table and note each winner of the instrument with its profit."""
    loss = state.loss
    last = min(loss.cursor + SCAN_ROWS, state.positions_pool.high_water + 1)
    for position_row in range(loss.cursor, last):
        position = state.positions[position_row]
        if position.instrument == loss.instrument:
            weight = weight_of(state, loss.instrument, position_row)
            if weight > 0:
                entry = state.adl_entries[loss.count]
                loss.count += 1
                entry.position = position_row
                entry.score = weight
                entry.lots = 0
                loss.weight_atoms = add(loss.weight_atoms, weight)
    loss.cursor = last
    if last > state.positions_pool.high_water:
        loss.phase = CHARGING
        loss.cursor = 0


@gate
def collect_earners(state):
    """Look at the next wallets of the asset: each session's result begins anew, and a profit is noted where there is a
    loss to share.  LOSS-007"""
    loss = state.loss
    high_water = max(state.wallets_pool.high_water, SYSTEM_WALLETS)
    last = min(loss.cursor + SCAN_ROWS, high_water + 1)
    for row in range(loss.cursor, last):
        result = state.wallet_results[row]
        if result != 0 and state.wallets[row].asset == loss.asset:
            state.wallet_results[row] = 0
            weight = 0
            if loss.atoms > 0:
                weight = min(result, group_equity(state, row, 0))
            if weight > 0:
                entry = state.adl_entries[loss.count]
                loss.count += 1
                entry.position = row
                entry.score = weight
                entry.lots = 0
                loss.weight_atoms = add(loss.weight_atoms, weight)
    loss.cursor = last
    if last > high_water:
        loss.phase = CHARGING
        loss.cursor = 0


@kernel
def next_share(state):
    """Share of the next entry: the difference of two cumulative shares, so that all sum to the loss exactly."""
    loss = state.loss
    entry = state.adl_entries[loss.cursor]
    loss.cursor += 1
    shared = min(loss.atoms, loss.weight_atoms)
    before = portion_down(shared, loss.passed_atoms, loss.weight_atoms)
    loss.passed_atoms += entry.score
    return portion_down(shared, loss.passed_atoms, loss.weight_atoms) - before


@gate
def charge_earner(state, out):
    """Charge the next wallet its share of an asset's loss, out of its cash, never beyond its equity.  LOSS-007"""
    loss = state.loss
    entry = state.adl_entries[loss.cursor]
    share = next_share(state)
    row = entry.position
    wallet = state.wallets[row]
    profit = max(0, min(entry.score, group_equity(state, row, 0)))
    atoms = min(share, profit)
    if wallet.position_count == 0:
        atoms = min(atoms, wallet.balance_atoms)
    if atoms <= 0:
        return
    transfer(state, wallet_place(row), system_place(state, DEFICIT_ACCOUNT, loss.asset), atoms)
    loss.charged_atoms += atoms
    if wallet.position_count != 0:
        mark_dirty(state, member(state, wallet, 0))
    event = new_event(state, out, LOSS_SOCIALIZED)
    event.account = wallet.account
    event.asset = loss.asset
    event.value_atoms = profit
    event.cash_atoms = -atoms
    event.rate_ppb = haircut_ppb(atoms, profit)
    event.equity_atoms = group_equity(state, row, 0)
    event.reason = socialized_loss


@kernel
def charge_winner(state, out):
    """Charge the next winner of an instrument its share.  LOSS-003"""
    loss = state.loss
    entry = state.adl_entries[loss.cursor]
    share = next_share(state)
    instrument = state.instruments[loss.instrument]
    profit = chargeable(state, entry.position)
    if instrument.terms.socialize_losses == SOCIALIZE_AT_SESSION:
        profit = max(0, min(entry.score, purse_equity(state, entry.position)))
    atoms = min(share, profit)
    if atoms <= 0:
        return
    position = state.positions[entry.position]
    deficit = system_place(state, DEFICIT_ACCOUNT, instrument.terms.settlement_asset)
    place = cash_place(state, entry.position) if position.size_lots != 0 else wallet_place(position.wallet)
    transfer(state, place, deficit, atoms)
    loss.charged_atoms += atoms
    instrument.socialized_atoms = add(instrument.socialized_atoms, atoms)
    mark_dirty(state, entry.position)
    event = new_event(state, out, LOSS_SOCIALIZED)
    event.account = position.account
    event.instrument = loss.instrument
    event.asset = instrument.terms.settlement_asset
    event.size_lots = position.size_lots
    event.value_atoms = profit
    event.cash_atoms = -atoms
    event.rate_ppb = haircut_ppb(atoms, profit)
    event.collateral_atoms = position.collateral_atoms
    event.equity_atoms = equity_of(state, entry.position)
    event.reason = socialized_loss


@kernel
def end_sharing(state, out):
    """What the winners did not bear is bad debt."""
    loss = state.loss
    asset = loss.asset
    if asset == 0:
        asset = state.instruments[loss.instrument].terms.settlement_asset
    if loss.atoms > loss.charged_atoms:
        announce_deficit(state, loss.instrument, asset, loss.atoms - loss.charged_atoms, socialized_loss, out)
    if loss.asset != 0:
        state.assets[asset].session_phase = RESTING
        state.sessions_ending -= 1
        loss.asset = 0
    loss.phase = IDLE
    loss.instrument = 0


@gate
def loss_step(state, out):
    """One unit of work on the loss being shared out; returns 1."""
    loss = state.loss
    if loss.phase == IDLE:
        begin_sharing(state)
    elif loss.phase == COLLECTING and loss.asset != 0:
        collect_earners(state)
    elif loss.phase == COLLECTING:
        collect_winners(state)
    elif loss.cursor < loss.count and loss.asset != 0:
        charge_earner(state, out)
    elif loss.cursor < loss.count:
        charge_winner(state, out)
    else:
        end_sharing(state, out)
    return 1
