//! A file of a checkpoint that is not there under its name, but perhaps under another one.

use std::collections::HashSet;

use super::facts::Facts;
use super::finding::Finding;
use super::words::{file_name, shell, within};
use crate::model::Candidate;

/// The finding about a missing file, with the name under which it lies there, if one tells.
pub(super) fn told(finding: Finding, facts: &Facts, missing: &str) -> Finding {
    let Some(directory) = &facts.resolved.directory else { return finding };
    let Some(found) = find(&directory.names, &directory.candidates, file_name(missing)) else { return finding };
    let (name, sure) = match found {
        Found::Likeness(name) => (name, "it has another name here"),
        Found::Lone(name) => (name, "if this is the missing one, it was renamed without the other"),
    };
    let from = within(&directory.label, &name);
    let mut finding = finding.cause("renamed-file").evidence(format!("{name} lies there: {sure}"));
    finding.fixes.clear();
    finding.help("give it back its name").shell(format!("mv {} {}", shell(&from), shell(missing)))
}

/// How another name tells of the missing one.
#[derive(Debug, PartialEq)]
enum Found {
    /// It is the same but for its case, or for what copies, downloads and editors add.
    Likeness(String),
    /// It is the part of another checkpoint which lacks just the other part.
    Lone(String),
}

fn find(names: &[String], candidates: &[Candidate], missing: &str) -> Option<Found> {
    let like = |name: &&String| {
        let added = name.strip_prefix(missing).or_else(|| name.strip_suffix(missing).filter(|it| *it == "Copy of "));
        name.eq_ignore_ascii_case(missing)
            || added.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    // What a save that runs writes is no copy.
    let is_copy = |name: &&String| !name.contains(".tempstate") && !name.contains("_temp");
    if let Some(name) = names.iter().filter(is_copy).find(like) {
        return Some(Found::Likeness(name.clone()));
    }
    let (stem, part) = match missing.strip_suffix(".index") {
        Some(stem) => (stem, ".index".to_owned()),
        None => missing.split_once(".data-").map(|(stem, rest)| (stem, format!(".data-{rest}")))?,
    };
    let names: HashSet<&str> = names.iter().map(String::as_str).collect();
    let lacks_the_other = |candidate: &&Candidate| {
        let has_part = names.contains(format!("{}{part}", candidate.name).as_str());
        let has_other = if part == ".index" { !candidate.shards.is_empty() } else { candidate.index.is_some() };
        candidate.name != stem && has_part && !has_other
    };
    let mut lone = candidates.iter().filter(lacks_the_other);
    let found = lone.next().filter(|_| lone.next().is_none())?;
    Some(Found::Lone(format!("{}{part}", found.name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Shard;

    fn candidate(name: &str, index: bool, data: bool) -> Candidate {
        let shards = if data { vec![Shard { number: 0, of: 1, size: 9 }] } else { Vec::new() };
        Candidate { name: name.to_owned(), index: index.then_some(9), shards, meta: false, modified: None }
    }

    #[test]
    fn other_names() {
        let data = |stem: &str| format!("{stem}.data-00000-of-00001");
        let found = |names: &[&str], candidates: &[Candidate], missing: &str| {
            find(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), candidates, missing)
        };
        let like = |name: &str| Some(Found::Likeness(name.to_owned()));
        assert_eq!(found(&["CKPT-1.index"], &[], "ckpt-1.index"), like("CKPT-1.index"));
        assert_eq!(found(&["ckpt-1.index.txt"], &[], "ckpt-1.index"), like("ckpt-1.index.txt"));
        assert_eq!(found(&["Copy of ckpt-1.index"], &[], "ckpt-1.index"), like("Copy of ckpt-1.index"));
        assert_eq!(found(&["ckpt-1.index.tempstate77"], &[], "ckpt-1.index"), None);
        let (best, whole) = (candidate("best", false, true), candidate("ckpt-2", true, true));
        let names = [data("best"), data("ckpt-2")];
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let lone = Some(Found::Lone(data("best")));
        assert_eq!(found(&names, &[best.clone(), whole.clone()], &data("ckpt-1")), lone);
        assert_eq!(found(&names, &[whole], &data("ckpt-1")), None, "it has its own index");
        let other = candidate("last", false, true);
        let names = [data("best"), data("last")];
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(found(&names, &[best, other], &data("ckpt-1")), None, "either could be it");
    }
}
