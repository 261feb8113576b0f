"""What a live Keras model knows of its variables, and where their values lie in files.

Runs under every version of Keras, so it knows none of them."""

import os
import zipfile

import numpy as np

from . import hdf5


def name_of(variable):
    """`path` in Keras 3, `name` in Keras 2."""
    return getattr(variable, "path", None) or variable.name


def value_of(variable):
    return np.asarray(variable.numpy())


def facts_of(variable):
    value = value_of(variable)
    data = hdf5.raw(value)
    return {"owner": name_of(variable), "dtype": value.dtype.name, "shape": list(value.shape),
            "bytes": len(data), "sha256": hdf5.hash_of(data)}


class Places:
    """Finds the datasets that hold a value; every variable's value occurs once."""

    def __init__(self, described):
        self.by_value = {}
        for file, facts in described.items():
            for dataset in facts["datasets"]:
                self.by_value.setdefault((tuple(dataset["shape"]), dataset["sha256"]), []).append(
                    {"file": file, "dataset": dataset["path"]})

    def of(self, facts):
        places = self.by_value.get((tuple(facts["shape"]), facts["sha256"]), [])
        assert len(places) < 2, f"the value of {facts['owner']} is in {places}"
        return places[0] if places else {"file": None, "dataset": None}

    def all_of(self, variables):
        found = []
        for variable in variables:
            facts = facts_of(variable)
            found.append(facts | self.of(facts))
        return found


def layers_of(model):
    """All layers below a model, with the names of the variables in and below each."""
    return [{"name": layer.name, "class_name": type(layer).__name__,
             "weights": [name_of(weight) for weight in layer.weights]}
            for layer in model._flatten_layers(recursive=True, include_self=False)]


def archive_facts(path):
    """The members of a .keras file."""
    with zipfile.ZipFile(path) as archive:
        return [{"name": info.filename, "method": info.compress_type, "bytes": info.file_size,
                 "sha256": hdf5.hash_of(archive.read(info))} for info in archive.infolist()]


def sources_of(path):
    """{name of an HDF5 file, or archive!member: what h5py opens} of one save."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return {f"{path}!{name}": archive.read(name) for name in archive.namelist()
                    if name.endswith(".h5")}
    if os.path.isdir(path):
        return {f"{path}/{name}" if path != "." else name: os.path.join(path, name)
                for name in sorted(os.listdir(path)) if name.endswith(".h5")}
    if path.endswith(".weights.json"):
        folder, stem = os.path.split(path.removesuffix(".weights.json"))
        return {name: os.path.join(folder, name) for name in sorted(os.listdir(folder or "."))
                if name.startswith(stem + "_") and name.endswith(".weights.h5")}
    return {path: path}


def keras_facts(kind, path, keras, model=None, optimizer=None, **more):
    """Everything about one save of a Keras model."""
    sources = sources_of(path)
    described = {name: hdf5.describe(source) for name, source in sources.items()}
    facts = {"kind": kind, "path": path, "keras": keras, "files": described,
             "weights": None, "optimizer": None, "metrics": None, "layers": None, **more}
    if kind.startswith("keras-h5"):
        facts["saved_layers"] = hdf5.legacy_layers(path)
        facts["saved_optimizer"] = hdf5.legacy_optimizer(path)
    if kind == "keras-archive":
        facts["members"] = archive_facts(path)
    places = Places(described)
    if model is not None:
        metrics = [variable for metric in model.metrics for variable in metric.variables]
        facts |= {"weights": places.all_of(model.weights), "layers": layers_of(model),
                  "metrics": [one for one in places.all_of(metrics) if one["dataset"]],
                  "model_class": type(model).__name__}
    if optimizer is not None:
        own = optimizer.variables
        facts["optimizer"] = places.all_of(own() if callable(own) else own)
        facts["optimizer_class"] = type(optimizer).__name__
    return facts
