//! Compiles `proto/` to Rust. `protox` is a compiler written in Rust, so no `protoc` is needed.

use protox::prost_reflect::prost::Message;

const SOURCES: [&str; 5] = [
    "proto/checkpoint_state.proto",
    "proto/saved_tensor_slice.proto",
    "proto/meta_graph.proto",
    "proto/tensor_bundle.proto",
    "proto/trackable_object_graph.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(SOURCES, ["proto"])?;
    // The state file is protobuf text, and graphs can be; reading that needs the descriptors at run time.
    let out = std::env::var("OUT_DIR")?;
    // Apart, since nearly every run reads a state file, and few a graph as text.
    for name in ["checkpoint_state", "meta_graph"] {
        let descriptors = protox::compile([format!("proto/{name}.proto")], ["proto"])?;
        std::fs::write(format!("{out}/{name}.bin"), descriptors.encode_to_vec())?;
    }
    // Ordered, so that what is read from a map is always in one order.
    prost_build::Config::new().btree_map(["."]).compile_fds(descriptors)?;
    Ok(())
}
