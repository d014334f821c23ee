"""Every named number of the engine: command kinds, event kinds, refusals in order of precedence, modes and methods.

Each list is an ``IntEnum`` for people and tools; kernels use the module constants of the same names (made below), which
the compiler sees as literals.
"""
from __future__ import annotations

from enum import IntEnum

BUY, SELL = 1, -1


class CommandKind(IntEnum):
    """What a command asks for. Configuration and outside prices are commands too, so they are in the journal."""

    SET_ASSET = 1            # reserved: an asset exists once used; carries decimals for readers
    SET_TERM = 2             # instrument, parameter (index into TERMS), value
    SET_TIER = 3             # instrument, parameter = tier, amount = value cap, value = IM ppb, size_lots = MM ppb
    SET_FEE_CLASS = 4        # parameter = class, value = taker ppb, amount = maker ppb
    SET_INDEX = 5            # parameter = index id; value = field via flags (IndexField)
    SET_INDEX_SOURCE = 6     # parameter = index id, flags = source number, value = weight ppb (0 removes)
    LIST_INSTRUMENT = 7      # checks the terms, opens trading
    SET_INSTRUMENT_STATE = 8  # value = InstrumentState
    SCHEDULE_SETTLEMENT = 9  # value = stamp in ns: forced close at the mark of that stamp
    SET_ACCOUNT = 10         # opens or changes: other_account = parent, parameter = fee class, flags = restrictions
    DEPOSIT = 11
    WITHDRAW = 12
    TRANSFER = 13            # between an account and its sub-account: other_account receives
    SET_LEVERAGE = 14        # value = 1/leverage in ppb (initial margin rate), 0 = the tier's own
    SET_MARGIN_MODE = 15     # value = 1 isolated, 0 cross
    MOVE_COLLATERAL = 16     # amount > 0 adds isolated margin, < 0 removes
    PLACE_ORDER = 17
    AMEND_ORDER = 18
    CANCEL_ORDER = 19
    CANCEL_ORDERS = 20       # account (0 = all), instrument (0 = all)
    PUBLISH_PRICE = 21       # parameter = index id, flags = source number, value = price in index units
    PUBLISH_MARK = 22        # instrument, value = mark units: only where mark_method is ORACLE_ONLY
    ADVANCE = 23             # time passes; queues are drained
    FUND_INSURANCE = 24      # amount from outside into the fund (instrument 0: the asset's fund); parameter = layer
    #                          of the waterfall that is paid into instead, 0: none
    NOTE = 25                # text kept with the commands and read by nobody who decides
    PUBLISH_SETTLEMENT = 26  # instrument, value = settlement price in mark units, computed outside
    SET_COLLATERAL = 27      # asset = hub, parameter = slot, flags = asset that counts, other_account = index id,
                             # value = haircut ppb, amount = conversion fee ppb, size_lots / display_lots = scale
    SET_ASSIGNEE = 28        # account, instrument, size_lots = most at one time (0: none), display_lots = largest
                             # position, flags = sides
    SET_WINDOW_RATE = 29     # instrument, parameter = window, side, value = IM ppb, size_lots = MM ppb
    SET_MARGIN_WINDOW = 30   # instrument (0 = all), value = the window that holds from now on
    SET_CLIENT_RULE = 31     # instrument, parameter = class, value = multiplier ppb, amount = floor ppb, size_lots =
    #                          close-out share ppb, flags = bits of ClientFlag
    SET_CLIENT_CLASS = 32    # account, parameter = class (0: unrestricted)
    SET_CLASS_TIER = 33      # instrument, parameter = tier, flags = class, amount = value cap or lots, value = IM ppb,
    #                          size_lots = MM ppb; value 0 with tier 0: the class has the instrument's own schedule


class EventKind(IntEnum):
    """What happened. An event carries final numbers: whoever folds it adds them and recomputes nothing."""

    REJECTED = 1
    CONFIGURED = 2
    INSTRUMENT_LISTED = 3
    INSTRUMENT_STATE_CHANGED = 4
    ACCOUNT_SET = 5
    DEPOSITED = 6
    WITHDRAWN = 7
    TRANSFERRED = 8
    LEVERAGE_SET = 9
    MARGIN_MODE_SET = 10
    COLLATERAL_MOVED = 11
    ORDER_ACCEPTED = 12
    ORDER_RESTED = 13
    TRADED = 14
    ORDER_CANCELED = 15
    ORDER_AMENDED = 16
    TRIGGER_ACCEPTED = 17
    TRIGGER_FIRED = 18
    TRIGGER_CANCELED = 19
    TRIGGER_MOVED = 20
    BRACKET_CHANGED = 21
    INDEX_CHANGED = 22
    INDEX_FROZEN = 23
    INDEX_SOURCE_CHANGED = 24
    MARKED = 25
    FUNDING_RATE_SET = 26
    FUNDING_SETTLED = 27
    LIQUIDATION_STARTED = 28
    LIQUIDATION_STEPPED = 29
    LIQUIDATION_ENDED = 30
    POSITION_TAKEN_OVER = 31
    TAKEOVER_REDUCED = 32
    TAKEOVER_CLOSED = 33
    INSURANCE_CHANGED = 34
    DELEVERAGED = 35
    LOSS_SOCIALIZED = 36
    DEFICIT_BOOKED = 37
    INSTRUMENT_SETTLED = 38
    POSITION_SETTLED = 39
    CASH_MOVED = 40
    INDEX_THAWED = 41
    SESSION_BEGUN = 42
    SESSION_SETTLED = 43
    COLLATERAL_CONVERTED = 44
    ASSIGNED = 45
    MARGIN_CALLED = 46
    MARGIN_CALL_ENDED = 47
    MARGIN_WINDOW_CHANGED = 48
    CLIENT_CLASS_SET = 49
    LAYER_CHANGED = 50


class Reason(IntEnum):
    """Refusals, in order of precedence, then why an order ended. A refusal states the rule that was broken."""

    NONE = 0
    command_must_be_known = 1
    time_must_not_go_back = 2
    parameter_must_exist = 3
    value_must_be_in_range = 4
    instrument_must_exist = 5
    instrument_must_be_unlisted = 6
    terms_must_be_consistent = 7
    instrument_must_be_listed = 8
    account_must_be_open = 9
    parent_must_be_open = 10
    asset_must_exist = 11
    amount_must_be_positive = 12
    account_must_not_be_restricted = 13
    account_must_not_be_in_liquidation = 14
    instrument_must_be_trading = 15
    instrument_must_allow_new_orders = 16
    order_id_must_be_new = 17
    order_must_exist = 18
    order_must_belong_to_account = 19
    side_must_be_buy_or_sell = 20
    order_type_must_be_known = 21
    time_in_force_must_be_known = 22
    size_must_be_in_range = 23
    price_must_be_in_range = 24
    display_must_be_within_size = 25
    expiry_must_be_in_future = 26
    trigger_must_be_in_range = 27
    trigger_must_not_be_met = 28
    flags_must_be_compatible = 29
    stop_must_lie_beyond_entry = 30
    targets_must_lie_beyond_entry = 31
    target_shares_must_not_exceed_one = 32
    oco_partner_must_exist = 33
    reduce_only_must_reduce = 34
    position_must_be_open = 35
    post_only_must_not_trade = 36
    price_must_be_within_collar = 37
    mark_must_be_known = 38
    open_orders_must_be_below_limit = 39
    triggers_must_be_below_limit = 40
    position_must_be_below_limit = 41
    open_interest_must_be_below_cap = 42
    initial_margin_must_be_covered = 43
    fill_or_kill_must_fill = 44
    orders_table_must_have_room = 45
    book_must_have_room = 46
    accounts_table_must_have_room = 47
    leverage_must_be_allowed = 48
    position_must_be_isolated = 49
    open_orders_must_be_canceled_first = 50
    available_balance_must_cover = 51
    index_must_exist = 52
    source_must_exist = 53
    mark_must_be_published_directly = 54
    settlement_must_be_in_future = 55
    settlement_must_be_published = 56
    session_must_be_over = 57
    client_class_must_be_admitted = 58
    order_type_must_be_permitted = 59
    price_must_be_within_band = 60
    opposite_side_must_have_orders = 61
    circuit_breaker_must_be_over = 62
    withdrawals_must_be_open = 63
    # why an order ended (ORDER_CANCELED, TRIGGER_CANCELED)
    canceled_by_owner = 101
    canceled_immediate_remainder = 102
    canceled_expired = 103
    canceled_post_only = 104
    canceled_self_trade = 105
    canceled_reduce_only = 106
    canceled_collar = 107
    canceled_margin = 108
    canceled_by_liquidation = 109
    canceled_by_deleveraging = 110
    canceled_by_oco = 111
    canceled_with_position = 112
    canceled_by_state = 113
    canceled_fill_limit = 114
    canceled_by_amend = 115
    canceled_no_room = 116
    canceled_by_bracket = 117
    canceled_by_client_class = 118
    canceled_by_breaker = 119
    # why cash moved, what a step did
    deposit = 130
    withdrawal = 131
    transfer = 132
    collateral = 133
    trade = 134
    fee = 135
    funding = 136
    takeover = 137
    insurance_surplus = 138
    insurance_deficit = 139
    deleveraging = 140
    socialized_loss = 141
    settlement = 142
    rounding = 143
    margin_recovered = 144
    orders_canceled = 145
    stepped_down = 146
    taken_over = 147
    liquidation_fee = 148
    position_gone = 149
    session_settlement = 150
    conversion = 151
    closed_in_book = 152
    assignment = 153
    # why an index source changed, why an index froze, what a funding stamp did
    source_priced = 160
    source_silent = 161
    source_outlier = 162
    source_readmitted = 163
    source_removed = 164
    index_sources_too_few = 165
    index_sources_disagree = 166
    index_source_too_far = 167
    funding_exchanged = 168
    funding_not_exchanged = 169
    funding_stamps_skipped = 170
    # why a market stood still
    circuit_breaker = 180
    # how a margin call ended
    margin_call_met = 190
    margin_call_missed = 191
    close_out_reached = 192
    # what a loan cost
    loan_opened = 195
    loan_rolled_over = 196
    recourse = 197           # a loss beyond equity that its owner owes


class InstrumentState(IntEnum):
    UNLISTED = 0
    TRADING = 1
    CANCEL_ONLY = 2
    REDUCE_ONLY = 3
    POST_ONLY = 4
    HALTED = 5               # nothing but marks and liquidation bookkeeping
    SETTLED = 6


class OrderType(IntEnum):
    LIMIT = 1
    MARKET = 2
    STOP_MARKET = 3
    STOP_LIMIT = 4
    TAKE_PROFIT_MARKET = 5
    TAKE_PROFIT_LIMIT = 6
    TRAILING_STOP = 7
    MARKET_PROTECTED = 8     # fills within protection points of the best price; the rest rests at that limit
    MARKET_LIMIT = 9         # fills at the best price; the rest rests there


class TimeInForce(IntEnum):
    GTC = 0
    IOC = 1
    FOK = 2
    GTD = 3


class PriceSource(IntEnum):
    MARK = 0
    LAST = 1
    INDEX = 2


class BandReference(IntEnum):
    """What a price band is measured from."""

    MARK = 0
    TRADED = 1               # the last trade, or a better bid or offer since


class SelfTrade(IntEnum):
    """What happens when an order meets one of its own account (or of a sibling sub-account)."""

    ACCOUNT_DEFAULT = 0
    CANCEL_NEWEST = 1
    CANCEL_OLDEST = 2
    CANCEL_BOTH = 3
    ALLOW = 4


class Flag(IntEnum):
    """Bits of an order's flags."""

    POST_ONLY = 1            # refused when it would trade
    POST_ONLY_CANCEL = 2     # accepted, then canceled when it would trade
    REDUCE_ONLY = 4
    CLOSE = 8                # size is the whole position; reduce-only
    HIDDEN = 16              # displays nothing
    LIQUIDATION = 32         # placed by the liquidation engine
    BRACKET_TARGET = 64
    BRACKET_STOP = 128


class Restriction(IntEnum):
    """Bits of an account's restrictions."""

    REDUCE_ONLY = 1
    NO_TRADING = 2
    NO_WITHDRAWAL = 4


class ClientFlag(IntEnum):
    """Bits of what a client class may not do in an instrument."""

    MAY_NOT_OPEN = 1         # only orders that can but reduce
    OWES_NOTHING = 2         # what a liquidation loses beyond equity is the venue's, whatever the terms say


class ContractKind(IntEnum):
    LINEAR = 1               # also quanto: linear in price, settled in another asset
    INVERSE = 2


class Basis(IntEnum):
    ENTRY = 0                # requirement on the entry value
    MARK = 1                 # requirement on the value at mark
    LOAN = 2                 # on what was borrowed: a long's entry value, a short's value at mark


class RateMethod(IntEnum):
    STEPS_WHOLE = 0          # the tier's rate on the whole value
    STEPS_MARGINAL = 1       # each tier's rate on its own slice
    LINEAR = 2               # base + slope x size
    FIXED = 3                # an amount of cash per lot


class OrderMargin(IntEnum):
    WORSE_SIDE = 0
    BIDS_NET_OF_OFFERS = 1   # offers in full, bids beyond them (B19)
    BOTH_SIDES = 2


class MarkMethod(IntEnum):
    FUNDING_BASIS = 0        # index x (1 + funding rate x time left / interval)
    BASIS_AVERAGE = 1        # index + moving average of (mid - index)
    MEDIAN_OF_THREE = 2      # of the two above and the last price
    ORACLE_ONLY = 3          # published
    ANNUAL_BASIS = 4         # index x (1 + annual basis x time to expiry)


class SettlementMethod(IntEnum):
    """What a contract is settled at when its stamp comes."""

    MARK = 0
    INDEX_AVERAGE = 1        # time average of the index before the stamp
    PUBLISHED = 2            # by PUBLISH_SETTLEMENT; the market waits for it


class BasisSource(IntEnum):
    MID = 0
    IMPACT_MID = 1


class PremiumMethod(IntEnum):
    IMPACT_BEYOND_MARK = 0   # how far impact bid and ask lie beyond the mark
    IMPACT_MID = 1           # impact mid less index
    MARK = 2                 # mark less index


class FundingAmount(IntEnum):
    """What value of a lot a funding rate is taken of."""

    MARK_AT_STAMP = 0        # at the mark, when it is exchanged
    INDEX_AT_RATE = 1        # at the index, when the rate is set: an amount per contract, known in advance


class Assign(IntEnum):
    """Bits: which side of a takeover an account takes on by assignment."""

    LONG = 1
    SHORT = 2


class TierMeasure(IntEnum):
    VALUE = 0                # tiers reach up to a value in atoms
    LOTS = 1                 # tiers reach up to a size in lots


class AdlPolicy(IntEnum):
    NONE = 0
    QUEUE = 1
    PRO_RATA = 2
    CAPPED_PRO_RATA = 3
    RANDOM_PAIRS = 4         # one counterparty after the other from a drawn place on, whole pairs only


class Socialize(IntEnum):
    """When what fund and deleveraging leave is shared among winners."""

    NEVER = 0
    AT_ONCE = 1              # among present profits
    AT_SESSION = 2           # among the profits of the session, when it ends
    AT_SESSION_BY_ASSET = 3  # among all who earned in that asset in the session, whatever they traded


class InsuranceScope(IntEnum):
    ASSET = 0
    INSTRUMENT = 1


class SourceState(IntEnum):
    SILENT = 0               # never priced
    ACTIVE = 1
    STALE = 2
    OUTLIER = 3


class IndexField(IntEnum):
    """Which field of an index SET_INDEX writes (command flags)."""

    STALE_AFTER_NS = 0
    OUTLIER_PPB = 1
    READMIT_PPB = 2
    READMIT_AFTER_NS = 3
    SOURCES_MIN = 4
    CLAMP_PPB = 5            # how far from the median a price counts; 0: as it is


class Ladder(IntEnum):
    """Which watch ladder of an instrument a node is in. FALL fires when the price is at or below the key, RISE at or
    above."""

    BAND_FALL = 0            # margin bands of longs, on mark
    BAND_RISE = 1            # margin bands of shorts, on mark
    MARK_FALL = 2
    MARK_RISE = 3
    LAST_FALL = 4
    LAST_RISE = 5
    INDEX_FALL = 6
    INDEX_RISE = 7


class BracketLadder(IntEnum):
    """How a bracket's stop moves as its targets fill."""

    FIXED = 0
    TRAIL_TARGETS = 1        # to the entry after the first target, then to the target before the last filled


PREFIXES = {CommandKind: "", EventKind: "", InstrumentState: "STATE_", OrderType: "ORDER_", TimeInForce: "TIF_",
            PriceSource: "SOURCE_", SelfTrade: "SELF_", Flag: "FLAG_", Restriction: "RESTRICT_", ClientFlag: "CLIENT_",
            ContractKind: "",
            Basis: "BASIS_", RateMethod: "RATES_", OrderMargin: "ORDER_MARGIN_", MarkMethod: "MARK_",
            SettlementMethod: "SETTLE_AT_",
            BasisSource: "BASIS_FROM_", BandReference: "BAND_FROM_", AdlPolicy: "ADL_",
            Socialize: "SOCIALIZE_", InsuranceScope: "INSURANCE_", SourceState: "SOURCE_IS_",
            IndexField: "INDEX_", PremiumMethod: "PREMIUM_", FundingAmount: "FUNDING_AMOUNT_",
            Assign: "ASSIGN_", TierMeasure: "TIERS_BY_", Ladder: "LADDER_", BracketLadder: "BRACKET_", Reason: ""}
for _enum, _prefix in PREFIXES.items():
    for _member in _enum:
        globals()[_prefix + _member.name] = int(_member)
