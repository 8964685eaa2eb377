//! Listeners, subscriptions and timers that are added, and whether anything takes them off.

use crate::base::finding::ContextKind;
use crate::base::source::FileId;
use crate::base::span::ByteRange;
use crate::contexts::once;
use crate::heap::field::Field;
use crate::heap::graph::NodeId;
use crate::heap::object::{InstanceId, Lifetime, ObjectId, Source, Value, ValueKind};
use crate::heap::record::{Listening, Unlistening};
use crate::models::facts::{ListenerRemoval, PathId};
use crate::modules::PatternPart;
use crate::program::holders::{self, Owner};
use crate::program::{Point, Program};
use crate::syntax::facts::{Argument, BindingId, CallId, Callee, Constraint, Key, Test, ValueId};

/// How many links of a chain of calls are looked at.
const CHAIN: usize = 6;

/// A registration of a listener.
#[derive(Clone, Debug)]
pub struct ListenerUse {
    /// The file.
    pub file: FileId,
    /// Where it runs.
    pub point: Point,
    /// The call's place.
    pub range: ByteRange,
    /// The emitter as the code calls it; none for the platform's timers.
    pub emitter: Option<String>,
    /// The emitter's owner.
    pub owner: Owner,
    /// The event, if it is a constant.
    pub event: Option<String>,
    /// What was called, as people write it.
    pub call: String,
    /// How it would be taken off.
    pub removal: ListenerRemoval,
    /// The node and object of the emitter, for the steps.
    pub emitter_value: Option<(NodeId, ObjectId)>,
    /// The index of the record's entry.
    index: usize,
}

impl Program<'_> {
    /// Registrations on something module-lifetime or on the platform.
    pub fn listeners(&self) -> Vec<ListenerUse> {
        let record = &self.stages.heap.record;
        record.listenings.iter().enumerate().filter_map(|(index, use_)| self.listener(index, use_)).collect()
    }

    fn listener(&self, index: usize, listening: &Listening) -> Option<ListenerUse> {
        let heap = self.stages.heap;
        let key = heap.instance(listening.instance).key;
        let facts = &self.stages.facts[key.file];
        let call = facts.calls.get(listening.call)?;
        let (emitter, owner, emitter_value) = match listening.emitter {
            None if self.is_timer(listening.path) => (None, Owner::Platform("timers".to_owned()), None),
            None => {
                let name = self.stages.models.facts(listening.path).label.clone();
                (Some(name.clone()), Owner::Package(name), None)
            }
            Some(value) => {
                let (object, lifetime) = value.as_object()?;
                if lifetime == Lifetime::Fresh {
                    return None;
                }
                let node = self.receiver_of(listening.instance, listening.call, value);
                let text = node.and_then(|node| self.node_text(node)).filter(|text| text.len() <= 40);
                let name = text.unwrap_or_else(|| match &heap.object(object).source {
                    Source::External { label, .. } => heap.text(*label).to_owned(),
                    _ => "the emitter".to_owned(),
                });
                (Some(name), holders::owner_of(&self.stages, object), node.map(|node| (node, object)))
            }
        };
        Some(ListenerUse {
            file: key.file,
            point: self.point_of(listening.instance, listening.call),
            range: call.place,
            emitter,
            owner,
            event: listening.event.and_then(|node| self.constant_text(node)),
            call: self.stages.models.facts(listening.path).label.clone(),
            removal: listening.removal,
            emitter_value,
            index,
        })
    }

    /// Whether a function of a library calls back as time goes by.
    fn is_timer(&self, path: PathId) -> bool {
        let call = self.stages.models.facts(path).call.as_ref();
        call.is_some_and(|call| call.callbacks.iter().any(|callback| callback.context == Some(ContextKind::Timer)))
    }

    fn receiver_of(&self, instance: InstanceId, call: crate::syntax::facts::CallId, value: Value) -> Option<NodeId> {
        let facts = &self.stages.facts[self.stages.heap.instance(instance).key.file];
        let mut nodes = Vec::new();
        if let crate::syntax::facts::Callee::Method { base, .. } = facts.calls[call].callee {
            nodes.push(self.stages.heap.node(instance, base));
        }
        nodes.extend(facts.arguments_of(call).iter().map(|arg| self.stages.heap.node(instance, arg.value)));
        nodes.into_iter().find(|&node| self.stages.heap.points_to(node).contains(value))
    }

    /// The one constant string of a node.
    pub(super) fn constant_text(&self, node: NodeId) -> Option<String> {
        let mut texts = self.stages.heap.points_to(node).iter().filter_map(|value| match value.kind() {
            crate::heap::object::ValueKind::String(id) => {
                Some(crate::heap::strings::display(self.stages.heap.string(id)))
            }
            _ => None,
        });
        let first = texts.next()?;
        texts.next().is_none().then_some(first)
    }

    /// Whether something that runs takes the listener off again, or it goes by itself.
    pub fn is_taken_off(&self, listener: &ListenerUse) -> bool {
        self.is_ended_again(&self.stages.heap.record.listenings[listener.index])
    }

    /// The same of what the record notes.
    pub(super) fn is_ended_again(&self, listening: &Listening) -> bool {
        if listening.removal == ListenerRemoval::Once || self.has_signal(listening) {
            return true;
        }
        self.stages.heap.record.unlistenings.iter().any(|removal| self.matches(listening, removal))
            || self.is_handle_called(listening)
            || self.is_ending(listening)
    }

    /// Whether what is listened to ends by itself: `source.pipe(take(1)).subscribe(…)`.
    fn is_ending(&self, listening: &Listening) -> bool {
        let key = self.stages.heap.instance(listening.instance).key;
        let facts = &self.stages.facts[key.file];
        let receiver = |call: CallId| match facts.calls[call].callee {
            Callee::Method { base, .. } => Some(base),
            _ => None,
        };
        let is_ending =
            |argument: &Argument| self.holds_ending(self.stages.heap.node(listening.instance, argument.value));
        let mut at = receiver(listening.call);
        for _ in 0..CHAIN {
            let Some(value) = at else { return false };
            let definition = |constraint: &Constraint| match *constraint {
                Constraint::Copy { dst, src } | Constraint::Narrow { dst, src, .. } => {
                    (dst == value).then_some((None, Some(src)))
                }
                Constraint::Call { call } => (facts.calls[call].dst == value).then(|| (Some(call), receiver(call))),
                _ => None,
            };
            let Some((call, before)) = self.definitions_of(key.file, key.function, value).find_map(definition) else {
                return false;
            };
            if call.is_some_and(|call| facts.arguments_of(call).iter().any(is_ending)) {
                return true;
            }
            at = before;
        }
        false
    }

    fn holds_ending(&self, node: NodeId) -> bool {
        self.stages.heap.points_to(node).iter().filter_map(Value::as_object).any(|(object, _)| {
            matches!(self.stages.heap.object(object).source, Source::External { path: Some(path), .. }
                if self.stages.models.facts(path).value.is_ending)
        })
    }

    /// `{once: true}` and `{signal}` as the last argument.
    fn has_signal(&self, listening: &Listening) -> bool {
        let heap = self.stages.heap;
        let facts = &self.stages.facts[heap.instance(listening.instance).key.file];
        let Some(last) = facts.arguments_of(listening.call).get(2) else { return false };
        let node = heap.node(listening.instance, last.value);
        heap.points_to(node).iter().filter_map(Value::as_object).any(|(object, _)| {
            ["once", "signal"]
                .iter()
                .any(|name| heap.name(name).is_some_and(|name| heap.has_field(object, Field::name(name))))
        })
    }

    fn matches(&self, listening: &Listening, removal: &Unlistening) -> bool {
        if self.kind_of(self.point_of(removal.instance, removal.call)) <= ContextKind::Test {
            return false;
        }
        let is_same_emitter = match (listening.emitter, removal.emitter) {
            (Some(a), Some(b)) => a.as_object().map(|o| o.0) == b.as_object().map(|o| o.0),
            (_, None) => true,
            (None, Some(_)) => false,
        };
        if !is_same_emitter || self.are_other_events(listening.event, removal.event) {
            return false;
        }
        match (removal.listener, listening.listener, listening.result) {
            (None, ..) => true,
            (Some(removed), added, result) => {
                added.is_some_and(|added| self.share_object(added, removed) || self.are_one_variable(added, removed))
                    || result.is_some_and(|result| self.share_object(result, removed))
            }
        }
    }

    /// Whether two nodes are read from one variable: a listener that a caller gives is not known, and is still the same
    /// one where `add(handler)` and `remove(handler)` name it.
    fn are_one_variable(&self, a: NodeId, b: NodeId) -> bool {
        let file = |node| self.stages.heap.owner_of(node).map(|instance| self.stages.heap.instance(instance).key.file);
        a == b || (file(a) == file(b) && self.variable_of(a).is_some_and(|it| self.variable_of(b) == Some(it)))
    }

    /// The variable of the node's file that a node is, or is read from.
    pub(super) fn variable_of(&self, node: NodeId) -> Option<BindingId> {
        let (instance, value) = self.value_at(node)?;
        let key = self.stages.heap.instance(instance).key;
        let outer = self.definitions_of(key.file, key.function, value).find_map(|constraint| match *constraint {
            Constraint::LoadOuter { dst, binding } if dst == value => Some(binding),
            _ => None,
        });
        outer.or_else(|| self.binding_of(key.file, key.function, value))
    }

    /// Whether two names of events are constants, and not the same.
    fn are_other_events(&self, added: Option<NodeId>, removed: Option<NodeId>) -> bool {
        let name = |node: Option<NodeId>| node.and_then(|node| self.one_text(node));
        matches!((name(added), name(removed)), (Some(added), Some(removed)) if added != removed)
    }

    /// The constant string of a node that holds nothing else.
    pub(super) fn one_text(&self, node: NodeId) -> Option<String> {
        let mut values = self.stages.heap.points_to(node).iter();
        let ValueKind::String(id) = values.next()?.kind() else { return None };
        let [PatternPart::Text(text)] = self.stages.heap.string(id) else { return None };
        values.next().is_none().then(|| text.clone())
    }

    /// Whether what the registration gave is called, or has a method called that ends it, by something that runs.
    fn is_handle_called(&self, listening: &Listening) -> bool {
        if listening.removal != ListenerRemoval::ByHandle {
            return false;
        }
        let Some(result) = listening.result else { return false };
        let handles = self.stages.heap.points_to(result).iter().filter_map(Value::as_object);
        handles.into_iter().any(|(handle, _)| self.is_ended(handle))
    }

    /// The steps to the emitter.
    pub fn emitter_steps(&self, listener: &ListenerUse) -> Vec<crate::base::finding::Step> {
        listener.emitter_value.map_or_else(Vec::new, |(node, object)| self.way_to(node, object))
    }

    /// Whether the registration happens once, or once for each emitter: a flag guards it, what it gives fills the place
    /// that was found empty, or the emitter is new each time.
    pub fn is_registered_once(&self, listener: &ListenerUse) -> bool {
        let listening = &self.stages.heap.record.listenings[listener.index];
        let key = self.stages.heap.instance(listening.instance).key;
        let call = &self.stages.facts[key.file].calls[listening.call];
        once::runs_once_for_each(self.stages.heap, self.stages.facts, listening.instance, call.guards)
            || self.is_kept_where_none_was(listening.instance, listening.call)
            || self.is_counted_first(listening)
            || self.is_receiver_renewed(listening.instance, listening.call)
    }

    /// `if (hub.listenerCount('tick') === 0) hub.on('tick', …)`: the same emitter has none of this event's, or is asked
    /// whether it has few.
    fn is_counted_first(&self, listening: &Listening) -> bool {
        let at = listening.instance;
        let key = self.stages.heap.instance(at).key;
        let facts = &self.stages.facts[key.file];
        let Some((emitter, _)) = listening.emitter.and_then(Value::as_object) else { return false };
        let node = |value| self.stages.heap.node(at, value);
        let counts = |value: ValueId| {
            self.definitions_of(key.file, key.function, value).any(|constraint| {
                let Constraint::Call { call } = *constraint else { return false };
                let Callee::Method { base, key: Key::Name(name) } = facts.calls[call].callee else { return false };
                let event = facts.arguments_of(call).first().map(|argument| node(argument.value));
                facts.calls[call].dst == value
                    && facts.name(name) == COUNTING
                    && self.holds_object(node(base), emitter)
                    && !self.are_other_events(listening.event, event)
            })
        };
        let is_none = |value: ValueId| self.one_text(node(value)).as_deref() == Some("0");
        facts.guards_in(facts.calls[listening.call].guards).any(|guard| match guard.test {
            Test::Truthy { value, .. } => !guard.holds && counts(value),
            Test::Compare { value, is_below, .. } => is_below == guard.holds && counts(value),
            Test::Equal { left, right, .. } => {
                guard.holds && (counts(left) && is_none(right) || counts(right) && is_none(left))
            }
            _ => false,
        })
    }
}

/// The method that says how many listeners there are.
const COUNTING: &str = "listenerCount";
