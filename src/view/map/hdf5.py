def reader(checkpoint):
    """Gives the value of a key."""
    if zipfile.is_zipfile(checkpoint):
        checkpoint = io.BytesIO(zipfile.ZipFile(checkpoint).read("model.weights.h5"))
    file = h5py.File(checkpoint, "r")
    return lambda key: file[key][()]


