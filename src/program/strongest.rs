//! One place gets one finding of a rule, with the strongest context: a function runs in several instances.

use std::collections::BTreeMap;

use crate::base::finding::{Confidence, ContextKind, Finding};
use crate::base::span::Span;
use crate::program::{Change, Program};

/// Findings by place, of which the strongest is kept.
#[derive(Default)]
pub struct Strongest<'c> {
    found: BTreeMap<Span, (Rank, Finding, Option<&'c Change>)>,
}

/// What makes a finding the one to keep: severity first, then context, then confidence.
type Rank = (crate::base::finding::Severity, Option<ContextKind>, Confidence);

impl<'c> Strongest<'c> {
    /// Offers a finding.
    pub fn offer(&mut self, finding: Finding) {
        self.keep(finding, None);
    }

    /// Offers a finding without its steps: they are looked for only if it is the one that is kept.
    pub fn offer_change(&mut self, finding: Finding, change: &'c Change) {
        self.keep(finding, Some(change));
    }

    fn keep(&mut self, finding: Finding, change: Option<&'c Change>) {
        let rank = (finding.severity, finding.context.as_ref().map(|(kind, _)| *kind), finding.confidence);
        match self.found.get(&finding.span) {
            Some((known, ..)) if *known >= rank => {}
            _ => {
                self.found.insert(finding.span, (rank, finding, change));
            }
        }
    }

    /// The kept findings, by place.
    pub fn into_findings(self, program: &Program<'_>) -> impl Iterator<Item = Finding> {
        self.found.into_values().map(|(_, mut finding, change)| {
            if let Some(change) = change {
                finding.steps = program.steps(change);
            }
            finding
        })
    }
}
