//! Strings and paths: concatenation, string methods, and the functions of node's `path`, `url`, `fs`, `module` and
//! `util` that move strings and prototypes. They are part of the solver, not models, since a path is a value of it.

use smallvec::SmallVec;

use crate::heap::field::{Field, FieldKind};
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::limits::STRINGS;
use crate::heap::object::{Data, Lifetime, ObjectId, ObjectKind, Source, StringId, Value, ValueKind};
use crate::heap::solver::{Arg, InvocationId, Join, Listener, Solver, TextChange, This};
use crate::heap::strings::{self, Restart};
use crate::models::facts::{DataKind, Position};
use crate::modules::PatternPart;

impl Solver<'_> {
    /// Concatenations, when everything else is quiet: a part of which nothing is known is a hole.
    pub(super) fn join_concats(&mut self) -> bool {
        let mut changed = false;
        self.spend(self.concats.len() / 8);
        for index in 0..self.concats.len() {
            let concat = self.concats[index];
            let facts = &self.input.facts[concat.file];
            let parts: SmallVec<[Arg; 3]> = facts.arguments[concat.parts.indices()]
                .iter()
                .map(|part| Arg { node: NodeId(concat.base.0 + part.value.0), is_spread: part.is_spread })
                .collect();
            let heard = self.heard(&parts);
            if concat.heard == Some(heard) {
                continue;
            }
            self.concats[index].heard = Some(heard);
            changed |= self.join_into(&parts, concat.dst, <[Vec<PatternPart>]>::concat);
        }
        changed
    }

    /// Calls of path functions.
    pub(super) fn join_paths(&mut self) -> bool {
        let mut changed = false;
        self.spend(self.joins.len() / 8);
        for index in 0..self.joins.len() {
            let heard = self.heard(&self.joins[index].segments);
            if self.joins[index].heard == Some(heard) {
                continue;
            }
            self.joins[index].heard = Some(heard);
            let join = self.joins[index].clone();
            let prefix = join.prefix.clone();
            changed |= self.join_into(&join.segments, join.dst, |segments| {
                let mut all: Vec<Vec<PatternPart>> = Vec::new();
                if let Some(prefix) = &prefix {
                    all.push(vec![PatternPart::Text(prefix.clone())]);
                }
                all.extend(segments.iter().cloned());
                if join.is_plain { segments.concat() } else { strings::join_paths(&all, join.restart) }
            });
        }
        changed
    }

    /// How much the parts of a string hold. Sets only grow: the same sum is the same values.
    fn heard(&self, parts: &[Arg]) -> usize {
        parts.iter().map(|part| self.graph.set(part.node).len()).sum()
    }

    fn join_into(
        &mut self,
        parts: &[Arg],
        dst: NodeId,
        build: impl Fn(&[Vec<PatternPart>]) -> Vec<PatternPart>,
    ) -> bool {
        let mut changed = false;
        let mut combinations: Vec<Vec<Vec<PatternPart>>> = vec![Vec::new()];
        for part in parts {
            let (texts, data) = self.text_values(*part);
            for value in data {
                changed |= self.graph.insert(dst, value);
            }
            let mut next = Vec::new();
            for combination in &combinations {
                for text in &texts {
                    if next.len() < STRINGS {
                        let mut longer = combination.clone();
                        longer.push(text.clone());
                        next.push(longer);
                    }
                }
            }
            combinations = next;
        }
        self.spend(combinations.len());
        for combination in combinations {
            let built = build(&combination);
            if built.iter().all(|part| *part == PatternPart::Hole) {
                continue;
            }
            let id = self.strings.pattern(built);
            changed |= self.graph.insert(dst, Value::string(id));
        }
        changed
    }

    /// What a part of a string may be, and the origins that it brings.
    fn text_values(&mut self, part: Arg) -> (Vec<Vec<PatternPart>>, Vec<Value>) {
        let mut texts = Vec::new();
        let mut data = Vec::new();
        let mut has_hole = false;
        for value in self.graph.set(part.node) {
            match value.kind() {
                ValueKind::String(id) if !part.is_spread => texts.push(self.strings.parts(id).to_vec()),
                ValueKind::String(_) => has_hole = true,
                ValueKind::Data(kind) => {
                    has_hole |= kind != Data::Known(DataKind::Finite);
                    data.push(value);
                }
                ValueKind::Object(..) => has_hole = true,
            }
        }
        if texts.is_empty() || has_hole {
            texts.push(vec![PatternPart::Hole]);
        }
        (texts, data)
    }

    /// A property of a string.
    pub(super) fn load_string(&mut self, _id: StringId, field: Field, dst: NodeId) {
        if let FieldKind::Name(name) = field.kind()
            && name == self.well_known.length
        {
            self.insert_data(dst, DataKind::Finite);
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
            "concat" => {
                let mut segments: SmallVec<[Arg; 3]> = SmallVec::new();
                segments.push(Arg { node: receiver, is_spread: false });
                segments.extend(args.iter().copied());
                self.joins.push(Join {
                    dst,
                    restart: Restart::Never,
                    segments,
                    is_plain: true,
                    prefix: None,
                    heard: None,
                });
                return;
            }
            "toLowerCase" | "toLocaleLowerCase" => TextChange::Lower,
            "toUpperCase" | "toLocaleUpperCase" => TextChange::Upper,
            "trim" | "toString" | "valueOf" | "normalize" | "trimEnd" | "trimStart" => TextChange::Same,
            "replace" | "replaceAll" | "slice" | "substring" | "substr" => TextChange::WithoutExtension,
            _ => {
                self.insert_data(dst, DataKind::Finite);
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
            TextChange::Lower => map_texts(parts, str::to_lowercase),
            TextChange::Upper => map_texts(parts, str::to_uppercase),
            TextChange::Dirname => dirname(parts),
            TextChange::Basename => basename(parts),
            TextChange::WithoutExtension => without_extension(parts),
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
            ("path", "join" | "resolve" | "normalize") => {
                let Some(dst) = inv.dst else { return true };
                let is_resolve = function == "resolve";
                let restart = if is_resolve { Restart::AtAbsolute } else { Restart::Never };
                let prefix = is_resolve.then(|| self.root_text());
                self.joins.push(Join {
                    dst,
                    restart,
                    segments: inv.args.clone(),
                    is_plain: false,
                    prefix,
                    heard: None,
                });
            }
            ("path", "dirname") => self.text_call(arg(0), inv.dst, TextChange::Dirname),
            ("path", "basename") => {
                let change = if inv.args.len() > 1 { TextChange::WithoutExtension } else { TextChange::Basename };
                self.text_call(arg(0), inv.dst, change);
            }
            ("path", "extname") => self.text_call(arg(0), inv.dst, TextChange::Extension),
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
        let segments = [Arg { node: folder, is_spread: false }, relative].into_iter().collect();
        self.joins.push(Join { dst, restart: Restart::Never, segments, is_plain: false, prefix: None, heard: None });
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

    /// `readdir` and its like: names are strings that stand for a directory's entries.
    fn call_directory(&mut self, invocation: InvocationId, name: &str) -> bool {
        let inv = self.invocations[invocation].clone();
        let name = name.trim_start_matches("promises.");
        if !matches!(name, "readdirSync" | "readdir" | "opendirSync" | "opendir") {
            return false;
        }
        let Some(directory) = inv.args.first().map(|arg| arg.node) else { return true };
        let array = self.made(inv.caller, inv.call, 0, ObjectKind::Array);
        let element = self.field(array, Field::ELEMENT);
        self.listen(directory, Listener::Text { dst: element, change: TextChange::Entries });
        self.insert_data(element, DataKind::Finite);
        // With `withFileTypes` the entries are objects that have the name.
        let entry = self.made(inv.caller, inv.call, 1, ObjectKind::Plain);
        let name_field = self.names.intern("name");
        let field = self.field(entry, Field::name(name_field));
        self.listen(directory, Listener::Text { dst: field, change: TextChange::Entries });
        let has_options = inv.args.get(1).is_some_and(|arg| {
            self.graph.set(arg.node).iter().filter_map(Value::as_object).any(|(object, _)| {
                matches!(self.objects[object].source, Source::Site { .. })
                    && self.objects[object].kind == ObjectKind::Plain
            })
        });
        if has_options {
            self.graph.insert(element, Value::object(entry, Lifetime::Fresh));
        }
        let result = Value::object(array, Lifetime::Fresh);
        if let Some(dst) = inv.dst {
            self.graph.insert(dst, result);
        }
        let callback = inv.args.last().filter(|_| inv.args.len() > 1).map(|arg| arg.node);
        if let Some(callback) = callback {
            let (error, names) = (self.fresh_node(), self.fresh_node());
            self.graph.insert(names, result);
            let mut inner = inv.clone();
            inner.args = [error, names].iter().map(|&node| Arg { node, is_spread: false }).collect();
            inner.dst = None;
            inner.this = crate::heap::solver::This::None;
            inner.position = Some(Position::Once);
            let inner = self.invocation(inner);
            self.listen(callback, Listener::Invoke { invocation: inner });
        }
        true
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

fn basename(parts: Vec<PatternPart>) -> Vec<PatternPart> {
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

fn without_extension(mut parts: Vec<PatternPart>) -> Vec<PatternPart> {
    if let Some(PatternPart::Text(text)) = parts.last_mut()
        && let Some(dot) = text.rfind('.')
        && dot > text.rfind('/').map_or(0, |slash| slash + 1)
    {
        text.truncate(dot);
    }
    parts
}
