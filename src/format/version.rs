//! The version of the format that a checkpoint names, and whom it allows to read it.

use crate::bytes::FaultKind;
use crate::proto::bundle::Version;

/// TensorFlow's own version of both formats; it has never changed.
const OWN: i32 = 1;

/// What is wrong if TensorFlow refuses a checkpoint of this version.
pub(super) fn refused(version: &Version) -> Option<FaultKind> {
    let disallows_current = version.bad_consumers.contains(&OWN);
    let refused = version.min_consumer > OWN || disallows_current;
    refused.then_some(FaultKind::VersionRefused { min_consumer: version.min_consumer, disallows_current })
}
