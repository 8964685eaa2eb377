//! Which folder is analysed, and what is found in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::project::file_system::{Disk, FileSystem, Memory};
use crate::project::{LoadRequest, Project, load, place};

fn memory(files: &[(&str, &str)]) -> Memory {
    files.iter().fold(Memory::new(), |memory, (path, text)| memory.with(*path, *text))
}

fn request(working_directory: &str, paths: &[&str]) -> LoadRequest {
    LoadRequest {
        working_directory: working_directory.into(),
        paths: paths.iter().map(PathBuf::from).collect(),
        ..LoadRequest::default()
    }
}

fn paths(project: &Project) -> Vec<&str> {
    project.files.iter().map(|file| file.path.as_str()).collect()
}

#[test]
fn the_analysed_folder() {
    let fs = memory(&[
        ("/package.json", "{}"),
        ("/r/.git/HEAD", ""),
        ("/r/x.js", ""),
        ("/r/mono/package.json", r#"{"workspaces": ["packages/*", "!packages/out"]}"#),
        ("/r/mono/packages/a/package.json", "{}"),
        ("/r/mono/packages/a/src/a.js", ""),
        ("/r/mono/packages/out/package.json", "{}"),
        ("/r/mono/packages/out/o.js", ""),
        ("/r/pnpm/pnpm-workspace.yaml", "packages:\n  - libs/**\n"),
        ("/r/pnpm/libs/l/package.json", "{}"),
        ("/r/pnpm/libs/l/l.js", ""),
        ("/r/plain/one/x.js", ""),
        ("/r/plain/two/y.js", ""),
        ("/r/configured/modleak.jsonc", "{}"),
        ("/r/configured/in/z.js", ""),
        ("/r/installed/node_modules/p/package.json", "{}"),
        ("/r/installed/node_modules/p/p.js", ""),
    ]);
    for (path, root, selection) in [
        ("mono/packages/a/src", "/r/mono", "packages/a/src"),
        ("mono/packages/a/src/a.js", "/r/mono", "packages/a/src/a.js"),
        ("mono/packages/out", "/r/mono/packages/out", ""),
        ("pnpm/libs/l", "/r/pnpm", "libs/l"),
        ("plain/one", "/r/plain/one", ""),
        ("plain/one/x.js", "/r/plain/one", "x.js"),
        ("configured/in", "/r/configured", "in"),
        ("installed/node_modules/p/p.js", "/r/installed/node_modules/p", "p.js"),
        (".", "/r", ""),
    ] {
        let project = load(&request("/r", &[path]), &fs).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(
            (project.root.as_path(), project.selection.join(",").as_str()),
            (Path::new(root), selection),
            "{path}"
        );
    }
    let both = load(&request("/r", &["plain/one", "plain/two/y.js"]), &fs).expect("loads");
    assert_eq!((both.root.as_path(), both.selection.len()), (Path::new("/r/plain"), 2));
    let place = place(&request("/r", &["plain/one", "plain/two/y.js"]), &fs).expect("is there");
    assert!(place.is_selected("one/x.js") && !place.is_selected("two/z.js"));
    let missing = load(&request("/r", &["nowhere"]), &fs).unwrap_err();
    assert_eq!(missing.message, "cannot read nowhere: no such file or folder");
    let outside = LoadRequest { root: Some("/r/mono".into()), ..request("/r", &["plain"]) };
    assert!(load(&outside, &fs).unwrap_err().message.contains("outside the root"));
    let nothing = load(&request("/r", &["/r/.git"]), &fs).unwrap_err();
    assert!(nothing.message.starts_with("nothing to analyse"));
}

#[test]
fn files_of_a_project() {
    let fs = memory(&[
        ("/r/.gitignore", "/ignored\n*.gen.js\n!keep.gen.js\n"),
        (
            "/r/package.json",
            r#"{"name": "r", "main": "dist/index.js", "exports": {"./x/*": {"import": "./dist/x/*.js"}}, "bin": "./bin/cli"}"#,
        ),
        ("/r/src/index.ts", ""),
        ("/r/src/x/one.ts", ""),
        ("/r/src/x/one.test.ts", ""),
        ("/r/src/types.d.ts", ""),
        ("/r/dist/index.js", ""),
        ("/r/dist/other.js", ""),
        ("/r/bin/cli.mjs", ""),
        ("/r/ignored/a.js", ""),
        ("/r/a.gen.js", ""),
        ("/r/keep.gen.js", ""),
        ("/r/node_modules/x/index.js", ""),
        ("/r/.cache/x.js", ""),
        ("/r/README.md", ""),
        ("/r/inner/package.json", "{ broken"),
        ("/r/inner/i.vue", ""),
        ("/r/inner/vitest.config.ts", "export default { test: { restoreMocks: true } }"),
    ]);
    let project = load(&request("/r", &[]), &fs).expect("loads");
    let expected = [
        "bin/cli.mjs",
        "dist/other.js",
        "inner/i.vue",
        "inner/package.json",
        "inner/vitest.config.ts",
        "keep.gen.js",
        "package.json",
        "src/index.ts",
        "src/x/one.test.ts",
        "src/x/one.ts",
    ];
    assert_eq!(paths(&project), expected);
    assert_eq!(project.compiled_twins, 1);
    let root = &project.manifests.as_slice()[0];
    let entries: Vec<&str> = root.entries.iter().map(|&file| project.files[file].path.as_str()).collect();
    assert_eq!(entries, ["bin/cli.mjs", "src/index.ts", "src/x/one.ts"]);
    assert_eq!(root.bins.len(), 1);
    assert!(project.manifests.as_slice()[1].test_runner_restores);
    assert_eq!(project.incomplete.len(), 1);
    assert_eq!(
        (project.incomplete[0].file.as_str(), project.incomplete[0].reason),
        ("inner/package.json", "syntax-error")
    );
}

#[test]
fn packages_that_are_followed() {
    let fs = memory(&[
        ("/r/a.js", ""),
        ("/r/node_modules/x/package.json", r#"{"name": "x", "main": "lib/x"}"#),
        ("/r/node_modules/x/lib/x.js", ""),
        ("/r/node_modules/@s/y/index.js", ""),
        ("/r/node_modules/z/index.js", ""),
    ]);
    let follow = |names: &[&str]| {
        let follow_dependencies = names.iter().map(ToString::to_string).collect();
        load(&LoadRequest { follow_dependencies, ..request("/r", &[]) }, &fs).expect("loads")
    };
    let project = follow(&["x", "@s/y"]);
    let expected = ["a.js", "node_modules/@s/y/index.js", "node_modules/x/lib/x.js", "node_modules/x/package.json"];
    assert_eq!(paths(&project), expected);
    assert_eq!(paths(&follow(&["*"])).len(), 5);
}

#[test]
fn memory_lies_over_another() {
    let below = memory(&[("/r/a.js", "old"), ("/r/b.js", "b")]);
    let over = Memory::over(Arc::new(below)).with("/r/a.js", "new").with("/r/c/d.js", "");
    assert_eq!(over.read_text(Path::new("/r/a.js"), 9).unwrap(), "new");
    assert_eq!(over.read_text(Path::new("/r/x/../b.js"), 9).unwrap(), "b");
    assert_eq!(over.read_dir(Path::new("/r")).unwrap().len(), 3);
    assert!(over.read(Path::new("/r/a.js"), 2).is_err());
}

#[cfg(unix)]
#[test]
fn links_on_disk() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("o.js"), "").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    std::fs::create_dir_all(root.join("real/deep")).unwrap();
    std::fs::write(root.join("real/a.js"), "").unwrap();
    symlink(&root, root.join("real/deep/loop")).unwrap();
    symlink(root.join("real"), root.join("alias")).unwrap();
    symlink(outside.path(), root.join("out")).unwrap();
    symlink(root.join("nothing.js"), root.join("dangling.js")).unwrap();
    symlink("self.js", root.join("self.js")).unwrap();
    let done = std::process::Command::new("mkfifo").arg(root.join("pipe.js")).status().unwrap();
    assert!(done.success());
    let project = load(&LoadRequest { root: Some(root.clone()), ..request("/", &[]) }, &Disk).expect("loads");
    assert_eq!(paths(&project), ["real/a.js"]);
    assert!(project.links.contains(&("alias".to_string(), "real".to_string())));
    let left_out: Vec<_> = project.incomplete.iter().map(|entry| (entry.file.as_str(), entry.reason)).collect();
    let expected =
        [("dangling.js", "unreadable"), ("out", "outside-root"), ("pipe.js", "unreadable"), ("self.js", "unreadable")];
    assert_eq!(left_out, expected);
    assert!(Disk.read(&root.join("pipe.js"), 9).is_err());
}
