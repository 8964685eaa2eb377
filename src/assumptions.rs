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
        let (one, many) = match kind {
            ContextKind::Request => ("request handler", "request handlers"),
            ContextKind::Event => ("event handler", "event handlers"),
            ContextKind::Timer => ("timer", "timers"),
            ContextKind::Exported => ("function offered to unknown callers", "functions offered to unknown callers"),
            ContextKind::Test => ("test block or hook", "test blocks and hooks"),
            ContextKind::Init => continue,
        };
        parts.push(counted(functions.len(), one, many));
    }
    let tests = analysis.tests.iter().filter(|&&is_test| is_test).count();
    if tests > 0 {
        parts.push(counted(tests, "test file", "test files"));
    }
    if parts.is_empty() { Vec::new() } else { vec![parts.join(", ")] }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
