//! Files made to be much larger in memory than on disk, or to hide that something is missing.

use std::fs;
use std::path::Path;

use super::*;
use crate::bytes::limits;

fn bytes(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/hdf5").join(name)).unwrap()
}

fn opened(bytes: &[u8]) -> Hdf5 {
    read(&bytes, &"t.h5".into())
}

fn says(file: &Hdf5, words: &str) -> bool {
    file.faults.iter().any(|fault| fault.kind.to_string().contains(words))
}

/// A file whose root has other names, which are put behind what is there.
struct Forge(Vec<u8>);

impl Forge {
    fn new() -> Self {
        Self(bytes("wide.h5"))
    }

    /// The address of the root's header.
    fn root(&self) -> u64 {
        u64::from_le_bytes(self.0[64..72].try_into().unwrap())
    }

    fn put(&mut self, parts: &[&[u8]]) -> u64 {
        let at = self.0.len() as u64;
        parts.iter().for_each(|part| self.0.extend_from_slice(part));
        self.0.resize(self.0.len().next_multiple_of(8), 0);
        at
    }

    fn heap(&mut self, text: &[u8]) -> u64 {
        let at = self.0.len() as u64;
        let (size, free, data) = (text.len() as u64, 1u64, at + 32);
        let numbers = [size, free, data].map(u64::to_le_bytes).concat();
        self.put(&[b"HEAP\0\0\0\0", &numbers, text])
    }

    /// A node of symbols: the places of their names, and the headers that they lead to.
    fn symbols(&mut self, symbols: &[(u64, u64)]) -> u64 {
        let count = (symbols.len() as u16).to_le_bytes();
        let entries: Vec<u8> = symbols
            .iter()
            .flat_map(|(name, header)| [&name.to_le_bytes()[..], &header.to_le_bytes(), &[0; 24]].concat())
            .collect();
        self.put(&[b"SNOD\x01\0", &count, &entries])
    }

    /// A leaf of the tree above; every key is the name at the start of the heap.
    fn tree(&mut self, children: &[u64]) -> u64 {
        let count = (children.len() as u16).to_le_bytes();
        let entries: Vec<u8> =
            children.iter().flat_map(|child| [child.to_le_bytes(), 0u64.to_le_bytes()].concat()).collect();
        self.put(&[b"TREE\0\0", &count, &[0xff; 16], &[0; 8], &entries])
    }

    fn read(mut self, tree: u64, heap: u64) -> (Hdf5, u64) {
        let table: [u8; 16] = self.0[80..96].try_into().unwrap();
        let places: Vec<usize> = (0..self.0.len() - 16).filter(|at| self.0[*at..].starts_with(&table)).collect();
        assert!(places.len() >= 2, "in the superblock, and in the header of the root");
        for at in places {
            self.0[at..at + 16].copy_from_slice(&[tree, heap].map(u64::to_le_bytes).concat());
        }
        let end = self.0.len() as u64;
        self.0[40..48].copy_from_slice(&end.to_le_bytes());
        (opened(&self.0), end)
    }
}

/// Nodes without symbols, whose keys are one long text: it is looked for in the heap for each of them.
#[test]
fn keys_are_not_read_without_end() {
    let mut forge = Forge::new();
    let heap = forge.heap(&[&[b'n'; 4095][..], b"\0"].concat());
    let empty = forge.symbols(&[]);
    let tree = forge.tree(&vec![empty; 2000]);
    let (file, _) = forge.read(tree, heap);
    assert!(says(&file, "again and again"), "{:?}", file.faults.first());
}

/// The target of a soft link is a text of the heap too.
#[test]
fn targets_are_not_read_without_end() {
    let mut forge = Forge::new();
    let heap = forge.heap(&[&[b'n'; 4095][..], b"\0"].concat());
    let root = forge.root();
    let node = forge.symbols(&vec![(4094, root); 1000]);
    // Each of the symbols is a soft link to the long text.
    for entry in 0..1000 {
        forge.0[node as usize + 8 + entry * 40 + 16] = 2;
    }
    let tree = forge.tree(&[node]);
    let (file, _) = forge.read(tree, heap);
    assert!(says(&file, "again and again"), "{:?}", file.faults.first());
}

/// A group with a long name in which many names lead to what is known already.
#[test]
fn paths_are_not_made_without_end() {
    let mut forge = Forge::new();
    let names: Vec<u8> = (0..1000).flat_map(|number| format!("{number:03}\0").into_bytes()).collect();
    let heap = forge.heap(&[&[b'n'; 60_000][..], b"\0", &names].concat());
    let root = forge.root();
    let symbols: Vec<(u64, u64)> = (0..1000).map(|number| (60_001 + number * 4, root)).collect();
    let below = forge.symbols(&symbols);
    let below = forge.tree(&[below]);
    let table = [below, heap].map(u64::to_le_bytes).concat();
    let header = forge.put(&[&GROUP, &table]);
    let top = forge.symbols(&[(0, header)]);
    let top = forge.tree(&[top]);
    let (file, size) = forge.read(top, heap);
    assert!(says(&file, "names more than a file of this size can hold"), "{:?}", file.faults);
    let paths = file.groups.iter().flat_map(|group| group.children.iter().map(|child| (&group.path, &child.name)));
    let paths: u64 = paths.map(|(group, name)| (group.len() + name.len()) as u64).sum();
    assert!((1 << 20..limits::HDF5_PATHS + size * 16 + 70_000).contains(&paths), "{paths}");
}

/// The header of a group whose names are in a tree and a heap.
const GROUP: [u8; 24] = [1, 0, 1, 0, 1, 0, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0, 0x11, 0, 16, 0, 0, 0, 0, 0];

/// Groups in groups, a hundred thousand levels: their paths alone would be gigabytes.
#[test]
fn groups_are_not_entered_without_end() {
    let mut forge = Forge::new();
    let heap = forge.heap(b"g\0");
    let (mut tree, mut header) = (0, forge.root());
    for _ in 0..100_000 {
        let node = forge.symbols(&[(0, header)]);
        tree = forge.tree(&[node]);
        let table = [tree, heap].map(u64::to_le_bytes).concat();
        header = forge.put(&[&GROUP, &table]);
    }
    let (file, size) = forge.read(tree, heap);
    assert!(says(&file, "names more than a file of this size can hold"), "{:?}", file.faults.first());
    let paths: u64 = file.groups.iter().map(|group| group.path.len() as u64).sum();
    assert!((1 << 20..limits::HDF5_PATHS + size * 16 + 100_000).contains(&paths), "{paths}");
}

/// A group that holds itself, and the root, under many names.
#[test]
fn circles_of_groups_are_entered_once() {
    let mut forge = Forge::new();
    let heap = forge.heap(b"a\0b\0c\0");
    let root = forge.root();
    let own = forge.0.len() as u64;
    // Its header is first, so that its address is known to its own names.
    forge.put(&[&GROUP, &[0; 16]]);
    let node = forge.symbols(&[(0, own), (2, root), (4, own)]);
    let tree = forge.tree(&[node]);
    let table = [tree, heap].map(u64::to_le_bytes).concat();
    forge.0[own as usize + 24..own as usize + 40].copy_from_slice(&table);
    let (file, _) = forge.read(tree, heap);
    assert_eq!(file.groups.len(), 2, "the root, and the group: {:?}", file.faults);
}

/// The place of the one B-tree of the second version with records of this kind.
fn record_tree(bytes: &[u8], kind: u8) -> usize {
    let places: Vec<usize> =
        (0..bytes.len()).filter(|at| bytes[*at..].starts_with(&[b'B', b'T', b'H', b'D', 0, kind])).collect();
    let [at] = places[..] else { panic!("{places:?}") };
    at
}

fn dataset(file: &Hdf5, path: &str) -> std::sync::Arc<Dataset> {
    let Some(Node::Dataset(dataset)) = file.at(path) else { panic!("{path}: {:?}", file.faults) };
    dataset
}

/// Whatever the nodes hold: a tree of something else is not entered.
#[test]
fn a_tree_of_something_else_is_not_entered() {
    for (at, value) in [(5, 10), (10, 1)] {
        let mut bytes = bytes("kinds-latest.h5");
        let tree = record_tree(&bytes, 11);
        bytes[tree + at] = value;
        // The root, were it read, lies beyond the end.
        bytes[tree + 16..tree + 24].copy_from_slice(&(1u64 << 40).to_le_bytes());
        let file = opened(&bytes);
        assert!(says(&file, "a B-tree is one of something else"), "{:?}", file.faults);
        assert!(!says(&file, "beyond the end"), "{:?}", file.faults);
    }
}

/// A node that leads again and again to one leaf does not multiply what that holds.
#[test]
fn a_leaf_is_read_once() {
    let mut bytes = bytes("kinds-latest.h5");
    let tree = record_tree(&bytes, 11);
    let leaf: [u8; 8] = bytes[tree + 16..tree + 24].try_into().unwrap();
    let records = bytes[tree + 24];
    let Storage::Chunked { chunks, .. } = &dataset(&opened(&bytes), "chunked/growing-both").storage else { panic!() };
    let count = chunks.len();
    assert!(count > 4);
    // A record of no chunk between each two of twenty pointers.
    let mut none = vec![0; bytes[tree + 10].into()];
    none[..8].fill(0xff);
    let pointer = [&leaf[..], &[records]].concat();
    let root = bytes.len() as u64;
    bytes.extend([&b"BTIN\0\x0b"[..], &none.repeat(19), &pointer.repeat(20), &[0; 4]].concat());
    bytes[tree + 12] = 1;
    bytes[tree + 16..tree + 24].copy_from_slice(&root.to_le_bytes());
    bytes[tree + 24] = 19;
    let file = opened(&bytes);
    assert!(says(&file, "two ways in a B-tree lead to one node"), "{:?}", file.faults);
    let Storage::Chunked { chunks, is_whole, .. } = &dataset(&file, "chunked/growing-both").storage else { panic!() };
    assert_eq!((chunks.len(), *is_whole), (count, false));
}

/// What a lost leaf listed was written, though nothing tells where; the other leaves are read.
#[test]
fn lost_chunks_are_not_what_was_never_written() {
    let whole = bytes("leaves.weights.h5");
    let path = "layers/dense/vars/0";
    let leaves: Vec<usize> = (0..whole.len()).filter(|at| whole[*at..].starts_with(b"TREE\x01\0")).collect();
    assert!(leaves.len() > 2, "{leaves:?}");
    let Storage::Chunked { chunks, is_whole: true, .. } = &dataset(&opened(&whole), path).storage else { panic!() };
    assert_eq!(chunks.len(), 130);
    for leaf in leaves {
        for at in [0, 4, 5] {
            let mut bytes = whole.clone();
            bytes[leaf + at] ^= 1;
            let file = opened(&bytes);
            let Storage::Chunked { chunks, is_whole, .. } = &dataset(&file, path).storage else { panic!() };
            assert!(!is_whole && (10..130).contains(&chunks.len()), "{at}: {}", chunks.len());
        }
    }
}
