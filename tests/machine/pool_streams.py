"""Terms of who stands for whom, for the random venues: profits held until the session ends, losses shared by asset,
counterparties drawn for deleveraging, contracts that stand alone, payouts that wait."""
from steelyard import codes
from steelyard.units import HOUR, MINUTE, PPB, SECOND


def draw_pools(world, terms: dict) -> None:
    """Set such terms of an instrument, from a generator of their own: what other terms are drawn does not change."""
    draw = world.pool_draw
    if draw.random() < 0.25:
        terms["adl_policy"] = codes.ADL_RANDOM_PAIRS
    if terms.get("session_interval_ns", 0) and draw.random() < 0.5:
        terms["session_profit_held"] = 1
        if draw.random() < 0.7:
            terms.update(socialize_losses=codes.SOCIALIZE_AT_SESSION_BY_ASSET,
                         fund_share_ppb=int(draw.choice([0, PPB // 100, PPB])))
            terms["adl_policy"] = int(draw.choice([0, 0, terms["adl_policy"]]))
    if draw.random() < 0.15:
        terms["isolated_only"] = 1
    if draw.random() < 0.5:
        terms["tiers_for_new"] = 1
    if draw.random() < 0.4:
        terms["withdrawal_gate_ns"] = int(draw.choice([SECOND, MINUTE, HOUR]))
