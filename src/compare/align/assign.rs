//! The best way to pair two small groups: the Hungarian method.

/// Pairs of rows and columns with the greatest sum of scores; `columns` is how many there are.
pub(super) fn assign(scores: &[Vec<u32>], columns: usize) -> Vec<(usize, usize)> {
    let size = scores.len().max(columns);
    let most = scores.iter().flatten().copied().max().unwrap_or(0);
    // What is missing to be square costs as much as the worst pair.
    let cost = |row: usize, column: usize| {
        let score = scores.get(row).and_then(|list| list.get(column)).copied().unwrap_or(0);
        i64::from(most.saturating_sub(score))
    };
    let mut matched: Vec<Option<usize>> = vec![None; size];
    let (mut of_row, mut of_column) = (vec![0i64; size], vec![0i64; size]);
    for row in 0..size {
        let mut slack = vec![(i64::MAX, None); size];
        let mut visited = vec![false; size];
        let (mut at, mut last) = (row, None);
        let free = loop {
            for column in 0..size {
                if visited.get(column) != Some(&false) {
                    continue;
                }
                let of = |list: &[i64], at: usize| list.get(at).copied().unwrap_or(0);
                let left = cost(at, column).saturating_sub(of(&of_row, at)).saturating_sub(of(&of_column, column));
                if let Some(entry) = slack.get_mut(column).filter(|entry| left < entry.0) {
                    *entry = (left, last);
                }
            }
            let open = (0..size).filter(|column| visited.get(*column) == Some(&false));
            let Some(next) = open.min_by_key(|column| slack.get(*column).map_or(i64::MAX, |entry| entry.0)) else {
                break None;
            };
            let step = slack.get(next).map_or(0, |entry| entry.0);
            for column in 0..size {
                if visited.get(column) == Some(&true) {
                    shift(&mut of_column, column, step.saturating_neg());
                    if let Some(owner) = matched.get(column).copied().flatten() {
                        shift(&mut of_row, owner, step);
                    }
                } else if let Some(entry) = slack.get_mut(column) {
                    entry.0 = entry.0.saturating_sub(step);
                }
            }
            shift(&mut of_row, row, step);
            if let Some(mark) = visited.get_mut(next) {
                *mark = true;
            }
            match matched.get(next).copied().flatten() {
                Some(owner) => (at, last) = (owner, Some(next)),
                None => break Some(next),
            }
        };
        let mut column = free;
        while let Some(to) = column {
            let from = slack.get(to).and_then(|entry| entry.1);
            let owner = from.map_or(Some(row), |from| matched.get(from).copied().flatten());
            if let Some(slot) = matched.get_mut(to) {
                *slot = owner;
            }
            column = from;
        }
    }
    let pairs = matched.into_iter().enumerate().filter_map(|(column, row)| Some((row?, column)));
    let mut pairs: Vec<(usize, usize)> =
        pairs.filter(|(row, column)| *row < scores.len() && *column < columns).collect();
    pairs.sort_unstable();
    pairs
}

fn shift(list: &mut [i64], at: usize, by: i64) {
    if let Some(value) = list.get_mut(at) {
        *value = value.saturating_add(by);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The greatest sum, by trying all.
    fn best(scores: &[Vec<u32>], row: usize, taken: &mut Vec<usize>) -> u32 {
        let Some(list) = scores.get(row) else { return 0 };
        let mut most = best(scores, row + 1, taken);
        for (column, score) in list.iter().enumerate() {
            if !taken.contains(&column) {
                taken.push(column);
                most = most.max(score + best(scores, row + 1, taken));
                taken.pop();
            }
        }
        most
    }

    proptest! {
        #[test]
        fn is_the_best(rows in 1usize..6, columns in 1usize..6, seed in proptest::collection::vec(0u32..100, 36)) {
            let scores: Vec<Vec<u32>> =
                (0..rows).map(|i| (0..columns).map(|j| seed[i * 6 + j]).collect()).collect();
            let pairs = assign(&scores, columns);
            prop_assert_eq!(pairs.len(), rows.min(columns));
            let sum: u32 = pairs.iter().map(|(i, j)| scores[*i][*j]).sum();
            prop_assert_eq!(sum, best(&scores, 0, &mut Vec::new()));
        }
    }
}
