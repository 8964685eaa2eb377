//! Paths within the project to files, as Node, TypeScript and the bundlers complete them.

use crate::base::source::FileId;
use crate::modules::resolver::{Language, extensions, written_extensions};
use crate::modules::split_suffix;
use crate::modules::table::Table;
use crate::project::path;

/// The file that the path `target` (relative to the root, clean) means.
pub(super) fn file(table: &Table, target: &str, language: Language) -> Option<FileId> {
    complete(table, target, language).or_else(|| {
        let (bare, suffix) = split_suffix(target);
        if suffix.is_empty() { None } else { complete(table, bare, language) }
    })
}

fn complete(table: &Table, target: &str, language: Language) -> Option<FileId> {
    as_file(table, target, language).or_else(|| folder(table, target, language)).or_else(|| as_output(table, target))
}

fn as_file(table: &Table, target: &str, language: Language) -> Option<FileId> {
    if target.is_empty() {
        return None;
    }
    if let Some((stem, extension)) = target.rsplit_once('.') {
        let aliases = written_extensions(language, extension);
        if let Some(file) = aliases.iter().find_map(|alias| table.file(&format!("{stem}{alias}"))) {
            return Some(file);
        }
    }
    table.file(target).or_else(|| with_extension(table, target, language))
}

fn with_extension(table: &Table, target: &str, language: Language) -> Option<FileId> {
    // One buffer for all attempts: this is the innermost loop of the resolution.
    let mut attempt = String::with_capacity(target.len() + 5);
    attempt.push_str(target);
    extensions(language).iter().find_map(|extension| {
        attempt.truncate(target.len());
        attempt.push_str(extension);
        table.file(&attempt)
    })
}

/// The file that a folder means: its manifest's `main`, or its index.
pub(super) fn folder(table: &Table, target: &str, language: Language) -> Option<FileId> {
    let main = table.main_of(target);
    if main.is_none() && table.folder(target).is_none() {
        return None;
    }
    if let Some(main) = main
        && let Some(main) = path::join(target, main)
        && main != target
    {
        let index = path::join(&main, "index")?;
        let found = as_file(table, &main, language)
            .or_else(|| with_extension(table, &index, language))
            .or_else(|| as_output(table, &main));
        if found.is_some() {
            return found;
        }
    }
    with_extension(table, &path::join(target, "index")?, language)
}

/// The source of a built file that is not there.
fn as_output(table: &Table, target: &str) -> Option<FileId> {
    table
        .source_of_output(target)
        .or_else(|| table.source_of_output(&format!("{target}.js")))
        .or_else(|| table.source_of_output(&format!("{target}/index.js")))
}
