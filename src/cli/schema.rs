//! The flags of `ckpt schema`.

use clap::Args;

/// `ckpt schema`
#[derive(Args, Debug)]
pub struct Schema {
    /// Which output: ls, show, diff, doctor, explain, rules, … [default: a list of them]
    pub kind: Option<String>,
}
