//! Keys of which code makes sure that they are of a fixed set: it asks a list, compares with constants, calls a function
//! that does, or declares a type that says so.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::base::source::FileId;
use crate::heap::graph::NodeId;
use crate::heap::object::{InstanceId, ObjectId, Value};
use crate::program::Program;
use crate::program::changes::{Change, Target};
use crate::program::keys::{self, Keys};
use crate::syntax::facts::{
    BindingId, BindingKind, CallId, Checked, Constraint, FunctionId, Guard, Key, ModuleFacts, Place, RETURN, Run, Test,
    TypeRef, ValueId, Write, WriteForm,
};

/// Copies, callers and answering functions so deep are looked through.
const DEPTH: u8 = 6;

/// So many callers of one function are asked what they pass.
const CALLERS: usize = 32;

/// A value of a function where it is used.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Use {
    instance: InstanceId,
    value: ValueId,
    /// What holds there.
    guards: Run,
    /// The place: what is asserted before it holds too.
    start: u32,
}

/// What was asked before what came to be, by function.
pub(super) type Checks = FxHashMap<(FileId, FunctionId, Checked), Run>;

/// Calls of functions that assert something, by who calls.
pub(super) type Assertions = FxHashMap<InstanceId, Vec<CallId>>;

/// Uses of values as keys of a container, and whether they are of a fixed set there.
pub(super) type Answers = FxHashMap<(Target, Use), bool>;

/// The declared types of values.
pub(super) type Types = FxHashMap<(FileId, FunctionId, ValueId), SmallVec<[TypeRef; 1]>>;

/// Types and properties of types that stand for fixed sets, by their names; with the type that decides, if it is another.
pub(super) type FiniteTypes<'a> = FxHashMap<(&'a str, Option<&'a str>), Option<&'a str>>;

impl<'a> Program<'a> {
    /// Whether code makes sure that the key of a growth is of a fixed set.
    pub(super) fn is_fixed_set_asked(&self, change: &Change) -> bool {
        let Some(key) = change.key else { return false };
        if self.guards(change).any(|guard| self.tells(change.target, change.instance, guard, key, DEPTH)) {
            return true;
        }
        let Some((instance, value)) = self.value_at(key) else { return false };
        let at = Use { instance, value, guards: change.guards, start: change.range.start };
        self.is_keyed_by_type(change) || self.is_of_fixed_set(change.target, at, DEPTH)
    }

    /// Each use is looked at once: a function that calls another many times asks the same of it each time.
    fn is_of_fixed_set(&self, target: Target, at: Use, depth: u8) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let known = self.tables.answers.borrow().get(&(target, at)).copied();
        known.unwrap_or_else(|| {
            let answer = self.find_fixed_set(target, at, depth);
            self.tables.answers.borrow_mut().insert((target, at), answer);
            answer
        })
    }

    fn find_fixed_set(&self, target: Target, at: Use, depth: u8) -> bool {
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
        let mut asked = self.asked_before(at.instance, Checked::Value(at.value));
        asked.any(|guard| self.tells(target, at.instance, guard, node, depth))
    }

    /// `assertKind(x)` before: it throws if x is of no fixed set.
    fn is_asserted(&self, target: Target, at: Use, depth: u8) -> bool {
        let facts = &self.stages.facts[self.stages.heap.instance(at.instance).key.file];
        let node = self.stages.heap.node(at.instance, at.value);
        let asserting = self.tables.assertions.get_or_init(|| self.assertions()).get(&at.instance);
        asserting.into_iter().flatten().any(|&id| {
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
                self.asked_before(callee, of).any(|guard| self.tells(target, callee, guard, asked, depth))
            })
    }

    fn assertions(&self) -> Assertions {
        let mut assertions = Assertions::default();
        for edge in &self.stages.heap.record.calls {
            if let Some(call) = edge.call.filter(|_| edge.position.is_none())
                && self.asked_before(edge.callee, Checked::End).next().is_some()
            {
                let calls = assertions.entry(edge.caller).or_default();
                if calls.last() != Some(&call) {
                    calls.push(call);
                }
            }
        }
        assertions
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
            if let Constraint::LoadOuter { dst, binding } = *constraint
                && dst == at.value
                && self.is_assigned_fixed(target, at.instance, binding, depth)
            {
                is_explained = true;
                continue;
            }
            let source = match *constraint {
                Constraint::Copy { dst, src } | Constraint::Narrow { dst, src, .. } if dst == at.value => {
                    Some(Use { value: src, ..at })
                }
                Constraint::Return { src } if at.value == RETURN => Some(Use { value: src, ..at }),
                Constraint::LoadOuter { dst, binding } if dst == at.value => self.outer_value(at.instance, binding),
                Constraint::Load { dst, .. } | Constraint::Iterate { dst, .. } | Constraint::Await { dst, .. }
                    if dst == at.value =>
                {
                    None
                }
                Constraint::Call { call } if self.stages.facts[key.file].calls[call].dst == at.value => {
                    if !self.are_answers_fixed(target, at.instance, call, depth) {
                        return false;
                    }
                    is_explained = true;
                    continue;
                }
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

    /// Whether all that a call gives is of fixed sets: `formats[negotiate(header)]`.
    fn are_answers_fixed(&self, target: Target, caller: InstanceId, call: CallId, depth: u8) -> bool {
        let callees = self.callees_of(caller, call);
        let fixed = |&instance: &InstanceId| {
            let given = Use { instance, value: RETURN, guards: Run::default(), start: 0 };
            self.is_of_fixed_set(target, given, depth)
        };
        !callees.is_empty() && callees.len() <= CALLERS && callees.iter().all(fixed)
    }

    /// Whether all that a variable of a function around is ever given is of a fixed set where it is given.
    fn is_assigned_fixed(&self, target: Target, instance: InstanceId, binding: BindingId, depth: u8) -> bool {
        let file = self.stages.heap.instance(instance).key.file;
        let facts = &self.stages.facts[file];
        if !matches!(facts.bindings[binding].kind, BindingKind::Let | BindingKind::Var) {
            return false;
        }
        let is_fixed = |write: &Write| {
            let Some(value) = write.value.filter(|_| write.form == WriteForm::Assign) else { return false };
            self.instances_of(file, write.function).iter().all(|&instance| {
                let at = Use { instance, value, guards: write.guards, start: write.range.start };
                self.is_of_fixed_set(target, at, depth)
            })
        };
        let mut writes = facts.writes.iter().filter(|write| write.place == Place::Binding(binding)).peekable();
        writes.peek().is_some() && writes.all(is_fixed)
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
            Test::Equal { left, right, .. } => {
                let is_finite = |value: ValueId| keys::judge(&self.stages, of(value)) == Keys::Finite;
                is_same(left) && is_finite(right) || is_same(right) && is_finite(left)
            }
            Test::Truthy { place: None, value } => {
                let key = self.stages.heap.instance(instance).key;
                let facts = &self.stages.facts[key.file];
                self.definitions_of(key.file, key.function, value).any(|constraint| match *constraint {
                    Constraint::Call { call } => {
                        facts.calls[call].dst == value
                            && self.answers(target, instance, call, node, Checked::Answer, depth)
                    }
                    _ => false,
                })
            }
            _ => false,
        }
    }

    /// What was asked before something came to be in a function.
    pub(super) fn asked_before(&self, instance: InstanceId, of: Checked) -> impl Iterator<Item = &'a Guard> + use<'a> {
        let made = || {
            let of_file = |(file, facts): (FileId, &'a ModuleFacts)| {
                facts.checks.iter().map(move |check| ((file, check.function, check.of), check.guards))
            };
            self.stages.facts.iter_enumerated().flat_map(of_file).collect()
        };
        let key = self.stages.heap.instance(instance).key;
        let asked = self.tables.checks.get_or_init(made).get(&(key.file, key.function, of));
        self.stages.facts[key.file].guards_in(asked.copied().unwrap_or_default())
    }

    // Declared types.

    /// Whether a value, or the property that it is, is declared to be of a fixed set.
    fn is_typed_finite(&self, at: Use) -> bool {
        let key = self.stages.heap.instance(at.instance).key;
        let facts = &self.stages.facts[key.file];
        let all = self.tables.types.get_or_init(|| self.types());
        let types = |value: ValueId| all.get(&(key.file, key.function, value)).into_iter().flatten().copied();
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

    fn types(&self) -> Types {
        let mut types = Types::default();
        for (file, facts) in self.stages.facts.iter_enumerated() {
            for fact in &facts.types {
                types.entry((file, fact.function, fact.value)).or_default().push(fact.ty);
            }
        }
        types
    }

    /// Whether the container that grows is declared with keys of a fixed set.
    fn is_keyed_by_type(&self, change: &Change) -> bool {
        let Target::Object(object) = change.target else { return false };
        self.tables.keyed_by_types.get_or_init(|| self.keyed_by_types()).contains(&object)
    }

    fn keyed_by_types(&self) -> FxHashSet<ObjectId> {
        let heap = self.stages.heap;
        let mut keyed = FxHashSet::default();
        for (file, facts) in self.stages.facts.iter_enumerated() {
            for fact in &facts.types {
                let is_keyed = match fact.ty {
                    TypeRef::FiniteKeys => true,
                    TypeRef::KeysOf(binding) => self.is_finite_type(file, TypeRef::Binding(binding), None),
                    _ => false,
                };
                let instances = if is_keyed { self.instances_of(file, fact.function) } else { &[] };
                for &instance in instances {
                    let held = heap.points_to(heap.node(instance, fact.value)).iter().filter_map(Value::as_object);
                    keyed.extend(held.map(|(object, _)| object));
                }
            }
        }
        keyed
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
