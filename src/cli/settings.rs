//! Where settings come from that are not given with the command.

use std::path::PathBuf;

use clap::Args;

/// The file of settings.
#[derive(Args, Debug)]
#[command(next_help_heading = "Settings")]
pub struct Settings {
    /// Of doctor and diff [default: the nearest ckpt.toml, .ckpt.toml or pyproject.toml]
    #[arg(long, global = true, value_name = "FILE", env = "CKPT_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// No settings but those of the command
    #[arg(long, global = true)]
    pub no_config: bool,
}
