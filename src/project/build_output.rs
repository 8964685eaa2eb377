//! Compiled files and the sources that they are made of, by the usual names of folders.

use crate::project::path;

/// Folders that builds write to.
const OUTPUT_FOLDERS: [&str; 10] = ["dist", "build", "lib", "out", "output", "esm", "cjs", "es", "dist-cjs", "dist-es"];

/// Folders that are one more level inside an output folder, one for each module format or so.
const FORMAT_FOLDERS: [&str; 8] = ["cjs", "esm", "es", "commonjs", "module", "umd", "node", "src"];

/// Folders that hold nothing but builds, for browsers, bundlers or one module format.
const BUILD_FOLDERS: [&str; 17] = [
    "dist",
    "build",
    "umd",
    "amd",
    "iife",
    "esm",
    "cjs",
    "es",
    "es6",
    "es2015",
    "es-modules",
    "bundle",
    "bundles",
    "browser",
    "pkg",
    "dist-cjs",
    "dist-es",
];

/// The folder of the package in `package_folder` that holds a file, if it plainly holds builds.
pub fn build_folder<'f>(package_folder: &str, file: &'f str) -> Option<&'f str> {
    let (first, _) = path::below(package_folder, file)?.split_once('/')?;
    BUILD_FOLDERS.contains(&first).then_some(first)
}

/// The extensions of sources for a compiled extension.
fn source_extensions(extension: &str) -> &'static [&'static str] {
    match extension {
        "js" => &["ts", "tsx", "mts", "cts", "js", "jsx", "mjs"],
        "mjs" => &["mts", "ts", "tsx", "mjs", "js", "jsx"],
        "cjs" => &["cts", "ts", "tsx", "cjs", "js", "jsx"],
        "jsx" => &["tsx", "jsx"],
        _ => &[],
    }
}

/// The paths at which the source of the output file `output` of the package in `package_folder` may be, the likeliest
/// first. Nothing, if `output` doesn't lie in a folder that builds write to.
pub fn possible_sources(package_folder: &str, output: &str) -> Vec<String> {
    let Some(inside) = path::below(package_folder, output) else { return Vec::new() };
    let Some((first, rest)) = inside.split_once('/') else { return Vec::new() };
    if !OUTPUT_FOLDERS.contains(&first) {
        return Vec::new();
    }
    let Some((stem, extension)) = split_extension(rest) else { return Vec::new() };
    let mut stems = vec![format!("src/{stem}")];
    if let Some((second, inner)) = stem.split_once('/')
        && FORMAT_FOLDERS.contains(&second)
    {
        stems.push(format!("src/{inner}"));
    }
    stems.push(stem.to_string());
    let mut sources = Vec::new();
    for stem in stems {
        for source_extension in source_extensions(extension) {
            sources.extend(path::join(package_folder, &format!("{stem}.{source_extension}")));
        }
    }
    sources
}

/// The name before the extension, and the extension; `.d.ts` counts as the output `.js`.
fn split_extension(file: &str) -> Option<(&str, &str)> {
    if let Some(stem) = file.strip_suffix(".d.ts") {
        return Some((stem, "js"));
    }
    file.rsplit_once('.').filter(|(stem, extension)| !stem.is_empty() && !extension.contains('/'))
}

/// Whether the file is plainly the compiled twin of a source in the same package, which `has_file` knows.
pub fn is_compiled_twin(package_folder: &str, file: &str, has_file: impl Fn(&str) -> bool) -> bool {
    let is_output = path::below(package_folder, file)
        .and_then(|inside| inside.split_once('/'))
        .is_some_and(|(first, _)| matches!(first, "dist" | "build" | "out"));
    is_output
        && possible_sources(package_folder, file)
            .iter()
            .filter(|source| path::below(package_folder, source).is_some_and(|inside| inside.starts_with("src/")))
            .filter(|source| matches!(path::name_of(source).rsplit_once('.'), Some((_, "ts" | "tsx" | "mts" | "cts"))))
            .any(|source| has_file(source))
}
