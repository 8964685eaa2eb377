//! Folders and globs to files, for what lists them: `readdirSync`, loader packages, `import.meta.glob`.

use globset::{GlobBuilder, GlobSetBuilder};

use crate::base::source::FileId;
use crate::modules::Loader;
use crate::modules::table::Table;
use crate::modules::template::{is_entered, is_loadable_name};
use crate::project::path;

impl Loader {
    /// The names in a folder (absolute, or relative to the root), sorted: what listing it gives.
    pub fn entries(&self, directory: &str) -> Vec<String> {
        let Some(folder) = self.folder_path(directory) else { return Vec::new() };
        let Some(found) = self.table.folder(&folder) else { return Vec::new() };
        let files = found.files.iter().map(|&file| path::name_of(self.table.path(file)).to_string());
        let mut names: Vec<String> = files.chain(found.folders.iter().map(ToString::to_string)).collect();
        names.sort();
        names
    }

    /// The loadable files in a folder (absolute, or relative to the root).
    pub fn directory(&self, directory: &str) -> Vec<FileId> {
        let found = self.folder_path(directory).and_then(|folder| self.table.folder(&folder));
        found
            .map(|folder| folder.files.iter().copied().filter(|&file| self.is_loadable(file)).collect())
            .unwrap_or_default()
    }

    /// The loadable files below a folder (absolute, or relative to the root), at any depth.
    pub fn tree(&self, directory: &str) -> Vec<FileId> {
        let Some(folder) = self.folder_path(directory) else { return Vec::new() };
        let mut files: Vec<FileId> = below(&self.table, &folder).filter(|&file| self.is_loadable(file)).collect();
        files.sort_unstable();
        files
    }

    /// The loadable files that glob patterns mean; a pattern with `!` before it takes files away. `base` is the folder
    /// (absolute, or relative to the root) that relative patterns start from.
    pub fn glob(&self, base: &str, patterns: &[String]) -> Vec<FileId> {
        let Some(base) = self.folder_path(base) else { return Vec::new() };
        let mut wanted = GlobSetBuilder::new();
        let mut unwanted = GlobSetBuilder::new();
        for pattern in patterns {
            let (set, pattern) = match pattern.strip_prefix('!') {
                Some(pattern) => (&mut unwanted, pattern),
                None => (&mut wanted, pattern.as_str()),
            };
            let pattern = without_extended(pattern);
            let full = match self.table.inside(&pattern) {
                Some(inside) => Some(inside.to_string()),
                None => glob_below(&base, &pattern),
            };
            if let Some(glob) = full.and_then(|full| GlobBuilder::new(&full).literal_separator(true).build().ok()) {
                set.add(glob);
            }
        }
        let (Ok(wanted), Ok(unwanted)) = (wanted.build(), unwanted.build()) else { return Vec::new() };
        (0..self.table.len())
            .filter_map(|index| u32::try_from(index).ok().map(FileId))
            .filter(|&file| self.is_loadable(file))
            .filter(|&file| !is_installed(&base, self.table.path(file)))
            .filter(|&file| wanted.is_match(self.table.path(file)) && !unwanted.is_match(self.table.path(file)))
            .collect()
    }

    fn is_loadable(&self, file: FileId) -> bool {
        is_loadable_name(self.table.path(file))
    }

    fn folder_path(&self, directory: &str) -> Option<String> {
        self.locate("", directory).ok()
    }
}

/// Whether a file belongs to a package that is installed below a folder.
fn is_installed(folder: &str, file: &str) -> bool {
    path::below(folder, file).unwrap_or(file).split('/').any(|part| !is_entered(part))
}

/// A glob with its extended forms put in the common ones: `@(a|b)` is `{a,b}`; what can't be said becomes `*`, which
/// finds more.
fn without_extended(pattern: &str) -> String {
    let mut plain = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(at) = rest.find('(') {
        let Some(end) = rest[at..].find(')').map(|length| at + length) else { break };
        let inner = &rest[at + 1..end];
        let form = rest[..at].chars().next_back().filter(|form| "@?!+*".contains(*form));
        let is_simple = !inner.contains(['(', '/']);
        match form {
            Some(form) => {
                plain.push_str(&rest[..at - form.len_utf8()]);
                let choices = inner.replace('|', ",");
                match form {
                    '@' if is_simple => plain.extend(["{", &choices, "}"]),
                    '?' if is_simple => plain.extend(["{", &choices, ",}"]),
                    _ => plain.push('*'),
                }
            }
            None => plain.push_str(&rest[..=end]),
        }
        rest = &rest[end + 1..];
    }
    plain.push_str(rest);
    plain
}

/// A relative glob with the folder before it; the folder's own characters mean themselves.
fn glob_below(base: &str, pattern: &str) -> Option<String> {
    let mut folder = base;
    let mut pattern = pattern;
    loop {
        if let Some(rest) = pattern.strip_prefix("./") {
            pattern = rest;
        } else if let Some(rest) = pattern.strip_prefix("../") {
            if folder.is_empty() {
                return None;
            }
            folder = path::folder_of(folder);
            pattern = rest;
        } else {
            break;
        }
    }
    if pattern.starts_with('/') {
        return None;
    }
    Some(if folder.is_empty() { pattern.to_string() } else { format!("{}/{pattern}", globset::escape(folder)) })
}

/// All files below a folder, but for what is installed there.
fn below<'a>(table: &'a Table, folder: &str) -> impl Iterator<Item = FileId> + 'a {
    let mut pending = vec![folder.to_string()];
    std::iter::from_fn(move || {
        let folder = pending.pop()?;
        let found = table.folder(&folder);
        let folders = found.map(|found| found.folders.as_slice()).unwrap_or_default();
        pending.extend(folders.iter().filter(|name| is_entered(name)).filter_map(|name| path::join(&folder, name)));
        Some(found.map(|found| found.files.as_slice()).unwrap_or_default())
    })
    .flatten()
    .copied()
}
