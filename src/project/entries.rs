//! Which files the manifests name, and which manifest each file belongs to.

use globset::GlobBuilder;

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
        if !project.manifests[id].names_entries {
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

/// Packages are published in several forms of one source; what the entries do not lead to is a copy of the rest.
fn mark_spare_builds(project: &mut Project) {
    for id in 0..project.files.len() {
        let id = FileId(u32::try_from(id).unwrap_or(u32::MAX));
        let file = &project.files[id];
        let Some(manifest) = file.manifest.map(|manifest| &project.manifests[manifest]) else { continue };
        let is_spare = manifest.names_entries
            && !manifest.entries.is_empty()
            && !manifest.entries.contains(&id)
            && build_output::is_build_folder(&manifest.folder, &file.path);
        project.files[id].is_spare_build = is_spare;
    }
}

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
