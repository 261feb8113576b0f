"""What h5py says of an HDF5 file: groups, datasets, attributes, links. Needs no TensorFlow."""

import hashlib
import io
import struct

import h5py
import numpy as np

LONGEST_VALUE = 300


def open_file(source):
    """An h5py file of a path or of bytes."""
    return h5py.File(io.BytesIO(source) if isinstance(source, bytes) else source, "r")


def text(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def raw(value):
    """The bytes of an array that are hashed: little-endian, strings with their lengths (u64)."""
    if value.dtype.kind in "OS":
        texts = [one if isinstance(one, bytes) else one.encode() for one in value.reshape(-1)]
        return b"".join(struct.pack("<Q", len(one)) + one for one in texts)
    assert value.dtype.byteorder != ">"
    return np.ascontiguousarray(value).tobytes()


def dtype_of(dataset):
    if h5py.check_string_dtype(dataset.dtype):
        return "string"
    if dataset.dtype.kind == "V" and "dtype" in dataset.attrs:
        return text(dataset.attrs["dtype"])
    return dataset.dtype.name


def hash_of(data):
    return hashlib.sha256(data).hexdigest()


def dataset_facts(path, dataset):
    data = raw(np.asarray(dataset[()]))
    return {"path": path, "dtype": dtype_of(dataset), "shape": list(dataset.shape),
            "bytes": len(data), "sha256": hash_of(data)}


def attribute_facts(path, name, holder):
    """An attribute: its text or list of texts, or the hash of it when it is long."""
    value = holder.attrs[name]
    kind = holder.attrs.get_id(name)
    facts = {"object": path, "name": name, "shape": list(kind.shape),
             "stored": "variable-length string" if kind.dtype.kind == "O" else str(kind.dtype)}
    if isinstance(value, (str, bytes)):
        value = text(value)
        if len(value) > LONGEST_VALUE:
            return facts | {"bytes": len(value.encode()), "sha256": hash_of(value.encode())}
        return facts | {"value": value}
    value = np.asarray(value)
    if sum(len(one) if value.dtype.kind in "OSU" else 8
           for one in value.reshape(-1).tolist()) > 50 * LONGEST_VALUE:
        return facts | {"bytes": len(raw(value)), "sha256": hash_of(raw(value))}
    return facts | {"value": [text(one) if value.dtype.kind in "OSU" else float(one)
                              for one in value.reshape(-1).tolist()]}


def describe(source):
    """The facts of a whole file, everything in the order of its bytes' names."""
    facts = {"groups": [], "datasets": [], "attributes": [], "links": []}

    def walk(path, group):
        facts["groups"].append(path)
        facts["attributes"] += [attribute_facts(path, name, group) for name in sorted(group.attrs)]
        for name in sorted(group):
            inner = f"{path.rstrip('/')}/{name}"
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.SoftLink):
                facts["links"].append({"path": inner, "kind": "soft", "to": link.path})
            elif isinstance(link, h5py.ExternalLink):
                facts["links"].append({"path": inner, "kind": "external", "to": link.path,
                                       "file": link.filename})
            elif isinstance(group[name], h5py.Group):
                walk(inner, group[name])
            else:
                facts["datasets"].append(dataset_facts(inner, group[name]))
                facts["attributes"] += [attribute_facts(inner, attribute, group[name])
                                        for attribute in sorted(group[name].attrs)]

    with open_file(source) as file:
        walk("/", file)
    return facts


def chunked(group, name):
    """An attribute that may be split into name0, name1, ...; None if it is not there."""
    if name in group.attrs:
        return [text(one) for one in group.attrs[name]]
    parts, number = [], 0
    while f"{name}{number}" in group.attrs:
        parts += [text(one) for one in group.attrs[f"{name}{number}"]]
        number += 1
    return parts if number else None


def legacy_layers(source):
    """[{name, weight_names}] of a legacy file in its own order; None if it is none."""
    with open_file(source) as file:
        root = file
        if "layer_names" not in file.attrs and "model_weights" in file:
            root = file["model_weights"]
        names = chunked(root, "layer_names")
        return names and [{"name": name, "weight_names": chunked(root[name], "weight_names")}
                          for name in names]


def legacy_optimizer(source):
    """The weight_names of the optimizer of a whole model; None without."""
    with open_file(source) as file:
        group = file.get("optimizer_weights")
        return None if group is None else chunked(group, "weight_names")
