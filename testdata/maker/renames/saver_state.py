"""Programs of TensorFlow 1: slots, moving averages, slices, and what changes beside a name."""

import tensorflow as tf

from .net import saver_pair
from .saver import digits, residual, scope

v1 = tf.compat.v1


@saver_pair("saver-ema-renamed", "Moving averages follow the scope of their weights from `net/` "
           "to `model/`.")
def saver_ema_renamed(net, new):
    with scope("model" if new else "net"):
        residual(net, blocks=2)
    net.average()


@saver_pair("saver-ema-name", "The moving averages are called `ema` instead of "
           "ExponentialMovingAverage.")
def saver_ema_name(net, new):
    digits(net)
    net.average("ema" if new else "ExponentialMovingAverage")
    net.step()


@saver_pair("saver-ema-loaded", "An export: the moving averages of `train/` have become the "
           "weights of `serve/`, the weights are gone.", values="same")
def saver_ema_loaded(net, new):
    with scope("serve" if new else "train"):
        digits(net)
    if new:
        net.known = {f"{name}:ema" if name in net.trainable() else name: made
                     for name, made in net.known.items()}
    else:
        net.average()


@saver_pair("saver-adam-scope", "Adam's slots follow the scope of their weights; its powers stay.")
def saver_adam_scope(net, new):
    with scope("student" if new else "model"):
        residual(net, blocks=2)
    net.train(v1.train.AdamOptimizer(), ["m", "v"])
    net.step()


@saver_pair("saver-adam-layers", "Two layers are renamed, and Adam's slots with them; the powers "
           "of beta move below the scope of the optimizer.")
def saver_adam_layers(net, new):
    net.dense("in", "input_dense" if new else "input_layer", 5, 6)
    net.dense("mid", "dense", 6, 4)
    net.dense("out", "output_dense" if new else "output_layer", 4, 3)
    with scope("training" if new else ""):
        net.train(v1.train.AdamOptimizer(), ["m", "v"])
    net.step()


@saver_pair("saver-adam-momentum", "Adam gives way to Momentum, and the scope changes: weights "
           "are renamed, slots are gone and added.")
def saver_adam_momentum(net, new):
    with scope("backbone" if new else "net"):
        residual(net, blocks=2)
    if new:
        net.train(v1.train.MomentumOptimizer(0.1, 0.9), ["momentum"])
    else:
        net.train(v1.train.AdamOptimizer(), ["m", "v"])
    net.step()


def partitioned(net, parts, outer):
    with scope(outer):
        with v1.variable_scope("embed", partitioner=v1.fixed_size_partitioner(parts, axis=0)):
            net.variable("words", "words", (12, 4))
            net.variable("tags", "tags", (6, 4))
        net.dense("out", "logits", 4, 3)
    net.train(v1.train.AdamOptimizer(), ["m", "v"])


@saver_pair("saver-partitioned-renamed", "Variables in three slices each, and their slots, move "
           "below another scope.")
def saver_partitioned_renamed(net, new):
    partitioned(net, 3, "text" if new else "lookup")


@saver_pair("saver-partition-count", "The scope changes, and the variables are cut into two "
           "slices instead of three.")
def saver_partition_count(net, new):
    partitioned(net, 2 if new else 3, "text" if new else "lookup")


@saver_pair("saver-head-reshaped", "The scope changes, and the last layer has five classes "
           "instead of three.")
def saver_head_reshaped(net, new):
    with scope("finetune" if new else "pretrain"):
        net.conv("first", "conv1", 3, 2, 4)
        net.batch_norm("norm", "bn1", 4)
        net.conv("second", "conv2", 3, 4, 4)
        net.dense("hidden", "fc", 4, 6)
        net.dense("head", "logits", 6, 5 if new else 3)


@saver_pair("saver-inserted", "The scope changes, and each block gets an attention layer of its "
           "own.")
def saver_inserted(net, new):
    with scope("wide" if new else "narrow"):
        for number in range(3):
            with scope(f"block_{number}"):
                net.dense(f"{number}q", "query", 4, 4)
                if new:
                    net.dense(f"{number}gate", "gate", 4, 4)
                net.dense(f"{number}f", "feed", 4, 8)
                net.layer_norm(f"{number}n", "norm", 4)


@saver_pair("saver-unrelated", "A layer `aux_head` is removed, and an unlike "
           "`embedding_projector` of the same shapes added.")
def saver_unrelated(net, new):
    with scope("net"):
        net.dense("a", "hidden", 6, 5)
        net.dense("b", "logits", 5, 3)
        if new:
            net.dense("fresh", "embedding_projector", 6, 4)
        else:
            net.dense("dropped", "aux_head", 6, 4)
    net.step()


@saver_pair("saver-two-renamed", "Two layers of the same shapes get names that are like neither.",
            undecidable=[(("left", "right"), "two layers of one shape, and no name tells which is which")])
def saver_two_renamed(net, new):
    with scope("net"):
        net.dense("in", "in", 5, 4)
        net.dense("left", "zeta" if new else "foo", 4, 4)
        net.dense("right", "omega" if new else "bar", 4, 4)
        net.dense("out", "out", 4, 3)


@saver_pair("saver-two-renamed-converted", "The same with the same values: their checksums tell.",
           values="same")
def saver_two_renamed_converted(net, new):
    with scope("net"):
        net.dense("in", "in", 5, 4)
        net.dense("right" if new else "left", "zeta" if new else "foo", 4, 4)
        net.dense("left" if new else "right", "omega" if new else "bar", 4, 4)
        net.dense("out", "out", 4, 3)
