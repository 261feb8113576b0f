//! `ckpt explain`: pages of the book of rules, or the rules that know an error.

use std::path::Path;

use super::doctor::unknown;
use super::{Context, log};
use crate::cli;
use crate::doctor::log::known_errors;
use crate::doctor::{Rule, Selection, rules};
use crate::error::Error;
use crate::view::Outcome;

/// The pages asked for, in code order; of a text, the rules that know its errors.
///
/// # Errors
/// If a word names no rule, or no rule knows the text.
pub(crate) fn explain(context: &Context, args: &cli::Explain) -> Result<Outcome, Error> {
    if args.all {
        return Ok(Outcome::Pages(rules::ALL.to_vec()));
    }
    if args.rules == ["-"] {
        return matched(&log::read(context, Path::new("-"))?);
    }
    match Selection::new(&args.rules, &[]) {
        Ok(selection) => {
            let pages: Vec<&'static Rule> = rules::ALL.iter().copied().filter(|rule| selection.has(rule)).collect();
            Ok(Outcome::Pages(pages))
        }
        // No code and no name has a blank in it.
        Err(rule) => match args.rules.join(" ") {
            text if args.rules.iter().any(|word| word.contains(' ')) || !known_errors(&text).is_empty() => {
                matched(&text)
            }
            _ => Err(unknown(rule)),
        },
    }
}

fn matched(text: &str) -> Result<Outcome, Error> {
    let errors = known_errors(text);
    if errors.is_empty() {
        let hint =
            "give the message itself, as TensorFlow or Keras printed it; or let ckpt doctor PATH look at the files";
        return Err(Error::new("no rule knows an error in this text").hint(hint));
    }
    Ok(Outcome::Matched(errors))
}
