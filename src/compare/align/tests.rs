//! Tests of the stages together.

use proptest::prelude::*;

use super::*;
use crate::model::{
    Attribute, Container, DType, Endianness, Entry, Extent, Flavor, GRAPH_KEY, Key, Node, ObjectGraph, Payload, Place,
    Shape, describe,
};

/// Key, full name (none: name-based), shape, checksum.
type Row<'a> = (&'a str, Option<&'a str>, &'a [u64], u32);

fn checkpoint(rows: &[Row]) -> Checkpoint {
    let by_object = rows.iter().any(|(_, full_name, ..)| full_name.is_some());
    let mut graph = ObjectGraph { nodes: vec![Node::default()] };
    let mut entries = Vec::new();
    let mut entry = |key: &str, dtype, axes: &[u64], checksum| {
        let shape = Shape::new(axes.iter().copied());
        let length = shape.elements().unwrap() * 4;
        entries.push(Entry {
            key: Key::from(key),
            dtype,
            shape,
            payload: Payload::Extent(Extent { file: 1, offset: 0, length }),
            checksum: Some(checksum),
            endianness: Endianness::Little,
            trusted: true,
            declared_at: Place::NONE,
        });
    };
    for (path, full_name, axes, checksum) in rows {
        let Some(full_name) = full_name else {
            entry(path, DType::FLOAT32, axes, *checksum);
            continue;
        };
        let mut at = 0;
        for part in path.split('/') {
            at = graph.nodes[at].child(part).unwrap_or_else(|| {
                graph.nodes.push(Node::default());
                let new = graph.nodes.len() - 1;
                graph.nodes[at].children.push((part.to_owned(), new));
                new
            });
        }
        let key = format!("{path}/.ATTRIBUTES/VARIABLE_VALUE");
        let full_name = (*full_name).to_owned();
        graph.nodes[at].attributes.push(Attribute { name: "VARIABLE_VALUE".to_owned(), full_name, key: key.clone() });
        entry(&key, DType::FLOAT32, axes, *checksum);
    }
    if by_object {
        entry(GRAPH_KEY, DType::STRING, &[], 0);
    }
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    let graph = by_object.then_some(graph);
    let flavor = if by_object { Flavor::ObjectBased } else { Flavor::NameBased };
    let (variables, writer) = describe(&entries, flavor, graph.as_ref());
    Checkpoint {
        flavor,
        writer,
        declared_shards: Some(1),
        entries,
        variables,
        graph,
        ..Checkpoint::empty("ckpt".as_ref(), "ckpt".to_owned(), Container::Bundle)
    }
}

fn short(checkpoint: &Checkpoint, id: usize) -> String {
    let key = checkpoint.entries[id].key.to_string();
    key.strip_suffix("/.ATTRIBUTES/VARIABLE_VALUE").unwrap_or(&key).to_owned()
}

/// Pairs of different keys with the words of their proofs, and how many groups are in doubt.
fn run(old: &[Row], new: &[Row]) -> (Vec<(String, String, &'static str)>, usize) {
    let (old, new) = (checkpoint(old), checkpoint(new));
    let alignment = align(&old, &new);
    let pairs = alignment.rekeyed(&old, &new);
    let mut pairs: Vec<_> =
        pairs.map(|pair| (short(&old, pair.old), short(&new, pair.new), pair.proof.word())).collect();
    pairs.sort();
    (pairs, alignment.ambiguous.len())
}

fn named<'a>(names: &[(&'a str, &'a [u64])], seed: u32) -> Vec<Row<'a>> {
    let row = |(at, (name, shape)): (usize, &(&'a str, &'a [u64]))| (*name, None, *shape, seed + at as u32);
    names.iter().enumerate().map(row).collect()
}

/// What is said of name-based checkpoints with other values.
fn names(old: &[(&str, &[u64])], new: &[(&str, &[u64])]) -> (Vec<(String, String, &'static str)>, usize) {
    run(&named(old, 1), &named(new, 1000))
}

fn owned(pairs: &[(&str, &str, &'static str)]) -> Vec<(String, String, &'static str)> {
    pairs.iter().map(|(a, b, proof)| ((*a).to_owned(), (*b).to_owned(), *proof)).collect()
}

#[test]
fn the_same_content_elsewhere() {
    let shape: &[u64] = &[8, 8];
    let old: [Row; 2] = [("a/k", None, shape, 1), ("b/k", None, shape, 2)];
    let swapped: [Row; 2] = [("x/k", None, shape, 2), ("y/k", None, shape, 1)];
    assert_eq!(run(&old, &swapped).0, owned(&[("a/k", "y/k", "same-checksum"), ("b/k", "x/k", "same-checksum")]));
    // A copy in a variable with a name of its own, while the variable itself was trained on.
    let copied: [Row; 2] = [("a/k", None, shape, 3), ("b/k", None, shape, 1)];
    assert!(run(&old, &copied).0.is_empty());
    // Of two with one content neither is known by it.
    let equal: [Row; 2] = [("a/k", None, shape, 1), ("a/k/Adam", None, shape, 1)];
    let renamed: [Row; 2] = [("c/k", None, shape, 1), ("c/k/Adam", None, shape, 1)];
    assert!(run(&equal, &renamed).0.iter().all(|(_, _, proof)| *proof != "same-checksum"));
}

#[test]
fn zeros_prove_nothing() {
    let zeros = crate::bytes::Crc32c::of(&[0; 256]);
    let old: [Row; 2] = [("gone/bias", None, &[64], zeros), ("stays/bias", None, &[64], 7)];
    let new: [Row; 2] = [("stays/bias", None, &[64], 9), ("unlike/offset", None, &[64], zeros)];
    assert!(run(&old, &new).0.is_empty());
}

#[test]
fn scopes_around_and_away() {
    let old: &[(&str, &[u64])] = &[("a/k", &[2, 3]), ("b/k", &[2, 3])];
    let new: &[(&str, &[u64])] = &[("net/a/k", &[2, 3]), ("net/b/k", &[2, 3])];
    assert_eq!(names(old, new).0, owned(&[("a/k", "net/a/k", "rewrite"), ("b/k", "net/b/k", "rewrite")]));
    assert_eq!(names(new, old).0.len(), 2);
    let rules = align(&checkpoint(&named(old, 1)), &checkpoint(&named(new, 9))).rules;
    assert_eq!((rules[0].from.as_str(), rules[0].to.as_str(), rules[0].count), ("", "net/", 2));
}

#[test]
fn counted_layers_shift() {
    let old: &[(&str, &[u64])] = &[("dense/k", &[4, 5]), ("dense_1/k", &[5, 3])];
    let drifted: &[(&str, &[u64])] = &[("dense_2/k", &[4, 5]), ("dense_3/k", &[5, 3])];
    assert_eq!(
        names(old, drifted).0,
        owned(&[("dense/k", "dense_2/k", "shifted"), ("dense_1/k", "dense_3/k", "shifted")])
    );
    let inserted: &[(&str, &[u64])] = &[("dense/k", &[4, 5]), ("dense_1/k", &[5, 5]), ("dense_2/k", &[5, 3])];
    assert_eq!(names(old, inserted).0, owned(&[("dense_1/k", "dense_2/k", "shifted")]));
    let equal: &[(&str, &[u64])] = &[("dense/k", &[5, 5]), ("dense_1/k", &[5, 5])];
    let more: &[(&str, &[u64])] = &[("dense/k", &[5, 5]), ("dense_1/k", &[5, 5]), ("dense_2/k", &[5, 5])];
    assert_eq!(names(equal, more), (Vec::new(), 1), "any could be the new one");
}

#[test]
fn an_inserted_layer_with_a_name() {
    let layer = |position: usize, name: &str| (format!("m/_operations/{position}/_kernel"), format!("{name}/kernel"));
    let rows = |names: &[&str]| names.iter().enumerate().map(|(at, name)| layer(at, name)).collect::<Vec<_>>();
    let (old, new) = (rows(&["a", "b", "c"]), rows(&["a", "new", "b", "c"]));
    let as_rows = |rows: &'_ [(String, String)], seed: u32| -> Checkpoint {
        let rows: Vec<Row> =
            rows.iter().map(|(key, name)| (key.as_str(), Some(name.as_str()), &[6, 6][..], seed)).collect();
        checkpoint(&rows)
    };
    let (old, new) = (as_rows(&old, 1), as_rows(&new, 2));
    let alignment = align(&old, &new);
    let names: Vec<(&str, &str)> =
        alignment.pairs.iter().map(|pair| (&*old.variables[pair.old].name, &*new.variables[pair.new].name)).collect();
    assert!(names.iter().all(|(a, b)| a == b), "{names:?}");
    assert_eq!(alignment.added.len(), 1);
}

#[test]
fn unlike_layers_of_one_shape_are_two() {
    let old: &[(&str, &[u64])] = &[("body/k", &[4, 4]), ("teacher/k", &[4, 7])];
    let new: &[(&str, &[u64])] = &[("body/k", &[4, 4]), ("whitening/k", &[4, 7])];
    assert!(names(old, new).0.is_empty());
    let alike: &[(&str, &[u64])] = &[("body/k", &[4, 4]), ("teach/k", &[4, 7])];
    assert_eq!(names(old, alike).0.len(), 1);
}

#[test]
fn two_that_may_be_either_are_in_doubt() {
    let old: &[(&str, &[u64])] = &[("left/k", &[4, 4]), ("right/k", &[4, 4]), ("z/k", &[4, 1])];
    let new: &[(&str, &[u64])] = &[("uvw/k", &[4, 4]), ("xyq/k", &[4, 4]), ("z/k", &[4, 1])];
    assert_eq!(names(old, new), (Vec::new(), 1));
    let from_one: &[(&str, &[u64])] = &[("b_1/k", &[4]), ("b_2/k", &[4]), ("b_3/k", &[4])];
    let from_zero: &[(&str, &[u64])] = &[("b_0/k", &[4]), ("b_1/k", &[4]), ("b_2/k", &[4])];
    assert_eq!(names(from_zero, from_one), (Vec::new(), 1));
}

#[test]
fn slots_follow_their_variables() {
    let old: &[(&str, &[u64])] = &[("a/k", &[2, 3]), ("a/k/Adam", &[2, 3]), ("a/k/Adam_1", &[2, 3])];
    let new: &[(&str, &[u64])] = &[("n/a/k", &[2, 3]), ("n/a/k/Adam", &[2, 3]), ("n/a/k/Adam_1", &[2, 3])];
    let said = names(old, new).0;
    assert_eq!(said.len(), 3);
    assert_eq!(said[2], ("a/k/Adam_1".to_owned(), "n/a/k/Adam_1".to_owned(), "same-slot"));
    let momentum: &[(&str, &[u64])] = &[("n/a/k", &[2, 3]), ("n/a/k/Momentum", &[2, 3])];
    assert_eq!(names(old, momentum).0.len(), 1, "the state of another optimizer is another");
}

/// Words of scopes that are not alike.
const WORDS: [&str; 6] = ["alpha", "bodega", "citrus", "dune", "emblem", "fjord"];

/// Keras 3 exports a model with a copy of each weight in a list, under the name of the weight: only within
/// the list is the name its own.
#[test]
fn copies_in_a_list_are_told_by_the_names_of_what_they_copy() {
    let old: [Row; 4] = [
        ("_all_variables/0", Some("dense/bias"), &[3], 1),
        ("_all_variables/1", Some("head/bias"), &[3], 2),
        ("variables/0", Some("dense/bias"), &[3], 1),
        ("variables/1", Some("head/bias"), &[3], 2),
    ];
    let same = checkpoint(&old);
    let alignment = align(&same, &same);
    assert_eq!((alignment.pairs.len(), alignment.gone.len()), (same.variables.len(), 0));
    // Trained on, and the list in another order.
    let mut new = old.map(|(path, name, shape, checksum)| (path, name, shape, checksum + 10));
    (new[0].1, new[1].1) = (new[1].1, new[0].1);
    let (pairs, doubts) = run(&old, &new);
    let crossed = [("_all_variables/0", "_all_variables/1"), ("_all_variables/1", "_all_variables/0")];
    let crossed = crossed.map(|(a, b)| (a.to_owned(), b.to_owned(), "same-name"));
    assert_eq!((pairs, doubts), (crossed.to_vec(), 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Some scopes of a tree get other words, the same in all places, and the values change: whatever is
    /// said is true.
    #[test]
    fn renaming_scopes_makes_no_wrong_pair(
        layers in proptest::collection::btree_set((0usize..6, 0usize..6, 0usize..6), 1..14),
        sizes in proptest::collection::vec(1u64..5, 14),
        renamed in 0usize..6,
        word in "[g-z]{5,9}",
        around in proptest::option::of("[g-z]{4,6}"),
    ) {
        let name = |(a, b, c): &(usize, usize, usize), rename: bool| {
            let part = |at: &usize| if rename && *at == renamed { word.as_str() } else { WORDS[*at] };
            let name = [part(a), part(b), part(c)].join("/");
            match &around {
                Some(scope) if rename => format!("{scope}/{name}/kernel"),
                _ => format!("{name}/kernel"),
            }
        };
        let rows = |rename: bool| -> Vec<(String, [u64; 2])> {
            layers.iter().zip(&sizes).map(|(layer, size)| (name(layer, rename), [*size, 3])).collect()
        };
        let (old, new) = (rows(false), rows(true));
        let made = |rows: &[(String, [u64; 2])], seed: u32| {
            let rows: Vec<Row> = rows
                .iter()
                .enumerate()
                .map(|(at, (name, shape))| (name.as_str(), None, &shape[..], seed + at as u32))
                .collect();
            checkpoint(&rows)
        };
        let truth: std::collections::HashMap<&str, &str> =
            old.iter().zip(&new).map(|(a, b)| (a.0.as_str(), b.0.as_str())).collect();
        let (a, b) = (made(&old, 1), made(&new, 1000));
        for pair in align(&a, &b).pairs {
            let (from, to) = (short(&a, pair.old), short(&b, pair.new));
            prop_assert_eq!(truth[from.as_str()], to.as_str(), "{} by {}", from, pair.proof.word());
        }
    }

    /// Every variable is in one place of the answer.
    #[test]
    fn everything_is_said_once(old in proptest::collection::btree_set("[ab]{1,2}(_[012])?(/[kb])?", 0..12),
                               new in proptest::collection::btree_set("[ab]{1,2}(_[012])?(/[kb])?", 0..12)) {
        let made = |names: &std::collections::BTreeSet<String>, seed: u32| {
            let rows: Vec<Row> = names.iter().enumerate().map(|(at, name)| (name.as_str(), None, &[4][..], seed + at as u32)).collect();
            checkpoint(&rows)
        };
        let (a, b) = (made(&old, 1), made(&new, 1000));
        let alignment = align(&a, &b);
        let mut ours: Vec<usize> = alignment.pairs.iter().map(|pair| pair.old).chain(alignment.gone).collect();
        let mut theirs: Vec<usize> = alignment.pairs.iter().map(|pair| pair.new).chain(alignment.added).collect();
        ours.sort_unstable();
        theirs.sort_unstable();
        prop_assert_eq!(ours, (0..a.variables.len()).collect::<Vec<_>>());
        prop_assert_eq!(theirs, (0..b.variables.len()).collect::<Vec<_>>());
    }
}
