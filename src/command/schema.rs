//! `ckpt schema`: the JSON Schema of an output.

use crate::cli;
use crate::error::Error;
use crate::view::{Outcome, SCHEMAS};

/// The schema that is asked for, or all.
///
/// # Errors
/// If there is none of that kind.
pub(crate) fn schema(args: &cli::Schema) -> Result<Outcome, Error> {
    let Some(kind) = &args.kind else { return Ok(Outcome::Schemas(SCHEMAS)) };
    let position = SCHEMAS.iter().position(|schema| schema.kind == kind || schema.id == kind);
    match position.and_then(|position| SCHEMAS.get(position..=position)) {
        Some(schema) => Ok(Outcome::Schemas(schema)),
        None => {
            let kinds: Vec<&str> = SCHEMAS.iter().map(|schema| schema.kind).collect();
            Err(Error::new(format!("no schema of {kind}")).hint(format!("there are: {}", kinds.join(", "))))
        }
    }
}
