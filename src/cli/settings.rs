//! Where settings come from that are not given with the command.

use std::path::PathBuf;

use clap::Args;

/// The file of settings.
#[derive(Args, Debug)]
#[command(next_help_heading = "Settings")]
pub struct Settings {
    /// Settings of doctor and diff [default: the nearest ckpt.toml, .ckpt.toml or pyproject.toml above]
    #[arg(long, global = true, value_name = "FILE", env = "CKPT_CONFIG")]
    pub config: Option<PathBuf>,
    /// No settings but those of the command
    #[arg(long, global = true)]
    pub no_config: bool,
}
