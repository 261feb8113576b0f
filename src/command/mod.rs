//! One file per subcommand: arguments in, one plain value out.

mod baseline;
mod completions;
mod diff;
mod doctor;
mod explain;
mod log;
mod ls;
mod man;
mod output;
mod page;
mod progress;
mod schema;
mod select;
mod settings;
mod show;
mod slice;
mod style;
mod trouble;
mod values;

pub(crate) use completions::completions;
pub(crate) use diff::{diff, map};
pub(crate) use doctor::doctor;
pub(crate) use explain::explain;
pub(crate) use ls::ls;
pub(crate) use man::man;
pub(crate) use output::save;
pub(crate) use page::page;
pub(crate) use progress::Progress;
pub(crate) use schema::schema;
pub(crate) use show::show;
pub(crate) use style::{Styles, Wish, styles};
pub(crate) use values::Values;

use std::path::Path;

use jiff::tz::TimeZone;

use crate::bytes::Foreign;
use crate::config::File;
use crate::error::Error;
use crate::format::{self, Ground};
use crate::model::{Checkpoint, Resolved};
use crate::store::Store;

/// What a command works with.
pub(crate) struct Context<'a> {
    /// Where the files are.
    pub store: &'a dyn Store,
    /// Where paths lead.
    pub ground: Ground<'a>,
    /// Told of bytes read.
    pub progress: Progress,
    /// The project's file of settings.
    pub config: Option<&'a File>,
    /// Tells the zone that times are shown in.
    pub zone: Option<fn() -> TimeZone>,
}

impl<'a> Context<'a> {
    /// Nothing has been looked at yet.
    pub fn new(
        store: &'a dyn Store,
        progress: Progress,
        config: Option<&'a File>,
        zone: Option<fn() -> TimeZone>,
    ) -> Self {
        Self { store, ground: Ground::new(store), progress, config, zone }
    }

    /// Opens the checkpoint that a path means.
    ///
    /// # Errors
    /// If the path means none; with the nearest right one.
    pub fn open(&self, path: &Path) -> Result<(Resolved, Checkpoint), Error> {
        let resolved = self.ground.resolve(path);
        let prefix = resolved.prefix.clone().ok_or_else(|| not_found(self.store, &resolved))?;
        let checkpoint = format::open(self.store, &prefix)?;
        Ok((resolved, checkpoint))
    }

    /// Opens one side of a comparison: a checkpoint, or a listing of one.
    ///
    /// # Errors
    /// If the path means neither.
    fn side(&self, path: &Path) -> Result<(Resolved, Checkpoint), Error> {
        let resolved = self.ground.resolve(path);
        match (&resolved.prefix, &resolved.foreign) {
            (None, Some(Foreign::Answer | Foreign::Json)) => {
                let checkpoint = format::open_listing(self.store, path)?;
                Ok((resolved, checkpoint))
            }
            _ => self.open(path),
        }
    }
}

/// Why a path led nowhere.
fn not_found(store: &dyn Store, resolved: &Resolved) -> Error {
    let given = &resolved.given;
    let hint = match resolved.near.as_slice() {
        [] => None,
        [one] => Some(format!("did you mean {one}?")),
        several => Some(format!("did you mean one of these?  {}", several.join("  "))),
    };
    let error = if resolved.is_saved_model {
        Error::new(format!("the SavedModel {given} has no variables"))
    } else if let Some(fault) = &resolved.refused {
        Error::new(format!("{}: {}", fault.at.file, fault.kind))
    } else if resolved.is_directory {
        Error::new(format!("no checkpoint in the directory {given}"))
    } else if let Some(what) = &resolved.foreign {
        Error::new(format!("{given} is {what}, not a checkpoint"))
    } else if store.stat(Path::new(given)).is_ok() {
        Error::new(format!("{given} is nothing that TensorFlow or Keras load"))
    } else {
        Error::new(format!("no checkpoint at {given}"))
    };
    error.hint(hint.unwrap_or_else(|| format!("ckpt doctor {given} says what to do")))
}
