//! Prefixes whose meaning only a configuration out of sight says, learnt from their uses: `#routes/…` means the folder
//! that has what all files ask for by it.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::base::source::FileId;
use crate::modules::relative;
use crate::modules::resolver::Language;
use crate::modules::table::Table;
use crate::project::path;

/// Fewer different paths below a prefix say nothing.
const USES: usize = 3;

/// Of so many different paths below a prefix, all but one in ten must be there.
const TENTH: usize = 10;

/// What prefixes mean.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    folders: FxHashMap<Box<str>, Box<str>>,
    /// Files by their names without an extension; a folder's index by the folder's name.
    stems: FxHashMap<Box<str>, Vec<FileId>>,
}

impl Learnt {
    /// Learns from all bare specifiers of the project.
    pub(super) fn new<'a>(table: &Table, specifiers: impl Iterator<Item = &'a str>) -> Self {
        let mut asked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::default();
        for specifier in specifiers {
            if let Some((prefix, rest)) = parts(specifier) {
                asked.entry(prefix).or_default().insert(rest);
            }
        }
        if asked.is_empty() {
            return Self::default();
        }
        let mut learnt = Self { folders: FxHashMap::default(), stems: stems(table) };
        for (prefix, rests) in asked {
            if let Some(folder) = learnt.folder(table, &rests) {
                learnt.folders.insert(prefix.into(), folder.into());
            }
        }
        learnt
    }

    /// The folder that has nearly all of these, if just one has.
    fn folder<'t>(&self, table: &'t Table, rests: &BTreeSet<&str>) -> Option<&'t str> {
        let paths: Vec<&str> = rests.iter().copied().filter(|rest| !rest.is_empty()).collect();
        if paths.len() < USES {
            return None;
        }
        let mut votes: FxHashMap<&str, usize> = FxHashMap::default();
        for rest in &paths {
            let tail = without_extension(rest);
            for &file in self.stems.get(stem(rest)).map(Vec::as_slice).unwrap_or_default() {
                if let Some(folder) = ending(table.path(file), tail) {
                    *votes.entry(folder).or_default() += 1;
                }
            }
        }
        let most = votes.values().copied().max().filter(|&most| most * TENTH >= paths.len() * (TENTH - 1))?;
        let mut best = votes.into_iter().filter(|&(_, count)| count == most).map(|(folder, _)| folder);
        best.next().filter(|_| best.next().is_none())
    }

    /// The file that a specifier means by a learnt prefix; or, of a lone `#name`, the one file of that name.
    pub(super) fn file(&self, table: &Table, specifier: &str, language: Language) -> Option<FileId> {
        let (prefix, rest) = parts(specifier)?;
        if let Some(folder) = self.folders.get(prefix) {
            let target = if rest.is_empty() { (*folder).to_string() } else { path::join(folder, rest)? };
            return relative::file(table, &target, language);
        }
        let name = specifier.strip_prefix('#').filter(|name| !name.contains('/'))?;
        match self.stems.get(name)?.as_slice() {
            [file] => Some(*file),
            _ => None,
        }
    }
}

/// The prefix and the rest of a specifier that can name no package to install.
fn parts(specifier: &str) -> Option<(&str, &str)> {
    let is_alias = specifier.starts_with(['#', '~', '$']) || specifier.starts_with("@/");
    is_alias.then(|| specifier.split_once('/').unwrap_or((specifier, "")))
}

fn stems(table: &Table) -> FxHashMap<Box<str>, Vec<FileId>> {
    let mut stems: FxHashMap<Box<str>, Vec<FileId>> = FxHashMap::default();
    for file in table.ids().filter(|&file| !table.is_test(file)) {
        let path = table.path(file);
        stems.entry(stem(path).into()).or_default().push(file);
        if stem(path) == "index" {
            stems.entry(path::name_of(path::folder_of(path)).into()).or_default().push(file);
        }
    }
    stems
}

fn stem(path: &str) -> &str {
    without_extension(path::name_of(path))
}

fn without_extension(path: &str) -> &str {
    match path.rsplit_once('.') {
        Some((stem, extension)) if !extension.contains('/') && !stem.is_empty() => stem,
        _ => path,
    }
}

/// The folder above `tail` (a path without an extension) in the path of a file or of an index.
fn ending<'p>(path: &'p str, tail: &str) -> Option<&'p str> {
    let stem = without_extension(path);
    let above = stem.strip_suffix(tail).or_else(|| stem.strip_suffix("/index")?.strip_suffix(tail))?;
    if above.is_empty() { Some("") } else { above.strip_suffix('/') }
}
