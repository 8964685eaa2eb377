//! Every limit of the heap analysis: one definition each, counted when it is hit.

/// A node with more objects holds "many": it takes no more, and writes through it are not reported. What a load or call
/// costs is the product of such sets, so that projects that mix everything in a few places take four times the work with
/// twice the cap.
pub const MANY: usize = 16;
/// A node with more functions takes no more, though it holds many objects.
pub const MANY_FUNCTIONS: usize = 32;
/// Of what an object has under unknown keys, reading a property by name gets at most so many objects.
pub const MIXED: usize = 8;
/// The same for functions.
pub const MIXED_FUNCTIONS: usize = 16;
/// A node with more strings keeps only that there are more.
pub const STRINGS: usize = 16;
/// Parts of a string pattern; a longer one is cut to a hole.
pub const PATTERN_PARTS: usize = 16;
/// Bytes of text in a string pattern; what comes after them is a hole. A string that is added to itself doubles.
pub const TEXT: usize = 4_096;
/// Instances of one function that are made for single call sites.
pub const CLONES: u32 = 64;
/// How many wrappers (`bind`, `call`, a debouncer) are followed from one call.
pub const HOPS: u8 = 8;
/// Arguments of a call of a bound function that are told apart.
pub const BOUND: usize = 16;
/// Objects into which the properties of one are copied one by one; later copies do not tell its properties apart.
pub const COPIES: usize = 16;
/// Receivers of one call by `call` or `apply` that are told apart.
pub const RECEIVERS: usize = 16;
/// How deep call-site clones nest.
pub const CLONE_DEPTH: u8 = 2;
/// Levels of objects that are looked into for callbacks and exported functions.
pub const DEPTH: u8 = 6;
/// Units of work (values moved, listeners called) that the solver does for each byte of source, at least
/// [`LEAST_WORK`].
pub const WORK_PER_BYTE: u64 = 8;
/// What the solver may grow to, in bytes, roughly: a project that needs more is analysed in part, and that is said.
pub const FOOTPRINT: usize = 1_150 << 20;
/// Objects that inherit, or are copies, one of another: a longer chain is not followed to its end.
pub const INHERITED: usize = 4_000;
/// Units of work up chains of prototypes and copies in one step.
pub const CLIMBED: u64 = 200_000;
/// The least budget of work.
pub const LEAST_WORK: u64 = 70_000_000;

/// How often each limit was hit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// Nodes that hold many objects.
    pub many: u32,
    /// Nodes whose strings were widened.
    pub strings: u32,
    /// Functions that reached their clones' cap.
    pub clones: u32,
    /// Whether the budget of work was spent.
    pub work: bool,
    /// Whether a chain of prototypes or copies was too long.
    pub depth: bool,
}

impl Hits {
    /// What a user is told: only limits that lose more than precision.
    pub fn said(self) -> impl Iterator<Item = &'static str> {
        let work = self.work.then_some("the budget of the heap analysis was spent: some flows were not followed");
        let depth = self
            .depth
            .then_some("objects inherit from one another, or are copied, in chains too long to follow to their ends");
        work.into_iter().chain(depth)
    }
}
