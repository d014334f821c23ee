"""The eligibility table as text: the rows in force on a date, and what they decide about the instruments of a profile.
"""
from __future__ import annotations

from datetime import datetime

from ..units import PPB
from .dated import instant, show
from .eligibility import CLIENTS, Decision, Question, Rule, Rulebook, matches
from .profile import Profile


def percent(rate_ppb: int) -> str:
    return f"{rate_ppb / (PPB // 100):g} %"


def asks_of_margin(rule: Rule | Decision) -> list[str]:
    """What a row or a decision adds to a venue's own rules, in words."""
    words = []
    if rule.multiplier_ppb:
        words.append(f"initial margin x {rule.multiplier_ppb / PPB:g}")
    if rule.floor_ppb:
        words.append(f"initial margin at least {percent(rule.floor_ppb)} (leverage {PPB / rule.floor_ppb:.3g})")
    if rule.close_out_ppb:
        words.append(f"close-out at {percent(rule.close_out_ppb)} of required margin")
    if rule.negative_balance_protected:
        words.append("no negative balance")
    if rule.withdrawal_leaves_initial:
        words.append("withdrawals leave initial margin")
    return words


def rule_text(rule: Rule, book: Rulebook) -> str:
    """One row: the answer first, then what it asks, since when and on whose word."""
    answer = {True: "allowed", False: "DENIED", None: "adds"}[rule.allowed]
    lines = [f"{rule.id}: {answer} for {', '.join(rule.clients)} in {rule.jurisdiction}: {', '.join(rule.products)}"
             + ("" if rule.venues == ("any",) else f" ({', '.join(rule.venues)})")
             + ("" if rule.underlyings == ("crypto",) else f" on {', '.join(rule.underlyings)}")]
    lines += [f"    {words}" for words in asks_of_margin(rule)]
    for what, words in (("margin", rule.margin), ("conditions", rule.conditions), ("what to do", rule.remedy)):
        if words:
            lines.append(f"    {what}: {words}")
    if rule.kyc != "K0":
        lines.append(f"    identification: {rule.kyc} ({book.levels.get(rule.kyc, '')})")
    until = "" if rule.until is None else f" to {show(rule.until)}"
    lines.append(f"    from {show(rule.since)}{until}; {rule.confidence}: {book.source_text(rule.source)}")
    if rule.doubt:
        lines.append(f"    doubt: {rule.doubt}")
    return "\n".join(lines)


def decision_text(symbols: str, decision: Decision) -> str:
    """Instruments of one kind for one client: allowed under which margin, or refused by which rule."""
    question = decision.question
    start = f"{symbols} ({question.product}), {question.client} in {question.jurisdiction}: "
    if decision.refusal is not None:
        told = decision.refusal
        return (f"{start}DENIED by {told['rule']} from {told['from']}; {told['source']}; "
                f"what to do: {told['what_to_do']}")
    asked = asks_of_margin(decision)
    return start + "allowed" + (": " + "; ".join(asked) if asked else "") + f"; identification {decision.kyc}"


def table_text(book: Rulebook, moment: datetime, jurisdiction: str | None, client: str | None, product: str | None,
               profile: Profile | None) -> str:
    """The rows in force that fit the filters; with a profile, what they decide about its instruments."""
    moment = instant(moment)
    for word in (jurisdiction, client, product):
        if word is not None:                    # a misspelled filter is refused rather than matching nothing
            book.decide(Question(jurisdiction or "US", client or "retail", product or "future", "offshore", moment))
    if profile is not None:
        return profile_text(book, moment, jurisdiction, client, product, profile)
    places = None if jurisdiction is None else book.places(jurisdiction)
    rows = [rule for rule in book.rules if rule.holds(moment) and (places is None or rule.jurisdiction in places)
            and (client is None or matches(rule.clients, client))
            and (product is None or matches(rule.products, product))]
    head = f"Eligibility on {show(moment)}: {len(rows)} rows of {book.path.name}. Not legal advice."
    return "\n\n".join([head, *(rule_text(rule, book) for rule in rows)])


def profile_text(book: Rulebook, moment: datetime, jurisdiction: str | None, client: str | None, product: str | None,
                 profile: Profile) -> str:
    """What the table decides about each instrument of a profile, for the clients asked about."""
    places = [jurisdiction] if jurisdiction else sorted({rule.jurisdiction for rule in book.rules} - set(book.regions)
                                                        | {members[0] for members in book.regions.values()})
    access = profile.access or "offshore"
    symbols: dict[str, list[str]] = {}
    for one in profile.instruments:
        if product in (None, one.product):
            symbols.setdefault(one.product, []).append(one.symbol)
    lines = [f"{profile.title} ({access}) on {show(moment)}. Not legal advice."]
    for place in places:
        for asking in [client] if client else CLIENTS[:3]:
            lines += [decision_text(", ".join(names), book.decide(Question(place, asking, kind, access, moment)))
                      for kind, names in symbols.items()]
    return "\n".join(lines)
