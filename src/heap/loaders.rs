//! Packages that load or list modules: a folder's, a tree's, a glob's.

use crate::base::name_test::NameTest;
use crate::base::source::FileId;
use crate::heap::builtins::NativeCall;
use crate::heap::field::Field;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::object::{Lifetime, ObjectId, ObjectKind, Source, StringId, Value, ValueKind};
use crate::heap::record::LoadForm;
use crate::heap::solver::{Arg, Listener, Solver};
use crate::heap::strings::{self, Restart};
use crate::heap::texts::{Join, Making, Ready, Text};
use crate::models::facts::{LoaderFacts, LoaderForm, LoaderGives, OptionAt};
use crate::modules::{Mode, PatternPart, glob};
use crate::syntax::facts::{Constraint, Origin};

/// Globs that wait until they are known.
#[derive(Clone, Debug)]
pub(super) struct Glob {
    pub(super) patterns: NodeId,
    /// Globs of what is left out.
    pub(super) except: Option<NodeId>,
    pub(super) base: Base,
    pub(super) dst: NodeId,
    /// How much all of it held when it was last expanded.
    pub(super) heard: Option<usize>,
}

/// What relative globs start from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Base {
    /// Nothing: the paths are given as they are.
    Nothing,
    /// The analysed folder, or the one that a node names.
    Root(Option<NodeId>),
    /// The folder of a file, or the one that a node names from there.
    Beside(FileId, Option<NodeId>),
}

impl Solver<'_> {
    /// A loader of a package.
    pub(super) fn apply_loader(&mut self, call: &NativeCall, loader: &LoaderFacts) {
        let Some(id) = call.call else { return };
        let file = self.instances[call.caller].key.file;
        let Some(specifier) = self.named_by_loader(call, loader, file) else { return };
        if loader.gives == LoaderGives::Paths {
            self.give_paths(call, specifier);
            return;
        }
        let module = self.fresh_node();
        let form = match (loader.form, loader.gives) {
            (_, LoaderGives::StandIn) => LoadForm::StandIn,
            (LoaderForm::Specifier, _) => LoadForm::Fresh,
            _ => LoadForm::Loader,
        };
        let inv = self.invocations[call.invocation].clone();
        self.add_load(&inv, id, specifier, module, (form, Mode::Require), file);
        match loader.gives {
            LoaderGives::Module => {
                if let Some(dst) = call.dst {
                    self.graph.add_edge(module, dst, EdgeKind::Copy);
                }
            }
            LoaderGives::Copy => {
                if let Some(dst) = call.dst {
                    let root = self.made(call.caller, call.call, 7, ObjectKind::Plain);
                    self.listen(module, Listener::Clone { dst, root });
                }
            }
            LoaderGives::Modules => {
                let object = self.made(call.caller, call.call, 0, ObjectKind::Plain);
                let unknown = self.field(object, Field::UNKNOWN);
                self.graph.add_edge(module, unknown, EdgeKind::Copy);
                self.give(call, Value::object(object, Lifetime::Fresh));
            }
            LoaderGives::Lazy => self.give_lazily(call, module),
            LoaderGives::Context => self.give_context(call, module),
            LoaderGives::Paths | LoaderGives::StandIn | LoaderGives::Nothing => {}
        }
    }

    /// The node of what a loader loads.
    fn named_by_loader(&mut self, call: &NativeCall, loader: &LoaderFacts, file: FileId) -> Option<NodeId> {
        let mut named = match call.arg(loader.argument as usize) {
            Some(argument) => argument,
            // Without a folder it is the caller's.
            None if loader.argument > 0 && loader.option.is_none() => self.folder_node(file),
            None => return None,
        };
        if let Some(way) = &loader.option {
            named = self.option_of(named, way);
        }
        if let (Some(_), LoaderForm::Directory | LoaderForm::Tree) = (&loader.from, loader.form) {
            let from = self.option_node(call, loader.from.as_ref());
            let whole = self.fresh_node();
            let segments = from.into_iter().chain([named]).map(|node| Arg { node, is_spread: false });
            self.waiting.joins.push(Join::new(Making::Path(Restart::AtAbsolute), segments, whole));
            named = whole;
        }
        let form = match self.option_flag(call, loader.deep.as_ref()) {
            Some(true) => LoaderForm::Tree,
            Some(false) => LoaderForm::Directory,
            None => loader.form,
        };
        match form {
            LoaderForm::Specifier => Some(named),
            LoaderForm::Directory | LoaderForm::Tree => {
                let test = self.option_regex(call, loader.filter.as_ref());
                let tail = self.strings.pattern(test.map(PatternPart::Where).into_iter().collect());
                let node = self.fresh_node();
                self.listen(named, Listener::Below { dst: node, form, tail });
                Some(node)
            }
            LoaderForm::Glob | LoaderForm::GlobBeside => Some(self.globbed(call, loader, named, file)),
        }
    }

    fn globbed(&mut self, call: &NativeCall, loader: &LoaderFacts, named: NodeId, file: FileId) -> NodeId {
        let from = self.option_node(call, loader.from.as_ref());
        let is_relative =
            loader.gives == LoaderGives::Paths && self.option_flag(call, loader.absolute.as_ref()) != Some(true);
        let base = match loader.form {
            _ if is_relative => Base::Nothing,
            LoaderForm::GlobBeside => Base::Beside(file, from),
            _ => Base::Root(from),
        };
        let flat = |solver: &mut Self, node| {
            let all = solver.fresh_node();
            let tail = solver.strings.constant("");
            solver.listen(node, Listener::Below { dst: all, form: LoaderForm::Glob, tail });
            all
        };
        let patterns = flat(self, named);
        let except = self.option_node(call, loader.except.as_ref()).map(|node| flat(self, node));
        let dst = self.fresh_node();
        self.waiting.globs.push(Glob { patterns, except, base, dst, heard: None });
        dst
    }

    /// Paths are given as an array, as a promise of one, and to a callback.
    fn give_paths(&mut self, call: &NativeCall, paths: NodeId) {
        let element = self.give_array(call);
        self.graph.add_edge(paths, element, EdgeKind::Copy);
        let array = self.made(call.caller, call.call, 0, ObjectKind::Array);
        let inv = self.invocations[call.invocation].clone();
        self.give_later(&inv, Value::object(array, Lifetime::Fresh));
    }

    /// The node of a file's folder.
    fn folder_node(&mut self, file: FileId) -> NodeId {
        let node = self.fresh_node();
        self.insert_path(file, true, node);
        node
    }

    /// What an option holds, or the argument itself where it is no object.
    fn option_of(&mut self, argument: NodeId, way: &[String]) -> NodeId {
        way.iter().fold(argument, |at, option| {
            let name = self.names.intern(option);
            let node = self.fresh_node();
            self.listen(at, Listener::Load { dst: node, field: Field::name(name) });
            self.graph.add_edge(at, node, EdgeKind::Copy);
            node
        })
    }

    /// The node of an option that the call has.
    fn option_node(&mut self, call: &NativeCall, at: Option<&OptionAt>) -> Option<NodeId> {
        let way = match at? {
            OptionAt::Argument(index) => return call.arg(*index as usize),
            OptionAt::Named(way) => way,
        };
        let (holders, field) = self.option_holders(call, way)?;
        let node = self.fresh_node();
        let mut is_there = false;
        for object in holders {
            if self.has_field(object, field) {
                let option = self.field(object, field);
                self.graph.add_edge(option, node, EdgeKind::Copy);
                is_there = true;
            }
        }
        is_there.then_some(node)
    }

    /// The objects that may have an option, so far, and its name in them.
    fn option_holders(&mut self, call: &NativeCall, way: &[String]) -> Option<(Vec<ObjectId>, Field)> {
        let mut fields = way.iter().map(|name| match name.parse() {
            Ok(place) => Field::index(place),
            Err(_) => Field::name(self.names.intern(name)),
        });
        let last = fields.next_back()?;
        let before: Vec<Field> = fields.collect();
        let objects = |values: Vec<Value>| values.into_iter().filter_map(Value::as_object).map(|(object, _)| object);
        let values = call.args.iter().flat_map(|arg| self.graph.set(arg.node).iter()).collect();
        let mut holders: Vec<ObjectId> = objects(values).collect();
        for field in before {
            let values = holders.iter().flat_map(|&object| self.known_values(object, field)).collect();
            holders = objects(values).collect();
        }
        Some((holders, last))
    }

    /// Whether a call's option is `true`, or another constant.
    fn option_flag(&self, call: &NativeCall, at: Option<&OptionAt>) -> Option<bool> {
        match at? {
            OptionAt::Named(way) => call.args.iter().find_map(|arg| self.flag(arg.node, way.last()?)),
            OptionAt::Argument(index) => {
                let facts = self.facts_of(call.caller);
                let call = call.call?;
                let value = facts.arguments_of(call).get(*index as usize)?.value;
                facts.constraints_of(facts.calls[call].function).iter().find_map(|constraint| match constraint {
                    Constraint::Origin { dst, origin } if *dst == value => Some(*origin == Origin::True),
                    _ => None,
                })
            }
        }
    }

    /// Whether an object literal that a node holds has `true` as an option, or another constant.
    pub(super) fn flag(&self, node: NodeId, name: &str) -> Option<bool> {
        self.graph.set(node).iter().filter_map(Value::as_object).find_map(|(object, _)| {
            let Source::Site { file, site, .. } = self.objects[object].source else { return None };
            self.input.facts[file].flag(site, name)
        })
    }

    fn option_regex(&mut self, call: &NativeCall, at: Option<&OptionAt>) -> Option<NameTest> {
        let values: Vec<Value> = match at? {
            OptionAt::Argument(index) => self.graph.set(call.arg(*index as usize)?).iter().collect(),
            OptionAt::Named(way) => {
                let (holders, field) = self.option_holders(call, way)?;
                holders.into_iter().flat_map(|object| self.known_values(object, field)).collect()
            }
        };
        values.into_iter().filter_map(Value::as_object).find_map(|(object, _)| {
            let Source::Site { file, site, .. } = self.objects[object].source else { return None };
            Some(NameTest::Matches(self.input.facts[file].regex(site)?.into()))
        })
    }

    /// The files of a folder that a loader names; of globs, all of them, out of their arrays.
    pub(super) fn below(&mut self, value: Value, dst: NodeId, form: LoaderForm, tail: StringId) {
        if let Some((object, _)) = value.as_object() {
            if self.objects[object].kind == ObjectKind::Array {
                let all = self.all_elements(object);
                self.listen(all, Listener::Below { dst, form, tail });
            }
            return;
        }
        let ValueKind::String(id) = value.kind() else {
            self.graph.insert(dst, value);
            return;
        };
        if form == LoaderForm::Glob {
            self.graph.insert(dst, value);
            return;
        }
        let mut parts = self.strings.parts(id).to_vec();
        parts.push(PatternPart::Text("/".to_owned()));
        parts.push(if form == LoaderForm::Tree { PatternPart::Tree } else { PatternPart::Entry });
        parts.extend_from_slice(self.strings.parts(tail));
        let id = self.strings.pattern(parts);
        self.graph.insert(dst, Value::string(id));
    }

    /// Globs of which enough is known.
    pub(super) fn make_globs(&mut self, ready: Ready) -> bool {
        let mut changed = false;
        for index in 0..self.waiting.globs.len() {
            let glob = self.waiting.globs[index].clone();
            let from = match glob.base {
                Base::Root(from) | Base::Beside(_, from) => from,
                Base::Nothing => None,
            };
            let nodes = [Some(glob.patterns), glob.except, from];
            let heard = nodes.into_iter().flatten().map(|node| self.graph.set(node).len()).sum();
            let is_waiting = ready != Ready::Any && from.is_some_and(|node| self.graph.set(node).string_count() == 0);
            if glob.heard == Some(heard) || is_waiting || self.graph.set(glob.patterns).is_empty() {
                continue;
            }
            self.waiting.globs[index].heard = Some(heard);
            changed |= self.expand_globs(&glob);
        }
        changed
    }

    fn expand_globs(&mut self, globs: &Glob) -> bool {
        let (mut wanted, mut unwanted, mut data) = (Vec::new(), Vec::new(), Vec::new());
        for value in self.graph.set(globs.patterns) {
            match value.kind() {
                ValueKind::String(id) => match self.strings.text(id).and_then(|text| text.strip_prefix('!')) {
                    Some(text) => unwanted.push(PatternPart::Except(text.to_owned())),
                    None => wanted.push(id),
                },
                _ => data.push(value),
            }
        }
        let excepted = globs.except.map(|node| self.graph.set(node).clone()).unwrap_or_default();
        for value in &excepted {
            if let ValueKind::String(id) = value.kind()
                && let Some(text) = self.strings.text(id)
            {
                unwanted.push(PatternPart::Except(text.to_owned()));
            }
        }
        let bases = self.base_texts(globs.base);
        let mut changed = false;
        for id in wanted {
            for pattern in self.glob_texts(id) {
                for base in &bases {
                    let mut parts = self.based(globs.base, base.as_ref(), &pattern);
                    parts.extend_from_slice(&unwanted);
                    let id = self.strings.pattern(parts);
                    changed |= self.graph.insert(globs.dst, Value::string(id));
                }
            }
        }
        for value in data {
            changed |= self.graph.insert(globs.dst, value);
        }
        changed
    }

    fn glob_texts(&self, id: StringId) -> Vec<Text> {
        match self.strings.text(id) {
            Some(text) => glob::patterns(text),
            None => vec![
                self.strings
                    .parts(id)
                    .iter()
                    .flat_map(|part| match part {
                        PatternPart::Text(text) => glob::parts_of(text),
                        other => vec![other.clone()],
                    })
                    .collect(),
            ],
        }
    }

    /// What the folder may be that globs start from; none where it is not said.
    fn base_texts(&self, base: Base) -> Vec<Option<Text>> {
        let (Base::Root(Some(node)) | Base::Beside(_, Some(node))) = base else { return vec![None] };
        let texts: Vec<Option<Text>> = self
            .graph
            .set(node)
            .iter()
            .filter_map(|value| match value.kind() {
                ValueKind::String(id) => Some(Some(self.strings.parts(id).to_vec())),
                _ => None,
            })
            .collect();
        if texts.is_empty() { vec![None] } else { texts }
    }

    fn based(&self, base: Base, folder: Option<&Text>, pattern: &Text) -> Text {
        let text = |text: String| vec![PatternPart::Text(text)];
        let is_at_root = |text: &Text| matches!(text.first(), Some(PatternPart::Text(first)) if first.starts_with('/'));
        match base {
            Base::Nothing => pattern.clone(),
            Base::Root(_) => {
                let all: Vec<Text> = [Some(text(self.root_text())), folder.cloned(), Some(pattern.clone())]
                    .into_iter()
                    .flatten()
                    .collect();
                strings::join_paths(&all, Restart::AtAbsolute)
            }
            Base::Beside(file, _) => {
                let root = self.root_text();
                let own = format!("{root}/{}", self.input.project.files[file].path);
                let own = own.rsplit_once('/').map_or(root.as_str(), |(folder, _)| folder).to_owned();
                // A path that begins with a slash begins in the project's folder.
                let start = |path: &Text, own: Text| if is_at_root(path) { text(root.clone()) } else { own };
                let folder = match folder {
                    Some(folder) => [start(folder, text(own)), folder.clone()],
                    None => [text(own), Vec::new()],
                };
                let folder = strings::join_paths(&folder, Restart::Never);
                strings::join_paths(&[start(pattern, folder), pattern.clone()], Restart::Never)
            }
        }
    }
}
