//! What makes a context repeat, in words, and where.

use crate::base::finding::{Confidence, ContextKind, Entry};
use crate::base::source::FileId;
use crate::base::span::{ByteRange, Span};
use crate::contexts::{Cause, Context};
use crate::heap::instance::InstanceKey;
use crate::heap::object::InstanceId;
use crate::program::Program;
use crate::syntax::facts::{CallId, Callee, FunctionId, Key, LoopEnd, LoopId, Run};

/// Code in one instance of its function, with what dominates it: a loop around it may repeat when the rest does not.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// The function in its context.
    pub instance: InstanceId,
    /// A run of the facts' guard lists.
    pub guards: Run,
}

impl Program<'_> {
    /// The context of a point.
    pub(super) fn context_at(&self, point: Point) -> Option<Context> {
        let facts = &self.stages.facts[self.stages.heap.instance(point.instance).key.file];
        self.stages.contexts.at(point.instance, point.guards, facts)
    }

    /// How often a point runs, with what makes it so.
    pub fn context(&self, point: Point) -> Option<(ContextKind, Entry)> {
        self.context_at(point).map(|context| self.told(context))
    }

    /// A context, with what makes it so.
    pub(super) fn told(&self, context: Context) -> (ContextKind, Entry) {
        let root = self.stages.heap.instance(context.root).key;
        let own = self.head(root.file, root.function);
        let (span, label) = match context.cause {
            Cause::Loop(id) => self.round(root, id),
            Cause::Reschedules => {
                (own, format!("{} schedules itself again", self.function_text(root.file, root.function)))
            }
            Cause::TestCode => (own, "test code".to_owned()),
            Cause::Registered(index) => self.registered(index, own),
        };
        (context.kind, Entry { span, label })
    }

    /// A loop that makes its rounds repeat.
    fn round(&self, key: InstanceKey, id: LoopId) -> (Span, String) {
        let info = self.stages.facts[key.file].loops[id];
        let name = self.function_text(key.file, key.function);
        let LoopEnd::OfSource(source) = info.end else {
            return (self.head(key.file, key.function), format!("{name} awaits in an endless loop"));
        };
        let range = self.stages.facts[key.file].value_range(key.function, source).unwrap_or(info.range);
        (range.at(key.file), format!("`for await` over `{}`", self.text(key.file, range)))
    }

    fn registered(&self, index: usize, own: Span) -> (Span, String) {
        let root = self.stages.heap.record.roots[index];
        let template = self.stages.heap.text(root.cause.label);
        match root.site {
            Some((caller, call)) => {
                let file = self.stages.heap.instance(caller).key.file;
                let range = self.stages.facts[file].calls[call].place;
                let label = if template.contains("{callee}") {
                    template.replace("{callee}", &self.call_text(file, call))
                } else if template.is_empty() {
                    format!("{} callback", self.call_text(file, call))
                } else {
                    template.to_owned()
                };
                (range.at(file), label)
            }
            None => (own, template.replace("{callee}", "").trim().to_owned()),
        }
    }

    /// A call as people call it: `app.get('/x', …)`.
    fn call_text(&self, file: FileId, call: CallId) -> String {
        let facts = &self.stages.facts[file];
        let info = facts.calls[call];
        let callee = match info.callee {
            Callee::Method { base, key } => {
                let base = facts.value_range(info.function, base).map(|range| self.text(file, range));
                let name = match key {
                    Key::Name(name) => facts.name(name).to_owned(),
                    _ => "[…]".to_owned(),
                };
                match base.filter(|text| text.len() <= 30) {
                    Some(base) => format!("{base}.{name}"),
                    None => name,
                }
            }
            Callee::Value(value) => {
                let text = facts.value_range(info.function, value).map(|range| self.text(file, range));
                text.unwrap_or_default()
            }
            _ => String::new(),
        };
        let first = facts.arguments_of(call).first();
        let literal =
            first.and_then(|arg| facts.value_range(info.function, arg.value)).map(|range| self.text(file, range));
        let new = if info.kind == crate::syntax::facts::CallKind::New { "new " } else { "" };
        match literal {
            Some(text) if text.starts_with(['\'', '"', '`']) && text.len() <= 40 => format!("{new}{callee}({text}, …)"),
            _ => format!("{new}{callee}"),
        }
    }

    fn head(&self, file: FileId, function: FunctionId) -> Span {
        self.stages.facts[file].functions[function].head.at(file)
    }

    /// A function as people call it: `record`, `function at server.js:3`.
    pub fn function_text(&self, file: FileId, function: FunctionId) -> String {
        let facts = &self.stages.facts[file];
        facts.functions[function].name.map_or_else(|| "function".to_owned(), |name| facts.name(name).to_owned())
    }

    /// The chain of function names around a place, for the fingerprint.
    pub fn function_path(&self, file: FileId, function: FunctionId) -> String {
        let facts = &self.stages.facts[file];
        let mut names = Vec::new();
        let mut at = Some(function);
        while let Some(id) = at {
            let info = &facts.functions[id];
            if info.parent.is_some() {
                let mut name = info.name.map_or("<anonymous>", |name| facts.name(name)).to_owned();
                if let Some(class) = info.class.and_then(|class| facts.classes[class].name) {
                    name = format!("{}.{name}", facts.name(class));
                }
                names.push(name);
            }
            at = info.parent;
        }
        names.reverse();
        names.join("/")
    }

    /// How sure the context of a point is.
    pub fn context_confidence(&self, point: Point) -> Confidence {
        self.context_at(point).map_or(Confidence::High, |context| context.confidence)
    }

    /// The kind of a point's context.
    pub fn kind_of(&self, point: Point) -> ContextKind {
        self.context_at(point).map_or(ContextKind::Init, |context| context.kind)
    }

    /// Where a call stands, in an instance of its function.
    pub(super) fn point_of(&self, instance: InstanceId, call: CallId) -> Point {
        let facts = &self.stages.facts[self.stages.heap.instance(instance).key.file];
        Point { instance, guards: facts.calls.get(call).map_or_else(Run::default, |call| call.guards) }
    }

    /// A place in a file.
    pub fn span(file: FileId, range: ByteRange) -> Span {
        range.at(file)
    }
}
