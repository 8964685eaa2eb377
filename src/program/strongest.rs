//! One place gets one finding of a rule, with the strongest context: a function runs in several instances.

use std::collections::BTreeMap;

use crate::base::finding::{Confidence, ContextKind, Finding};
use crate::base::span::Span;

/// Findings by place, of which the strongest is kept.
#[derive(Default)]
pub struct Strongest {
    found: BTreeMap<Span, (Rank, Finding)>,
}

/// What makes a finding the one to keep: severity first, then context, then confidence.
type Rank = (crate::base::finding::Severity, Option<ContextKind>, Confidence);

impl Strongest {
    /// Offers a finding.
    pub fn offer(&mut self, finding: Finding) {
        let rank = (finding.severity, finding.context.as_ref().map(|(kind, _)| *kind), finding.confidence);
        match self.found.get(&finding.span) {
            Some((known, _)) if *known >= rank => {}
            _ => {
                self.found.insert(finding.span, (rank, finding));
            }
        }
    }

    /// The kept findings, by place.
    pub fn into_findings(self) -> impl Iterator<Item = Finding> {
        self.found.into_values().map(|(_, finding)| finding)
    }
}
