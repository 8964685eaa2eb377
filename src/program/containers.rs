//! What a container is called, and what is said of it.

use crate::base::finding::{Container, RootedBy};
use crate::base::source::FileId;
use crate::heap::field::{Field, FieldKind};
use crate::heap::graph::NodeId;
use crate::heap::natives;
use crate::heap::object::{InstanceId, ObjectId, ObjectKind, Source, Value};
use crate::program::chains;
use crate::program::changes::{self, Change, Target};
use crate::program::holders::{self, Link, Naming, Owner};
use crate::program::sources::Follow;
use crate::program::{Program, links};
use crate::syntax::facts::{Constraint, FunctionForm, Key, MODULE_BODY};

impl Program<'_> {
    /// How a change's container is held and called. None if nothing module-lifetime is found to hold it.
    pub fn naming(&self, change: &Change) -> Option<Naming> {
        match change.target {
            Target::Object(object) => {
                let mut naming = self.naming_of(object, change.file);
                if let Some(field) = change.field.filter(|_| change.key.is_none()) {
                    let text = changes::field_text(&self.stages, field);
                    if text != "length" {
                        naming.path.push(text);
                    }
                }
                Some(naming)
            }
            Target::Slot(_) => self.naming_of_slot(change),
        }
    }

    fn naming_of(&self, object: ObjectId, from: FileId) -> Naming {
        let source = &self.stages.heap.object(object).source;
        // Everybody knows the global object and what is built in by their own names, not by a variable that holds them.
        if !matches!(source, Source::Global | Source::Native(_)) {
            let chain = self.chain_to(object, from);
            if let Some(naming) = holders::name_chain(&self.stages, &chain, from) {
                return naming;
            }
        }
        let holder = holders::owner_of(&self.stages, object);
        let is_held_by_itself = chains::is_end(&self.stages, object);
        if let Some(path) = self.path_in_instance(object).filter(|_| !is_held_by_itself) {
            return Naming { path, holder, rooted_by: RootedBy::SingletonField, declaration: None };
        }
        let path = vec![self.object_text(object)];
        let rooted_by = match source {
            Source::Global | Source::Native(_) => RootedBy::Global,
            Source::Prototype { .. } => RootedBy::Prototype,
            Source::Class { .. } | Source::Function { .. } => RootedBy::ClassStatic,
            Source::Instance { .. } => RootedBy::SingletonField,
            Source::External { package, .. } if self.stages.heap.text(*package).is_empty() => RootedBy::Global,
            _ => RootedBy::RequiredModule,
        };
        Naming { path, holder, rooted_by, declaration: None }
    }

    /// The field of an instance that holds an object: `Ring.cache`.
    fn path_in_instance(&self, object: ObjectId) -> Option<Vec<String>> {
        self.holders.of(object).iter().find_map(|link| match *link {
            Link::Field(parent, field) if matches!(self.stages.heap.object(parent).source, Source::Instance { .. }) => {
                Some(vec![self.object_text(parent), changes::field_text(&self.stages, field)])
            }
            _ => None,
        })
    }

    /// What an object is called where nothing holds it by name.
    fn object_text(&self, object: ObjectId) -> String {
        let heap = self.stages.heap;
        match &heap.object(object).source {
            Source::Exports(_) | Source::Module(_) | Source::Namespace(_) => "exports".to_owned(),
            Source::Global => "globalThis".to_owned(),
            Source::Native(native) => native.label(),
            Source::External { label, .. } => heap.text(*label).to_owned(),
            Source::Prototype { of } => format!("{}.prototype", self.object_text(*of)),
            Source::Function { file, function, .. } => {
                let facts = &self.stages.facts[*file];
                facts.functions[*function].name.map_or("function", |name| facts.name(name)).to_owned()
            }
            Source::Class { file, class, .. } => {
                let facts = &self.stages.facts[*file];
                facts.classes[*class].name.map_or("class", |name| facts.name(name)).to_owned()
            }
            Source::Instance { class, .. } => self.object_text(*class),
            _ => self.kind_word(object).to_owned(),
        }
    }

    fn naming_of_slot(&self, change: &Change) -> Option<Naming> {
        if let Some(binding) = change.binding {
            let facts = &self.stages.facts[change.file];
            let info = facts.bindings[binding];
            let is_module_level = info.function == crate::syntax::facts::MODULE_BODY;
            return Some(Naming {
                path: vec![facts.name(info.name).to_owned()],
                holder: Owner::File(change.file),
                rooted_by: if is_module_level { RootedBy::ModuleVariable } else { RootedBy::Closure },
                declaration: Some((change.file, binding)),
            });
        }
        let (object, _) = change.base?.as_object()?;
        let mut naming = self.naming_of(object, change.file);
        let field = change.field?;
        naming.path.push(changes::field_text(&self.stages, field));
        naming.rooted_by = match self.stages.heap.object(object).source {
            Source::Instance { .. } => RootedBy::SingletonField,
            Source::Prototype { .. } => RootedBy::Prototype,
            Source::Class { .. } | Source::Function { .. } => RootedBy::ClassStatic,
            _ => naming.rooted_by,
        };
        Some(naming)
    }

    /// The contract's container of a change.
    pub fn container(&self, change: &Change) -> Option<Container> {
        let naming = self.naming(change)?;
        let owner = match change.target {
            Target::Object(object) => holders::owner_of(&self.stages, object),
            Target::Slot(_) => match change.base.and_then(crate::heap::object::Value::as_object) {
                Some((object, _)) => holders::owner_of(&self.stages, object),
                None => Owner::File(change.file),
            },
        };
        Some(Container {
            name: self.display_name(&naming),
            path: naming.path.join("."),
            rooted_by: naming.rooted_by,
            holder: self.owner_text(&naming.holder),
            owner: self.owner_text(&owner),
        })
    }

    /// `supportedExtensions of validators/name.js`.
    fn display_name(&self, naming: &Naming) -> String {
        let holder = self.owner_text(&naming.holder);
        let tells = |part: &&str| !matches!(*part, "exports" | "default") && *part != holder;
        // A package's members are labelled with its name.
        let prefix = format!("{holder}.");
        let parts = naming.path.iter().map(|part| part.strip_prefix(&prefix).unwrap_or(part));
        let path: Vec<&str> = parts.filter(tells).collect();
        let mut name = String::new();
        for part in &path {
            if !name.is_empty() && !part.starts_with('[') {
                name.push('.');
            }
            name.push_str(part);
        }
        if name.is_empty() {
            "exports".clone_into(&mut name);
        }
        match naming.holder {
            Owner::Platform(_) => name,
            _ => format!("{name} of {holder}"),
        }
    }

    /// An owner as the contract writes it.
    pub fn owner_text(&self, owner: &Owner) -> String {
        match owner {
            Owner::File(file) => self.path(*file).to_owned(),
            Owner::Package(name) => name.clone(),
            Owner::Platform(name) if name == "ecmascript" => name.clone(),
            Owner::Platform(_) => "node".to_owned(),
        }
    }

    /// The module that made the object that a change writes to. A helper's `this` and what its callers own is theirs.
    pub fn owner(&self, change: &Change) -> Owner {
        match change.base.and_then(crate::heap::object::Value::as_object) {
            Some((object, _)) => holders::owner_of(&self.stages, object),
            None => Owner::File(change.file),
        }
    }

    /// Whether an object grows by entries, as a word for messages: `array`, `map`.
    pub fn kind_word(&self, object: ObjectId) -> &'static str {
        match self.stages.heap.object(object).kind {
            ObjectKind::Array => "array",
            ObjectKind::Map => "map",
            ObjectKind::Set => "set",
            _ => "object",
        }
    }

    /// The word for a change's container.
    pub fn container_word(&self, change: &Change) -> &'static str {
        match change.target {
            Target::Object(object) => self.kind_word(object),
            Target::Slot(_) if change.kind == "add-assign" => "string",
            Target::Slot(_) if change.kind == links::WRITE => "linked list",
            Target::Slot(_) if change.kind == "wrap" => "chain of functions",
            Target::Slot(_) if change.kind == "wrap" => "chain of functions",
            Target::Slot(slot) => self
                .stages
                .heap
                .points_to(slot)
                .iter()
                .find_map(crate::heap::object::Value::as_object)
                .map_or("value", |(object, _)| self.kind_word(object)),
        }
    }

    /// Whether a change writes to an object that the module itself, or a class of it, made; or, in a helper, to one that
    /// a caller's module made.
    pub fn is_own(&self, change: &Change) -> bool {
        if self.is_this(change) {
            return true;
        }
        let Owner::File(owner) = self.owner(change) else { return false };
        owner == change.file || self.is_given_by(change, owner)
    }

    /// Whether the base is `this`, by whatever name, in code of a class: an instance belongs to its class, and the
    /// class's code includes its parents. What else a class's code is called on is its own business too.
    fn is_this(&self, change: &Change) -> bool {
        let heap = self.stages.heap;
        let is_of_class = |value: crate::heap::object::Value| {
            value.as_object().is_some_and(|(object, _)| {
                matches!(heap.object(object).source, Source::Instance { .. } | Source::Prototype { .. })
            })
        };
        change.base_node.is_some_and(|base| {
            self.is_self(change.instance, base)
                && (change.base.is_some_and(is_of_class)
                    || heap.points_to(base).iter().any(is_of_class)
                    || self.is_class_code(change))
        })
    }

    /// Whether a change stands in a constructor, a method, or a function that is named as classes are: what
    /// `Parent.call(this)` runs for an heir.
    fn is_class_code(&self, change: &Change) -> bool {
        let facts = &self.stages.facts[change.file];
        let info = &facts.functions[change.function];
        info.class.is_some()
            || info.name.is_some_and(|name| facts.name(name).starts_with(|c: char| c.is_ascii_uppercase()))
    }

    /// Whether a node is `this`, a variable that it was put into (`const self = this`), or such a variable of the
    /// functions around.
    fn is_self(&self, instance: InstanceId, node: NodeId) -> bool {
        let heap = self.stages.heap;
        let sources = self.sources_of(instance, node, Follow::Copies);
        if sources.contains(&self.this_node(instance)) {
            return true;
        }
        let key = heap.instance(instance).key;
        let facts = &self.stages.facts[key.file];
        let outer = facts.constraints_of(key.function).iter().find_map(|constraint| match constraint {
            Constraint::LoadOuter { dst, binding } if sources.contains(&heap.node(instance, *dst)) => Some(*binding),
            _ => None,
        });
        let Some(binding) = outer.map(|binding| &facts.bindings[binding]) else { return false };
        let around = std::iter::successors(key.parent, |&at| heap.instance(at).key.parent)
            .find(|&at| heap.instance(at).key.function == binding.function && binding.function != MODULE_BODY);
        around.is_some_and(|at| {
            let home = heap.node(at, binding.home);
            self.sources_of(at, home, Follow::Copies).contains(&self.this_node(at))
        })
    }

    /// The node of `this`, which an arrow function has from around it.
    fn this_node(&self, instance: InstanceId) -> NodeId {
        let heap = self.stages.heap;
        let mut at = instance;
        loop {
            let key = heap.instance(at).key;
            let form = self.stages.facts[key.file].functions[key.function].kind.form;
            match (form, key.parent) {
                (FunctionForm::Arrow, Some(parent)) => at = parent,
                _ => return heap.node(at, crate::syntax::facts::THIS),
            }
        }
    }

    /// Whether the base came in as a parameter, from a caller in the owner's module.
    fn is_given_by(&self, change: &Change, owner: FileId) -> bool {
        let Some(base) = change.base_node else { return false };
        let facts = &self.stages.facts[change.file];
        let is_param = facts
            .params_of(change.function)
            .iter()
            .any(|param| self.stages.heap.node(change.instance, param.value) == base);
        is_param
            && self
                .stages
                .contexts
                .callers(change.instance)
                .iter()
                .any(|&caller| self.stages.heap.instance(caller).key.file == owner)
    }

    /// Whether the owner's own code ever writes or declares the property of a change.
    pub fn is_declared(&self, change: &Change) -> bool {
        let (Owner::File(owner), Some(field)) = (self.owner(change), change.field) else { return false };
        let facts = &self.stages.facts[owner];
        let name = changes::field_text(&self.stages, field);
        let stored = facts.constraints.iter().filter_map(|constraint| match constraint {
            Constraint::Store { key: Key::Name(key), .. }
            | Constraint::Init { key: Key::Name(key), .. }
            | Constraint::InitConstant { key: Key::Name(key), .. } => Some(key),
            _ => None,
        });
        stored.chain(&facts.bare_properties).any(|key| facts.name(*key) == name)
    }

    /// Whether a change is of a global variable that is none of the platform's, by a name that is written out: the
    /// program's own, as a module's variable is (`globalThis.client ??= new Client()`).
    pub fn is_own_global(&self, change: &Change) -> bool {
        let base = change.base.and_then(Value::as_object);
        let is_global = base.is_some_and(|(base, _)| self.stages.heap.object(base).source == Source::Global);
        let Some(FieldKind::Name(name)) = change.field.filter(|_| is_global).map(Field::kind) else { return false };
        let name = self.stages.heap.text(name);
        natives::global(name).is_none() && self.stages.models.global(name).is_none()
    }

    /// The links that hold an object.
    pub fn links(&self, object: ObjectId) -> &[Link] {
        self.holders.of(object)
    }
}
