"""Everything that is true of the tables after every command, as one list of named functions, for tests and audits.

Each takes the tables (:class:`Tables` over either form of the state) and returns a sentence per violation; none means
that it holds. Never called by a kernel. Books: ``invariants_book``; triggers and brackets: ``invariants_triggers``.
"""
from __future__ import annotations

import numpy as np

from ..codes import STATE_CANCEL_ONLY, STATE_HALTED, STATE_SETTLED
from ..kernel import load_plain
from ..rules.collateral import VALUE_MAX as COLLATERAL_VALUE_MAX
from ..rules.contract import unit_value
from ..rules.funding import funding_cash
from ..units import PPB
from . import invariants_book, invariants_triggers
from . import sweep as sweeping
from .floors import DRIFT_MAX_PPB, UNKNOWN
from .invariants_tables import Tables
from .records import (
    ASSETS_MAX,
    DEFICIT_ACCOUNT,
    DUST_ACCOUNT,
    EXTERNAL_ACCOUNT,
    FIRST_LAYER_ACCOUNT,
    INSTRUMENTS_MAX,
    INSURANCE_ACCOUNT,
    LAYERS_MAX,
    SYSTEM_WALLETS,
)

has_plain_terms = load_plain("rules.requirement").has_plain_terms
HOLDING_SLOTS = 15
WALLET_SLOTS = 16


def system_cash(tables: Tables, account: int) -> list[int]:
    """Cash of a system account in every asset."""
    first = 1 + account * ASSETS_MAX
    return tables.column("wallets", "balance_atoms")[first:first + ASSETS_MAX].tolist()


def _sums(keys: np.ndarray, values: np.ndarray, length: int) -> list[int]:
    """Exact sums of values by key, as unbounded integers."""
    keys, values = keys[values != 0], values[values != 0]
    totals = [0] * length
    if len(values) > 1000:
        high = np.bincount(keys, values >> 31, length)
        low = np.bincount(keys, values & ((1 << 31) - 1), length)
        if max(np.abs(high).max(initial=0), low.max(initial=0)) < 1 << 52:       # float sums of integers, still exact
            return [(int(a) << 31) + int(b) for a, b in zip(high, low)]
    for key, value in zip(keys.tolist(), values.tolist()):
        totals[key] += value
    return totals


def _per_instrument(tables: Tables, field: str) -> list[int]:
    """Sum of a field over the positions and takeovers of each instrument."""
    length = max(tables.length("instruments"), 1)
    totals = [0] * length
    for table in ("positions", "takeovers"):
        found = _sums(tables.column(table, "instrument"), tables.column(table, field), length)
        totals = [one + other for one, other in zip(totals, found)]
    return totals


# ---------------------------------------------------------------- cash
def money_is_conserved(tables: Tables) -> list[str]:
    """Per asset, wallets, collateral, clearing and insurance sum to zero.  LEDG-001"""
    totals = _sums(tables.column("wallets", "asset"), tables.column("wallets", "balance_atoms"), ASSETS_MAX)
    wallet, asset = tables.column("positions", "wallet"), tables.column("wallets", "asset")
    for held, atoms in enumerate(_sums(asset[wallet], tables.column("positions", "collateral_atoms"), ASSETS_MAX)):
        totals[held] += atoms
    for _number, row in tables.instruments():
        totals[row.terms.settlement_asset] += int(row.clearing_atoms) + int(row.insurance_atoms)
    return [f"the places of asset {held} sum to {total}" for held, total in enumerate(totals) if total != 0]


def clearing_mirrors_entry_values(tables: Tables) -> list[str]:
    """Clearing of an instrument is minus the entry values of its positions and takeovers; while it is being settled,
    what is left unpaired counts at the settlement price.  LEDG-003, SETL-003
    """
    entries, sizes, broken = _per_instrument(tables, "entry_value_atoms"), _per_instrument(tables, "size_lots"), []
    for number, row in tables.instruments():
        expected = -entries[number]
        if row.settle_phase != 0:
            expected += sizes[number] * unit_value(row.terms, max(1, int(row.settle_price_units)))
        if row.clearing_atoms != expected:
            broken.append(f"clearing of instrument {number} is {row.clearing_atoms}, entry values ask for {expected}")
    return broken


def funds_are_not_negative(tables: Tables) -> list[str]:
    """Insurance and layers are at least zero, bad debt and the outside world at most zero.  LOSS-001"""
    broken = [f"the insurance fund of asset {asset} is {atoms}"
              for asset, atoms in enumerate(system_cash(tables, INSURANCE_ACCOUNT)) if atoms < 0]
    broken += [f"layer {layer} of asset {asset} is {atoms}" for layer in range(1, LAYERS_MAX + 1)
               for asset, atoms in enumerate(system_cash(tables, FIRST_LAYER_ACCOUNT + layer - 1)) if atoms < 0]
    broken += [f"the insurance fund of instrument {number} is {row.insurance_atoms}"
               for number, row in tables.instruments() if row.insurance_atoms < 0]
    for account, name in ((DEFICIT_ACCOUNT, "deficit"), (EXTERNAL_ACCOUNT, "external")):
        broken += [f"the {name} account of asset {asset} is {atoms}, above zero"
                   for asset, atoms in enumerate(system_cash(tables, account)) if atoms > 0]
    return broken


def dust_is_owed_to_nobody(tables: Tables) -> list[str]:
    """Funding paid is funding received plus dust: with what is due but not yet booked, dust is never negative.
    FUND-006
    """
    names = ("size_lots", "instrument", "funding_index_micro", "wallet")
    due = [0] * ASSETS_MAX
    rows = tables.live("positions", "size_lots")
    index = {number: int(row.funding_index_micro) for number, row in tables.instruments()}
    asset = tables.column("wallets", "asset")
    for size, instrument, booked, wallet in zip(*(tables.column("positions", name)[rows].tolist() for name in names)):
        due[asset[wallet]] += -((-size * (index[instrument] - booked)) // 1_000_000)
    return [f"dust of asset {held} is {dust}, with {due[held]} due" for held, dust in enumerate(
        system_cash(tables, DUST_ACCOUNT)) if dust + due[held] < 0]


# ---------------------------------------------------------------- sizes
def longs_equal_shorts(tables: Tables) -> list[str]:
    """Sizes of positions and takeovers sum to zero, except while an instrument is being settled.  LEDG-004"""
    sizes = _per_instrument(tables, "size_lots")
    return [f"sizes of instrument {number} sum to {sizes[number]}" for number, row in tables.instruments()
            if sizes[number] != 0 and (row.settle_phase == 0 or row.state == STATE_SETTLED)]


def open_interest_is_the_sum_of_longs(tables: Tables) -> list[str]:
    """Open interest counts the long lots of positions and takeovers.  LEDG-004"""
    length, longs = max(tables.length("instruments"), 1), None
    for table in ("positions", "takeovers"):
        found = np.array(_sums(tables.column(table, "instrument"), np.maximum(tables.column(table, "size_lots"), 0),
                               length), object)
        longs = found if longs is None else longs + found
    return [f"open interest of instrument {number} is {row.open_interest_lots}, longs have {longs[number]}"
            for number, row in tables.instruments() if row.open_interest_lots != longs[number]]


def flat_positions_hold_nothing(tables: Tables) -> list[str]:
    """Without a size there is no entry value, no collateral and no band."""
    flat = tables.column("positions", "size_lots") == 0
    ladder = tables.nodes("ladder")[:len(flat)]
    entry, collateral = (tables.column("positions", name) for name in ("entry_value_atoms", "collateral_atoms"))
    held = flat & ((entry != 0) | (ladder != 0) | (collateral != 0))
    return [f"position {row} is flat, with an entry value of {entry[row]}, collateral of {collateral[row]}, "
            f"a band in ladder {ladder[row]}" for row in np.flatnonzero(held).tolist()]


def settled_instruments_are_empty(tables: Tables) -> list[str]:
    """After settlement there is no size, no order, no takeover, and clearing is zero.  SETL-005"""
    taken = tables.column("positions", "instrument")[tables.live("positions", "size_lots")]
    return [f"instrument {number} is settled but holds something" for number, row in tables.instruments()
            if row.state == STATE_SETTLED and (row.clearing_atoms != 0 or row.open_interest_lots != 0
                                               or row.order_count != 0 or row.first_takeover != 0
                                               or number in taken)]


def walks_are_counted(tables: Tables) -> list[str]:
    """The venue counts the instruments and assets whose session is ending, and a loss that waits for one is booked.
    SESS-003, LOSS-007"""
    rows = tables.instruments()
    assets = [tables.state.assets[asset] for asset in range(ASSETS_MAX)]
    ending = sum(int(row.session_phase) for _number, row in rows) + sum(int(row.session_phase) != 0 for row in assets)
    broken = [f"{tables.state.sessions_ending} sessions are said to end, {ending} do"] if (
        ending != tables.state.sessions_ending) else []
    waiting = [int(row.session_loss_atoms) + int(row.loss_pending_atoms) for row in assets]
    for _number, row in rows:
        waiting[row.terms.settlement_asset] += int(row.session_loss_atoms) + int(row.loss_pending_atoms)
    return broken + [f"losses of {waiting[asset]} wait to be shared in asset {asset}, {-atoms} are booked"
                     for asset, atoms in enumerate(system_cash(tables, DEFICIT_ACCOUNT)) if waiting[asset] > -atoms]


def marks_have_their_unit_value(tables: Tables) -> list[str]:
    """The cached value of a lot is that of the mark.  VALU-001, VALU-002"""
    broken = []
    for number, row in tables.instruments():
        mark, numerator = int(row.mark_price_units), int(row.terms.lot_value_numerator)
        value = mark * numerator
        if row.terms.kind != 1 and mark > 0:
            value = -int(row.terms.inverse_parts_per_lot) * ((2 * numerator + mark) // (2 * mark))
        if mark > 0 and row.mark_unit_value_atoms != value:
            broken.append(f"instrument {number} values a lot at {row.mark_unit_value_atoms}, "
                          f"its mark {mark} at {value}")
    return broken


def plain_terms_are_noted(tables: Tables) -> list[str]:
    """What is noted of an instrument's terms is what they say.  ORDR-017"""
    return [f"the terms of instrument {number} are noted as plain: {row.plain_terms}, and that is wrong"
            for number, row in tables.instruments() if bool(row.plain_terms) != has_plain_terms(row)]


# ---------------------------------------------------------------- takeovers
def takeovers_are_listed(tables: Tables) -> list[str]:
    """Lists, counts and free rows of takeovers agree; instruments with takeovers are in the list of those."""
    rows, broken, listed = tables.rows("takeovers"), [], 0
    disposing, at = [], int(tables.state.first_disposing)
    while at and len(disposing) < 1024:
        disposing.append(at)
        at = int(tables.instrument(at).next_disposing)
    for number, instrument in tables.instruments():
        at, back, longs, shorts = int(instrument.first_takeover), 0, 0, 0
        while at and longs + shorts <= len(rows):
            takeover = rows[at]
            if takeover.instrument != number or takeover.previous_takeover != back or takeover.size_lots == 0:
                broken.append(f"takeover {at} is listed by instrument {number} but says otherwise")
                break
            longs += takeover.size_lots > 0
            shorts += takeover.size_lots < 0
            back, at = at, int(takeover.next_takeover)
        listed += longs + shorts
        if (longs, shorts, back) != (instrument.takeovers_long, instrument.takeovers_short, instrument.last_takeover):
            broken.append(f"instrument {number} counts {instrument.takeovers_long} + {instrument.takeovers_short} "
                          f"takeovers, lists {longs} + {shorts}")
        if (instrument.first_takeover != 0) != (number in disposing):
            broken.append(f"instrument {number} is wrongly in or out of the list of those with takeovers")
    if listed != tables.pool("takeovers").live:
        broken.append(f"{tables.pool('takeovers').live} takeovers are taken, {listed} listed")
    return broken


# ---------------------------------------------------------------- margin
def wallets_list_their_positions(tables: Tables) -> list[str]:
    """A wallet's members are exactly its positions with a size, an order or a trigger, each in the slot it names."""
    counts = tables.column("wallets", "position_count").tolist()
    slots, wallets = (tables.column("positions", name).tolist() for name in ("wallet_slot", "wallet"))
    busy = np.zeros(len(slots), bool)
    for name in ("size_lots", "order_count", "trigger_count"):
        busy |= tables.column("positions", name) != 0
    members: dict = {}
    for row, slot in enumerate(slots):
        if slot:
            members.setdefault(wallets[row], {})[slot] = row
    broken = [f"position {row} is busy but no member of its wallet" for row in range(1, len(slots))
              if busy[row] and slots[row] == 0]
    for wallet, count in enumerate(counts):
        found = members.get(wallet)
        if found is None and count == 0:
            continue
        found = found or {}
        if sorted(found) != list(range(1, count + 1)):
            broken.append(f"wallet {wallet} counts {count} members, positions name slots {sorted(found)[:20]}")
        for slot, row in found.items():
            if _member(tables, wallet, slot - 1) != row:
                broken.append(f"position {row} says slot {slot} of wallet {wallet}, which is another's")
    return broken


def _member(tables: Tables, wallet: int, index: int) -> int:
    row = tables.state.wallets[wallet]
    if index < WALLET_SLOTS:
        return int(row.positions[index])
    index -= WALLET_SLOTS
    at = int(row.first_holding)
    while index >= HOLDING_SLOTS:
        at, index = int(tables.state.holdings[at].next_holding), index - HOLDING_SLOTS
    return int(tables.state.holdings[at].positions[index])


def idle_members_are_let_go(tables: Tables) -> list[str]:
    """No wallet goes on counting a position that has nothing."""
    idle = tables.column("positions", "wallet_slot") != 0
    for name in ("size_lots", "order_count", "trigger_count"):
        idle &= tables.column("positions", name) == 0
    return [f"position {row} has nothing but is still a member of its wallet" for row in np.flatnonzero(idle).tolist()]


def requirements_are_recomputed(tables: Tables) -> list[str]:
    """A wallet's requirement is the sum over its positions, and each is what its size and orders ask for.  MARG-012"""
    length = tables.length("wallets")
    sums = _sums(tables.column("positions", "wallet"), tables.column("positions", "requirement_atoms"), length)
    cached = tables.column("wallets", "initial_requirement_atoms").tolist()
    broken = [f"wallet {row} holds a requirement of {cached[row]}, its positions {sums[row]}" for row in range(length)
              if cached[row] != sums[row]]
    if tables.ring("dirty_ring").count or tables.state.funding_rows_left:
        return broken
    result = sweeping.kept_result()
    count = sweeping.find_stale(_states(tables), result)
    return broken + [f"position {int(result[0].stale[at])} holds a requirement that is not the one it needs"
                     for at in range(min(int(count), 20))]


def _states(tables: Tables):
    """The argument that entries take, from the state itself."""
    if tables.plain:
        return [tables.state]
    return np.asarray(tables.state).reshape(1).view(np.dtype((np.record, tables.state.dtype)))


def cross_positions_hold_no_collateral(tables: Tables) -> list[str]:
    """Only an isolated position has collateral of its own."""
    odd = (tables.column("positions", "isolated") == 0) & (tables.column("positions", "collateral_atoms") != 0)
    return [f"position {row} is cross and holds collateral" for row in np.flatnonzero(odd).tolist()]


def nobody_without_a_position_owes(tables: Tables) -> list[str]:
    """A wallet whose cross positions are all flat holds zero or more, where terms do not charge owners for what their
    liquidation lost: then debts of an asset are at most what was charged.  LIQD-005, MTCH-004, LOSS-020
    """
    cash = tables.column("wallets", "balance_atoms")
    rows = tables.live("positions", "size_lots")
    cross = rows[tables.column("positions", "isolated")[rows] == 0]
    owing = cash < 0
    owing[tables.column("positions", "wallet")[cross]] = False
    owing[:SYSTEM_WALLETS + 1] = False
    rows, asset = np.flatnonzero(owing).tolist(), tables.column("wallets", "asset")
    debts: dict[int, int] = {}
    for row in rows:
        debts[int(asset[row])] = debts.get(int(asset[row]), 0) - int(cash[row])
    return [f"wallet {row} holds nothing and owes {-cash[row]}" for row in rows
            if debts[int(asset[row])] > int(tables.state.owed_atoms[int(asset[row])])]


def loans_are_listed(tables: Tables) -> list[str]:
    """Loans of an instrument are linked in the order in which they are due, each of a position as large as it
    remembers; none is earlier than the time the clock waits for, none is late unless it is being drained.  LOAN-001,
    LOAN-002"""
    state, broken, listed = tables.state, [], set()
    due, following = tables.column("loans", "due_ns"), tables.column("loans", "next")
    for number, row in tables.instruments():
        at, before, last = int(row.first_loan), 0, 0
        while at and at not in listed and at < len(due):
            listed.add(at)
            if due[at] < before or int(state.positions[at].instrument) != number:
                broken.append(f"loan {at} of instrument {number} is out of order")
            before, last, at = int(due[at]), at, int(following[at])
        if at or last != int(row.last_loan):
            broken.append(f"loans of instrument {number} end at {last}, not at {int(row.last_loan)}")
    live = np.flatnonzero(due)
    if set(live.tolist()) != listed:
        broken.append(f"{len(live)} loans run, {len(listed)} are listed")
    if tables.ring("dirty_ring").count == 0:
        wrong = tables.column("loans", "lots")[live] != tables.column("positions", "size_lots")[live]
        broken += [f"loan {row} is of another size than its position" for row in live[wrong].tolist()]
    earliest = int(due[live].min(initial=1 << 62))
    if len(live) and (int(state.loan_due_ns) == 0 or earliest < int(state.loan_due_ns)):
        broken.append(f"a loan is due at {earliest}, the clock waits for {int(state.loan_due_ns)}")
    if earliest <= int(state.now_ns) and not int(state.loans_due):
        broken.append("a loan is late and nobody collects")
    return broken


def positions_know_their_class(tables: Tables) -> list[str]:
    """A position is margined by the client class of its account.  ELIG-009"""
    classes = tables.column("accounts", "client_class")
    kept, owners = tables.column("positions", "client_class"), tables.column("positions", "account")
    return [f"position {row} is margined as class {int(kept[row])}, its account is of class {int(classes[owners[row]])}"
            for row in np.flatnonzero(kept != classes[owners]).tolist()]


def floors_hold(tables: Tables) -> list[str]:
    """No wallet's remembered floor is above what its cross positions gain, none of its exposure below theirs.  MARG-017
    """
    state, broken = tables.state, []
    kinds, drifts = tables.column("wallets", "floor_kind"), tables.column("wallets", "floor_drift_ppb")
    kept = np.flatnonzero((kinds != UNKNOWN) & (state.drift_ppb - drifts <= DRIFT_MAX_PPB))
    floors, exposures = tables.column("wallets", "floor_atoms"), tables.column("wallets", "floor_exposure_atoms")
    profits, exposed = dict.fromkeys(kept.tolist(), 0), dict.fromkeys(kept.tolist(), 0)
    held = tables.live("positions", "size_lots")
    for row in held[tables.column("positions", "isolated")[held] == 0].tolist():
        position = state.positions[row]
        wallet = int(position.wallet)
        if wallet in profits:
            instrument = state.instruments[position.instrument]
            value = int(position.size_lots) * int(instrument.mark_unit_value_atoms)
            due = funding_cash(int(position.size_lots),
                               int(instrument.funding_index_micro) - int(position.funding_index_micro))
            profits[wallet] += value - int(position.entry_value_atoms) + due
            exposed[wallet] += abs(value)
    for row in profits:
        drift = int(state.drift_ppb) - int(drifts[row])
        loss = -(-int(exposures[row]) * (drift + (drift >> 3)) // PPB)
        if int(floors[row]) - loss > profits[row] or int(exposures[row]) + loss < exposed[row]:
            broken.append(f"wallet {row} has a floor of {int(floors[row]) - loss} on {int(exposures[row]) + loss}, and "
                          f"profits of {profits[row]} on {exposed[row]}")
    return broken


def nobody_is_missed(tables: Tables) -> list[str]:
    """When the queues are drained, every group at or below maintenance is in liquidation, and no group outside it is
    below zero: the full sweep proves the bands.  BAND-001, LIQD-008
    """
    state = tables.state
    waiting = tables.ring("moved_ring").count or state.funding_rows_left or tables.ring("dirty_ring").count
    if state.bands_off or waiting:
        return []
    result = sweeping.kept_result()
    count = int(sweeping.sweep_groups(_states(tables), result))
    broken = []
    for at in range(min(count, sweeping.SHORT_MAX)):
        row, isolated = int(result[0].short[at].row), int(result[0].short[at].isolated)
        group = state.positions[row] if isolated else state.wallets[row]
        if group.liquidation == 0:
            broken.append(f"{'isolated position' if isolated else 'wallet'} {row} has equity "
                          f"{int(result[0].short_equity_atoms[at])}, at or below maintenance, and nobody noticed")
    return broken


def positions_are_watched(tables: Tables) -> list[str]:
    """A position with a size has a band beyond the mark, on its own side, unless its group is in liquidation.  BAND-001
    """
    if tables.state.bands_off:
        return []
    rows = tables.live("positions", "size_lots")
    names = ("size_lots", "instrument", "isolated", "liquidation", "wallet")
    ladder = tables.nodes("ladder")
    key = tables.nodes("key_units")
    in_liquidation = tables.column("wallets", "liquidation")
    queued = set(tables.ring_rows("moved_ring", "moved"))
    marks = {number: int(row.mark_price_units) for number, row in tables.instruments()}
    broken = []
    for row, size, instrument, isolated, own, wallet in zip(rows.tolist(), *(
            tables.column("positions", name)[rows].tolist() for name in names)):
        if own if isolated else in_liquidation[wallet]:
            continue
        if ladder[row] != instrument * 8 + (0 if size > 0 else 1) + 1:
            broken.append(f"position {row} of {size} lots has its band in ladder {ladder[row]}")
        elif instrument not in queued and (key[row] >= marks[instrument] if size > 0
                                           else key[row] <= marks[instrument]):
            broken.append(f"position {row} of {size} lots has its band at {key[row]}, the mark is {marks[instrument]}")
    return broken


# ---------------------------------------------------------------- collateral
def collateral_is_recomputed(tables: Tables) -> list[str]:
    """What counts for each hub wallet is the sum over its account's free wallets, at the index less haircut and fee;
    an asset counts for one hub only.  COLL-001, COLL-002, COLL-003"""
    state = tables.state
    if state.collateral_count == 0:
        return []
    listed: dict = {}
    broken = []
    for hub in range(1, ASSETS_MAX):
        for slot in range(int(state.hubs[hub].count)):
            row = state.hubs[hub].rows[slot]
            if int(row.asset) in listed:
                broken.append(f"asset {row.asset} counts for two hubs")
            listed[int(row.asset)] = hub, row
    assets, accounts = (tables.column("wallets", name).tolist() for name in ("asset", "account"))
    cash, busy, frozen = (tables.column("wallets", name).tolist()
                          for name in ("balance_atoms", "position_count", "liquidation"))
    expected: dict = {}
    for row in range(SYSTEM_WALLETS + 1, len(assets)):
        if cash[row] > 0 and busy[row] == 0 and frozen[row] == 0 and assets[row] in listed:
            hub, entry = listed[assets[row]]
            price = int(state.indices[entry.index_id].price_units)
            share = (PPB - int(entry.haircut_ppb)) * (PPB - int(entry.conversion_fee_ppb)) // PPB
            gross = min(COLLATERAL_VALUE_MAX, cash[row] * price * int(entry.numerator) // int(entry.denominator))
            key = accounts[row], hub
            expected[key] = expected.get(key, 0) + gross * share // PPB
    for row in range(SYSTEM_WALLETS + 1, len(assets)):
        if state.hubs[assets[row]].count == 0:
            continue
        found = int(sweeping.collateral_of(_states(tables), row)) if accounts[row] else 0
        wanted = expected.get((accounts[row], assets[row]), 0)
        if found != wanted and wanted < COLLATERAL_VALUE_MAX // 4:
            broken.append(f"wallet {row} counts {found} of collateral, {wanted} is there")
    return broken


# ---------------------------------------------------------------- queues, lists
def rings_agree_with_flags(tables: Tables) -> list[str]:
    """Whoever is flagged as queued is in its ring once; nothing is left dirty."""
    broken = []
    if tables.ring("dirty_ring").count or tables.column("positions", "dirty").any():
        broken.append("a command ended with positions still to be refreshed")
    state, queued = tables.state, []
    ring = tables.ring("liquidation_ring")
    for step in range(ring.count):
        case = state.liquidations[(ring.head + step) % len(state.liquidations)]
        queued.append((int(case.isolated), int(case.row)))
    flagged = [(1, row) for row in tables.live("positions", "liquidation").tolist()]
    flagged += [(0, row) for row in tables.live("wallets", "liquidation").tolist()]
    if sorted(queued) != sorted(flagged):
        broken.append(f"in the liquidation ring {sorted(queued)[:9]}, flagged {sorted(flagged)[:9]}")
    moved = sorted(tables.ring_rows("moved_ring", "moved"))
    flagged_moved = [number for number, row in tables.instruments() if row.moved_queued]
    flagged_moved += [INSTRUMENTS_MAX + number for number, row in enumerate(tables.rows("indices")) if row.moved_queued]
    if moved != flagged_moved:
        broken.append(f"in the ring of moved instruments {moved}, flagged {flagged_moved}")
    return broken


def margin_calls_are_kept(tables: Tables) -> list[str]:
    """Calls fill rows 1 to their count; each wallet under a call points to its own, and back; no deadline is past
    unless the walk or the ladder has it.  CALL-003"""
    state, broken = tables.state, []
    pointed = {int(row): int(call) for row, call in zip(*_called(tables))}
    calls = {number: state.margin_calls[number] for number in range(1, int(state.call_count) + 1)}
    if pointed != {int(call.wallet): number for number, call in calls.items()}:
        broken.append(f"{len(pointed)} wallets point to {len(calls)} margin calls")
    for number, call in calls.items():
        late = call.deadline_ns <= state.now_ns and state.wallets[int(call.wallet)].liquidation == 0
        if late and state.call_cursor < number and state.call_due_ns > state.now_ns:
            broken.append(f"margin call {number} of wallet {int(call.wallet)} is overdue and nobody waits for it")
    return broken


def _called(tables: Tables) -> tuple[list, list]:
    """Wallet rows under a margin call, and the rows of their calls."""
    table = tables.state.wallet_calls
    found = [(row, table[row]) for row in range(tables.length("wallets")) if table[row]] if tables.plain else [
        (int(row), int(table[row])) for row in np.flatnonzero(table[:tables.length("wallets")])]
    return [row for row, _call in found], [call for _row, call in found]


def breakers_are_kept(tables: Tables) -> list[str]:
    """A market in a pause of its circuit breaker takes no orders and is waited for; a look-back's lows lie at or below
    its highs.  BRKR-006"""
    broken = []
    for number, row in enumerate(tables.rows("instruments")):
        if row.breaker_until_ns and (row.state not in (STATE_CANCEL_ONLY, STATE_HALTED) or row.settle_phase
                                     or row.breaker_until_ns < tables.state.timer_next_ns):
            broken.append(f"instrument {number} is paused until {row.breaker_until_ns} in state {row.state}, phase "
                          f"{row.settle_phase}, timers at {int(tables.state.timer_next_ns)}")
        lows_and_highs = tables.parts(number)
        if any(low > high or (low == 0) != (high == 0) for low, high in lows_and_highs):
            broken.append(f"instrument {number}: a part of its look-back has its low above its high")
    return broken


def free_lists_are_consistent(tables: Tables) -> list[str]:
    """Rows of each pooled table are either free, and listed once, or taken, and counted."""
    links = {"orders": "next", "triggers": "own_next", "brackets": "next_bracket", "takeovers": "next_takeover",
             "level_pages": "page", "watch_pages": "live"}
    taken = {"orders": "order_id", "brackets": "position", "takeovers": "instrument", "level_pages": "instrument"}
    broken = []
    for table, link in links.items():
        pool, following = tables.pool(table), tables.column(table, link).tolist()
        at, free = pool.free, set()
        while at and at not in free and at < len(following):
            free.add(at)
            at = following[at]
        if at != 0 or len(free) + pool.live != pool.high_water:
            broken.append(f"{table}: {len(free)} rows are free, {pool.live} taken, {pool.high_water} were ever used")
        if table in taken:
            both = free & set(tables.live(table, taken[table]).tolist())
            if both:
                broken.append(f"{table}: rows {sorted(both)[:9]} are free and in use")
    reserved = [row for bracket in tables.rows("brackets")[1:] if bracket.position
                for row in (bracket.target_row[0], bracket.target_row[1], bracket.target_row[2], bracket.target_row[3])
                if row]
    live = len(invariants_book.resting(tables)) + len(reserved)
    if live != tables.pool("orders").live or len(set(reserved)) != len(reserved):
        broken.append(f"{tables.pool('orders').live} order rows are taken, {live} rest or are kept for targets")
    return broken


def watch_nodes_are_linked(tables: Tables) -> list[str]:
    """Every watch node's neighbors point back at it and stand in the same ladder."""
    ids, ladder = tables.node_ids(), tables.nodes("ladder")
    live, broken = ladder != 0, []
    for field, reverse in (("next", "previous"), ("previous", "next")):
        neighbor = tables.nodes(field)
        linked = np.flatnonzero(live & (neighbor != 0))
        at = np.minimum(np.searchsorted(ids, neighbor[linked]), len(ids) - 1)
        wrong = (ids[at] != neighbor[linked]) | (tables.nodes(reverse)[at] != ids[linked])
        wrong |= ladder[at] != ladder[linked]
        broken += [f"watch node {node}: its {field} does not point back" for node in ids[linked[wrong]].tolist()]
    return broken


INVARIANTS = [
    money_is_conserved, clearing_mirrors_entry_values, funds_are_not_negative, dust_is_owed_to_nobody,
    longs_equal_shorts, open_interest_is_the_sum_of_longs, flat_positions_hold_nothing, settled_instruments_are_empty,
    walks_are_counted, marks_have_their_unit_value, plain_terms_are_noted,
    takeovers_are_listed, wallets_list_their_positions, idle_members_are_let_go,
    requirements_are_recomputed, positions_know_their_class, floors_hold,
    cross_positions_hold_no_collateral, positions_are_watched,
    nobody_without_a_position_owes, nobody_is_missed, collateral_is_recomputed,
    rings_agree_with_flags, margin_calls_are_kept, breakers_are_kept, loans_are_listed, free_lists_are_consistent,
    watch_nodes_are_linked,
    *invariants_book.INVARIANTS, *invariants_triggers.INVARIANTS,
]
"""The list, in the order in which a broken one says most about the cause."""


def broken(state) -> list[str]:
    """Sentences of every invariant that does not hold, each behind its name."""
    tables = Tables(state)
    found = []
    for invariant in INVARIANTS:
        found += [f"{invariant.__name__}: {sentence}" for sentence in invariant(tables)]
    return found
