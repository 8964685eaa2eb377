//! What the solver has made before: so that what leads back to itself ends, and what comes again costs nothing.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::base::name::Name;
use crate::base::source::FileId;
use crate::heap::exports::End;
use crate::heap::graph::NodeId;
use crate::heap::instance::Phase;
use crate::heap::object::{InstanceId, ObjectId, Value};
use crate::heap::solver::InvocationId;
use crate::models::facts::Position;
use crate::syntax::facts::CallId;

/// What tells apart the calls whose arguments unknown code gets: who calls, where, how often, and over how many hops.
type Giving = (InstanceId, Option<CallId>, Phase, Option<Position>, u8);

/// Nodes, calls and modules that are there already.
#[derive(Debug, Default)]
pub(super) struct Memo {
    /// Nodes as they are read through something module-lifetime: one for each, so that what leads back to itself ends.
    pub(super) promoted: FxHashMap<NodeId, NodeId>,
    /// The setters that a write to a property of a value may call.
    pub(super) setters: FxHashMap<(Value, Name), NodeId>,
    /// Where exports lead.
    pub(super) exports: FxHashMap<(FileId, Name), Rc<[End]>>,
    /// The modules whose bodies are in the graph.
    pub(super) running: FxHashSet<FileId>,
    /// Those that are about to be put there.
    pub(super) waking: Vec<FileId>,
    /// For each call, the invocation whose arguments unknown code gets.
    pub(super) giving: FxHashMap<Giving, InvocationId>,
    /// The functions that unknown code gets from each instance.
    pub(super) given: FxHashSet<(InstanceId, Value)>,
    /// The elements of the spread arguments that calls pass.
    pub(super) spreads: FxHashMap<SmallVec<[NodeId; 2]>, NodeId>,
    /// What is sent by emitters: by the event's name and the place among the values.
    pub(super) payloads: FxHashMap<(ObjectId, Name, u8), NodeId>,
    /// The descriptors that decorators of the project get, and where the method is held that they describe.
    pub(super) descriptors: FxHashMap<ObjectId, NodeId>,
    /// The receivers that calls by `call` and `apply` have had.
    pub(super) called_on: FxHashMap<InvocationId, Vec<Value>>,
}
