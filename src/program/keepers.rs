//! What closures keep from one call to the next: a listener, a timer's callback or an entry of a table holds all that its
//! function mentions, as long as it is registered.

use rustc_hash::FxHashMap;

use crate::base::finding::ContextKind;
use crate::base::source::FileId;
use crate::heap::graph::NodeId;
use crate::heap::object::{InstanceId, Lifetime, ObjectId, Source, Value};
use crate::program::changes::Change;
use crate::program::holders::Link;
use crate::program::{Program, Stages};
use crate::syntax::facts::{CallId, Constraint, FunctionId, MODULE_BODY, THIS, ValueId};

/// The closures that outlive the call that makes them, by what they mention.
#[derive(Default)]
pub(super) struct Keepers {
    of: FxHashMap<ObjectId, Vec<InstanceId>>,
    /// The places of listenings in the record, by the call that adds them.
    listenings: FxHashMap<(InstanceId, CallId), Vec<usize>>,
}

/// What a function, or one inside it, mentions of those around: the function that has it, and the value.
type Mentions = FxHashMap<(FileId, FunctionId), Vec<(FunctionId, ValueId)>>;

impl Keepers {
    fn of(stages: &Stages<'_>) -> Self {
        let mut keepers = Self::default();
        let mentions = mentions(stages);
        for (instance, info) in stages.heap.instances() {
            if info.key.environment == Lifetime::Module && info.key.function != MODULE_BODY {
                let mentioned = mentions.get(&(info.key.file, info.key.function));
                keepers.add_mentioned(stages, instance, mentioned.map_or(&[], Vec::as_slice));
            }
        }
        for (at, listening) in stages.heap.record.listenings.iter().enumerate() {
            keepers.listenings.entry((listening.instance, listening.call)).or_default().push(at);
        }
        keepers
    }

    fn add_mentioned(&mut self, stages: &Stages<'_>, closure: InstanceId, mentioned: &[(FunctionId, ValueId)]) {
        for &(owner, value) in mentioned {
            let Some(node) = outer_node(stages, closure, owner, value) else { continue };
            for (object, _) in stages.heap.points_to(node).iter().filter_map(Value::as_object) {
                let known = self.of.entry(object).or_default();
                if known.last() != Some(&closure) {
                    known.push(closure);
                }
            }
        }
    }
}

fn mentions(stages: &Stages<'_>) -> Mentions {
    let mut mentions = Mentions::default();
    for (file, facts) in stages.facts.iter_enumerated() {
        for function in facts.functions.ids() {
            for constraint in facts.constraints_of(function) {
                let mentioned = match *constraint {
                    Constraint::LoadOuter { binding, .. } => {
                        (facts.bindings[binding].function, facts.bindings[binding].home)
                    }
                    Constraint::OuterThis { function, .. } => (function, THIS),
                    _ => continue,
                };
                let around = std::iter::successors(Some(function), |&at| facts.functions[at].parent);
                for at in around.take_while(|&at| at != mentioned.0 && mentioned.0 != MODULE_BODY) {
                    mentions.entry((file, at)).or_default().push(mentioned);
                }
            }
        }
    }
    let in_order = |mut mentioned: Vec<(FunctionId, ValueId)>| {
        mentioned.sort_unstable();
        mentioned.dedup();
        mentioned
    };
    mentions.into_iter().map(|(key, mentioned)| (key, in_order(mentioned))).collect()
}

/// The node of a value of a function, no module's body, around a closure.
fn outer_node(stages: &Stages<'_>, closure: InstanceId, owner: FunctionId, value: ValueId) -> Option<NodeId> {
    let parent = |&at: &InstanceId| stages.heap.instance(at).key.parent;
    let around = std::iter::successors(parent(&closure), parent);
    let instance = around.into_iter().find(|&at| stages.heap.instance(at).key.function == owner)?;
    Some(stages.heap.node(instance, value))
}

impl Program<'_> {
    /// Whether the closures that keep an object from one call to the next are let go again; none if no closure does.
    pub(super) fn is_let_go(&self, growth: &Change, object: ObjectId, depth: u8) -> Option<bool> {
        let closures = self.keepers().of.get(&object)?;
        let mut is_kept = false;
        for &closure in closures {
            match self.is_closure_let_go(growth, closure, depth) {
                Some(false) => return Some(false),
                Some(true) => is_kept = true,
                None => {}
            }
        }
        is_kept.then_some(true)
    }

    fn keepers(&self) -> &Keepers {
        self.tables.keepers.get_or_init(|| Keepers::of(&self.stages))
    }

    /// The same of one closure.
    fn is_closure_let_go(&self, growth: &Change, closure: InstanceId, depth: u8) -> Option<bool> {
        let mut is_kept = false;
        for root in self.stages.heap.record.roots_of(closure) {
            if !root.site.is_some_and(|site| self.is_registration_let_go(site)) {
                return Some(false);
            }
            is_kept = true;
        }
        let key = self.stages.heap.instance(closure).key;
        let source = Source::Function { file: key.file, function: key.function, parent: key.parent? };
        let function = self.stages.heap.object_of(&source)?;
        for &link in self.holders.of(function) {
            match link {
                Link::Variable(..) => return Some(false),
                // Who captures a closure is looked at where that is kept.
                Link::Captured(..) => {}
                Link::Field(parent, _) if !self.is_held_by_module(parent) => {}
                Link::Field(parent, field) if self.is_bounded_place(growth, parent, field, depth) => is_kept = true,
                Link::Field(..) => return Some(false),
            }
        }
        is_kept.then_some(true)
    }

    /// Whether a registration is taken back. One that a caller outside asks for lasts as long as that one likes.
    fn is_registration_let_go(&self, site: (InstanceId, CallId)) -> bool {
        let Some(places) = self.keepers().listenings.get(&site) else { return false };
        let listenings = &self.stages.heap.record.listenings;
        self.kind_of(self.point_of(site.0, site.1)) > ContextKind::Exported
            && places.iter().all(|&at| self.is_ended_again(&listenings[at]))
    }
}
