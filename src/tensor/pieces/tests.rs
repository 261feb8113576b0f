use std::io::Write;

use super::{Ordered, Pieces, Step};
use crate::bytes::{Fault, FaultKind};
use crate::model::{
    Checkpoint, Coded, Coding, Container, DType, Depth, Digests, Endianness, Entry, Extent, File, FileRole, Filter,
    Key, Payload, Piece, Shape, Slice, Tolerance,
};
use crate::store::Memory;
use crate::tensor::opened::Opened;
use crate::tensor::{Deltas, Elements, Request, digest, front, read};

/// The box of a piece, and its stored bytes.
type Stored<'a> = (&'a [(u64, u64)], Vec<u8>);

/// A file that grows by what is put in it, and the entries that lie there.
struct Sample {
    container: Container,
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

impl Sample {
    fn new(container: Container) -> Self {
        Self { container, bytes: b"begin".to_vec(), entries: Vec::new() }
    }

    fn piece(&mut self, slice: &[(u64, u64)], stored: &[u8]) -> Piece {
        let extent = Extent { file: 0, offset: self.bytes.len() as u64, length: stored.len() as u64 };
        self.bytes.extend(stored);
        self.bytes.extend(b"between");
        Piece { slice: Slice { extents: slice.into() }, extent, mask: 0 }
    }

    fn entry(mut self, dtype: &str, shape: &[u64], payload: Payload) -> Self {
        self.entries.push(Entry {
            key: Key::from(format!("t{}", self.entries.len()).as_str()),
            dtype: DType::from_name(dtype).unwrap(),
            shape: Shape::new(shape.iter().copied()),
            payload,
            checksum: None,
            endianness: Endianness::Little,
            trusted: true,
            declared_at: (1..3).into(),
        });
        self
    }

    fn open(&self) -> (Memory, Checkpoint) {
        let mut disk = Memory::default();
        disk.put("file", self.bytes.clone());
        let size = Some(self.bytes.len() as u64);
        let file = File {
            path: "file".into(),
            label: "file".into(),
            role: FileRole::Whole,
            size,
            stored: None,
            modified: None,
        };
        let checkpoint = Checkpoint {
            files: vec![file],
            entries: self.entries.clone(),
            ..Checkpoint::empty("file".as_ref(), "file".to_owned(), self.container)
        };
        (disk, checkpoint)
    }

    fn read(&self) -> Result<Elements, Fault> {
        let (disk, checkpoint) = self.open();
        read(&disk, &checkpoint, &checkpoint.entries[0])
    }

    fn bytes(&self) -> Vec<u8> {
        match self.read().unwrap() {
            Elements::Bytes(bytes) => bytes,
            Elements::Strings(strings) => panic!("{strings:?}"),
        }
    }

    /// Why the tensor cannot be read, after a look that its digest tells the same.
    fn error(&self) -> String {
        let fault = self.read().unwrap_err();
        let digests = self.digest(false);
        assert_eq!(digests.faults, std::slice::from_ref(&fault));
        assert_eq!((digests.get(0), digests.bytes_read), (None, 0));
        assert_eq!(&*fault.at.file, "file");
        fault.kind.to_string()
    }

    fn digest(&self, sha256: bool) -> Digests {
        let (disk, checkpoint) = self.open();
        digest(&disk, &checkpoint, &Request { depth: Depth::Values, sha256, entries: None }, &|_| ())
    }
}

fn coded(coding: Coding, pieces: Vec<Piece>, fill: Option<&[u8]>) -> Payload {
    Payload::Coded(Box::new(Coded { coding, pieces, fill: fill.map(Into::into) }))
}

/// A tensor of float32 in chunks; each is its box and its stored bytes.
fn chunked(shape: &[u64], filters: Vec<Filter>, fill: Option<&[u8]>, chunks: &[Stored<'_>]) -> Sample {
    let mut sample = Sample::new(Container::KerasWeightsH5);
    let pieces = chunks.iter().map(|(slice, stored)| sample.piece(slice, stored)).collect();
    sample.entry("float32", shape, coded(Coding::Filters(filters), pieces, fill))
}

/// A tensor of a V1 checkpoint.
fn proto(dtype: &str, shape: &[u64], slices: &[Stored<'_>]) -> Sample {
    let mut sample = Sample::new(Container::V1);
    let pieces = slices.iter().map(|(slice, stored)| sample.piece(slice, stored)).collect();
    sample.entry(dtype, shape, coded(Coding::TensorProto, pieces, None))
}

fn floats(numbers: impl IntoIterator<Item = u16>) -> Vec<u8> {
    numbers.into_iter().flat_map(|number| f32::from(number).to_le_bytes()).collect()
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The field with this number, as bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
}

const ZERO: &[u8] = &[0; 4];

#[test]
fn chunks_that_reach_beyond_the_edges() {
    // A [3, 3] tensor of 0 to 8 in chunks of [2, 2]; 99 is beyond its edges.
    let sample = chunked(
        &[3, 3],
        Vec::new(),
        Some(ZERO),
        &[
            (&[(0, 2), (0, 2)], floats([0, 1, 3, 4])),
            (&[(0, 2), (2, 2)], floats([2, 99, 5, 99])),
            (&[(2, 2), (0, 2)], floats([6, 7, 99, 99])),
            (&[(2, 2), (2, 2)], floats([8, 99, 99, 99])),
        ],
    );
    assert_eq!(sample.bytes(), floats(0..9));
    let (disk, checkpoint) = sample.open();
    let begin = front(&disk, &checkpoint, &checkpoint.entries[0], 4).unwrap();
    assert_eq!(begin, Elements::Bytes(floats(0..4)));
}

#[test]
fn what_filters_did_is_undone_and_statistics_are_those_of_the_elements() {
    let filters = || vec![Filter::Shuffle { element: 4 }, Filter::Deflate];
    let shuffled: Vec<u8> = (0..4).flat_map(|place| floats(0..500).into_iter().skip(place).step_by(4)).collect();
    let stored = deflated(&shuffled);
    let length = stored.len() as u64;
    let sample = chunked(&[500], filters(), Some(ZERO), &[(&[(0, 500)], stored.clone())]);
    assert_eq!(sample.bytes(), floats(0..500));
    let digests = sample.digest(true);
    assert_eq!((digests.faults.len(), digests.bytes_read), (0, length), "bytes of other structures are no fault");
    let found = digests.get(0).unwrap();
    let stats = found.stats.unwrap();
    assert_eq!((stats.count, stats.max, stats.mean, stats.zeros), (500, 499.0, 249.5, 1));
    assert_eq!((found.crc32c, found.intact), (None, None));
    // The same elements, stored as they are.
    let plain = chunked(&[500], Vec::new(), Some(ZERO), &[(&[(0, 500)], floats(0..500))]).digest(true);
    assert!(found.sha256.is_some());
    assert_eq!(found.sha256, plain.get(0).unwrap().sha256);

    let mut broken = stored;
    broken[9] ^= 0x10;
    let error = chunked(&[500], filters(), Some(ZERO), &[(&[(0, 500)], broken)]).error();
    assert!(error.starts_with("a piece of t0 cannot be decoded: "), "{error}");
}

#[test]
fn a_checksum_behind_a_chunk_is_compared() {
    // The sums of the words 0x0102 and 0x0304: 0x0406, and 0x0102 + 0x0406 = 0x0508.
    let stored = vec![1, 2, 3, 4, 0x06, 0x04, 0x08, 0x05];
    let of = |stored| chunked(&[1], vec![Filter::Fletcher32], None, &[(&[(0, 1)], stored)]);
    assert_eq!(of(stored.clone()).bytes(), [1, 2, 3, 4]);
    let changed = [&[1, 2, 3, 5], &stored[4..]].concat();
    assert!(of(changed).error().contains("has checksum 05090407, 05080406 is stored"));
    let unknown = vec![Filter::Other { number: 32000, name: String::new() }];
    let error = chunked(&[1], unknown, None, &[(&[(0, 1)], vec![0; 4])]).error();
    assert_eq!(error, "the HDF5 object t0 is not read: filter lzf");
}

#[test]
fn chunks_that_were_never_written() {
    let chunk = || (&[(2, 2)][..], floats([7, 8]));
    let fill = floats([5]);
    assert_eq!(chunked(&[5], Vec::new(), Some(&fill), &[chunk()]).bytes(), floats([5, 5, 7, 8, 5]));
    assert_eq!(chunked(&[3], Vec::new(), Some(ZERO), &[]).bytes(), [0; 12]);
    assert_eq!(chunked(&[2], Vec::new(), Some(&fill), &[]).digest(false).stats(0).unwrap().constant(), Some(5.0));
    let error = chunked(&[5], Vec::new(), None, &[chunk()]).error();
    assert_eq!(error, "the slices of t0 cover 2 of 5 elements");
    let error = chunked(&[5], Vec::new(), Some(&[0; 8]), &[chunk()]).error();
    assert!(error.ends_with("its fill value has 8 bytes, an element 4"), "{error}");
}

#[test]
fn each_tensor_has_its_own_byte_order() {
    let turned = |numbers| floats(numbers).chunks(4).flat_map(|b| [b[3], b[2], b[1], b[0]]).collect::<Vec<u8>>();
    let fill = floats([5]);
    let mut sample = chunked(&[3], vec![Filter::Deflate], Some(&fill), &[(&[(0, 2)], deflated(&turned([1, 2])))]);
    sample.entries[0].endianness = Endianness::Big;
    // And one in a single stretch, and one in little-endian.
    let extent = |piece: Piece| Payload::Extent(piece.extent);
    let (big, little) = (sample.piece(&[], &turned([3, 4])), sample.piece(&[], &floats([3, 4])));
    let mut sample = sample.entry("float32", &[2], extent(big)).entry("float32", &[2], extent(little));
    sample.entries[1].endianness = Endianness::Big;
    assert_eq!(sample.bytes(), floats([1, 2, 5]));
    let digests = sample.digest(true);
    assert_eq!(digests.faults, []);
    let max = |id: usize| digests.stats(id).unwrap().max;
    assert_eq!((max(0), max(1), max(2)), (5.0, 4.0, 4.0));
    assert_eq!(digests.get(1).unwrap().sha256, digests.get(2).unwrap().sha256);
    assert_eq!(digests.get(2).unwrap().crc32c, Some(crate::bytes::Crc32c::of(&floats([3, 4]))));
}

#[test]
fn slices_of_v1_make_the_whole() {
    // [[1, 2, 3], [4, 5, 6]] in two columns and a rest.
    let sample = proto(
        "int32",
        &[2, 3],
        &[(&[(0, 2), (0, 1)], field(7, &[1, 4])), (&[(0, 2), (1, 2)], vec![56, 2, 56, 3, 56, 5, 56, 6])],
    );
    let expected: Vec<u8> = (1..7i32).flat_map(i32::to_le_bytes).collect();
    assert_eq!(sample.bytes(), expected);
    let digests = sample.digest(false);
    assert_eq!(digests.stats(0).unwrap().mean, 3.5);
    assert_eq!((digests.faults.len(), digests.bytes_read), (0, 12));

    let scalar = proto("bool", &[], &[(&[], field(11, &[1]))]);
    assert_eq!(scalar.bytes(), [1]);
    let empty = proto("float64", &[0, 3], &[(&[(0, 0), (0, 3)], Vec::new())]);
    assert!(empty.bytes().is_empty());
    let complex = [1f32.to_le_bytes(), 2f32.to_le_bytes(), 3f32.to_le_bytes(), f32::NAN.to_le_bytes()].concat();
    let digests = proto("complex64", &[2], &[(&[(0, 2)], field(9, &complex))]).digest(false);
    let stats = digests.stats(0).unwrap();
    assert_eq!((stats.count, stats.nan, stats.first_not_finite), (4, 1, Some(1)));
}

#[test]
fn strings_of_v1_find_their_places() {
    let words = |words: &[&str]| words.iter().flat_map(|word| field(8, word.as_bytes())).collect::<Vec<u8>>();
    let right = (&[(0, 2), (1, 1)][..], words(&["b", ""]));
    let left = (&[(0, 2), (0, 1)][..], words(&["a", "c"]));
    let sample = proto("string", &[2, 2], &[right.clone(), left]);
    let expected = ["a", "b", "c", ""].map(|word| word.as_bytes().to_vec());
    assert_eq!(sample.read().unwrap(), Elements::Strings(expected.to_vec()));
    let digests = sample.digest(true);
    assert_eq!(digests.faults, []);
    let found = digests.get(0).unwrap();
    assert_eq!((found.intact, found.stats), (None, None));
    assert!(found.sha256.is_some());
    let few = proto("string", &[2, 2], &[right, (&[(0, 2), (0, 1)], words(&["a"]))]);
    assert!(few.error().ends_with("it has 1 strings, 2 are needed"));
}

#[test]
fn messages_of_another_number_of_values_are_faults_at_their_place() {
    let sample = proto("float32", &[3], &[(&[(0, 3)], field(5, &floats([1, 2])))]);
    assert!(sample.error().ends_with("it has 8 bytes of values, 12 are needed"));
    assert_eq!(sample.read().unwrap_err().at.bytes, 5..15);
    let other = proto("float32", &[2], &[(&[(0, 2)], field(6, &[0; 16]))]);
    assert!(other.error().ends_with("it has 0 bytes of values, 8 are needed"));
    assert!(proto("float32", &[2], &[(&[(0, 2)], vec![0x2a, 8, 0])]).error().contains("cannot be decoded"));
    let beyond = proto("float32", &[2], &[(&[(1, 2)], field(5, &floats([1, 2])))]);
    assert!(beyond.error().ends_with("1,2 is no box of shape [2]"));
    let flat = proto("float32", &[2, 1], &[(&[(0, 2)], field(5, &floats([1, 2])))]);
    assert!(flat.error().ends_with("0,2 is no box of shape [2, 1]"));
}

/// Of a slice that is not there the table has told.
#[test]
fn a_missing_slice_of_v1_is_no_news() {
    let sample = proto("float32", &[2], &[(&[(0, 1)], field(5, &floats([1])))]);
    let covered = FaultKind::SlicesIncomplete { key: "t0".to_owned(), covered: 1, elements: 2 };
    assert_eq!(sample.read().unwrap_err().kind, covered);
    let digests = sample.digest(true);
    assert_eq!((digests.faults.len(), digests.get(0)), (0, None));
}

#[test]
fn sizes_that_the_file_does_not_justify_are_refused() {
    let huge = 1 << 40;
    // What was never written is counted, but not gone through.
    let sparse = chunked(&[huge], Vec::new(), Some(ZERO), &[]);
    let error = sparse.read().unwrap_err().kind.to_string();
    assert_eq!(error, "the HDF5 object t0 is not read: 0 stored bytes cannot be the 4398046511104 of its shape");
    let digests = sparse.digest(true);
    assert_eq!((digests.faults.len(), digests.stats(0).unwrap().zeros), (0, huge));
    assert_eq!(digests.get(0).unwrap().sha256, None);
    let uncountable = chunked(&[huge, huge], Vec::new(), Some(ZERO), &[]);
    assert!(matches!(uncountable.read().unwrap_err().kind, FaultKind::EntryMalformed { .. }));
    // A chunk that is larger than anything, of a small tensor.
    let bomb = deflated(&deflated(&vec![0; 30 << 20]));
    let filters = || vec![Filter::Deflate; 2];
    let error = chunked(&[4], filters(), Some(ZERO), &[(&[(0, 30 << 18)], bomb.clone())]).error();
    assert!(error.ends_with("cannot be the 31457280 of its box"), "{error}");
    let error = chunked(&[4], filters(), Some(ZERO), &[(&[(0, u64::MAX)], bomb.clone())]).error();
    assert!(error.ends_with("cannot be the 18446744073709551615 of its box"), "{error}");
    let beside = chunked(&[4], filters(), Some(ZERO), &[(&[(u64::MAX, u64::MAX)], bomb)]);
    assert_eq!(beside.bytes(), [0; 16], "no part of the tensor");
    let error = proto("float32", &[huge], &[(&[(0, huge)], field(5, ZERO))]).error();
    assert!(error.ends_with("6 stored bytes cannot be the 4398046511104 of its shape"), "{error}");
    let error = proto("string", &[huge], &[(&[(0, huge)], field(8, b"a"))]).error();
    assert!(error.ends_with("the tensor is too large to look inside"), "{error}");
}

#[test]
fn pieces_that_share_bytes_are_not_read_again_and_again() {
    let mut sample = Sample::new(Container::KerasWeightsH5);
    let piece = sample.piece(&[(0, 250)], &floats(0..250));
    let at = |number: u64| Piece { slice: Slice { extents: [(number * 250, 250)].as_slice().into() }, ..piece.clone() };
    let pieces = (0..100).map(at).collect();
    let sample = sample.entry("float32", &[25_000], coded(Coding::Filters(Vec::new()), pieces, None));
    assert!(matches!(sample.read().unwrap_err().kind, FaultKind::ExtentsOverlap { .. }));
    assert_eq!(sample.digest(true).bytes_read, 0);
}

/// The first element that is not finite is the first one of a chunk that was never written.
#[test]
fn fill_values_are_counted_where_they_stand() {
    let fill = f32::NAN.to_le_bytes();
    let (a, b, c) = ([(0, 2), (0, 2)], [(0, 2), (2, 2)], [(2, 2), (2, 2)]);
    let stored = || floats([1, 2, 3, 4]);
    let first = |chunks: &[Stored<'_>]| {
        let sample = chunked(&[4, 3], Vec::new(), Some(&fill), chunks);
        let stats = *sample.digest(false).stats(0).unwrap();
        let nan = |number: &[u8]| f32::from_le_bytes(number.try_into().unwrap()).is_nan();
        let all = sample.bytes();
        assert_eq!(stats.nan, all.chunks(4).filter(|number| nan(number)).count() as u64);
        assert_eq!(stats.first_not_finite, all.chunks(4).position(nan).map(|at| at as u64));
        stats.first_not_finite
    };
    assert_eq!(first(&[]), Some(0));
    assert_eq!(first(&[(&a, stored())]), Some(2));
    assert_eq!(first(&[(&a, stored()), (&b, stored()), (&c, stored())]), Some(6));
    assert_eq!(first(&[(&b, stored())]), Some(0));
}

#[test]
fn fill_values_do_not_multiply_the_work() {
    let mut sample = Sample::new(Container::KerasWeightsH5);
    for _ in 0..40 {
        sample = sample.entry("complex64", &[1 << 50], coded(Coding::Filters(Vec::new()), Vec::new(), Some(&[0; 8])));
    }
    assert_eq!(sample.digest(false).entries.iter().flatten().count(), 40);
    let (disk, checkpoint) = sample.open();
    let deltas = Deltas::new(&disk, &checkpoint, &checkpoint, Tolerance::default());
    let delta = deltas.of(&checkpoint.entries[0], &checkpoint.entries[1]).unwrap().unwrap();
    assert_eq!((delta.total, delta.changed), (2 << 50, 0));
}

/// Many pieces beside each other, whether there is room for all, for some or for none of them.
#[test]
fn pieces_side_by_side_are_in_order() {
    let (rows, columns) = (150_000u64, 5u64);
    let number = |row: u64, column: u64| ((row * 31 + column * 7) % 1000) as u16;
    let column = |column: u64| deflated(&floats((0..rows).map(|row| number(row, column))));
    let boxes: Vec<[(u64, u64); 2]> = (0..columns).map(|column| [(0, rows), (column, 1)]).collect();
    let chunks: Vec<Stored<'_>> = boxes.iter().zip(0..).map(|(place, at)| (&place[..], column(at))).collect();
    let sample = chunked(&[rows, columns], vec![Filter::Deflate], Some(ZERO), &chunks);
    let expected = floats((0..rows).flat_map(|row| (0..columns).map(move |column| number(row, column))));
    let (disk, checkpoint) = sample.open();
    let opened = Opened::new(&disk, &checkpoint);
    for room in [0, 1 << 20, 8 << 20] {
        let pieces = Pieces::open(&opened, &checkpoint.entries[0]).unwrap();
        let mut ordered = Ordered::new(pieces, room);
        let mut all = Vec::new();
        while matches!(ordered.advance().unwrap(), Step::Window) {
            all.extend_from_slice(ordered.window());
        }
        assert!(all == expected, "{room}");
    }
    let stats = *sample.digest(false).stats(0).unwrap();
    assert_eq!((stats.count, stats.max, stats.min), (rows * columns, 999.0, 0.0));
}

#[test]
fn a_file_that_is_too_short_is_no_news_of_its_tensors() {
    let mut sample = chunked(&[2], Vec::new(), Some(ZERO), &[(&[(0, 2)], floats([1, 2]))]);
    sample.bytes.truncate(9);
    assert!(matches!(sample.read().unwrap_err().kind, FaultKind::ShardTruncated { size: 9, needed: 13 }));
    let digests = sample.digest(true);
    assert_eq!((digests.faults.len(), digests.get(0)), (0, None));
}

#[test]
fn a_graph_has_no_values_and_no_faults() {
    let graph = Sample::new(Container::MetaGraph);
    let graph = graph.entry("float32", &[2], Payload::Nowhere).entry("string", &[], Payload::Nowhere);
    let digests = graph.digest(true);
    assert_eq!((digests.faults.len(), digests.bytes_read), (0, 0));
    assert_eq!((digests.get(0), digests.get(1)), (None, None));
}
