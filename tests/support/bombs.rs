//! Small files that want to be large, and structures without an end.

#![allow(dead_code, reason = "each test file is a program of its own, and none uses all of this")]

use std::io::Write;

use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use crate::forge::bytes::{Message, masked_crc, varint};
use crate::forge::hdf5::{self, Dataset};
use crate::forge::v1::{self, Variable};
use crate::forge::{self, Forge};

/// As deep as nothing honest is.
pub const DEEP: usize = 1_000_000;

/// Files, and the path by which they are asked about.
pub struct Bomb {
    pub name: String,
    pub path: &'static str,
    pub files: Vec<(String, Vec<u8>)>,
}

fn bomb(name: impl Into<String>, path: &'static str, files: Vec<(&str, Vec<u8>)>) -> Bomb {
    let files = files.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect();
    Bomb { name: name.into(), path, files }
}

/// The footer of a table that is nothing else.
pub fn footer(meta: (u64, u64), index: (u64, u64)) -> Vec<u8> {
    let mut footer: Vec<u8> = [meta.0, meta.1, index.0, index.1].into_iter().flat_map(varint).collect();
    footer.resize(40, 0);
    footer.extend(0xdb47_7524_8b80_fb57_u64.to_le_bytes());
    footer
}

/// The record of a tensor, as it never was.
pub fn entry(dtype: i64, axes: &[i64], shard: i64, offset: i64, size: i64) -> Vec<u8> {
    let axis = |size: &i64| Message::default().number(1, *size).0;
    let shape = axes.iter().fold(Message::default(), |shape, size| shape.message(2, &axis(size)));
    let entry = Message::default().number(1, dtype).message(2, &shape.0).number(3, shard);
    entry.number(4, offset).number(5, size).fixed32(6, masked_crc(b"")).0
}

/// The first record of an index.
pub fn header(shards: i64) -> Vec<u8> {
    Message::default().number(1, shards).message(3, &Message::default().number(1, 1).0).0
}

/// Texts that are nested a million times.
pub fn deep(open: &str, inside: &str, close: &str) -> Vec<u8> {
    format!("{}{inside}{}", open.repeat(DEEP), close.repeat(DEEP)).into_bytes()
}

/// A zip archive of these members.
pub fn packed(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// An archive of Keras with these weights.
fn archive(config: &[u8], weights: &[u8]) -> Vec<u8> {
    let metadata = br#"{"keras_version": "3.15.1"}"#;
    let members = [("config.json", config), ("metadata.json", metadata), ("model.weights.h5", weights)];
    packed(&members, CompressionMethod::Deflated)
}

/// All of them.
pub fn bombs() -> Vec<Bomb> {
    let mut bombs = indexes();
    bombs.extend(names());
    bombs.extend(graphs());
    bombs.extend(archives());
    bombs.extend(chunks());
    bombs.extend(texts());
    bombs
}

/// What claims more than there is.
fn indexes() -> Vec<Bomb> {
    let data = || ("m.data-00000-of-00001", vec![0; 64]);
    let index = |records| ("m.index", forge::table_of(records));
    let end = u64::MAX >> 1;
    let mut bombs = Vec::new();
    for claim in [(0, 4 << 30), (4 << 30, 8), (end, end)] {
        let bytes = [&[0, 0][..], &footer(claim, claim)].concat();
        bombs.push(bomb(format!("an index that claims {claim:?}"), "m", vec![("m.index", bytes), data()]));
    }
    for size in [i64::MAX, 1 << 40, 4 << 30] {
        for axes in [vec![size], vec![1 << 32, 1 << 32], vec![1]] {
            let records = vec![(Vec::new(), header(1)), (b"w".to_vec(), entry(1, &axes, 0, 0, size))];
            bombs.push(bomb(format!("{axes:?} of {size} bytes"), "m", vec![index(records), data()]));
        }
    }
    for shards in [i64::from(i32::MAX), 1 << 20] {
        let records = vec![(Vec::new(), header(shards)), (b"w".to_vec(), entry(1, &[1], shards - 1, 0, 4))];
        bombs.push(bomb(format!("{shards} shards"), "m", vec![index(records), data()]));
    }
    for length in [u64::MAX, u64::MAX >> 1, 4 << 30] {
        let bytes = [varint(length), vec![0; 8]].concat();
        let record = entry(7, &[1], 0, 0, bytes.len() as i64);
        let files =
            vec![index(vec![(Vec::new(), header(1)), (b"words".to_vec(), record)]), ("m.data-00000-of-00001", bytes)];
        bombs.push(bomb(format!("a string of {length} bytes"), "m", files));
    }
    bombs.push(bomb("records of zeros", "m", vec![("m.index", zeros(8 << 20)), data()]));
    // As many strings as the shape says, each of no letters.
    let count = 1 << 20;
    let record = entry(7, &[count], 0, 0, count);
    let files = vec![
        index(vec![(Vec::new(), header(1)), (b"words".to_vec(), record)]),
        ("m.data-00000-of-00001", vec![0; count as usize]),
    ];
    bombs.push(bomb("a million empty strings", "m", files));
    bombs
}

/// An index of one block, which is so many zeros: records that say nothing, under no name.
fn zeros(count: usize) -> Vec<u8> {
    let mut file = Vec::new();
    let mut seal = |mut block: Vec<u8>, kind: u8| {
        let handle = [varint(file.len() as u64), varint(block.len() as u64)].concat();
        block.push(kind);
        let sum = masked_crc(&block);
        block.extend(sum.to_le_bytes());
        file.extend(block);
        handle
    };
    // One restart point, at 0.
    let restarts = [0u32, 1].map(u32::to_le_bytes).concat();
    let data = seal(snap::raw::Encoder::new().compress_vec(&vec![0; count]).unwrap(), 1);
    let meta = seal(restarts.clone(), 0);
    let index = seal([&[0, 1, data.len() as u8, 0xff][..], &data, &restarts].concat(), 0);
    let mut footer = [meta, index].concat();
    footer.resize(40, 0);
    footer.extend(0xdb47_7524_8b80_fb57_u64.to_le_bytes());
    file.extend(footer);
    file
}

/// What is in names.
fn names() -> Vec<Bomb> {
    let of = |name: &str, forge: Forge| Bomb { name: name.to_owned(), path: "m", files: forge.files() };
    let one = |name: &str| Forge::new("m").floats(name, &[1], &[0.5]);
    // Each key repeats the one before, and costs three bytes in the file.
    let long = "n".repeat(20_000);
    let shared = (0..4000).fold(Forge::new("m"), |all, number| all.floats(format!("{long}{number:05}"), &[1], &[0.5]));
    let few = shared.clone().interval(usize::MAX);
    let number = |number: u32| format!("{number:05}{}", "n".repeat(500));
    let packed = (0..4000).fold(Forge::new("m").snappy(), |all, at| all.floats(number(at), &[1], &[0.5]));
    let sliced = {
        let mut variable = Variable::cut("w", &[4], &vec![vec![None]; 4000]);
        variable.name = b"n".repeat(25_000);
        variable.stored.clear();
        v1::file(&[variable], 1 << 18, false)
    };
    vec![
        of("a name of a million slashes", one(&"/".repeat(DEEP))),
        of("a name of half a million scopes", one(&("a/".repeat(DEEP / 2) + "kernel"))),
        of("names that share their beginnings", shared),
        of("names of which few are written in full", few),
        of("names in blocks of snappy", packed),
        bomb("slices without records", "m", vec![("m", sliced)]),
    ]
}

/// Objects in chains, messages in messages.
fn graphs() -> Vec<Bomb> {
    let key = "k/.ATTRIBUTES/VARIABLE_VALUE";
    let chain = (1..200_000).fold(Message::default(), |graph, number| {
        let child = Message::default().number(1, number).text(2, b"a").0;
        graph.message(1, &Message::default().message(1, &child).0)
    });
    let attribute = Message::default().text(1, b"VARIABLE_VALUE").text(2, b"k").text(3, key.as_bytes());
    let chain = chain.message(1, &Message::default().message(2, &attribute.0).0);
    let chain =
        Forge::new("m").floats(key, &[1], &[0.5]).strings("_CHECKPOINTABLE_OBJECT_GRAPH", &[], &[&chain.0]).files();
    let nested = (0..5000).fold(Vec::new(), |inside: Vec<u8>, _| Message::default().message(2, &inside).0);
    let text = deep("graph_def { node { ", "", "} }");
    vec![
        Bomb { name: "objects in a chain".to_owned(), path: "m", files: chain },
        bomb("messages in messages", "m.meta", vec![("m.meta", nested)]),
        bomb("text in text", "s", vec![("s/saved_model.pbtxt", text)]),
    ]
}

fn archives() -> Vec<Bomb> {
    let large = vec![0; 64 << 20];
    let inner = archive(b"{}", &large);
    let config = format!("[{}[]]", "[],".repeat(2 << 20)).into_bytes();
    let one = |name: &str, bytes: Vec<u8>| bomb(name, "m.keras", vec![("m.keras", bytes)]);
    vec![
        one("weights of zeros", inner.clone()),
        one("an archive in an archive", archive(b"{}", &inner)),
        one("a configuration of brackets", archive(&config, b"none")),
        one("a configuration of depth", archive(&deep("{\"config\":", "1", "}"), b"none")),
        bomb(
            "an archive of an archive",
            "m.zip",
            vec![("m.zip", packed(&[("m.keras", &inner)], CompressionMethod::Deflated))],
        ),
    ]
}

/// Tensors of HDF5 that are much larger than what is stored of them.
fn chunks() -> Vec<Bomb> {
    let zeros = |count: usize| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![0; count * 4]).unwrap();
        encoder.finish().unwrap()
    };
    let filled = |axes: &[u64], chunk: &[u64]| Dataset {
        axes: axes.to_vec(),
        chunk: chunk.to_vec(),
        shuffled: false,
        deflated: true,
        fill: 0.5,
        chunks: Vec::new(),
    };
    let one = |name: &str, dataset: Dataset| {
        let bytes = hdf5::file(&[(DENSE, dataset)]);
        bomb(name, "m.weights.h5", vec![("m.weights.h5", bytes)])
    };
    let large = 12 << 20;
    let whole = || Dataset { chunks: vec![(vec![0], zeros(large as usize))], ..filled(&[large], &[large]) };
    let columns = (0..24).map(|column| (vec![0, column], zeros(1 << 16))).collect();
    let names: Vec<String> = (0..50).map(|number| format!("layers/dense/vars/{number}")).collect();
    let many: Vec<(&str, Dataset)> =
        names.iter().map(|name| (name.as_str(), filled(&[15 << 20], &[1 << 20]))).collect();
    let endless: Vec<(&str, Dataset)> =
        names.iter().map(|name| (name.as_str(), filled(&[1 << 40], &[1 << 20]))).collect();
    vec![
        one("a chunk of zeros", Dataset { shuffled: true, ..whole() }),
        one("columns of zeros", Dataset { chunks: columns, ..filled(&[1 << 16, 24], &[1 << 16, 1]) }),
        one("a chunk larger than its bytes", Dataset { chunks: vec![(vec![0], zeros(100))], ..whole() }),
        one(
            "a column in a wide tensor",
            Dataset { chunks: vec![(vec![0, 5], zeros(1 << 12))], ..filled(&[1 << 28, 1 << 20], &[1 << 12, 1]) },
        ),
        bomb("tensors of fill value", "m.weights.h5", vec![("m.weights.h5", hdf5::file(&many))]),
        bomb("tensors of fill value without end", "m.weights.h5", vec![("m.weights.h5", hdf5::file(&endless))]),
    ]
}

/// The variable of [`chunks`].
pub const DENSE: &str = "layers/dense/vars/0";

/// Text files: of states, of lists.
fn texts() -> Vec<Bomb> {
    let many = "all_model_checkpoint_paths: \"m-1\"\n".repeat(400_000);
    let state = format!("model_checkpoint_path: \"m\"\n{many}").into_bytes();
    let mut files = Forge::new("m").floats("w", &[1], &[0.5]).files();
    files.push(("checkpoint".to_owned(), state));
    let list = |bytes| bomb("a list of depth", "m.weights.json", vec![("m.weights.json", bytes)]);
    vec![
        Bomb { name: "a state file of 400,000 checkpoints".to_owned(), path: ".", files },
        list([&b"{\"metadata\": {}, \"weight_map\": "[..], &deep("[", "", "]"), b"}"].concat()),
        bomb("a state file of depth", "checkpoint", vec![("checkpoint", deep("a {", "", "}"))]),
    ]
}
