"""What the profits of a wallet's cross positions surely are not below, without looking at them.

A wallet remembers the sum of its profits and of its exposure as they were; the state counts how far marks have moved
since, all instruments together, as a share of the price. No position can have lost more than its exposure times that.
A floor answers *is it enough?* in two loads where the exact sum reads every position; where it says no, the exact sum
is taken. Nothing is ever decided by a floor that the exact sum would decide otherwise.  MARG-017
"""
from ..kernel import add, kernel, multiply, multiply_divide_up
from ..units import PPB

UNKNOWN = 0
OF_EQUITY = 1
"""The floor holds for equity; what is available also hangs on terms (value at mark, profits that do not count)."""
OF_AVAILABLE = 2
DRIFT_MAX_PPB = PPB // 10
SCALE_BITS = 32
EXPOSURE_MAX = 1 << 60


@kernel
def forget_floors(state):
    """Something other than a mark changed what positions are worth, or what counts of it: no floor holds any more."""
    state.drift_ppb = add(state.drift_ppb, PPB)


@kernel
def note_move(state, before_atoms, after_atoms):
    """A lot's value at the mark moved: count the relative move, rounded up."""
    before = abs(before_atoms)
    move = abs(after_atoms - before_atoms)
    if before == 0 or move > before >> 4:
        forget_floors(state)
        return
    while before >= 1 << SCALE_BITS:
        before >>= 1
        move = (move >> 1) + 1
    state.drift_ppb = add(state.drift_ppb, multiply(move, PPB) // before + 1)


@kernel
def forget_floor(wallet):
    """What a wallet's positions are worth changed in a way that nobody followed."""
    wallet.floor_kind = UNKNOWN


@kernel
def floor_loss(state, wallet):
    """The most the positions behind a floor can have lost since: exposure times drift, with what drift compounds to.
    Only while the drift is at most DRIFT_MAX_PPB."""
    drift = state.drift_ppb - wallet.floor_drift_ppb
    return multiply_divide_up(wallet.floor_exposure_atoms, drift + (drift >> 3), PPB)


@kernel
def has_floor(state, wallet):
    """Whether a wallet's floor holds now."""
    return wallet.floor_kind != UNKNOWN and state.drift_ppb - wallet.floor_drift_ppb <= DRIFT_MAX_PPB


@kernel
def set_floor(state, wallet, kind, profit_atoms, exposure_atoms):
    """Remember the exact sums of a wallet's cross positions as they are now."""
    wallet.floor_kind = kind if exposure_atoms < EXPOSURE_MAX else UNKNOWN
    wallet.floor_atoms = profit_atoms
    wallet.floor_exposure_atoms = exposure_atoms
    wallet.floor_drift_ppb = state.drift_ppb


@kernel
def move_floor(state, wallet, profit_atoms, exposure_atoms, kind):
    """One cross position changed by this much profit and exposure at the present marks: the floor follows. ``kind`` is
    the best that its terms allow."""
    if not has_floor(state, wallet):
        wallet.floor_kind = UNKNOWN
        return
    loss = floor_loss(state, wallet)
    set_floor(state, wallet, min(kind, wallet.floor_kind), add(wallet.floor_atoms, profit_atoms - loss),
              add(wallet.floor_exposure_atoms, exposure_atoms + loss))
