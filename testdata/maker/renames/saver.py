"""Programs of TensorFlow 1: scopes and layers get other names."""

import contextlib

import tensorflow as tf

from .net import saver_pair

v1 = tf.compat.v1


def scope(name):
    return v1.variable_scope(name) if name else contextlib.nullcontext()


def digits(net):
    """A small conv net, as tf.layers names it."""
    net.conv("first", "conv2d", 3, 1, 4, bias=True)
    net.batch_norm("norm", "batch_normalization", 4)
    net.conv("second", "conv2d", 3, 4, 4, bias=True)
    net.dense("hidden", "dense", 8, 8)
    net.dense("logits", "dense", 8, 3)


def residual(net, blocks=3, first="stem"):
    """Blocks of one shape, with batch normalization."""
    net.conv("stem", f"{first}/conv", 3, 2, 4)
    net.batch_norm("stem_norm", f"{first}/bn", 4)
    for block in range(1, blocks + 1):
        for number in (1, 2):
            net.conv(f"b{block}c{number}", f"block{block}/conv{number}", 3, 4, 4)
            net.batch_norm(f"b{block}n{number}", f"block{block}/bn{number}", 4)
    net.dense("head", "head", 4, 3)


@saver_pair("saver-scope-added", "All layers of a conv net move below a new scope `model/`.")
def saver_scope_added(net, new):
    with scope("model" if new else ""):
        digits(net)
    net.step()


@saver_pair("saver-scope-dropped", "The outer scope `tower_0/` of a conv net is dropped.")
def saver_scope_dropped(net, new):
    with scope("" if new else "tower_0"):
        digits(net)
    net.step()


@saver_pair("saver-scope-replaced", "The outer scope `resnet/` of equal residual blocks becomes "
           "`backbone/`.")
def saver_scope_replaced(net, new):
    with scope("backbone" if new else "resnet"):
        residual(net)
    net.step()


@saver_pair("saver-scope-converted", "The outer scope `resnet/` becomes `backbone/`, by a script "
            "that keeps the values.", values="same")
def saver_scope_converted(net, new):
    with scope("backbone" if new else "resnet"):
        residual(net)
    net.step()


@saver_pair("saver-scope-untrained", "A new outer scope, both programs saved before training: "
           "biases and moments are zeros, so their checksums say nothing.", values="initial")
def saver_scope_untrained(net, new):
    with scope("detector" if new else "net"):
        residual(net, blocks=2)
    net.train(v1.train.AdamOptimizer(), ["m", "v"])
    net.step()


@saver_pair("saver-inner-scope", "The scope of the encoder, in the middle of the names, becomes "
           "`reader`; the decoder beside it has the same shapes and keeps its own.")
def saver_inner_scope(net, new):
    with scope("seq2seq"):
        net.variable("embed", "table", (9, 4))
        for part, name in (("encoder", "reader" if new else "encoder"), ("decoder", "decoder")):
            with scope(name):
                for layer in range(2):
                    net.lstm(f"{part}{layer}", f"rnn/multi_rnn_cell/cell_{layer}/lstm_cell", 4, 4)
        net.dense("out", "projection", 4, 9)


def three(net, second):
    net.dense("fc1", "fc1", 6, 5)
    net.dense("fc2", second, 5, 4)
    net.dense("fc3", "fc3", 4, 3)
    net.step()


@saver_pair("saver-layer-renamed", "One layer of several has a longer name.")
def saver_layer_renamed(net, new):
    three(net, "fc2_projection" if new else "fc2")


@saver_pair("saver-layer-unlike", "One layer of several has an unlike name.",
            undecidable=[(("fc2",), "only the shape says so: as well could it be gone, and another one be new")])
def saver_layer_unlike(net, new):
    three(net, "squeeze" if new else "fc2")


@saver_pair("saver-uniquifier", "The program builds a copy of its model first, which it does not "
           "save: all automatic names of the one that it saves count on.")
def saver_uniquifier(net, new):
    if new:
        digits(net)
        net.known.clear()
    digits(net)
    net.step()


@saver_pair("saver-uniquifier-levels", "Built twice below automatic scopes of two levels: "
           "`tower` becomes `tower_1`, and a second block is put before the first, so that block "
           "numbers shift too.")
def saver_uniquifier_levels(net, new):
    for number in range(2 if new else 1):
        net.known.clear()
        with v1.variable_scope(None, default_name="tower"):
            net.conv("stem", "conv", 3, 2, 4)
            if new:
                with v1.variable_scope(None, default_name="block"):
                    net.conv("fresh", "conv", 1, 4, 4)
            for block in range(2):
                with v1.variable_scope(None, default_name="block"):
                    net.conv(f"block{block}a", "conv", 3, 4, 4 + block)
                    net.batch_norm(f"block{block}n", "norm", 4 + block)
                    net.conv(f"block{block}b", "conv", 1, 4 + block, 4)
    net.step()


@saver_pair("saver-weights-kernel", "From the names of slim to those of tf.layers: `weights` "
           "becomes `kernel`, `biases` becomes `bias`.")
def saver_weights_kernel(net, new):
    if not new:
        net.names = {"kernel": "weights", "bias": "biases"}
    with scope("vgg"):
        for number, (before, after) in enumerate(((2, 4), (4, 4), (4, 4)), 1):
            net.conv(f"conv{number}", f"conv{number}", 3, before, after, bias=True)
        net.dense("fc", "fc", 4, 3)
    net.step()


@saver_pair("saver-weights-kernel-scope", "The same, converted: the scope changes too, the "
           "values stay.",
            values="same")
def saver_weights_kernel_scope(net, new):
    if not new:
        net.names = {"kernel": "weights", "bias": "biases"}
    with scope("features" if new else "vgg_16"):
        for number, (before, after) in enumerate(((2, 4), (4, 4), (4, 4)), 1):
            net.conv(f"conv{number}", f"conv{number}/conv{number}_1" if not new else f"conv_{number}",
                     3, before, after, bias=True)


@saver_pair("saver-bert", "From the names of BERT to another program's: `bert/encoder/layer_N` "
           "becomes `encoder/block_N`, and the pooler is gone.")
def saver_bert(net, new):
    width, inner = 4, 6
    with scope("" if new else "bert"):
        with scope("embeddings"):
            net.variable("words", "word_embeddings", (11, width))
            net.variable("positions", "position_embeddings", (7, width))
            net.layer_norm("embed_norm", "LayerNorm", width)
        for number in range(12):
            with scope(f"encoder/block_{number}" if new else f"encoder/layer_{number}"):
                for name in ("query", "key", "value"):
                    net.dense(f"{number}{name}", f"attention/self/{name}", width, width)
                net.dense(f"{number}attended", "attention/output/dense", width, width)
                net.layer_norm(f"{number}attended_norm", "attention/output/LayerNorm", width)
                net.dense(f"{number}inner", "intermediate/dense", width, inner)
                net.dense(f"{number}outer", "output/dense", inner, width)
                net.layer_norm(f"{number}norm", "output/LayerNorm", width)
        if not new:
            net.dense("pooler", "pooler/dense", width, width)


@saver_pair("saver-blocks-from-one", "Blocks that were counted from 0 are counted from 1: every "
           "name but the first and last stands for another block, and only the ends of the row "
           "tell it.",
            undecidable=[([f"{number}{part}" for number in range(4)],
                          "names 0 to 3 and 1 to 4 of equal shapes may as well be one block less at the "
                          "front and one more at the end") for part in ("c", "n")])
def saver_blocks_from_one(net, new):
    with scope("net"):
        for number in range(4):
            with scope(f"block_{number + new}"):
                net.conv(f"{number}c", "conv", 3, 4, 4)
                net.batch_norm(f"{number}n", "norm", 4)
        net.dense("head", "head", 4, 3)
