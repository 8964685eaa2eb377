//! Keys of which code makes sure that they are of a fixed set: it asks a list, compares with constants, calls a function
//! that does, or declares a type that says so.

use rustc_hash::FxHashMap;

use crate::base::source::FileId;
use crate::heap::graph::NodeId;
use crate::heap::object::{InstanceId, Value};
use crate::program::Program;
use crate::program::changes::{Change, Target};
use crate::program::keys::{self, Keys};
use crate::syntax::facts::{
    BindingId, BindingKind, CallId, Check, Checked, Constraint, FunctionId, Guard, Key, Run, Test, TypeRef, ValueId,
};

/// Copies, callers and answering functions so deep are looked through.
const DEPTH: u8 = 6;

/// So many callers of one function are asked what they pass.
const CALLERS: usize = 32;

/// A value of a function where it is used.
#[derive(Clone, Copy)]
struct Use {
    instance: InstanceId,
    value: ValueId,
    /// What holds there.
    guards: Run,
    /// The place: what is asserted before it holds too.
    start: u32,
}

/// What is asserted where, by function.
pub(super) type Checks = FxHashMap<(FileId, FunctionId), Vec<Check>>;

/// Types and properties of types that stand for fixed sets, by their names; with the type that decides, if it is another.
pub(super) type FiniteTypes<'a> = FxHashMap<(&'a str, Option<&'a str>), Option<&'a str>>;

impl<'a> Program<'a> {
    /// Whether code makes sure that the key of a growth is of a fixed set.
    pub(super) fn is_fixed_set_asked(&self, change: &Change) -> bool {
        let Some(key) = change.key else { return false };
        if self.guards(change).any(|guard| self.tells(change.target, change.instance, guard, key, DEPTH)) {
            return true;
        }
        let Some((instance, value)) = self.value_of(key) else { return false };
        let at = Use { instance, value, guards: change.guards, start: change.range.start };
        self.is_keyed_by_type(change) || self.is_of_fixed_set(change.target, at, DEPTH)
    }

    /// The function's value that a node is.
    fn value_of(&self, node: NodeId) -> Option<(InstanceId, ValueId)> {
        let instance = self.stages.heap.owner_of(node)?;
        let info = self.stages.heap.instance(instance);
        let value = node.0.checked_sub(info.base.0)?;
        let count = self.stages.facts[info.key.file].functions[info.key.function].value_count;
        (value < count).then_some((instance, ValueId(value)))
    }

    fn is_of_fixed_set(&self, target: Target, at: Use, depth: u8) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let heap = self.stages.heap;
        let node = heap.node(at.instance, at.value);
        if keys::judge(&self.stages, node) == Keys::Finite || self.is_typed_finite(at) {
            return true;
        }
        let facts = &self.stages.facts[heap.instance(at.instance).key.file];
        let tells = |guard: &Guard| self.tells(target, at.instance, guard, node, depth);
        facts.guards_in(at.guards).any(tells)
            || self.is_chosen(target, at, depth)
            || self.is_asserted(target, at, depth)
            || self.is_given_by_callers(target, at, depth)
            || self.are_sources_fixed(target, at, depth)
    }

    /// `LIST.includes(x) ? x : …`: the branch's value is of the list.
    fn is_chosen(&self, target: Target, at: Use, depth: u8) -> bool {
        let node = self.stages.heap.node(at.instance, at.value);
        self.checks_of(at.instance).any(|check| {
            check.of == Checked::Value(at.value)
                && self
                    .guards_of(at.instance, check.guards)
                    .any(|guard| self.tells(target, at.instance, guard, node, depth))
        })
    }

    /// `assertKind(x)` before: it throws if x is of no fixed set.
    fn is_asserted(&self, target: Target, at: Use, depth: u8) -> bool {
        let key = self.stages.heap.instance(at.instance).key;
        let facts = &self.stages.facts[key.file];
        let node = self.stages.heap.node(at.instance, at.value);
        self.calls_in(key.file, key.function).iter().any(|&id| {
            let call = &facts.calls[id];
            let holds = &facts.guard_lists[at.guards.indices()];
            call.place.start < at.start
                && facts.guard_lists[call.guards.indices()].iter().all(|guard| holds.contains(guard))
                && self.answers(target, at.instance, id, node, Checked::End, depth)
        })
    }

    /// Whether what a call checks makes sure that one of its arguments, the one that is asked for, is of a fixed set.
    fn answers(&self, target: Target, caller: InstanceId, call: CallId, node: NodeId, of: Checked, depth: u8) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let heap = self.stages.heap;
        let arguments = self.stages.facts[heap.instance(caller).key.file].arguments_of(call);
        let is_same = |value: ValueId| {
            let argument = heap.node(caller, value);
            argument == node || self.is_alias(argument, node)
        };
        let Some(index) = arguments.iter().position(|argument| !argument.is_spread && is_same(argument.value)) else {
            return false;
        };
        let mut callees = self.callees_of(caller, call).iter().peekable();
        callees.peek().is_some()
            && callees.all(|&callee| {
                let key = heap.instance(callee).key;
                let params = self.stages.facts[key.file].params_of(key.function);
                let Some(param) = params.get(index).filter(|param| !param.is_rest) else { return false };
                let asked = heap.node(callee, param.value);
                self.checks_of(callee).any(|check| {
                    check.of == of
                        && self
                            .guards_of(callee, check.guards)
                            .any(|guard| self.tells(target, callee, guard, asked, depth))
                })
            })
    }

    /// Whether all callers give a parameter values of fixed sets.
    fn is_given_by_callers(&self, target: Target, at: Use, depth: u8) -> bool {
        let heap = self.stages.heap;
        let key = heap.instance(at.instance).key;
        let params = self.stages.facts[key.file].params_of(key.function);
        let Some(index) = params.iter().position(|param| param.value == at.value && !param.is_rest) else {
            return false;
        };
        // Callers that only give constants do not explain a value that has more.
        let mut is_explained = false;
        let mut edges = heap.record.calls_of(at.instance).take(CALLERS + 1).enumerate();
        !heap.record.is_root(at.instance)
            && edges.all(|(count, edge)| {
                let Some(id) = edge.call.filter(|_| count < CALLERS && edge.position.is_none()) else { return false };
                let facts = &self.stages.facts[heap.instance(edge.caller).key.file];
                let Some(argument) = facts.arguments_of(id).get(index).filter(|it| !it.is_spread) else { return false };
                let call = &facts.calls[id];
                let given =
                    Use { instance: edge.caller, value: argument.value, guards: call.guards, start: call.place.start };
                is_explained |= keys::judge(&self.stages, heap.node(given.instance, given.value)) != Keys::Finite;
                self.is_of_fixed_set(target, given, depth)
            })
            && is_explained
    }

    /// Whether all that flows into a value is of fixed sets.
    fn are_sources_fixed(&self, target: Target, at: Use, depth: u8) -> bool {
        let key = self.stages.heap.instance(at.instance).key;
        // Constants that flow in do not explain a value that has more.
        let mut is_explained = false;
        for constraint in self.definitions_of(key.file, key.function, at.value) {
            if let Constraint::Concat { dst, parts } = *constraint
                && dst == at.value
            {
                let parts = &self.stages.facts[key.file].arguments[parts.indices()];
                return parts.iter().all(|part| self.is_of_fixed_set(target, Use { value: part.value, ..at }, depth));
            }
            let source = match *constraint {
                Constraint::Copy { dst, src } if dst == at.value => Some(Use { value: src, ..at }),
                Constraint::LoadOuter { dst, binding } if dst == at.value => self.outer_value(at.instance, binding),
                Constraint::Load { dst, .. } | Constraint::Iterate { dst, .. } | Constraint::Await { dst, .. }
                    if dst == at.value =>
                {
                    None
                }
                Constraint::Call { call } if self.stages.facts[key.file].calls[call].dst == at.value => None,
                _ => continue,
            };
            let Some(source) = source.filter(|&source| self.is_of_fixed_set(target, source, depth)) else {
                return false;
            };
            let node = self.stages.heap.node(source.instance, source.value);
            is_explained |= keys::judge(&self.stages, node) != Keys::Finite;
        }
        is_explained
    }

    /// A constant or parameter of a function around, as that function uses it.
    fn outer_value(&self, instance: InstanceId, binding: BindingId) -> Option<Use> {
        let heap = self.stages.heap;
        let info = self.stages.facts[heap.instance(instance).key.file].bindings[binding];
        if !matches!(info.kind, BindingKind::Const | BindingKind::Param) {
            return None;
        }
        let mut at = instance;
        while heap.instance(at).key.function != info.function {
            at = heap.instance(at).key.parent?;
        }
        // What held when the closure was made is not known to hold when it runs, but a constant stays what it was.
        Some(Use { instance: at, value: info.home, guards: Run::default(), start: 0 })
    }

    /// Whether a guard makes sure that a value is of a fixed set.
    fn tells(&self, target: Target, instance: InstanceId, guard: &Guard, node: NodeId, depth: u8) -> bool {
        if !guard.holds {
            return false;
        }
        let of = |value: ValueId| self.stages.heap.node(instance, value);
        let is_same = |value: ValueId| of(value) == node || self.is_alias(of(value), node);
        match guard.test {
            Test::Has { container, key } => is_same(key) && self.is_fixed(target, of(container)),
            Test::Equal { left, right } => {
                let is_finite = |value: ValueId| keys::judge(&self.stages, of(value)) == Keys::Finite;
                is_same(left) && is_finite(right) || is_same(right) && is_finite(left)
            }
            Test::Truthy { place: None, value } => {
                let key = self.stages.heap.instance(instance).key;
                let facts = &self.stages.facts[key.file];
                let mut calls = self.calls_in(key.file, key.function).iter().copied();
                calls
                    .find(|&call| facts.calls[call].dst == value)
                    .is_some_and(|call| self.answers(target, instance, call, node, Checked::Answer, depth))
            }
            _ => false,
        }
    }

    fn guards_of(&self, instance: InstanceId, guards: Run) -> impl Iterator<Item = &'a Guard> + use<'a> {
        self.stages.facts[self.stages.heap.instance(instance).key.file].guards_in(guards)
    }

    fn checks_of(&self, instance: InstanceId) -> impl Iterator<Item = Check> {
        let made = || {
            let mut checks = Checks::default();
            for (file, facts) in self.stages.facts.iter_enumerated() {
                for check in &facts.checks {
                    checks.entry((file, check.function)).or_default().push(*check);
                }
            }
            checks
        };
        let key = self.stages.heap.instance(instance).key;
        let checks = self.tables.checks.get_or_init(made).get(&(key.file, key.function));
        checks.into_iter().flatten().copied()
    }

    // Declared types.

    /// Whether a value, or the property that it is, is declared to be of a fixed set.
    fn is_typed_finite(&self, at: Use) -> bool {
        let key = self.stages.heap.instance(at.instance).key;
        let facts = &self.stages.facts[key.file];
        let types = |value: ValueId| {
            facts
                .types
                .iter()
                .filter(move |fact| fact.function == key.function && fact.value == value)
                .map(|fact| fact.ty)
        };
        if types(at.value).any(|ty| self.is_finite_type(key.file, ty, None)) {
            return true;
        }
        self.definitions_of(key.file, key.function, at.value).any(|constraint| match *constraint {
            Constraint::Load { dst, base, key: Key::Name(name) } if dst == at.value => types(base).any(|ty| match ty {
                TypeRef::FiniteMember(member) => member == name,
                TypeRef::MemberOf(member, binding) => {
                    member == name && self.is_finite_type(key.file, TypeRef::Binding(binding), None)
                }
                ty => self.is_finite_type(key.file, ty, Some(facts.name(name))),
            }),
            _ => false,
        })
    }

    /// Whether the container that grows is declared with keys of a fixed set.
    fn is_keyed_by_type(&self, change: &Change) -> bool {
        let Target::Object(object) = change.target else { return false };
        let heap = self.stages.heap;
        self.keyed_types().iter().any(|&(file, function, value)| {
            let instances = self.instances_of(file, function).iter();
            instances.into_iter().any(|&instance| self.holds_object(heap.node(instance, value), object))
        })
    }

    /// The values that are declared with keys of fixed sets.
    fn keyed_types(&self) -> &[(FileId, FunctionId, ValueId)] {
        self.tables.keyed_types.get_or_init(|| {
            let mut keyed = Vec::new();
            for (file, facts) in self.stages.facts.iter_enumerated() {
                for fact in &facts.types {
                    let is_keyed = match fact.ty {
                        TypeRef::FiniteKeys => true,
                        TypeRef::KeysOf(binding) => self.is_finite_type(file, TypeRef::Binding(binding), None),
                        _ => false,
                    };
                    if is_keyed {
                        keyed.push((file, fact.function, fact.value));
                    }
                }
            }
            keyed
        })
    }

    /// Whether a type, or a member of it, stands for a fixed set. Types are found by their names alone: what is imported
    /// for its type only is never loaded.
    fn is_finite_type(&self, file: FileId, ty: TypeRef, member: Option<&str>) -> bool {
        let facts = &self.stages.facts[file];
        let name = match ty {
            TypeRef::Finite => return member.is_none(),
            TypeRef::Binding(binding) => facts.bindings[binding].name,
            TypeRef::Name(name) => name,
            _ => return false,
        };
        let types = self.tables.finite_types.get_or_init(|| self.finite_types());
        match types.get(&(facts.name(name), member)) {
            Some(Some(of)) => types.get(&(*of, None)).is_some_and(Option::is_none),
            Some(None) => true,
            None => false,
        }
    }

    fn finite_types(&self) -> FiniteTypes<'a> {
        let named = self.stages.facts.iter().flat_map(|facts| {
            facts.finite_types.iter().map(|it| {
                let name = |id| facts.name(id);
                ((name(it.ty), it.member.map(name)), it.of.map(name))
            })
        });
        named.collect()
    }

    /// Whether a container that is asked is of a fixed size: it holds something, and nothing grows it while the program
    /// runs.
    fn is_fixed(&self, target: Target, container: NodeId) -> bool {
        let mut objects = self.stages.heap.points_to(container).iter().map(Value::as_object).peekable();
        objects.peek().is_some()
            && objects.all(|object| {
                object.is_some_and(|(object, _)| Target::Object(object) != target && !self.grows_while_running(object))
            })
    }
}
