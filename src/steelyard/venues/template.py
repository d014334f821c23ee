"""The template of a profile: every figure explained, loadable as it stands, to be changed into a venue of one's own."""
from __future__ import annotations

import re
from pathlib import Path

from .dated import ProfileError
from .fields import KEYS
from .phrases import PHRASES
from .profile import FOLDERS

PLACE = Path("template") / "venue.toml"


def template_path() -> Path:
    """Where the template lies: in the installed package or in the source tree."""
    for folder in FOLDERS:
        if (folder / PLACE).is_file():
            return folder / PLACE
    raise ProfileError(f"the package has no {PLACE.as_posix()}")


def unmentioned(text: str) -> list[str]:
    """Figures that a profile may state and the text neither states nor explains, in the order of the loader.

    A name counts where it stands before ``=`` in the figure's section, commented out or not, or in a comment there.
    """
    found, section = [], ""
    mentioned: dict[str, set[str]] = {}
    for line in text.split("\n"):
        header = re.match(r"\[(?:defaults|instrument)\.(\w+)\]", line)
        section = header.group(1) if header else section
        mentioned.setdefault(section, set()).update(re.findall(r"\w+", line))
    for key in KEYS:
        section, name = key.split(".")
        if name not in mentioned.get(section, set()):
            found.append(key)
    return found


def template_text() -> str:
    """The template, with every further figure a profile may state listed at its end."""
    text = template_path().read_text("utf-8")
    rest = [f"#   {key:40} {PHRASES.get(key, ('', ''))[0]}".rstrip() for key in unmentioned(text)]
    if rest:
        text += ("\n# ---- further figures, for rules this template does without (docs/spec/terms.md); "
                 "each belongs under its section\n" + "\n".join(rest) + "\n")
    return text
