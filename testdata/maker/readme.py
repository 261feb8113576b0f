"""Writes the tables of README.md from the registered fixtures."""

import re

from .damaged import CASES
from .formats.damaged import CASES as DAMAGED_FORMATS
from .formats.foreign import KINDS
from .formats.old import PROGRAMS
from .formats.registry import FORMATS
from .registry import FIXTURES
from .renames.registry import PAIRS


def row(*cells):
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def healthy_table():
    return row("fixture", "what it is") + row("---", "---") + "".join(
        row(f"`{name}`", about) for name, (_, about) in sorted(FIXTURES.items()))


def damaged_table(cases):
    return row("fixture", "made of", "what is wrong") + row("---", "---", "---") + "".join(
        row(f"`{name}`", f"`{case.base}`", case.about) for name, case in cases.items())


def formats_table():
    return row("fixture", "what it is") + row("---", "---") + "".join(
        row(f"`{name}`", about) for name, (_, about) in sorted({**FORMATS, **PROGRAMS}.items()))


def foreign_table():
    return row("kind", "what it is") + row("---", "---") + "".join(
        row(f"`{name}`", about) for name, (_, about) in KINDS.items())


def renames_table():
    return row("pair", "what changed") + row("---", "---") + "".join(
        row(f"`{name}`", pair.about) for name, pair in sorted(PAIRS.items()))


def update(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for name, table in (("healthy", healthy_table()), ("damaged", damaged_table(CASES)),
                        ("formats", formats_table()),
                        ("damaged formats", damaged_table(DAMAGED_FORMATS)), ("renames", renames_table()),
                        ("foreign", foreign_table())):
        text = re.sub(f"(<!-- {name} -->\n).*?(<!-- end -->)",
                      lambda match, table=table: match[1] + table + match[2], text, flags=re.S)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
