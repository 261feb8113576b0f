//! Answers for programs. Each is one object with a versioned `schema`; within a version fields are
//! only added. The structures here are apart from the model, which may change without notice.

mod checkpoint;
mod diff;
mod doctor;
mod goals;
mod layout;
mod listing;
mod log;
mod model;
mod objects;
mod rows;
mod rules;
mod schema;
mod show;
#[cfg(test)]
mod tests;
mod value;
mod variable;

use std::io::{self, BufWriter, Write};

use serde::Serialize;

pub(super) use self::layout::Layout;
pub use self::schema::{SCHEMAS, Schema};
use super::{Outcome, Values};

/// Writes the whole answer as one object.
///
/// # Errors
/// Whatever the output says.
pub(super) fn write(outcome: &Outcome, values: &dyn Values, out: &mut dyn Write) -> io::Result<()> {
    let exit = outcome.exit();
    let mut out = buffered(out);
    match outcome {
        Outcome::Listing(listing) => answer("ckpt/ls/1", listing::body(listing), exit, listing::layout(), &mut out),
        Outcome::Show(show) => answer("ckpt/show/1", show::body(show, values), exit, Layout::pretty(), &mut out),
        Outcome::Diff(diff) => answer("ckpt/diff/1", diff::body(diff), exit, Layout::pretty(), &mut out),
        Outcome::Reports(reports) => answer("ckpt/doctor/1", doctor::body(reports), exit, Layout::pretty(), &mut out),
        Outcome::Pages(pages) => answer("ckpt/explain/1", rules::pages(pages), exit, Layout::pretty(), &mut out),
        Outcome::Matched(errors) => answer("ckpt/explain/1", log::matched(errors), exit, Layout::pretty(), &mut out),
        Outcome::Rules(all) => answer("ckpt/rules/1", rules::register(all), exit, Layout::pretty(), &mut out),
        Outcome::Schemas([schema]) => out.write_all(schema.text.as_bytes()),
        Outcome::Script(text) => out.write_all(text.as_bytes()),
        Outcome::Schemas(all) => answer("ckpt/schemas/1", schema::list(all), exit, Layout::pretty(), &mut out),
    }?;
    out.flush()
}

/// Writes one line for each variable, change or finding.
///
/// # Errors
/// Whatever the output says; the other answers have no such lines.
pub(super) fn lines(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let mut out = buffered(out);
    match outcome {
        Outcome::Listing(listing) if listing.checkpoint.is_none() => {
            each("ckpt/history/1", listing::history(listing), &mut out)
        }
        Outcome::Listing(listing) => listing::lines("ckpt/variable/1", listing, &mut out),
        Outcome::Diff(diff) => each("ckpt/change/1", diff::changes(diff), &mut out),
        Outcome::Reports(reports) => each("ckpt/finding/1", doctor::findings(&reports.list), &mut out),
        _ => Err(io::Error::new(io::ErrorKind::Unsupported, "this answer has no lines of JSON")),
    }?;
    out.flush()
}

/// Serializing makes very many, very small writes: here they need no virtual call each.
type Out<'a> = BufWriter<&'a mut dyn Write>;

fn buffered(out: &mut dyn Write) -> Out<'_> {
    BufWriter::with_capacity(1 << 16, out)
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<T> {
    schema: &'static str,
    tool: Tool,
    #[serde(flatten)]
    body: T,
    exit: u8,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Line<T> {
    schema: &'static str,
    #[serde(flatten)]
    item: T,
}

fn answer(schema: &'static str, body: impl Serialize, exit: u8, layout: Layout, out: &mut Out) -> io::Result<()> {
    let tool = Tool { name: "ckpt", version: env!("CARGO_PKG_VERSION") };
    layout.write(&Answer { schema, tool, body, exit }, out)
}

fn each<T: Serialize>(schema: &'static str, items: impl Iterator<Item = T>, out: &mut Out) -> io::Result<()> {
    for item in items {
        Layout::compact().write(&Line { schema, item }, out)?;
    }
    Ok(())
}
