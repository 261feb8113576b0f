//! The flags of `ckpt completions` and `ckpt man`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// `ckpt completions`
#[derive(Args, Debug)]
pub struct Completions {
    /// For which shell
    #[arg(required_unless_present = "variables")]
    pub shell: Option<Shell>,
    /// The names of a checkpoint's variables, a line each: what the scripts ask for
    #[arg(long, value_name = "PATH", hide = true, conflicts_with = "shell")]
    pub variables: Option<PathBuf>,
}

/// `ckpt man`
#[derive(Args, Debug)]
pub struct Man {
    /// Of which command [default: of the program]
    pub name: Option<String>,
}
