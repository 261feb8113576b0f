//! Names that are alike, weighed all at once.

use foldhash::{HashMap, HashMapExt};

use super::Proof;
use super::assign::assign;
use super::matching::{Matching, Side};
use super::rewrite::buckets;
use super::tree::{NodeId, canonical, hash};
use super::walk::Walk;
use crate::model::VariableId;

/// What is weighed at once, at the most, of either side.
const GROUP: usize = 64;
/// How alike names must be, in percent.
pub(super) const ENOUGH: u32 = 50;
/// By how much a pair must be better than any other choice.
const MARGIN: u32 = 8;

/// Links what is left by the likeness of names: whole children of scopes first, then single variables
/// that were moved between scopes.
pub(super) fn assigned(walk: &mut Walk, matching: &mut Matching) {
    let mut next = 0;
    while let Some(&(x, y, _)) = walk.scopes.get(next) {
        next = next.saturating_add(1);
        let (a, b) = (walk.sure(Side::Old, x, matching), walk.sure(Side::New, y, matching));
        if a.is_empty() || b.is_empty() {
            continue;
        }
        for by_content in [true, false] {
            let mut groups: HashMap<u64, [Vec<NodeId>; 2]> = HashMap::new();
            for (at, (side, list)) in [(Side::Old, &a), (Side::New, &b)].into_iter().enumerate() {
                for node in list.iter().filter(|node| walk.partner(side, **node).is_none()) {
                    let Some(of) = walk.tree(side).node(*node) else { continue };
                    // What a variable is called is what is weighed.
                    let form = of.variable.and_then(|variable| matching.form(side, variable)).map(hash);
                    let key = if by_content { form.unwrap_or(of.content) } else { of.kinds };
                    if let Some(list) = groups.entry(key).or_default().get_mut(at) {
                        list.push(*node);
                    }
                }
            }
            let mut groups: Vec<[Vec<NodeId>; 2]> =
                groups.into_values().filter(|[a, b]| !a.is_empty() && !b.is_empty()).collect();
            groups.sort();
            for [a, b] in groups {
                weigh(walk, matching, &a, &b, by_content);
            }
        }
        walk.same_names(matching);
    }
    moved(walk, matching);
}

/// Assigns within one group; what could be several is said to be in doubt.
fn weigh(walk: &mut Walk, matching: &mut Matching, a: &[NodeId], b: &[NodeId], same_content: bool) {
    let mut chosen = Vec::new();
    if a.len() <= GROUP && b.len() <= GROUP {
        let scores: Vec<Vec<u32>> =
            a.iter().map(|x| b.iter().map(|y| likeness(walk.old.part(*x), walk.new.part(*y))).collect()).collect();
        chosen = sure(&scores);
    }
    for (i, j, score) in &chosen {
        if let (Some(x), Some(y)) = (a.get(*i), b.get(*j)) {
            walk.link(*x, *y, Proof::Likeness(u8::try_from(*score).unwrap_or(100)), matching);
        }
    }
    let rest = |side, nodes: &[NodeId]| -> Vec<NodeId> {
        nodes.iter().copied().filter(|node| walk.partner(side, *node).is_none()).collect()
    };
    let (old, new) = (rest(Side::Old, a), rest(Side::New, b));
    if same_content && old.len().max(new.len()) > 1 && !old.is_empty() && !new.is_empty() {
        walk.doubt(old, new);
    }
}

/// The pairs of the best assignment that are good enough, and better than any other choice.
fn sure(scores: &[Vec<u32>]) -> Vec<(usize, usize, u32)> {
    let columns = scores.first().map_or(0, Vec::len);
    let best = |row: usize, column: usize| {
        let of_row = scores.get(row).into_iter().flatten().enumerate().filter(|(j, _)| *j != column).map(|(_, s)| *s);
        let of_column =
            scores.iter().enumerate().filter(|(i, _)| *i != row).filter_map(|(_, list)| list.get(column).copied());
        of_row.chain(of_column).max().unwrap_or(0)
    };
    assign(scores, columns)
        .into_iter()
        .filter_map(|(i, j)| Some((i, j, *scores.get(i)?.get(j)?)))
        .filter(|(i, j, score)| *score >= ENOUGH && *score >= best(*i, *j).saturating_add(MARGIN))
        .collect()
}

/// A variable, with the names on the way to it.
type Way<'a> = (VariableId, Vec<&'a str>);

/// Variables of one scope and leaf that are alone on both sides, in scopes whose names are alike.
fn moved(walk: &mut Walk, matching: &mut Matching) {
    for (x, y, a, b) in buckets(walk, matching) {
        let way = |side: Side, scope: NodeId, id: VariableId| -> Option<Vec<&str>> {
            let tree = walk.tree(side);
            let leaf = tree.leaf_of(id)?;
            Some(tree.upwards(leaf).take_while(|at| *at != scope).map(|at| tree.part(at)).collect())
        };
        let mut groups: HashMap<_, [Vec<Way>; 2]> = HashMap::new();
        for (at, (side, scope, list)) in [(Side::Old, x, &a), (Side::New, y, &b)].into_iter().enumerate() {
            for id in list.iter().filter(|id| matching.open(side, **id)) {
                let Some((way, form)) = way(side, scope, *id).zip(matching.form(side, *id)) else { continue };
                let Some(leaf) = way.first().map(|leaf| canonical(leaf)) else { continue };
                // Beside it must be what was beside it: a bias alone is like any other.
                let tree = walk.tree(side);
                let layer = tree.leaf_of(*id).and_then(|leaf| tree.node(tree.node(leaf)?.parent));
                let beside = layer.map_or(0, |layer| layer.kinds);
                if let Some(list) = groups.entry((leaf, form, beside)).or_default().get_mut(at) {
                    list.push((*id, way));
                }
            }
        }
        let mut pairs = Vec::new();
        for [a, b] in groups.into_values().filter(|[a, b]| !a.is_empty() && !b.is_empty()) {
            if a.len() > GROUP || b.len() > GROUP {
                continue;
            }
            let score = |a: &[&str], b: &[&str]| {
                let [a, b] = [a, b].map(|way| way.iter().skip(1).rev().copied().collect::<Vec<&str>>());
                if a.len() != b.len() {
                    return likeness(&a.join("/"), &b.join("/"));
                }
                // The least alike part decides; the leaves are known to be alike.
                a.iter().zip(&b).map(|(a, b)| likeness(a, b)).min().unwrap_or(100)
            };
            let scores: Vec<Vec<u32>> = a.iter().map(|(_, x)| b.iter().map(|(_, y)| score(x, y)).collect()).collect();
            for (i, j, score) in sure(&scores) {
                if let (Some((a, _)), Some((b, _))) = (a.get(i), b.get(j)) {
                    pairs.push((*a, *b, Proof::Likeness(u8::try_from(score).unwrap_or(100))));
                }
            }
        }
        for (a, b, proof) in pairs {
            matching.pair(a, b, proof);
        }
    }
    walk.learn(matching);
    walk.same_names(matching);
}

/// How alike two parts of names are, in percent: by letters, and by words of which one begins the other
/// (`enc` and `encoder`). Numbers are no letters: equal ones speak for it, others against it.
pub(super) fn likeness(a: &str, b: &str) -> u32 {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    if a == b {
        return 100;
    }
    let ((words_a, numbers_a), (words_b, numbers_b)) = (words(&a), words(&b));
    let (plain_a, plain_b) = (words_a.join("_"), words_b.join("_"));
    if plain_a == plain_b && !numbers_a.is_empty() && !numbers_b.is_empty() && numbers_a != numbers_b {
        // Block 0 and block 4: the number is what tells one from the other.
        return 0;
    }
    let letters = percent(strsim::normalized_damerau_levenshtein(&plain_a, &plain_b));
    let begins = |x: &str, y: &str| x == y || x.starts_with(y) && y.len() > 1 || y.starts_with(x) && x.len() > 1;
    let found = words_a.iter().filter(|x| words_b.iter().any(|y| begins(x, y))).count();
    let most = words_a.len().max(words_b.len()).max(1);
    let by_words = u32::try_from(found.saturating_mul(90).checked_div(most).unwrap_or(0)).unwrap_or(0);
    let told = same_meaning(&plain_a, &plain_b).max(initial(&plain_a, &plain_b));
    let score = letters.max(by_words).max(told).min(99);
    match (numbers_a.is_empty(), numbers_b.is_empty()) {
        (true, true) => score,
        (false, false) if numbers_a == numbers_b => score.saturating_add(25).min(99),
        (false, false) => score.saturating_sub(30),
        _ => score.saturating_sub(10),
    }
}

/// The words of a name, and its numbers.
fn words(name: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut words, mut numbers) = (Vec::new(), Vec::new());
    for part in name.split(|c: char| !c.is_alphanumeric()) {
        let mut rest = part;
        while let Some(first) = rest.chars().next() {
            let digit = first.is_ascii_digit();
            let end = rest.find(|c: char| c.is_ascii_digit() != digit).unwrap_or(rest.len());
            let (piece, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
            if digit {
                numbers.push(piece)
            } else {
                words.push(piece)
            }
            rest = behind;
        }
    }
    (words, numbers)
}

/// Words that people use for one thing.
fn same_meaning(a: &str, b: &str) -> u32 {
    let [a, b] = [a, b].map(|name| name.strip_suffix("_layer").or(name.strip_prefix("layer_")).unwrap_or(name));
    const WORDS: [&[&str]; 6] = [
        &["fc", "dense", "linear", "proj", "projection", "fully_connected"],
        &["head", "classifier", "logits", "output", "out", "predictions", "classes", "labels"],
        &["emb", "embed", "embedding", "embeddings", "tokens"],
        &["bn", "norm", "batchnorm", "batch_norm", "batch_normalization"],
        &["ln", "norm", "layernorm", "layer_norm", "layer_normalization"],
        &["attn", "attention", "self_attention", "mha"],
    ];
    if WORDS.iter().any(|words| words.contains(&a) && words.contains(&b)) { 70 } else { 0 }
}

/// A name of one letter that another begins with: `g` and `gamma`.
fn initial(a: &str, b: &str) -> u32 {
    let is_of = |letter: &str, word: &str| letter.len() == 1 && word.starts_with(letter);
    if is_of(a, b) || is_of(b, a) { 60 } else { 0 }
}

fn percent(share: f64) -> u32 {
    // From 0 to 100: within what a u32 holds.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of one, times 100")]
    let percent = (share * 100.0) as u32;
    percent
}
