//! The name under which a variable is shown.

use std::borrow::Cow;

use super::{Names, clean};
use crate::model::{Checkpoint, Variable, dotted};

/// The kind of name that was asked for, with nothing in it that could disturb.
pub(super) fn label<'a>(names: Names, checkpoint: &Checkpoint, variable: &'a Variable) -> Cow<'a, str> {
    let other = match names {
        Names::Full => None,
        Names::Key => checkpoint.entry(variable).map(|entry| entry.key.to_string()),
        Names::Path => variable.paths().first().map(|path| dotted(path)),
    };
    other.map_or_else(|| clean(&variable.name), |other| Cow::Owned(clean(&other).into_owned()))
}
