"""What an account pays for a fill, as a rate."""
from ..kernel import kernel


@kernel
def fee_rate(state, account, instrument, is_maker):
    """Fee rate in ppb: the instrument's own unless the account's fee class sets another.  FEES-002"""
    fee_class = state.fee_classes[state.accounts[account].fee_class]
    if is_maker:
        return fee_class.maker_fee_ppb if fee_class.is_set else instrument.terms.maker_fee_ppb
    return fee_class.taker_fee_ppb if fee_class.is_set else instrument.terms.taker_fee_ppb


@kernel
def dearest_fee_rate(state, account, instrument):
    """The higher of what an account pays as taker and as maker, zero or more: what a fill may cost it."""
    return max(0, fee_rate(state, account, instrument, False), fee_rate(state, account, instrument, True))
