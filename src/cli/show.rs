//! The flags of `ckpt show`.

use std::path::PathBuf;

use clap::Args;

/// `ckpt show`
#[derive(Args, Debug)]
pub struct Show {
    /// A checkpoint, as for ls
    pub path: PathBuf,
    /// Names, keys or object paths, perhaps with a slice: 'dense/kernel[0, :5]'
    #[arg(required = true)]
    pub variables: Vec<String>,
    /// Print all values
    #[arg(long)]
    pub values: bool,
    /// Write the values to a NumPy file
    #[arg(long, value_name = "FILE")]
    pub npy: Option<PathBuf>,
    /// Digits behind the point
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u8).range(0..=17))]
    pub precision: u8,
    /// How many values to print without --values
    #[arg(long, value_name = "N", default_value_t = 24)]
    pub edge_items: usize,
}
