use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn lines(names: &[&str]) -> Vec<String> {
    collapse(names.len(), |id| names[id].into(), |_| ()).into_iter().map(|line| line.pattern).collect()
}

fn texts(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let names: Vec<String> = names.into_iter().collect();
    lines(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

/// All names that a pattern denotes: an independent reading of the notation.
fn expand(pattern: &str) -> Vec<String> {
    let Some((before, rest)) = pattern.split_once('{') else { return vec![pattern.to_owned()] };
    let (inside, after) = rest.split_once('}').unwrap();
    let texts = inside.split(',').flat_map(|text| match text.split_once("..") {
        Some((a, b)) => {
            let width = if a.starts_with('0') { a.len() } else { 0 };
            (a.parse::<u64>().unwrap()..=b.parse().unwrap()).map(|n| format!("{n:0width$}")).collect()
        }
        None => vec![text.to_owned()],
    });
    let after = expand(after);
    let join = |text: String| after.iter().map(move |after| format!("{before}{text}{after}")).collect::<Vec<_>>();
    texts.flat_map(join).collect()
}

#[test]
fn repeated_layers() {
    let words = ["query", "key", "value"];
    let names = (0..12).flat_map(|i| words.map(|word| format!("bert/layer_{i}/self/{word}/kernel")));
    assert_eq!(texts(names), ["bert/layer_{0..11}/self/{query,key,value}/kernel"]);
    let names = (0..2).flat_map(|i| (0..5).map(move |j| format!("block_{i}/conv{j}/w")));
    assert_eq!(texts(names), ["block_{0,1}/conv{0..4}/w"]);
    assert_eq!(lines(&["dense_1/kernel", "dense_2/kernel"]), ["dense_1/kernel", "dense_2/kernel"]);
}

/// A summary must not be less precise than what it sums up.
#[test]
fn gaps_are_shown() {
    let names = (0..24).filter(|i| *i != 7).map(|i| format!("layer.{i}.w"));
    assert_eq!(texts(names), ["layer.{0..6,8..23}.w"]);
    let key_7 = |name: &String| name != "l_7/key/w";
    let names = (0..12).flat_map(|i| ["key", "query", "value"].map(|word| format!("l_{i}/{word}/w"))).filter(key_7);
    assert_eq!(texts(names), ["l_{0..6,8..11}/key/w", "l_{0..11}/{query,value}/w"]);
    let stages = [3, 4, 6, 3].into_iter().enumerate();
    let names = stages.flat_map(|(stage, blocks)| (0..blocks).map(move |block| format!("s{stage}/b{block}/w")));
    assert_eq!(texts(names), ["s{0,3}/b{0..2}/w", "s1/b{0..3}/w", "s2/b{0..5}/w"]);
}

#[test]
fn leading_zeros() {
    assert_eq!(texts((0..120).map(|i| format!("b_{i:03}/w"))), ["b_{000..119}/w"]);
    assert_eq!(texts((7..13).map(|i| format!("b_{i:02}"))), ["b_{07..12}"]);
    assert_eq!(texts((98..102).map(|i| format!("b_{i:02}"))), ["b_{98..101}"]);
    assert_eq!(texts((5..102).map(|i| format!("b_{i:02}"))), ["b_{05..99,100,101}"]);
    assert_eq!(lines(&["a_01", "a_1", "a_2"]), ["a_{1,01,2}"]);
}

/// Words are worth a line together while they can be read.
#[test]
fn many_words_stay_apart() {
    let word = |i: u8| char::from(b'a' + i).to_string().repeat(4);
    let names = (0..3).flat_map(|i| (0..12).map(move |j| format!("l_{i}/{}/w", word(j))));
    assert_eq!(texts(names).len(), 12);
}

#[test]
fn what_is_not_alike_stays_apart() {
    let names = ["head.0.w", "head.1.w", "head.2.w"];
    let patterns: Vec<String> =
        collapse(3, |id| names[id].into(), |id| id == 1).into_iter().map(|line| line.pattern).collect();
    assert_eq!(patterns, names);
    for apart in [["a{1}", "a{2}", "a{3}"], ["a,1", "a,2", "a,3"], ["a/1", "a/1", "a/1"]] {
        assert_eq!(lines(&apart), apart);
    }
    let long = "12345678901234567890";
    let names = [1, 2, 3].map(|i| format!("a_{long}{i}"));
    assert_eq!(texts(names.clone()), names);
}

proptest! {
    /// Every name is denoted by exactly one line of its kind, and no line denotes anything else;
    /// also where a name comes twice, and in any order.
    #[test]
    fn exact(names in prop::collection::vec(("[ab]/[xy]_[0-3]{1,2}/[0-4](/[kq{,])?", 0..2u8), 0..120)) {
        let mut seen = BTreeSet::new();
        let mut firsts = Vec::new();
        for line in collapse(names.len(), |id| names[id].0.as_str().into(), |id| names[id].1) {
            let (_, like) = names[line.members[0]];
            prop_assert!(line.members.iter().all(|id| names[*id].1 == like && seen.insert(*id)));
            prop_assert!(line.members.is_sorted());
            firsts.push(line.members[0]);
            let mut members: Vec<String> = line.members.iter().map(|id| names[*id].0.clone()).collect();
            let mut denoted = if members.len() == 1 { vec![line.pattern] } else { expand(&line.pattern) };
            members.sort();
            denoted.sort();
            prop_assert_eq!(denoted, members);
        }
        prop_assert!(firsts.is_sorted());
        prop_assert_eq!(seen.len(), names.len());
    }
}
