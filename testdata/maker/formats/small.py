"""The smallest Keras 3 model, of which most damaged files are made; and files as users repack them."""

import os
import zipfile

import h5py

from .. import keras3
from .keras_weights import facts3
from .registry import MOMENT, format_fixture, pin_keras3


def small():
    """Two Dense layers, never compiled."""
    import keras
    model = keras.Sequential([keras.Input((5,), name="features"),
                              keras.layers.Dense(4, name="hidden"),
                              keras.layers.Dense(2, name="logits")], name="small")
    keras3.fill_model(model.weights)
    return model


def small2():
    """The same in tf_keras."""
    import tf_keras as keras
    return keras.Sequential([keras.Input((5,), name="features"),
                             keras.layers.Dense(4, name="hidden"),
                             keras.layers.Dense(2, name="logits")], name="small")


@format_fixture("k3-weights-small", "Two Dense layers of Keras 3; most damaged .weights.h5 are made "
                "of it.")
def weights():
    model = small()
    model.save_weights("model.weights.h5")
    return facts3("model.weights.h5", model)


@format_fixture("k3-shards-small", "The weights of k3-weights-small in two files, with a list; damaged shards "
                "are made of it.")
def shards():
    model = small()
    model.save_weights("model.weights.json", max_shard_size=1e-7)
    return facts3("model.weights.json", model, kind="keras-sharded-weights")


@format_fixture("k3-h5-small", "The model of k3-weights-small, saved as model.h5; most damaged model.h5 are "
                "made of it.")
def whole():
    pin_keras3()
    model = small()
    model.save("model.h5")
    return facts3("model.h5", model, kind="keras-h5")


@format_fixture("k3-keras-small", "The model of k3-weights-small as an archive; most damaged model.keras are "
                "made of it.")
def archive():
    pin_keras3()
    model = small()
    model.save("model.keras")
    return facts3("model.keras", model, kind="keras-archive")


def without_clock(kind):
    """Properties for making things of HDF5 that do not note the time."""
    properties = h5py.h5p.create(kind)
    properties.set_obj_track_times(False)
    return properties


def new_file(path, newest):
    """An empty HDF5 file, in the oldest or newest version of the format."""
    version = h5py.h5f.LIBVER_LATEST if newest else h5py.h5f.LIBVER_EARLIEST
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_libver_bounds(version, h5py.h5f.LIBVER_LATEST)
    return h5py.File(h5py.h5f.create(path.encode(), h5py.h5f.ACC_TRUNC,
                                     without_clock(h5py.h5p.FILE_CREATE), access))


def repack(path, newest=False, **how):
    """Copy an HDF5 file; `how` are options of its datasets."""
    with h5py.File(path, "r") as old, new_file("new.h5", newest) as new:
        def copy(name, thing):
            if isinstance(thing, h5py.Dataset):
                made = new.create_dataset(name, data=thing[()], **(how if thing.shape else {}))
            else:
                made = h5py.Group(h5py.h5g.create(new.id, name.encode(),
                                                  gcpl=without_clock(h5py.h5p.GROUP_CREATE)))
            for attribute, value in thing.attrs.items():
                made.attrs[attribute] = value

        for attribute, value in old.attrs.items():
            new.attrs[attribute] = value
        old.visititems(copy)
    os.replace("new.h5", path)


@format_fixture("k3-weights-gzip", "k3-weights-small, whose datasets a user has compressed: chunks, "
                "gzip, shuffle, checksums.")
def compressed():
    model = small()
    model.save_weights("model.weights.h5")
    repack("model.weights.h5", compression="gzip", shuffle=True, fletcher32=True)
    return facts3("model.weights.h5", model)


@format_fixture("k3-weights-latest", "k3-weights-small in the newest version of HDF5 that h5py writes.")
def latest():
    model = small()
    model.save_weights("model.weights.h5")
    repack("model.weights.h5", newest=True)
    return facts3("model.weights.h5", model)


@format_fixture("k3-keras-deflated", "k3-keras-small, unzipped and zipped again by a user: members "
                "compressed, in another order, with an entry for a directory.")
def deflated():
    pin_keras3()
    model = small()
    model.save("old.keras")
    with zipfile.ZipFile("old.keras") as old, zipfile.ZipFile("model.keras", "w") as new:
        for name in sorted(old.namelist()):
            info = zipfile.ZipInfo(name, MOMENT.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(name))
        new.writestr(zipfile.ZipInfo("assets/", MOMENT.timetuple()[:6]), b"")
    os.remove("old.keras")
    return facts3("model.keras", model, kind="keras-archive")
