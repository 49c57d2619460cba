//! The answer of `walbound check`.

use crate::barman::TargetTimeline;
use crate::facts::{Target, TargetVerdict};

/// A judged target and what was asked.
#[derive(Debug, Clone, Copy)]
pub struct CheckReport<'a> {
    /// The archive, as the user named it.
    pub url: &'a str,
    /// The server name.
    pub server_name: &'a str,
    /// Where the recovery is to end.
    pub target: &'a Target,
    /// The timeline asked for.
    pub timeline: TargetTimeline,
    /// The answer.
    pub verdict: &'a TargetVerdict,
}

/// A timeline as `recovery_target_timeline` takes it.
pub(super) fn timeline_word(timeline: TargetTimeline) -> String {
    match timeline {
        TargetTimeline::Latest => "latest".to_owned(),
        TargetTimeline::Current => "current".to_owned(),
        TargetTimeline::Exactly(number) => number.to_string(),
    }
}
