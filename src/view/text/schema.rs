//! `ckpt schema`: one schema, or which there are.

use std::io::{self, Write};

use super::wrap::pad;
use crate::view::Schema;

/// A schema is JSON whatever the format: what asks for it wants to save it.
pub(super) fn write(schemas: &[Schema], out: &mut dyn Write) -> io::Result<()> {
    if let [schema] = schemas {
        return out.write_all(schema.text.as_bytes());
    }
    let columns = schemas.iter().map(|schema| schema.kind.len()).max().unwrap_or(0);
    schemas.iter().try_for_each(|schema| writeln!(out, "{}  {}", pad(schema.kind, columns), schema.of))
}
