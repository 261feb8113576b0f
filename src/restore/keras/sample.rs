//! Keras files made by hand, for the tests of what is read from them.

use crate::compare::align::{Alignment, align};
pub(super) use crate::model::sample::resolved;
use crate::model::{
    Checkpoint, Container, DType, Depth, Digests, Endianness, Entry, Extent, File, FileRole, Flavor, KerasFile, Key,
    Owned, Owner, Payload, Place, Role, Shape, Variable, Versions, Writer,
};
use crate::restore::{Course, Options, Scene};

/// A group of weights: the path of its owner, the owner's name, the shapes.
pub(super) type Group<'a> = (&'a str, &'a str, &'a [&'a [u64]]);

/// A file in which objects are addressed by their paths.
pub(super) fn by_path(groups: &[Group]) -> Checkpoint {
    let part = |path: &str| match path {
        "" => Owned::Model,
        "optimizer" => Owned::Optimizer,
        _ => Owned::Layer,
    };
    let key = |path: &str, number: usize| format!("{path}/vars/{number}").trim_start_matches('/').to_owned();
    let root: Group = ("", "model", &[]);
    let groups: Vec<Group> = std::iter::once(root).chain(groups.iter().copied()).collect();
    file(Container::KerasWeightsH5, &groups, part, key)
}

/// A file that lists layers.
pub(super) fn by_layer(groups: &[Group]) -> Checkpoint {
    let part = |path: &str| if path == "top_level_model_weights" { Owned::Model } else { Owned::Layer };
    let key = |path: &str, number: usize| format!("{path}/{path}/{}:0", NAMES[number]);
    file(Container::KerasLayersH5, groups, part, key)
}

fn file(
    container: Container,
    groups: &[Group],
    part: impl Fn(&str) -> Owned,
    key: impl Fn(&str, usize) -> String,
) -> Checkpoint {
    let mut owners: Vec<Owner> = groups.iter().map(|group| owner(group, part(group.0))).collect();
    let mut weights = Vec::new();
    let mut size = 0;
    for (group, (path, _, shapes)) in groups.iter().enumerate() {
        for (number, axes) in shapes.iter().enumerate() {
            let entry = entry(&key(path, number), axes, size);
            size += entry.stored_bytes();
            weights.push((entry, group, number));
        }
    }
    weights.sort_by(|a, b| a.0.key.cmp(&b.0.key));
    let mut variables = Vec::new();
    for (at, (_, group, number)) in weights.iter().enumerate() {
        let owner = &mut owners[*group];
        owner.weights[*number] = Some(at);
        let name = format!("{}/{}", owner.name.as_deref().unwrap(), NAMES.get(*number).unwrap_or(&"other"));
        variables.push(Variable::new(name.into(), at, Role::Weight));
    }
    let keras = Some(Box::new(KerasFile { owners, ..KerasFile::default() }));
    let entries = weights.into_iter().map(|(entry, ..)| entry).collect();
    Checkpoint { entries, variables, keras, ..empty(container, size) }
}

/// What weights are called in their group.
const NAMES: [&str; 3] = ["kernel", "bias", "extra"];

fn owner((path, name, shapes): &Group, part: Owned) -> Owner {
    Owner { part, path: (*path).to_owned(), name: Some((*name).to_owned()), weights: vec![None; shapes.len()] }
}

fn entry(key: &str, axes: &[u64], offset: u64) -> Entry {
    let shape = Shape::new(axes.iter().copied());
    let length = shape.elements().unwrap() * 4;
    Entry {
        key: Key::from(key),
        dtype: DType::FLOAT32,
        shape,
        payload: Payload::Extent(Extent { file: 0, offset, length }),
        checksum: None,
        trusted: true,
        endianness: Endianness::Little,
        declared_at: Place::NONE,
    }
}

/// A file of this size without weights.
fn empty(container: Container, size: u64) -> Checkpoint {
    let whole = File {
        path: "m.h5".into(),
        label: "m.h5".into(),
        role: FileRole::Whole,
        size: Some(size),
        stored: None,
        modified: None,
    };
    Checkpoint {
        prefix: "m.h5".into(),
        label: "m.h5".into(),
        container,
        flavor: Flavor::LayerBased,
        writer: Writer::Keras3,
        versions: Versions::default(),
        endianness: Endianness::Little,
        declared_shards: None,
        files: vec![whole],
        entries: Vec::new(),
        variables: Vec::new(),
        graph: None,
        layers: Vec::new(),
        keras: None,
        saved_model: None,
        listed: false,
        faults: Vec::new(),
    }
}

/// What happens where this file is loaded into the program that saved the other, if there is another.
pub(super) fn run(
    given: &str,
    old: &Checkpoint,
    new: Option<&Checkpoint>,
    options: Options,
    load: impl Fn(&Scene) -> Course,
) -> Course {
    let alignment: Option<Alignment> = new.map(|new| align(old, new));
    let scene = Scene {
        resolved: &resolved(given),
        checkpoint: Some(old),
        digests: &Digests::none(Depth::Index),
        target: new,
        graph: None,
        alignment: alignment.as_ref(),
        options,
    };
    load(&scene)
}

/// `old key -> new key` of all that is bound.
pub(super) fn bound(course: &Course, old: &Checkpoint, new: &Checkpoint) -> Vec<String> {
    let key = |checkpoint: &Checkpoint, id: usize| checkpoint.entries[id].key.to_string();
    course.bound.iter().map(|bound| format!("{} -> {}", key(old, bound.old), key(new, bound.new))).collect()
}
