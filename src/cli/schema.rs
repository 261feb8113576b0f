//! The flags of `ckpt schema`.

use clap::Args;

/// `ckpt schema`
#[derive(Args, Debug)]
pub struct Schema {
    /// Of what: ls, show, diff, doctor, explain, rules, config, … [default: a list of them]
    pub kind: Option<String>,
}
