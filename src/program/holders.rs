//! Who holds an object: the chain of bindings and fields from a module to it, its name for people, its owner.

use rustc_hash::FxHashMap;

use crate::base::finding::RootedBy;
use crate::base::source::FileId;
use crate::heap::field::{Field, FieldKind};
use crate::heap::graph::NodeId;
use crate::heap::object::{InstanceId, ObjectId, ObjectKind, Source, Value};
use crate::models::facts::DataKind;
use crate::program::chains::Chain;
use crate::program::{Stages, changes};
use crate::syntax::facts::{BindingId, BindingKind, Export, MODULE_BODY};

/// Who an object's holder is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Link {
    /// A field of another object.
    Field(ObjectId, Field),
    /// A variable of a module's body.
    Variable(FileId, BindingId),
    /// A variable that a closure has captured.
    Captured(InstanceId, BindingId),
}

/// A module, package or the platform.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Owner {
    /// A file of the project.
    File(FileId),
    /// A package.
    Package(String),
    /// Node, the browser, the language.
    Platform(String),
}

/// Which links hold each object.
#[derive(Debug, Default)]
pub(super) struct Holders {
    links: FxHashMap<ObjectId, Vec<Link>>,
    /// The files whose `export default` an object is, which no variable needs to hold.
    defaults: FxHashMap<ObjectId, FileId>,
}

impl Holders {
    /// Turns fields and variables around.
    pub(super) fn new(stages: &Stages<'_>) -> Self {
        let mut links: FxHashMap<ObjectId, Vec<Link>> = FxHashMap::default();
        let mut add = |node: NodeId, link: Link| {
            for value in stages.heap.points_to(node) {
                if let Some((object, _)) = value.as_object() {
                    let list = links.entry(object).or_default();
                    if list.len() < 64 && !list.contains(&link) {
                        list.push(link);
                    }
                }
            }
        };
        for (file, facts) in stages.facts.iter_enumerated() {
            let body = stages.heap.body(file);
            for (id, binding) in facts.bindings.iter_enumerated() {
                if binding.function == MODULE_BODY && binding.kind != BindingKind::Import {
                    add(stages.heap.node(body, binding.home), Link::Variable(file, id));
                }
            }
        }
        for (id, _) in stages.heap.objects().filter(|&(id, _)| !is_of_one_call(stages, id)) {
            for &(field, node) in stages.heap.fields_of(id) {
                if is_holding(field) {
                    add(node, Link::Field(id, field));
                }
            }
        }
        let captured = stages.captured_bindings();
        for (instance, info) in stages.heap.instances() {
            for &binding in captured.get(&(info.key.file, info.key.function)).into_iter().flatten() {
                let home = stages.facts[info.key.file].bindings[binding].home;
                add(stages.heap.node(instance, home), Link::Captured(instance, binding));
            }
        }
        Self { links, defaults: defaults(stages) }
    }

    /// The file whose `export default` an object is.
    pub(super) fn default_of(&self, object: ObjectId) -> Option<FileId> {
        self.defaults.get(&object).copied()
    }

    /// The links that hold an object.
    pub(super) fn of(&self, object: ObjectId) -> &[Link] {
        self.links.get(&object).map_or(&[], Vec::as_slice)
    }
}

fn defaults(stages: &Stages<'_>) -> FxHashMap<ObjectId, FileId> {
    let mut defaults = FxHashMap::default();
    for (file, facts) in stages.facts.iter_enumerated() {
        for export in &facts.exports {
            let (Export::Value { value, .. } | Export::Assign { value, .. }) = *export else { continue };
            let values = stages.heap.points_to(stages.heap.node(stages.heap.body(file), value));
            for (object, _) in values.iter().filter_map(Value::as_object) {
                defaults.entry(object).or_insert(file);
            }
        }
    }
    defaults
}

pub(super) fn is_holding(field: Field) -> bool {
    match field.kind() {
        FieldKind::Name(_) | FieldKind::Index(_) => true,
        FieldKind::Special if field.is_weak() => true,
        FieldKind::Special => [Field::ELEMENT, Field::UNKNOWN, Field::MAP_VALUE, Field::PROMISED].contains(&field),
        FieldKind::Getter(_) | FieldKind::Setter(_) => false,
    }
}

/// Whether an object comes with a request or an event, and goes with it: `req.session = sessions.get(id)` holds nothing.
fn is_of_one_call(stages: &Stages<'_>, object: ObjectId) -> bool {
    match stages.heap.object(object).source {
        Source::External { path: Some(path), .. } => {
            matches!(stages.models.facts(path).value.data, Some(DataKind::Request | DataKind::Event))
        }
        _ => false,
    }
}

pub(super) fn is_root(stages: &Stages<'_>, object: ObjectId) -> bool {
    matches!(
        stages.heap.object(object).source,
        Source::Exports(_) | Source::Module(_) | Source::Global | Source::Native(_)
    ) || matches!(stages.heap.object(object).source, Source::External { made: None, .. })
        && !is_of_one_call(stages, object)
}

/// A container as people call it, with how it is rooted.
#[derive(Clone, Debug)]
pub struct Naming {
    /// The names from the module on: `sessions`, `events`.
    pub path: Vec<String>,
    /// Who holds it.
    pub holder: Owner,
    /// How.
    pub rooted_by: RootedBy,
    /// The declaration of the variable at the root, if it is one.
    pub declaration: Option<(FileId, BindingId)>,
}

/// Names a chain of links.
pub(super) fn name_chain(stages: &Stages<'_>, chain: &Chain, from: FileId) -> Option<Naming> {
    let mut path = Vec::new();
    let mut holder = None;
    let mut declaration = None;
    let mut rooted_by = RootedBy::ModuleVariable;
    if let Some(file) = chain.default_of {
        path.push("default".to_owned());
        holder = Some(Owner::File(file));
        rooted_by = if file == from { RootedBy::ModuleVariable } else { RootedBy::RequiredModule };
    }
    for link in &chain.links {
        match *link {
            Link::Variable(..) | Link::Captured(..) if holder.is_none() => {
                let (file, binding) = match *link {
                    Link::Captured(instance, binding) => (stages.heap.instance(instance).key.file, binding),
                    Link::Variable(file, binding) => (file, binding),
                    Link::Field(..) => continue,
                };
                let facts = &stages.facts[file];
                path.push(facts.name(facts.bindings[binding].name).to_owned());
                holder = Some(Owner::File(file));
                declaration = Some((file, binding));
                rooted_by = match link {
                    Link::Captured(..) => RootedBy::Closure,
                    _ if file == from => RootedBy::ModuleVariable,
                    _ => RootedBy::RequiredModule,
                };
            }
            Link::Field(object, field) => {
                let source = &stages.heap.object(object).source;
                if holder.is_none() {
                    holder = Some(owner_of(stages, object));
                    rooted_by = root_kind(source, from);
                    if let Source::External { label, .. } = source {
                        path.push(stages.heap.text(*label).to_owned());
                    }
                }
                rooted_by = match source {
                    Source::Instance { .. } => RootedBy::SingletonField,
                    Source::Prototype { .. } => RootedBy::Prototype,
                    Source::Class { .. } | Source::Function { .. } => RootedBy::ClassStatic,
                    _ => rooted_by,
                };
                path.push(changes::field_text(stages, field));
            }
            _ => {}
        }
    }
    Some(Naming { path, holder: holder?, rooted_by, declaration })
}

fn root_kind(source: &Source, from: FileId) -> RootedBy {
    match source {
        Source::Exports(file) | Source::Module(file) | Source::Namespace(file) if *file == from => {
            RootedBy::ModuleVariable
        }
        Source::Global | Source::Native(_) => RootedBy::Global,
        _ => RootedBy::RequiredModule,
    }
}

/// The module that made an object.
pub(super) fn owner_of(stages: &Stages<'_>, object: ObjectId) -> Owner {
    let heap = stages.heap;
    match &heap.object(object).source {
        Source::Site { file, .. }
        | Source::Function { file, .. }
        | Source::Class { file, .. }
        | Source::Exports(file)
        | Source::Module(file)
        | Source::Namespace(file)
        | Source::Require(file) => Owner::File(*file),
        Source::Call { instance, .. } | Source::Bound { instance, .. } | Source::Result(instance) => {
            Owner::File(heap.instance(*instance).key.file)
        }
        Source::Instance { class, .. } => owner_of(stages, *class),
        Source::Prototype { of } | Source::Entry { of } => owner_of(stages, *of),
        Source::Clone { root, .. } => owner_of(stages, *root),
        Source::Global | Source::Cache => Owner::Platform("global".to_owned()),
        Source::Native(_) => Owner::Platform("ecmascript".to_owned()),
        Source::External { package, made, label, .. } => external_owner(stages, *package, *label, *made),
    }
}

fn external_owner(
    stages: &Stages<'_>,
    package: crate::base::name::Name,
    label: crate::base::name::Name,
    made: Option<(InstanceId, Option<crate::syntax::facts::CallId>)>,
) -> Owner {
    // What a call made belongs to the caller: `new EventEmitter()` in a.js is a.js's emitter.
    if let Some((instance, _)) = made {
        return Owner::File(stages.heap.instance(instance).key.file);
    }
    let text = stages.heap.text(package);
    if text.is_empty() || text.starts_with("node:") {
        Owner::Platform(if text.is_empty() { stages.heap.text(label).to_owned() } else { text.to_owned() })
    } else {
        Owner::Package(text.to_owned())
    }
}

/// Whether the object is one of those that grow: not a function, class or module.
pub(super) fn is_container(stages: &Stages<'_>, object: ObjectId) -> bool {
    !matches!(stages.heap.object(object).kind, ObjectKind::Weak)
}
