//! Keys, where the object graph of one side is lost.

use super::Proof;
use super::matching::Matching;

/// Pairs by key what nothing else can be known of. Where both graphs are there, a key proves nothing:
/// `optimizer/_trainable_variables/0` of two programs can be two variables.
pub(super) fn settle(matching: &mut Matching) {
    let (old, new) = (matching.old, matching.new);
    if old.flavor != new.flavor || old.graph.is_some() == new.graph.is_some() {
        return;
    }
    for (id, (_, entry)) in old.pairs().enumerate() {
        if let Some((other, _)) = new.find(entry.key.bytes()) {
            let same_name = old.variables.get(id).map(|v| &v.name) == new.variables.get(other).map(|v| &v.name);
            matching.pair(id, other, if same_name { Proof::SameName } else { Proof::SameKey });
        }
    }
}
