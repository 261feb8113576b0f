"""Programs whose models Keras saves in files of its own: `.h5`, `.weights.h5`, `.keras`."""

from .keras2 import conv_net, nested, residual, tagger
from .layers import Layers
from .registry import pair


def named_net(build, names, old=None):
    """Dense layers with these names, those in the middle alike; `old` is what renamed ones were called."""
    keras, old = build.keras, old or {}
    x = inputs = keras.Input((6,), name="features")
    for name in names:
        units = 3 if name == names[-1] else 5
        x = build.add(old.get(name, name), "Dense", units, name=name)(x)
    return keras.Model(inputs, x, name="net")


def counted(build, insert=False):
    """Dense layers with automatic names and shapes of their own; one may be inserted at the front."""
    keras = build.keras
    x = inputs = keras.Input((6,), name="features")
    if insert:
        x = build.add("fresh", "Dense", 6)(x)
    for units in (5, 4, 3):
        x = build.add(f"to{units}", "Dense", units)(x)
    return keras.Model(inputs, x, name="counted")


def compiled(build, model):
    model.compile(optimizer=build.keras.optimizers.SGD(0.1, momentum=0.9), loss="mse")
    build.remember(model.optimizer, model)
    return model


@pair("h5-k2-renamed", "Keras 2, weights in .h5: one layer in the middle is called otherwise.")
def h5_k2_renamed(new):
    build = Layers(2)
    return build.file(named_net(build, ("reader", "mix_a", "attend" if new else "mix_b", "mix_c", "score"),
                                {"attend": "mix_b"}), "weights.h5")


@pair("h5-k2-drifted", "Keras 2, weights in .h5: the program builds another model first, "
      "automatic names count on.")
def h5_k2_drifted(new):
    build = Layers(2)
    if new:
        counted(build, True)
        build.forget()
    return build.file(counted(build), "weights.h5")


@pair("h5-k2-counted", "Keras 2, weights in .h5: a layer is inserted at the front, and automatic "
      "names count on.")
def h5_k2_counted(new):
    build = Layers(2)
    return build.file(counted(build, new), "weights.h5")


@pair("h5-k2-model-inserted", "Keras 2, the whole model with the slots of SGD in .h5: a layer is "
      "inserted; all have names.")
def h5_k2_model_inserted(new):
    build = Layers(2)
    names = ("reader", "mix_a", "mix_extra", "mix_b", "score") if new else ("reader", "mix_a", "mix_b", "score")
    model = compiled(build, named_net(build, names))
    del build.owned["optimizer/learning_rate"]  # Keras 2 writes it into the attribute training_config
    return build.file(model, "model.h5")


@pair("h5-k3-model-renamed", "Keras 3, the whole model in .h5: the model and two of its layers "
      "are renamed.")
def h5_k3_model_renamed(new):
    build = Layers()
    names = ("reader_in" if new else "reader", "mix_a", "score_out" if new else "score")
    return build.file(named_net(build, names, {"reader_in": "reader", "score_out": "score"}), "model.h5")


@pair("h5-k2-k3", "The whole model of Keras 2 in .h5, saved anew by Keras 3 in .h5: `kernel:0` "
      "becomes `kernel`.")
def h5_k2_k3(new):
    build = Layers(3 if new else 2)
    return build.file(named_net(build, ("reader", "mix_a", "mix_b", "score")), "model.h5")


@pair("h5-weights-k3", "Legacy weights of Keras 2 in .h5, converted to .weights.h5 of Keras 3.",
      values="same")
def h5_weights_k3(new):
    build = Layers(3 if new else 2)
    names = ("reader", "mix_a", "mix_b", "score")
    return build.file(named_net(build, names), "model.weights.h5" if new else "weights.h5")


@pair("h5-weights-k3-anew", "Legacy weights of Keras 2 in .h5, and .weights.h5 of the same "
      "program in Keras 3, trained anew.")
def h5_weights_k3_anew(new):
    build = Layers(3 if new else 2)
    return build.file(tagger(build), "model.weights.h5" if new else "weights.h5")


@pair("weights-k3-inserted", "Keras 3, .weights.h5: a conv layer and its norm are inserted in "
      "the middle, and those after them get the next numbers; the layers have names.")
def weights_k3_inserted(new):
    build = Layers()
    return build.file(conv_net(build, "middle" if new else ""), "model.weights.h5")


@pair("weights-k3-compiled", "Keras 3, .weights.h5 with the slots of SGD: a layer is inserted at "
      "the front; automatic names.")
def weights_k3_compiled(new):
    build = Layers()
    return build.file(compiled(build, counted(build, new)), "model.weights.h5")


@pair("weights-k3-drifted", "Keras 3, .weights.h5: automatic names count on; the groups of the "
      "file count anew, so that no key changes.")
def weights_k3_drifted(new):
    build = Layers()
    if new:
        counted(build)
        build.forget()
    return build.file(counted(build), "model.weights.h5")


@pair("weights-k3-subclass", "Keras 3, .weights.h5 of a subclassed model: attributes are renamed.")
def weights_k3_subclass(new):
    build = Layers()
    return build.file(residual(build, ("conv3x3", "bn", "stages") if new else ("conv", "norm", "blocks")),
                      "model.weights.h5")


@pair("weights-k3-nested", "Keras 3, .weights.h5: the model inside the model moves one level "
      "deeper.")
def weights_k3_nested(new):
    build = Layers()
    return build.file(nested(build, new), "model.weights.h5")


@pair("weights-k2-k3", ".weights.h5 of Keras 2, and of the same program in Keras 3, trained anew.")
def weights_k2_k3(new):
    build = Layers(3 if new else 2)
    return build.file(conv_net(build), "model.weights.h5")


@pair("weights-k2-equal-inserted", "Keras 2, .weights.h5: one more of several equal layers is "
      "inserted; the file has no names of layers, only numbers.",
      undecidable=[(("mix_a", "mix_b", "mix_c"), "equal layers that have only numbers")])
def weights_k2_equal_inserted(new):
    build = Layers(2)
    names = ("reader", "mix_a", "mix_b", "mix_c", "score") if new else ("reader", "mix_a", "mix_c", "score")
    return build.file(named_net(build, names), "model.weights.h5")


@pair("keras-k3-renamed", "Keras 3, .keras with the slots of SGD: two of its layers get other "
      "names, which no key shows.")
def keras_k3_renamed(new):
    build = Layers()
    names = ("reader_in" if new else "reader", "mix_a", "score_out" if new else "score")
    return build.file(compiled(build, named_net(build, names, {"reader_in": "reader", "score_out": "score"})),
                      "model.keras")


@pair("keras-k3-inserted", "Keras 3, .keras: a layer is inserted among equal ones; the layers "
      "have names.")
def keras_k3_inserted(new):
    build = Layers()
    return build.file(named_net(build, ("reader", "mix_a", "mix_new", "mix_b", "score") if new else
                                ("reader", "mix_a", "mix_b", "score")), "model.keras")


@pair("keras-weights-k3", "Keras 3, .keras with the slots of SGD, and the weights of the same "
      "model in .weights.h5, same values.",
      values="same")
def keras_weights_k3(new):
    build = Layers()
    model = counted(build)
    return build.file(model, "model.weights.h5") if new else build.file(compiled(build, model), "model.keras")


@pair("weights-k3-unrelated", "Keras 3, .weights.h5 of a model with attributes: `teacher` is "
      "removed, and an unlike `projector` of the same shapes added.")
def weights_k3_unrelated(new):
    build = Layers()

    class Pupil(build.keras.Model):
        def __init__(self):
            super().__init__(name="pupil")
            self.body = build.add("body", "Dense", 5, name="body")
            self.head = build.add("head", "Dense", 3, name="head")
            name, identity = ("projector", "fresh") if new else ("teacher", "dropped")
            setattr(self, name, build.add(identity, "Dense", 4, name=name))

        def call(self, x):
            x = self.body(x)
            return self.head(x), (self.projector if new else self.teacher)(x)

    model = Pupil()
    model(build.keras.ops.zeros((1, 6)))
    return build.file(model, "model.weights.h5")


@pair("h5-k2-unrelated", "Keras 2, weights in .h5: the last layer, `teacher`, is removed, and an "
      "unlike `whitening` of the same shapes added at the front.")
def h5_k2_unrelated(new):
    build = Layers(2)
    x = inputs = build.keras.Input((4,), name="features")
    if new:
        x = build.add("fresh", "Dense", 4, name="whitening")(x)
    x = build.add("hidden", "Dense", 6, name="hidden")(x)
    x = build.add("logits", "Dense", 4, name="logits")(x)
    if not new:
        x = build.add("dropped", "Dense", 4, name="teacher")(x)
    return build.file(build.keras.Model(inputs, x, name="net"), "weights.h5")
