//! Functions in context. An instance is a function together with what its analysis depends on: the instance whose
//! closure it is, whether that environment and `this` were reached as module-lifetime, whether it runs while modules
//! load or may repeat, and, for factories and helpers, the call site.

use crate::base::source::FileId;
use crate::heap::graph::NodeId;
use crate::heap::object::{InstanceId, Lifetime};
use crate::syntax::facts::{CallId, FunctionId, ValueId};

/// The one bit of context that the heap itself keeps apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Phase {
    /// While modules load.
    Init,
    /// In something that repeats.
    Repeat,
}

/// What tells the instances of a function apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct InstanceKey {
    /// The file.
    pub file: FileId,
    /// The function.
    pub function: FunctionId,
    /// The instance that made the closure; none for a module's body.
    pub parent: Option<InstanceId>,
    /// How the closure was reached, and so its environment.
    pub environment: Lifetime,
    /// How `this` was reached.
    pub this: Lifetime,
    /// When it runs.
    pub phase: Phase,
    /// The call site, for a factory's or helper's clone.
    pub site: Option<(InstanceId, CallId)>,
}

/// A function in one context, with its own copy of the function's value nodes.
#[derive(Clone, Debug)]
pub struct Instance {
    /// What tells it apart.
    pub key: InstanceKey,
    /// Its first node; node `n` of the function is `base + n`.
    pub base: NodeId,
    /// How many call-site clones it is nested in.
    pub clone_depth: u8,
}

impl Instance {
    /// The node of one of its function's values.
    pub fn node(&self, value: ValueId) -> NodeId {
        NodeId(self.base.0 + value.0)
    }
}
