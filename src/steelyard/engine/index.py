"""Indices: which sources count, when one is dropped or taken back, when the index freezes, and who follows it.

Events of this room carry the index id in ``asset`` (an index is the price of an asset, not an instrument's) and the
source number in ``flags``.
"""
from ..codes import (
    CONFIGURED,
    INDEX_CHANGED,
    INDEX_CLAMP_PPB,
    INDEX_FROZEN,
    INDEX_OUTLIER_PPB,
    INDEX_READMIT_AFTER_NS,
    INDEX_READMIT_PPB,
    INDEX_SOURCE_CHANGED,
    INDEX_SOURCES_MIN,
    INDEX_STALE_AFTER_NS,
    INDEX_THAWED,
    SOURCE_IS_ACTIVE,
    SOURCE_IS_OUTLIER,
    SOURCE_IS_SILENT,
    SOURCE_IS_STALE,
    index_must_exist,
    index_source_too_far,
    index_sources_disagree,
    index_sources_too_few,
    parameter_must_exist,
    source_must_exist,
    source_outlier,
    source_priced,
    source_readmitted,
    source_removed,
    source_silent,
    value_must_be_in_range,
)
from ..kernel import gate, kernel, multiply
from ..rules.index import active_count, lies_beyond, median_price, weighted_price
from ..units import DAY, PPB
from .accrual import accrue
from .events import new_event, reject
from .marks import NEVER_NS, is_priced, refresh_mark, wake
from .queues import push_moved, push_moved_index, start_walk
from .records import INDEX_SOURCES_MAX, INDICES_MAX, MARK_UNITS_MAX

INDEX_WAIT_MAX_NS = 366 * DAY
"""Longest stale or re-admission time."""
NONE = 0


# ---------------------------------------------------------------- what is announced
@gate
def change_source(state, index_id, number, new_state, reason, out):
    """Give a source a new state and announce it."""
    source = state.indices[index_id].sources[number]
    source.state = new_state
    source.near_since_ns = 0
    event = new_event(state, out, INDEX_SOURCE_CHANGED)
    event.asset = index_id
    event.flags = number
    event.price_units = source.price_units
    event.rate_ppb = source.weight_ppb
    event.reason = reason


@kernel
def index_event(state, index_id, kind, reason, out):
    """Announce an index: a new price, a freeze, a thaw."""
    event = new_event(state, out, kind)
    event.asset = index_id
    event.price_units = state.indices[index_id].price_units
    event.reason = reason


# ---------------------------------------------------------------- which sources count
@kernel
def is_fresh(index, source, now_ns):
    """True while a source has spoken within the stale time (0: it may be silent for ever)."""
    return index.stale_after_ns == 0 or now_ns - source.priced_ns < index.stale_after_ns


@kernel
def drop_silent(state, index_id, out):
    """Drop every active source that has been silent for the stale time.  INDX-004"""
    index = state.indices[index_id]
    for number in range(INDEX_SOURCES_MAX):
        source = index.sources[number]
        if source.state == SOURCE_IS_ACTIVE and not is_fresh(index, source, state.now_ns):
            change_source(state, index_id, number, SOURCE_IS_STALE, source_silent, out)


@kernel
def readmit_share_ppb(index, count):
    """How near the reference an outlier must stay to be taken back, with ``count`` active sources.  INDX-006"""
    if count == 0 or (count == 1 and index.frozen != 0):
        return index.outlier_ppb if index.outlier_ppb > 0 else PPB
    share = index.readmit_ppb if index.readmit_ppb > 0 else PPB
    if index.outlier_ppb > 0:
        share = min(share, index.outlier_ppb)
    return share


@kernel
def has_outlier(index):
    """True where any source waits for re-admission."""
    for number in range(INDEX_SOURCES_MAX):
        if index.sources[number].state == SOURCE_IS_OUTLIER:
            return True
    return False


@gate
def readmit_outliers(state, index_id, out):
    """Take back outliers that stayed near the remaining sources for the whole re-admission time.  INDX-006"""
    index = state.indices[index_id]
    if not has_outlier(index):
        return
    count = active_count(index)
    share = readmit_share_ppb(index, count)
    reference = index.price_units
    if count > 1 or (count == 1 and index.frozen == 0):
        reference = median_price(index)
    for number in range(INDEX_SOURCES_MAX):
        source = index.sources[number]
        if source.state == SOURCE_IS_OUTLIER:
            near = is_fresh(index, source, state.now_ns) and not lies_beyond(source.price_units, reference, share, 1)
            if not near:
                source.near_since_ns = 0
            else:
                if source.near_since_ns == 0:
                    source.near_since_ns = state.now_ns
                if state.now_ns - source.near_since_ns >= index.readmit_after_ns:
                    change_source(state, index_id, number, SOURCE_IS_ACTIVE, source_readmitted, out)


@kernel
def drop_outliers(state, index_id, out):
    """With three active sources or more, drop all that lie further from the median than the tolerance.  INDX-005"""
    index = state.indices[index_id]
    if index.outlier_ppb == 0 or active_count(index) < 3:
        return
    median = median_price(index)
    for number in range(INDEX_SOURCES_MAX):
        source = index.sources[number]
        if source.state == SOURCE_IS_ACTIVE and lies_beyond(source.price_units, median, index.outlier_ppb, 1):
            change_source(state, index_id, number, SOURCE_IS_OUTLIER, source_outlier, out)


@kernel
def freeze_reason(index):
    """Why an index may not move now, NONE if it may.  INDX-007

    Too few sources; two that lie further than half the tolerance from their average; one further than the tolerance
    from the last index.
    """
    count = active_count(index)
    if count < max(1, index.sources_min):
        return index_sources_too_few
    if index.outlier_ppb > 0 and count == 2:
        average = weighted_price(index)
        for number in range(INDEX_SOURCES_MAX):
            source = index.sources[number]
            if source.state == SOURCE_IS_ACTIVE and lies_beyond(source.price_units, average, index.outlier_ppb, 2):
                return index_sources_disagree
    if index.outlier_ppb > 0 and count == 1 and index.price_units > 0:
        if lies_beyond(weighted_price(index), index.price_units, index.outlier_ppb, 1):
            return index_source_too_far
    return NONE


# ---------------------------------------------------------------- the index itself
@gate
def follow_index(state, index_id, out):
    """Give every linked instrument the index and form its mark anew."""
    index = state.indices[index_id]
    instrument_id = index.first_instrument
    while instrument_id != 0:
        row = state.instruments[instrument_id]
        if is_priced(row):
            units = index.price_units * row.terms.mark_units_per_index_unit
            row.index_frozen = index.frozen
            if row.index_price_units != units:
                if row.terms.funding_accrual_ns != 0:
                    accrue(state, instrument_id, out)
                row.index_price_units = units
                push_moved(state, instrument_id)
            sequence = row.mark_sequence
            refresh_mark(state, instrument_id, out)
            if row.terms.funding_accrual_ns != 0 and row.mark_sequence == sequence:
                start_walk(state)               # funding moved and no mark says whom to look at
        instrument_id = row.next_of_index


@gate
def review_index(state, index_id, out):
    """Decide which sources count and what the index is.

    INDEX_SOURCE_CHANGED*, (INDEX_FROZEN | INDEX_THAWED)?, INDEX_CHANGED?, then marks of the instruments that follow.
    An index that never had a price and may not move yet is unknown, not frozen.
    """
    index = state.indices[index_id]
    drop_silent(state, index_id, out)
    readmit_outliers(state, index_id, out)
    drop_outliers(state, index_id, out)
    reason = freeze_reason(index)
    if reason != NONE:
        if index.price_units != 0 and index.frozen == 0:
            index.frozen = 1
            index_event(state, index_id, INDEX_FROZEN, reason, out)
            follow_index(state, index_id, out)
        return
    price = weighted_price(index)
    if index.frozen == 0 and price == index.price_units:
        return
    if index.frozen != 0:
        index.frozen = 0
        index_event(state, index_id, INDEX_THAWED, NONE, out)
    if price != index.price_units:
        index.price_units = price
        index.priced_ns = state.now_ns
        index_event(state, index_id, INDEX_CHANGED, NONE, out)
        push_moved_index(state, index_id)
    follow_index(state, index_id, out)


@kernel
def index_due_ns(index):
    """When the passing of time alone next changes something: a source falls silent or has been near long enough."""
    due = NEVER_NS
    for number in range(INDEX_SOURCES_MAX):
        source = index.sources[number]
        if source.state == SOURCE_IS_ACTIVE or source.near_since_ns > 0:
            if index.stale_after_ns > 0:
                due = min(due, source.priced_ns + index.stale_after_ns)
            if source.near_since_ns > 0:
                due = min(due, source.near_since_ns + index.readmit_after_ns)
    return due


# ---------------------------------------------------------------- commands
@kernel
def index_exists(command):
    """True where a command names a row of the table of indices."""
    return command.parameter >= 1 and command.parameter < INDICES_MAX


@kernel
def open_index(state, command, out):
    """Make the index of a SET command usable and announce the setting."""
    index_id = command.parameter
    index = state.indices[index_id]
    if index.is_set == 0:
        index.is_set = 1
        index.price_units_max = MARK_UNITS_MAX
        state.index_last = max(state.index_last, index_id)
    event = new_event(state, out, CONFIGURED)
    event.asset = index_id
    event.flags = command.flags
    event.price_units = command.value
    event.order_type = command.kind


@gate
def set_index(state, command, out):
    """SET_INDEX -> REJECTED | CONFIGURED, then whatever the changed rule brings at once.  INDX-008"""
    field = command.flags
    value = command.value
    if field < INDEX_STALE_AFTER_NS or field > INDEX_CLAMP_PPB:
        return reject(state, command, parameter_must_exist, out)
    limit = INDEX_WAIT_MAX_NS
    if field in (INDEX_OUTLIER_PPB, INDEX_READMIT_PPB, INDEX_CLAMP_PPB):
        limit = PPB
    elif field == INDEX_SOURCES_MIN:
        limit = INDEX_SOURCES_MAX
    if value < 0 or value > limit:
        return reject(state, command, value_must_be_in_range, out)
    if not index_exists(command):
        return reject(state, command, index_must_exist, out)
    open_index(state, command, out)
    index = state.indices[command.parameter]
    if field == INDEX_STALE_AFTER_NS:
        index.stale_after_ns = value
    elif field == INDEX_OUTLIER_PPB:
        index.outlier_ppb = value
    elif field == INDEX_READMIT_PPB:
        index.readmit_ppb = value
    elif field == INDEX_READMIT_AFTER_NS:
        index.readmit_after_ns = value
    elif field == INDEX_CLAMP_PPB:
        index.clamp_ppb = value
    else:
        index.sources_min = value
    review_index(state, command.parameter, out)
    wake(state, index_due_ns(index))
    return 0


@gate
def set_index_source(state, command, out):
    """SET_INDEX_SOURCE -> REJECTED | CONFIGURED, then what the new weights bring.  INDX-008

    Weight 0 removes the source and forgets its price; a source set anew counts from its first price on.
    """
    if command.value < 0 or command.value > PPB:
        return reject(state, command, value_must_be_in_range, out)
    if not index_exists(command):
        return reject(state, command, index_must_exist, out)
    if command.flags < 0 or command.flags >= INDEX_SOURCES_MAX:
        return reject(state, command, source_must_exist, out)
    open_index(state, command, out)
    source = state.indices[command.parameter].sources[command.flags]
    source.weight_ppb = command.value
    if command.value == 0 and source.state != SOURCE_IS_SILENT:
        source.price_units = 0
        source.priced_ns = 0
        change_source(state, command.parameter, command.flags, SOURCE_IS_SILENT, source_removed, out)
    review_index(state, command.parameter, out)
    wake(state, index_due_ns(state.indices[command.parameter]))
    return 0


@gate
def publish_price(state, command, out):
    """PUBLISH_PRICE -> REJECTED | what the new price of one source brings.  INDX-009

    A source that is new or was silent counts again with its first price; an outlier waits for re-admission.
    """
    if not index_exists(command) or state.indices[command.parameter].is_set == 0:
        return reject(state, command, index_must_exist, out)
    index = state.indices[command.parameter]
    if command.value < 1 or command.value > index.price_units_max:
        return reject(state, command, value_must_be_in_range, out)
    if command.flags < 0 or command.flags >= INDEX_SOURCES_MAX or index.sources[command.flags].weight_ppb == 0:
        return reject(state, command, source_must_exist, out)
    source = index.sources[command.flags]
    source.price_units = command.value
    source.priced_ns = state.now_ns
    if source.state == SOURCE_IS_SILENT:
        change_source(state, command.parameter, command.flags, SOURCE_IS_ACTIVE, source_priced, out)
    elif source.state == SOURCE_IS_STALE:
        change_source(state, command.parameter, command.flags, SOURCE_IS_ACTIVE, source_readmitted, out)
    review_index(state, command.parameter, out)
    wake(state, index_due_ns(index))
    return 0


# ---------------------------------------------------------------- who follows
@kernel
def link_instrument(state, instrument_id):
    """Put an instrument on the list of those that follow its index; it has the index price from the next look on."""
    row = state.instruments[instrument_id]
    index = state.indices[row.terms.index_id]
    row.next_of_index = index.first_instrument
    index.first_instrument = instrument_id
    index.price_units_max = min(index.price_units_max, MARK_UNITS_MAX // max(1, row.terms.mark_units_per_index_unit))
    row.index_frozen = index.frozen
    row.index_price_units = multiply(index.price_units, row.terms.mark_units_per_index_unit)
