//! Two checkpoints held against each other: which variable is which.

mod inputs;

use ckpt::compare::align::align;
use ckpt::compare::change::changes;
use divan::Bencher;
use divan::counter::ItemsCount;
use inputs::{WIDTHS, name, open, wide};

fn main() {
    divan::main();
}

fn against(bencher: Bencher, variables: usize, other: impl Fn(usize) -> String) {
    let (old, new) = (open(&wide(variables, name)), open(&wide(variables, other)));
    bencher.counter(ItemsCount::new(variables)).bench(|| changes(&old, &new, &align(&old, &new)));
}

#[divan::bench(args = WIDTHS)]
fn the_same_names(bencher: Bencher, variables: usize) {
    against(bencher, variables, name);
}

/// One variable in twenty has another name.
#[divan::bench(args = WIDTHS)]
fn some_renamed(bencher: Bencher, variables: usize) {
    let renamed = |n: usize| if n / 9 % 20 == 7 { name(n).replace("layer_", "dense_") } else { name(n) };
    against(bencher, variables, renamed);
}

/// Every variable lies in another scope.
#[divan::bench(args = WIDTHS)]
fn all_renamed(bencher: Bencher, variables: usize) {
    against(bencher, variables, |n| name(n).replace("encoder/", "model/backbone/"));
}
