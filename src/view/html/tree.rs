//! Variables as a tree of layers, in which what is the same is only counted.

use maud::{Markup, html};

use crate::model::{Group, natural};

use crate::view::{count, plural};

/// Levels that are drawn; what lies deeper keeps its path. Names are as deep as a file says.
const DEEPEST: usize = 12;

/// Variables that are drawn: a browser shows no page with a million of them.
const MOST: usize = 5_000;

/// Scopes with at most this many leaves are open from the start.
const OPEN: usize = 40;

/// A variable in the tree.
pub(super) struct Leaf {
    /// Its name, cleaned, with a slash between scopes.
    pub name: String,
    /// The part of the checkpoint that it is drawn with.
    pub group: Group,
    /// What is to be said of it; none if it is as it was.
    pub mark: Option<Mark>,
}

/// What is to be said of a variable.
pub(super) struct Mark {
    /// One of the words that the style sheet has colours for.
    pub class: &'static str,
    /// What stands on the badge.
    pub word: String,
    /// Type and shape, before and after.
    pub kind: String,
    /// Where it was before, and whatever else.
    pub note: String,
    /// How much it changed, from 0 to 1.
    pub part: Option<f64>,
}

/// Draws the model, and what belongs to it to be unfolded. `same` is what is said of those without a mark:
/// `4 the same`.
pub(super) fn tree(mut leaves: Vec<Leaf>, same: &str) -> Markup {
    leaves.sort_by(|a, b| natural(&a.name, &b.name));
    let marked = leaves.iter().filter(|leaf| leaf.mark.is_some()).count();
    let mut room = MOST;
    let groups = [(Group::Model, "model"), (Group::Optimizer, "optimizer"), (Group::Bookkeeping, "bookkeeping")];
    let drawn = groups.map(|(group, title)| {
        let inside: Vec<&Leaf> = leaves.iter().filter(|leaf| leaf.group == group).collect();
        html! {
            @if !inside.is_empty() {
                details open[group == Group::Model] {
                    summary { strong { (title) } (badges(&inside)) }
                    (scope(&inside, 0, 0, same, &mut room))
                }
            }
        }
    });
    html! {
        div.tree { @for part in drawn { (part) } }
        @if marked > MOST { p.dim { (plural(marked.saturating_sub(MOST) as u64, "more variable")) " not drawn" } }
    }
}

/// What lies in a scope whose path takes `skip` bytes.
fn scope(leaves: &[&Leaf], skip: usize, level: usize, same: &str, room: &mut usize) -> Markup {
    let first = |leaf| inside(leaf, skip).filter(|_| level < DEEPEST);
    let mut parts = Vec::new();
    for part in leaves.chunk_by(|a, b| first(a).is_some() && first(a) == first(b)) {
        match part.first().and_then(|leaf| first(leaf)) {
            Some(name) => parts.push(inner(part, name, skip, level, same, room)),
            None => {
                for leaf in part {
                    if let Some(mark) = leaf.mark.as_ref().filter(|_| *room > 0) {
                        *room = room.saturating_sub(1);
                        parts.push(line(leaf.name.get(skip..).unwrap_or_default(), mark));
                    }
                }
            }
        }
    }
    let alike = leaves.iter().filter(|leaf| first(leaf).is_none() && leaf.mark.is_none()).count();
    html! {
        @for part in parts { (part) }
        @if alike > 0 { div.same { (count(alike as u64)) " " (same) } }
    }
}

/// The scope inside the first `skip` bytes of a name; none if the rest is the variable's own.
fn inside(leaf: &Leaf, skip: usize) -> Option<&str> {
    Some(leaf.name.get(skip..)?.split_once('/')?.0)
}

/// A scope: closed if nothing in it is marked, and then no more than a line.
fn inner(leaves: &[&Leaf], name: &str, skip: usize, level: usize, same: &str, room: &mut usize) -> Markup {
    let marked = leaves.iter().filter(|leaf| leaf.mark.is_some()).count();
    if marked == 0 {
        return html! { div.same { (name) "/ · " (count(leaves.len() as u64)) " " (same) } };
    }
    let skip = skip.saturating_add(name.len()).saturating_add(1);
    html! {
        details open[marked <= OPEN || level == 0] {
            summary {
                span.scope { (name) "/" }
                (badges(leaves))
            }
            (scope(leaves, skip, level.saturating_add(1), same, room))
        }
    }
}

/// How many are marked with each word.
fn badges(leaves: &[&Leaf]) -> Markup {
    let mut kinds: Vec<(&str, &str, usize)> = Vec::new();
    for mark in leaves.iter().filter_map(|leaf| leaf.mark.as_ref()) {
        match kinds.iter_mut().find(|(_, word, _)| *word == mark.word) {
            Some((_, _, number)) => *number = number.saturating_add(1),
            None => kinds.push((mark.class, &mark.word, 1)),
        }
    }
    html! { @for (class, word, number) in &kinds { span.badge.(*class) { (count(*number as u64)) " " (word) } } }
}

fn line(name: &str, mark: &Mark) -> Markup {
    html! {
        div.leaf {
            span.name { (name) }
            span.badge.(mark.class) { (mark.word) }
            span.kind { (mark.kind) }
            @if let Some(part) = mark.part {
                span.bar title=(mark.note) { span style={"width:" (format!("{:.1}", part.clamp(0.0, 1.0) * 100.0)) "%"} {} }
            }
            span.note { (mark.note) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(name: &str, word: &str) -> Leaf {
        let mark =
            Mark { class: "changed", word: word.to_owned(), kind: String::new(), note: String::new(), part: Some(0.5) };
        Leaf { name: name.to_owned(), group: Group::Model, mark: Some(mark).filter(|_| !word.is_empty()) }
    }

    #[test]
    fn what_is_the_same_is_counted() {
        let leaves = vec![leaf("a/b/kernel", "changed"), leaf("a/b/bias", ""), leaf("a/c/kernel", ""), leaf("d", "")];
        let drawn = tree(leaves, "the same").into_string();
        assert_eq!(drawn.matches("<details").count(), 3, "the model, a and a/b: {drawn}");
        assert_eq!(drawn.matches("class=\"leaf\"").count(), 1, "{drawn}");
        assert!(drawn.contains("c/ · 1 the same"), "{drawn}");
    }

    #[test]
    fn names_are_as_deep_as_a_file_says() {
        let deep = "a/".repeat(5_000);
        let drawn = tree(vec![leaf(&deep, "changed")], "the same").into_string();
        assert_eq!(drawn.matches("<details").count(), DEEPEST + 1);
        let many = (0..MOST + 7).map(|number| leaf(&format!("v{number}"), "new")).collect();
        let drawn = tree(many, "the same").into_string();
        assert_eq!(drawn.matches("class=\"leaf\"").count(), MOST);
        assert!(drawn.contains("7 more variables not drawn"));
    }

    #[test]
    fn names_are_text() {
        let drawn = tree(vec![leaf("<script>alert(1)</script>", "new")], "the same").into_string();
        assert!(!drawn.contains("<script"), "{drawn}");
    }
}
