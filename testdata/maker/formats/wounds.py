"""What can happen to HDF5 files, archives and directories, beside `maker/wounds.py`."""

import io
import json
import os
import shutil
import zipfile

import h5py
import numpy as np

from ..wounds import read, store
from .registry import MOMENT


# -- HDF5 -----------------------------------------------------------------------------------------

def flip_signature(file, signature, bit, number=0):
    """Flip one bit of the n-th block with this signature."""
    data, at = bytearray(read(file)), -1
    for _ in range(number + 1):
        at = data.index(signature.encode(), at + 1)
    data[at] ^= 1 << bit
    store(file, bytes(data))
    return {"at": at}


def flip_element(file, dataset, byte, bit):
    """Flip one bit of the data of a dataset."""
    with h5py.File(file, "r") as opened:
        at = opened[dataset].id.get_offset() + byte
    data = bytearray(read(file))
    data[at] ^= 1 << bit
    store(file, bytes(data))
    return {"at": at}


def remove(file, name):
    """Unlink a group or dataset."""
    with h5py.File(file, "r+") as opened:
        del opened[name]


def remove_attribute(file, name, attribute):
    with h5py.File(file, "r+") as opened:
        del opened[name].attrs[attribute]


def resize(file, dataset, shape):
    """A dataset of another shape in place of one."""
    with h5py.File(file, "r+") as opened:
        del opened[dataset]
        opened[dataset] = np.arange(np.prod(shape), dtype="float32").reshape(shape) / 8


def set_nan(file, dataset, only):
    with h5py.File(file, "r+") as opened:
        values = opened[dataset][()]
        values.reshape(-1)[only] = np.nan
        opened[dataset][...] = values


def soft_link(file, name, to):
    """A soft link in place of a dataset or group, which moves."""
    with h5py.File(file, "r+") as opened:
        opened.move(name, to)
        opened[name] = h5py.SoftLink(to)


def external_link(file, name, other):
    """A link into another file in place of a dataset or group, which moves there."""
    with h5py.File(file, "r+") as opened, h5py.File(other, "w", libver="earliest") as target:
        opened.copy(name, target, "moved")
        del opened[name]
        opened[name] = h5py.ExternalLink(other, "/moved")


def external_data(file, dataset, other):
    """The elements of a dataset in another file, without HDF5 around them."""
    with h5py.File(file, "r+") as opened:
        values = opened[dataset][()]
        store(other, values.tobytes())
        del opened[dataset]
        opened.create_dataset(dataset, values.shape, values.dtype, external=[(other, 0, values.nbytes)])


# -- archives -------------------------------------------------------------------------------------

def members(file):
    with zipfile.ZipFile(file) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def pack(file, pairs):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in pairs:
            archive.writestr(zipfile.ZipInfo(name, MOMENT.timetuple()[:6]), data)
    store(file, packed.getvalue())


def remove_member(file, member):
    pairs = members(file)
    assert member in dict(pairs)
    pack(file, [pair for pair in pairs if pair[0] != member])


def put_in_folder(file, folder):
    """All members below one directory, as some programs pack them."""
    pack(file, [(f"{folder}/{name}", data) for name, data in members(file)])


def edit_member(file, member, old, new):
    """Replace text in a member, whose checksum is right again."""
    assert old.encode() in dict(members(file))[member]
    pack(file, [(name, data.replace(old.encode(), new.encode()) if name == member else data)
                for name, data in members(file)])


def flip_member(file, member, byte, bit):
    """Flip one bit of a stored member; its checksum is wrong now."""
    data = bytearray(read(file))
    inner = dict(members(file))[member]
    at = bytes(data).index(inner) + byte
    data[at] ^= 1 << bit
    store(file, bytes(data))
    return {"at": at}


def inside(file, member, wound, **how):
    """Inflict another wound on a member, whose checksum is right again."""
    pairs = members(file)
    with open("member", "wb") as out:
        out.write(dict(pairs)[member])
    globals()[wound]("member", **how)
    changed = read("member")
    os.remove("member")
    pack(file, [(name, changed if name == member else data) for name, data in pairs])


# -- directories ----------------------------------------------------------------------------------

def remove_folder(file):
    shutil.rmtree(file)


def edit_json(file, **values):
    """Set entries of a JSON file."""
    facts = json.loads(read(file))
    facts.update(values)
    store(file, json.dumps(facts).encode())
