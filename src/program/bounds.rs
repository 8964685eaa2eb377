//! What bounds a growth: removals over the whole program, size checks, finite keys, once-only code, containers that
//! bound themselves, and bounded holders.

use crate::base::finding::ContextKind;
use crate::contexts::once;
use crate::heap::field::Field;
use crate::heap::graph::NodeId;
use crate::heap::object::{Data, InstanceId, Lifetime, ObjectId, ObjectKind, Value, ValueKind};
use crate::models::facts::DataKind;
use crate::program::changes::{Change, Effect, Target};
use crate::program::holders::Link;
use crate::program::key_forms::KeyForms;
use crate::program::keys::{self, Keys};
use crate::program::{ChangeId, Program, links};
use crate::syntax::facts::{
    Checked, Constraint, FunctionForm, Guard, Place, Reuse, Run, Test, ValueId, Write, WriteForm,
};

/// So many removals of one container are looked at.
const REMOVALS: usize = 500;

/// Why a growth is bounded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bound {
    /// Something that runs takes entries away.
    Removal(ChangeId),
    /// A check of the size guards it.
    SizeCheck,
    /// Its keys come from a fixed set.
    FiniteKeys,
    /// The key is there already.
    Replaces,
    /// It happens once.
    Once,
    /// The container bounds itself.
    BoundsItself,
    /// What holds the container is bounded.
    BoundedHolder,
    /// A call collects it until something ends.
    Collected,
}

/// A removal that does not bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// It only runs while modules load.
    OnlyWhileLoading(ChangeId),
    /// It only runs in tests.
    OnlyInTests(ChangeId),
    /// It is in an exported function that nothing calls.
    NeverCalled(ChangeId),
    /// It runs only when a caller asks for it, on a branch without the growth or under an option.
    OnRequest(ChangeId),
    /// It takes away another key than the one that is stored.
    OtherKey(ChangeId),
    /// It takes away an entry that is too old, and only when the same key is asked for again.
    OnlyWhenAsked(ChangeId),
    /// It takes away what another function puts in, and is registered only there.
    OtherPath(ChangeId),
    /// It runs only under an option that is off by default.
    UnderOption(ChangeId),
}

impl Program<'_> {
    /// What bounds a growth, if anything does.
    pub fn bound(&self, change: &Change) -> Option<Bound> {
        // Only its own methods know the bound: a property that is set on a cache is no entry of it.
        if let Target::Object(object) = change.target
            && change.write.is_none()
            && self.stages.heap.object(object).bounds_itself
        {
            return Some(Bound::BoundsItself);
        }
        if self.happens_once(change) {
            return Some(Bound::Once);
        }
        if self.is_rebuilt_entry(change) {
            return self.removal(change).map(Bound::Removal);
        }
        if self.keys(change) == Some(Keys::Finite)
            || self.is_fixed_set_asked(change)
            || self.is_file_read(change)
            || self.is_new_constant(change)
        {
            return Some(Bound::FiniteKeys);
        }
        if self.is_entry_there(change) {
            return Some(Bound::Replaces);
        }
        if self.is_size_checked(change) {
            return Some(Bound::SizeCheck);
        }
        if let Some(removal) = self.removal(change) {
            return Some(Bound::Removal(removal));
        }
        if self.is_collected(change) {
            return Some(Bound::Collected);
        }
        // What grows by being assigned anew goes with the object that it is a property of.
        let held = match change.target {
            Target::Object(object) => Some(object),
            Target::Slot(_) if change.kind == links::WRITE => None,
            Target::Slot(_) => change.base.and_then(Value::as_object).map(|(object, _)| object),
        };
        held.filter(|&object| self.has_bounded_holder(change, object, 4)).map(|_| Bound::BoundedHolder)
    }

    /// Where the keys of a growth come from; none if it has no key.
    pub fn keys(&self, change: &Change) -> Option<Keys> {
        let key = change.key?;
        Some(keys::judge(&self.stages, key))
    }

    pub(super) fn guards<'b>(&'b self, change: &Change) -> impl Iterator<Item = &'b Guard> + use<'b> {
        let facts = &self.stages.facts[change.file];
        facts.guard_lists[change.guards.indices()].iter().map(|&id| &facts.guards[id])
    }

    fn happens_once(&self, change: &Change) -> bool {
        self.runs_once(change.instance, change.guards)
    }

    /// Whether guards let code of an instance run once only.
    pub(super) fn runs_once(&self, instance: InstanceId, guards: Run) -> bool {
        once::runs_once(self.stages.heap, self.stages.facts, instance, guards)
    }

    /// Whether two places that one instance names are the same.
    pub(super) fn is_same_place(&self, instance: InstanceId, a: Place, b: Place) -> bool {
        match (a, b) {
            (Place::Property { base: left, key: key_left }, Place::Property { base: right, key: key_right }) => {
                let left = self.stages.heap.node(instance, left);
                let right = self.stages.heap.node(instance, right);
                key_left == key_right && (left == right || self.share_object(left, right))
            }
            (a, b) => a == b,
        }
    }

    /// Whether two nodes may hold the same object.
    pub(super) fn share_object(&self, a: NodeId, b: NodeId) -> bool {
        let (a, b) = (self.stages.heap.points_to(a), self.stages.heap.points_to(b));
        a.iter().filter_map(Value::as_object).any(|(object, _)| {
            b.contains(Value::object(object, Lifetime::Fresh)) || b.contains(Value::object(object, Lifetime::Module))
        })
    }

    pub(super) fn holds_object(&self, node: NodeId, object: ObjectId) -> bool {
        self.stages.heap.points_to(node).iter().filter_map(Value::as_object).any(|(held, _)| held == object)
    }

    /// Whether the container's size is compared on the way.
    fn is_size_checked(&self, change: &Change) -> bool {
        self.guards(change).any(|guard| match guard.test {
            Test::Size { container } => {
                let node = self.stages.heap.node(change.instance, container);
                match change.target {
                    Target::Object(object) => self.holds_object(node, object),
                    Target::Slot(slot) => slot == node || self.share_object(slot, node) || self.is_slot(slot, node),
                }
            }
            Test::Truthy { place: None, value } => self.is_size_answered(change, value),
            // What grows once a count is passed has no end by it.
            Test::Compare { place: Some(place), is_below, .. } if is_below == guard.holds => {
                self.is_counter_of(change, place)
            }
            _ => false,
        })
    }

    /// Whether a value is the answer of a function that compares the size of the container: `if (!isFull(list))`.
    fn is_size_answered(&self, change: &Change, value: ValueId) -> bool {
        let Target::Object(object) = change.target else { return false };
        let facts = &self.stages.facts[change.file];
        let compares = |callee: InstanceId| {
            self.asked_before(callee, Checked::Answer).any(|guard| match guard.test {
                Test::Size { container } => self.holds_object(self.stages.heap.node(callee, container), object),
                _ => false,
            })
        };
        self.definitions_of(change.file, change.function, value).any(|constraint| match *constraint {
            Constraint::Call { call } if facts.calls[call].dst == value => {
                self.callees_of(change.instance, call).iter().any(|&callee| compares(callee))
            }
            _ => false,
        })
    }

    /// Whether a node reads a slot.
    fn is_slot(&self, slot: NodeId, node: NodeId) -> bool {
        self.stages
            .heap
            .edges(slot)
            .iter()
            .any(|edge| self.stages.heap.representative(edge.to()) == self.stages.heap.representative(node))
    }

    /// A counter that lasts, is compared before the growth, and is counted in the same function.
    fn is_counter_of(&self, change: &Change, place: Place) -> bool {
        let facts = &self.stages.facts[change.file];
        let is_lasting = match place {
            Place::Binding(binding) => facts.bindings[binding].function != change.function,
            Place::Property { .. } => true,
            Place::Global(_) => true,
        };
        let is_here = |write: &Write| {
            write.function == change.function && self.is_same_place(change.instance, write.place, place)
        };
        let counts = |form| facts.writes.iter().any(|write| write.form == form && is_here(write));
        // What is counted down again at the end counts what runs, not what was put in.
        is_lasting && (counts(WriteForm::Update) || counts(WriteForm::AddAssign)) && !counts(WriteForm::Decrement)
    }

    /// Whether one of a fixed set of values is put in, and only if it isn't there: `if (!list.includes(x)) list.push(x)`.
    fn is_new_constant(&self, change: &Change) -> bool {
        let Target::Object(object) = change.target else { return false };
        self.guards(change).any(|guard| match guard.test {
            Test::Has { container, key } if !guard.holds => {
                let asked = self.stages.heap.node(change.instance, key);
                change.values.contains(&asked)
                    && keys::judge(&self.stages, asked) == Keys::Finite
                    && self.holds_object(self.stages.heap.node(change.instance, container), object)
            }
            _ => false,
        })
    }

    /// Whether the container is asked for the key first, and has it.
    fn is_entry_there(&self, change: &Change) -> bool {
        let (Some(key), Target::Object(object)) = (change.key, change.target) else { return false };
        self.guards(change).any(|guard| match guard.test {
            Test::Has { container, key: asked } if guard.holds => {
                let asked = self.stages.heap.node(change.instance, asked);
                (asked == key || self.is_alias(asked, key))
                    && self.holds_object(self.stages.heap.node(change.instance, container), object)
            }
            _ => false,
        })
    }

    /// Whether two nodes read the same property chain: `req.params.kind` twice. Found by the values' text.
    pub(super) fn is_alias(&self, a: NodeId, b: NodeId) -> bool {
        let (Some(x), Some(y)) = (self.node_text(a), self.node_text(b)) else { return false };
        !x.is_empty() && x == y
    }

    pub(super) fn grows_while_running(&self, object: ObjectId) -> bool {
        self.growths_of(Target::Object(object)).iter().any(|&id| {
            let growth = &self.changes[id.0 as usize];
            self.context_of(growth) > ContextKind::Test && self.keys(growth) != Some(Keys::Finite)
        })
    }

    /// A removal that bounds the growth.
    fn removal(&self, change: &Change) -> Option<ChangeId> {
        let all = self.removals_of(change);
        // Not all of so many are looked at: then it counts as taken away, for what is not known loses findings.
        let bounds = |id: ChangeId| all.len() == REMOVALS || self.refusal(change, id).is_none();
        all.iter().copied().find(|&id| bounds(id))
    }

    /// The removals of a growth's container that bound nothing, with the reasons.
    pub fn refused_removals(&self, change: &Change) -> Vec<Refused> {
        let told = self.removals_of(change).into_iter().filter(|&id| !self.is_beginning(change, id));
        told.filter_map(|id| self.refusal(change, id)).collect()
    }

    /// Whether a replacement is what put the container there in the first place: `exports.list = []` in the module's body,
    /// `this.list = []` in a constructor.
    fn is_beginning(&self, growth: &Change, id: ChangeId) -> bool {
        let removal = &self.changes[id.0 as usize];
        let Target::Object(object) = growth.target else { return false };
        let form = self.stages.facts[removal.file].functions[removal.function].kind.form;
        matches!(form, FunctionForm::Module | FunctionForm::Constructor)
            && removal.values.iter().any(|&value| self.holds_object(value, object))
    }

    /// All removals of a growth's container: from the object, and replacements of what holds it.
    fn removals_of(&self, change: &Change) -> Vec<ChangeId> {
        let mut all: Vec<ChangeId> = self.removals.get(&change.target).cloned().unwrap_or_default();
        match change.target {
            Target::Object(object) => {
                let replacements = self.replacements.get(&object).into_iter().flatten().copied();
                let drops = |id: &ChangeId| {
                    !self.is_switch(*id) && !self.is_same_again(*id, object) && !self.happens_once(self.change(*id))
                };
                all.extend(replacements.filter(drops));
            }
            Target::Slot(slot) => {
                if change.kind == links::WRITE {
                    all.extend(self.link_removals(slot));
                }
                let objects = self.stages.heap.points_to(slot).iter().filter_map(Value::as_object);
                for (object, _) in objects {
                    all.extend(self.removals.get(&Target::Object(object)).into_iter().flatten().copied());
                }
            }
        }
        all.sort_unstable();
        all.dedup();
        all.truncate(REMOVALS);
        all
    }

    /// Whether a replacement only switches the use of a container off: `seen = false`. Nothing says that it is ever done
    /// again and again.
    fn is_switch(&self, id: ChangeId) -> bool {
        let values = &self.changes[id.0 as usize].values;
        let heap = self.stages.heap;
        let is_primitive = |value: Value| match value.kind() {
            ValueKind::String(_) => true,
            // What a server answers may be anything.
            ValueKind::Data(data) => matches!(data, Data::Choice | Data::Known(DataKind::Finite)),
            ValueKind::Object(..) => false,
        };
        let is_constant = |&node: &NodeId| {
            let set = heap.points_to(node);
            !set.is_empty() && set.iter().all(is_primitive)
        };
        !values.is_empty() && values.iter().all(is_constant)
    }

    /// Whether a replacement puts the very object there that it found: `memoized.cache = memoized.cache.set(key, result)`.
    fn is_same_again(&self, id: ChangeId, object: ObjectId) -> bool {
        let heap = self.stages.heap;
        let values = self.changes[id.0 as usize].values.iter();
        let mut objects = values.flat_map(|&node| heap.points_to(node).iter()).filter_map(Value::as_object).peekable();
        objects.peek().is_some() && objects.all(|held| held == (object, Lifetime::Module))
    }

    /// Why a removal does not bound a growth.
    fn refusal(&self, growth: &Change, id: ChangeId) -> Option<Refused> {
        let removal = &self.changes[id.0 as usize];
        if self.is_other_key(growth, removal) || self.is_looked_up_otherwise(id) {
            return Some(Refused::OtherKey(id));
        }
        let Some(context) = self.context_at(removal.point()) else {
            return Some(Refused::OnlyWhileLoading(id));
        };
        match context.kind {
            ContextKind::Init => Some(Refused::OnlyWhileLoading(id)),
            ContextKind::Test => Some(Refused::OnlyInTests(id)),
            ContextKind::Exported if !self.is_called_for(growth, removal) => Some(Refused::NeverCalled(id)),
            ContextKind::Exported if self.is_optional(growth, removal) || self.is_on_other_branch(growth, removal) => {
                Some(Refused::OnRequest(id))
            }
            _ if self.context_of(growth) == ContextKind::Exported && self.is_switched_off(growth, removal) => {
                Some(Refused::UnderOption(id))
            }
            _ if self.is_of_other_path(growth, id) => Some(Refused::OtherPath(id)),
            _ if self.is_lazy_expiry(removal) => Some(Refused::OnlyWhenAsked(id)),
            _ => None,
        }
    }

    /// Whether a removal's key can't be the one that is stored.
    fn is_other_key(&self, growth: &Change, removal: &Change) -> bool {
        let (Some(stored), Some(removed)) = (growth.key, removal.key) else { return false };
        KeyForms::of(&self.stages, stored).are_never(&KeyForms::of(&self.stages, removed))
    }

    /// Whether all that holds an object is bounded by removals: then what is inside goes with it.
    fn has_bounded_holder(&self, growth: &Change, object: ObjectId, depth: u8) -> bool {
        if depth == 0 {
            return false;
        }
        let mut is_held = match self.is_let_go(growth, object, depth - 1) {
            Some(false) => return false,
            Some(true) => true,
            None => false,
        };
        for &link in self.holders.of(object) {
            match link {
                Link::Variable(..) if self.is_replaced(growth, object) => is_held = true,
                Link::Variable(..) => return false,
                Link::Captured(..) => {}
                Link::Field(parent, field) => {
                    if parent == object {
                        continue;
                    }
                    if !self.is_held_by_module(parent) {
                        match self.is_let_go(growth, parent, depth - 1) {
                            Some(false) => return false,
                            Some(true) => is_held = true,
                            None => {}
                        }
                        continue;
                    }
                    is_held = true;
                    if !self.is_replaced(growth, object) && !self.is_bounded_place(growth, parent, field, depth) {
                        return false;
                    }
                }
            }
        }
        is_held
    }

    /// Whether something puts another object where this one is held: `state.batch = {rows: []}`.
    fn is_replaced(&self, growth: &Change, object: ObjectId) -> bool {
        // What holds the container itself is looked at with its removals.
        if Target::Object(object) == growth.target {
            return false;
        }
        let mut replacements = self.replacements.get(&object).into_iter().flatten().take(REMOVALS);
        replacements.any(|&id| {
            // Another module may only put its own instance there, once.
            let is_near = self.changes[id.0 as usize].file == growth.file;
            is_near && !self.is_switch(id) && self.refusal(growth, id).is_none()
        })
    }

    pub(super) fn is_bounded_place(&self, growth: &Change, parent: ObjectId, field: Field, depth: u8) -> bool {
        let heap = self.stages.heap;
        let info = heap.object(parent);
        if info.bounds_itself || info.kind == ObjectKind::Weak {
            return true;
        }
        let is_entry = [Field::ELEMENT, Field::UNKNOWN, Field::MAP_VALUE].contains(&field);
        if is_entry && self.has_running_removal(parent) {
            return true;
        }
        self.has_bounded_holder(growth, parent, depth.saturating_sub(1))
    }

    /// Whether something that runs takes entries out of an object.
    fn has_running_removal(&self, object: ObjectId) -> bool {
        let direct = self.removals.get(&Target::Object(object)).into_iter().flatten();
        let replaced = self.replacements.get(&object).into_iter().flatten();
        direct.chain(replaced).any(|&id| {
            let removal = &self.changes[id.0 as usize];
            self.context_of(removal) > ContextKind::Test
        })
    }
}

/// Whether a change takes away what its place held: a new value that has nothing of the old one.
pub(super) fn is_replacement(change: &Change) -> bool {
    matches!(change.effect, Effect::Replace(Reuse::None | Reuse::Shrinks)) && change.lifetime == Lifetime::Module
}
