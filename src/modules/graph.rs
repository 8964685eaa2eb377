//! The module graph as data: who loads whom, and how that was found.

use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

use crate::base::source::FileId;
use crate::base::span::ByteRange;
use crate::modules::{Reason, Resolution};

/// A module: a file, or something that is not analysed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Target {
    /// A file of the project.
    File(FileId),
    /// A package, by its name.
    Package(String),
    /// A module of the platform, without a prefix.
    Builtin(String),
}

impl Target {
    /// The module that a resolution leads to, or why to none.
    ///
    /// # Errors
    /// If it leads nowhere.
    pub fn of(resolution: &Resolution) -> Result<Self, Reason> {
        match resolution {
            Resolution::File(file) => Ok(Self::File(*file)),
            Resolution::Package { name, .. } => Ok(Self::Package(name.clone())),
            Resolution::Builtin(name) => Ok(Self::Builtin(name.clone())),
            Resolution::Unresolved(reason) => Err(*reason),
        }
    }
}

/// By what form a module loads another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EdgeKind {
    /// An `import` declaration.
    Import,
    /// `require`.
    Require,
    /// `import()`.
    DynamicImport,
    /// `export … from`.
    ReExport,
    /// `require.resolve`, `import.meta.resolve`: named, not loaded.
    Resolve,
}

impl EdgeKind {
    /// The contract's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Require => "require",
            Self::DynamicImport => "dynamic-import",
            Self::ReExport => "re-export",
            Self::Resolve => "resolve",
        }
    }
}

/// How an edge was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum How {
    /// The specifier is a constant.
    Constant,
    /// The specifier is one of several constants.
    Values,
    /// The specifier is a pattern with unknown parts.
    Template,
    /// The specifier is made of a folder's entries.
    Directory,
    /// A package that loads modules.
    Loader,
}

impl How {
    /// The contract's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Values => "values",
            Self::Template => "template",
            Self::Directory => "directory",
            Self::Loader => "loader",
        }
    }
}

/// One module loads another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Edge {
    /// Who loads.
    pub from: FileId,
    /// Where.
    pub span: ByteRange,
    /// Whom.
    pub to: Target,
    /// By what form.
    pub kind: EdgeKind,
    /// How that was found.
    pub how: How,
    /// The specifier, or its pattern, as a person would write it.
    pub specifier: String,
}

/// A load that leads nowhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unresolved {
    /// Who loads.
    pub from: FileId,
    /// Where.
    pub span: ByteRange,
    /// The specifier as a person would write it.
    pub specifier: String,
    /// Why.
    pub reason: Reason,
}

/// Who loads whom.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ModuleGraph {
    /// All modules, files first, in order.
    pub modules: Vec<Target>,
    /// The edges, by file and place.
    pub edges: Vec<Edge>,
    /// What leads nowhere, by file and place.
    pub unresolved: Vec<Unresolved>,
}

impl ModuleGraph {
    /// A graph over these files, with the modules that the edges name.
    pub fn new(files: impl IntoIterator<Item = FileId>, mut edges: Vec<Edge>, mut unresolved: Vec<Unresolved>) -> Self {
        edges.sort();
        edges.dedup();
        unresolved.sort_by(|a, b| (a.from, a.span, &a.specifier).cmp(&(b.from, b.span, &b.specifier)));
        unresolved.dedup();
        let mut modules: BTreeSet<Target> = files.into_iter().map(Target::File).collect();
        modules.extend(edges.iter().map(|edge| edge.to.clone()));
        Self { modules: modules.into_iter().collect(), edges, unresolved }
    }

    /// The part of the graph that these files reach, with them.
    #[must_use]
    pub fn reachable_from(&self, files: &[FileId]) -> Self {
        let targets = self.targets();
        let mut seen: BTreeSet<FileId> = files.iter().copied().collect();
        let mut pending: Vec<FileId> = seen.iter().copied().collect();
        while let Some(file) = pending.pop() {
            for &target in targets.get(&file).map(Vec::as_slice).unwrap_or_default() {
                if seen.insert(target) {
                    pending.push(target);
                }
            }
        }
        let edges = self.edges.iter().filter(|edge| seen.contains(&edge.from)).cloned().collect();
        let unresolved = self.unresolved.iter().filter(|load| seen.contains(&load.from)).cloned().collect();
        Self::new(seen, edges, unresolved)
    }

    /// The groups of files that load each other in a circle, each sorted, in the order of their first files. A file
    /// that loads itself is a circle too.
    pub fn cycles(&self) -> Vec<Vec<FileId>> {
        let targets = self.targets();
        let mut search =
            Tarjan { targets: &targets, visits: FxHashMap::default(), stack: Vec::new(), groups: Vec::new() };
        for module in &self.modules {
            if let Target::File(file) = module {
                search.visit(*file);
            }
        }
        let is_circle = |group: &Vec<FileId>| {
            group.len() > 1 || targets.get(&group[0]).is_some_and(|targets| targets.contains(&group[0]))
        };
        let mut cycles: Vec<Vec<FileId>> = search.groups.into_iter().filter(is_circle).collect();
        for cycle in &mut cycles {
            cycle.sort_unstable();
        }
        cycles.sort();
        cycles
    }

    /// The files that each file loads.
    fn targets(&self) -> FxHashMap<FileId, Vec<FileId>> {
        let mut targets: FxHashMap<FileId, Vec<FileId>> = FxHashMap::default();
        for edge in self.edges.iter().filter(|edge| edge.kind != EdgeKind::Resolve) {
            if let Target::File(to) = edge.to {
                targets.entry(edge.from).or_default().push(to);
            }
        }
        targets
    }
}

/// What Tarjan's algorithm knows of a file.
#[derive(Clone, Copy)]
struct Visit {
    number: usize,
    lowest: usize,
    is_on_stack: bool,
}

/// Tarjan's strongly connected components, with a stack of its own: chains of imports may be long.
struct Tarjan<'a> {
    targets: &'a FxHashMap<FileId, Vec<FileId>>,
    visits: FxHashMap<FileId, Visit>,
    stack: Vec<FileId>,
    groups: Vec<Vec<FileId>>,
}

impl Tarjan<'_> {
    fn visit(&mut self, start: FileId) {
        if self.visits.contains_key(&start) {
            return;
        }
        self.open(start);
        let mut path = vec![(start, 0)];
        while let Some((file, next)) = path.last_mut() {
            let file = *file;
            let target = self.targets.get(&file).and_then(|targets| targets.get(*next)).copied();
            *next += 1;
            let Some(target) = target else {
                path.pop();
                let lowest = self.close(file);
                if let Some((parent, _)) = path.last() {
                    self.lower(*parent, lowest);
                }
                continue;
            };
            match self.visits.get(&target).copied() {
                None => {
                    self.open(target);
                    path.push((target, 0));
                }
                Some(seen) if seen.is_on_stack => self.lower(file, seen.number),
                Some(_) => {}
            }
        }
    }

    fn open(&mut self, file: FileId) {
        let number = self.visits.len();
        self.visits.insert(file, Visit { number, lowest: number, is_on_stack: true });
        self.stack.push(file);
    }

    fn lower(&mut self, file: FileId, lowest: usize) {
        if let Some(visit) = self.visits.get_mut(&file) {
            visit.lowest = visit.lowest.min(lowest);
        }
    }

    /// Takes a finished group off the stack if `file` is its first; gives the file's lowest number.
    fn close(&mut self, file: FileId) -> usize {
        let Some(&visit) = self.visits.get(&file) else { return usize::MAX };
        if visit.lowest == visit.number {
            let start = self.stack.iter().rposition(|&other| other == file).unwrap_or(0);
            let group = self.stack.split_off(start);
            for member in &group {
                if let Some(visit) = self.visits.get_mut(member) {
                    visit.is_on_stack = false;
                }
            }
            self.groups.push(group);
        }
        visit.lowest
    }
}

#[cfg(test)]
mod tests {
    use super::{Edge, EdgeKind, How, ModuleGraph, Target};
    use crate::base::source::FileId;
    use crate::base::span::ByteRange;

    fn graph(count: u32, pairs: &[(u32, u32)]) -> ModuleGraph {
        let edge = |&(from, to): &(u32, u32)| Edge {
            from: FileId(from),
            span: ByteRange::default(),
            to: Target::File(FileId(to)),
            kind: EdgeKind::Import,
            how: How::Constant,
            specifier: to.to_string(),
        };
        ModuleGraph::new((0..count).map(FileId), pairs.iter().map(edge).collect(), Vec::new())
    }

    #[test]
    fn cycles_and_reach() {
        let graph = graph(7, &[(0, 1), (1, 2), (2, 1), (2, 3), (4, 4), (5, 6), (3, 3), (6, 0)]);
        let cycles: Vec<Vec<u32>> =
            graph.cycles().iter().map(|cycle| cycle.iter().map(|file| file.0).collect()).collect();
        assert_eq!(cycles, [vec![1, 2], vec![3], vec![4]]);
        assert_eq!(graph.reachable_from(&[FileId(1)]).modules.len(), 3);
    }

    #[test]
    fn long_chains() {
        let pairs: Vec<(u32, u32)> = (0..200_000).map(|at| (at, (at + 1) % 200_000)).collect();
        assert_eq!(graph(200_000, &pairs).cycles()[0].len(), 200_000);
    }
}
