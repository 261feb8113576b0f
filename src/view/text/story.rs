//! What happened to the model, a line for each event.

use std::io::{self, Write};

use super::paint::Paint;
use super::wrap::hang;
use crate::compare::story::Event;
use crate::view::{Style, clean};

/// Writes the events; nothing if there are none.
pub(super) fn write(story: &[Event], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if story.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", Paint::new(style).dim("  what happened"))?;
    for event in story {
        let line = clean(&event.to_string()).into_owned();
        hang("  * ", "    ", &line, style.width).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    writeln!(out)
}
