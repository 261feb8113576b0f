"""Names of the pairs, and what a program gives that saves one side of one."""

import dataclasses

PAIRS = {}


@dataclasses.dataclass
class Pair:
    """`program(new) -> Program` builds the program as it was (`new` is false) or has become."""

    program: object
    about: str
    values: str         # "different", "same" or "initial" (as a program that has not trained yet)
    undecidable: tuple  # ((layers, reason), ...): layers that nothing in the files tells apart


@dataclasses.dataclass
class Program:
    """A program that is ready to save.

    `variables` has every variable that will be saved under its identity, which is what the change
    leaves alone: `layer/variable`, with `:slot` for a slot of it. A part after `@` is not of the
    identity but of the value: a variable that got the value of another (a moving average that
    became the weight) is `identity@` and the identity it has had."""

    path: str           # of what is saved, relative to the folder of the side
    variables: dict     # {identity: variable, or list of slices}
    save: object        # save(path)
    assign: object = lambda variable, value: variable.assign(value)


def pair(name, about, values="different", undecidable=()):
    """Register a program with a change."""
    def register(program):
        assert name not in PAIRS
        PAIRS[name] = Pair(program, about, values, tuple(undecidable))
        return program
    return register
