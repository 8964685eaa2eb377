//! Facts to edges and listeners: what each constraint of a function means for one instance of it.

use crate::base::source::FileId;
use crate::heap::field::Field;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::instance::{Instance, InstanceKey, Phase};
use crate::heap::object::{Data, InstanceId, Lifetime, ObjectKind, Source, Value};
use crate::heap::solver::{Concat, ExceptId, Initial, Listener, Solver};
use crate::models::facts::DataKind;
use crate::modules::PatternPart;
use crate::syntax::facts::{
    AccessorKind, BindingId, ClassId, Constant, Constraint, FunctionId, Key, MODULE_BODY, Origin, RETURN, Run, SELF,
    SiteId, SiteKind, THIS, ValueId,
};

/// After so many constraints of a function, the solver looks whether it may go on.
const LOOKED_UP_EVERY: usize = 64;

/// So many constraints of each module's body there are in any case.
const SURE: usize = 1_024;

impl Solver<'_> {
    /// The instance with this key, made and put into the graph if it is new.
    pub(super) fn instance(&mut self, key: InstanceKey, clone_depth: u8) -> InstanceId {
        if let Some(&id) = self.instance_ids.get(&key) {
            return id;
        }
        let id = self.new_instance(key, clone_depth);
        self.constrain_all(id);
        id
    }

    fn new_instance(&mut self, key: InstanceKey, clone_depth: u8) -> InstanceId {
        let facts = &self.input.facts[key.file];
        let base = self.graph.add_nodes(facts.functions[key.function].value_count);
        let id = self.instances.push(Instance { key, base, clone_depth });
        self.instance_ids.insert(key, id);
        self.record.instance_bases.push((base, id));
        id
    }

    /// Puts all constraints of an instance's function into the graph.
    pub(super) fn constrain_all(&mut self, id: InstanceId) {
        let key = self.instances[id].key;
        let facts = &self.input.facts[key.file];
        // The beginning of a body is looked at whatever other files have cost.
        let sure = if key.parent.is_none() { SURE } else { 0 };
        for (count, &constraint) in facts.constraints_of(key.function).iter().enumerate() {
            if count % LOOKED_UP_EVERY == 0 {
                if count >= sure && self.is_spent() {
                    return;
                }
                self.spend(LOOKED_UP_EVERY / 2);
            }
            self.constrain(id, constraint);
        }
        self.constrain_types(id);
    }

    pub(super) fn node(&self, instance: InstanceId, value: ValueId) -> NodeId {
        self.instances[instance].node(value)
    }

    fn constrain(&mut self, at: InstanceId, constraint: Constraint) {
        let node = |solver: &Self, value| solver.node(at, value);
        match constraint {
            Constraint::Copy { dst, src } => {
                self.graph.add_edge(node(self, src), node(self, dst), EdgeKind::Copy);
            }
            Constraint::Narrow { dst, src, test } => {
                let test = self.input.facts[self.instances[at].key.file].conditions[test as usize].clone();
                let tail = self.strings.pattern(vec![PatternPart::Where(test)]);
                self.listen(node(self, src), Listener::Filtered { dst: node(self, dst), tail });
            }
            Constraint::Return { src } => self.graph.add_edge(node(self, src), node(self, RETURN), EdgeKind::Copy),
            Constraint::Derive { dst, src } => {
                self.graph.add_edge(node(self, src), node(self, dst), EdgeKind::Derive);
            }
            Constraint::Decide { dst, src } => {
                self.graph.add_edge(node(self, src), node(self, dst), EdgeKind::Decide);
            }
            Constraint::Await { dst, src } => {
                self.listen(node(self, src), Listener::Await { dst: node(self, dst) });
            }
            Constraint::String { dst, value } => {
                let file = self.instances[at].key.file;
                let id = self.strings.constant(self.input.facts[file].name(value));
                self.graph.insert(node(self, dst), Value::string(id));
            }
            Constraint::Origin { dst, origin } => {
                self.graph.insert(node(self, dst), value_of_origin(origin));
            }
            Constraint::Alloc { dst, site } => self.constrain_alloc(at, dst, site),
            Constraint::Closure { dst, function } => self.constrain_closure(at, dst, function),
            Constraint::Class { dst, class } => self.constrain_class(at, dst, class),
            Constraint::Load { dst, base, key } => {
                self.constrain_load(at, node(self, dst), node(self, base), key);
            }
            Constraint::Store { base, key, src } => {
                self.constrain_store(at, node(self, base), key, node(self, src));
            }
            Constraint::Init { base, key, src } => {
                if let Some(field) = self.static_field(at, key) {
                    self.initialize(node(self, base), field, Initial::Node(node(self, src)));
                }
            }
            Constraint::InitConstant { base, key, value } => {
                if let Some(field) = self.static_field(at, key) {
                    let value = self.constant_value(self.instances[at].key.file, value);
                    self.initialize(node(self, base), field, Initial::Constant(value));
                }
            }
            Constraint::Accessor { base, key, kind, src } => self.constrain_accessor(at, base, key, kind, src),
            Constraint::CopyAll { dst, src, except } => {
                let except = self.except(self.instances[at].key.file, except);
                self.listen(node(self, src), Listener::CopyFrom { dst: node(self, dst), except });
            }
            Constraint::Iterate { dst, src, index, is_async } => self.constrain_iterate(at, dst, src, index, is_async),
            Constraint::SpreadInto { dst, src } => {
                let element = self.fresh_node();
                self.listen(node(self, src), Listener::Iterate { dst: element, index: None });
                self.listen(node(self, dst), Listener::Store { src: element, field: Field::ELEMENT });
            }
            Constraint::KeysOf { dst, src } => {
                self.listen(node(self, src), Listener::Keys { dst: node(self, dst) });
            }
            Constraint::Call { call } => self.constrain_call(at, call),
            Constraint::Concat { dst, parts } => {
                let (file, base) = (self.instances[at].key.file, self.instances[at].base);
                self.concats.push(Concat { dst: node(self, dst), file, base, parts, heard: None });
            }
            _ => self.constrain_environment(at, constraint),
        }
    }

    /// Constraints that reach beyond the function's own nodes.
    fn constrain_environment(&mut self, at: InstanceId, constraint: Constraint) {
        match constraint {
            Constraint::LoadOuter { dst, binding } => {
                if let Some((from, lifetime)) = self.outer_binding(at, binding) {
                    let dst = self.node(at, dst);
                    self.graph.add_edge(from, dst, edge_of(lifetime));
                }
            }
            Constraint::StoreOuter { binding, src } => {
                if let Some((to, _)) = self.outer_binding(at, binding) {
                    self.graph.add_edge(self.node(at, src), to, EdgeKind::Copy);
                }
            }
            Constraint::OuterThis { dst, function } => {
                let this = self.enclosing(at, function).map(|(owner, life)| (self.node(owner, THIS), life));
                if let Some((from, lifetime)) = this {
                    self.graph.add_edge(from, self.node(at, dst), edge_of(lifetime));
                }
            }
            Constraint::OuterArguments { dst, function } => {
                if let Some((owner, lifetime)) = self.enclosing(at, function) {
                    let from = self.node(owner, crate::syntax::facts::ARGUMENTS);
                    self.graph.add_edge(from, self.node(at, dst), edge_of(lifetime));
                }
            }
            Constraint::LoadImport { dst, import } => {
                let (file, dst) = (self.instances[at].key.file, self.node(at, dst));
                self.load_import(file, import, dst);
            }
            Constraint::LoadGlobal { dst, name } => {
                let (file, dst) = (self.instances[at].key.file, self.node(at, dst));
                self.load_global(file, name, dst);
            }
            Constraint::Helper { dst, name, src } => {
                let (file, dst, src) = (self.instances[at].key.file, self.node(at, dst), self.node(at, src));
                self.load_helper(file, name, dst, src);
            }
            Constraint::StoreGlobal { name, src } => {
                let name = self.global_name(self.instances[at].key.file, name);
                let field = self.field(self.well_known.global, Field::name(name));
                self.graph.add_edge(self.node(at, src), field, EdgeKind::Copy);
            }
            Constraint::ImportMeta { dst } => {
                let (file, dst) = (self.instances[at].key.file, self.node(at, dst));
                self.load_import_meta(file, dst);
            }
            Constraint::SuperObject { dst, class, is_static } => {
                let dst = self.node(at, dst);
                if let Some(class) = self.class_object(at, class) {
                    self.load_super(class, is_static, dst);
                }
            }
            _ => {}
        }
    }

    fn constant_value(&mut self, file: FileId, constant: Constant) -> Value {
        match constant {
            Constant::Text(text) => Value::string(self.strings.constant(self.input.facts[file].name(text))),
            Constant::Origin(origin) => value_of_origin(origin),
        }
    }

    fn constrain_alloc(&mut self, at: InstanceId, dst: ValueId, site: SiteId) {
        let file = self.instances[at].key.file;
        let kind = self.input.facts[file].sites[site].kind;
        let behaves = match kind {
            SiteKind::Object => ObjectKind::Plain,
            SiteKind::Array => ObjectKind::Array,
            SiteKind::RegExp | SiteKind::Other => ObjectKind::Other,
        };
        let object = self.object(Source::Site { instance: at, file, site, kind }, behaves);
        self.graph.insert(self.node(at, dst), Value::object(object, Lifetime::Fresh));
    }

    fn constrain_closure(&mut self, at: InstanceId, dst: ValueId, function: FunctionId) {
        let file = self.instances[at].key.file;
        let object = self.object(Source::Function { file, function, parent: at }, ObjectKind::Function);
        self.graph.insert(self.node(at, dst), Value::object(object, Lifetime::Fresh));
    }

    fn constrain_class(&mut self, at: InstanceId, dst: ValueId, class: ClassId) {
        let file = self.instances[at].key.file;
        let object = self.object(Source::Class { file, class, parent: at }, ObjectKind::Function);
        self.prototype_of(object);
        self.graph.insert(self.node(at, dst), Value::object(object, Lifetime::Fresh));
        if let Some(parent) = self.input.facts[file].classes[class].parent {
            self.listen(self.node(at, parent), Listener::Extends { class: object });
        }
    }

    pub(super) fn constrain_load(&mut self, at: InstanceId, dst: NodeId, base: NodeId, key: Key) {
        match self.static_field(at, key) {
            Some(field) => self.listen(base, Listener::Load { dst, field }),
            None => {
                let Key::Computed(key) = key else { return };
                let key = self.node(at, key);
                self.computed_keys.push(key);
                self.listen(base, Listener::LoadBase { dst, key });
                self.listen(key, Listener::LoadKey { dst, base });
            }
        }
    }

    fn constrain_store(&mut self, at: InstanceId, base: NodeId, key: Key, src: NodeId) {
        match self.static_field(at, key) {
            Some(field) => self.listen(base, Listener::Store { src, field }),
            None => {
                let Key::Computed(key) = key else { return };
                let key = self.node(at, key);
                self.computed_keys.push(key);
                self.listen(base, Listener::StoreBase { src, key });
                self.listen(key, Listener::StoreKey { src, base });
            }
        }
    }

    /// The field of a key that syntax knows.
    pub(super) fn static_field(&self, at: InstanceId, key: Key) -> Option<Field> {
        match key {
            Key::Name(name) => Some(Field::name(self.global_name(self.instances[at].key.file, name))),
            Key::Index(index) => Some(Field::index(index)),
            Key::Element => Some(Field::ELEMENT),
            Key::Computed(_) => None,
        }
    }

    fn constrain_accessor(&mut self, at: InstanceId, base: ValueId, key: Key, kind: AccessorKind, src: ValueId) {
        let Key::Name(name) = key else { return };
        let name = self.global_name(self.instances[at].key.file, name);
        self.accessors.insert(name);
        let field = match kind {
            AccessorKind::Getter => Field::getter(name),
            AccessorKind::Setter => Field::setter(name),
        };
        self.listen(self.node(at, base), Listener::Store { src: self.node(at, src), field });
    }

    fn constrain_iterate(&mut self, at: InstanceId, dst: ValueId, src: ValueId, index: Option<u32>, is_async: bool) {
        let (dst, src) = (self.node(at, dst), self.node(at, src));
        let index = index.and_then(|index| u8::try_from(index).ok()).filter(|&index| u32::from(index) < Field::TUPLE);
        if is_async {
            let element = self.fresh_node();
            self.listen(src, Listener::Iterate { dst: element, index });
            self.listen(element, Listener::Await { dst });
        } else {
            self.listen(src, Listener::Iterate { dst, index });
        }
    }

    fn except(&mut self, file: FileId, run: Run) -> ExceptId {
        if run.is_empty() {
            return ExceptId(0);
        }
        let facts = &self.input.facts[file];
        let names = facts.name_lists[run.indices()].iter().map(|&name| self.global_name(file, name)).collect();
        self.excepts.push(names)
    }

    /// The enclosing instance of a function, and how its environment is reached from here.
    pub(super) fn enclosing(&self, at: InstanceId, function: FunctionId) -> Option<(InstanceId, Lifetime)> {
        let (mut at, mut lifetime) = (at, Lifetime::Fresh);
        loop {
            let key = &self.instances[at].key;
            if key.function == function {
                return Some((at, lifetime));
            }
            lifetime = lifetime.max(key.environment);
            at = key.parent?;
        }
    }

    /// The node of a binding of an enclosing function. A module-level binding that is read from inside a function is
    /// reached through the module cache.
    pub(super) fn outer_binding(&self, at: InstanceId, binding: BindingId) -> Option<(NodeId, Lifetime)> {
        let facts = self.facts_of(at);
        let binding = facts.bindings[binding];
        let (owner, lifetime) = self.enclosing(at, binding.function)?;
        let is_module_level = binding.function == MODULE_BODY && owner != at;
        let lifetime = if is_module_level { Lifetime::Module } else { lifetime };
        Some((self.node(owner, binding.home), lifetime))
    }

    /// The class object that an instance of a method belongs to.
    pub(super) fn class_object(&mut self, at: InstanceId, class: ClassId) -> Option<crate::heap::object::ObjectId> {
        let file = self.instances[at].key.file;
        let home = self.input.facts[file].classes[class].function;
        let (owner, _) = self.enclosing(at, home)?;
        Some(self.object(Source::Class { file, class, parent: owner }, ObjectKind::Function))
    }

    /// Makes the instance of a module's body, without its constraints.
    pub(super) fn module_body(&mut self, file: FileId) -> InstanceId {
        let key = InstanceKey {
            file,
            function: MODULE_BODY,
            parent: None,
            environment: Lifetime::Module,
            this: Lifetime::Fresh,
            phase: Phase::Init,
            site: None,
        };
        self.new_instance(key, 0)
    }

    /// The function's own object, for the name of a function expression.
    pub(super) fn bind_self(&mut self, instance: InstanceId, function: Value) {
        self.graph.insert(self.node(instance, SELF), function);
    }
}

fn value_of_origin(origin: Origin) -> Value {
    Value::data(match origin {
        Origin::Finite | Origin::True => Data::Known(DataKind::Finite),
        Origin::Counter => Data::Known(DataKind::Counter),
        Origin::Unknown => Data::Unknown,
    })
}

/// The edge over which a value of that lifetime is read.
pub(super) fn edge_of(lifetime: Lifetime) -> EdgeKind {
    match lifetime {
        Lifetime::Fresh => EdgeKind::Copy,
        Lifetime::Module => EdgeKind::Promote,
    }
}
