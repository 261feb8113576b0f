//! What a restore would be good for.

use serde::Serialize;

use crate::restore::{Goal, Goals, Reached, Verdict};

/// Null without a program to restore into.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct GoalsRow<'a> {
    loader: Option<&'static str>,
    by_name: bool,
    skip_mismatch: bool,
    exact: VerdictRow<'a>,
    resume: VerdictRow<'a>,
    finetune: VerdictRow<'a>,
    infer: VerdictRow<'a>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct VerdictRow<'a> {
    ok: bool,
    known: bool,
    reasons: &'a [String],
}

impl<'a> GoalsRow<'a> {
    pub fn new(goals: &'a Goals) -> Self {
        let of = |goal: Goal| {
            let verdict = goals.verdicts.iter().find(|verdict: &&Verdict| verdict.goal == goal);
            VerdictRow {
                ok: verdict.is_some_and(Verdict::ok),
                known: verdict.is_some_and(|verdict| verdict.answer != Reached::Unknown),
                reasons: verdict.map_or(&[], |verdict| verdict.reasons.as_slice()),
            }
        };
        Self {
            loader: goals.loader.map(|loader| loader.word()),
            by_name: goals.options.by_name,
            skip_mismatch: goals.options.skip_mismatch,
            exact: of(Goal::Exact),
            resume: of(Goal::Resume),
            finetune: of(Goal::Finetune),
            infer: of(Goal::Infer),
        }
    }
}
