//! The way from the place where an object became module-lifetime to a write: shortest first, backward over the solved
//! edges.

use std::collections::VecDeque;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::finding::Step;
use crate::base::source::FileId;
use crate::base::span::ByteRange;
use crate::heap::Heap;
use crate::heap::field::Field;
use crate::heap::graph::NodeId;
use crate::heap::object::{InstanceId, ObjectId, Source};
use crate::heap::record::LoadForm;
use crate::program::{Change, Program, Target, changes};
use crate::syntax::facts::{Callee, Constraint, FunctionId, Key, MODULE_BODY, ValueId};

/// How many nodes are looked at for one way.
const NODES: usize = 20_000;
/// How many levels of objects a way goes up.
const LEVELS: usize = 6;

/// From a node and the object that it holds to the path on which it came: findings of one container share most of them.
pub(super) type Ways = FxHashMap<(NodeId, ObjectId), Rc<[NodeId]>>;

/// The edges of the graph, turned around.
#[derive(Debug, Default)]
pub(super) struct Reversed {
    starts: Vec<u32>,
    sources: Vec<NodeId>,
}

impl Reversed {
    /// Turns the edges around, in two passes: counts, then places.
    pub(super) fn new(heap: &Heap) -> Self {
        let count = heap.node_count();
        let mut starts = vec![0_u32; count + 2];
        let nodes = || (0..u32::try_from(count).unwrap_or(u32::MAX)).map(NodeId);
        // Edges lead all over the table of nodes, which is much larger than this one.
        let own: Vec<NodeId> = nodes().map(|node| heap.representative(node)).collect();
        let is_own = |node: NodeId| own[node.0 as usize] == node;
        for node in nodes().filter(|&node| is_own(node)) {
            for edge in heap.edges(node) {
                starts[own[edge.to().0 as usize].0 as usize + 2] += 1;
            }
        }
        for index in 2..starts.len() {
            starts[index] += starts[index - 1];
        }
        let mut sources = vec![NodeId(0); *starts.last().unwrap_or(&0) as usize];
        for node in nodes().filter(|&node| is_own(node)) {
            for edge in heap.edges(node) {
                let at = &mut starts[own[edge.to().0 as usize].0 as usize + 1];
                sources[*at as usize] = node;
                *at += 1;
            }
        }
        Self { starts, sources }
    }

    fn sources_of(&self, node: NodeId) -> &[NodeId] {
        let at = node.0 as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(&start), Some(&end)) => &self.sources[start as usize..end as usize],
            _ => &[],
        }
    }
}

impl Program<'_> {
    fn reversed(&self) -> &Reversed {
        self.reversed.get_or_init(|| Reversed::new(self.stages.heap))
    }

    /// The steps of a change: how its object came there.
    pub fn steps(&self, change: &Change) -> Vec<Step> {
        let mut steps = Vec::new();
        match (change.base, change.base_node) {
            (Some(base), Some(node)) => {
                if let Some((object, _)) = base.as_object() {
                    self.way(node, object, LEVELS, &mut steps);
                }
            }
            _ => self.declaration_step(change, &mut steps),
        }
        if steps.is_empty() {
            self.declaration_step(change, &mut steps);
        }
        if let Some(made) = self.made_elsewhere(change, &steps) {
            steps.insert(0, made);
        }
        steps.dedup_by(|b, a| a.span == b.span);
        steps
    }

    /// The steps to where a node holds an object.
    pub(super) fn way_to(&self, node: NodeId, object: ObjectId) -> Vec<Step> {
        let mut steps = Vec::new();
        self.way(node, object, LEVELS, &mut steps);
        steps.dedup_by(|b, a| a.span == b.span);
        steps
    }

    /// Where the object is made, if the way to the write never leads through that file: who changes one of the two files
    /// is to see the finding.
    fn made_elsewhere(&self, change: &Change, steps: &[Step]) -> Option<Step> {
        let (object, _) = change.base?.as_object()?;
        let (instance, range) = match self.stages.heap.object(object).source {
            Source::Site { instance, file, site, .. } => (instance, self.stages.facts[file].sites[site].range),
            Source::Instance { instance, call: Some(call), .. } | Source::Call { instance, call, .. } => {
                let file = self.stages.heap.instance(instance).key.file;
                (instance, self.stages.facts[file].calls.get(call)?.range)
            }
            _ => return None,
        };
        let file = self.stages.heap.instance(instance).key.file;
        let is_told = file == change.file || steps.iter().any(|step| step.span.file == file);
        let text = shorten(&self.text(file, range));
        (!is_told).then(|| Step { span: range.at(file), label: format!("`{text}` is made here: {}", self.path(file)) })
    }

    fn declaration_step(&self, change: &Change, steps: &mut Vec<Step>) {
        let Some(naming) = self.naming(change) else { return };
        if let Some((file, binding)) = naming.declaration {
            let facts = &self.stages.facts[file];
            let info = facts.bindings[binding];
            let name = facts.name(info.name);
            let label = if info.function == MODULE_BODY {
                format!("`{name}` is a variable of the module {}: it lives as long as the process", self.path(file))
            } else {
                format!("`{name}` is kept by a closure that outlives the call")
            };
            steps.push(Step { span: info.range.at(file), label });
        } else if let Target::Object(object) = change.target
            && let Source::External { .. } | Source::Global | Source::Native(_) = self.stages.heap.object(object).source
        {
            let label = format!("`{}` lives as long as the process", naming.path.join("."));
            steps.push(Step { span: change.range.at(change.file), label });
        }
    }

    /// Adds the steps from a root to the node that holds the object.
    fn way(&self, node: NodeId, object: ObjectId, levels: usize, steps: &mut Vec<Step>) {
        let path = self.path_to(node, object);
        let Some(&first) = path.first() else { return };
        if let Some((parent, _)) = self.field_at(first)
            && levels > 0
            && !self.is_root_field(first)
        {
            // The object was read from a field: how its holder came to where it was read comes first.
            self.way_of_holder(&path, parent, levels - 1, steps);
        }
        for (index, &at) in path.iter().enumerate() {
            if index > 0
                && levels > 0
                && let Some((container, _)) = self.field_at(at)
            {
                self.way_in_container(&path[index..], container, steps);
            } else if let Some(step) = self.step(at) {
                steps.push(step);
            }
        }
    }

    /// The object travels inside a container (an array that a function returns, a promise): the container's own way from
    /// where it is made to where it is taken apart.
    fn way_in_container(&self, path: &[NodeId], container: ObjectId, steps: &mut Vec<Step>) {
        let Some((instance, value)) = path.iter().skip(1).find_map(|&node| self.value_at(node)) else { return };
        let base =
            self.base_that_read(instance, value, container).or_else(|| self.base_that_called(instance, container));
        let Some(base) = base else { return };
        let known: Vec<_> = steps.iter().map(|step| step.span).collect();
        let within = self.path_to(base, container).into_iter().filter_map(|node| self.step(node));
        steps.extend(within.filter(|step| !known.contains(&step.span)));
    }

    /// The holder's way, to the base of what read the field: a load, an iteration, a method call, or the call that handed
    /// an element to a callback.
    fn way_of_holder(&self, path: &[NodeId], parent: ObjectId, levels: usize, steps: &mut Vec<Step>) {
        let Some((instance, value)) = path.iter().skip(1).find_map(|&node| self.value_at(node)) else { return };
        let base = self.base_that_read(instance, value, parent).or_else(|| self.base_that_called(instance, parent));
        if let Some(base) = base {
            self.way(base, parent, levels, steps);
        }
    }

    /// The base of a load, iteration or method call in a function that gave a value.
    fn base_that_read(&self, instance: InstanceId, value: ValueId, parent: ObjectId) -> Option<NodeId> {
        let key = self.stages.heap.instance(instance).key;
        let facts = &self.stages.facts[key.file];
        self.definitions_of(key.file, key.function, value).find_map(|constraint| {
            let base = match constraint {
                Constraint::Load { dst, base, .. } if *dst == value => *base,
                Constraint::Iterate { dst, src, .. } if *dst == value => *src,
                Constraint::Call { call } if facts.calls[*call].dst == value => match facts.calls[*call].callee {
                    Callee::Method { base, .. } => base,
                    _ => return None,
                },
                _ => return None,
            };
            let base = self.stages.heap.node(instance, base);
            self.holds(base, parent).then_some(base)
        })
    }

    /// The receiver or argument of a call that hands elements of a container to a callback.
    fn base_that_called(&self, instance: InstanceId, parent: ObjectId) -> Option<NodeId> {
        let heap = self.stages.heap;
        heap.record.calls_of(instance).filter(|edge| edge.position.is_some()).find_map(|edge| {
            let facts = &self.stages.facts[heap.instance(edge.caller).key.file];
            let call = edge.call?;
            let mut values: Vec<ValueId> = facts.arguments_of(call).iter().map(|arg| arg.value).collect();
            if let Callee::Method { base, .. } = facts.calls.get(call)?.callee {
                values.insert(0, base);
            }
            values.into_iter().map(|value| heap.node(edge.caller, value)).find(|&node| self.holds(node, parent))
        })
    }

    fn holds(&self, node: NodeId, object: ObjectId) -> bool {
        self.stages
            .heap
            .points_to(node)
            .iter()
            .filter_map(crate::heap::object::Value::as_object)
            .any(|(held, _)| held == object)
    }

    fn is_root_field(&self, node: NodeId) -> bool {
        self.field_at(node).is_some_and(|(parent, _)| self.is_root(parent))
    }

    /// Whether the module cache or the global object holds all that an object has.
    fn is_root(&self, object: ObjectId) -> bool {
        matches!(self.stages.heap.object(object).source, Source::Module(_) | Source::Global)
    }

    /// The shortest path of nodes that hold the object, from where it is held for ever to the node. If nothing holds it
    /// directly, the path begins at the field of what holds it, or where the object is made.
    fn path_to(&self, node: NodeId, object: ObjectId) -> Vec<NodeId> {
        let start = self.stages.heap.representative(node);
        let known = self.ways.borrow().get(&(start, object)).map(Rc::clone);
        let path = known.unwrap_or_else(|| {
            let path: Rc<[NodeId]> = self.path_from_root(start, object).into();
            self.ways.borrow_mut().insert((start, object), Rc::clone(&path));
            path
        });
        let mut path = path.to_vec();
        if path.last() == Some(&start) && start != node {
            path.push(node);
        }
        path
    }

    /// The same, to a representative.
    fn path_from_root(&self, start: NodeId, object: ObjectId) -> Vec<NodeId> {
        let heap = self.stages.heap;
        let mut next: FxHashMap<NodeId, NodeId> = FxHashMap::default();
        let mut seen: FxHashSet<NodeId> = FxHashSet::from_iter([start]);
        let mut queue = VecDeque::from([start]);
        let (mut root, mut holder, mut last) = (None, None, start);
        while let Some(at) = queue.pop_front() {
            last = at;
            let field = self.field_at(at);
            let is_root = match field {
                Some((parent, _)) => self.is_root(parent),
                None => at != start && self.is_module_variable(at),
            };
            if is_root {
                root = Some(at);
                break;
            }
            if at != start && holder.is_none() && field.is_some() {
                holder = Some(at);
            }
            if seen.len() > NODES {
                break;
            }
            for &from in self.reversed().sources_of(at) {
                let from = heap.representative(from);
                if !seen.contains(&from) && self.holds(from, object) {
                    seen.insert(from);
                    next.insert(from, at);
                    queue.push_back(from);
                }
            }
        }
        let mut at = root.or(holder).unwrap_or(last);
        let mut path = vec![at];
        while let Some(&following) = next.get(&at) {
            path.push(following);
            at = following;
        }
        path
    }

    fn field_at(&self, node: NodeId) -> Option<(ObjectId, Field)> {
        self.stages.heap.field_of(node)
    }

    /// The function's value that a node is.
    pub(super) fn value_at(&self, node: NodeId) -> Option<(InstanceId, ValueId)> {
        let instance = self.stages.heap.owner_of(node)?;
        let info = self.stages.heap.instance(instance);
        let value = node.0.checked_sub(info.base.0)?;
        let count = self.stages.facts[info.key.file].functions[info.key.function].value_count;
        (value < count).then_some((instance, ValueId(value)))
    }

    fn is_module_variable(&self, node: NodeId) -> bool {
        let Some((instance, value)) = self.value_at(node) else { return false };
        let key = self.stages.heap.instance(instance).key;
        key.function == MODULE_BODY && self.binding_at(key.file, MODULE_BODY, value).is_some()
    }

    fn binding_at(&self, file: FileId, function: FunctionId, value: ValueId) -> Option<&str> {
        let facts = &self.stages.facts[file];
        let binding = self.binding_of(file, function, value)?;
        Some(facts.name(facts.bindings[binding].name))
    }

    /// What happens at a node of the way.
    fn step(&self, node: NodeId) -> Option<Step> {
        if let Some((parent, _)) = self.field_at(node) {
            return self.root_step(parent);
        }
        let (instance, value) = self.value_at(node)?;
        let key = self.stages.heap.instance(instance).key;
        let facts = &self.stages.facts[key.file];
        let range = facts.value_range(key.function, value)?;
        let text = shorten(&self.text(key.file, range));
        let label = if key.function == MODULE_BODY
            && let Some(name) = self.binding_at(key.file, MODULE_BODY, value)
        {
            format!("`{name}` is a variable of the module {}: it lives as long as the process", self.path(key.file))
        } else if facts.params_of(key.function).iter().any(|param| param.value == value) {
            match facts.functions[key.function].name {
                Some(name) => format!("{} receives it as `{text}`", facts.name(name)),
                None => format!("the callback receives it as `{text}`"),
            }
        } else if let Some(name) = self.binding_at(key.file, key.function, value) {
            format!("`{name}` holds it")
        } else {
            self.expression_label(key.file, key.function, (instance, value), &text)?
        };
        Some(Step { span: range.at(key.file), label })
    }

    /// A module's exports as a step: where it is held for ever.
    fn root_step(&self, parent: ObjectId) -> Option<Step> {
        let Source::Module(file) = self.stages.heap.object(parent).source else { return None };
        let text = self.stages.texts.text(file)?;
        let end = u32::try_from(text.lines().next().map_or(0, str::len)).unwrap_or(0);
        let span = ByteRange::new(0, end).at(file);
        let label = format!("{} is loaded once, and the module cache keeps what it exports for ever", self.path(file));
        Some(Step { span, label })
    }

    fn expression_label(
        &self,
        file: FileId,
        function: FunctionId,
        (instance, value): (InstanceId, ValueId),
        text: &str,
    ) -> Option<String> {
        let facts = &self.stages.facts[file];
        for constraint in self.definitions_of(file, function, value) {
            match constraint {
                Constraint::Call { call } if facts.calls[*call].dst == value => {
                    return Some(self.call_label(instance, *call, text));
                }
                Constraint::Load { dst, key, .. } if *dst == value => {
                    let name = match key {
                        Key::Name(name) => format!("its property `{}`", facts.name(*name)),
                        _ => "one of its elements".to_owned(),
                    };
                    return Some(format!("{name} is read: `{text}`"));
                }
                Constraint::Alloc { dst, .. } if *dst == value => return Some(format!("it is made here: `{text}`")),
                Constraint::LoadOuter { dst, .. } | Constraint::LoadImport { dst, .. } if *dst == value => {
                    return Some(format!("`{text}` is used here"));
                }
                Constraint::Await { dst, .. } if *dst == value => return Some(format!("`{text}` is awaited")),
                _ => {}
            }
        }
        None
    }

    fn call_label(&self, instance: InstanceId, call: crate::syntax::facts::CallId, text: &str) -> String {
        match self.load_at(instance, call) {
            Some(load) if !matches!(load.form, LoadForm::Resolve | LoadForm::StandIn) => {
                let count: usize = load.found.iter().map(|(_, _, targets)| targets.len()).sum();
                let what = if count > 1 {
                    "cached modules, the same objects each time"
                } else {
                    "the cached module, the same object each time"
                };
                format!("`{text}` gives {what}")
            }
            _ => format!("`{text}` returns it"),
        }
    }

    /// A field's name, for people.
    pub fn field_name(&self, field: Field) -> String {
        changes::field_text(&self.stages, field)
    }
}

/// At most 60 characters of a text.
fn shorten(text: &str) -> String {
    if text.chars().count() <= 60 {
        return text.to_owned();
    }
    let cut: String = text.chars().take(59).collect();
    format!("{cut}…")
}
