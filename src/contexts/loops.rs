//! Loops that wait for what comes: their rounds repeat, while the function around them may run once.
//!
//! A loop without an end that awaits is a timer, and so is one that only a flag ends, which is set elsewhere. What `for await` does depends on what it takes its values from: events
//! and ticks come for as long as the process lives; pages, rows and lines of a file end. Of a source that is not known,
//! it is believed to go on if nothing comes after the loop.

use rustc_hash::FxHashMap;

use crate::base::finding::{Confidence, ContextKind};
use crate::base::index::IndexVec;
use crate::base::source::FileId;
use crate::contexts::{Cause, Context, Contexts};
use crate::heap::Heap;
use crate::heap::graph::NodeId;
use crate::heap::object::{Data, InstanceId, ObjectId, Source, Value, ValueKind};
use crate::heap::record::CallEdge;
use crate::models::Models;
use crate::models::facts::{DataKind, PathId, Step};
use crate::syntax::facts::{CallId, Loop, LoopEnd, LoopId, ModuleFacts};

/// How far sources are followed that take what they give from others: generators, readers of lines.
const SOURCES: u8 = 4;

/// What a loop's source is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Supply {
    /// It ends.
    Ends,
    /// Nothing is known of it.
    Unknown,
    /// Ticks of a clock.
    Ticks,
    /// Events, messages, requests.
    Events,
}

struct Sources<'a> {
    heap: &'a Heap,
    models: &'a Models,
    facts: &'a IndexVec<FileId, ModuleFacts>,
}

/// The contexts that the rounds of loops make, for each instance of their functions. Loops of tests end.
pub(super) fn rounds(
    heap: &Heap,
    models: &Models,
    facts: &IndexVec<FileId, ModuleFacts>,
    tests: &IndexVec<FileId, bool>,
) -> FxHashMap<(InstanceId, LoopId), Context> {
    let sources = Sources { heap, models, facts };
    let mut rounds = FxHashMap::default();
    for (instance, info) in heap.instances() {
        let file = info.key.file;
        if tests[file] || facts[file].loops.is_empty() {
            continue;
        }
        for (id, info) in sources.loops_of(instance) {
            if let Some((kind, confidence)) = sources.repeats(instance, info, SOURCES) {
                let context = Context { kind, confidence, cause: Cause::Loop(id), root: instance };
                rounds.insert((instance, id), context);
            }
        }
    }
    rounds
}

/// The context that a call makes for what it calls, if it stands in such a loop.
pub(super) fn round_of(
    heap: &Heap,
    facts: &IndexVec<FileId, ModuleFacts>,
    contexts: &Contexts,
    edge: &CallEdge,
) -> Option<Context> {
    let facts = &facts[heap.instance(edge.caller).key.file];
    contexts.at(edge.caller, facts.calls.get(edge.call?)?.guards, facts)
}

impl Sources<'_> {
    fn loops_of(&self, instance: InstanceId) -> impl Iterator<Item = (LoopId, &Loop)> {
        let key = self.heap.instance(instance).key;
        self.facts[key.file].loops.iter_enumerated().filter(move |(_, info)| info.function == key.function)
    }

    fn repeats(&self, instance: InstanceId, info: &Loop, depth: u8) -> Option<(ContextKind, Confidence)> {
        let source = match info.end {
            LoopEnd::Never => return info.awaits.then_some((ContextKind::Timer, Confidence::High)),
            LoopEnd::WhenTold => {
                return (info.awaits && info.is_whole).then_some((ContextKind::Timer, Confidence::Medium));
            }
            LoopEnd::OfSource(source) => source,
        };
        match self.supply(self.heap.node(instance, source), depth) {
            Supply::Events => Some((ContextKind::Event, Confidence::High)),
            Supply::Ticks => Some((ContextKind::Timer, Confidence::High)),
            Supply::Unknown if info.is_whole && info.is_last => Some((ContextKind::Event, Confidence::Medium)),
            Supply::Unknown | Supply::Ends => None,
        }
    }

    /// What a node gives to those who iterate it.
    fn supply(&self, node: NodeId, depth: u8) -> Supply {
        let values = self.heap.points_to(node);
        let of_value = |value: Value| match value.kind() {
            ValueKind::Data(data) => of_data(data),
            ValueKind::String(_) => Supply::Ends,
            ValueKind::Object(object, _) => self.of_object(object, depth),
        };
        // What calls of libraries give is an object, and something unknown besides.
        let is_told = |value: &Value| value.is_object() || of_value(*value) != Supply::Unknown;
        let told = values.iter().filter(is_told).map(of_value).max();
        told.unwrap_or(Supply::Unknown)
    }

    fn of_object(&self, object: ObjectId, depth: u8) -> Supply {
        match self.heap.object(object).source {
            Source::External { path: Some(path), made, .. } => {
                let known = self.of_path(path);
                let inner = made.filter(|_| known == Supply::Ends && depth > 0);
                inner.map_or(known, |(caller, call)| self.of_arguments(caller, call, depth - 1))
            }
            Source::External { path: None, .. } => Supply::Unknown,
            Source::Result(generator) if depth > 0 => {
                let kinds = self.loops_of(generator).filter_map(|(_, info)| self.repeats(generator, info, depth - 1));
                kinds.map(|(kind, confidence)| of_kind(kind, confidence)).max().unwrap_or(Supply::Ends)
            }
            _ => Supply::Ends,
        }
    }

    fn of_path(&self, path: PathId) -> Supply {
        let element = self.models.step(path, Step::Element);
        let data = [Some(path), element].into_iter().flatten().filter_map(|path| self.models.facts(path).value.data);
        data.map(|kind| of_data(Data::Known(kind))).max().unwrap_or(Supply::Ends)
    }

    /// What was made of a source that does not end, or of options that hold one, does not end either.
    fn of_arguments(&self, caller: InstanceId, call: Option<CallId>, depth: u8) -> Supply {
        let facts = &self.facts[self.heap.instance(caller).key.file];
        let Some(call) = call.filter(|&call| facts.calls.get(call).is_some()) else { return Supply::Ends };
        let known = |node: NodeId| {
            let supply = self.supply(node, depth);
            if supply == Supply::Unknown { Supply::Ends } else { supply }
        };
        let of_argument = |node: NodeId| {
            let objects = self.heap.points_to(node).iter().filter_map(Value::as_object);
            let made_here =
                objects.filter(|&(object, _)| matches!(self.heap.object(object).source, Source::Site { .. }));
            let fields = made_here.flat_map(|(object, _)| self.heap.fields_of(object).iter().map(|&(_, node)| node));
            fields.map(known).max().into_iter().chain([known(node)]).max()
        };
        let arguments = facts.arguments_of(call).iter().map(|argument| self.heap.node(caller, argument.value));
        arguments.filter_map(of_argument).max().unwrap_or(Supply::Ends)
    }
}

fn of_data(data: Data) -> Supply {
    match data {
        Data::Known(DataKind::Request | DataKind::Event) => Supply::Events,
        Data::Known(DataKind::Time | DataKind::Counter | DataKind::Random) => Supply::Ticks,
        Data::Known(DataKind::Identity | DataKind::Finite | DataKind::Config) | Data::Choice => Supply::Ends,
        Data::Parameter | Data::Unknown => Supply::Unknown,
    }
}

fn of_kind(kind: ContextKind, confidence: Confidence) -> Supply {
    match (kind, confidence) {
        (ContextKind::Timer, _) => Supply::Ticks,
        (_, Confidence::High) => Supply::Events,
        _ => Supply::Unknown,
    }
}
