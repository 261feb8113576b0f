# Stored name: name in the graph.
NAMES = {
@pairs@}


def initialize(checkpoint=CHECKPOINT):
    """Call it before variables are initialized: they start from the stored values."""
    tf.compat.v1.train.init_from_checkpoint(checkpoint, NAMES)


def saver():
    """A Saver for a session: saver().restore(session, CHECKPOINT)."""
    variables = {}
    for variable in tf.compat.v1.global_variables():
        part = variable._get_save_slice_info()
        if part:
            variables.setdefault(part.full_name, []).append(variable)
        else:
            variables[variable.op.name] = variable
    return tf.compat.v1.train.Saver({stored: variables[name] for stored, name in NAMES.items()})
