//! Small files that claim the impossible, and structures without an end: each has its answer, and soon.

#[path = "support/bombs.rs"]
mod bombs;
mod forge;
mod support;

use std::path::Path;

use bombs::{DEEP, deep, entry, footer, header};
use ckpt::bytes::FaultKind;
use ckpt::store::{Memory, Store};
use forge::Forge;
use forge::bytes::{Message, varint};
use forge::graph::Graph;
use support::{Metered, ask, fixture, in_memory};

/// Every command gives an answer to a path of this disk, and the doctor finds something.
fn answered(disk: &dyn Store, path: &str) {
    for args in [&["ls", path][..], &["ls", path, "--tree"], &["diff", path, path], &["show", path, "x"]] {
        assert!(ask(disk, args).code <= 2, "{args:?}");
    }
    let told = ask(disk, &["doctor", path, "--format", "json"]);
    assert!(told.code <= 1 && told.out.contains("\"code\": "), "{}", told.out);
    assert!(told.out.len() < 1 << 20, "{} bytes of answer", told.out.len());
}

#[test]
fn an_index_of_fifty_bytes_that_claims_gigabytes() {
    let end = u64::MAX >> 1;
    for claim in [(0, 4 << 30), (4 << 30, 8), (0, end), (end, end), (u64::MAX, 1), (1, u64::MAX)] {
        for (meta, index) in [((0, 0), claim), (claim, (0, 0)), (claim, claim)] {
            let mut disk = Memory::default();
            disk.put("m.index", [&[0, 0][..], &footer(meta, index)].concat());
            disk.put("m.data-00000-of-00001", *b"data");
            let disk = Metered::new(disk);
            answered(&disk, "m");
            assert!(disk.read() < 1 << 16, "{} bytes read", disk.read());
        }
    }
}

#[test]
fn lengths_near_the_end_of_numbers() {
    let far = [i64::MAX, i64::MAX - 1, i64::MAX - 3, i64::MIN, -1, 1 << 62, 4 << 30];
    let shapes: [&[i64]; 6] = [&[], &[1], &[i64::MAX], &[1 << 32, 1 << 32], &[i64::MAX, 0], &[1 << 62, 4]];
    for dtype in [1, 7, 21, 9] {
        for axes in shapes {
            let mut records = vec![(Vec::new(), header(1))];
            for (number, at) in far.iter().enumerate() {
                for (other, size) in far.iter().enumerate() {
                    records.push((format!("v{number}{other}").into_bytes(), entry(dtype, axes, 0, *at, *size)));
                }
            }
            let mut disk = Memory::default();
            disk.put("m.index", forge::table_of(records));
            disk.put("m.data-00000-of-00001", vec![0; 64]);
            let disk = Metered::new(disk);
            answered(&disk, "m");
            for args in [&["ls", "m", "--stats", "--digests"][..], &["show", "m", "v00", "--values"]] {
                assert!(ask(&disk, args).code <= 2);
            }
            assert!(disk.read() < 1 << 20, "{} bytes read", disk.read());
        }
    }
}

/// Of a graph that goes in circles, a variable has a name, and every command an end.
#[test]
fn object_graphs_in_circles() {
    let mut graph = Graph::default();
    let model = graph.object(0, "model");
    let (variable, key) = graph.variable(model, "kernel", "kernel");
    let optimizer = graph.object(0, "optimizer");
    let (_, slot) = graph.slot(optimizer, variable, "m", "m");
    for (parent, child) in
        [(model, 0), (model, model), (variable, model), (0, 0), (variable, variable), (optimizer, model)]
    {
        graph.link(parent, "again", child);
    }
    let disk = Forge::new("m").floats(key, &[1], &[0.5]).floats(slot, &[1], &[0.5]).graph(&graph).disk();
    for args in
        [&["ls", "m"][..], &["ls", "m", "--tree"], &["show", "m", "kernel"], &["doctor", "m"], &["diff", "m", "m"]]
    {
        ask(&disk, args).expect(0);
    }
}

/// A chain of objects: the message is not nested, but the objects are.
#[test]
fn an_object_graph_of_very_many_levels() {
    let chain = 200_000;
    let key = "k/.ATTRIBUTES/VARIABLE_VALUE";
    let mut graph = Message::default();
    for number in 1..chain {
        let child = Message::default().number(1, number).text(2, b"a").0;
        graph = graph.message(1, &Message::default().message(1, &child).0);
    }
    let attribute = Message::default().text(1, b"VARIABLE_VALUE").text(2, b"k").text(3, key.as_bytes());
    let graph = graph.message(1, &Message::default().message(2, &attribute.0).0);
    let disk =
        Forge::new("m").floats(key, &[1], &[0.5]).strings("_CHECKPOINTABLE_OBJECT_GRAPH", &[], &[&graph.0]).disk();
    for args in [&["ls", "m"][..], &["ls", "m", "--tree"], &["doctor", "m"], &["diff", "m", "m"]] {
        assert!(ask(&disk, args).code <= 1, "{args:?}");
    }
}

#[test]
fn a_name_of_a_million_slashes() {
    for name in ["/".repeat(DEEP), "a/".repeat(DEEP / 2) + "kernel", ".".repeat(DEEP), "a/.S".repeat(DEEP / 4)] {
        let other = "b/".repeat(DEEP / 2) + "kernel";
        let disk = Forge::new("m").floats(&name, &[1], &[0.5]).floats(&other, &[1], &[0.5]).disk();
        let commands: [&[&str]; 6] = [
            &["ls", "m"],
            &["ls", "m", "--tree"],
            &["ls", "m", "--format", "json"],
            &["doctor", "m"],
            &["diff", "m", "m"],
            &["show", "m", "kernel"],
        ];
        for args in commands {
            let answer = ask(&disk, args);
            assert!(answer.code <= 2, "{args:?}");
            assert!(answer.out.len() < 256 * DEEP, "{args:?}: {} bytes", answer.out.len());
        }
    }
}

#[test]
fn json_of_a_million_levels() {
    for json in [deep("[", "", "]"), deep("{\"config\":", "1", "}"), deep("[", "", ""), deep("{\"a\":[", "", "")] {
        for (fixture_name, file, path) in [
            ("formats/k3-keras-folder", "config.json", "folder"),
            ("formats/k3-keras-folder", "metadata.json", "folder"),
            ("formats/k3-shards-small", "model.weights.json", "folder/model.weights.json"),
        ] {
            let mut disk = Memory::default();
            for (name, bytes) in in_memory(&fixture(fixture_name)) {
                disk.put(format!("folder/{name}"), bytes);
            }
            disk.put(format!("folder/{file}"), json.clone());
            answered(&disk, path);
        }
        // In the place of a listing.
        let mut disk = Forge::new("m").floats("w", &[1], &[0.5]).disk();
        disk.put("listing.json", [&b"{\"schema\": \"ckpt/ls/1\", \"variables\": "[..], &json, b"}"].concat());
        for args in [["diff", "listing.json", "m"], ["diff", "m", "listing.json"]] {
            ask(&disk, &args).expect(2);
        }
        ask(&disk, &["doctor", "m", "--against", "listing.json"]).expect(2);
    }
}

#[test]
fn settings_and_state_files_of_a_million_levels() {
    let mut disk = Forge::new("m").floats("w", &[1], &[0.5]).disk();
    disk.put("ckpt.toml", [b"a = ".to_vec(), deep("[", "", "]")].concat());
    disk.put("tables.toml", [b"a = ".to_vec(), deep("{b=", "1", "}")].concat());
    disk.put("dotted.toml", ["a.".repeat(DEEP).as_bytes(), b"a = 1"].concat());
    for file in ["ckpt.toml", "tables.toml", "dotted.toml"] {
        ask(&disk, &["doctor", "m", "--config", file]).expect(2);
        ask(&disk, &["doctor", "m", "--baseline", file]).expect(2);
    }
    for (open, close) in [("a {", "}"), ("a <", ">"), ("a: [", "]"), ("[a.b/", "]")] {
        disk.put("checkpoint", deep(open, "", close));
        for args in [["doctor", "checkpoint"], ["doctor", ""]] {
            let path = if args[1].is_empty() { "." } else { args[1] };
            assert!(ask(&disk, &[args[0], path]).code <= 2);
        }
    }
}

#[test]
fn messages_of_very_many_levels() {
    // Of the graph of a Saver: each field 2 holds one of its own kind, as text and in binary form.
    let mut nested = Vec::new();
    for _ in 0..5000 {
        nested = Message::default().message(2, &nested).0;
    }
    let text = deep("graph_def { node { ", "", "} }");
    for bytes in [nested, text] {
        for (path, file) in [("m.meta", "m.meta"), ("s", "s/saved_model.pb"), ("s", "s/saved_model.pbtxt")] {
            let mut disk = Memory::default();
            disk.put(file, bytes.clone());
            for args in [&["ls", path][..], &["doctor", path], &["diff", path, path]] {
                assert!(ask(&disk, args).code <= 2, "{args:?}");
            }
        }
    }
}

/// A string tensor, whose lengths are all but the end of numbers.
#[test]
fn strings_that_claim_to_be_endless() {
    for lengths in [vec![u64::MAX], vec![u64::MAX >> 1], vec![4 << 30], vec![u64::MAX, 1], vec![1 << 63, 1 << 63]] {
        let bytes: Vec<u8> = lengths.iter().flat_map(|length| varint(*length)).chain([0; 8]).collect();
        let record = entry(7, &[lengths.len() as i64], 0, 0, bytes.len() as i64);
        let mut disk = Memory::default();
        disk.put("m.index", forge::table_of(vec![(Vec::new(), header(1)), (b"words".to_vec(), record)]));
        disk.put("m.data-00000-of-00001", bytes);
        let told = support::faults(&disk, Path::new("m"));
        assert!(told.iter().any(|fault| matches!(fault.kind, FaultKind::StringLengths { .. })), "{told:?}");
        answered(&disk, "m");
        assert_ne!(ask(&disk, &["show", "m", "words", "--values"]).code, 0);
    }
}

/// What else lies in a directory costs little, and changes nothing.
#[test]
fn a_hundred_thousand_files_beside_a_checkpoint() {
    let alone = Forge::new("run/m").floats("w", &[1], &[0.5]).disk();
    let mut disk = alone.clone();
    for number in 0..100_000 {
        disk.put(format!("run/events.out.{number:06}"), Vec::new());
    }
    for args in
        [&["ls", "run/m"][..], &["ls", "run"], &["show", "run/m", "w"], &["diff", "run", "run"], &["doctor", "run/m"]]
    {
        let (one, many) = (ask(&alone, args), ask(&disk, args));
        assert_eq!((one.code, one.out), (many.code, many.out), "{args:?}");
    }
}
