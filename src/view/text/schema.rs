//! `ckpt schema`: one schema, or which there are.

use std::io::{self, Write};

use super::wrap::{hang, pad};
use crate::view::{Schema, Style};

/// A schema is JSON whatever the format: what asks for it wants to save it.
pub(super) fn write(schemas: &[Schema], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if let [schema] = schemas {
        return out.write_all(schema.text.as_bytes());
    }
    let columns = schemas.iter().map(|schema| schema.kind.len()).max().unwrap_or(0);
    let lines = schemas.iter().flat_map(|schema| {
        let kind = format!("{}  ", pad(schema.kind, columns));
        hang(&kind, &" ".repeat(kind.len()), schema.of, style.width)
    });
    lines.into_iter().try_for_each(|line| writeln!(out, "{line}"))
}
