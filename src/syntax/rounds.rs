//! Facts of loops: their rounds may repeat when the function around them runs once.

use crate::base::span::ByteRange;
use crate::syntax::facts::{FunctionId, ValueId};

/// A loop that may wait in its rounds for as long as the process lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Loop {
    /// The function in which it stands.
    pub function: FunctionId,
    /// When it ends.
    pub end: LoopEnd,
    /// The loop's statement.
    pub range: ByteRange,
    /// Whether it awaits at all: what does not only blocks.
    pub awaits: bool,
    /// Whether nothing in it breaks out or returns.
    pub is_whole: bool,
    /// Whether nothing comes after it in its function.
    pub is_last: bool,
}

/// When a loop ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum LoopEnd {
    /// Never by itself: `for (;;)`, `while (true)`.
    Never,
    /// When a flag says so that nothing in it sets: `while (!this.closed)`.
    WhenTold,
    /// When what `for await` takes its values from does.
    OfSource(ValueId),
}
