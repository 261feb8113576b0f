//! Findings that are known and accepted: a list that lies beside the checkpoints, and is read by people.

use serde::{Deserialize, Serialize};
use toml::value::Datetime;

use super::file::parse;
use crate::error::Error;

/// The list.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Its entries.
    #[serde(default)]
    pub known: Vec<Entry>,
}

/// One finding.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Code of the rule.
    pub code: String,
    /// Its name, for people.
    #[serde(default)]
    pub name: String,
    /// The file or folder that it was about, for people.
    #[serde(default)]
    pub path: String,
    /// By what it is known again.
    pub fingerprint: String,
    /// Why it is accepted.
    pub reason: String,
    /// The last day on which it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Datetime>,
}

const HEAD: &str = "\
# Findings of `ckpt doctor` that are known and do not fail again. Each has a reason, and may have a last day:
# until = 2030-12-31

";

impl Baseline {
    /// Reads a list.
    ///
    /// # Errors
    /// If it is none, or an entry has no reason.
    pub fn parse(label: &str, text: &str) -> Result<Self, Error> {
        let baseline: Self = parse(label, text)?;
        for Entry { code, fingerprint, reason, until, .. } in &baseline.known {
            if reason.trim().is_empty() {
                return Err(Error::new(format!("{label}: {code} {fingerprint} is known for no reason")));
            }
            if until.is_some_and(|until| until.date.is_none() || until.time.is_some()) {
                return Err(Error::new(format!("{label}: {code} {fingerprint} is known until what is no day"))
                    .hint("until = 2030-12-31"));
            }
        }
        Ok(baseline)
    }

    /// The list as it is written.
    pub fn text(&self) -> String {
        // What is made of strings and days alone can be written.
        let entries = toml::to_string_pretty(self).unwrap_or_default();
        format!("{HEAD}{entries}")
    }
}

impl Entry {
    /// True if its last day is before another one, both as `2030-12-31`.
    pub fn ended(&self, today: &str) -> bool {
        self.until.is_some_and(|until| until.to_string().as_str() < today)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "[[known]]\ncode = \"F010\"\nfingerprint = \"ab\"\nreason = \"moved on purpose\"\n";

    #[test]
    fn written_and_read_again() {
        let mut baseline = Baseline::parse("known.toml", &format!("{ONE}until = 2030-12-31\n")).unwrap();
        baseline.known[0].path = "a\"\n\u{1b}b".to_owned();
        let text = baseline.text();
        assert!(text.contains("until = 2030-12-31"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
        assert_eq!(Baseline::parse("known.toml", &text).unwrap().known, baseline.known);
        assert!(Baseline::parse("known.toml", &Baseline::default().text()).unwrap().known.is_empty());
    }

    #[test]
    fn a_day_is_the_last() {
        let entry = |text: &str| Baseline::parse("known.toml", text).unwrap().known.remove(0);
        assert!(!entry(ONE).ended("9999-12-31"));
        let until = entry(&format!("{ONE}until = 2030-12-31\n"));
        assert!(!until.ended("2030-12-31"));
        assert!(until.ended("2031-01-01"));
    }

    #[test]
    fn no_entry_without_a_reason() {
        let error = |text: &str| Baseline::parse("known.toml", text).unwrap_err().message;
        assert!(error(&ONE.replace("moved on purpose", " ")).contains("for no reason"));
        assert!(error(&ONE.replace("reason", "reasons")).contains("unknown field `reasons`"));
        assert!(error(&format!("{ONE}until = 10:00:00\n")).contains("no day"));
        assert!(error("[[known]]\ncode = \"F010\"\n").contains("missing field"));
    }
}
