"""Reading and writing the `.index` file of a checkpoint: a table of (key, message) pairs.

Independent of TensorFlow, so that fixtures can hold what TensorFlow would never write:
a removed entry, a shape that lies, keys out of order, compressed blocks. Everything that is
written here carries valid checksums ("re-sealed").
"""

import dataclasses
import struct

MAGIC = bytes.fromhex("57fb808b247547db")
BLOCK_SIZE = 262144
RESTART_INTERVAL = 16

STRING, VARIANT = 7, 21
ELEMENT_BYTES = {1: 4, 2: 8, 3: 4, 4: 1, 5: 2, 6: 1, 8: 8, 9: 8, 10: 1, 11: 1, 12: 1, 13: 4, 14: 2,
                 15: 2, 16: 2, 17: 2, 18: 16, 19: 2, 22: 4, 23: 8, 24: 1, 25: 1, 26: 1, 27: 1,
                 28: 1, 29: 1, 30: 1, 31: 1, 32: 1, 33: 1}


# -- checksums ---------------------------------------------------------------------------------

def _crc_table():
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        yield byte


_CRC = list(_crc_table())


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def mask(crc):
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


# -- varints and protobuf messages -------------------------------------------------------------

def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n >= 128:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out + bytes([n]))


def read_varint(data, at):
    n = shift = 0
    while True:
        byte = data[at]
        n |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return n, at


def signed(n):
    return n - (1 << 64) if n >> 63 else n


def fields(message):
    """(field number, value) pairs; a value is an int (varint, fixed32, fixed64) or bytes."""
    at = 0
    while at < len(message):
        tag, at = read_varint(message, at)
        kind = tag & 7
        if kind == 0:
            value, at = read_varint(message, at)
        elif kind == 2:
            size, at = read_varint(message, at)
            value, at = message[at:at + size], at + size
        else:
            size = {1: 8, 5: 4}[kind]
            value, at = int.from_bytes(message[at:at + size], "little"), at + size
        yield tag >> 3, value


def number(field, n):
    return varint(field << 3) + varint(n) if n else b""


def nested(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


# -- the messages of a bundle ------------------------------------------------------------------

@dataclasses.dataclass
class Header:
    num_shards: int = 1
    big_endian: bool = False
    producer: int = 1
    min_consumer: int = 0
    bad_consumers: tuple = ()

    @classmethod
    def parse(cls, message):
        top = dict(fields(message))
        version = dict(fields(top.get(3, b"")))
        return cls(top.get(1, 0), bool(top.get(2, 0)), version.get(1, 0), version.get(2, 0))

    def encode(self):
        version = (number(1, self.producer) + number(2, self.min_consumer)
                   + b"".join(varint(3 << 3) + varint(n) for n in self.bad_consumers))
        return number(1, self.num_shards) + number(2, self.big_endian) + nested(3, version)


@dataclasses.dataclass
class Entry:
    """Where a tensor is. `slices`: a list of slices, each a list of (start, length or None)."""
    dtype: int = 0
    shape: list = dataclasses.field(default_factory=list)
    shard: int = 0
    offset: int = 0
    size: int = 0
    crc: int | None = None
    slices: list = dataclasses.field(default_factory=list)

    @classmethod
    def parse(cls, message):
        entry = cls()
        for field, value in fields(message):
            if field == 1:
                entry.dtype = value
            elif field == 2:
                entry.shape = [signed(dict(fields(dim)).get(1, 0))
                               for f, dim in fields(value) if f == 2]
            elif field == 3:
                entry.shard = value
            elif field == 4:
                entry.offset = signed(value)
            elif field == 5:
                entry.size = signed(value)
            elif field == 6:
                entry.crc = value
            elif field == 7:
                extents = [dict(fields(extent)) for _, extent in fields(value)]
                entry.slices.append([(signed(e.get(1, 0)), signed(e[2]) if 2 in e else None)
                                     for e in extents])
        return entry

    def encode(self):
        shape = b"".join(nested(2, number(1, size)) for size in self.shape)
        out = number(1, self.dtype) + nested(2, shape) + number(3, self.shard)
        out += number(4, self.offset) + number(5, self.size)
        if self.crc is not None:
            out += varint(6 << 3 | 5) + struct.pack("<I", self.crc)
        for extents in self.slices:
            out += nested(7, b"".join(
                nested(1, number(1, start)
                       + (b"" if length is None else varint(2 << 3) + varint(length)))
                for start, length in extents))
        return out

    @property
    def elements(self):
        count = 1
        for size in self.shape:
            count *= size
        return count


def slice_key(name, extents):
    """The key of one slice of a partitioned tensor."""
    def unsigned(n):
        data = n.to_bytes((n.bit_length() + 7) // 8, "big")
        return bytes([len(data)]) + data

    def ordered(n):
        size = 1
        while not -(1 << 7 * size - 1) <= n < 1 << 7 * size - 1:
            size += 1
        assert size < 8
        data = bytearray(n.to_bytes(size, "big", signed=True))
        data[0] ^= 0xFF00 >> size & 0xFF
        return bytes(data)

    escaped = b"".join({0: b"\x00\xff", 255: b"\xff\x00"}.get(c, bytes([c])) for c in name)
    out = unsigned(0) + escaped + b"\x00\x01" + unsigned(len(extents))
    for start, length in extents:
        out += ordered(start) + ordered(-1 if length is None else length)
    return out


# -- the table ---------------------------------------------------------------------------------

def block_entries(block):
    end = len(block) - 4 - 4 * int.from_bytes(block[-4:], "little")
    at, key = 0, b""
    while at < end:
        shared, at = read_varint(block, at)
        fresh, at = read_varint(block, at)
        size, at = read_varint(block, at)
        key = key[:shared] + block[at:at + fresh]
        yield key, block[at + fresh:at + fresh + size]
        at += fresh + size


def build_block(pairs, interval):
    out, restarts, last = bytearray(), [], b""
    for n, (key, value) in enumerate(pairs):
        shared = 0
        if n % interval == 0:
            restarts.append(len(out))
        else:
            while shared < min(len(last), len(key)) and last[shared] == key[shared]:
                shared += 1
        out += varint(shared) + varint(len(key) - shared) + varint(len(value))
        out += key[shared:] + value
        last = key
    for at in restarts or [0]:
        out += struct.pack("<I", at)
    return bytes(out + struct.pack("<I", len(restarts or [0])))


def places(data):
    """{name of a place in a table file: (offset, size)}; `data block` is the first one."""
    at = len(data) - 48
    meta_at, at = read_varint(data, at)
    meta_size, at = read_varint(data, at)
    index_at, at = read_varint(data, at)
    index_size, at = read_varint(data, at)
    _, handle = next(block_entries(read_block(data, index_at, index_size)))
    block_at, used = read_varint(handle, 0)
    block_size, _ = read_varint(handle, used)
    return {"data block": (block_at, block_size), "index block": (index_at, index_size),
            "metaindex block": (meta_at, meta_size), "footer": (len(data) - 48, 48),
            "magic": (len(data) - 8, 8)}


def read_block(data, at, size):
    block = data[at:at + size]
    return unsnap(block) if data[at + size] else block


def read_table(data):
    """All (key, value) pairs of a table, in the order of the file."""
    pairs = []
    for _, handle in block_entries(read_block(data, *places(data)["index block"])):
        at, used = read_varint(handle, 0)
        pairs += block_entries(read_block(data, at, read_varint(handle, used)[0]))
    return pairs


def write_table(pairs, compress=None, block_size=BLOCK_SIZE):
    """A table file with these pairs, in the order given, right or wrong."""
    out, index = bytearray(), []

    def put(block, kind=0):
        handle = varint(len(out)) + varint(len(block))
        out.extend(block + bytes([kind]))
        out.extend(struct.pack("<I", mask(crc32c(block + bytes([kind])))))
        return handle

    waiting, waiting_size = [], 0

    def close():
        nonlocal waiting, waiting_size
        block = build_block(waiting, RESTART_INTERVAL)
        handle = put(compress(block), 1) if compress else put(block)
        index.append((waiting[-1][0], handle))
        waiting, waiting_size = [], 0

    for key, value in pairs:
        waiting.append((key, value))
        waiting_size += len(key) + len(value)
        if waiting_size >= block_size:
            close()
    if waiting:
        close()
    meta = put(build_block([], 1))
    top = put(build_block(index, 1))
    return bytes(out) + (meta + top).ljust(40, b"\0") + MAGIC


# -- a whole index -----------------------------------------------------------------------------

class Index:
    """An `.index` file taken apart: raw pairs in file order, decoded on demand."""

    def __init__(self, data):
        self.pairs = read_table(data)

    @classmethod
    def load(cls, path):
        with open(path, "rb") as file:
            return cls(file.read())

    def save(self, path, **how):
        with open(path, "wb") as file:
            file.write(write_table(self.pairs, **how))

    @property
    def header(self):
        return Header.parse(dict(self.pairs)[b""])

    @header.setter
    def header(self, header):
        self.replace(b"", header.encode())

    def entries(self):
        return [(key, Entry.parse(value)) for key, value in self.pairs if key]

    def entry(self, key):
        return Entry.parse(dict(self.pairs)[key])

    def replace(self, key, value):
        self.pairs = [(k, value if k == key else v) for k, v in self.pairs]

    def put(self, key, entry):
        self.replace(key, entry.encode())

    def slice_keys(self):
        """{key of a slice: name of its tensor}"""
        return {slice_key(key, extents): key
                for key, entry in self.entries() for extents in entry.slices}


# -- the strings of a bundle -------------------------------------------------------------------

def read_strings(data, count):
    lengths, at = [], 0
    for _ in range(count):
        length, at = read_varint(data, at)
        lengths.append(length)
    at += 4
    strings = []
    for length in lengths:
        strings.append(data[at:at + length])
        at += length
    return strings


def write_strings(strings, order="<"):
    """(stored bytes, masked checksum of the entry) of a string tensor."""
    crc = 0
    for text in strings:
        crc = crc32c(struct.pack(order + "I", len(text)), crc)
    seal = struct.pack(order + "I", mask(crc))
    body = b"".join(strings)
    crc = crc32c(body, crc32c(seal, crc))
    return b"".join(varint(len(text)) for text in strings) + seal + body, mask(crc)


# -- Snappy ------------------------------------------------------------------------------------

def snappy(data):
    """A raw Snappy block: literals, and copies found by remembering every four bytes."""
    out, seen, at, pending = bytearray(varint(len(data))), {}, 0, 0

    def literal(chunk):
        while chunk:
            part, chunk = chunk[:65536], chunk[65536:]
            size = len(part) - 1
            if size < 60:
                out.append(size << 2)
            elif size < 256:
                out.extend([60 << 2, size])
            else:
                out.append(61 << 2)
                out.extend(struct.pack("<H", size))
            out.extend(part)

    while at + 4 <= len(data):
        word = data[at:at + 4]
        before = seen.get(word)
        seen[word] = at
        if before is None or at - before > 65535:
            at += 1
            continue
        literal(data[pending:at])
        size = 4
        while size < 64 and at + size < len(data) and data[before + size] == data[at + size]:
            size += 1
        distance = at - before
        if size < 12 and distance < 2048:
            out.extend([(distance >> 8) << 5 | (size - 4) << 2 | 1, distance & 255])
        else:
            out.append((size - 1) << 2 | 2)
            out.extend(struct.pack("<H", distance))
        at += size
        pending = at
    literal(data[pending:])
    return bytes(out)


def unsnap(data):
    """The content of a raw Snappy block."""
    size, at = read_varint(data, 0)
    out = bytearray()
    while at < len(data):
        tag, at = data[at], at + 1
        if tag & 3 == 0:
            length, extra = tag >> 2, max(0, (tag >> 2) - 59)
            if extra:
                length = int.from_bytes(data[at:at + extra], "little")
            at += extra
            out += data[at:at + length + 1]
            at += length + 1
            continue
        if tag & 3 == 1:
            length, distance, at = (tag >> 2 & 7) + 4, tag >> 5 << 8 | data[at], at + 1
        else:
            width = 2 if tag & 3 == 2 else 4
            length = (tag >> 2) + 1
            distance, at = int.from_bytes(data[at:at + width], "little"), at + width
        for _ in range(length):
            out.append(out[-distance])
    assert len(out) == size
    return bytes(out)
