"""Plays command streams on either form of the engine, checks every invariant, and shrinks what fails to a short
list."""
from __future__ import annotations

import hashlib
import importlib
import time
from dataclasses import dataclass, field

import numpy as np

from steelyard import codes
from steelyard.kernel import COMPILED, load_plain


def rooms(form: str):
    """Engine class and invariants of the compiled or the plain form."""
    load = load_plain if form == "plain" else lambda name: importlib.import_module(f"steelyard.{name}")
    return load("engine.engine").Engine, load("engine.invariants")


@dataclass
class Outcome:
    """What a run did: a digest of all its events, and why and after which command it stopped, if it did."""

    commands: int = 0
    events: int = 0
    digest: str = ""
    faults: list = field(default_factory=list)
    kinds: np.ndarray = field(default_factory=lambda: np.zeros(64, np.int64))

    @property
    def failed(self) -> bool:
        return bool(self.faults)


def play(form: str, commands: np.ndarray, budget: int, every: int = 1, batch: int = 0, book_only: bool = False):
    """Apply a stream and check all invariants after each ``every`` commands (0: only at the end); returns the outcome.

    ``batch`` cuts what is handed to the engine at once; neither changes what happens.
    """
    engine_class, invariants = rooms(form)
    engine, outcome, seal = engine_class(budget), Outcome(), hashlib.blake2b(digest_size=16)
    engine.state.book_only = int(book_only)
    size = min(filter(None, (batch, every)), default=len(commands) or 1)
    checked = 0
    while outcome.commands < len(commands):
        part = commands[outcome.commands:outcome.commands + size]
        try:
            for events in engine.slices(part):
                seal.update(events.tobytes())
                outcome.events += len(events)
                outcome.kinds += np.bincount(events["kind"], minlength=64)
        except Exception as cause:
            outcome.commands = int(engine.state.command_sequence)
            outcome.faults = [f"{type(cause).__name__}: {cause}"]
            break
        outcome.commands += len(part)
        done = outcome.commands == len(commands)
        if done or (every and outcome.commands - checked >= every):
            checked = outcome.commands
            outcome.faults = [] if book_only else invariants.broken(engine.state)
            if outcome.faults:
                break
    outcome.digest = seal.hexdigest()
    return outcome


def kind_counts(outcome: Outcome) -> dict[str, int]:
    """Events by name."""
    return {codes.EventKind(kind).name: int(count) for kind, count in enumerate(outcome.kinds) if count}


# ---------------------------------------------------------------- what failed, made short
def shrink(commands: np.ndarray, fails, seconds: float = 60.0) -> np.ndarray:
    """The shortest list found in the time that still ``fails``: leave out runs of commands, longest first."""
    end = time.monotonic() + seconds
    size = max(1, len(commands) // 2)
    while time.monotonic() < end:
        at, left_out = 0, False
        while at < len(commands) and time.monotonic() < end:
            shorter = np.concatenate([commands[:at], commands[at + size:]])
            if len(shorter) and fails(shorter):
                commands, left_out = shorter, True
            else:
                at += size
        if size == 1 and not left_out:
            break
        size = max(1, size // 2)
    return commands


def name_of(sentence: str) -> str:
    """What broke, without the numbers: the invariant's or exception's name."""
    return sentence.split(":")[0]


def shortest_failure(commands: np.ndarray, outcome: Outcome, budget: int, seconds: float = 60.0) -> np.ndarray:
    """A short list of commands that breaks the same invariant in the plain form; the whole list where none is found."""
    wanted = name_of(outcome.faults[0])
    commands = commands[:outcome.commands]

    def fails(shorter):
        found = play("plain", shorter, budget, every=0)
        return any(name_of(sentence) == wanted for sentence in found.faults)
    return shrink(commands, fails, seconds) if fails(commands) else commands


def describe(commands: np.ndarray) -> str:
    """One line per command, its fields that are not zero by name."""
    lines = []
    for row in commands:
        fields = {name: row[name].tolist() for name in row.dtype.names if name != "kind" and np.any(row[name])}
        try:
            kind = codes.CommandKind(int(row["kind"])).name
        except ValueError:
            kind = f"kind {int(row['kind'])}"
        lines.append(f"{kind} " + " ".join(f"{name}={value}" for name, value in fields.items()))
    return "\n".join(lines)


def report(seed: int, commands: np.ndarray, outcome: Outcome, budget: int, seconds: float = 60.0) -> str:
    """What to print of a failing run: seed, sentences, whether it fails again, the short list."""
    again = {form: play(form, commands[:outcome.commands], budget, every=0) for form in ("compiled", "plain")
             if COMPILED or form == "plain"}
    verdicts = [f"again, {form}: {other.faults[:1] or 'every invariant holds'}, events {other.digest}"
                for form, other in again.items()]
    short = shortest_failure(commands, outcome, budget, seconds)
    return "\n".join([f"seed {seed}, work budget {budget}: after {outcome.commands} commands", *outcome.faults[:10],
                      f"events {outcome.digest}", *verdicts, f"{len(short)} commands still do it:",
                      describe(short[-400:])])
