//! By what a finding is known again: on another day, on another machine, by another order of the rules.

use std::collections::BTreeSet;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::facts::Facts;
use super::finding::Finding;

/// Gives each finding of a report its fingerprint. It is made of the rule, the file within the checkpoint's folder,
/// and the variables concerned, or the place in the file where there are none. The numbers of the message have no
/// part in it, nor has the folder. Only of two findings that are alike in all this the later one is counted.
pub(super) fn mark(findings: &mut [Finding], facts: &Facts) {
    let label = facts.checkpoint.as_ref().map_or(facts.subject.as_str(), |checkpoint| checkpoint.label.as_str());
    let folder = Path::new(label).parent().unwrap_or(Path::new(""));
    let mut given = BTreeSet::new();
    for finding in findings {
        let base = parts(finding, folder);
        let mut count = 0usize;
        finding.fingerprint = hash(&base);
        while !given.insert(finding.fingerprint.clone()) {
            count = count.saturating_add(1);
            finding.fingerprint = hash(&[base.as_slice(), &[count.to_string()]].concat());
        }
    }
}

fn parts(finding: &Finding, folder: &Path) -> Vec<String> {
    let path = Path::new(finding.path.as_deref().unwrap_or_default());
    // What lies elsewhere is known by its last name.
    let within = path.strip_prefix(folder).ok().filter(|path| !path.is_absolute());
    let file = within.or_else(|| path.file_name().map(Path::new)).unwrap_or(path);
    let mut parts = vec![finding.rule.code.to_owned(), file.to_string_lossy().replace('\\', "/")];
    if finding.variables.is_empty() {
        parts.extend(finding.span.as_ref().map(|span| span.bytes.start.to_string()));
    } else {
        parts.extend(finding.variables.iter().cloned().collect::<BTreeSet<_>>());
    }
    parts
}

fn hash(parts: &[String]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Span;
    use crate::doctor::rules::data_truncated::RULE;
    use crate::doctor::sample;

    fn finding(folder: &str, file: &str, from: u64) -> Finding {
        let span = Span { file: format!("{folder}/{file}").into(), bytes: from..from + 10 };
        Finding::new(&RULE, format!("{from} bytes")).at(&span)
    }

    fn marked(folder: &str, mut findings: Vec<Finding>) -> Vec<String> {
        let mut facts = sample::facts(sample::named(&[("w", &[1])]));
        facts.checkpoint.as_mut().unwrap().label = format!("{folder}/ckpt-4");
        mark(&mut findings, &facts);
        findings.into_iter().map(|finding| finding.fingerprint).collect()
    }

    #[test]
    fn what_is_wrong_counts_and_not_where_it_lies() {
        let of = |folder: &str, names: &[&str], from| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            marked(folder, vec![finding(folder, "ckpt-4.data", from).variables(names)]).remove(0)
        };
        let one = of("/home/alice/run", &["a", "b"], 5);
        assert_eq!(one.len(), 16);
        assert_eq!(one, of("elsewhere", &["b", "a"], 9), "neither folder, nor order, nor number");
        assert_ne!(one, of("elsewhere", &["a"], 5));
        assert_ne!(one, marked("run", vec![finding("run", "ckpt-5.data", 5)])[0]);
        assert_ne!(one, marked("run", vec![finding("run", "variables/ckpt-4.data", 5)])[0]);
    }

    #[test]
    fn places_tell_apart_what_has_no_names() {
        let twice = |from| marked("run", vec![finding("run", "a", 0), finding("run", "a", from)]);
        assert_ne!(twice(7)[0], twice(7)[1]);
        assert_eq!(twice(7)[1], marked("other", vec![finding("other", "a", 7)])[0]);
        assert_ne!(twice(0)[0], twice(0)[1], "no two are the same");
    }
}
