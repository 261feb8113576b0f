//! The flags of `ckpt explain`.

use clap::Args;

/// `ckpt explain`
#[derive(Args, Debug)]
pub struct Explain {
    /// A code or a name (F015, data-truncated), or the text of an error (-: standard input)
    #[arg(required_unless_present = "all")]
    pub rules: Vec<String>,
    /// The whole book
    #[arg(long, conflicts_with = "rules")]
    pub all: bool,
}
