//! Writes HDF5 in its oldest form, which has no checksums: groups of links, and datasets in chunks.

/// A dataset of float32 in chunks.
pub struct Dataset {
    pub axes: Vec<u64>,
    pub chunk: Vec<u64>,
    pub shuffled: bool,
    pub deflated: bool,
    pub fill: f32,
    /// Where chunks begin, and their stored bytes.
    pub chunks: Vec<(Vec<u64>, Vec<u8>)>,
}

/// A file with these datasets, by their paths.
pub fn file(datasets: &[(&str, Dataset)]) -> Vec<u8> {
    // The root's address is filled in at the end.
    let mut bytes = b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0\x04\0\x10\0\0\0\0\0".to_vec();
    bytes.extend(numbers(&[0, u64::MAX, 0, u64::MAX, 0, 0, 0, 0, 0]));
    let addresses: Vec<(Vec<&str>, u64)> =
        datasets.iter().map(|(path, dataset)| (path.split('/').collect(), dataset.put(&mut bytes))).collect();
    let root = group(&addresses, &mut bytes);
    let end = bytes.len() as u64;
    bytes[40..48].copy_from_slice(&end.to_le_bytes());
    bytes[64..72].copy_from_slice(&root.to_le_bytes());
    bytes
}

/// A group of what lies below it; groups first.
fn group(below: &[(Vec<&str>, u64)], bytes: &mut Vec<u8>) -> u64 {
    let mut links: Vec<(&str, u64)> = Vec::new();
    for (path, address) in below {
        if links.iter().any(|(name, _)| *name == path[0]) {
            continue;
        }
        let inner: Vec<(Vec<&str>, u64)> = below
            .iter()
            .filter(|(other, _)| other[0] == path[0])
            .map(|(other, at)| (other[1..].to_vec(), *at))
            .collect();
        links.push((path[0], if path.len() > 1 { group(&inner, bytes) } else { *address }));
    }
    // Group information, and a link for each name.
    let mut messages = vec![(0x0a, vec![0, 0])];
    for (name, address) in links {
        messages.push((0x06, [&[1, 0, name.len() as u8][..], name.as_bytes(), &address.to_le_bytes()].concat()));
    }
    header(messages, bytes)
}

impl Dataset {
    fn put(&self, bytes: &mut Vec<u8>) -> u64 {
        let rank = self.axes.len() as u8;
        let space = [&[1, rank, 0, 0, 0, 0, 0, 0][..], &numbers(&self.axes)].concat();
        let float = b"\x11\x20\x1f\0\x04\0\0\0\0\0\x20\0\x17\x08\0\x17\x7f\0\0\0".to_vec();
        let fill = [&[2, 3, 0, 1, 4, 0, 0, 0][..], &self.fill.to_le_bytes()].concat();
        let tree = if self.chunks.is_empty() { u64::MAX } else { self.tree(bytes) };
        let sizes = self.chunk.iter().chain([&4]).flat_map(|size| u32::try_from(*size).unwrap().to_le_bytes());
        let layout = [&[3, 2, rank + 1][..], &tree.to_le_bytes()].concat().into_iter().chain(sizes).collect();
        let shuffle = [&b"\x02\0\0\0\x01\0\x01\0"[..], &[4, 0, 0, 0, 0, 0, 0, 0]].concat();
        let deflate = [&b"\x01\0\0\0\x01\0\x01\0"[..], &[9, 0, 0, 0, 0, 0, 0, 0]].concat();
        let filters = [(self.shuffled, shuffle), (self.deflated, deflate)];
        let filters: Vec<Vec<u8>> =
            filters.into_iter().filter(|(is_used, _)| *is_used).map(|(_, filter)| filter).collect();
        let mut messages = vec![(0x01, space), (0x03, float), (0x05, fill), (0x08, layout)];
        if !filters.is_empty() {
            messages.push((0x0b, [&[1, filters.len() as u8, 0, 0, 0, 0, 0, 0][..], &filters.concat()].concat()));
        }
        header(messages, bytes)
    }

    /// The index of the chunks, in one node.
    fn tree(&self, bytes: &mut Vec<u8>) -> u64 {
        let mut node = [&b"TREE\x01\0"[..], &(self.chunks.len() as u16).to_le_bytes(), &[0xff; 16]].concat();
        let key = |length: u64, origin: &[u64]| {
            [&(length as u32).to_le_bytes()[..], &[0; 4], &numbers(origin), &[0; 8]].concat()
        };
        for (origin, stored) in &self.chunks {
            let address = bytes.len() as u64;
            bytes.extend(stored);
            node.extend(key(stored.len() as u64, origin));
            node.extend(address.to_le_bytes());
        }
        node.extend(key(0, &self.axes));
        let address = bytes.len() as u64;
        bytes.extend(node);
        address
    }
}

fn header(messages: Vec<(u16, Vec<u8>)>, bytes: &mut Vec<u8>) -> u64 {
    let mut body = Vec::new();
    let count = messages.len() as u16;
    for (kind, mut message) in messages {
        message.resize(message.len().next_multiple_of(8), 0);
        body.extend([&kind.to_le_bytes()[..], &(message.len() as u16).to_le_bytes(), &[0; 4]].concat());
        body.extend(message);
    }
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    let address = bytes.len() as u64;
    bytes.extend([1, 0]);
    bytes.extend(count.to_le_bytes());
    bytes.extend(1u32.to_le_bytes());
    bytes.extend((body.len() as u32).to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(body);
    address
}

fn numbers(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}
