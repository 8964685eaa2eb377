//! Patterns behind the starred keys of `imports` and `exports`: `#db/${name}`, `@mono/shared/locales/${code}`.

use crate::modules::PatternPart;
use crate::modules::resolver::split_package;
use crate::modules::table::Table;
use crate::project::{build_output, path};

/// The patterns, of absolute paths, that a bare pattern means by a starred key, likeliest first.
pub(super) fn rewritten(table: &Table, importer: &str, pattern: &[PatternPart]) -> Vec<Vec<PatternPart>> {
    let Some((PatternPart::Text(first), rest)) = pattern.split_first() else { return Vec::new() };
    let (folder, subject) = if first.starts_with('#') {
        match path::upwards(path::folder_of(importer)).find(|folder| table.has_manifest(folder)) {
            Some(folder) => (folder, first.clone()),
            None => return Vec::new(),
        }
    } else {
        let (name, subpath) = split_package(first);
        match table.package(name) {
            Some(folder) => (folder, format!("./{subpath}")),
            None => return Vec::new(),
        }
    };
    let mut patterns = Vec::new();
    for (key, target) in table.subpaths(folder) {
        let Some((before, after)) = key.split_once('*') else { continue };
        let Some(known) = subject.strip_prefix(before) else { continue };
        let Some(rest) = without_ending(rest, after) else { continue };
        let Some(full) = path::join(folder, target) else { continue };
        let targets = std::iter::once(full.clone()).chain(build_output::possible_sources(folder, &full));
        patterns.extend(targets.filter_map(|target| filled(table, &target, known, &rest)));
    }
    patterns
}

/// The pattern's parts without a known ending.
fn without_ending(parts: &[PatternPart], ending: &str) -> Option<Vec<PatternPart>> {
    let mut parts = parts.to_vec();
    if !ending.is_empty() {
        let Some(PatternPart::Text(last)) = parts.last_mut() else { return None };
        let shorter = last.strip_suffix(ending)?.to_string();
        *last = shorter;
    }
    Some(parts)
}

/// The target with the star replaced by what is known and the parts that are not.
fn filled(table: &Table, target: &str, known: &str, rest: &[PatternPart]) -> Option<Vec<PatternPart>> {
    let (before, after) = target.split_once('*')?;
    let mut pattern = vec![PatternPart::Text(format!("{}/{before}{known}", table.root_text))];
    pattern.extend_from_slice(rest);
    pattern.push(PatternPart::Text(after.to_string()));
    Some(pattern)
}
