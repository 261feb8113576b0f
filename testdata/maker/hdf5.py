"""Writes testdata/hdf5: small HDF5 files, and beside each a .json of what h5py says of it.

    venv/bin/python testdata/maker/hdf5.py
"""

import ctypes
import hashlib
import json
import os
import pathlib
import subprocess
import sys

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", TF_ENABLE_ONEDNN_OPTS="0")

import h5py
import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "hdf5"
FILES = {}  # name: function that writes the file at a path


def file(name):
    def register(function):
        FILES[name] = function
        return function
    return register


def values(shape, dtype, seed=1):
    """Numbers that differ, whatever the shape and type."""
    count = int(np.prod(shape))
    numbers = np.modf(np.arange(1, count + 1) * 0.6180339887 * seed)[0] - 0.25
    scale = 100 if np.dtype(dtype).kind in "iu" else 1
    if np.dtype(dtype).kind == "u":
        numbers = np.abs(numbers)
    return (numbers * scale).astype(dtype).reshape(shape)


def fill_variables(variables):
    for number, variable in enumerate(variables, 1):
        dtype = variable.dtype if isinstance(variable.dtype, str) else variable.dtype.name
        variable.assign(values(tuple(variable.shape), dtype, number))


@file("keras3.weights.h5")
def keras3_weights(path):
    import keras
    model = keras.Sequential([
        keras.Input((6,)), keras.layers.Dense(4, name="first"), keras.layers.BatchNormalization(),
        keras.layers.Dense(3, name="second")])
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    fill_variables(model.variables)
    model.save_weights(path)


@file("keras3-bfloat16.weights.h5")
def keras3_bfloat16(path):
    import keras
    model = keras.Sequential([
        keras.Input((3,)), keras.layers.Dense(2, dtype="bfloat16"), keras.layers.Dense(2, dtype="float16")])
    fill_variables(model.variables)
    model.save_weights(path)


@file("unnamed.weights.h5")
def unnamed(path):
    """As Keras 3 before 3.8 wrote it: without the names of the layers."""
    import keras
    inputs = keras.Input((4, 4, 2))
    outputs = keras.layers.Dense(3)(keras.layers.DepthwiseConv2D(2)(inputs))
    model = keras.Model(inputs, outputs)
    fill_variables(model.variables)
    model.save_weights(path)
    with h5py.File(path, "r+") as f:
        f.visititems(lambda _, thing: thing.attrs.pop("name", None) and None)


@file("legacy.h5")
def legacy(path):
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    import tf_keras
    model = tf_keras.Sequential([
        tf_keras.layers.Dense(4, name="a", input_shape=(3,)), tf_keras.layers.Dropout(0.5, name="c"),
        tf_keras.layers.Dense(2, name="b")])
    model.compile(tf_keras.optimizers.Adam(), "mse")
    model.optimizer.build(model.trainable_variables)
    fill_variables(model.variables + model.optimizer.variables)
    model.save(path, save_format="h5")


def timeless(kind):
    """Properties of what is created, without the time of it: newer files would hold that."""
    properties = h5py.h5p.create(kind)
    properties.set_obj_track_times(False)
    return properties


def create(path, latest):
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    if latest:
        access.set_libver_bounds(h5py.h5f.LIBVER_LATEST, h5py.h5f.LIBVER_LATEST)
    creation = timeless(h5py.h5p.FILE_CREATE)
    return h5py.File(h5py.h5f.create(path.encode(), h5py.h5f.ACC_TRUNC, fcpl=creation, fapl=access))


def group(parent, name):
    properties = timeless(h5py.h5p.GROUP_CREATE)
    return h5py.Group(h5py.h5g.create(parent.id, name.encode(), gcpl=properties))


def many_kinds(path, latest):
    """Types, shapes and storages, in two generations of structures."""
    with create(path, latest) as f:
        for name in ["types", "shapes"]:
            group(f, name)
        for dtype in ["f2", "<f4", ">f4", ">f8", "i1", ">i2", "<i4", "i8", "u1", "u2", ">u4", "u8", "?", "V2"]:
            name = dtype.replace("<", "little-").replace(">", "big-").replace("?", "bool")
            data = values((3, 2), "u2").view("V2") if dtype == "V2" else values((3, 2), dtype)
            f.create_dataset(f"types/{name}", data=data, track_times=False)
        f.create_dataset("types/string", data=["one", "", "drei ü"], dtype=h5py.string_dtype(), track_times=False)
        f.create_dataset("types/fixed", data=np.array([b"ab", b"abcde"]), track_times=False)
        f.create_dataset("types/complex", data=np.array([1 + 2j], "c8"), track_times=False)
        f.create_dataset("shapes/scalar", data=np.float32(0.5), track_times=False)
        f.create_dataset("shapes/zero", data=np.zeros((3, 0, 2), "f4"), track_times=False)
        f.create_dataset("shapes/null", data=h5py.Empty("f4"), track_times=False)
        f.create_dataset("shapes/unwritten", (4,), "f4", fillvalue=2.5, track_times=False)
        f.create_dataset("shapes/deep", data=values((1, 2, 1, 2, 1, 2), "i2"), track_times=False)
        chunked = group(f, "chunked")
        data = values((10, 7), "f4")
        chunked.create_dataset("plain", data=data, chunks=(4, 3), track_times=False)
        chunked.create_dataset("gzip", data=data, chunks=(4, 3), compression="gzip", track_times=False)
        chunked.create_dataset("all", data=data, chunks=(4, 3), compression="gzip", shuffle=True, fletcher32=True,
                               track_times=False)
        chunked.create_dataset("odd", data=values((5,), "u1"), chunks=(5,), fletcher32=True, track_times=False)
        chunked.create_dataset("lzf", data=data, chunks=(4, 3), compression="lzf", track_times=False)
        chunked.create_dataset("one", data=data, chunks=(10, 7), track_times=False)
        chunked.create_dataset("one-gzip", data=data, chunks=(10, 7), compression="gzip", track_times=False)
        chunked.create_dataset("growing", data=data, chunks=(4, 3), maxshape=(None, 9), track_times=False)
        chunked.create_dataset("growing-second", data=data, chunks=(4, 3), maxshape=(20, None), compression="gzip",
                               track_times=False)
        chunked.create_dataset("growing-both", data=data, chunks=(4, 3), maxshape=(None, None), shuffle=True,
                               track_times=False)
        chunked.create_dataset("many", data=values((100,), "i2"), chunks=(1,), maxshape=(None,), track_times=False)
        holes = chunked.create_dataset("holes", (8, 8), "i4", chunks=(4, 4), fillvalue=7, track_times=False)
        holes[5, 5] = 1
        early = timeless(h5py.h5p.DATASET_CREATE)
        early.set_chunk((2,))
        early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        space = h5py.h5s.create_simple((6,))
        h5py.h5d.create(chunked.id, b"early", h5py.h5t.NATIVE_INT16, space, early)
        chunked["early"][:] = values((6,), "i2")
        compact = timeless(h5py.h5p.DATASET_CREATE)
        compact.set_layout(h5py.h5d.COMPACT)
        h5py.h5d.create(f["shapes"].id, b"compact", h5py.h5t.NATIVE_INT16, space, compact)
        f["shapes/compact"][:] = values((6,), "i2")
        f.create_dataset("elsewhere", (4,), "f4", external=[("other.bin", 0, 16)], track_times=False)
        links = group(f, "links")
        links["soft"] = h5py.SoftLink("/types/bool")
        links["dangling"] = h5py.SoftLink("/nothing")
        links["away"] = h5py.ExternalLink("other.h5", "/there")
        links["again"] = f["types/u1"]
        links["up"] = f["/"]
        if not latest:
            # A newer file would hold the time at which the type was made.
            f["named"] = np.dtype("<f4")
            links.create_dataset("of-named", data=values((2,), "f4"), dtype=f["named"], track_times=False)
        a = group(f, "attributes").attrs
        a["text"] = "ünïcode"
        a["texts"] = ["a", "", "ccc"]
        a["bytes"] = np.array([b"one", b"three"])
        a["spaces"] = np.bytes_("x ")
        a["empty"] = []
        a["int"] = -5
        a["ints"] = np.array([1, 2, 2**63], "u8")
        a["big"] = np.array([-2, 300], ">i2")
        a["float"] = 0.25
        a["half"] = np.float16(1.5)
        a["flag"] = True
        a["complex"] = 1j
        a["null"] = h5py.Empty("f4")
        a["long"] = "x" * 1500
        f["types/i8"].attrs["dtype"] = "int64"


@file("kinds.h5")
def kinds(path):
    many_kinds(path, latest=False)


@file("kinds-latest.h5")
def kinds_latest(path):
    many_kinds(path, latest=True)


@file("wide.h5")
def wide(path):
    """Many names in a group: two levels of the B-tree."""
    with h5py.File(path, "w") as f:
        for number in range(300):
            if number % 60 == 7:
                f.create_group(f"layer_{number}")
            else:
                f[f"layer_{number}"] = h5py.SoftLink("/layer_7")
        f.create_dataset("layer_7/kernel", data=values((2,), "f4"), track_times=False)


@file("dense-latest.h5")
def dense(path):
    """Many names and attributes in heaps, which have tables of tables."""
    with create(path, latest=True) as f:
        for number in range(200):
            f[f"a_long_name_{number}"] = h5py.SoftLink(f"/somewhere/{number}")
        d = f.create_dataset("data", data=values((2,), "f4"), track_times=False)
        for number in range(40):
            d.attrs[f"attribute_{number}"] = number
        d.attrs["long"] = np.arange(600)


def raw_chunks(parent, name, shape, most, chunk, prepare):
    """A dataset in chunks with properties that the simple call does not have."""
    properties = timeless(h5py.h5p.DATASET_CREATE)
    properties.set_chunk(chunk)
    prepare(properties)
    space = h5py.h5s.create_simple(shape, most)
    return h5py.Dataset(h5py.h5d.create(parent.id, name, h5py.h5t.IEEE_F32LE, space, properties))


@file("chunks-latest.h5")
def chunks(path):
    """Indexes of chunks of which only a part is in use."""
    with create(path, latest=True) as f:
        # Room for all that it may grow to, one chunk behind the other.
        early = raw_chunks(f, b"early", (4, 4), (8, 8), (2, 2),
                           lambda p: p.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY))
        early[...] = values((4, 4), "f4")

        # The chunks at the edges are stored as they are, though the others are compressed.
        def plain_edges(properties):
            properties.set_deflate(4)
            # h5py has no name for this call.
            library = ctypes.CDLL(next(pathlib.Path(h5py.__file__).parent.parent.glob("h5py.libs/libhdf5-*")))
            assert library.H5Pset_chunk_opts(ctypes.c_int64(properties.id), ctypes.c_uint(2)) >= 0
        edges = raw_chunks(f, b"edges", (10, 7), (20, 7), (4, 3), plain_edges)
        edges[...] = values((10, 7), "f4")

        # So long that its data blocks have pages, most of which were never written.
        pages = f.create_dataset("pages", (200000,), "u1", chunks=(1,), maxshape=(None,), track_times=False)
        pages[150000:150004] = values((4,), "u1")
        pages[153900:153903] = values((3,), "u1")


@file("linked.weights.h5")
def linked(path):
    """Five names of one dataset, and behind them one that is not finite."""
    with h5py.File(path, "w") as f:
        first = f.create_group("layers/dense/vars").create_dataset("0", data=values((100, 100), "f4"), track_times=False)
        for number in range(1, 6):
            f.create_group(f"layers/dense_{number}/vars")["0"] = first
        last = values((10, 10), "f4")
        last[3, 3] = np.inf
        f.create_group("layers/zense/vars").create_dataset("0", data=last, track_times=False)


@file("leaves.weights.h5")
def leaves(path):
    """Chunks in several leaves of a B-tree."""
    with h5py.File(path, "w") as f:
        f.create_group("layers/dense/vars").create_dataset(
            "0", data=values((130,), "f4"), chunks=(1,), track_times=False)


@file("user-block.h5")
def user_block(path):
    with h5py.File(path, "w", userblock_size=512) as f:
        f.create_dataset("data", data=values((3,), "f4"), track_times=False)
        f.attrs["text"] = "behind a user block"


def value(attribute):
    """An attribute as JSON: a list of its elements, row by row."""
    if isinstance(attribute, h5py.Empty):
        return []
    array = np.asarray(attribute)
    if array.dtype.kind == "c" or array.dtype.kind == "V":
        return {"raw": array.tobytes().hex()}
    elements = (array.astype("u1") if array.dtype == bool else array).reshape(-1).tolist()
    return [e.decode() if isinstance(e, bytes) else e for e in elements]


def attributes(thing):
    return {name: value(thing.attrs[name]) for name in sorted(thing.attrs)}


def dataset(d):
    told = {"shape": None if d.shape is None else list(d.shape), "chunks": d.chunks and list(d.chunks),
            "attributes": attributes(d)}
    is_string = h5py.check_string_dtype(d.dtype)
    told["dtype"] = "string" if is_string else d.dtype.name
    told["big"] = d.dtype.byteorder == ">"
    if d.shape is not None and not d.external:
        if is_string:
            told["strings"] = [e.decode() for e in d[()].reshape(-1).tolist()]
        else:
            data = np.asarray(d[()])
            told["sha256"] = hashlib.sha256(data.astype(data.dtype.newbyteorder("<")).tobytes()).hexdigest()
    return told


def truth(path):
    told = {}

    def visit(group, prefix):
        for name in group:
            link, here = group.get(name, getlink=True), f"{prefix}/{name}"
            if isinstance(link, h5py.SoftLink):
                told[here] = {"soft": link.path}
            elif isinstance(link, h5py.ExternalLink):
                told[here] = {"external": [link.filename, link.path]}
            elif isinstance(group[name], h5py.Dataset):
                told[here] = {"dataset": dataset(group[name])}
            elif isinstance(group[name], h5py.Datatype):
                told[here] = {"datatype": True}
            elif group[name] == group.file["/"]:
                told[here] = {"group": "/"}
            else:
                told[here] = {"group": here, "attributes": attributes(group[name])}
                visit(group[name], here)

    with h5py.File(path, "r") as f:
        told["/"] = {"group": "/", "attributes": attributes(f)}
        visit(f, "")
    return told


def main(names):
    FOLDER.mkdir(exist_ok=True)
    if len(names) != 1:
        # Each by a process of its own, so that Keras starts counting anew.
        for name in names or FILES:
            subprocess.run([sys.executable, __file__, name], check=True)
        return
    path = FOLDER / names[0]
    path.unlink(missing_ok=True)
    FILES[names[0]](str(path))
    lines = [f"{json.dumps(name)}: {json.dumps(told, sort_keys=True)}" for name, told in sorted(truth(path).items())]
    pathlib.Path(f"{path}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
