"""Programs of Keras 2 saved by tf.train.Checkpoint, and those that moved on to Keras 3."""

from .layers import Layers
from .registry import pair


def conv_net(build, insert="", name="digits"):
    """A functional conv net; `insert` puts one more layer into it."""
    keras, add = build.keras, build.add
    inputs = keras.Input((8, 8, 1), name="image")
    x = inputs
    if insert == "front":
        x = add("fresh", "Conv2D", 1, 1, name="tone")(x)
    x = add("first", "Conv2D", 4, 3, name="conv_first")(x)
    x = add("first_norm", "BatchNormalization", name="norm_first")(x)
    if insert == "middle":
        x = add("fresh", "Conv2D", 4, 3, padding="same", name="conv_extra")(x)
        x = add("fresh_norm", "BatchNormalization", name="norm_extra")(x)
    x = add("second", "Conv2D", 4, 3, name="conv_second")(x)
    x = add("second_norm", "BatchNormalization", name="norm_second")(x)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    x = add("hidden", "Dense", 6, name="hidden")(x)
    if insert == "dropout":
        x = add("dropout", "Dropout", 0.2, name="dropout")(x)
    return keras.Model(inputs, add("logits", "Dense", 3, name="logits")(x), name=name)


def tagger(build, insert=False, tags=3):
    """Embedding, LSTM and GRU with automatic names."""
    keras, add = build.keras, build.add
    inputs = keras.Input((5,), dtype="int32", name="words")
    x = add("embed", "Embedding", 11, 4)(inputs)
    if insert:
        x = add("fresh", "LSTM", 6, return_sequences=True)(x)
    x = add("lstm", "LSTM", 4, return_sequences=True)(x)
    x = add("gru", "GRU", 3)(x)
    x = add("hidden", "Dense", 5)(x)
    return keras.Model(inputs, add("tags", "Dense", tags)(x), name="tagger")


@pair("k2-inserted-middle", "A conv layer and its norm, of the shapes of those before and after "
      "them, are inserted in the middle; layers have names.")
def k2_inserted_middle(new):
    build = Layers(2)
    return build.checkpoint(model=conv_net(build, "middle" if new else ""))


@pair("k2-inserted-front", "A layer is inserted at the front, so that every number of "
      "layer_with_weights shifts.")
def k2_inserted_front(new):
    build = Layers(2)
    return build.checkpoint(model=conv_net(build, "front" if new else ""))


@pair("k2-removed-middle", "A conv layer and its norm are taken out of the middle; Adam's "
      "variables shift as well.")
def k2_removed_middle(new):
    build = Layers(2)
    model = conv_net(build, "" if new else "middle")
    return build.checkpoint(model=model, optimizer=build.adam(model))


@pair("k2-dropout-inserted", "Dropout is inserted: it has no weights, and no key of the others "
      "changes.")
def k2_dropout_inserted(new):
    build = Layers(2)
    model = conv_net(build, "dropout" if new else "")
    return build.checkpoint(model=model, optimizer=build.adam(model))


@pair("k2-adam-inserted", "An LSTM of another size is inserted into a model with automatic "
      "names: keys, names, and the numbers of Adam's variables shift.")
def k2_adam_inserted(new):
    build = Layers(2)
    model = tagger(build, new)
    return build.checkpoint(model=model, optimizer=build.adam(model))


@pair("k2-legacy-adam", "The attribute of the model in the checkpoint is renamed; the slots of "
      "the legacy Adam, which lie below the weights, follow.")
def k2_legacy_adam(new):
    build = Layers(2)
    model = conv_net(build)
    return build.checkpoint(**{"net" if new else "model": model}, optimizer=build.adam(model, legacy=True))


@pair("k2-names-drifted", "The program builds another model first: all automatic names count on, "
      "no key changes.")
def k2_names_drifted(new):
    build = Layers(2)
    if new:
        tagger(build, True)
        build.forget()
    model = tagger(build)
    return build.checkpoint(model=model, optimizer=build.adam(model))


@pair("k2-stack-dropout", "Layers in a list of a subclassed model, with Dropout between them "
      "now: their numbers shift, names and shapes are alike.")
def k2_stack_dropout(new):
    build = Layers(2)

    class Stack(build.keras.Model):
        def __init__(self):
            super().__init__(name="stack")
            self.steps = []
            for number in range(4):
                self.steps.append(build.add(f"dense{number}", "Dense", 4, name=f"step_{number}"))
                if new:
                    self.steps.append(build.keras.layers.Dropout(0.1))

        def call(self, x):
            for step in self.steps:
                x = step(x)
            return x

    model = Stack()
    model.build((None, 4))
    return build.checkpoint(model=model)


def residual(build, names, blocks=2, listed=True):
    """A subclassed model of equal blocks with these attributes: convs, norm, and the blocks.

    `listed` keeps them in a list. A tf.train.Checkpoint of a model of Keras 3 does not save what is in
    a list, so there they are numbered attributes."""
    keras, add = build.keras, build.add
    conv, norm, kept = names

    class Block(keras.layers.Layer):
        def __init__(self, number):
            super().__init__(name=f"block_{number}")
            setattr(self, conv, add(f"{number}conv", "Conv2D", 4, 3, padding="same", name="conv"))
            setattr(self, norm, add(f"{number}norm", "BatchNormalization", name="norm"))
            self.mix = add(f"{number}mix", "Conv2D", 4, 1, name="mix")

        def call(self, x):
            return self.mix(getattr(self, norm)(getattr(self, conv)(x)))

    class Residual(keras.Model):
        def __init__(self):
            super().__init__(name="residual")
            self.stem = add("stem", "Conv2D", 4, 3, name="stem")
            if listed:
                setattr(self, kept, [Block(number) for number in range(blocks)])
            else:
                for number in range(blocks):
                    setattr(self, f"{kept}_{number}", Block(number))
            self.head = add("head", "Dense", 3, name="head")

        def call(self, x):
            x = self.stem(x)
            for block in getattr(self, kept) if listed else [
                    getattr(self, f"{kept}_{number}") for number in range(blocks)]:
                x = block(x)
            return self.head(x)

    model = Residual()
    model(build.keras.ops.zeros((1, 6, 6, 2)) if hasattr(build.keras, "ops") else
          build.keras.backend.zeros((1, 6, 6, 2)))
    return model


@pair("k2-subclass-attributes", "Attributes of the blocks of a subclassed model are renamed, and "
      "the list they are in.")
def k2_subclass_attributes(new):
    build = Layers(2)
    model = residual(build, ("conv3x3", "bn", "stages") if new else ("conv", "norm", "blocks"))
    return build.checkpoint(model=model, optimizer=build.adam(model))


def stack(build, functional):
    """Named layers behind one another, as a Sequential model or a functional one."""
    keras = build.keras
    inputs = keras.Input((6,), name="features")
    layers = [build.add("a", "Dense", 5, name="hidden"), build.add("n", "BatchNormalization", name="norm"),
              build.add("b", "Dense", 5, name="second"), build.add("c", "Dense", 3, name="logits")]
    if not functional:
        return keras.Sequential([inputs, *layers], name="old")
    x = inputs
    for layer in layers:
        x = layer(x)
    return keras.Model(inputs, x, name="new")


@pair("k2-sequential-functional", "A Sequential model is written as a functional one, of the "
      "same named layers.")
def k2_sequential_functional(new):
    build = Layers(2)
    return build.checkpoint(model=stack(build, new))


def nested(build, deeper, name="backbone"):
    """A model inside a model, or one level deeper inside a third."""
    keras, add = build.keras, build.add
    inner_inputs = keras.Input((8, 8, 2), name="crop")
    x = add("stem", "Conv2D", 4, 3, name="stem")(inner_inputs)
    x = add("norm", "BatchNormalization", name="stem_norm")(x)
    x = add("body", "Conv2D", 4, 3, name="body")(x)
    inner = keras.Model(inner_inputs, x, name=name)
    inputs = keras.Input((8, 8, 2), name="image")
    x = inputs
    if deeper:
        outer_inputs = keras.Input((8, 8, 2), name="features")
        y = add("neck", "Conv2D", 5, 1, name="neck")(inner(outer_inputs))
        x = keras.Model(outer_inputs, y, name="feature_extractor")(x)
    else:
        x = add("neck", "Conv2D", 5, 1, name="neck")(inner(x))
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(inputs, add("head", "Dense", 3, name="head")(x), name="detector")


@pair("k2-nested-moved", "The model inside the model moves one level deeper, together with the "
      "layer after it.")
def k2_nested_moved(new):
    build = Layers(2)
    return build.checkpoint(model=nested(build, new))


@pair("k2-unrelated", "The first layer, `whiten`, is removed, and an unlike `calibration` of the "
      "same shapes added at the end.")
def k2_unrelated(new):
    build = Layers(2)
    inputs = build.keras.Input((4,), name="features")
    x = inputs if new else build.add("dropped", "Dense", 4, name="whiten")(inputs)
    x = build.add("hidden", "Dense", 6, name="hidden")(x)
    x = build.add("logits", "Dense", 4, name="logits")(x)
    if new:
        x = build.add("fresh", "Dense", 4, name="calibration")(x)
    return build.checkpoint(model=build.keras.Model(inputs, x, name="scorer"))


@pair("k2-k3-conv", "The same conv net in Keras 3, saved anew: other attributes, other numbers, "
      "the names stay.")
def k2_k3_conv(new):
    build = Layers(3 if new else 2)
    return build.checkpoint(model=conv_net(build))


@pair("k2-k3-tagger", "The same recurrent model with automatic names and Adam, from Keras 2 to "
      "Keras 3, converted.",
      values="same")
def k2_k3_tagger(new):
    build = Layers(3 if new else 2)
    model = tagger(build)
    return build.checkpoint(model=model, optimizer=build.adam(model))


@pair("k2-k3-residual", "A subclassed model of equal blocks, kept as attributes, from Keras 2 to "
      "Keras 3, with Adam.")
def k2_k3_residual(new):
    build = Layers(3 if new else 2)
    model = residual(build, ("conv", "norm", "block"), listed=False)
    return build.checkpoint(model=model, optimizer=build.adam(model))
