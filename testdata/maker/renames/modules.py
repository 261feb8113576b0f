"""Programs of tf.Module and tf.train.Checkpoint: attributes, containers and roots change."""

import tensorflow as tf

from .layers import checkpoint_program
from .registry import pair


class Dense(tf.Module):
    """A layer whose variables have a name of their own, but not that of the layer."""

    def __init__(self, rows, columns):
        super().__init__()
        self.w = tf.Variable(tf.zeros((rows, columns)), name="w")
        self.b = tf.Variable(tf.zeros(columns), name="b")


class Named(tf.Module):
    """A layer whose variables have the full name `<name>/w`."""

    def __init__(self, name, rows, columns):
        super().__init__(name=name)
        with self.name_scope:
            self.w = tf.Variable(tf.zeros((rows, columns)), name="w")
            self.b = tf.Variable(tf.zeros(columns), name="b")


class Block(tf.Module):
    """One block of a transformer; all blocks have the same shapes and names."""

    def __init__(self, width=4, inner=6):
        super().__init__()
        self.query, self.key, self.value = (Dense(width, width) for _ in range(3))
        self.up, self.down = Dense(width, inner), Dense(inner, width)
        self.scale = tf.Variable(tf.ones(width), name="scale")


class Bag(tf.Module):
    """A module with these attributes."""

    def __init__(self, **attributes):
        super().__init__()
        for name, value in attributes.items():
            setattr(self, name, value)


def known_of(**modules):
    """{identity: variable} of modules, whose identities do not depend on where they are kept."""
    def below(identity, module):
        for name, value in vars(module).items():
            if isinstance(value, tf.Module):
                yield from below(f"{identity}.{name}", value)
            elif isinstance(value, tf.Variable):
                yield f"{identity}/{name}", value
    return {name: variable for identity, module in modules.items() for name, variable in below(identity, module)}


def stack(count=3):
    return {f"block{number}": Block() for number in range(count)}


def saved(parts, *root, **objects):
    return checkpoint_program(known_of(**parts), *root, **objects)


@pair("module-attribute", "The attribute `encoder` of a transformer is called `backbone` now.")
def module_attribute(new):
    parts = {**stack(), "embed": Dense(9, 4), "head": Dense(4, 9)}
    inside = Bag(blocks=[parts[f"block{number}"] for number in range(3)], embed=parts["embed"])
    return saved(parts, model=Bag(**{"backbone" if new else "encoder": inside}, head=parts["head"]))


@pair("module-blocks-attribute", "The list `layers` inside encoder and decoder, which are alike, "
      "is called `blocks` now.")
def module_blocks_attribute(new):
    parts = stack(4)
    name = "blocks" if new else "layers"
    halves = [[parts[f"block{2 * half + number}"] for number in range(2)] for half in range(2)]
    return saved(parts, model=Bag(encoder=Bag(**{name: halves[0]}), decoder=Bag(**{name: halves[1]})))


@pair("module-root-keyword", "Checkpoint(model=...) becomes Checkpoint(net=...).")
def module_root_keyword(new):
    parts = {**stack(2), "head": Dense(4, 3)}
    model = Bag(blocks=[parts["block0"], parts["block1"]], head=parts["head"])
    return saved(parts, **{"net" if new else "model": model})


@pair("module-root-itself", "Checkpoint(model=model) becomes Checkpoint(model): the model itself "
      "is the root.")
def module_root_itself(new):
    parts = {**stack(2), "head": Dense(4, 3)}
    model = Bag(blocks=[parts["block0"], parts["block1"]], head=parts["head"])
    return saved(parts, model) if new else saved(parts, model=model)


@pair("module-in-list", "The one tower of the model is kept in a list now, and a smaller second "
      "one is added to it.")
def module_in_list(new):
    parts = {**stack(2), "head": Dense(4, 3)}
    tower = Bag(first=parts["block0"], second=parts["block1"])
    if new:
        parts["fresh"] = Dense(7, 2)
        return saved(parts, model=Bag(towers=[tower, Bag(only=parts["fresh"])], head=parts["head"]))
    return saved(parts, model=Bag(tower=tower, head=parts["head"]))


@pair("module-in-dict", "The heads of a model, attributes before, are kept in a dict under other "
      "names.")
def module_in_dict(new):
    parts = {"trunk": Block(), "boxes": Dense(4, 8), "classes": Dense(4, 5), "masks": Dense(4, 7)}
    heads = {name: parts[name] for name in ("boxes", "classes", "masks")}
    if new:
        return saved(parts, model=Bag(trunk=parts["trunk"], heads=heads))
    return saved(parts, model=Bag(trunk=parts["trunk"], **{f"{name}_head": one for name, one in heads.items()}))


@pair("module-deeper", "The encoder moves one level down, below a new `core` that has a variable "
      "of its own.")
def module_deeper(new):
    parts = {**stack(2), "embed": Dense(9, 4), "head": Dense(4, 9)}
    encoder = Bag(blocks=[parts["block0"], parts["block1"]], embed=parts["embed"])
    if new:
        core = Bag(encoder=encoder)
        core.temperature = tf.Variable(1.0, name="temperature")
        parts["core"] = Bag(temperature=core.temperature)
        return saved(parts, model=Bag(core=core, head=parts["head"]))
    return saved(parts, model=Bag(encoder=encoder, head=parts["head"]))


@pair("module-list-attributes", "Layers of different shapes, numbered in a list before, are "
      "attributes with names.")
def module_list_attributes(new):
    parts = {"a": Dense(8, 6), "b": Dense(6, 5), "c": Dense(5, 4), "d": Dense(4, 3)}
    if new:
        return saved(parts, model=Bag(**dict(zip(("squeeze", "expand", "mix", "classify"), parts.values()))))
    return saved(parts, model=Bag(layers=list(parts.values())))


@pair("module-list-order", "The order of a list is turned round; the shapes tell which is which.")
def module_list_order(new):
    parts = {"a": Dense(8, 6), "b": Dense(6, 5), "c": Dense(5, 4), "d": Dense(4, 3)}
    listed = [parts[name] for name in parts]
    return saved(parts, model=Bag(layers=listed[::-1] if new else listed))


@pair("module-list-swapped", "Two layers of one shape, without names, change places in a list.",
      undecidable=[(("b", "c"), "two layers of one shape without a name changed places")])
def module_list_swapped(new):
    parts = {"a": Dense(8, 4), "b": Dense(4, 4), "c": Dense(4, 4), "d": Dense(4, 3)}
    order = "acbd" if new else "abcd"
    return saved(parts, model=Bag(layers=[parts[name] for name in order]))


@pair("module-named-swapped", "Two layers of one shape change places in a list; their full names "
      "tell it.")
def module_named_swapped(new):
    parts = {"a": Named("stem", 8, 4), "b": Named("left", 4, 4), "c": Named("right", 4, 4),
             "d": Named("head", 4, 3)}
    order = "acbd" if new else "abcd"
    return saved(parts, model=Bag(layers=[parts[name] for name in order]))


@pair("module-named-moved", "Layers of one shape are kept in another list in another order; "
      "their full names stay.",
      values="same")
def module_named_moved(new):
    parts = {name: Named(name, 4, 4) for name in ("north", "east", "south", "west")}
    order = ("west", "north", "east", "south") if new else tuple(parts)
    return saved(parts, model=Bag(**{"gates" if new else "layers": [parts[name] for name in order]}))


@pair("module-converted", "A script writes the blocks of a list to attributes of other names, "
      "values kept.",
      values="same")
def module_converted(new):
    parts = stack(3)
    if new:
        return saved(parts, net=Bag(early=parts["block0"], middle=parts["block1"], late=parts["block2"]))
    return saved(parts, model=Bag(blocks=list(parts.values())))


@pair("module-unrelated", "An attribute `auxiliary` is removed, and an unlike `calibration` of "
      "the same shapes added.")
def module_unrelated(new):
    parts = {**stack(2)}
    kept = {"blocks": [parts["block0"], parts["block1"]]}
    name, attribute = ("fresh", "calibration") if new else ("dropped", "auxiliary")
    parts[name] = Dense(4, 3)
    return saved(parts, model=Bag(**kept, **{attribute: parts[name]}))
