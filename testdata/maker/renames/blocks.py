"""Programs of equal blocks, of several models or several optimizers: what the names around them tell."""

import tensorflow as tf

from .layers import Layers
from .modules import Bag, Dense, saved
from .net import saver_pair
from .registry import pair
from .saver import residual, scope

v1 = tf.compat.v1

PLAIN = ("attention", "ffn1", "ffn2", "norm", "block")
ANEW = ("self_attn", "mlp_in", "mlp_out", "ln", "layer")


def encoder(build, names, blocks=2):
    """A subclassed transformer, whose attributes have these names; layers have automatic ones."""
    keras, add = build.keras, build.add
    attend, up, down, norm, kept = names

    class Block(keras.layers.Layer):
        def __init__(self, number):
            super().__init__()
            setattr(self, attend, add(f"{number}attend", "MultiHeadAttention", 2, 3))
            setattr(self, norm + "1", add(f"{number}norm1", "LayerNormalization"))
            setattr(self, norm + "2", add(f"{number}norm2", "LayerNormalization"))
            setattr(self, up, add(f"{number}up", "Dense", 8))
            setattr(self, down, add(f"{number}down", "Dense", 4))

        def call(self, x):
            x = getattr(self, norm + "1")(x + getattr(self, attend)(x, x))
            return getattr(self, norm + "2")(x + getattr(self, down)(getattr(self, up)(x)))

    class Encoder(keras.Model):
        def __init__(self):
            super().__init__()
            self.embed = add("embed", "Embedding", 9, 4)
            for number in range(blocks):
                setattr(self, f"{kept}{number}", Block(number))

        def call(self, x):
            x = self.embed(x)
            for number in range(blocks):
                x = getattr(self, f"{kept}{number}")(x)
            return x

    model = Encoder()
    model(tf.zeros((1, 5), tf.int32))
    return model


@pair("k3-blocks-renamed", "The attributes of the blocks of a transformer are renamed, and those that hold the "
      "blocks; the output of attention has a bias of the shape of another layer's.")
def k3_blocks_renamed(new):
    build = Layers()
    model = encoder(build, ANEW if new else PLAIN)
    return build.checkpoint(model=model, optimizer=build.adam(model))


@pair("weights-k3-blocks", "Keras 3, .weights.h5 of a transformer: all attributes in it are renamed.")
def weights_k3_blocks(new):
    build = Layers()
    return build.file(encoder(build, ANEW if new else PLAIN), "model.weights.h5")


def chain(build, identity, sizes):
    """Dense layers with automatic names."""
    x = inputs = build.keras.Input((sizes[0],))
    for number, units in enumerate(sizes[1:]):
        x = build.add(f"{identity}{number}", "Dense", units)(x)
    return build.keras.Model(inputs, x)


@pair("k2-gan-keywords", "A generator and a discriminator, each with an Adam of its own: all four are saved below "
      "other keywords.")
def k2_gan_keywords(new):
    build = Layers(2)
    models = {"g": chain(build, "g", (3, 5, 7)), "d": chain(build, "d", (7, 5, 1))}
    optimizers = {}
    for name, model in models.items():
        optimizers[name] = build.keras.optimizers.Adam(1e-3)
        optimizers[name].build(model.trainable_variables)
        made = build.of_optimizer(optimizers[name], model.trainable_variables)
        build.owned |= {one.replace("optimizer/", f"adam_{name}/"): variable for one, variable in made.items()}
    words = ("gen", "disc", "opt_g", "opt_d") if new else (
        "generator", "discriminator", "generator_optimizer", "discriminator_optimizer")
    return build.checkpoint(**dict(zip(words, (*models.values(), *optimizers.values()))))


@pair("k2-norms-inserted", "A batch normalization is put behind every conv layer of a residual net with automatic "
      "names, with Adam.")
def k2_norms_inserted(new):
    build = Layers(2)
    keras, add = build.keras, build.add
    inputs = keras.Input((8, 8, 3))
    x = add("stem", "Conv2D", 4, 3, padding="same")(inputs)
    for block in range(2):
        y = x
        for number in range(2):
            y = add(f"b{block}c{number}", "Conv2D", 4, 3, padding="same")(y)
            y = add(f"b{block}n{number}", "BatchNormalization")(y) if new else y
            y = keras.layers.ReLU()(y)
        x = keras.layers.Add()([x, y])
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, add("head", "Dense", 3)(x))
    return build.checkpoint(model=model, optimizer=build.adam(model))


@pair("module-projections", "The four projections of attention get the names that another code base gives them.")
def module_projections(new):
    words = ("q_proj", "k_proj", "v_proj", "out_proj") if new else ("query", "key", "value", "out")
    parts = {f"{block}{one}": Dense(4, 4) for block in range(2) for one in "qkvo"}
    blocks = [Bag(**{word: parts[f"{block}{one}"] for word, one in zip(words, "qkvo")}) for block in range(2)]
    return saved(parts, model=Bag(blocks=blocks))


@saver_pair("saver-letters", "A language model whose variables have names of one letter is saved as another code "
            "base names them: `b` is `bias` of one layer and `beta` of another, and tables get a scope of their own.")
def saver_letters(net, new):
    words = ("weight", "bias", "gamma", "beta") if new else ("w", "b", "g", "b")
    net.names = dict(zip(("kernel", "bias", "gamma", "beta"), words))

    def norm(layer):
        with scope(layer[1:] if layer[0].isdigit() else layer):
            net.variable(layer, "gamma", (4,))
            net.variable(layer, "beta", (4,))

    with scope("transformer" if new else "model"):
        for table, rows in (("wte", 9), ("wpe", 7)):
            net.known[f"{table}/table"] = v1.get_variable(f"{table}/weight" if new else table, (rows, 4))
        for number in range(3):
            with scope(f"h_._{number}" if new else f"h{number}"):
                norm(f"{number}ln_1")
                net.dense(f"{number}attn", "attn/c_attn", 4, 12)
                net.dense(f"{number}proj", "attn/c_proj", 4, 4)
                norm(f"{number}ln_2")
        norm("ln_f")


@saver_pair("saver-head-same", "A scope is put around a net whose values stay, and its head gets other classes: only "
            "the scope tells which one the head was.", values="same")
def saver_head_same(net, new):
    with scope("model" if new else ""):
        residual(net, blocks=1)
        net.dense("classes", "classes", 4, 7 if new else 5)
    net.step()


@saver_pair("saver-target-net", "The net `q` is renamed; the target net beside it has the same shapes.")
def saver_target_net(net, new):
    for part, name in (("q", "online" if new else "q"), ("target", "target")):
        with scope(name):
            net.dense(f"{part}1", "fc1", 4, 6)
            net.dense(f"{part}2", "fc2", 6, 6)
            net.dense(f"{part}3", "out", 6, 2)


@saver_pair("saver-target-both", "A net and its target net, alike in all shapes, are both renamed.",
            undecidable=[(tuple(f"{part}{number}" for part in ("q", "target") for number in (1, 2, 3)),
                          "two nets of the same shapes, and no name is like another")])
def saver_target_both(net, new):
    for part, name in (("target", "frozen"), ("q", "main")) if new else (("q", "q"), ("target", "target")):
        with scope(name):
            net.dense(f"{part}1", "fc1", 4, 6)
            net.dense(f"{part}2", "fc2", 6, 6)
            net.dense(f"{part}3", "out", 6, 2)


@pair("weights-k3-attributes", "Keras 3, .weights.h5: a functional model is written as a subclassed one, whose file "
      "has no classes of layers to name variables by.")
def weights_k3_attributes(new):
    build = Layers()
    keras, add = build.keras, build.add
    layers = [add(name, "Dense", units) for name, units in (("a", 6), ("b", 6), ("c", 2))]

    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c = layers

        def call(self, x):
            return self.c(self.b(self.a(x)))

    if new:
        model = Net()
        model(tf.zeros((1, 6)))
    else:
        x = inputs = keras.Input((6,))
        for layer in layers:
            x = layer(x)
        model = keras.Model(inputs, x)
    return build.file(model, "model.weights.h5")
