"""Name-based checkpoints: programs of TensorFlow 1 with tf.compat.v1.train.Saver."""

import tensorflow as tf

from .registry import fixture
from .values import COUNT, FIRST_MOMENT, RATE, SECOND_MOMENT, role_of, trained

v1 = tf.compat.v1
ROLES = {"Adam": FIRST_MOMENT, "Adam_1": SECOND_MOMENT, "Momentum": FIRST_MOMENT,
         "adam_m": FIRST_MOMENT, "adam_v": SECOND_MOMENT}


def key_of(variable):
    """The key of a variable in the checkpoint."""
    info = variable._get_save_slice_info()
    return info.full_name if info else variable.op.name


def fill(session, variables):
    """Assign to each variable the values of its role."""
    for number, variable in enumerate(variables):
        name = key_of(variable)
        leaf = name.rsplit("/", 1)[-1]
        shape, dtype = variable.shape.as_list(), variable.dtype.base_dtype.name
        role = ROLES.get(leaf) or role_of(name)
        if leaf == "global_step":
            role = COUNT
        if leaf in ("beta1_power", "beta2_power"):
            role = RATE
        variable.load(trained(shape, dtype, number, role), session)


def mlp():
    """Two dense layers, as tf.layers names them."""
    variables = []
    for scope, (rows, columns) in {"dense": (5, 4), "dense_1": (4, 2)}.items():
        with v1.variable_scope(scope):
            variables.append(v1.get_variable("kernel", (rows, columns)))
            variables.append(v1.get_variable("bias", (columns,)))
    return variables


def facts(path, model, everything, slots, **more):
    model_keys = {key_of(variable) for variable in model}
    return {"path": path, "model_keys": sorted(model_keys),
            "optimizer_keys": sorted({key_of(variable) for variable in everything} - model_keys
                                     - {"global_step"}),
            "slots": sorted(({"slot_key": slot, "variable_key": variable, "slot_name": name}
                             for slot, variable, name in set(slots)),
                            key=lambda one: one["slot_key"]), **more}


def slots_of(optimizer, names, variables):
    suffix = {"m": "Adam", "v": "Adam_1", "momentum": "Momentum"}
    return [(key_of(optimizer.get_slot(variable, name)), key_of(variable), suffix[name])
            for name in names for variable in variables]


def step_once(optimizer, variables, step):
    """Apply made-up gradients, which creates the slots."""
    return optimizer.apply_gradients([(tf.ones_like(v), v) for v in variables], global_step=step)


@fixture("saver-adam", "A TensorFlow 1 program saved by Saver: Adam, global_step, .meta.")
def saver_adam():
    with tf.Graph().as_default(), v1.Session() as session:
        step = v1.train.get_or_create_global_step()
        model = mlp()
        optimizer = v1.train.AdamOptimizer(1e-3)
        step_once(optimizer, model, step)
        fill(session, v1.global_variables())
        v1.train.Saver().save(session, "./model.ckpt", global_step=step)
        return facts(f"model.ckpt-{session.run(step)}", model, v1.global_variables(),
                     slots_of(optimizer, ["m", "v"], model))


@fixture("saver-ema", "A TensorFlow 1 program with momentum and moving averages of the weights "
         "(which are listed among the slots, and as keys of the optimizer).")
def saver_ema():
    with tf.Graph().as_default(), v1.Session() as session:
        step = v1.train.get_or_create_global_step()
        model = mlp()
        with v1.variable_scope("norm"):
            model += [v1.get_variable(name, (4,)) for name in
                      ("gamma", "beta", "moving_mean", "moving_variance")]
        trainable = [variable for variable in model if "moving" not in variable.name]
        optimizer = v1.train.MomentumOptimizer(0.1, 0.9)
        step_once(optimizer, trainable, step)
        average = v1.train.ExponentialMovingAverage(0.999)
        average.apply(trainable)
        fill(session, v1.global_variables())
        v1.train.Saver().save(session, "./model.ckpt", global_step=step, write_meta_graph=False)
        slots = slots_of(optimizer, ["momentum"], trainable)
        slots += [(average.average_name(variable), key_of(variable), "ExponentialMovingAverage")
                  for variable in trainable]
        return facts(f"model.ckpt-{session.run(step)}", model, v1.global_variables(), slots)


@fixture("saver-partitioned", "Variables cut into slices by a partitioner, with Adam, .meta.")
def saver_partitioned():
    with tf.Graph().as_default(), v1.Session() as session:
        with v1.variable_scope("embed", partitioner=v1.fixed_size_partitioner(3, axis=0)):
            rows = v1.get_variable("rows", (10, 4))
        with v1.variable_scope("embed", partitioner=v1.fixed_size_partitioner(2, axis=1)):
            columns = v1.get_variable("columns", (3, 6), tf.float64)
        whole = v1.get_variable("output/kernel", (4, 2))
        model = [*rows, *columns, whole]
        optimizer = v1.train.AdamOptimizer(1e-3)
        step_once(optimizer, model, None)
        fill(session, v1.global_variables())
        v1.train.Saver().save(session, "./model.ckpt")
        return facts("model.ckpt", model, v1.global_variables(),
                     slots_of(optimizer, ["m", "v"], model))


@fixture("shards-saver", "Saver(sharded=True) with variables on three devices: three shards.")
def shards_saver():
    devices = v1.ConfigProto(device_count={"CPU": 3})
    with tf.Graph().as_default(), v1.Session(config=devices) as session:
        for device, name in enumerate(("first", "second", "third")):
            with tf.device(f"/device:CPU:{device}"), v1.variable_scope(name):
                v1.get_variable("kernel", (4, 3))
                v1.get_variable("bias", (3,))
        fill(session, v1.global_variables())
        v1.train.Saver(sharded=True).save(session, "./model.ckpt", write_meta_graph=False)
        return facts("model.ckpt", v1.global_variables(), v1.global_variables(), [])


@fixture("saver-v1", "The older format, V1: one file without extension.")
def saver_v1():
    with tf.Graph().as_default(), v1.Session() as session:
        step = v1.train.get_or_create_global_step()
        model = mlp()
        fill(session, v1.global_variables())
        v1.train.Saver(write_version=v1.train.SaverDef.V1).save(
            session, "./model.ckpt", global_step=step, write_meta_graph=False)
        return facts(f"model.ckpt-{session.run(step)}", model, v1.global_variables(), [],
                     kind="v1")


# -- BERT -----------------------------------------------------------------------------------------

def bert_names(hidden=4, inner=8, words=11):
    """{name: shape} of a BERT with twelve layers and hardly any width."""
    yield "bert/embeddings/word_embeddings", (words, hidden)
    yield "bert/embeddings/position_embeddings", (6, hidden)
    yield "bert/embeddings/token_type_embeddings", (2, hidden)
    yield from norm("bert/embeddings/LayerNorm", hidden)
    for layer in range(12):
        scope = f"bert/encoder/layer_{layer}"
        for name in ("query", "key", "value"):
            yield from dense(f"{scope}/attention/self/{name}", hidden, hidden)
        yield from dense(f"{scope}/attention/output/dense", hidden, hidden)
        yield from norm(f"{scope}/attention/output/LayerNorm", hidden)
        yield from dense(f"{scope}/intermediate/dense", hidden, inner)
        yield from dense(f"{scope}/output/dense", inner, hidden)
        yield from norm(f"{scope}/output/LayerNorm", hidden)
    yield from dense("bert/pooler/dense", hidden, hidden)
    yield "cls/seq_relationship/output_weights", (2, hidden)
    yield "cls/seq_relationship/output_bias", (2,)


def dense(scope, rows, columns):
    yield f"{scope}/kernel", (rows, columns)
    yield f"{scope}/bias", (columns,)


def norm(scope, size):
    yield f"{scope}/beta", (size,)
    yield f"{scope}/gamma", (size,)


def save_bert(leave_out=(), with_slots=True):
    with tf.Graph().as_default(), v1.Session() as session:
        model, slots = [], []
        for name, shape in bert_names():
            if name in leave_out:
                continue
            model.append(v1.get_variable(name, shape))
            for slot in ("adam_m", "adam_v") if with_slots else ():
                v1.get_variable(f"{name}/{slot}", shape)
                slots.append((f"{name}/{slot}", name, slot))
        step = v1.train.get_or_create_global_step()
        fill(session, v1.global_variables())
        v1.train.Saver().save(session, "./model.ckpt", global_step=step, write_meta_graph=False)
        return facts(f"model.ckpt-{session.run(step)}", model, v1.global_variables(), slots)


@fixture("bert-like", "The names of BERT as its own training program saves them, with the slots "
         "adam_m and adam_v.")
def bert_like():
    return save_bert()


@fixture("bert-gap", "The same without slots, and without one variable of layer 7.")
def bert_gap():
    return save_bert(["bert/encoder/layer_7/attention/self/value/kernel"], with_slots=False)
