//! What a call collects until something ends: `let out = ''; child.stdout.on('data', (d) => { out += d; });
//! child.on('close', () => resolve(out));`. It goes with the call and its listeners.

use crate::base::source::FileId;
use crate::heap::graph::NodeId;
use crate::heap::object::{InstanceId, Lifetime, Source, Value};
use crate::program::Program;
use crate::program::changes::Change;
use crate::syntax::facts::{BindingId, CallId, Callee, Constraint, FunctionId, Key, MODULE_BODY, ModuleFacts};

/// Events that bring the content of a stream, a part each: it ends when the stream does.
const PARTS: &[&str] = &["data", "readable", "line"];

/// Methods that add a listener.
const ADDING: &[&str] = &["on", "once", "addListener"];

/// The last events of streams, sockets and child processes.
const ENDS: &[&str] = &["end", "close", "exit", "finish"];

impl Program<'_> {
    /// Whether a growth is of a variable of a call that also waits for an end, and uses the variable then; what grows is
    /// made of a stream's parts.
    pub(super) fn is_collected(&self, change: &Change) -> bool {
        let node = change.binding.is_none().then_some(change.base_node).flatten();
        let Some(binding) = change.binding.or_else(|| self.variable_of(node?)) else { return false };
        let heap = self.stages.heap;
        let facts = &self.stages.facts[change.file];
        let home = facts.bindings[binding].function;
        if home == MODULE_BODY || home == change.function {
            return false;
        }
        let around = std::iter::successors(Some(change.instance), |&at| heap.instance(at).key.parent);
        let frames = around.skip(1).take_while(|&at| heap.instance(at).key.file == change.file);
        let waiting: Vec<(InstanceId, CallId)> = frames
            .flat_map(|at| {
                let calls = self.calls_in(change.file, heap.instance(at).key.function);
                calls.iter().map(move |&call| (at, call))
            })
            .collect();
        let listens = |events: &[&str], is_wanted: &dyn Fn(FunctionId) -> bool| {
            waiting.iter().any(|&(at, call)| self.listens_to(at, call, events, facts, is_wanted))
        };
        listens(PARTS, &|function| is_inside(facts, change.function, function))
            && listens(ENDS, &|function| uses(facts, function, binding))
    }

    /// `stream.once('end', () => done(chunks))`, with a stream that the call has for itself.
    fn listens_to(
        &self,
        at: InstanceId,
        call: CallId,
        events: &[&str],
        facts: &ModuleFacts,
        is_wanted: &dyn Fn(FunctionId) -> bool,
    ) -> bool {
        let Callee::Method { base, key: Key::Name(name) } = facts.calls[call].callee else { return false };
        let [event, listener, ..] = facts.arguments_of(call) else { return false };
        let node = |value| self.stages.heap.node(at, value);
        ADDING.contains(&facts.name(name))
            && self.one_text(node(event.value)).is_some_and(|event| events.contains(&event.as_str()))
            && !self.lasts(node(base))
            && self.functions_at(self.stages.heap.instance(at).key.file, node(listener.value)).any(is_wanted)
    }

    fn lasts(&self, node: NodeId) -> bool {
        let mut objects = self.stages.heap.points_to(node).iter().filter_map(Value::as_object);
        objects.any(|(_, lifetime)| lifetime == Lifetime::Module)
    }

    /// The functions of a file that a node holds.
    fn functions_at(&self, of: FileId, node: NodeId) -> impl Iterator<Item = FunctionId> {
        let objects = self.stages.heap.points_to(node).iter().filter_map(Value::as_object);
        objects.filter_map(move |(object, _)| match self.stages.heap.object(object).source {
            Source::Function { file, function, .. } if file == of => Some(function),
            _ => None,
        })
    }
}

/// Whether a function is another, or stands inside it.
fn is_inside(facts: &ModuleFacts, inner: FunctionId, outer: FunctionId) -> bool {
    std::iter::successors(Some(inner), |&at| facts.functions[at].parent).any(|at| at == outer)
}

/// Whether a function, or one inside it, reads a variable.
fn uses(facts: &ModuleFacts, function: FunctionId, binding: BindingId) -> bool {
    let reads = |it: &Constraint| matches!(*it, Constraint::LoadOuter { binding: read, .. } if read == binding);
    let mut inside = facts.functions.ids().filter(|&inner| is_inside(facts, inner, function));
    inside.any(|inner| facts.constraints_of(inner).iter().any(reads))
}
