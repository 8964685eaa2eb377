//! Specifiers whose meaning only a bundler's or runtime's configuration says (`@/lib/x` by webpack's `resolve.alias`,
//! `#shared/x.ts` by an import map, `app/models/x` by a module folder): the one file whose path ends so is meant.

use crate::base::source::FileId;
use crate::modules::relative;
use crate::modules::resolver::{Language, split_package};
use crate::modules::table::Table;
use crate::project::path;

/// The file whose path ends as an aliased specifier does; of several the nearest to the importer; none if two are as
/// near, or if the specifier names a package that the importer's manifest declares.
pub(super) fn file(table: &Table, importer: &str, specifier: &str, language: Language) -> Option<FileId> {
    let rest = unprefixed(specifier);
    if !rest.contains('/') || table.is_declared(importer, split_package(specifier).0) {
        return None;
    }
    let first = rest.split('/').next()?;
    let mut found: Vec<(usize, FileId)> = Vec::new();
    for folder in table.parents_of(first) {
        let target = path::join(folder, rest)?;
        if let Some(file) = relative::file(table, &target, language) {
            found.push((common_folders(table.path(file), importer), file));
        }
    }
    found.sort_unstable_by_key(|&(near, file)| (std::cmp::Reverse(near), file));
    match found.as_slice() {
        [(_, file)] => Some(*file),
        [(first, file), (second, _), ..] if first > second => Some(*file),
        _ => None,
    }
}

/// What follows an alias's mark.
fn unprefixed(specifier: &str) -> &str {
    ["@/", "~/", "#/", "@", "~", "#", "$"].iter().find_map(|mark| specifier.strip_prefix(mark)).unwrap_or(specifier)
}

/// How many folders two paths have in common from the root on.
fn common_folders(a: &str, b: &str) -> usize {
    let folders = |path| path::folder_of(path).split('/');
    folders(a).zip(folders(b)).take_while(|(a, b)| a == b).count()
}
