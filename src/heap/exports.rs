//! Where the exports of ES modules lead: through imports and `export *`, to bindings, or to what is no ES module.
//!
//! What a library re-exports is imported in a thousand places: each name's way is walked once.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use crate::base::name::Name;
use crate::base::source::FileId;
use crate::heap::budget::CLIMB;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::solver::Solver;
use crate::modules::Resolution;
use crate::syntax::facts::{Export, ImportId, Imported, ModuleKind};

/// What an export is in the end.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// A binding, or an expression. Bindings are live: their home nodes are read.
    Node(NodeId),
    /// What a file imports of something that is no ES module.
    Import(FileId, ImportId),
    /// A member of what `export *` names.
    Member(FileId, ImportId, Name),
}

/// What is still to be looked for, and all that was.
struct Search {
    queue: Vec<(FileId, Name)>,
    seen: FxHashSet<(FileId, Name)>,
    ends: Vec<End>,
}

impl Search {
    fn add(&mut self, file: FileId, name: Name) {
        if self.seen.insert((file, name)) {
            self.queue.push((file, name));
        }
    }
}

impl Solver<'_> {
    /// The value of an ES module's export flows into `dst`.
    pub(super) fn connect_export(&mut self, file: FileId, name: &str, dst: NodeId, kind: EdgeKind) {
        let name = self.names.intern(name);
        let ends = match self.memo.exports.get(&(file, name)) {
            Some(known) => Rc::clone(known),
            None => {
                let found: Rc<[End]> = self.export_ends(file, name).into();
                self.memo.exports.insert((file, name), Rc::clone(&found));
                found
            }
        };
        for end in ends.iter() {
            if self.is_spent() {
                return;
            }
            match *end {
                End::Node(node) => self.graph.add_edge(node, dst, kind),
                End::Import(file, import) => self.load_import(file, import, dst),
                End::Member(file, import, name) => {
                    let target = self.resolve_import(file, import);
                    let name = self.names.text(name).to_owned();
                    self.load_named(&target, &name, dst);
                }
            }
        }
    }

    fn export_ends(&mut self, file: FileId, name: Name) -> Vec<End> {
        let mut search = Search { queue: Vec::new(), seen: FxHashSet::default(), ends: Vec::new() };
        search.add(file, name);
        while let Some((at, name)) = search.queue.pop() {
            if self.is_spent() {
                break;
            }
            let facts = &self.input.facts[at];
            self.spend(facts.exports.len() / 8 + CLIMB);
            for export in &facts.exports {
                self.look_at_export(at, *export, name, &mut search);
            }
        }
        search.ends
    }

    fn look_at_export(&mut self, at: FileId, export: Export, name: Name, search: &mut Search) {
        let facts = &self.input.facts[at];
        let body = self.bodies[at];
        match export {
            Export::Binding { name: exported, binding, .. } if self.global_name(at, exported) == name => {
                let binding = facts.bindings[binding];
                match binding.import {
                    Some(import) => self.follow_import(at, import, search),
                    None => search.ends.push(End::Node(self.node(body, binding.home))),
                }
            }
            Export::Value { name: exported, value, .. } if self.global_name(at, exported) == name => {
                search.ends.push(End::Node(self.node(body, value)));
            }
            Export::From { name: exported, import } if self.global_name(at, exported) == name => {
                self.follow_import(at, import, search);
            }
            Export::All { import } if name != self.well_known.default => match self.resolve_import(at, import) {
                Resolution::File(target) if self.input.facts[target].kind == ModuleKind::Es => search.add(target, name),
                _ => search.ends.push(End::Member(at, import, name)),
            },
            _ => {}
        }
    }

    fn follow_import(&mut self, file: FileId, import: ImportId, search: &mut Search) {
        let target = self.resolve_import(file, import);
        let request = self.input.facts[file].imports[import];
        match (request.what, target) {
            (Imported::Name(name), Resolution::File(next)) if self.input.facts[next].kind == ModuleKind::Es => {
                search.add(next, self.global_name(file, name));
            }
            _ => search.ends.push(End::Import(file, import)),
        }
    }
}
