//! The module graph as the command line shows it.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::source::{FileId, LineIndex, Texts};
use crate::cli::UserError;
use crate::cli::engine::GraphRequest;
use crate::cli::graph::{EdgeHow, EdgeKind, GraphEdge, GraphModule, GraphView, UnresolvedEdge};
use crate::driver::Analysis;
use crate::heap::record::{How, LoadForm};
use crate::modules::{Reason, Resolution, circles};
use crate::syntax::facts::{Export, Imported};

/// The graph of a project, or of what some files reach.
pub(crate) fn graph_view(analysis: &Analysis, request: &GraphRequest) -> Result<GraphView, UserError> {
    let mut view = GraphView {
        root: crate::engine::displayed_root(&analysis.project.root)?,
        modules: analysis
            .project
            .files
            .iter()
            .filter(|file| !file.is_json())
            .map(|file| GraphModule::File(file.path.clone()))
            .collect(),
        ..GraphView::default()
    };
    let mut lines = Lines::default();
    static_edges(analysis, &mut lines, &mut view);
    dynamic_edges(analysis, &mut lines, &mut view);
    view.edges.sort();
    view.edges.dedup();
    view.unresolved.sort_by(|a, b| (&a.from, a.line, &a.specifier).cmp(&(&b.from, b.line, &b.specifier)));
    view.unresolved.dedup();
    mark_circles(&mut view.edges);
    if !request.from.is_empty() {
        keep_reached(analysis, request, &mut view)?;
    }
    view.modules.sort();
    view.modules.dedup();
    Ok(view)
}

/// Where lines begin in the files that were asked for so far.
#[derive(Default)]
struct Lines(FxHashMap<FileId, LineIndex>);

impl Lines {
    fn of(&mut self, analysis: &Analysis, file: FileId, offset: u32) -> u32 {
        let Some(text) = analysis.text(file) else { return 1 };
        self.0.entry(file).or_insert_with(|| LineIndex::new(&text)).position(&text, offset).line
    }
}

fn static_edges(analysis: &Analysis, lines: &mut Lines, view: &mut GraphView) {
    for load in &analysis.heap.record.static_loads {
        let facts = &analysis.facts[load.file];
        let import = facts.imports[load.import];
        let is_export = facts.exports.iter().any(
            |export| matches!(export, Export::From { import, .. } | Export::All { import } if *import == load.import),
        );
        let kind = match import.what {
            _ if is_export => EdgeKind::ReExport,
            Imported::Require => EdgeKind::Require,
            _ => EdgeKind::Import,
        };
        let place = (load.file, lines.of(analysis, load.file, import.range.start));
        add(analysis, view, place, (kind, EdgeHow::Constant), facts.name(import.specifier), &load.target);
    }
}

fn dynamic_edges(analysis: &Analysis, lines: &mut Lines, view: &mut GraphView) {
    // A function may be analysed once for each of its callers: a load's values are those of all of them.
    let mut specifiers: FxHashMap<_, FxHashSet<&str>> = FxHashMap::default();
    for load in &analysis.heap.record.loads {
        let file = analysis.heap.instance(load.instance).key.file;
        specifiers.entry((file, load.call)).or_default().extend(load.found.iter().map(|(text, ..)| text.as_str()));
    }
    for load in &analysis.heap.record.loads {
        let key = analysis.heap.instance(load.instance).key;
        let call = &analysis.facts[key.file].calls[load.call];
        let place = (key.file, lines.of(analysis, key.file, call.range.start));
        let kind = match load.form {
            LoadForm::Import => EdgeKind::DynamicImport,
            LoadForm::Resolve | LoadForm::StandIn => EdgeKind::Resolve,
            LoadForm::Require | LoadForm::Loader | LoadForm::Fresh => EdgeKind::Require,
        };
        let is_one = specifiers.get(&(key.file, load.call)).is_none_or(|texts| texts.len() <= 1);
        for (specifier, how, targets) in &load.found {
            let how = match how {
                _ if load.form == LoadForm::Loader => EdgeHow::Loader,
                How::Constant if is_one => EdgeHow::Constant,
                How::Constant | How::Values => EdgeHow::Values,
                How::Template => EdgeHow::Template,
                How::Directory => EdgeHow::Directory,
                How::Loader => EdgeHow::Loader,
            };
            let root = format!("{}/", analysis.project.root.display());
            let specifier = specifier.replace(&root, "").replace('*', "${…}");
            for target in targets {
                add(analysis, view, place, (kind, how), &specifier, target);
            }
            if targets.is_empty() {
                unresolved(analysis, view, place, &specifier, load.problem.unwrap_or(Reason::NoMatch));
            }
        }
        if load.found.is_empty() {
            let specifier = analysis.facts[key.file]
                .arguments_of(load.call)
                .first()
                .and_then(|arg| analysis.facts[key.file].value_range(key.function, arg.value))
                .and_then(|range| {
                    let text = analysis.text(key.file)?;
                    text.get(range.start as usize..range.end as usize).map(str::to_owned)
                })
                .unwrap_or_default();
            unresolved(analysis, view, place, &specifier, load.problem.unwrap_or(Reason::UnknownValue));
        }
    }
}

fn add(
    analysis: &Analysis,
    view: &mut GraphView,
    (file, line): (FileId, u32),
    (kind, how): (EdgeKind, EdgeHow),
    specifier: &str,
    target: &Resolution,
) {
    let module = match target {
        Resolution::File(file) => GraphModule::File(Texts::path(analysis, *file).to_owned()),
        Resolution::Package { name, .. } => GraphModule::Package(name.clone()),
        Resolution::Builtin(name) => GraphModule::Builtin(format!("node:{}", name.trim_start_matches("node:"))),
        Resolution::Unresolved(reason) => {
            return unresolved(analysis, view, (file, line), specifier, *reason);
        }
    };
    view.edges.push(GraphEdge {
        from: Texts::path(analysis, file).to_owned(),
        to: module.name().to_owned(),
        kind,
        how,
        specifier: specifier.to_owned(),
        line,
        is_circular: false,
    });
    view.modules.push(module);
}

fn unresolved(analysis: &Analysis, view: &mut GraphView, (file, line): (FileId, u32), specifier: &str, reason: Reason) {
    let reason = match reason {
        Reason::UnknownValue => "unknown value",
        Reason::NoMatch => "no match",
        Reason::TooMany => "more than the limit",
        Reason::OutsideRoot => "outside the root",
        Reason::OtherCase => "no match but for upper and lower case",
    };
    view.unresolved.push(UnresolvedEdge {
        from: Texts::path(analysis, file).to_owned(),
        specifier: specifier.to_owned(),
        line,
        reason: reason.to_owned(),
    });
}

/// Marks the edges of circles: what they load leads back. What is only named is not loaded.
fn mark_circles(edges: &mut [GraphEdge]) {
    let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
    for edge in edges.iter() {
        for name in [&edge.from, &edge.to] {
            let next = ids.len();
            ids.entry(name).or_insert(next);
        }
    }
    let ends: Vec<(usize, usize)> = edges.iter().map(|edge| (ids[edge.from.as_str()], ids[edge.to.as_str()])).collect();
    let mut targets = vec![Vec::new(); ids.len()];
    let loading = edges.iter().zip(&ends).filter(|(edge, _)| edge.kind != EdgeKind::Resolve);
    for (_, &(from, to)) in loading {
        targets[from].push(to);
    }
    let groups = circles::groups(&targets);
    for (edge, (from, to)) in edges.iter_mut().zip(ends) {
        edge.is_circular = edge.kind != EdgeKind::Resolve && groups[from] == groups[to];
    }
}

/// Keeps what the files of `--from` reach.
fn keep_reached(analysis: &Analysis, request: &GraphRequest, view: &mut GraphView) -> Result<(), UserError> {
    let from = crate::cli::working_directory()?;
    let mut reached: Vec<String> = Vec::new();
    for path in &request.from {
        let absolute = from.join(path);
        let absolute = analysis.fs.canonicalize(&absolute).unwrap_or(absolute);
        let inner = absolute.strip_prefix(&analysis.project.root).ok().map(|p| p.to_string_lossy().replace('\\', "/"));
        match inner.filter(|inner| analysis.project.file_at(inner).is_some()) {
            Some(inner) => reached.push(inner),
            None => return Err(UserError::new(format!("{} is no file of the project", path.display()))),
        }
    }
    let mut targets: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
    for edge in &view.edges {
        targets.entry(&edge.from).or_default().push(&edge.to);
    }
    let mut seen: FxHashSet<String> = reached.iter().cloned().collect();
    while let Some(module) = reached.pop() {
        for &target in targets.get(module.as_str()).map(Vec::as_slice).unwrap_or_default() {
            if seen.insert(target.to_owned()) {
                reached.push(target.to_owned());
            }
        }
    }
    view.modules.retain(|module| seen.contains(module.name()));
    view.edges.retain(|edge| seen.contains(&edge.from));
    view.unresolved.retain(|edge| seen.contains(&edge.from));
    Ok(())
}
