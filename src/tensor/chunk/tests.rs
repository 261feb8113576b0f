use std::io::Write;

use super::*;

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn shuffled_bytes_find_their_places() {
    let shuffle = [Filter::Shuffle { element: 3 }];
    // Elements 1 2 3 and 4 5 6, one byte left over.
    assert_eq!(unfilter(&[1, 4, 2, 5, 3, 6, 9], &shuffle, 0, 7), Ok(vec![1, 2, 3, 4, 5, 6, 9]));
    assert_eq!(unfilter(&[1, 4, 2, 5], &shuffle, 1, 4), Ok(vec![1, 4, 2, 5]), "left out by the mask");
}

#[test]
fn compressed_bytes_may_not_grow_beyond_the_chunk() {
    let bytes = vec![7; 100_000];
    let of = |stored: &[u8], size| unfilter(stored, &[Filter::Deflate], 0, size);
    assert_eq!(of(&deflated(&bytes), 100_000), Ok(bytes.clone()));
    assert_eq!(of(&deflated(&bytes), 1000), Err(ChunkError::Long { expected: 1000 }));
    let short = ChunkError::Short { expected: 100_001, found: 100_000 };
    assert_eq!(of(&deflated(&bytes), 100_001), Err(short));
    let mut cut = deflated(&bytes);
    cut.truncate(20);
    assert_eq!(of(&cut, 100_000), Err(ChunkError::Deflate));
}

#[test]
fn a_wrong_checksum_is_told() {
    // Words 0x0102 and 0x0300: sums 0x0402, and 0x0102 + 0x0402.
    let mut bytes = vec![1, 2, 3, 0x02, 0x04, 0x04, 0x05];
    assert_eq!(unfilter(&bytes, &[Filter::Fletcher32], 0, 3), Ok(vec![1, 2, 3]));
    bytes[0] = 2;
    let error = ChunkError::Checksum { stored: 0x0504_0402, computed: 0x0704_0502 };
    assert_eq!(unfilter(&bytes, &[Filter::Fletcher32], 0, 3), Err(error.clone()));
    // It stands behind what is compressed, and tells first.
    assert_eq!(unfilter(&bytes, &[Filter::Deflate, Filter::Fletcher32], 0, 3), Err(error));
    assert!(matches!(unfilter(&[1], &[Filter::Fletcher32], 0, 3), Err(ChunkError::Short { .. })));
}

#[test]
fn an_unknown_filter_is_named() {
    let filters = [Filter::Other { number: 32000, name: "lzf".to_owned() }];
    let error = unfilter(&[1], &filters, 0, 1).unwrap_err();
    assert_eq!(error.to_string(), "the filter lzf cannot be undone here");
}

/// What is too large to be held is put together of what several readers give.
#[test]
fn large_chunks_are_the_same_in_pieces() {
    let size = WHOLE as usize + 3;
    let noise = |at: usize| (at.wrapping_mul(0x9e37_79b9) >> 23) as u8;
    for element in [2, 4, 16] {
        let count = size / element;
        let elements: Vec<u8> = (0..size).map(noise).collect();
        let shuffled: Vec<u8> = (0..element)
            .flat_map(|place| (0..count).map(move |number| noise(number * element + place)))
            .chain((count * element..size).map(noise))
            .collect();
        let filters = [Filter::Shuffle { element: element as u32 }, Filter::Deflate];
        assert!(unfilter(&deflated(&shuffled), &filters, 0, size).unwrap() == elements, "{element}");
        let short = ChunkError::Short { expected: size as u64, found: (size - 1) as u64 };
        let cut = unfilter(&deflated(&shuffled[..size - 1]), &filters, 0, size);
        assert_eq!(cut.unwrap_err(), short);
        let longer = [&shuffled[..], &[0]].concat();
        let long = ChunkError::Long { expected: size as u64 };
        assert_eq!(unfilter(&deflated(&longer), &filters, 0, size).unwrap_err(), long);
    }
    let wide = [Filter::Shuffle { element: 17 }];
    assert!(matches!(unfilter(&[], &wide, 0, size), Err(ChunkError::Unsupported(_))));
}
