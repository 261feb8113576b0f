//! Keras files made by hand, for the tests of what is read from them.

use crate::compare::align::{Alignment, align};
use crate::model::{
    Checkpoint, Container, DType, Depth, Digests, Endianness, Entry, Extent, File, FileRole, Flavor, KerasFile, Key,
    Owned, Owner, Payload, Place, Resolved, Role, Shape, Variable, Writer,
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
    let key = |path: &str, number: usize| format!("{path}/{path}/{}:0", ["kernel", "bias", "extra"][number]);
    file(Container::KerasLayersH5, groups, part, key)
}

fn file(
    container: Container,
    groups: &[Group],
    part: impl Fn(&str) -> Owned,
    key: impl Fn(&str, usize) -> String,
) -> Checkpoint {
    let mut offset = 0;
    let mut entries = Vec::new();
    for (path, _, shapes) in groups {
        for (number, axes) in shapes.iter().enumerate() {
            let shape = Shape::new(axes.iter().copied());
            let length = shape.elements().unwrap() * 4;
            entries.push(Entry {
                key: Key::from(key(path, number).as_str()),
                dtype: DType::FLOAT32,
                shape,
                payload: Payload::Extent(Extent { file: 0, offset, length }),
                checksum: None,
                trusted: true,
                endianness: Endianness::Little,
                declared_at: Place::NONE,
            });
            offset += length;
        }
    }
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    let id = |path: &str, number: usize| {
        let key = key(path, number);
        entries.iter().position(|entry| entry.key.to_string() == key)
    };
    let owner = |(path, name, shapes): &Group| Owner {
        part: part(path),
        path: (*path).to_owned(),
        name: Some((*name).to_owned()),
        weights: (0..shapes.len()).map(|number| id(path, number)).collect(),
    };
    let owners: Vec<Owner> = groups.iter().map(owner).collect();
    let name = |at: usize| {
        let owner = owners.iter().find(|owner| owner.weights.contains(&Some(at))).unwrap();
        let number = owner.weights.iter().position(|id| *id == Some(at)).unwrap();
        format!("{}/{}", owner.name.as_deref().unwrap(), ["kernel", "bias", "extra"][number])
    };
    let variables = (0..entries.len()).map(|at| Variable::new(name(at).into(), at, Role::Weight)).collect();
    let whole = File {
        path: "m.h5".into(),
        label: "m.h5".into(),
        role: FileRole::Whole,
        size: Some(offset),
        stored: None,
        modified: None,
    };
    Checkpoint {
        flavor: Flavor::LayerBased,
        writer: Writer::Keras3,
        files: vec![whole],
        entries,
        variables,
        keras: Some(Box::new(KerasFile { owners, ..KerasFile::default() })),
        ..Checkpoint::empty("m.h5".as_ref(), "m.h5".to_owned(), container)
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
        resolved: &Resolved::at(given),
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
