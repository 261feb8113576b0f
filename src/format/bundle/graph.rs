//! The object graph, a string tensor of the bundle itself. It is read at every look, so its checksum is
//! compared at every look, too.

use std::collections::HashSet;
use std::io;

use crate::bytes::strings::strings;
use crate::bytes::{Cursor, Fault, FaultKind, Span, limits};
use crate::format::files::unreadable;
use crate::model::{Endianness, Entry, Extent, File, Flavor, GRAPH_KEY, ObjectGraph, Payload, promised};
use crate::proto;
use crate::store::Store;

/// Reads the graph, if there is one, and says what is wrong with it.
pub(super) fn read(
    store: &dyn Store,
    files: &[File],
    entries: &[Entry],
    endianness: Endianness,
    flavor: Flavor,
    faults: &mut Vec<Fault>,
) -> Option<ObjectGraph> {
    let Some(entry) = of_graph(entries) else {
        // Where the index is damaged the entry may be among what is lost, which has been said.
        if let Some(index) = files
            .first()
            .filter(|index| faults.iter().all(|fault| fault.at.file != index.label) && flavor == Flavor::ObjectBased)
        {
            faults.push(Fault { kind: FaultKind::GraphMissing, at: Span::whole(&index.label) });
        }
        return None;
    };
    let Payload::Extent(extent) = entry.payload else { return None };
    let file = files.get(extent.file)?;
    let bytes = match fetch(store, file, extent)? {
        Ok(bytes) => bytes,
        Err(error) => {
            faults.push(unreadable(&file.label, &error));
            return None;
        }
    };
    let at = Span { file: file.label.clone(), bytes: extent.offset..extent.end() };
    let fault = |kind| Fault { kind, at: at.clone() };
    let malformed = |error: String| fault(FaultKind::GraphMalformed { error });
    let cursor = Cursor::new(&file.label, &bytes, extent.offset);
    let element = match strings(cursor, 1, endianness == Endianness::Big) {
        Ok(strings) => {
            let key = || entry.key.to_string();
            match (strings.wrong, entry.checksum) {
                (Some(what), _) => faults.push(fault(FaultKind::StringLengths { key: key(), what })),
                (None, Some(stored)) if stored != strings.crc32c => {
                    faults.push(fault(FaultKind::DataChecksum { key: key(), stored, computed: strings.crc32c }));
                }
                _ => {}
            }
            strings.elements().next()
        }
        Err(error) => {
            faults.push(malformed(error.to_owned()));
            return None;
        }
    };
    let parsed = element.map_or(Err(FaultKind::GraphMalformed { error: "it is empty".to_owned() }), proto::graph);
    match parsed {
        Ok((graph, wrong)) => {
            faults.extend(wrong.into_iter().map(fault));
            faults.extend(broken_promises(&graph, entries).into_iter().map(fault));
            Some(graph)
        }
        Err(kind) => {
            faults.push(fault(kind));
            None
        }
    }
}

/// The entry that holds the graph. They are sorted by key.
fn of_graph(entries: &[Entry]) -> Option<&Entry> {
    let found = entries.binary_search_by(|entry| entry.key.bytes().cmp(GRAPH_KEY.as_bytes())).ok()?;
    entries.get(found)
}

/// The bytes of the graph. None where they are not there at all: that has been said of the file.
fn fetch(store: &dyn Store, file: &File, extent: Extent) -> Option<io::Result<Vec<u8>>> {
    if extent.length > limits::STRING_TENSOR || file.size? < extent.end() {
        return None;
    }
    let mut bytes = vec![0; usize::try_from(extent.length).ok()?];
    let read = store.open(&file.path).and_then(|blob| blob.read_at(extent.offset, &mut bytes));
    Some(read.map(|()| bytes))
}

/// Tensors that the graph promises and the index does not have.
fn broken_promises(graph: &ObjectGraph, entries: &[Entry]) -> Vec<FaultKind> {
    let keys: HashSet<&str> = entries.iter().filter_map(|entry| entry.key.text()).collect();
    let attributes = graph.nodes.iter().flat_map(|node| &node.attributes);
    let broken = attributes.filter(|attribute| !promised(&attribute.key, |key| keys.contains(key)));
    broken.map(|attribute| FaultKind::GraphKeyMissing { key: attribute.key.clone() }).collect()
}
