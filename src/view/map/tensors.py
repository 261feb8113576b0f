def reader(checkpoint):
    """Gives the value of a key."""
    return tf.train.load_checkpoint(checkpoint).get_tensor


