//! Every change of an object or binding in the program, whether by syntax or through a call, in one form.

use smallvec::{SmallVec, smallvec};

use crate::base::source::FileId;
use crate::base::span::ByteRange;
use crate::heap::field::{Field, FieldKind};
use crate::heap::graph::NodeId;
use crate::heap::object::{InstanceId, Lifetime, ObjectId, ObjectKind, Source, Value, ValueKind};
use crate::heap::record::{NativeEffect, NativeWrite};
use crate::modules::PatternPart;
use crate::program::{Point, Stages, links, rounds};
use crate::syntax::facts::{
    BindingId, Cleanup, Constraint, FunctionId, Key, MODULE_BODY, ModuleFacts, Place, Reuse, Run, ValueId, Write,
    WriteForm, WriteId,
};

/// What holds entries: an object, or a place whose value is replaced by a longer one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Target {
    /// An object: array, map, set, plain object.
    Object(ObjectId),
    /// A binding's or property's node.
    Slot(NodeId),
}

/// What a change does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Adds an entry that was not there, under the change's key or none.
    Grow,
    /// Takes entries away.
    Remove,
    /// Replaces a property's or binding's value.
    Replace(Reuse),
    /// Initialises (`??=`, `||=`).
    Initialize,
    /// Deletes a named property.
    Delete,
    /// Defines a property, or replaces the prototype.
    Define,
    /// Rearranges elements in place.
    Rearrange,
    /// Copies named properties in.
    Assign,
    /// Changes other state.
    Mutate,
    /// Puts a spy or stub on it.
    Stub,
}

/// A change, in one instance of its function.
#[derive(Clone, Debug)]
pub struct Change {
    /// The file.
    pub file: FileId,
    /// The function.
    pub function: FunctionId,
    /// The function in its context.
    pub instance: InstanceId,
    /// The place to report.
    pub range: ByteRange,
    /// Its statement.
    pub statement: ByteRange,
    /// What dominates it: a run of the facts' guard lists.
    pub guards: Run,
    /// Whether it cleans up.
    pub cleanup: Cleanup,
    /// The object that is written to, if it is no binding.
    pub base: Option<Value>,
    /// The node that held it.
    pub base_node: Option<NodeId>,
    /// What is written: for a named property or binding, its node.
    pub slot: Option<NodeId>,
    /// The property.
    pub field: Option<Field>,
    /// The binding.
    pub binding: Option<BindingId>,
    /// How the target was reached.
    pub lifetime: Lifetime,
    /// What it does.
    pub effect: Effect,
    /// What grows or shrinks.
    pub target: Target,
    /// The key, if it is computed.
    pub key: Option<NodeId>,
    /// What is put in.
    pub values: SmallVec<[NodeId; 2]>,
    /// The kind of write, for messages and the fingerprint: `push`, `assign`.
    pub kind: String,
    /// The write event, if it is by syntax.
    pub write: Option<WriteId>,
}

impl Change {
    /// Where it runs.
    pub fn point(&self) -> Point {
        Point { instance: self.instance, guards: self.guards }
    }
}

/// All changes, in the order of instances and places.
pub(super) fn collect(stages: &Stages<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    let writes_by_function: Vec<rustc_hash::FxHashMap<FunctionId, Vec<WriteId>>> = stages
        .facts
        .iter()
        .map(|facts| {
            let mut map: rustc_hash::FxHashMap<FunctionId, Vec<WriteId>> = rustc_hash::FxHashMap::default();
            for (id, write) in facts.writes.iter_enumerated() {
                map.entry(write.function).or_default().push(id);
            }
            map
        })
        .collect();
    for (instance, info) in stages.heap.instances() {
        let key = info.key;
        for &id in writes_by_function[key.file.0 as usize].get(&key.function).into_iter().flatten() {
            syntactic(stages, instance, id, &mut changes);
        }
    }
    for write in &stages.heap.record.writes {
        changes.extend(through_call(stages, write));
    }
    for change in &mut changes {
        rounds::settle_lifetime(stages, change);
        links::settle(stages, change);
    }
    changes
}

fn syntactic(stages: &Stages<'_>, instance: InstanceId, id: WriteId, changes: &mut Vec<Change>) {
    let key = stages.heap.instance(instance).key;
    let facts = &stages.facts[key.file];
    let write = facts.writes[id];
    let make = |target: Target, effect: Effect, lifetime: Lifetime| Change {
        file: key.file,
        function: key.function,
        instance,
        range: write.range,
        statement: write.statement,
        guards: write.guards,
        cleanup: write.cleanup,
        base: None,
        base_node: None,
        slot: None,
        field: None,
        binding: None,
        lifetime,
        effect,
        target,
        key: None,
        values: write.value.map(|value| stages.heap.node(instance, value)).into_iter().collect(),
        kind: kind_of(&write).to_owned(),
        write: Some(id),
    };
    match write.place {
        Place::Binding(binding) => {
            let Some((node, lifetime)) = binding_node(stages, instance, binding) else { return };
            let effect = slot_effect(stages, &write, node);
            changes.push(Change {
                slot: Some(node),
                binding: Some(binding),
                ..make(Target::Slot(node), effect, lifetime)
            });
        }
        Place::Global(name) => {
            let global = stages.heap.object_of(&Source::Global);
            let name = stages.heap.global_name(key.file, name);
            let Some(global) = global else { return };
            let Some(node) = stages.heap.field(global, Field::name(name)) else { return };
            let effect = slot_effect(stages, &write, node);
            changes.push(Change {
                slot: Some(node),
                base: Some(Value::object(global, Lifetime::Module)),
                field: Some(Field::name(name)),
                ..make(Target::Slot(node), effect, Lifetime::Module)
            });
        }
        Place::Property { base, key } => {
            let base_node = stages.heap.node(instance, base);
            if stages.heap.is_many(base_node) {
                return;
            }
            for value in stages.heap.points_to(base_node) {
                let ValueKind::Object(object, lifetime) = value.kind() else { continue };
                let Some((target, effect, field, key_node, slot)) =
                    property_effect(stages, instance, &write, object, key)
                else {
                    continue;
                };
                changes.push(Change {
                    base: Some(value),
                    base_node: Some(base_node),
                    field,
                    slot,
                    key: key_node,
                    ..make(target, effect, lifetime)
                });
            }
        }
    }
}

/// What a write to a property does to one object.
#[allow(clippy::type_complexity, reason = "the parts of one answer, taken apart at the only caller")]
fn property_effect(
    stages: &Stages<'_>,
    instance: InstanceId,
    write: &Write,
    object: ObjectId,
    key: Key,
) -> Option<(Target, Effect, Option<Field>, Option<NodeId>, Option<NodeId>)> {
    let heap = stages.heap;
    let file = heap.instance(instance).key.file;
    let is_array = heap.object(object).kind == ObjectKind::Array;
    let whole = Target::Object(object);
    match key {
        Key::Computed(key_value) => {
            let key = heap.node(instance, key_value);
            let effect = match write.form {
                WriteForm::Delete => Effect::Remove,
                _ => Effect::Grow,
            };
            let is_sum = || {
                let entries = heap.field(object, Field::UNKNOWN);
                !is_length_read(&stages.facts[file], write, key_value)
                    && entries.is_some_and(|node| is_numeric(stages, node))
            };
            let adds = write.reuse == Reuse::Appends || write.reuse == Reuse::Adds && !is_sum();
            if adds && write.form == WriteForm::Assign {
                return Some((whole, Effect::Grow, None, None, None));
            }
            Some((whole, effect, None, Some(key), None))
        }
        Key::Name(name) => {
            let name = heap.global_name(file, name);
            let field = Field::name(name);
            if is_array && heap.text(name) == "length" {
                return Some((whole, Effect::Remove, Some(field), None, None));
            }
            if write.form != WriteForm::Delete && heap.has_setter(object, name) {
                // What the setter does is its own business: it is called.
                return None;
            }
            let node = heap.field(object, field);
            if write.form == WriteForm::Delete {
                return Some((whole, Effect::Delete, Some(field), None, node));
            }
            if has_setter(stages, object, Field::setter(name)) {
                // The setter's own writes are what changes.
                return None;
            }
            let node = node?;
            let effect = slot_effect(stages, write, node);
            Some((Target::Slot(node), effect, Some(field), None, Some(node)))
        }
        Key::Index(index) => {
            let field = Field::index(index);
            let effect = if write.form == WriteForm::Delete { Effect::Delete } else { Effect::Replace(Reuse::None) };
            Some((whole, effect, Some(field), None, heap.field(object, field)))
        }
        Key::Element => None,
    }
}

/// Whether a key is a length: `list[list.length] = x`.
fn is_length_read(facts: &ModuleFacts, write: &Write, key: ValueId) -> bool {
    facts.constraints_of(write.function).iter().any(|constraint| match *constraint {
        Constraint::Load { dst, key: Key::Name(name), .. } => dst == key && facts.name(name) == "length",
        _ => false,
    })
}

/// Whether an object, or the class of which it is an instance, has a setter.
fn has_setter(stages: &Stages<'_>, object: ObjectId, setter: Field) -> bool {
    let heap = stages.heap;
    let holds = |holder: ObjectId| heap.field(holder, setter).is_some_and(|node| !heap.points_to(node).is_empty());
    let inherited = || match heap.object(object).source {
        Source::Instance { class, .. } => heap.object_of(&Source::Prototype { of: class }).is_some_and(holds),
        _ => false,
    };
    holds(object) || inherited()
}

/// What replacing a place's value does.
fn slot_effect(stages: &Stages<'_>, write: &Write, slot: NodeId) -> Effect {
    match (write.form, write.reuse) {
        (WriteForm::Assign, Reuse::Appends) => Effect::Grow,
        (WriteForm::Assign, Reuse::Adds) if !is_numeric(stages, slot) => Effect::Grow,
        (WriteForm::Assign, Reuse::AddsKey(_) | Reuse::Links | Reuse::Wraps) => Effect::Grow,
        (WriteForm::AddAssign, _) => {
            if is_numeric(stages, slot) {
                Effect::Mutate
            } else {
                Effect::Grow
            }
        }
        (WriteForm::InitAssign, _) => Effect::Initialize,
        (WriteForm::ArithmeticAssign | WriteForm::Update | WriteForm::Decrement, _) => Effect::Mutate,
        (WriteForm::Delete, _) => Effect::Delete,
        (_, reuse) => Effect::Replace(reuse),
    }
}

/// Whether `slot += …` adds numbers: nothing that the slot may hold is text. What a sum gives is a pattern of its number
/// and a hole.
fn is_numeric(stages: &Stages<'_>, slot: NodeId) -> bool {
    let is_word = |part: &PatternPart| matches!(part, PatternPart::Text(text) if text.parse::<f64>().is_err());
    !stages.heap.points_to(slot).iter().any(|value| match value.kind() {
        ValueKind::String(id) => stages.heap.string(id).iter().any(is_word),
        ValueKind::Object(object, _) => stages.heap.object(object).kind == ObjectKind::Array,
        ValueKind::Data(_) => false,
    })
}

/// The node of a binding that a function writes, and how it is reached. A function's own variables are fresh.
pub(super) fn binding_node(
    stages: &Stages<'_>,
    instance: InstanceId,
    binding: BindingId,
) -> Option<(NodeId, Lifetime)> {
    let heap = stages.heap;
    let facts = &stages.facts[heap.instance(instance).key.file];
    let info = facts.bindings[binding];
    let (mut at, mut lifetime) = (instance, Lifetime::Fresh);
    loop {
        let key = &heap.instance(at).key;
        if key.function == info.function {
            break;
        }
        lifetime = lifetime.max(key.environment);
        at = key.parent?;
    }
    if info.function == MODULE_BODY {
        lifetime = Lifetime::Module;
    }
    Some((heap.node(at, info.home), lifetime))
}

fn kind_of(write: &Write) -> &'static str {
    match (write.form, write.reuse, write.place) {
        (WriteForm::Delete, ..) => "delete",
        (WriteForm::Update | WriteForm::Decrement, ..) => "update",
        (WriteForm::InitAssign, ..) => "initialise",
        (WriteForm::AndAssign | WriteForm::ArithmeticAssign, ..) => "compound-assign",
        (WriteForm::AddAssign, ..) => "add-assign",
        (WriteForm::Assign, Reuse::Appends | Reuse::Adds, Place::Property { key: Key::Computed(_), .. }) => {
            "append-index"
        }
        (WriteForm::Assign, Reuse::Appends | Reuse::Adds, _) => "append-copy",
        (WriteForm::Assign, Reuse::AddsKey(_), _) => "add-key-copy",
        (WriteForm::Assign, Reuse::Links, _) => links::WRITE,
        (WriteForm::Assign, Reuse::Wraps, _) => "wrap",
        (WriteForm::Assign, _, Place::Property { key: Key::Computed(_), .. }) => "computed-key",
        (WriteForm::Assign, ..) => "assign",
    }
}

/// A write through a call as a change.
fn through_call(stages: &Stages<'_>, write: &NativeWrite) -> Option<Change> {
    let ValueKind::Object(object, lifetime) = write.base.kind() else { return None };
    let heap = stages.heap;
    let key = heap.instance(write.instance).key;
    let facts = &stages.facts[key.file];
    let call = facts.calls.get(write.call)?;
    let mut keys = write.key;
    let effect = match write.effect {
        NativeEffect::Append | NativeEffect::SetEntry | NativeEffect::AddMember | NativeEffect::SetProperty => {
            Effect::Grow
        }
        // Under one name, each takes the place of the one before.
        NativeEffect::Retain if write.key.is_some() && !is_computed(stages, write.key) => return None,
        NativeEffect::Retain => Effect::Grow,
        NativeEffect::AssignAll => {
            keys = computed_keys(stages, &write.values);
            if keys.is_some() { Effect::Grow } else { Effect::Assign }
        }
        // `defineProperties` has no key: its descriptors' names are constants, unless the literal computes some.
        NativeEffect::Define if write.key.is_none() => {
            keys = computed_keys(stages, &write.values);
            if keys.is_some() { Effect::Grow } else { Effect::Define }
        }
        NativeEffect::Define if is_computed(stages, write.key) => Effect::Grow,
        NativeEffect::Define | NativeEffect::SetPrototype => Effect::Define,
        NativeEffect::Rearrange => Effect::Rearrange,
        NativeEffect::Mutate => Effect::Mutate,
        NativeEffect::DeleteProperty if is_computed(stages, write.key) => Effect::Remove,
        NativeEffect::DeleteProperty => Effect::Delete,
        NativeEffect::TakeOne | NativeEffect::TakeMany => Effect::Remove,
        NativeEffect::Stub => {
            keys = None;
            Effect::Stub
        }
    };
    let name = heap.text(write.name);
    Some(Change {
        file: key.file,
        function: key.function,
        instance: write.instance,
        range: call.place,
        statement: call.statement,
        guards: call.guards,
        cleanup: call.cleanup,
        base: Some(write.base),
        base_node: receiver_node(stages, write),
        slot: None,
        field: named_field(stages, write),
        binding: None,
        lifetime,
        effect,
        target: Target::Object(object),
        key: keys,
        values: write.values.clone(),
        kind: name.rsplit('.').next().unwrap_or(name).to_owned(),
        write: None,
    })
}

/// The field that a call writes under a constant key.
fn named_field(stages: &Stages<'_>, write: &NativeWrite) -> Option<Field> {
    let key = write.key?;
    let mut names = stages.heap.points_to(key).iter().filter_map(|value| match value.kind() {
        ValueKind::String(id) => Some(crate::heap::strings::display(stages.heap.string(id))),
        _ => None,
    });
    let name = stages.heap.name(&names.next()?)?;
    Some(Field::name(name))
}

/// Whether a key is more than constants.
fn is_computed(stages: &Stages<'_>, key: Option<NodeId>) -> bool {
    key.is_none_or(|key| {
        let values = stages.heap.points_to(key);
        values.is_empty() || values.iter().any(|value| !matches!(value.kind(), ValueKind::String(_)))
    })
}

/// The node of computed keys of the objects that are copied in, if they have some.
fn computed_keys(stages: &Stages<'_>, values: &[NodeId]) -> Option<NodeId> {
    values.iter().find_map(|&node| {
        stages.heap.points_to(node).iter().find_map(|value| {
            let (object, _) = value.as_object()?;
            // Only what was made for it: what is copied from elsewhere may be anything.
            let (Source::Site { .. } | Source::Call { .. }) = stages.heap.object(object).source else { return None };
            let keys = stages.heap.field(object, Field::KEYS)?;
            (!stages.heap.points_to(keys).is_empty()).then_some(keys)
        })
    })
}

/// The node that held the object in the calling function: the receiver, or the first argument that holds it.
fn receiver_node(stages: &Stages<'_>, write: &NativeWrite) -> Option<NodeId> {
    let facts = &stages.facts[stages.heap.instance(write.instance).key.file];
    let call = facts.calls[write.call];
    let mut nodes: SmallVec<[NodeId; 4]> = smallvec![];
    match call.callee {
        crate::syntax::facts::Callee::Method { base, .. } => nodes.push(stages.heap.node(write.instance, base)),
        crate::syntax::facts::Callee::Value(value) => nodes.push(stages.heap.node(write.instance, value)),
        _ => {}
    }
    for argument in facts.arguments_of(write.call) {
        nodes.push(stages.heap.node(write.instance, argument.value));
    }
    nodes.into_iter().find(|&node| stages.heap.points_to(node).contains(write.base))
}

/// The name of a field, for people.
pub(super) fn field_text(stages: &Stages<'_>, field: Field) -> String {
    match field.kind() {
        FieldKind::Name(name) | FieldKind::Getter(name) | FieldKind::Setter(name) => stages.heap.text(name).to_owned(),
        FieldKind::Index(index) => format!("[{index}]"),
        FieldKind::Special => "[…]".to_owned(),
    }
}
