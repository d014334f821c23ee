"""``steelyard plan``: options made from the questions' own fields, an answer printed, written or linked."""
from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import msgspec
import typer

from . import KINDS, PlanError, ask

app = typer.Typer(no_args_is_help=True, help="Plan: size, liquidation, fees and funding before the trade, by the "
                                             "engine's own rules.")
LISTS = {
    "positions": ("position", "Another position of the wallet: \"SYMBOL long|short SIZE @ ENTRY\", then \"mark "
                              "PRICE\" and \"leverage X\" if you like; repeat it for more."),
    "steps": ("step", "A target: \"PRICE SHARE\", such as \"8200 0.5\"; repeat it for more."),
    "orders": ("order", "An open order: \"buy|sell SIZE @ PRICE\"; repeat it for more."),
    "collateral": ("collateral", "Another asset that counts: \"ASSET AMOUNT\", then \"@ PRICE\" and \"moves mark\" if "
                                 "you like; repeat it for more."),
}


def parse_position(text: str) -> dict[str, str]:
    """``XBTUSD long 100 @ 7900 mark 7850`` as a question's field."""
    words = text.split()
    if len(words) < 5 or words[3] != "@" or len(words) % 2 == 0 or set(words[5::2]) - {"mark", "leverage"}:
        raise PlanError("positions", f"{text!r} cannot be read",
                        "\"SYMBOL long|short SIZE @ ENTRY [mark PRICE] [leverage X]\"")
    return {"symbol": words[0], "side": words[1], "size": words[2], "entry": words[4],
            **dict(zip(words[5::2], words[6::2]))}


def parse_order(text: str) -> dict[str, str]:
    """``buy 100 @ 7900`` as a question's field."""
    words = text.split()
    if len(words) != 4 or words[2] != "@":
        raise PlanError("orders", f"{text!r} cannot be read", "\"buy|sell SIZE @ PRICE\"")
    return {"side": words[0], "size": words[1], "price": words[3]}


def parse_step(text: str) -> dict[str, str]:
    """``8200 0.5`` as a question's field."""
    words = text.split()
    if len(words) != 2:
        raise PlanError("steps", f"{text!r} cannot be read", "\"PRICE SHARE\", such as \"8200 0.5\"")
    return {"price": words[0], "share": words[1]}


def parse_pledge(text: str) -> dict[str, str]:
    """``XBT 0.5 @ 60000 moves mark`` as a question's field."""
    words = text.split()
    pairs = dict(zip(words[2::2], words[3::2]))
    if len(words) < 2 or len(words) % 2 or set(pairs) - {"@", "moves"}:
        raise PlanError("collateral", f"{text!r} cannot be read", "\"ASSET AMOUNT [@ PRICE] [moves mark]\"")
    return {"asset": words[0], "amount": words[1], **{{"@": "price"}.get(name, name): value
                                                      for name, value in pairs.items()}}


PARSERS = {"positions": parse_position, "orders": parse_order, "steps": parse_step, "collateral": parse_pledge}


def register(kind: str) -> None:
    """Make the command of one plan out of its question."""
    from importlib import import_module
    room, question = KINDS[kind]
    shape = getattr(import_module(f"{__package__}.questions"), question)

    def run(**given: Any) -> None:
        present(kind, shape, given)
    parameters = [*_fields(shape), *_outputs()]
    run.__signature__ = inspect.Signature(parameters)
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    run.__name__, run.__doc__ = kind, shape.__doc__
    app.command(kind)(run)


def _fields(shape: type) -> list[inspect.Parameter]:
    """A field of the question as an option, required ones first."""
    hints = get_type_hints(shape, include_extras=True)
    found = []
    for one in msgspec.structs.fields(shape):
        if one.name in LISTS:
            name, text = LISTS[one.name]
            kind = Annotated[list[str] | None, typer.Option(f"--{name}", help=text, show_default=False)]
            found.append(inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind))
            continue
        default = ... if one.default is msgspec.NODEFAULT else one.default
        default = None if default == () else default
        option = typer.Option(f"--{one.name.replace('_', '-')}", help=_help(hints[one.name]),
                              show_default=default not in (..., None))
        kind = Annotated[str if default is not None else str | None, option]
        found.append(inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, annotation=kind,
                                       default=inspect.Parameter.empty if default is ... else default))
    return sorted(found, key=lambda one: one.default is not inspect.Parameter.empty)


def is_list(shape: type, name: str) -> bool:
    """Whether a field holds several texts; on the command line they stand in one, separated by commas or spaces."""
    return any(one.name == name and one.default == () for one in msgspec.structs.fields(shape))


def _help(hint) -> str:
    """The description a field carries in its type."""
    for one in (hint, *getattr(hint, "__args__", ())):
        for meta in getattr(one, "__metadata__", ()):
            if getattr(meta, "description", None):
                return meta.description
    return ""


def _outputs() -> list[inspect.Parameter]:
    rows = (("as_json", bool, False, typer.Option("--json", help="Print the whole answer, decimals as strings.")),
            ("as_csv", bool, False, typer.Option("--csv", help="Print its table as CSV.")),
            ("html", Path | None, None, typer.Option("--html", help="Write a page with the picture to this file.")),
            ("url", str, "http://127.0.0.1:8100", typer.Option("--url", help="Where the link leads.")))
    return [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])
            for name, kind, default, option in rows]


def present(kind: str, shape: type, given: dict[str, Any]) -> None:
    """Ask, then print as wished; an error is one line on stderr and status 1."""
    html, url = given.pop("html"), given.pop("url")
    as_json, as_csv = given.pop("as_json"), given.pop("as_csv")
    try:
        body = {name: value for name, value in given.items() if value is not None}
        for name, value in body.items():
            if name in PARSERS:
                body[name] = [PARSERS[name](one) for one in value]
            elif is_list(shape, name):
                body[name] = [one for one in value.replace(",", " ").split()]
        found = ask(kind, body, files=True)
    except PlanError as error:
        typer.secho(f"steelyard: {error}", fg="red", err=True)
        raise typer.Exit(1) from None
    if html is not None:
        from .page import page
        html.write_text(page(found, url), "utf-8")
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    elif as_csv:
        from .layout import csv_text
        print(csv_text(kind, found), end="")
    else:
        from .screen import show
        show(found, url)


for _kind in KINDS:
    register(_kind)
