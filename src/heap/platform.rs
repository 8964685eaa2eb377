//! Strings and paths: concatenation, string methods, and the functions of node's `path`, `url`, `fs`, `module` and
//! `util` that move strings and prototypes. They are part of the solver, not models, since a path is a value of it.

use smallvec::SmallVec;

use crate::heap::field::{Field, FieldKind};
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::object::{Lifetime, ObjectId, ObjectKind, Source, StringId, Value, ValueKind};
use crate::heap::solver::{Arg, Invocation, InvocationId, Listener, Solver, TextChange, This};
use crate::heap::strings::{self, Restart};
use crate::heap::texts::{Join, Making};
use crate::models::facts::{DataKind, Position};
use crate::modules::PatternPart;

/// What the texts that stand for symbols begin with.
pub(super) const SYMBOL: &str = "Symbol(";

impl Solver<'_> {
    /// A property of a string.
    pub(super) fn load_string(&mut self, id: StringId, field: Field, dst: NodeId) {
        let FieldKind::Name(name) = field.kind() else { return };
        match self.names.text(name) {
            "length" => self.insert_data(dst, DataKind::Finite),
            // Of a URL, whose text is its path.
            "href" | "pathname" => {
                self.graph.insert(dst, Value::string(id));
            }
            _ => {}
        }
    }

    /// A method of a primitive.
    pub(super) fn call_on_primitive(&mut self, invocation: InvocationId, receiver: Value, field: Field) {
        let inv = self.invocations[invocation].clone();
        let method = match field.kind() {
            FieldKind::Name(name) => self.names.text(name).to_owned(),
            _ => String::new(),
        };
        let Some(dst) = inv.dst else {
            return;
        };
        if let ValueKind::String(_) = receiver.kind() {
            if method == "split" {
                self.split_text(&inv, receiver, dst);
                return;
            }
            let node = self.fresh_node();
            self.graph.insert(node, receiver);
            self.call_string_method(&method, node, &inv.args, dst);
            for arg in &inv.args {
                self.graph.add_edge(arg.node, dst, EdgeKind::Derive);
            }
            return;
        }
        if method == "concat" {
            let node = self.fresh_node();
            self.graph.insert(node, receiver);
            self.call_string_method("concat", node, &inv.args, dst);
        }
        self.graph.insert(dst, receiver);
        for arg in &inv.args {
            self.graph.add_edge(arg.node, dst, EdgeKind::Derive);
            self.listen(arg.node, Listener::DataCallback { invocation, data: receiver });
        }
    }

    /// `rows.forEach(row => …)` on data: the callback's parameters are of that origin.
    pub(super) fn call_with_data(&mut self, invocation: InvocationId, callback: Value, data: Value) {
        let Some((object, _)) = callback.as_object() else { return };
        let mut inner = self.invocations[invocation].clone();
        // `rows.forEach(set.add, set)`: a built-in method needs its receiver.
        let (count, this) = match self.objects[object].source {
            Source::Function { file, function, .. } => (self.input.facts[file].params_of(function).len(), This::None),
            Source::Native(_) => (1, inner.args.get(1).map_or(This::None, |receiver| This::Node(receiver.node))),
            Source::Bound { .. } => (1, This::None),
            _ => return,
        };
        let node = self.fresh_node();
        self.graph.insert(node, data);
        inner.args = std::iter::repeat_n(Arg { node, is_spread: false }, count).collect();
        inner.this = this;
        inner.kind = crate::heap::solver::InvocationKind::Call;
        inner.position = Some(Position::Sync);
        // `find`, `map`: what the callback gives is in the result.
        let inner = self.invocation(inner);
        self.invoke(inner, callback);
    }

    fn call_string_method(&mut self, method: &str, receiver: NodeId, args: &SmallVec<[Arg; 3]>, dst: NodeId) {
        let change = match method {
            "toLowerCase" | "toLocaleLowerCase" => TextChange::Lower,
            "toUpperCase" | "toLocaleUpperCase" => TextChange::Upper,
            "trim" => TextChange::Trimmed,
            "toString" | "valueOf" | "normalize" | "trimEnd" | "trimStart" => TextChange::Same,
            _ => {
                let making = match method {
                    "concat" => Making::Concat,
                    "replace" | "replaceAll" => Making::Replaced,
                    "slice" => Making::Sliced,
                    "substring" => Making::Substring,
                    "substr" => Making::Substr,
                    _ => return self.insert_data(dst, DataKind::Finite),
                };
                let receiver = Arg { node: receiver, is_spread: false };
                self.waiting.joins.push(Join::new(making, std::iter::once(receiver).chain(args.iter().copied()), dst));
                return;
            }
        };
        self.listen(receiver, Listener::Text { dst, change });
    }

    /// A changed string.
    pub(super) fn change_text(&mut self, value: Value, dst: NodeId, change: TextChange) {
        let ValueKind::String(id) = value.kind() else {
            if let ValueKind::Data(_) = value.kind() {
                self.graph.insert(dst, value);
            }
            return;
        };
        let parts = self.strings.parts(id).to_vec();
        let changed = match change {
            TextChange::Same => parts,
            TextChange::Trimmed => trimmed(parts),
            TextChange::Lower => map_texts(parts, str::to_lowercase),
            TextChange::Upper => map_texts(parts, str::to_uppercase),
            TextChange::Dirname => dirname(parts),
            TextChange::Basename => basename(parts),
            TextChange::Symbol => {
                let around = |text: &str| std::iter::once(PatternPart::Text(text.to_owned()));
                around(SYMBOL).chain(parts).chain(around(")")).collect()
            }
            TextChange::WithoutExtension => strings::without_extension(parts),
            TextChange::Extension => {
                self.insert_data(dst, DataKind::Finite);
                return;
            }
            TextChange::Entries | TextChange::Tree => {
                let last = if change == TextChange::Tree { PatternPart::Tree } else { PatternPart::Entry };
                vec![last]
            }
        };
        let id = self.strings.pattern(changed);
        self.graph.insert(dst, Value::string(id));
    }

    /// The functions of node's modules that the solver itself knows; whether this was one.
    pub(super) fn call_platform(&mut self, invocation: InvocationId, object: ObjectId) -> bool {
        let Source::External { package, label, .. } = self.objects[object].source else { return false };
        if matches!(self.names.text(label), "process.cwd" | "node:process.cwd") {
            // A program is mostly started in its own folder.
            if let Some(dst) = self.invocations[invocation].dst {
                let root = self.root_text();
                let id = self.strings.constant(&root);
                self.graph.insert(dst, Value::string(id));
            }
            return true;
        }
        if matches!(self.names.text(label), "URL" | "node:url.URL") {
            self.join_url(invocation);
            return false;
        }
        if !self.names.text(package).starts_with("node:") {
            return false;
        }
        let label = self.names.text(label).to_owned();
        let Some((module, function)) = label.trim_start_matches("node:").split_once('.') else { return false };
        let function = function.trim_start_matches("default.").trim_start_matches("posix.").to_owned();
        let inv = self.invocations[invocation].clone();
        let arg = |index: usize| inv.args.get(index).map(|arg| arg.node);
        match (module, function.as_str()) {
            ("path" | "path/posix", name) => return self.call_path(name, &inv),
            ("url", "fileURLToPath" | "pathToFileURL") => self.text_call(arg(0), inv.dst, TextChange::Same),
            ("util", "inherits") => self.inherits(arg(0), arg(1)),
            ("module", "createRequire") => self.create_require(&inv),
            ("fs" | "fs/promises", name) => return self.call_directory(invocation, name),
            _ => return false,
        }
        true
    }

    /// `new URL('./x.js', import.meta.url)`: a path, beside the file that the base names.
    fn join_url(&mut self, invocation: InvocationId) {
        let inv = &self.invocations[invocation];
        let (Some(dst), [relative, base, ..]) = (inv.dst, inv.args.as_slice()) else { return };
        let (relative, base) = (*relative, base.node);
        let folder = self.fresh_node();
        self.listen(base, Listener::Text { dst: folder, change: TextChange::Dirname });
        let segments = [Arg { node: folder, is_spread: false }, relative];
        self.waiting.joins.push(Join::new(Making::Path(Restart::Never), segments, dst));
    }

    /// The functions of `path`; whether this was one.
    fn call_path(&mut self, function: &str, inv: &Invocation) -> bool {
        let first = inv.args.first().map(|arg| arg.node);
        let making = match function {
            "join" | "normalize" => Making::Path(Restart::Never),
            "resolve" => Making::Path(Restart::AtAbsolute),
            "relative" => Making::Relative,
            "basename" if inv.args.len() > 1 => Making::BasenameWithout,
            "basename" => {
                self.text_call(first, inv.dst, TextChange::Basename);
                return true;
            }
            "dirname" => {
                self.text_call(first, inv.dst, TextChange::Dirname);
                return true;
            }
            "extname" => {
                self.text_call(first, inv.dst, TextChange::Extension);
                return true;
            }
            "parse" => {
                self.parse_path(inv);
                return true;
            }
            "format" => {
                self.format_path(inv);
                return true;
            }
            _ => return false,
        };
        if let Some(dst) = inv.dst {
            self.waiting.joins.push(Join::new(making, inv.args.iter().copied(), dst));
        }
        true
    }

    /// `path.parse(x)`.
    fn parse_path(&mut self, inv: &Invocation) {
        let (Some(path), Some(dst)) = (inv.args.first().map(|arg| arg.node), inv.dst) else { return };
        let object = self.made(inv.caller, inv.call, 0, ObjectKind::Plain);
        let base = self.fresh_node();
        self.listen(path, Listener::Text { dst: base, change: TextChange::Basename });
        for (name, from, change) in [
            ("base", base, TextChange::Same),
            ("name", base, TextChange::WithoutExtension),
            ("ext", base, TextChange::Extension),
            ("dir", path, TextChange::Dirname),
        ] {
            let name = self.names.intern(name);
            let field = self.field(object, Field::name(name));
            self.listen(from, Listener::Text { dst: field, change });
        }
        self.graph.insert(dst, Value::object(object, Lifetime::Fresh));
    }

    /// `path.format({dir, base})`, `path.format({dir, name, ext})`.
    fn format_path(&mut self, inv: &Invocation) {
        let (Some(parsed), Some(dst)) = (inv.args.first().map(|arg| arg.node), inv.dst) else { return };
        let part = |solver: &mut Self, name: &str| {
            let node = solver.fresh_node();
            let name = solver.names.intern(name);
            solver.listen(parsed, Listener::Load { dst: node, field: Field::name(name) });
            Arg { node, is_spread: false }
        };
        let (folder, base) = (part(self, "dir"), part(self, "base"));
        let (name, extension) = (part(self, "name"), part(self, "ext"));
        let slash = Arg { node: self.fresh_node(), is_spread: false };
        let text = self.strings.constant("/");
        self.graph.insert(slash.node, Value::string(text));
        self.waiting.joins.push(Join::new(Making::Formatted, [folder, slash, base], dst));
        self.waiting.joins.push(Join::new(Making::Formatted, [folder, slash, name, extension], dst));
    }

    fn text_call(&mut self, src: Option<NodeId>, dst: Option<NodeId>, change: TextChange) {
        if let (Some(src), Some(dst)) = (src, dst) {
            self.listen(src, Listener::Text { dst, change });
        }
    }

    /// The analysed folder as text.
    pub(super) fn root_text(&self) -> String {
        self.input.project.root.to_string_lossy().replace('\\', "/")
    }

    fn inherits(&mut self, class: Option<NodeId>, parent: Option<NodeId>) {
        let (Some(class), Some(parent)) = (class, parent) else { return };
        self.listen(class, Listener::ClassInherits { parent });
    }

    /// `util.inherits(class, parent)`: as `extends`.
    pub(super) fn class_inherits(&mut self, class: Value, parent: NodeId) {
        if let Some((class, _)) = class.as_object() {
            self.listen(parent, Listener::Extends { class });
        }
    }
}

fn map_texts(parts: Vec<PatternPart>, change: impl Fn(&str) -> String) -> Vec<PatternPart> {
    parts
        .into_iter()
        .map(|part| match part {
            PatternPart::Text(text) => PatternPart::Text(change(&text)),
            other => other,
        })
        .collect()
}

/// The directory of a path: everything before its last slash.
pub(super) fn dirname(mut parts: Vec<PatternPart>) -> Vec<PatternPart> {
    while let Some(last) = parts.pop() {
        if let PatternPart::Text(text) = last
            && let Some(slash) = text.rfind('/')
        {
            parts.push(PatternPart::Text(if slash == 0 && parts.is_empty() { "/" } else { &text[..slash] }.to_owned()));
            return parts;
        }
    }
    vec![PatternPart::Text(".".to_owned())]
}

/// A text without the spaces around it.
fn trimmed(mut parts: Vec<PatternPart>) -> Vec<PatternPart> {
    if let Some(PatternPart::Text(first)) = parts.first_mut() {
        *first = first.trim_start().to_owned();
    }
    if let Some(PatternPart::Text(last)) = parts.last_mut() {
        *last = last.trim_end().to_owned();
    }
    parts
}

pub(super) fn basename(parts: Vec<PatternPart>) -> Vec<PatternPart> {
    let mut kept = Vec::new();
    for part in parts.into_iter().rev() {
        if let PatternPart::Text(text) = &part
            && let Some(slash) = text.rfind('/')
        {
            kept.push(PatternPart::Text(text[slash + 1..].to_owned()));
            break;
        }
        kept.push(part);
    }
    kept.reverse();
    kept
}
