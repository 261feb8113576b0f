//! What a SavedModel says beside its variables: tags, signatures, assets.

use crate::model::{Argument, MetaGraph, SavedModel, Signature};

/// A line for each thing worth knowing.
pub(super) fn lines(saved: &SavedModel) -> Vec<String> {
    let mut lines: Vec<String> = saved.graphs.iter().flat_map(graph).collect();
    if !saved.assets.is_empty() {
        lines.push(format!("assets  {}", saved.assets.join(", ")));
    }
    lines
}

fn graph(graph: &MetaGraph) -> Vec<String> {
    let mut lines = vec![format!("tags    {}", graph.tags.join(", "))];
    lines.extend(graph.signatures.iter().map(signature));
    lines
}

/// `serving_default(x: float32 [?, 4]) -> output_0: float32 [?, 2]`
fn signature(signature: &Signature) -> String {
    let list = |arguments: &[Argument]| arguments.iter().map(argument).collect::<Vec<_>>().join(", ");
    format!("{}({}) -> {}", signature.name, list(&signature.inputs), list(&signature.outputs))
}

fn argument(argument: &Argument) -> String {
    let axis = |size: &i64| if *size < 0 { "?".to_owned() } else { size.to_string() };
    let shape = match &argument.shape {
        Some(axes) => format!("[{}]", axes.iter().map(axis).collect::<Vec<_>>().join(", ")),
        None => "of any rank".to_owned(),
    };
    format!("{}: {} {shape}", argument.name, argument.dtype.name())
}
