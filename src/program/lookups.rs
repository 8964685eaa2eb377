//! Entries that are found under one key and taken away under another: `pending.get(msg.replyTo)`, then
//! `pending.delete(msg.id)`.

use rustc_hash::FxHashMap;
use std::rc::Rc;

use crate::heap::graph::NodeId;
use crate::heap::object::InstanceId;
use crate::program::changes::{Change, Target};
use crate::program::{ChangeId, Program};
use crate::syntax::facts::{Callee, Constraint, Key, NameId, ValueId};

/// What an instance of a function asks containers for, by members of values.
#[derive(Default)]
pub(super) struct Lookups {
    /// The members that nodes are read from.
    members: FxHashMap<NodeId, (ValueId, NameId)>,
    /// For each value, the containers that are asked, and for which member of it: `get(x.a)`, `has(x.a)`, `table[x.a]`.
    asked: FxHashMap<ValueId, Vec<(NodeId, NameId)>>,
}

impl Program<'_> {
    /// Whether the function of a removal looks for an entry of the container under one member of a value, never under
    /// the member by which it removes.
    pub(super) fn is_looked_up_otherwise(&self, id: ChangeId) -> bool {
        if let Some(&known) = self.tables.looked_up_otherwise.borrow().get(&id) {
            return known;
        }
        let is_otherwise = self.removes_what_it_did_not_find(self.change(id));
        self.tables.looked_up_otherwise.borrow_mut().insert(id, is_otherwise);
        is_otherwise
    }

    fn removes_what_it_did_not_find(&self, removal: &Change) -> bool {
        let (Some(key), Target::Object(object)) = (removal.key, removal.target) else { return false };
        let lookups = self.lookups_of(removal.instance);
        let Some((of, removed)) = lookups.members.get(&key) else { return false };
        let mut is_asked = false;
        for &(container, name) in lookups.asked.get(of).into_iter().flatten() {
            if self.holds_object(container, object) {
                if name == *removed {
                    return false;
                }
                is_asked = true;
            }
        }
        is_asked
    }

    fn lookups_of(&self, instance: InstanceId) -> Rc<Lookups> {
        let mut all = self.tables.lookups.borrow_mut();
        Rc::clone(all.entry(instance).or_insert_with(|| Rc::new(self.lookups_in(instance))))
    }

    fn lookups_in(&self, instance: InstanceId) -> Lookups {
        let function = self.stages.heap.instance(instance).key;
        let facts = &self.stages.facts[function.file];
        let node = |value| self.stages.heap.node(instance, value);
        let mut lookups = Lookups::default();
        let mut keys: Vec<(ValueId, ValueId)> = Vec::new();
        for constraint in facts.constraints_of(function.function) {
            match *constraint {
                Constraint::Load { dst, base, key: Key::Name(name) } => {
                    lookups.members.insert(node(dst), (base, name));
                }
                Constraint::Load { base, key: Key::Computed(key), .. } => keys.push((base, key)),
                Constraint::Call { call } => {
                    if let Callee::Method { base, key: Key::Name(name) } = facts.calls[call].callee
                        && matches!(facts.name(name), "get" | "has")
                        && let Some(argument) = facts.arguments_of(call).first()
                    {
                        keys.push((base, argument.value));
                    }
                }
                _ => {}
            }
        }
        for (container, key) in keys {
            if let Some(&(of, name)) = lookups.members.get(&node(key)) {
                lookups.asked.entry(of).or_default().push((node(container), name));
            }
        }
        lookups
    }
}
