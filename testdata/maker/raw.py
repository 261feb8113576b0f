"""What the save operation itself can write, and files that follow the format by other hands."""

import hashlib

import ml_dtypes
import numpy as np
import tensorflow as tf

from .registry import fixture
from .table import (ELEMENT_BYTES, STRING, Index, crc32c, mask, read_strings, snappy,
                    write_strings)
from .truth import elements
from .values import trained


def hash_of(tensor):
    """The sha256 of the elements of a tensor that TensorFlow saves but does not read back."""
    return hashlib.sha256(elements(tensor.numpy(), tensor.dtype)[1]).hexdigest()


def save(prefix, tensors, slices=None):
    """SaveV2. `tensors`: {name (str or bytes): tensor}, or pairs when names repeat."""
    pairs = list(tensors.items()) if isinstance(tensors, dict) else tensors
    tf.raw_ops.SaveV2(prefix=prefix, tensor_names=[name for name, _ in pairs],
                      shape_and_slices=slices or [""] * len(pairs),
                      tensors=[tensor for _, tensor in pairs])


# -- every type -----------------------------------------------------------------------------------

def typed_tensors():
    """{name: tensor} of every type that TensorFlow saves, with extreme values."""
    out = {}
    for name in ("float16", "float32", "float64"):
        info = np.finfo(name)
        out[name] = np.array([[0.0, -0.0, 1.5], [info.max, info.tiny, -2.25]], name)
    out["bfloat16"] = np.array([0.0, -1.5, 3.0e38], ml_dtypes.bfloat16)
    for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"):
        info = np.iinfo(name)
        out[name] = np.array([info.min, 0, 1, info.max], name)
    out["bool"] = np.array([True, False, True])
    out["complex64"] = np.array([1 + 2j, -0.5j], "complex64")
    out["complex128"] = np.array([[1 - 2j], [1e300 + 0.25j]], "complex128")
    for name, values in {"int4": [-8, -1, 0, 7], "uint4": [0, 1, 8, 15], "int2": [-2, -1, 0, 1],
                         "uint2": [0, 1, 2, 3]}.items():
        out[name] = np.array(values, getattr(ml_dtypes, name))
    out["float4_e2m1fn"] = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.5, -6],
                                    ml_dtypes.float4_e2m1fn)
    for name in ("float8_e5m2", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e4m3b11fnuz",
                 "float8_e5m2fnuz"):
        out[name] = np.array([0, 1, -1.5, 0.25, 8], getattr(ml_dtypes, name))
    tensors = {f"type/{name}": tf.constant(value) for name, value in out.items()}
    for name, stored in {"qint8": "int8", "quint8": "uint8", "qint16": "int16",
                         "quint16": "uint16", "qint32": "int32"}.items():
        tensors[f"type/{name}"] = tf.bitcast(
            tf.constant([1, 2, 100], stored), tf.dtypes.as_dtype(name))
    return tensors | {
        "type/string": tf.constant([["plain", "", "gr\u00fc\u00dfe \u65e5\u672c \U0001f600"],
                                    [b"\xff\xfe\x00bytes", "line\nbreak", "x" * 300]]),
        "shape/scalar": tf.constant(3.25), "shape/scalar_int": tf.constant(-7, tf.int64),
        "shape/scalar_bool": tf.constant(True), "shape/scalar_string": tf.constant("hello"),
        "shape/empty": tf.zeros((0,)), "shape/empty_0x3": tf.zeros((0, 3), tf.int32),
        "shape/empty_2x0x4": tf.zeros((2, 0, 4), tf.bfloat16),
        "shape/empty_string": tf.constant([], tf.string),
        "shape/ones": tf.constant(trained((1, 1, 1, 1, 1), "float32", 3)),
        "shape/rank8": tf.constant(trained((1, 2, 1, 2, 1, 2, 1, 2), "float32", 4)),
    }


@fixture("every-dtype", "Every type that TensorFlow can save, and unusual shapes.")
def every_dtype():
    save("./types", typed_tensors())
    return {"path": "types"}


@fixture("tensor-list", "A variant that is not an iterator: a TensorList, beside a float.")
def tensor_list():
    values = tf.raw_ops.TensorListFromTensor(tensor=tf.constant(trained((3, 2), "float32", 1)),
                                             element_shape=tf.constant([2]))
    save("./variant", {"list": values, "v": tf.constant(trained((2,), "float32", 2))})
    return {"path": "variant"}


# -- names ----------------------------------------------------------------------------------------

ODD_NAMES = [
    " ", "/", "a//b", "/absolute/name", "trailing/", ".", "..", "../../etc/passwd",
    "ansi/\x1b[31mred\x1b[0m", "line\nbreak", "tab\there", "carriage\rreturn", "bell\x07",
    "csv,comma", 'csv"quote', "csv'single", "=cmd()", "+1", "-1", "@sum", "--flag",
    "rtl/\u202egnp.exe", "wide/\u65e5\u672c\u8a9e", "emoji/\U0001f600\u200d\U0001f525",
    "combining/e\u0301", "nbsp\u00a0", "bom\ufeff", "long/" + "x" * 9995, "w:0", "{brace}", "$HOME",
    "back\\slash", "star*", "what?", "<b>html</b>", "a|b", "`tick`", "null", "True", "1e5",
    "del\x7f", "c1/\u009b31m", "_CHECKPOINTABLE", "save_counter",
]


@fixture("odd-names", "Names that no terminal, CSV file or shell expects; all of them UTF-8.")
def odd_names():
    save("./odd", {name: tf.constant(trained((2,), "float32", number))
                   for number, name in enumerate(ODD_NAMES)})
    return {"path": "odd"}


@fixture("odd-bytes", "Names that are not UTF-8 or have zero bytes. TensorFlow's Python reader "
         "cannot list them; the restore operation reads them.")
def odd_bytes():
    names = [b"plain", b"bad/\xff\xfe", b"bad/\xff\xff", b"latin1/gr\xfc\xdfe", b"cut/\xe6\x97",
             b"zero\x00byte", b"surrogate/\xed\xa0\x80"]
    save("./odd", {name: tf.constant(trained((2,), "float32", number))
                   for number, name in enumerate(names)})
    return {"path": "odd", "plain_names": False}


@fixture("wide", "Three thousand variables with long names: an index of more than one block.")
def wide():
    tail = "_of_a_tower_with_a_name_that_is_long_enough_to_fill_one_block"
    save("./wide", {f"tower/{number:04}{tail}/weight": tf.constant(
        trained((number % 3,), "float32", number)) for number in range(3000)})
    return {"path": "wide"}


# -- slices ---------------------------------------------------------------------------------------

@fixture("slices-raw", "Slices as the save operation takes them: along two axes, of uneven size, "
         "with whole dimensions left open, and of types that TensorFlow cannot put together.")
def slices_raw():
    grid = trained((4, 6), "float32", 1)
    tall = trained((10, 4), "float32", 2)
    half = trained((4, 2), "float16", 3)
    words = np.array([b"one", b"two", b"three", b"four"], object)
    long = trained((300, 2), "int16", 4)
    cuts = [
        ("grid", grid[:2, :4], "4 6 0,2:0,4"), ("grid", grid[2:, :4], "4 6 2,2:0,4"),
        ("grid", grid[:, 4:], "4 6 0,4:4,2"),
        ("tall", tall[6:], "10 4 6,4:-"), ("tall", tall[:6], "10 4 0,6:-"),
        ("half", half[:2], "4 2 0,2:-"), ("half", half[2:], "4 2 2,2:-"),
        ("words", words[:1], "4 0,1"), ("words", words[1:], "4 1,3"),
        ("long/name\x00", long[:64], "300 2 0,64:-"),
        ("long/name\x00", long[64:], "300 2 64,236:-"),
        ("whole", tall, "10 4 -:-"),
    ]
    save("./slices", [(name, tf.constant(part)) for name, part, _ in cuts],
         [spec for _, _, spec in cuts])
    return {"path": "slices", "written": {name: hash_of(tf.constant(value)) for name, value
                                          in {"half": half, "words": words}.items()}}


# -- other hands ----------------------------------------------------------------------------------

def data_file(prefix):
    return prefix + ".data-00000-of-00001"


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


@fixture("snappy", "An index whose blocks are compressed with Snappy, which TensorFlow reads but "
         "does not write.")
def compressed():
    names = [f"scope_{n // 8}/layer_{n % 8}/{leaf}" for n in range(40)
             for leaf in ("kernel", "bias")]
    save("./packed", {name: tf.constant(trained((2, 2), "float32", number))
                      for number, name in enumerate(names)})
    Index.load("packed.index").save("packed.index", compress=snappy, block_size=1024)
    return {"path": "packed"}


def lay_out(prefix, alignment):
    """Move the tensors of a one-shard checkpoint apart, zeros between them."""
    index, old, new = Index.load(prefix + ".index"), read(data_file(prefix)), b""
    for key, entry in sorted(index.entries(), key=lambda item: item[1].offset):
        new += bytes(-len(new) % alignment)
        part = old[entry.offset:entry.offset + entry.size]
        entry.offset = len(new)
        new += part
        index.put(key, entry)
    index.save(prefix + ".index")
    write(data_file(prefix), new)


@fixture("aligned-gaps", "Every tensor begins at a multiple of 64 bytes, zeros between: legal, "
         "though the save operation does not write it.")
def aligned_gaps():
    save("./aligned", {f"v{n}": tf.constant(trained((n,), "float32", n)) for n in range(6)}
         | {"text": tf.constant(["aligned", "text"]), "byte": tf.constant([7], tf.uint8)})
    lay_out("aligned", 64)
    return {"path": "aligned"}


def to_big_endian(prefix):
    """Rewrite a one-shard checkpoint as a big-endian machine would have written it."""
    index, old, new = Index.load(prefix + ".index"), read(data_file(prefix)), b""
    for key, entry in sorted(index.entries(), key=lambda item: item[1].offset):
        part = old[entry.offset:entry.offset + entry.size]
        if entry.dtype == STRING:
            part, entry.crc = write_strings(read_strings(part, entry.elements), ">")
        elif entry.dtype in ELEMENT_BYTES:
            width = ELEMENT_BYTES[entry.dtype]
            if entry.dtype in (8, 18):  # complex: two numbers
                width //= 2
            part = b"".join(part[at:at + width][::-1] for at in range(0, len(part), width))
            entry.crc = mask(crc32c(part))
        entry.offset = len(new)
        new += part
        index.put(key, entry)
    header = index.header
    header.big_endian = True
    index.header = header
    index.save(prefix + ".index")
    write(data_file(prefix), new)


# The types that TensorFlow does not read from a big-endian file, though the smallest need no swapping.
NOT_SWAPPED = ("float8", "float4", "int4", "uint4", "int2", "uint2")


@fixture("big-endian", "The types again that TensorFlow swaps, as a big-endian machine writes them.")
def big_endian():
    tensors = typed_tensors()
    save("./big", {name: tensors[name] for name in tensors if not name.split("/")[-1].startswith(NOT_SWAPPED)})
    to_big_endian("big")
    return {"path": "big"}
