"""What can happen to checkpoint files. Each wound is a function of files in the current
directory; it returns what a reader of the record needs besides its arguments (where the bytes
were), or None. A list of wounds is applied and recorded by `inflict`.

The wounds that change an index on purpose ("re-sealed" ones) leave all block checksums valid.
"""

import dataclasses
import gzip as gzip_module
import hashlib
import os
import shutil
import struct

from . import raw, table
from .table import Index

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {size}\n"
PAGE = ("<!DOCTYPE html>\n<html>\n<head><title>404 Not Found</title></head>\n<body>\n"
        "<h1>Not Found</h1>\n<p>The requested file is not here.</p>\n</body>\n</html>\n")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def store(path, data):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


# -- files ----------------------------------------------------------------------------------------

def delete(file):
    os.remove(file)


def rename(file, to):
    os.makedirs(os.path.dirname(to) or ".", exist_ok=True)
    os.rename(file, to)


def copy(file, to):
    store(to, read(file))


def take(file, fixture, source):
    """Put the file `source` of another fixture here."""
    store(file, read(os.path.join("..", "..", fixture, source)))


def write(file, text):
    store(file, text.encode())


def pointer(file):
    """A Git LFS pointer in place of the file."""
    data = read(file)
    write(file, POINTER.format(digest=hashlib.sha256(data).hexdigest(), size=len(data)))


def page(file):
    """A web page in place of the file."""
    write(file, PAGE)


def gzip(file):
    store(file, gzip_module.compress(read(file), mtime=0))


# -- bytes ----------------------------------------------------------------------------------------

def cut(file, part=None, keep=None):
    """Keep the first `keep` bytes, or this part of the file."""
    data = read(file)
    keep = int(len(data) * part) if keep is None else keep
    assert keep < len(data)
    store(file, data[:keep])
    return {"keep": keep, "size_before": len(data)}


def place(file, key=None, where=None, byte=0):
    """The offset of byte `byte` of a tensor, of a part of a table, or of the file."""
    if key is not None:
        prefix, _, numbers = file.partition(".data-")
        entry = Index.load(prefix + ".index").entry(key.encode())
        assert entry.shard == int(numbers[:5]) and byte < entry.size
        return entry.offset + byte
    if where is not None:
        start, size = table.places(read(file))[where]
        assert byte < size
        return start + byte
    return byte


def flip(file, bit, **spot):
    """Flip one bit; bit 0 is the lowest. `spot`: see place()."""
    data, at = bytearray(read(file)), place(file, **spot)
    data[at] ^= 1 << bit
    store(file, bytes(data))
    return {"at": at}


def zero(file, part):
    """Zeros from this part of the file to its end: a copy that reserved the room, then stopped."""
    data = read(file)
    at = int(len(data) * part)
    assert any(data[at:])
    store(file, data[:at] + bytes(len(data) - at))
    return {"at": at}


def append(file, text):
    store(file, read(file) + text.encode())


def replace(file, old, new):
    data = read(file)
    assert old.encode() in data, (file, old)
    store(file, data.replace(old.encode(), new.encode()))


def text_mode(file):
    """Every LF becomes CR LF."""
    data = read(file)
    assert b"\n" in data
    store(file, data.replace(b"\n", b"\r\n"))
    return {"added": data.count(b"\n")}


# -- an index, sealed again -----------------------------------------------------------------------

def edit_header(file, **values):
    index = Index.load(file)
    index.header = dataclasses.replace(index.header, **values)
    index.save(file)


def edit_entry(file, key, **values):
    index = Index.load(file)
    index.put(key.encode(), dataclasses.replace(index.entry(key.encode()), **values))
    index.save(file)


def garble_entry(file, key):
    """Something that is not a message in place of an entry."""
    index = Index.load(file)
    index.replace(key.encode(), b"\xff" * 12)
    index.save(file)


def remove_header(file):
    remove_pair(file, b"")


def remove_entry(file, key):
    remove_pair(file, key.encode())


def remove_slice(file, key, number):
    """Remove the entry of one slice; the tensor goes on listing it."""
    index = Index.load(file)
    extents = index.entry(key.encode()).slices[number]
    remove_pair(file, table.slice_key(key.encode(), extents))
    return {"slice": extents}


def remove_pair(file, key):
    index = Index.load(file)
    pairs = [pair for pair in index.pairs if pair[0] != key]
    assert len(pairs) == len(index.pairs) - 1
    index.pairs = pairs
    index.save(file)


def unlist_slice(file, key, number):
    """Take one slice out of the list of its tensor, and its entry too."""
    where = remove_slice(file, key, number)
    index = Index.load(file)
    entry = index.entry(key.encode())
    del entry.slices[number]
    index.put(key.encode(), entry)
    index.save(file)
    return where


def move_slice(file, key, number, start):
    """Let one slice begin elsewhere along the first axis, in the list and in its own key."""
    index = Index.load(file)
    entry = index.entry(key.encode())
    old = entry.slices[number]
    new = [(start, old[0][1]), *old[1:]]
    entry.slices[number] = new
    index.put(key.encode(), entry)
    old_key, new_key = (table.slice_key(key.encode(), one) for one in (old, new))
    index.pairs = sorted((new_key if name == old_key else name, value)
                         for name, value in index.pairs)
    index.save(file)
    return {"slice": old}


def repeat_entry(file, key):
    """The same entry twice in a row."""
    index = Index.load(file)
    at = [name for name, _ in index.pairs].index(key.encode())
    index.pairs.insert(at, index.pairs[at])
    index.save(file)


def swap_entries(file, key, other):
    """Two entries out of order."""
    index = Index.load(file)
    names = [name for name, _ in index.pairs]
    a, b = names.index(key.encode()), names.index(other.encode())
    index.pairs[a], index.pairs[b] = index.pairs[b], index.pairs[a]
    index.save(file)


def big_endian(file):
    raw.to_big_endian(file.removesuffix(".index"))


# -- values, sealed again -------------------------------------------------------------------------

def set_floats(file, key, value, only=None):
    """Set all elements of a float32 tensor, or the elements `only`, and its checksum.

    `value` is text ("nan", "-inf", "0"), since JSON has no such numbers."""
    prefix = file.partition(".data-")[0]
    index, data = Index.load(prefix + ".index"), read(file)
    entry = index.entry(key.encode())
    assert entry.dtype == 1
    end = entry.offset + entry.size
    floats = list(struct.unpack(f"<{entry.elements}f", data[entry.offset:end]))
    for at in range(len(floats)) if only is None else only:
        floats[at] = float(value)
    part = struct.pack(f"<{len(floats)}f", *floats)
    entry.crc = table.mask(table.crc32c(part))
    store(file, data[:entry.offset] + part + data[end:])
    index.put(key.encode(), entry)
    index.save(prefix + ".index")


def inflict(wounds):
    """Apply (function, file, arguments) in turn; the record of what was done."""
    record = []
    for function, file, arguments in wounds:
        found = function(file, **arguments)
        record.append({"op": function.__name__, "file": file, **arguments, **(found or {})})
    return record
