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
    let reached = reached(analysis, request)?;
    let is_shown = |file: FileId| reached.as_ref().is_none_or(|reached| reached.contains(&file));
    let files = analysis.project.files.iter_enumerated();
    let mut view = GraphView {
        root: crate::engine::displayed_root(&analysis.project.root)?,
        modules: files
            .filter(|(id, file)| !file.is_json() && is_shown(*id))
            .map(|(_, file)| GraphModule::File(file.path.clone()))
            .collect(),
        ..GraphView::default()
    };
    let mut lines = Lines::default();
    static_edges(analysis, &is_shown, &mut lines, &mut view);
    dynamic_edges(analysis, &is_shown, &mut lines, &mut view);
    view.edges.sort();
    view.edges.dedup();
    view.unresolved.sort_by(|a, b| (&a.from, a.line, &a.specifier).cmp(&(&b.from, b.line, &b.specifier)));
    view.unresolved.dedup();
    mark_circles(&mut view.edges);
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

fn static_edges(analysis: &Analysis, is_shown: &dyn Fn(FileId) -> bool, lines: &mut Lines, view: &mut GraphView) {
    for load in analysis.heap.record.static_loads.iter().filter(|load| is_shown(load.file)) {
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

fn dynamic_edges(analysis: &Analysis, is_shown: &dyn Fn(FileId) -> bool, lines: &mut Lines, view: &mut GraphView) {
    // A function may be analysed once for each of its callers: a load's values are those of all of them.
    let mut specifiers: FxHashMap<_, FxHashSet<&str>> = FxHashMap::default();
    for load in &analysis.heap.record.loads {
        let file = analysis.heap.instance(load.instance).key.file;
        specifiers.entry((file, load.call)).or_default().extend(load.found.iter().map(|(text, ..)| text.as_str()));
    }
    for load in &analysis.heap.record.loads {
        let key = analysis.heap.instance(load.instance).key;
        if !is_shown(key.file) {
            continue;
        }
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

/// What the files of `--from` reach, if there are any. The texts of no other files are asked for where lines begin.
fn reached(analysis: &Analysis, request: &GraphRequest) -> Result<Option<FxHashSet<FileId>>, UserError> {
    if request.from.is_empty() {
        return Ok(None);
    }
    let from = crate::cli::working_directory()?;
    let mut open: Vec<FileId> = Vec::new();
    for path in &request.from {
        let absolute = from.join(path);
        let absolute = analysis.fs.canonicalize(&absolute).unwrap_or(absolute);
        let inner = absolute.strip_prefix(&analysis.project.root).ok().map(|p| p.to_string_lossy().replace('\\', "/"));
        match inner.and_then(|inner| analysis.project.file_at(&inner)) {
            Some(file) => open.push(file),
            None => return Err(UserError::new(format!("{} is no file of the project", path.display()))),
        }
    }
    let mut targets: FxHashMap<FileId, Vec<FileId>> = FxHashMap::default();
    let mut lead = |from: FileId, target: &Resolution| {
        if let Resolution::File(file) = target {
            targets.entry(from).or_default().push(*file);
        }
    };
    let record = &analysis.heap.record;
    record.static_loads.iter().for_each(|load| lead(load.file, &load.target));
    for load in &record.loads {
        let file = analysis.heap.instance(load.instance).key.file;
        load.found.iter().flat_map(|(.., targets)| targets).for_each(|target| lead(file, target));
    }
    let mut seen: FxHashSet<FileId> = open.iter().copied().collect();
    while let Some(file) = open.pop() {
        open.extend(targets.remove(&file).unwrap_or_default().into_iter().filter(|&target| seen.insert(target)));
    }
    Ok(Some(seen))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io;
    use std::path::{Path, PathBuf};
    use std::sync::{Arc, Mutex, PoisonError};

    use super::graph_view;
    use crate::cli::engine::{GraphRequest, ProjectRequest};
    use crate::driver;
    use crate::project::file_system::{DirectoryEntry, FileSystem, Memory, Metadata};

    /// A file system that counts what it is asked.
    #[derive(Default)]
    struct Counting {
        below: Memory,
        asked: Mutex<BTreeMap<(&'static str, PathBuf), usize>>,
    }

    impl Counting {
        fn note(&self, what: &'static str, path: &Path) {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            *asked.entry((what, path.to_path_buf())).or_default() += 1;
        }
    }

    impl FileSystem for Counting {
        fn metadata(&self, path: &Path) -> io::Result<Metadata> {
            self.note("metadata", path);
            self.below.metadata(path)
        }

        fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
            self.note("read", path);
            self.below.read(path, limit)
        }

        fn read_dir(&self, path: &Path) -> io::Result<Vec<DirectoryEntry>> {
            self.note("list", path);
            self.below.read_dir(path)
        }

        fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
            self.note("real", path);
            self.below.canonicalize(path)
        }
    }

    type Asked = BTreeMap<(&'static str, PathBuf), usize>;

    /// What is asked of the disk for the graph of these files from those, and how many modules it has.
    fn asked(files: &[(String, String)], from: &[&str]) -> (Asked, usize) {
        let mut counting = Counting::default();
        for (path, text) in files {
            counting.below.insert(Path::new("/p").join(path), text.as_str());
        }
        let counting = Arc::new(counting);
        let project = ProjectRequest { root: Some("/p".into()), threads: Some(1), ..ProjectRequest::default() };
        let from = from.iter().map(|path| Path::new("/p").join(path)).collect();
        let request = GraphRequest { project, from };
        let fs: Arc<dyn FileSystem> = Arc::clone(&counting) as _;
        let analysis = driver::analyse(&request.project, fs, &mut |_| {}).expect("it is analysed");
        let view = graph_view(&analysis, &request).expect("a graph");
        let asked = counting.asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (asked, view.modules.len())
    }

    /// Packages with a tsconfig each, of files in folders that load one another in every form.
    fn monorepo(loads: &str) -> Vec<(String, String)> {
        let mut files = vec![("package.json".to_owned(), r#"{"workspaces": ["packages/*"]}"#.to_owned())];
        for package in 0..4 {
            let at = format!("packages/p{package}");
            let manifest = format!(r#"{{"name": "@m/p{package}", "main": "src/index.ts"}}"#);
            files.push((format!("{at}/package.json"), manifest));
            let tsconfig = r#"{"compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["./src/*"]}}}"#;
            files.push((format!("{at}/tsconfig.json"), tsconfig.to_owned()));
            files.push((format!("{at}/src/index.ts"), "import './deep/m0';".to_owned()));
            for module in 0..8 {
                files.push((format!("{at}/src/deep/m{module}.ts"), loads.to_owned()));
            }
        }
        files
    }

    const LOADS: &str = "import './m1'; import '../index'; import '@/deep/m2'; import '@m/p1'; import 'lodash';";

    #[test]
    fn each_folder_is_listed_once_and_each_file_read_once() {
        let (asked, modules) = asked(&monorepo(LOADS), &["packages/p0/src/nobody.ts"][..0]);
        assert_eq!(modules, 4 * 9 + 1);
        let often = |what| asked.iter().filter(move |((asked, _), count)| *asked == what && **count > 1);
        // The root is looked into once more before that, to see that it is the root.
        let listed: Vec<&Path> = often("list").map(|((_, path), _)| path.as_path()).collect();
        assert_eq!(listed, [Path::new("/p")]);
        // Sources are read once to be parsed, and once more for the lines of their loads; manifests once as such, once as
        // modules, and once by the resolver, whatever asks for them.
        let most = |path: &Path| if path.ends_with("package.json") { 3 } else { 2 };
        assert!(often("read").all(|((_, path), &count)| count <= most(path)), "{asked:#?}");
    }

    #[test]
    fn relative_specifiers_ask_nothing() {
        let before = asked(&monorepo(LOADS), &[]).0;
        let more = "const x = process.argv[2]; require('./m3'); require('./m4.js'); require('../deep/m5'); require('./none'); \
                    require(`./${x}`); require('../deep/' + x + '.js'); require(__dirname + '/m6'); import('./m7.ts');";
        let after = asked(&monorepo(&format!("{LOADS}{more}")), &[]).0;
        assert_eq!(before, after);
    }

    #[test]
    fn only_what_is_reached_is_read_again() {
        let loads = "import './m1'; require('@m/p1');";
        let (asked, modules) = asked(&monorepo(loads), &["packages/p0/src/deep/m0.ts"]);
        let twice: Vec<String> = asked
            .iter()
            .filter(|((what, path), count)| {
                *what == "read" && **count > 1 && path.extension().is_some_and(|it| it == "ts")
            })
            .map(|((_, path), _)| path.display().to_string())
            .collect();
        let reached = ["p0/src/deep/m0", "p0/src/deep/m1", "p1/src/deep/m0", "p1/src/deep/m1", "p1/src/index"];
        assert_eq!(twice, reached.map(|path| format!("/p/packages/{path}.ts")));
        assert_eq!(modules, reached.len());
    }
}
