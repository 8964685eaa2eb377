//! Near copies of test code in production code.

use crate::base::span::Span;
use crate::syntax::facts::FunctionId;

/// A near copy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Copy {
    /// The copied statements in production code.
    pub production: Span,
    /// Their function.
    pub production_function: FunctionId,
    /// The test's statements.
    pub test: Span,
    /// Their function.
    pub test_function: FunctionId,
    /// Percent of the test region's weight that is matched.
    pub score: u32,
}

/// Near copies of the functions around the wanted writes.
pub fn find(
    _facts: &crate::base::index::IndexVec<crate::base::source::FileId, crate::syntax::facts::ModuleFacts>,
    _tests: &crate::base::index::IndexVec<crate::base::source::FileId, bool>,
    _wanted: &[(crate::base::source::FileId, crate::base::span::ByteRange)],
) -> Vec<Copy> {
    Vec::new()
}
