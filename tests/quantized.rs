//! What Keras keeps beside quantised kernels, in checkpoints of objects.

mod forge;
mod support;

use forge::Forge;
use forge::graph::Graph;
use forge::types::{F32, FIXED};
use support::open;

/// Of a scale beside a kernel of whole numbers the graph tells that it is not trained; of one beside floats it does not.
#[test]
fn scales_of_quantised_layers() {
    let mut graph = Graph::default();
    let model = graph.object(0, "model");
    let int8 = *FIXED.iter().find(|dtype| dtype.name == "int8").unwrap();
    let mut forge = Forge::new("ckpt");
    for (layer, dtype) in [("packed", int8), ("plain", F32)] {
        let id = graph.object(model, layer);
        let (_, kernel) = graph.variable(id, "_kernel", &format!("{layer}/kernel"));
        let (_, scale) = graph.variable(id, "kernel_scale", &format!("{layer}/kernel_scale"));
        forge = forge.tensor(kernel, dtype, &[2, 2], &vec![1; 4 * dtype.bytes]).floats(scale, &[2], &[1.0, 2.0]);
    }
    let checkpoint = open(&forge.graph(&graph).disk(), "ckpt");
    let roles: Vec<(&str, &str)> =
        checkpoint.variables.iter().map(|variable| (variable.name.as_str(), variable.role.word())).collect();
    assert!(roles.contains(&("packed/kernel_scale", "statistic")) && roles.contains(&("packed/kernel", "weight")));
    assert!(roles.contains(&("plain/kernel_scale", "weight")), "{roles:?}");
}
