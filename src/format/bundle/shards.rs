//! The data files of a bundle: which there are, how large, and whether the index fits them.

use std::collections::BTreeMap;
use std::path::Path;

use super::{text_mode, with_suffix};
use crate::bytes::{Fault, FaultKind, Span};
use crate::format::directory::{Part, part};
use crate::format::files::{self, file, words};
use crate::format::foreign;
use crate::model::{Entry, Extent, File, FileRole, Payload, Shard};
use crate::store::Store;

/// The data files in the directory whose names begin with the prefix.
pub(super) fn beside(store: &dyn Store, prefix: &Path) -> Vec<Shard> {
    let directory = prefix.parent().unwrap_or(Path::new(""));
    // `dir/` as a prefix is the empty name in `dir`.
    let hidden = prefix.to_string_lossy().ends_with('/');
    let (directory, name) = match prefix.file_name() {
        Some(name) if !hidden => (directory, name.to_string_lossy().into_owned()),
        _ => (prefix, String::new()),
    };
    let items = store.list(directory).unwrap_or_default();
    let shards = items.iter().filter_map(|item| match part(&item.name)? {
        (of_prefix, Part::Shard { number, of }) if of_prefix == name => Some(Shard { number, of, size: item.size }),
        _ => None,
    });
    shards.collect()
}

/// Finds the shards that the entries lie in, appends them to `files`, and lets the entries point there.
/// Gives the size that each file must have, none for those that nothing lies in.
pub(super) fn place(
    store: &dyn Store,
    prefix: &Path,
    shards: Option<u32>,
    beside: &[Shard],
    entries: &mut [Entry],
    files: &mut Vec<File>,
) -> (Vec<Option<u64>>, Vec<Fault>) {
    let index = files.first().map(|file| file.label.clone()).unwrap_or_default();
    // A header that cannot be read must not hide the data: then the file names tell how many there are.
    let of = shards.or_else(|| beside.iter().map(|shard| shard.of).max()).unwrap_or(1);
    let mut wanted: BTreeMap<u32, usize> = BTreeMap::new();
    // Tensors of one shard stand together more often than not: then there is nothing to look up.
    let mut last = None;
    let mut faults = Vec::new();
    let present = beside.iter().filter(|shard| shard.of == of && shard.number < of).map(|shard| shard.number);
    wanted.extend(present.map(|number| (number, 0)));
    for entry in entries.iter() {
        for (extent, _) in entry.extents() {
            match u32::try_from(extent.file) {
                Ok(number) if last == Some(number) => {}
                Ok(number) if number < of => {
                    wanted.insert(number, 0);
                    last = Some(number);
                }
                _ => faults.push(Fault {
                    kind: FaultKind::ShardOutOfRange {
                        key: entry.key.to_string(),
                        shard: i32::try_from(extent.file).unwrap_or(-1),
                        shards: of,
                    },
                    at: Span { file: index.clone(), bytes: entry.declared_at.bytes() },
                }),
            }
        }
    }
    for (&number, position) in &mut wanted {
        let path = with_suffix(prefix, &format!(".data-{number:05}-of-{of:05}"));
        let item = files::look(store, &path);
        *position = files.len();
        files.push(file(path, FileRole::Shard { number, of }, item));
    }
    let mut needed: Vec<Option<u64>> = vec![None; files.len()];
    let mut locate = |extent: Extent| -> Option<Extent> {
        let file = *wanted.get(&u32::try_from(extent.file).ok()?)?;
        let end = needed.get_mut(file)?.get_or_insert_default();
        *end = extent.end().max(*end);
        Some(Extent { file, ..extent })
    };
    for entry in entries {
        match &mut entry.payload {
            Payload::Extent(extent) => match locate(*extent) {
                Some(located) => *extent = located,
                None => entry.payload = Payload::Nowhere,
            },
            Payload::Slices(parts) => {
                for part in parts {
                    part.extent = part.extent.and_then(&mut locate);
                }
            }
            Payload::Coded(_) | Payload::Nowhere => {}
        }
    }
    (needed, faults)
}

/// Holds the size of each shard against what the index places in it.
pub(super) fn measure(store: &dyn Store, files: &[File], needed: Vec<Option<u64>>, index_is_whole: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (file, needed) in files.iter().zip(needed) {
        if !matches!(file.role, FileRole::Shard { .. }) {
            continue;
        }
        let is_asked_for = needed.is_some();
        let needed = needed.unwrap_or(0);
        let mut fault = |kind, bytes| faults.push(Fault { kind, at: Span { file: file.label.clone(), bytes } });
        match file.size {
            // TensorFlow opens it even for a tensor without elements.
            None if is_asked_for => match store.open(&file.path) {
                Err(error) => fault(files::unreadable(&file.label, &error).kind, 0..0),
                Ok(_) => fault(FaultKind::Missing, 0..0),
            },
            None => {}
            Some(size) => {
                let mut in_text_mode = false;
                match store.open(&file.path) {
                    Err(error) => fault(FaultKind::Unreadable { error: words(&error) }, 0..0),
                    Ok(blob) if size != needed => {
                        if let Ok(Some(what)) = foreign::sniff_file(blob.as_ref()) {
                            fault(FaultKind::Foreign { what }, 0..size);
                            continue;
                        }
                        let excess = size.checked_sub(needed).filter(|excess| *excess > 0);
                        in_text_mode = excess.is_some_and(|excess| text_mode::of_data(blob.as_ref(), excess));
                    }
                    Ok(_) => {}
                }
                if size == 0 && needed > 0 {
                    fault(FaultKind::Empty, 0..0);
                } else if size < needed {
                    fault(FaultKind::ShardTruncated { size, needed }, size..needed);
                } else if size > needed && index_is_whole {
                    // Where entries are lost, bytes without an owner are no surprise.
                    fault(FaultKind::UnownedBytes { trailing: true }, needed..size);
                    if in_text_mode {
                        fault(FaultKind::TextMode { added: size.saturating_sub(needed) }, 0..0);
                    }
                }
            }
        }
    }
    faults
}
