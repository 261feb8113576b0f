//! Sharded weights: a list in JSON that says which files hold which groups, and those files beside it.

use std::path::{Component, Path};

use super::paths::{self, Source};
use super::{Draft, faults, file, json};
use crate::bytes::{Fault, FaultKind, Span, limits};
use crate::format::files::{unreadable, words};
use crate::format::foreign;
use crate::format::hdf5::{self, Hdf5};
use crate::model::{Container, FileRole, Writer, natural};
use crate::store::{self, Store};

/// Reads the list at `path`, and every file that it names.
pub(super) fn read(store: &dyn Store, path: &Path) -> Draft {
    let mut noted = Vec::new();
    let size = store::open(store, path).ok().map(|blob| blob.size());
    let list = file(store, path, FileRole::Index, size);
    let names = match store::read(store, path, limits::KERAS_JSON) {
        Ok(bytes) => names(&bytes, &list.label, &mut noted),
        Err(error) => {
            noted.push(FaultKind::Unreadable { error: words(&error) });
            Vec::new()
        }
    };
    let mut all: Vec<Fault> = noted.into_iter().map(|kind| Fault { kind, at: Span::whole(&list.label) }).collect();
    let of = u32::try_from(names.len()).unwrap_or(u32::MAX);
    let at = Span::whole(&list.label);
    let mut files = vec![list];
    let mut structures: Vec<(usize, Hdf5)> = Vec::new();
    for (name, number) in names.iter().zip(0u32..) {
        let place = path.with_file_name(name);
        let mut shard = file(store, &place, FileRole::Shard { number, of }, None);
        match store::open(store, &place) {
            Ok(blob) => {
                shard.size = Some(blob.size());
                if let Some(what) = foreign::instead_of_hdf5(blob.as_ref()) {
                    all.push(Fault { kind: FaultKind::Foreign { what }, at: Span::whole(&shard.label) });
                    files.push(shard);
                    continue;
                }
                let hdf5 = hdf5::read(blob.as_ref(), &shard.label);
                all.extend(faults(&hdf5, &shard));
                all.extend(paths::unlisted(&hdf5, &Span::whole(&shard.label)));
                structures.push((files.len(), hdf5));
            }
            Err(error) => all.push(unreadable(&shard.label, &error)),
        }
        files.push(shard);
    }
    let sources: Vec<Source<'_>> = structures.iter().map(|(file, hdf5)| Source { file: *file, hdf5 }).collect();
    let mut draft = paths::read(&sources, None, &at);
    // Only Keras 3 writes shards.
    (draft.container, draft.writer) = (Container::KerasWeightsShards, Writer::Keras3);
    (draft.files, draft.faults) = (files, all);
    draft
}

/// The files that the list names, in the order of their numbers.
fn names(bytes: &[u8], label: &str, faults: &mut Vec<FaultKind>) -> Vec<String> {
    let name = label.rsplit(['/', '\\']).next().unwrap_or(label);
    let Some(json) = json::parse(name, bytes, faults) else { return Vec::new() };
    let Some(map) = json.get("weight_map").and_then(serde_json::Value::as_object) else {
        let error = "it has no weight_map".to_owned();
        faults.push(FaultKind::JsonMalformed { name: name.to_owned(), error });
        return Vec::new();
    };
    let mut names = Vec::new();
    for (group, listed) in map {
        let listed = listed.as_array().map_or(std::slice::from_ref(listed), Vec::as_slice);
        for shard in listed.iter().filter_map(serde_json::Value::as_str) {
            // A list may be made to point anywhere; shards lie beside it.
            let mut parts = Path::new(shard).components();
            if matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) {
                names.push(shard.to_owned());
            } else {
                faults.push(FaultKind::LinkLeavesFile { path: group.clone(), file: shard.to_owned() });
            }
        }
    }
    if names.is_empty() {
        let error = "its weight_map names no file".to_owned();
        faults.push(FaultKind::JsonMalformed { name: name.to_owned(), error });
    }
    names.sort_by(|a, b| natural(a, b).then_with(|| a.cmp(b)));
    names.dedup();
    names
}
