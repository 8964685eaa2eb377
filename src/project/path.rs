//! Paths inside the project: relative to the root, with `/`, without `.` and `..`. No look at the disk.

use std::path::{Component, Path};

/// `path` relative to `root`, if it lies within it; the root itself is empty.
pub fn relative_to(root: &Path, path: &Path) -> Option<String> {
    let rest = path.strip_prefix(root).ok()?;
    let mut relative = String::new();
    for component in rest.components() {
        let Component::Normal(name) = component else { return None };
        if !relative.is_empty() {
            relative.push('/');
        }
        relative.push_str(&name.to_string_lossy());
    }
    Some(relative)
}

/// `folder` and `path` joined, with `.` and `..` taken out; none if that leads above the root.
pub fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// The folder that a path lies in; empty for the root.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last name of a path.
pub fn name_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// `path` below `folder` (which may be empty, for the root), if it lies there.
pub fn below<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    if folder.is_empty() {
        return Some(path);
    }
    path.strip_prefix(folder)?.strip_prefix('/')
}

/// The folder and all folders above it, up to the root (empty).
pub fn upwards(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| (!folder.is_empty()).then(|| folder_of(folder)))
}

/// The last name's extension, without the dot; empty if it has none (`.eslintrc` has none).
pub fn extension_of(path: &str) -> &str {
    name_of(path).rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map_or("", |(_, extension)| extension)
}
