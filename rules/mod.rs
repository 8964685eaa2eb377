//! What is wrong: the rules, each a question to the solved program.
//!
//! A rule is a file `x.rs` with its `RULE` and a page `x.md` beside it, which users read and tests run. To add one, write
//! the two files, and declare and list it here; `cargo test` says what is missing. What a rule needs to know it asks
//! [`Program`]: if it can't be asked, a method is missing there.

mod blocking_require;
mod copied_test_mutation;
mod cross_request_state;
mod foreign_mutation;
mod listener_leak;
pub mod models;
mod module_reload_leak;
mod test_mutation;
mod unbounded_growth;
mod unresolved_require;
mod unused_suppression;

use crate::base::finding::{Finding, Severity, SuppressionUse};
use crate::program::Program;

/// Something that modleak can find.
pub struct Rule {
    /// As users write it.
    pub name: &'static str,
    /// The strongest that it gives by default.
    pub severity: Severity,
    /// The Markdown beside the file; its first paragraph is the summary.
    pub page: &'static str,
    /// How it finds.
    pub check: Check,
}

/// How a rule finds.
pub enum Check {
    /// By asking the program.
    Program(fn(&Program<'_>, &mut Vec<Finding>)),
    /// By judging suppression comments.
    Suppressions(fn(&[SuppressionUse]) -> Vec<Finding>),
}

/// All rules, in the order in which they are listed.
pub static RULES: &[&Rule] = &[
    &unbounded_growth::RULE,
    &foreign_mutation::RULE,
    &cross_request_state::RULE,
    &listener_leak::RULE,
    &module_reload_leak::RULE,
    &blocking_require::RULE,
    &test_mutation::RULE,
    &copied_test_mutation::RULE,
    &unresolved_require::RULE,
    &unused_suppression::RULE,
];

impl Rule {
    /// The first paragraph of the page, on one line.
    pub fn summary(&self) -> String {
        let paragraph = self.page.split("\n\n").nth(1).unwrap_or_default();
        paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" ")
    }
}
