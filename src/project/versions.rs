//! The major versions of the dependencies that manifests ask for: what some libraries do depends on them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The reference of a manifest to the workspace's list of versions.
const CATALOG: &str = "catalog:";

/// What the list without a name is called.
const DEFAULT: &str = "default";

/// Versions by package, as written, of each list of a `pnpm-workspace.yaml`.
pub(super) type Catalogs = BTreeMap<String, BTreeMap<String, String>>;

/// What a manifest asks for, by package, as written.
pub(super) fn asked(json: &Map<String, Value>) -> BTreeMap<String, String> {
    let kinds = ["peerDependencies", "optionalDependencies", "devDependencies", "dependencies"];
    let lists = kinds.iter().filter_map(|kind| json.get(*kind)?.as_object()).flatten();
    lists.filter_map(|(name, version)| Some((name.clone(), version.as_str()?.to_owned()))).collect()
}

/// The lists of a `pnpm-workspace.yaml`: `catalog:` and those in `catalogs:`.
pub(super) fn pnpm_catalogs(yaml: &str) -> Catalogs {
    let mut catalogs = Catalogs::new();
    let mut section = "";
    let mut list = String::new();
    for line in yaml.lines() {
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let Some((key, value)) = text.rsplit_once(": ").or_else(|| Some((text.strip_suffix(':')?, ""))) else {
            continue;
        };
        let (key, value) = (unquoted(key), value.split(" #").next().map_or("", unquoted));
        if !line.starts_with([' ', '\t']) {
            section = if value.is_empty() { key } else { "" };
            DEFAULT.clone_into(&mut list);
        } else if section == "catalogs" && value.is_empty() {
            key.clone_into(&mut list);
        } else if matches!(section, "catalog" | "catalogs") {
            catalogs.entry(list.clone()).or_default().insert(key.to_owned(), value.to_owned());
        }
    }
    catalogs
}

/// The major versions that a manifest asks for, straight or by a list of its workspace.
pub(super) fn majors(asked: &BTreeMap<String, String>, catalogs: &Catalogs) -> Vec<(String, u32)> {
    let written = |name: &str, version: &str| match version.strip_prefix(CATALOG) {
        Some("") => catalogs.get(DEFAULT)?.get(name).cloned(),
        Some(list) => catalogs.get(list)?.get(name).cloned(),
        None => Some(version.to_owned()),
    };
    asked.iter().filter_map(|(name, version)| Some((name.clone(), major(&written(name, version)?)?))).collect()
}

/// The major version of a range, which is the first number in it; a range without any wants what is newest.
fn major(range: &str) -> Option<u32> {
    let range = range.trim();
    if matches!(range, "*" | "latest" | "next" | "x") {
        return Some(u32::MAX);
    }
    let digits = range.strip_prefix("npm:").map_or(range, |alias| alias.rsplit('@').next().unwrap_or(alias));
    let digits = digits.trim_start_matches(['^', '~', '>', '=', 'v', ' ']);
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['\'', '"'])
}

#[cfg(test)]
mod tests {
    use super::{asked, majors, pnpm_catalogs};

    #[test]
    fn majors_of_ranges_and_lists() {
        let json = serde_json::json!({
            "dependencies": {"a": "^3.1.0", "b": ">=2", "c": "workspace:*", "d": "latest", "e": "npm:@x/e@4.0.0"},
            "devDependencies": {"f": "catalog:", "g": "catalog:old", "h": "catalog:none"},
        });
        let catalogs = pnpm_catalogs(
            "packages:\n  - a/*\ncatalog:\n  # tools\n  f: 4.1.6 # pinned\n\ncatalogs:\n  old:\n    'g': ^1\nother: 1\n",
        );
        let found = majors(&asked(json.as_object().unwrap()), &catalogs);
        let expected = [("a", 3), ("b", 2), ("d", u32::MAX), ("e", 4), ("f", 4), ("g", 1)];
        assert_eq!(found, expected.map(|(name, major)| (name.to_owned(), major)));
    }
}
