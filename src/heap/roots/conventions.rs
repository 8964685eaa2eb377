//! Files that frameworks call by convention.

use globset::{Glob, GlobSetBuilder};

use crate::base::finding::Confidence;
use crate::base::source::FileId;
use crate::heap::field::Field;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::roots::Entry;
use crate::heap::solver::{Listener, RootCause, Solver, This};
use crate::models::facts::Convention;
use crate::syntax::facts::ModuleKind;

impl Solver<'_> {
    /// Files that frameworks call.
    pub(in crate::heap) fn enter_conventions(&mut self) {
        let models = self.input.models;
        for convention in models.conventions() {
            for file in self.convention_files(convention) {
                self.enter_file(file, convention);
            }
        }
    }

    fn convention_files(&self, convention: &Convention) -> Vec<FileId> {
        let mut set = GlobSetBuilder::new();
        for glob in &convention.files {
            if let Ok(glob) = Glob::new(glob) {
                set.add(glob);
            }
        }
        let Ok(set) = set.build() else { return Vec::new() };
        let project = self.input.project;
        project
            .files
            .iter_enumerated()
            .filter(|(id, file)| {
                if self.input.tests[*id] {
                    return false;
                }
                let manifest = file.manifest.map(|id| &project.manifests[id]);
                let has_dependency = convention.dependencies.is_empty()
                    || manifest.is_some_and(|m| {
                        convention.dependencies.iter().any(|d| m.dependencies.binary_search(d).is_ok())
                    });
                let folder = manifest.map_or("", |m| m.folder.as_str());
                let inner = file.path.strip_prefix(folder).unwrap_or(&file.path).trim_start_matches('/');
                has_dependency && self.is_beside(convention, folder) && set.is_match(inner)
            })
            .map(|(id, _)| id)
            .collect()
    }

    fn is_beside(&self, convention: &Convention, folder: &str) -> bool {
        convention.beside.is_empty()
            || convention.beside.iter().any(|name| {
                let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
                self.input.project.other_files.binary_search(&path).is_ok()
            })
    }

    fn enter_file(&mut self, file: FileId, convention: &Convention) {
        if let Some(directive) = &convention.directive {
            let facts = &self.input.facts[file];
            if !facts.directives.iter().any(|&d| facts.name(d) == directive) {
                return;
            }
        }
        let label = self.names.intern(&convention.label);
        let cause = RootCause { kind: Some(convention.context), confidence: Confidence::High, label, function: None };
        let caller = self.bodies[file];
        for export in &convention.exports {
            let mut segments = export.split('.');
            let first = segments.next().unwrap_or_default();
            let mut node = self.fresh_node();
            self.export_into(file, first, node);
            for segment in segments {
                let next = self.fresh_node();
                let name = self.names.intern(segment);
                self.listen(node, Listener::Load { dst: next, field: Field::name(name) });
                node = next;
            }
            let entry = self.entries.push(Entry { cause, params: convention.params.clone(), caller, this: This::None });
            self.listen(node, Listener::Enter { entry });
        }
    }

    /// The value of an export (`*` for all) flows into `dst`.
    pub(super) fn export_into(&mut self, file: FileId, name: &str, dst: NodeId) {
        if self.input.facts[file].kind == ModuleKind::Es {
            let names = if name == "*" { self.exported_names(file) } else { vec![name.to_owned()] };
            for name in names {
                self.connect_export(file, &name, dst, EdgeKind::Promote);
            }
            return;
        }
        let exports = self.module_exports(file);
        let read = self.fresh_node();
        self.graph.add_edge(exports, read, EdgeKind::Promote);
        match name {
            "default" => self.graph.add_edge(read, dst, EdgeKind::Copy),
            "*" => self.all_values(read, dst),
            name => {
                let name = self.names.intern(name);
                self.listen(read, Listener::Load { dst, field: Field::name(name) });
            }
        }
    }
}
