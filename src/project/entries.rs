//! Which files the manifests name, and which manifest each file belongs to.

use globset::GlobBuilder;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::index::IndexVec;
use crate::base::source::FileId;
use crate::project::manifest::NamedEntries;
use crate::project::{Manifest, ManifestId, Project, ProjectFile, build_output, path, test_code};

/// Extensions that an entry may leave out.
const OMITTED_EXTENSIONS: [&str; 9] = ["js", "mjs", "cjs", "ts", "mts", "cts", "tsx", "jsx", "json"];

/// Fills the project's files and manifests.
pub(super) fn fill(project: &mut Project, files: Vec<String>, manifests: Vec<(Manifest, NamedEntries)>) {
    let (manifests, named): (Vec<_>, Vec<_>) = manifests.into_iter().unzip();
    project.manifests = IndexVec::from_raw(manifests);
    let nearest = |file: &str| -> Option<ManifestId> {
        path::upwards(path::folder_of(file)).find_map(|folder| manifest_in(&project.manifests, folder))
    };
    let listed = files
        .into_iter()
        .map(|path| ProjectFile {
            is_test: test_code::is_test_path(&path) || project.config.is_test(&path),
            manifest: nearest(&path),
            is_spare_build: false,
            path,
        })
        .collect();
    project.files = listed;
    for (id, named) in (0..).map(ManifestId).zip(named) {
        let folder = project.manifests[id].folder.clone();
        let mut entries = targets(project, &folder, &named.entries);
        // Who has only programs named for the command line is loaded as its folder's index all the same.
        if named.entries.is_empty() {
            entries.extend(entry_file(project, &folder, "./index"));
        }
        let bins = targets(project, &folder, &named.bins);
        entries.extend(&bins);
        entries.sort_unstable();
        entries.dedup();
        let manifest = &mut project.manifests[id];
        manifest.entries = entries;
        manifest.bins = bins;
    }
    mark_spare_builds(project);
}

/// A package, and the folder of builds in it; none for what is no build.
type Build = (ManifestId, Option<String>);

/// Packages are published in several forms of one source; what the entries do not lead to is a copy of the rest, if it
/// isn't by far the most of the package.
fn mark_spare_builds(project: &mut Project) {
    let builds: Vec<Option<Build>> = project.files.iter().map(|file| build_of(project, file)).collect();
    let mut counts: FxHashMap<&Build, usize> = FxHashMap::default();
    for build in builds.iter().flatten() {
        *counts.entry(build).or_default() += 1;
    }
    let entries: FxHashSet<FileId> = project.manifests.iter().flat_map(|manifest| manifest.entries.clone()).collect();
    let entered: FxHashSet<&Build> = entries.iter().filter_map(|entry| builds[entry.0 as usize].as_ref()).collect();
    let count = |build: &Build| counts.get(build).copied().unwrap_or_default();
    let is_spare: Vec<bool> = (0..)
        .map(FileId)
        .zip(&builds)
        .map(|(id, build)| {
            let Some(build @ (manifest, Some(_))) = build else { return false };
            let rest = count(&(*manifest, None));
            !entries.contains(&id) && (entered.contains(build) || rest * LEAST_REST >= count(build))
        })
        .collect();
    for (id, is_spare) in (0..).map(FileId).zip(is_spare) {
        project.files[id].is_spare_build = is_spare;
    }
}

fn build_of(project: &Project, file: &ProjectFile) -> Option<Build> {
    let id = file.manifest?;
    let manifest = &project.manifests[id];
    let has_entries = manifest.names_entries && !manifest.entries.is_empty();
    let folder = build_output::build_folder(&manifest.folder, &file.path).filter(|_| has_entries);
    Some((id, folder.map(str::to_owned)))
}

/// A folder of builds with more than this many files for each of the rest is no copy of the rest.
const LEAST_REST: usize = 4;

fn manifest_in(manifests: &IndexVec<ManifestId, Manifest>, folder: &str) -> Option<ManifestId> {
    let at = manifests.as_slice().binary_search_by(|manifest| manifest.folder.as_str().cmp(folder)).ok()?;
    u32::try_from(at).ok().map(ManifestId)
}

fn targets(project: &Project, folder: &str, targets: &[String]) -> Vec<FileId> {
    let mut files: Vec<FileId> = targets
        .iter()
        .flat_map(|target| {
            if target.contains('*') {
                pattern_files(project, folder, target)
            } else {
                entry_file(project, folder, target).into_iter().collect()
            }
        })
        .collect();
    files.sort_unstable();
    files.dedup();
    files
}

/// The file that an entry means: itself, with an extension, as a directory's index, or the source it is built from.
fn entry_file(project: &Project, folder: &str, target: &str) -> Option<FileId> {
    let full = path::join(folder, target)?;
    let exact = |path: &str| project.file_at(path);
    exact(&full)
        .or_else(|| OMITTED_EXTENSIONS.iter().find_map(|extension| exact(&format!("{full}.{extension}"))))
        .or_else(|| {
            OMITTED_EXTENSIONS.iter().find_map(|extension| exact(&path::join(&full, &format!("index.{extension}"))?))
        })
        .or_else(|| sources(folder, &full).iter().find_map(|source| exact(source)))
}

/// Where the source of a missing entry may be; an entry without an extension is taken for `.js` and for a folder.
fn sources(folder: &str, output: &str) -> Vec<String> {
    if path::name_of(output).contains('.') {
        return build_output::possible_sources(folder, output);
    }
    let mut sources = build_output::possible_sources(folder, &format!("{output}.js"));
    sources.extend(build_output::possible_sources(folder, &format!("{output}/index.js")));
    sources
}

/// The files that a pattern of `exports` (`./lib/*.js`) means.
fn pattern_files(project: &Project, folder: &str, target: &str) -> Vec<FileId> {
    let Some(full) = path::join(folder, target) else { return Vec::new() };
    let mut patterns = vec![full.clone()];
    patterns.extend(sources(folder, &full));
    for pattern in patterns {
        // A star of `exports` stands for any text, slashes included.
        let Ok(glob) = GlobBuilder::new(&escape(&pattern)).literal_separator(false).build() else { continue };
        let matcher = glob.compile_matcher();
        let matching: Vec<FileId> = project
            .files
            .iter_enumerated()
            .filter(|(_, file)| !file.is_test && matcher.is_match(&file.path))
            .map(|(id, _)| id)
            .collect();
        if !matching.is_empty() {
            return matching;
        }
    }
    Vec::new()
}

/// The pattern with everything but its stars taken literally.
fn escape(pattern: &str) -> String {
    pattern.split('*').map(globset::escape).collect::<Vec<_>>().join("*")
}
