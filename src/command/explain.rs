//! `ckpt explain`: pages of the book of rules.

use super::doctor::unknown;
use crate::cli;
use crate::doctor::{Rule, Selection, rules};
use crate::error::Error;
use crate::view::Outcome;

/// The pages asked for, in code order.
///
/// # Errors
/// If a word names no rule.
pub(crate) fn explain(args: &cli::Explain) -> Result<Outcome, Error> {
    if args.all {
        return Ok(Outcome::Pages(rules::ALL.to_vec()));
    }
    let selection = Selection::new(&args.rules, &[]).map_err(unknown)?;
    let pages: Vec<&'static Rule> = rules::ALL.iter().copied().filter(|rule| selection.has(rule)).collect();
    Ok(Outcome::Pages(pages))
}
