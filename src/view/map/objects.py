# Path from the root object: stored key.
KEYS = {
@pairs@}


def child(node, name):
    name = re.sub(r"\.(.)", lambda found: "/" if found.group(1) == "S" else found.group(1), name)
    return node._trackable_children()[name]


def reach(root, path):
    """The variable that a path leads to."""
    path, is_slot, rest = path.partition("/.OPTIMIZER_SLOT/")
    variable = root
    for name in path.split("/"):
        variable = child(variable, name)
    if not is_slot:
        return variable
    optimizer, _, slot = rest.rpartition("/")
    return reach(root, optimizer).get_slot(variable, slot)


def restore(root, checkpoint=CHECKPOINT):
    """root: what the new checkpoint was saved from, as tf.train.Checkpoint(model=model); its variables are there."""
    stored = reader(checkpoint)
    for path, key in KEYS.items():
        reach(root, path).assign(stored(key))
