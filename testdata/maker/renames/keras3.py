"""Programs of Keras 3 saved by tf.train.Checkpoint."""

from .keras2 import conv_net, nested, residual, stack, tagger
from .layers import Layers
from .registry import pair


def with_adam(build, model, **objects):
    return build.checkpoint(model=model, optimizer=build.adam(model), **objects)


@pair("k3-inserted-middle", "A conv layer and its norm, of the shapes of those around them, are "
      "inserted: the numbers of operations, of trainable variables and of Adam's variables shift.")
def k3_inserted_middle(new):
    build = Layers()
    return with_adam(build, conv_net(build, "middle" if new else ""))


@pair("k3-inserted-front", "A layer is inserted at the front of a model without an optimizer.")
def k3_inserted_front(new):
    build = Layers()
    return build.checkpoint(model=conv_net(build, "front" if new else ""))


@pair("k3-removed-front", "The first layer of a model is removed, with Adam.")
def k3_removed_front(new):
    build = Layers()
    return with_adam(build, conv_net(build, "" if new else "front"))


@pair("k3-dropout-inserted", "Dropout is inserted: it has no weights, but it counts among the "
      "operations.")
def k3_dropout_inserted(new):
    build = Layers()
    return build.checkpoint(model=conv_net(build, "dropout" if new else ""))


@pair("k3-lstm-inserted", "An LSTM of another size is inserted into a model with automatic "
      "names, with Adam.")
def k3_lstm_inserted(new):
    build = Layers()
    return with_adam(build, tagger(build, new))


@pair("k3-frozen", "The first layers are frozen: no trainable variables of Adam any more, so "
      "their keys lead through the model, all others shift, and their slots are gone.")
def k3_frozen(new):
    build = Layers()
    model = conv_net(build)
    if new:
        for layer in ("first", "first_norm"):
            build.layers[layer].trainable = False
    return with_adam(build, model)


@pair("k3-frozen-equal", "The first of three equal layers is frozen: every other one would take the "
      "weights of the layer before it, and nothing is raised.")
def k3_frozen_equal(new):
    build = Layers()
    inputs = build.keras.Input((4,), name="features")
    x = inputs
    for number in range(3):
        x = build.add(f"block{number}", "Dense", 4, name=f"block_{number}")(x)
    if new:
        build.layers["block0"].trainable = False
    return with_adam(build, build.keras.Model(inputs, x))


@pair("k3-names-drifted", "The program builds another model first: all automatic names count on, "
      "no key changes.")
def k3_names_drifted(new):
    build = Layers()
    if new:
        tagger(build, True)
        build.forget()
    return with_adam(build, tagger(build))


@pair("k3-drifted-inserted", "Automatic names count on, and a layer is inserted: no key and no "
      "name says which layer is which, but shapes do.")
def k3_drifted_inserted(new):
    build = Layers()
    if new:
        tagger(build)
        build.forget()
    return build.checkpoint(model=tagger(build, new))


@pair("k3-equal-inserted", "Into equal layers with automatic names, one more is inserted "
      "somewhere.",
      undecidable=[(("dense0", "dense1", "dense2", "fresh"), "equal layers, and automatic names say only where a "
                    "layer stands now")])
def k3_equal_inserted(new):
    build = Layers()
    inputs = build.keras.Input((6,))
    x = build.add("in", "Dense", 4, name="reader")(inputs)
    for number in range(3):
        if new and number == 1:
            x = build.add("fresh", "Dense", 4)(x)
        x = build.add(f"dense{number}", "Dense", 4)(x)
    model = build.keras.Model(inputs, build.add("out", "Dense", 3, name="writer")(x))
    return build.checkpoint(model=model)


@pair("k3-subclass-attributes", "Attributes of the blocks of a subclassed model are renamed, and "
      "those that hold the blocks.")
def k3_subclass_attributes(new):
    build = Layers()
    return build.checkpoint(
        model=residual(build, ("conv3x3", "bn", "stage") if new else ("conv", "norm", "block"), listed=False))


@pair("k3-blocks-added", "A subclassed model gets two more blocks at its end, with Adam.")
def k3_blocks_added(new):
    build = Layers()
    return with_adam(build, residual(build, ("conv", "norm", "block"), 4 if new else 2, listed=False))


@pair("k3-sequential-functional", "A Sequential model is written as a functional one, of the "
      "same named layers.")
def k3_sequential_functional(new):
    build = Layers()
    return build.checkpoint(model=stack(build, new))


@pair("k3-nested-moved", "The model inside the model moves one level deeper, together with the "
      "layer after it.")
def k3_nested_moved(new):
    build = Layers()
    return build.checkpoint(model=nested(build, new))


@pair("k3-nested-renamed", "The model inside the model is called otherwise, and saved below "
      "another keyword, with Adam.")
def k3_nested_renamed(new):
    build = Layers()
    model = nested(build, False, "trunk" if new else "backbone")
    return build.checkpoint(**{"detector" if new else "model": model}, optimizer=build.adam(model))


def transformer(build, block, blocks=3):
    """Blocks of attention with equal shapes; `block` formats the names of their layers."""
    keras, add = build.keras, build.add
    words = keras.Input((5,), dtype="int32", name="words")
    x = add("embed", "Embedding", 9, 4, name="embed")(words)
    for number in range(blocks):
        name = block.format
        y = add(f"{number}attend", "MultiHeadAttention", 2, 2, name=name(number, "attention"))(x, x)
        x = add(f"{number}norm", "LayerNormalization", name=name(number, "norm"))(x + y)
        y = add(f"{number}up", "Dense", 6, name=name(number, "up"))(x)
        x = x + add(f"{number}down", "Dense", 4, name=name(number, "down"))(y)
    return keras.Model(words, add("head", "Dense", 9, name="head")(x), name="transformer")


@pair("k3-transformer-names", "The layers of equal blocks get other names, `block_0_up` becomes "
      "`layer0.up`, and a block is added at the end.")
def k3_transformer_names(new):
    build = Layers()
    return build.checkpoint(model=transformer(build, "layer{}.{}" if new else "block_{}_{}", 4 if new else 3))


@pair("k3-branches", "Two branches of equal shapes, one of which is renamed; Adam gives way to "
      "Adagrad.")
def k3_branches(new):
    build = Layers()
    keras, add = build.keras, build.add
    branches = {"left": "left", "right": "context" if new else "right"}
    inputs, outputs = [], []
    for branch, name in branches.items():
        x = keras.Input((5,), name=f"{name}_features")
        inputs.append(x)
        for number in range(2):
            x = add(f"{branch}{number}", "Dense", 5, name=f"{name}_dense_{number}")(x)
        outputs.append(add(f"{branch}_norm", "BatchNormalization", name=f"{name}_norm")(x))
    x = keras.layers.Concatenate(name="both")(outputs)
    model = keras.Model(inputs, add("out", "Dense", 3, name="score")(x), name="siamese")
    optimizer = keras.optimizers.Adagrad(0.1) if new else keras.optimizers.Adam(1e-3)
    return build.checkpoint(model=model, optimizer=build.remember(optimizer, model))


@pair("k3-unrelated", "The layer `auxiliary_loss` is removed, and an unlike `style_embedding` of "
      "the same shapes added in another place.")
def k3_unrelated(new):
    build = Layers()
    keras, add = build.keras, build.add
    inputs = keras.Input((6,), name="features")
    x = add("a", "Dense", 5, name="hidden")(inputs)
    outputs = [add("b", "Dense", 3, name="logits")(x)]
    if new:
        outputs.insert(0, add("fresh", "Dense", 4, name="style_embedding")(x))
    else:
        outputs.append(add("dropped", "Dense", 4, name="auxiliary_loss")(x))
    return build.checkpoint(model=keras.Model(inputs, outputs, name="many"))


@pair("k3-root-itself", "Checkpoint(model=model) becomes Checkpoint(model): the model itself is "
      "the root.")
def k3_root_itself(new):
    build = Layers()
    model = conv_net(build)
    return build.checkpoint(model) if new else build.checkpoint(model=model)
