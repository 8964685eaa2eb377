//! What modelled calls do to their receiver and arguments.

use smallvec::{SmallVec, smallvec};

use crate::base::name::Name;
use crate::heap::builtins::NativeCall;
use crate::heap::clones::DEEP;
use crate::heap::field::Field;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::object::{Value, ValueKind};
use crate::heap::record::{Listening, NativeEffect, NativeWrite, Reload, Restore, Unlistening};
use crate::heap::solver::{ExceptId, InvocationKind, Listener, Solver, This};
use crate::models::facts::{Arguments, CopyDepth, Effect, ListenerRemoval, MembersOf, PathId, Restored, Since};

impl Solver<'_> {
    /// One effect of a modelled call.
    pub(super) fn apply_effect(&mut self, call: &NativeCall, effect: &Effect, path: PathId, label: Name) {
        match effect {
            Effect::CopyInto { target, sources, depth } => self.copy_into(call, target, sources, *depth, label),
            Effect::Append { target, values } => {
                let values = self.selected(call.invocation, values);
                for target in self.selected(call.invocation, target) {
                    for &value in &values {
                        self.listen(target, Listener::Store { src: value, field: Field::ELEMENT });
                    }
                    self.note_effect(call, target, NativeEffect::Append, None, &values, label);
                }
            }
            Effect::SetKey { target, key, value } => self.set_key(call, (target, key, value), label),
            Effect::Remove { target, key } => {
                let key = key.as_ref().and_then(|key| self.selected(call.invocation, key).first().copied());
                let effect = if key.is_some() { NativeEffect::TakeOne } else { NativeEffect::TakeMany };
                for target in self.selected(call.invocation, target) {
                    self.note_effect(call, target, effect, key, &[], label);
                }
            }
            Effect::Rearrange { target } => self.note_targets(call, target, NativeEffect::Rearrange, label),
            Effect::Stub { target } => {
                let member = call.arg(1);
                for target in self.selected(call.invocation, target) {
                    self.note_effect(call, target, NativeEffect::Stub, member, &[], label);
                }
            }
            Effect::Retain { values, key, option } => {
                let key = self.retained_under(call, key.as_ref(), option.as_deref());
                self.note_retained(call, values, key, (path, label));
            }
            Effect::Listen { emitter, listener, removal } => {
                self.apply_listen(call, emitter, listener.as_ref(), *removal, path);
            }
            Effect::Unlisten { emitter, listener } => self.apply_unlisten(call, Some(emitter), listener.as_ref()),
            Effect::ClearHandle { handle } => self.apply_unlisten(call, None, Some(handle)),
            Effect::Restore { what, since } => self.note_restore(call, *what, since.as_ref()),
            Effect::Reload => {
                if let Some(id) = call.call {
                    self.record.reloads.push(Reload { instance: call.caller, call: id });
                }
            }
            Effect::Inherit { class, parent } => self.apply_inherit(call, class, parent),
            Effect::Members { class, descriptors, of } => self.give_members(call, class, descriptors, *of),
            Effect::Send { event, first } => self.send(call, event, *first),
            Effect::Keep { values } => self.keep(call, values),
            Effect::Carry { values, to } => self.carry(call, values, *to),
            Effect::Provide { values, token, how, lasting } => {
                self.note_binding(call, (values, token.as_ref()), *how, lasting);
            }
            Effect::Lasting => {
                self.providers.kept.extend(call.this.and_then(Value::as_object).map(|(object, _)| object));
            }
            Effect::Freeze { .. } => {}
        }
    }

    fn note_restore(&mut self, call: &NativeCall, what: Restored, since: Option<&Since>) {
        let Some(id) = call.call else { return };
        let file = self.instances[call.caller].key.file;
        if since.is_some_and(|since| !self.input.project.has_since(file, &since.package, since.major)) {
            return;
        }
        self.record.restores.push(Restore { instance: call.caller, call: id, what });
    }

    fn apply_inherit(&mut self, call: &NativeCall, class: &Arguments, parent: &Arguments) {
        let parents = self.selected(call.invocation, parent);
        for class in self.selected(call.invocation, class) {
            for &parent in &parents {
                self.listen(class, Listener::ClassInherits { parent });
            }
        }
    }

    /// A class is built while its module loads: that its members are put there is no write to tell of.
    fn give_members(&mut self, call: &NativeCall, class: &Arguments, descriptors: &Arguments, of: MembersOf) {
        let lists = self.selected(call.invocation, descriptors);
        let key = Field::name(self.names.intern("key"));
        for class in self.selected(call.invocation, class) {
            let target = match of {
                MembersOf::Class => class,
                MembersOf::Instances => {
                    let prototype = self.fresh_node();
                    self.listen(
                        class,
                        Listener::Load { dst: prototype, field: Field::name(self.well_known.prototype) },
                    );
                    prototype
                }
            };
            for &list in &lists {
                let descriptor = self.fresh_node();
                self.listen(list, Listener::Iterate { dst: descriptor, index: None });
                self.listen(descriptor, Listener::Descriptor { target, key });
            }
        }
    }

    fn note_targets(&mut self, call: &NativeCall, target: &Arguments, effect: NativeEffect, label: Name) {
        for target in self.selected(call.invocation, target) {
            self.note_effect(call, target, effect, None, &[], label);
        }
    }

    /// The key of something that a library keeps: an argument, or a property of it.
    fn retained_under(&mut self, call: &NativeCall, key: Option<&Arguments>, option: Option<&str>) -> Option<NodeId> {
        let key = self.selected(call.invocation, key?).first().copied()?;
        let Some(option) = option else { return Some(key) };
        let node = self.fresh_node();
        let field = Field::name(self.names.intern(option));
        self.listen(key, Listener::Load { dst: node, field });
        Some(node)
    }

    /// What is kept is an entry more of the receiver, or of the library itself, which lives as long as the process.
    fn note_retained(
        &mut self,
        call: &NativeCall,
        values: &Arguments,
        key: Option<NodeId>,
        (path, label): (PathId, Name),
    ) {
        let values = self.selected(call.invocation, values);
        let is_made = self.invocations[call.invocation].kind != InvocationKind::Call;
        let mut keepers = self.selected(call.invocation, &Arguments::Receiver);
        if is_made || keepers.is_empty() {
            let library = self.fresh_node();
            let value = self.external_at(path, None).promoted();
            self.graph.insert(library, value);
            keepers = smallvec![library];
        }
        for keeper in keepers {
            self.note_effect(call, keeper, NativeEffect::Retain, key, &values, label);
        }
    }

    fn note_effect(
        &mut self,
        call: &NativeCall,
        target: NodeId,
        effect: NativeEffect,
        key: Option<NodeId>,
        values: &[NodeId],
        name: Name,
    ) {
        let Some(id) = call.call else { return };
        let base = Value::data(crate::heap::object::Data::Unknown);
        let values = SmallVec::from_slice(values);
        let write = NativeWrite { instance: call.caller, call: id, base, effect, key, values, name };
        let template = u32::try_from(self.write_templates.len()).unwrap_or(u32::MAX);
        self.write_templates.push(write);
        self.listen(target, Listener::Written { template });
    }

    fn copy_into(&mut self, call: &NativeCall, target: &Arguments, sources: &Arguments, depth: CopyDepth, label: Name) {
        let sources = self.selected(call.invocation, sources);
        for target in self.selected(call.invocation, target) {
            let except = if depth == CopyDepth::Deep { DEEP } else { ExceptId(0) };
            for &source in &sources {
                self.listen(source, Listener::CopyFrom { dst: target, except });
            }
            self.note_effect(call, target, NativeEffect::AssignAll, None, &sources, label);
            if depth == CopyDepth::Deep {
                // The target's nested objects are written to as well.
                let inner = self.fresh_node();
                let values = self.fresh_node();
                self.all_values(target, values);
                self.listen(values, Listener::Merged { dst: inner });
                self.note_effect(call, inner, NativeEffect::AssignAll, None, &sources, label);
            }
        }
    }

    fn set_key(&mut self, call: &NativeCall, (target, key, value): (&Arguments, &Arguments, &Arguments), label: Name) {
        let (Some(key), Some(value)) = (
            self.selected(call.invocation, key).first().copied(),
            self.selected(call.invocation, value).first().copied(),
        ) else {
            return;
        };
        self.computed_keys.push(key);
        for target in self.selected(call.invocation, target) {
            self.listen(target, Listener::StoreBase { src: value, key });
            self.listen(key, Listener::StoreKey { src: value, base: target });
            self.note_effect(call, target, NativeEffect::SetProperty, Some(key), &[value], label);
        }
    }

    fn apply_listen(
        &mut self,
        call: &NativeCall,
        emitter: &Arguments,
        listener: Option<&Arguments>,
        removal: ListenerRemoval,
        path: PathId,
    ) {
        let Some(id) = call.call else { return };
        let listener = listener.and_then(|listener| self.selected(call.invocation, listener).first().copied());
        let event = call.args.first().map(|arg| arg.node).filter(|&node| Some(node) != listener);
        let emitters = self.emitters(call, emitter);
        for emitter in emitters {
            self.record.listening(Listening {
                instance: call.caller,
                call: id,
                emitter,
                listener,
                event,
                result: call.dst,
                removal,
                path,
            });
        }
    }

    /// The emitters of a registration: the receiver or an argument's objects, or the platform.
    fn emitters(&mut self, call: &NativeCall, emitter: &Arguments) -> SmallVec<[Option<Value>; 2]> {
        let receiver = self.invocations[call.invocation].this;
        if *emitter == Arguments::Receiver && receiver == This::None {
            return smallvec![None];
        }
        let nodes = self.selected(call.invocation, emitter);
        nodes
            .iter()
            .flat_map(|&node| self.graph.set(node).iter().collect::<Vec<_>>())
            .filter(|value| matches!(value.kind(), ValueKind::Object(..)))
            .map(Some)
            .collect()
    }

    fn apply_unlisten(&mut self, call: &NativeCall, emitter: Option<&Arguments>, listener: Option<&Arguments>) {
        let Some(id) = call.call else { return };
        let listener = listener.and_then(|listener| self.selected(call.invocation, listener).first().copied());
        let event = call.args.first().map(|arg| arg.node).filter(|&node| emitter.is_some() && Some(node) != listener);
        let emitters = match emitter {
            Some(emitter) => self.emitters(call, emitter),
            None => smallvec![None],
        };
        for emitter in emitters {
            self.record.unlistening(Unlistening { instance: call.caller, call: id, emitter, listener, event });
        }
    }

    /// Functions of a proxy's handler run when the proxy is used.
    pub(super) fn call_traps(&mut self, invocation: crate::heap::solver::InvocationId, handler: Value) {
        let Some((object, _)) = handler.as_object() else { return };
        let target = self.invocations[invocation].args.first().map(|arg| arg.node);
        let any = self.all_properties(object);
        let mut inner = self.invocations[invocation].clone();
        let unknown = self.fresh_node();
        self.graph.insert(unknown, Value::data(crate::heap::object::Data::Unknown));
        let first = self.fresh_node();
        if let Some(target) = target {
            self.graph.add_edge(target, first, EdgeKind::Copy);
        }
        inner.args =
            [first, unknown, unknown].iter().map(|&node| crate::heap::solver::Arg { node, is_spread: false }).collect();
        inner.kind = crate::heap::solver::InvocationKind::Call;
        inner.this = This::Value(handler);
        inner.dst = None;
        inner.position = Some(crate::models::facts::Position::Sync);
        let inner = self.invocation(inner);
        self.listen(any, Listener::Invoke { invocation: inner });
    }
}
