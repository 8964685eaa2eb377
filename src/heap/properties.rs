//! Loads, stores, copies, iteration: what reading and writing properties moves.

use crate::base::name::Name;
use crate::heap::clones::DEEP;
use crate::heap::constraints::edge_of;
use crate::heap::field::{Field, FieldKind};
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::limits::COPIES;
use crate::heap::natives::Native;
use crate::heap::object::{Data, Lifetime, ObjectId, ObjectKind, Source, Value, ValueKind};
use crate::heap::platform::SYMBOL;
use crate::heap::promises::AWAITED;
use crate::heap::solver::{ExceptId, Initial, LOOKED_THROUGH, Listener, Solver};
use crate::models::facts::DataKind;

impl Solver<'_> {
    /// The node of a field, made when it is first asked for.
    pub(super) fn field(&mut self, object: ObjectId, field: Field) -> NodeId {
        if let Some(node) = self.known_field(object, field) {
            return node;
        }
        let node = self.fresh_node();
        self.field_nodes.push((node, (object, field)));
        let own = &mut self.states[object].fields;
        own.push((field, node));
        match own.len().checked_sub(LOOKED_THROUGH) {
            None | Some(0) => {}
            Some(1) => self.fields.extend(own.iter().map(|&(field, node)| ((object, field), node))),
            Some(_) => {
                self.fields.insert((object, field), node);
            }
        }
        if self.states[object].is_enumerated {
            self.enumerate_field(object, field, node);
        }
        for at in 0..self.states[object].initial.len() {
            let (of, initial) = self.states[object].initial[at];
            if of == field {
                self.fill(node, initial);
            }
        }
        if matches!(field.kind(), FieldKind::Index(_)) || field == Field::ELEMENT {
            let all = self.known_field(object, Field::ALL_ELEMENTS);
            if let Some(all) = all {
                self.graph.add_edge(node, all, EdgeKind::Copy);
            }
        }
        if let Some(offers) = self.members_offered.get(&object).cloned() {
            for members in offers {
                self.offer_member(field, node, members);
            }
        }
        if let Some(targets) = self.copied_into.get(&object).cloned() {
            self.climb(|solver| {
                for &(to, lifetime, except) in &targets {
                    solver.copy_field(field, node, to, lifetime, except);
                }
            });
        }
        node
    }

    /// The node of a field, if anything asked for it.
    pub(super) fn known_field(&self, object: ObjectId, field: Field) -> Option<NodeId> {
        self.states[object].field(object, field, &self.fields)
    }

    /// A literal gets a property. Most literals are never taken apart: tables of constants, options of unknown code.
    pub(super) fn initialize(&mut self, literal: NodeId, field: Field, initial: Initial) {
        let Some((object, _)) = self.graph.set(literal).iter().find_map(Value::as_object) else { return };
        if self.states[object].is_open || self.known_field(object, field).is_some() {
            let node = self.field(object, field);
            self.fill(node, initial);
        } else {
            self.states[object].initial.push((field, initial));
        }
    }

    fn fill(&mut self, node: NodeId, initial: Initial) {
        match initial {
            Initial::Node(src) => self.graph.add_edge(src, node, EdgeKind::Copy),
            Initial::Constant(value) => {
                self.graph.insert(node, value);
            }
        }
    }

    /// Makes fields of all that a literal was made with.
    pub(super) fn open(&mut self, object: ObjectId) {
        self.states[object].is_open = true;
        for (field, initial) in std::mem::take(&mut self.states[object].initial) {
            let node = self.field(object, field);
            self.fill(node, initial);
        }
    }

    /// Whether an object has a field so far.
    pub(super) fn has_field(&self, object: ObjectId, field: Field) -> bool {
        self.known_field(object, field).is_some() || self.states[object].initial.iter().any(|&(of, _)| of == field)
    }

    /// What an object has as a field so far, without asking for it.
    pub(super) fn known_values(&self, object: ObjectId, field: Field) -> Vec<Value> {
        if let Some(node) = self.known_field(object, field) {
            return self.graph.set(node).iter().collect();
        }
        let own = self.states[object].initial.iter().filter(|&&(of, _)| of == field);
        own.flat_map(|&(_, initial)| match initial {
            Initial::Node(node) => self.graph.set(node).iter().collect(),
            Initial::Constant(value) => vec![value],
        })
        .collect()
    }

    /// The node of all elements of an array.
    pub(super) fn all_elements(&mut self, object: ObjectId) -> NodeId {
        if let Some(node) = self.known_field(object, Field::ALL_ELEMENTS) {
            return node;
        }
        self.open(object);
        let parts: Vec<NodeId> = self.states[object]
            .fields
            .iter()
            .filter(|(field, _)| matches!(field.kind(), FieldKind::Index(_)) || *field == Field::ELEMENT)
            .map(|&(_, node)| node)
            .collect();
        let all = self.field(object, Field::ALL_ELEMENTS);
        let element = self.field(object, Field::ELEMENT);
        self.graph.add_edge(element, all, EdgeKind::Copy);
        for part in parts {
            self.graph.add_edge(part, all, EdgeKind::Copy);
        }
        all
    }

    /// The node of all property values of an object: what reading under an unknown key gives.
    pub(super) fn all_properties(&mut self, object: ObjectId) -> NodeId {
        let any = self.field(object, Field::ANY);
        if !self.states[object].is_enumerated {
            self.states[object].is_enumerated = true;
            self.open(object);
            for (field, node) in self.states[object].fields.clone() {
                self.enumerate_field(object, field, node);
            }
        }
        any
    }

    /// The node of what a property may be by being written under an unknown key.
    fn mixed_properties(&mut self, object: ObjectId) -> NodeId {
        if let Some(node) = self.known_field(object, Field::MIXED) {
            return node;
        }
        let mixed = self.field(object, Field::MIXED);
        self.graph.narrow(mixed);
        let unknown = self.field(object, Field::UNKNOWN);
        self.graph.add_edge(unknown, mixed, EdgeKind::Copy);
        mixed
    }

    fn enumerate_field(&mut self, object: ObjectId, field: Field, node: NodeId) {
        let is_value = match field.kind() {
            FieldKind::Name(name) => name != self.well_known.constructor && name != self.well_known.prototype,
            FieldKind::Index(_) => true,
            FieldKind::Special => field == Field::ELEMENT || field == Field::UNKNOWN,
            FieldKind::Getter(_) | FieldKind::Setter(_) => false,
        };
        if is_value {
            let any = self.field(object, Field::ANY);
            self.graph.add_edge(node, any, EdgeKind::Copy);
        }
    }

    /// `dst = base.field`.
    pub(super) fn load(&mut self, base: Value, field: Field, dst: NodeId) {
        match base.kind() {
            ValueKind::Object(object, lifetime) => self.load_object(object, lifetime, field, dst, base),
            ValueKind::Data(_) => {
                self.graph.insert(dst, base);
            }
            ValueKind::String(id) => self.load_string(id, field, dst),
        }
    }

    pub(super) fn load_object(&mut self, object: ObjectId, lifetime: Lifetime, field: Field, dst: NodeId, this: Value) {
        if field == Field::ELEMENT && self.objects[object].kind == ObjectKind::Array {
            let all = self.all_elements(object);
            self.graph.add_edge(all, dst, edge_of(lifetime));
            return;
        }
        if field.is_weak() && self.is_module_itself(object) {
            return;
        }
        if let Source::External { .. } = self.objects[object].source {
            self.load_external(object, lifetime, field, dst);
            self.load_carried(object, lifetime, field, dst);
        }
        let node = self.field(object, field);
        self.graph.add_edge(node, dst, edge_of(lifetime));
        if let FieldKind::Index(_) = field.kind() {
            let element = self.field(object, Field::ELEMENT);
            self.graph.add_edge(element, dst, edge_of(lifetime));
        }
        let FieldKind::Name(name) = field.kind() else {
            self.load_from_prototypes(object, field, dst, this);
            return;
        };
        if name == self.well_known.prototype
            && let Source::Class { .. } = self.objects[object].source
        {
            // Each class has its own: what a subclass's methods are put on is not the parent's, nor what happens to be
            // kept under some name.
            self.prototype_of(object);
            return;
        }
        let mixed = self.mixed_properties(object);
        self.graph.add_edge(mixed, dst, edge_of(lifetime));
        self.meet_get_traps(this, field, dst);
        self.load_native(object, name, dst);
        if name == self.well_known.size && matches!(self.objects[object].kind, ObjectKind::Map | ObjectKind::Set) {
            // What lasts counts its entries for ever.
            let kind = if lifetime == Lifetime::Module { DataKind::Counter } else { DataKind::Finite };
            self.insert_data(dst, kind);
        }
        if self.accessors.contains(&name) {
            let getter = self.field(object, Field::getter(name));
            self.listen(getter, Listener::Getter { this, dst });
        }
        if name == self.well_known.prototype && self.objects[object].kind == ObjectKind::Function {
            self.prototype_of(object);
            if let Source::Function { .. } = self.objects[object].source {
                return;
            }
        }
        self.load_from_prototypes(object, field, dst, this);
    }

    fn load_from_prototypes(&mut self, object: ObjectId, field: Field, dst: NodeId, this: Value) {
        if !self.learn_load(object, field, dst, this) {
            return;
        }
        for prototype in self.states[object].prototypes.clone() {
            self.climb(|solver| solver.load_inherited(prototype, field, dst, this));
        }
    }

    /// Notes a load through an object, unless it is noted.
    fn learn_load(&mut self, object: ObjectId, field: Field, dst: NodeId, this: Value) -> bool {
        let loads = &mut self.states[object].loads;
        let is_new = if loads.len() < LOOKED_THROUGH {
            !loads.iter().any(|&(of, into, _)| (of, into) == (field, dst))
        } else {
            if loads.len() == LOOKED_THROUGH {
                self.loaded.extend(loads.iter().map(|&(field, dst, _)| (object, field, dst)));
            }
            self.loaded.insert((object, field, dst))
        };
        if is_new {
            loads.push((field, dst, this));
            self.budget.loads += 1;
        }
        is_new
    }

    /// `base.field = src`.
    pub(super) fn store(&mut self, base: Value, field: Field, src: NodeId) {
        let Some((object, _)) = base.as_object() else {
            if base == Value::data(Data::Unknown) {
                self.keep_in_unknown(src);
            }
            return;
        };
        match self.objects[object].source {
            Source::Namespace(_) => return,
            // What unknown packages keep under computed keys is not followed: there is too much, and all of it mixed.
            Source::External { path: None, .. } if field == Field::UNKNOWN => return,
            _ => {}
        }
        if self.replaces_decorated(object, field, src) {
            return;
        }
        let node = self.field(object, field);
        self.graph.add_edge(src, node, EdgeKind::Copy);
        if let Some(carrier) = self.carrier_of(object) {
            let carried = self.field(carrier, field);
            self.graph.add_edge(src, carried, EdgeKind::Copy);
        }
        self.meet_set_traps(base, field, src);
        let FieldKind::Name(name) = field.kind() else { return };
        if name == self.well_known.proto {
            self.listen(src, Listener::Prototype { of: object });
        }
        if name == self.well_known.prototype && self.objects[object].kind == ObjectKind::Function {
            self.prototype_of(object);
        }
        if self.accessors.contains(&name) {
            let setter = self.setter_of(object, name, base);
            self.listen(setter, Listener::Setter { this: base, src });
        }
    }

    /// The node of the setters that writing a property of an object may call.
    fn setter_of(&mut self, object: ObjectId, name: Name, base: Value) -> NodeId {
        if let Some(&known) = self.memo.setters.get(&(base, name)) {
            return known;
        }
        let setter = self.fresh_node();
        self.memo.setters.insert((base, name), setter);
        self.load_object(object, Lifetime::Fresh, Field::setter(name), setter, base);
        setter
    }

    /// `dst = base[key]` for each key that the node has.
    pub(super) fn load_computed(&mut self, base: Value, key: NodeId, dst: NodeId) {
        let keys: Vec<Value> = self.graph.set(key).iter().collect();
        self.spend(keys.len());
        for key in keys {
            self.load_at(base, key, dst);
        }
    }

    /// The same for one key and each base.
    pub(super) fn load_under(&mut self, base: NodeId, key: Value, dst: NodeId) {
        let bases: Vec<Value> = self.graph.set(base).iter().collect();
        self.spend(bases.len());
        for base in bases {
            self.load_at(base, key, dst);
        }
    }

    fn load_at(&mut self, base: Value, key: Value, dst: NodeId) {
        let Some((object, lifetime)) = base.as_object() else {
            if let ValueKind::Data(_) = base.kind() {
                self.graph.insert(dst, base);
            } else {
                self.graph.insert(dst, Value::data(Data::Known(DataKind::Finite)));
            }
            return;
        };
        if let Some(field) = self.field_of_key(object, key) {
            self.load(base, field, dst);
            return;
        }
        if let Source::External { .. } = self.objects[object].source {
            self.load_external_element(object, lifetime, dst);
        }
        let any = self.all_properties(object);
        self.graph.add_edge(any, dst, edge_of(lifetime));
    }

    /// The field that a known key names in an object; none if the key is not known.
    pub(super) fn field_of_key(&mut self, object: ObjectId, key: Value) -> Option<Field> {
        if let ValueKind::Object(symbol, _) = key.kind()
            && let Source::Native(symbol @ Native::Static("Symbol", _)) = self.objects[symbol].source
        {
            return Some(Field::name(self.names.intern(&symbol.label())));
        }
        let ValueKind::String(id) = key.kind() else { return None };
        let text = self.strings.text(id)?;
        if self.objects[object].kind == ObjectKind::Array {
            return text.parse::<u32>().ok().map(Field::index);
        }
        // What the global object has under symbols is not followed one by one: it comes and goes.
        if object == self.well_known.global && text.starts_with(SYMBOL) {
            return None;
        }
        let text = text.to_owned();
        Some(Field::name(self.names.intern(&text)))
    }

    /// `base[key] = src` for each key that the node has.
    pub(super) fn store_computed(&mut self, base: Value, key: NodeId, src: NodeId) {
        if let Some((object, _)) = base.as_object() {
            let keys = self.field(object, Field::KEYS);
            self.graph.add_edge(key, keys, EdgeKind::Copy);
        }
        let keys: Vec<Value> = self.graph.set(key).iter().collect();
        self.spend(keys.len());
        for key in keys {
            self.store_at(base, key, src);
        }
    }

    /// The same for one key and each base.
    pub(super) fn store_under(&mut self, base: NodeId, key: Value, src: NodeId) {
        let bases: Vec<Value> = self.graph.set(base).iter().collect();
        self.spend(bases.len());
        for base in bases {
            self.store_at(base, key, src);
        }
    }

    fn store_at(&mut self, base: Value, key: Value, src: NodeId) {
        let Some((object, _)) = base.as_object() else { return };
        let field = match self.field_of_key(object, key) {
            Some(field) => field,
            None if self.objects[object].kind == ObjectKind::Array => Field::ELEMENT,
            None => Field::UNKNOWN,
        };
        self.store(base, field, src);
    }

    /// All properties of `source` go into the objects of `dst`.
    pub(super) fn copy_from(&mut self, source: Value, dst: NodeId, except: ExceptId) {
        if source.is_object() {
            self.listen(dst, Listener::CopyTo { src: source, except });
        } else if let ValueKind::Data(_) = source.kind() {
            // `{...req.query}`: unknown keys with unknown values of that origin.
            let value = self.fresh_node();
            self.graph.insert(value, source);
            self.listen(dst, Listener::Store { src: value, field: Field::UNKNOWN });
            self.listen(dst, Listener::Store { src: value, field: Field::KEYS });
            self.listen(dst, Listener::Store { src: value, field: Field::MADE_OF });
        }
    }

    /// All properties of one object go into another. Fields that the source gets later follow: the target's unknown
    /// field takes what the source's has, and named fields are loaded from the source when they are asked for.
    pub(super) fn copy_to(&mut self, source: Value, target: Value, except: ExceptId) {
        let (Some((from, lifetime)), Some((to, _))) = (source.as_object(), target.as_object()) else { return };
        if from == to {
            return;
        }
        if let Some(carrier) = self.carrier_of(to) {
            self.climb(|solver| solver.copy_to(source, Value::object(carrier, Lifetime::Fresh), except));
        }
        for field in [Field::UNKNOWN, Field::KEYS, Field::ELEMENT] {
            let (src, dst) = (self.field(from, field), self.field(to, field));
            self.copy_node(src, dst, to, lifetime, except);
        }
        if self.copied_into.get(&from).is_some_and(|targets| targets.len() >= COPIES) {
            let (all, dst) = (self.all_properties(from), self.field(to, Field::UNKNOWN));
            self.copy_node(all, dst, to, lifetime, except);
            return;
        }
        self.open(from);
        for (field, node) in self.states[from].fields.clone() {
            self.climb(|solver| solver.copy_field(field, node, to, lifetime, except));
        }
        let targets = self.copied_into.entry(from).or_default();
        if targets.contains(&(to, lifetime, except)) {
            return;
        }
        targets.push((to, lifetime, except));
        match self.objects[from].source {
            Source::External { path: Some(path), .. } => {
                self.add_prototype(to, source);
                // A copy of a request's data is that request's data: `{...req.query}`.
                if self.input.models.facts(path).value.data.is_some() {
                    let made_of = self.field(to, Field::MADE_OF);
                    self.graph.insert(made_of, source);
                }
            }
            Source::Namespace(_) => self.add_prototype(to, source),
            Source::External { .. } => {
                let unknown = self.field(to, Field::UNKNOWN);
                self.graph.insert(unknown, Value::data(Data::Unknown));
            }
            _ => {}
        }
    }

    fn copy_field(&mut self, field: Field, node: NodeId, to: ObjectId, lifetime: Lifetime, except: ExceptId) {
        let is_copied = match field.kind() {
            FieldKind::Name(name) => self.is_copied(name, except),
            FieldKind::Index(_) => true,
            FieldKind::Getter(name) | FieldKind::Setter(name) => self.is_copied(name, except),
            FieldKind::Special => false,
        };
        if is_copied {
            let dst = self.field(to, field);
            self.copy_node(node, dst, to, lifetime, except);
        }
    }

    fn copy_node(&mut self, src: NodeId, dst: NodeId, to: ObjectId, lifetime: Lifetime, except: ExceptId) {
        match except {
            DEEP => {
                let root = self.clone_root(to);
                self.listen(src, Listener::Clone { dst, root });
            }
            AWAITED => {
                let src = self.read_through(src, lifetime);
                self.listen(src, Listener::Await { dst });
            }
            _ => {
                self.graph.add_edge(src, dst, edge_of(lifetime));
            }
        }
    }

    fn is_copied(&self, name: Name, except: ExceptId) -> bool {
        name != self.well_known.prototype && !self.excepts[except].contains(&name)
    }

    /// `dst` gets what iterating the value gives.
    pub(super) fn iterate(&mut self, value: Value, dst: NodeId, index: Option<u8>) {
        let Some((object, lifetime)) = value.as_object() else {
            if let ValueKind::Data(_) = value.kind() {
                self.graph.insert(dst, value);
            }
            return;
        };
        if let Source::External { .. } = self.objects[object].source {
            self.load_external_element(object, lifetime, dst);
        }
        match (self.objects[object].kind, index) {
            (ObjectKind::Map, _) => {
                let entry = self.map_entry(object);
                self.graph.insert(dst, if lifetime == Lifetime::Module { entry.promoted() } else { entry });
            }
            (ObjectKind::Array, Some(index)) => self.load(value, Field::index(u32::from(index)), dst),
            _ => {
                self.look_for_iterator(value, dst, index);
                let all = self.all_elements(object);
                self.graph.add_edge(all, dst, edge_of(lifetime));
            }
        }
    }

    /// `list.concat(value)`: the elements of an array, or of what may be one; anything else is an element itself.
    pub(super) fn flatten(&mut self, value: Value, dst: NodeId) {
        let is_element = match value.kind() {
            ValueKind::String(_) => true,
            ValueKind::Data(_) => false,
            ValueKind::Object(object, _) => {
                let is_foreign = matches!(self.objects[object].source, Source::External { .. });
                self.objects[object].kind != ObjectKind::Array && !is_foreign
            }
        };
        if is_element {
            self.graph.insert(dst, value);
        } else {
            self.iterate(value, dst, None);
        }
    }

    /// The entry of a map, an array of key and value.
    pub(super) fn map_entry(&mut self, map: ObjectId) -> Value {
        let entry = self.object(Source::Entry { of: map }, ObjectKind::Array);
        for (from, to) in [(Field::KEYS, Field::index(0)), (Field::MAP_VALUE, Field::index(1))] {
            let (src, dst) = (self.field(map, from), self.field(entry, to));
            self.graph.add_edge(src, dst, EdgeKind::Copy);
        }
        Value::object(entry, Lifetime::Fresh)
    }

    /// `dst` gets the keys of the value: constant names as finite, computed ones as they are.
    pub(super) fn keys(&mut self, value: Value, dst: NodeId) {
        let Some((object, _)) = value.as_object() else {
            if let ValueKind::Data(_) = value.kind() {
                self.graph.insert(dst, value);
            }
            return;
        };
        let keys = self.field(object, Field::KEYS);
        self.graph.add_edge(keys, dst, EdgeKind::Copy);
        self.open(object);
        self.spend(self.states[object].fields.len());
        for (field, _) in self.states[object].fields.clone() {
            if let FieldKind::Name(name) = field.kind()
                && name != self.well_known.prototype
                && name != self.well_known.constructor
            {
                let id = self.strings.constant(self.names.text(name));
                self.graph.insert(dst, Value::string(id));
            }
        }
        self.insert_data(dst, DataKind::Finite);
        if let Source::External { path: Some(path), .. } = self.objects[object].source
            && let Some(kind) = self.input.models.facts(path).value.data
        {
            self.insert_data(dst, kind);
        }
    }

    /// `dst` gets what the value gives when it is awaited.
    pub(super) fn await_value(&mut self, value: Value, dst: NodeId) {
        let Some((object, lifetime)) = value.as_object() else {
            self.graph.insert(dst, value);
            return;
        };
        if self.objects[object].kind == ObjectKind::Promise {
            let promised = self.field(object, Field::PROMISED);
            let through = self.read_through(promised, lifetime);
            self.listen(through, Listener::Await { dst });
        } else {
            self.graph.insert(dst, value);
        }
    }

    /// A node as it is read through a holder of that lifetime.
    pub(super) fn read_through(&mut self, node: NodeId, lifetime: Lifetime) -> NodeId {
        if lifetime == Lifetime::Fresh {
            return node;
        }
        if let Some(&promoted) = self.memo.promoted.get(&node) {
            return promoted;
        }
        let promoted = self.fresh_node();
        self.memo.promoted.insert(node, promoted);
        self.graph.add_edge(node, promoted, EdgeKind::Promote);
        promoted
    }

    /// Elements of arrays and iterables in `src`, and everything else as it is (`_.each(object)`).
    pub(super) fn elements_or_values(&mut self, src: NodeId, dst: NodeId) {
        self.listen(src, Listener::Iterate { dst, index: None });
        let key = self.fresh_node();
        self.graph.insert(key, Value::data(Data::Unknown));
        self.listen(src, Listener::LoadBase { dst, key });
    }
}
