//! Data of a request that is kept where another request can see it.

use rustc_hash::FxHashSet;

use crate::heap::field::{Field, FieldKind};
use crate::heap::graph::NodeId;
use crate::heap::object::{Data, Lifetime, ObjectId, ObjectKind, Source, ValueKind};
use crate::models::facts::DataKind;
use crate::program::Program;
use crate::program::changes::{Change, Effect, Target};
use crate::syntax::facts::{Constraint, Export, RETURN, Reuse};

/// How deep inside a stored object a request's data is looked for.
const STORED_DEPTH: u8 = 2;

/// The same for an object whose properties are copied into another, the nested ones too by deep merges.
const COPIED_DEPTH: u8 = 6;

/// How deep inside literals what is handed out is looked for.
const READ_DEPTH: u8 = 4;

impl Program<'_> {
    /// Whether a change overwrites a lasting place with data of the request that it handles.
    pub fn keeps_request_data(&self, change: &Change) -> bool {
        let is_overwrite =
            matches!(change.effect, Effect::Replace(Reuse::None) | Effect::Assign) || self.is_constant_entry(change);
        let depth = if change.effect == Effect::Assign { COPIED_DEPTH } else { STORED_DEPTH };
        is_overwrite
            && change.lifetime == Lifetime::Module
            && !self.is_of_request(change)
            && !self.is_slot_of_ring(change)
            && !self.is_link(change)
            && !self.is_initialisation(change)
            && !self.sets_up_something_new(change)
            && change.values.iter().any(|&value| self.is_request_data(value, depth))
            && self.is_read(change)
            && !self.is_entry_of_request(change)
    }

    /// Whether an element under a moving index is written: `ring[at++ % ring.length] = req.url` keeps the last few of many.
    fn is_slot_of_ring(&self, change: &Change) -> bool {
        let Target::Object(object) = change.target else { return false };
        self.stages.heap.object(object).kind == ObjectKind::Array
            && change.key.is_some_and(|key| self.one_text(key).is_none())
    }

    /// Whether the target itself came with the request: `req.user = user` in a callback is that request's own.
    pub(super) fn is_of_request(&self, change: &Change) -> bool {
        let base = change.base.and_then(crate::heap::object::Value::as_object);
        base.is_some_and(|(object, _)| match self.stages.heap.object(object).source {
            Source::External { path: Some(path), .. } => {
                self.stages.models.facts(path).value.data == Some(DataKind::Request)
            }
            _ => false,
        })
    }

    /// `map.set('current', x)`: an entry under a constant key is overwritten too.
    fn is_constant_entry(&self, change: &Change) -> bool {
        change.effect == Effect::Grow
            && change.key.is_some()
            && self.keys(change) == Some(crate::program::Keys::Finite)
            && matches!(change.kind.as_str(), "set" | "computed-key")
            && change.key.is_some_and(|key| self.constant_text(key).is_some())
    }

    /// Whether a node holds data of a request itself.
    pub(super) fn is_data_of_request(&self, node: NodeId) -> bool {
        self.is_request_data(node, 0)
    }

    /// Whether a node holds data of a request, itself or in an object that was just made of it.
    fn is_request_data(&self, node: NodeId, depth: u8) -> bool {
        let heap = self.stages.heap;
        heap.points_to(node).iter().any(|value| match value.kind() {
            ValueKind::Data(data) => matches!(data, Data::Known(DataKind::Request) | Data::Choice),
            ValueKind::String(_) => false,
            ValueKind::Object(object, lifetime) => match heap.object(object).source {
                Source::External { path: Some(path), .. } => {
                    let made_of = || heap.field(object, Field::MADE_OF).filter(|_| depth > 0);
                    self.stages.models.facts(path).value.data == Some(DataKind::Request)
                        || made_of().is_some_and(|node| self.is_request_data(node, depth - 1))
                }
                Source::Site { .. } | Source::Call { .. } | Source::Instance { .. } | Source::Clone { .. }
                    if lifetime == Lifetime::Fresh && depth > 0 =>
                {
                    heap.fields_of(object).iter().any(|&(field, node)| {
                        // What a literal is made with; what is put into a container later does not count.
                        let is_value = matches!(field.kind(), FieldKind::Name(_) | FieldKind::Index(_))
                            || field == Field::PROMISED
                            || field == Field::MADE_OF;
                        is_value && self.is_request_data(node, depth - 1) && self.is_made_with(object, node, depth - 1)
                    })
                }
                _ => false,
            },
        })
    }

    /// Whether an object has a property's request data from the beginning, and not only since it is kept: `state.batch =
    /// {rows: [], bytes: 0}` is the same each time, whatever is counted in it later.
    fn is_made_with(&self, object: ObjectId, slot: NodeId, depth: u8) -> bool {
        let mut later = self.changes_at(slot).peekable();
        if later.peek().is_none() || !matches!(self.stages.heap.object(object).source, Source::Site { .. }) {
            return true;
        }
        let holds_data = |&node: &NodeId| self.is_request_data(node, depth);
        later.any(|change| change.lifetime == Lifetime::Fresh && change.values.iter().any(holds_data))
            || self.beginnings(object).iter().any(holds_data)
    }

    /// What a literal is made with.
    fn beginnings(&self, object: ObjectId) -> Vec<NodeId> {
        let Source::Site { instance, file, site, .. } = self.stages.heap.object(object).source else {
            return Vec::new();
        };
        let constraints = self.stages.facts[file].constraints_of(self.stages.heap.instance(instance).key.function);
        let made = constraints.iter().find_map(|constraint| match *constraint {
            Constraint::Alloc { dst, site: at } if at == site => Some(dst),
            _ => None,
        });
        let given = constraints.iter().filter_map(|constraint| match *constraint {
            Constraint::Init { base, src, .. } if Some(base) == made => Some(self.stages.heap.node(instance, src)),
            _ => None,
        });
        given.collect()
    }

    /// Whether a change writes to an object of a package, which reads what it is for: a client's defaults.
    fn is_external(&self, change: &Change) -> bool {
        let base = change.base.and_then(crate::heap::object::Value::as_object);
        base.is_some_and(|(object, _)| {
            matches!(&self.stages.heap.object(object).source, Source::External { package, .. }
                if !self.stages.heap.text(*package).is_empty())
        })
    }

    /// Whether some code reads the place, or can: it is exported.
    fn is_read(&self, change: &Change) -> bool {
        if self.is_external(change) {
            return true;
        }
        let facts = &self.stages.facts[change.file];
        if let Some(binding) = change.binding {
            let info = facts.bindings[binding];
            return facts
                .exports
                .iter()
                .any(|export| matches!(export, Export::Binding { binding: b, .. } if *b == binding))
                || self.is_read_by_inner(change.file, binding)
                || self.stages.heap.edges(self.stages.heap.node(self.stages.heap.body(change.file), info.home)).len()
                    > 1;
        }
        let Some(field) = change.field.filter(|_| change.key.is_none()) else { return true };
        let FieldKind::Name(name) = field.kind() else { return true };
        let base = change.base.and_then(crate::heap::object::Value::as_object);
        self.is_name_loaded(self.stages.heap.text(name)) || base.is_some_and(|(object, _)| self.is_read_whole(object))
    }

    /// Whether code outside gets an object as a whole: `fetch(url, {headers: this.headers})`.
    fn is_read_whole(&self, object: ObjectId) -> bool {
        self.tables.read_whole.get_or_init(|| self.read_whole()).contains(&object)
    }

    fn read_whole(&self) -> FxHashSet<ObjectId> {
        let heap = self.stages.heap;
        let mut read = FxHashSet::default();
        for (instance, info) in heap.instances() {
            let facts = &self.stages.facts[info.key.file];
            let mut note = |value| self.note_read(heap.node(instance, value), READ_DEPTH, &mut read);
            // What a handler gives goes to whoever asked.
            if heap.record.is_root(instance) {
                note(RETURN);
            }
            for &call in self.calls_in(info.key.file, info.key.function) {
                if self.callees_of(instance, call).is_empty() {
                    facts.arguments_of(call).iter().for_each(|argument| note(argument.value));
                }
            }
        }
        read
    }

    /// Notes the objects of a node, and what literals that were just made have inside.
    fn note_read(&self, node: NodeId, depth: u8, read: &mut FxHashSet<ObjectId>) {
        let heap = self.stages.heap;
        for (object, lifetime) in heap.points_to(node).iter().filter_map(crate::heap::object::Value::as_object) {
            let is_literal = matches!(heap.object(object).source, Source::Site { .. }) && lifetime == Lifetime::Fresh;
            if read.insert(object) && is_literal && depth > 0 {
                for &(_, inside) in heap.fields_of(object) {
                    self.note_read(inside, depth - 1, read);
                }
            }
        }
    }
}
