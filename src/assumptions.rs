//! What a run assumed, in words: which roots it knows, and how many.

use std::collections::BTreeMap;

use crate::base::finding::ContextKind;
use crate::driver::Analysis;

/// A line for each kind of root.
pub(crate) fn assumptions(analysis: &Analysis) -> Vec<String> {
    let mut counts: BTreeMap<ContextKind, std::collections::BTreeSet<_>> = BTreeMap::new();
    for root in &analysis.heap.record.roots {
        let key = analysis.heap.instance(root.instance).key;
        if let Some(kind) = root.cause.kind {
            counts.entry(kind).or_default().insert((key.file, key.function));
        }
    }
    let mut parts = Vec::new();
    for (kind, functions) in counts.iter().rev() {
        let word = match kind {
            ContextKind::Request => "request handlers",
            ContextKind::Event => "event handlers",
            ContextKind::Timer => "timers",
            ContextKind::Exported => "functions offered to unknown callers",
            ContextKind::Test => "test blocks and hooks",
            ContextKind::Init => continue,
        };
        parts.push(format!("{} {word}", functions.len()));
    }
    let tests = analysis.tests.iter().filter(|&&is_test| is_test).count();
    if tests > 0 {
        parts.push(format!("{tests} test files"));
    }
    if parts.is_empty() { Vec::new() } else { vec![parts.join(", ")] }
}
