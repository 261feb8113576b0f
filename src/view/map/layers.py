# Layer and weight in the new model: stored key.
KEYS = {
@pairs@}


def find(model, name):
    """The weight of this name, or the one weight of that layer with the same ending."""
    named = {getattr(weight, "path", weight.name).split(":")[0]: weight for weight in model.weights}
    if name in named:
        return named[name]
    layer, _, leaf = name.partition("/")
    leaf = leaf.rpartition("/")[2]
    weights = model.get_layer(layer).weights
    (weight,) = [weight for weight in weights if weight.name.split(":")[0].rpartition("/")[2] == leaf]
    return weight


def restore(model, checkpoint=CHECKPOINT):
    """model: the new model, built."""
    stored = reader(checkpoint)
    for name, key in KEYS.items():
        find(model, name).assign(stored(key))
