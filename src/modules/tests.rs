//! What specifiers and patterns mean, over files in memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::source::FileId;
use crate::modules::{Loader, Mode, PatternPart, Reason, Resolution, has_changing_suffix};
use crate::project::file_system::{Disk, Memory};
use crate::project::{LoadRequest, Project, load};

struct World {
    project: Project,
    loader: Loader,
}

fn world(files: &[(&str, &str)]) -> World {
    let mut memory = Memory::new();
    for (path, text) in files {
        memory.insert(Path::new("/p").join(path), *text);
    }
    let request =
        LoadRequest { working_directory: "/p".into(), root: Some(PathBuf::from("/p")), ..LoadRequest::default() };
    let project = load(&request, &memory).expect("the project loads");
    let loader = Loader::new(&project, Arc::new(memory));
    World { project, loader }
}

impl World {
    fn id(&self, path: &str) -> FileId {
        self.project.file_at(path).unwrap_or_else(|| panic!("{path} is there"))
    }

    fn resolve_as(&self, from: &str, specifier: &str, mode: Mode) -> String {
        match self.loader.resolve(self.id(from), specifier, mode) {
            Resolution::File(file) => self.project.files[file].path.clone(),
            Resolution::Package { name, subpath } => format!("package {name}|{subpath}"),
            Resolution::Builtin(name) => format!("builtin {name}"),
            Resolution::Unresolved(reason) => format!("{reason:?}"),
        }
    }

    fn resolve(&self, from: &str, specifier: &str) -> String {
        self.resolve_as(from, specifier, Mode::Require)
    }

    fn expand(&self, from: &str, pattern: &str) -> Vec<String> {
        let expansion = self.loader.expand(self.id(from), &parts(pattern), Mode::Require);
        if let Some(problem) = expansion.problem {
            return vec![format!("{problem:?}")];
        }
        expansion.files.iter().map(|&file| self.project.files[file].path.clone()).collect()
    }
}

/// A pattern written with `{h}` for a hole, `{e}` for an entry and `{t}` for a tree.
fn parts(pattern: &str) -> Vec<PatternPart> {
    let mut parts = Vec::new();
    for piece in pattern.split_inclusive('}') {
        let (text, part) = match piece.split_once('{') {
            Some((text, "h}")) => (text, Some(PatternPart::Hole)),
            Some((text, "e}")) => (text, Some(PatternPart::Entry)),
            Some((text, _)) => (text, Some(PatternPart::Tree)),
            None => (piece, None),
        };
        if !text.is_empty() {
            parts.push(PatternPart::Text(text.to_string()));
        }
        parts.extend(part);
    }
    parts
}

#[test]
fn relative_paths() {
    let world = world(&[
        ("a.js", ""),
        ("b.ts", ""),
        ("d/index.js", ""),
        ("d.js", ""),
        ("e/package.json", r#"{"main": "lib/main"}"#),
        ("e/lib/main.js", ""),
        ("data.json", "{}"),
        ("m.mts", ""),
        ("x.js", ""),
        ("x.ts", ""),
    ]);
    for (from, specifier, expected) in [
        ("a.js", "./b", "b.ts"),
        ("a.js", "./b.js", "b.ts"),
        ("a.js", "./d", "d.js"),
        ("a.js", "./d/", "d/index.js"),
        ("d/index.js", "..", "NoMatch"),
        ("d/index.js", ".", "d/index.js"),
        ("a.js", "./e", "e/lib/main.js"),
        ("a.js", "./data", "data.json"),
        ("a.js", "./m.mjs", "m.mts"),
        ("a.js", "./x.js", "x.js"),
        ("b.ts", "./x.js", "x.ts"),
        ("b.ts", "./x", "x.ts"),
        ("a.js", "./x", "x.js"),
        ("a.js", "./b.ts?v=1#x", "b.ts"),
        ("a.js", "/p/d/index.js", "d/index.js"),
        ("a.js", "file:///p/d/index.js", "d/index.js"),
        ("a.js", "../q", "OutsideRoot"),
        ("a.js", "/q/a.js", "OutsideRoot"),
        ("a.js", "./none", "NoMatch"),
        ("a.js", "fs", "builtin fs"),
        ("a.js", "node:timers/promises", "builtin timers/promises"),
        ("a.js", "express", "package express|"),
        ("a.js", "@nestjs/common/x", "package @nestjs/common|x"),
        ("a.js", "#nothing", "NoMatch"),
    ] {
        assert_eq!(world.resolve(from, specifier), expected, "{specifier} in {from}");
    }
}

#[test]
fn packages_of_the_project() {
    let world = world(&[
        ("package.json", r##"{"name": "root", "workspaces": ["packages/*"], "imports": {"#db/*": "./src/db/*.js"}}"##),
        ("src/db/pool.js", ""),
        ("src/a.js", ""),
        (
            "packages/shared/package.json",
            r#"{"name": "@mono/shared", "exports": {".": {"import": "./dist/index.mjs", "require": "./dist/index.js"}, "./l/*": "./dist/locales/*.js"}}"#,
        ),
        ("packages/shared/src/index.ts", ""),
        ("packages/shared/src/locales/de.ts", ""),
        ("packages/shared/src/locales/en.ts", ""),
        ("packages/plain/package.json", r#"{"name": "plain", "main": "./main.js"}"#),
        ("packages/plain/main.js", ""),
        ("packages/plain/deep/x.js", ""),
        ("packages/import-only/package.json", r#"{"name": "io", "exports": {"import": "./i.js"}}"#),
        ("packages/import-only/i.js", ""),
    ]);
    for (specifier, expected) in [
        ("@mono/shared", "packages/shared/src/index.ts"),
        ("@mono/shared/l/de", "packages/shared/src/locales/de.ts"),
        ("@mono/shared/src/locales/en", "packages/shared/src/locales/en.ts"),
        ("plain", "packages/plain/main.js"),
        ("plain/deep/x", "packages/plain/deep/x.js"),
        ("io", "packages/import-only/i.js"),
        ("#db/pool", "src/db/pool.js"),
        ("plain/none", "package plain|none"),
    ] {
        assert_eq!(world.resolve("src/a.js", specifier), expected, "{specifier}");
    }
    assert_eq!(world.resolve("packages/shared/src/index.ts", "@mono/shared/l/en"), "packages/shared/src/locales/en.ts");
    let both = ["packages/shared/src/locales/de.ts", "packages/shared/src/locales/en.ts"];
    assert_eq!(world.expand("src/a.js", "@mono/shared/src/locales/{h}"), both);
    assert_eq!(world.expand("src/a.js", "@mono/shared/locales/{h}"), both);
    assert_eq!(world.expand("src/a.js", "@mono/shared/l/{h}"), both);
    assert_eq!(world.expand("src/a.js", "#db/{h}"), ["src/db/pool.js"]);
    let package = world.loader.expand(world.id("src/a.js"), &parts("lodash/{h}"), Mode::Require);
    assert_eq!((package.problem, package.package.as_deref()), (None, Some("lodash")));
}

#[test]
fn tsconfig_paths() {
    let world = world(&[
        ("package.json", "{}"),
        ("tsconfig.base.json", r#"{ /* base */ "compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["src/*"]}} }"#),
        ("tsconfig.json", r#"{"extends": "./tsconfig.base.json"}"#),
        ("src/a.ts", ""),
        ("src/pages/home.tsx", ""),
        (
            "app/tsconfig.json",
            r#"{"extends": "@tsconfig/node20/tsconfig.json", "compilerOptions": {"paths": {"~/*": ["./*"]}}}"#,
        ),
        ("app/x.ts", ""),
        ("node_modules/@tsconfig/node20/package.json", "{}"),
        ("node_modules/@tsconfig/node20/tsconfig.json", r#"{"compilerOptions": {"strict": true}}"#),
        (
            "lone/tsconfig.json",
            r#"{"extends": "../../gone.json", "compilerOptions": {"paths": {"@models": ["./models"]}}}"#,
        ),
        ("lone/models/index.ts", ""),
        ("apart/tsconfig.json", r#"{"include": ["src"], "compilerOptions": {"paths": {"@src/*": ["./src/*"]}}}"#),
        ("apart/src/one.ts", ""),
        ("apart/test/one.test.ts", ""),
        ("apart/plain.js", ""),
        ("js/jsconfig.json", r#"{"compilerOptions": {"baseUrl": "."}}"#),
        ("js/package.json", r#"{"_moduleAliases": {"@lib": "lib", "@lib/one": "other.js"}}"#),
        ("js/lib/one.js", ""),
        ("js/lib/two.js", ""),
        ("js/other.js", ""),
        ("broken/tsconfig.json", r#"{"extends": "./tsconfig.json", "#),
        ("broken/b.ts", ""),
        ("broken/c.ts", ""),
    ]);
    assert_eq!(world.resolve("src/a.ts", "@/pages/home"), "src/pages/home.tsx");
    assert_eq!(world.resolve("src/a.ts", "src/pages/home"), "src/pages/home.tsx");
    assert_eq!(world.expand("src/a.ts", "@/pages/{h}"), ["src/pages/home.tsx"]);
    assert_eq!(world.resolve("apart/test/one.test.ts", "@src/one"), "apart/src/one.ts");
    assert_eq!(world.resolve("apart/plain.js", "@src/one"), "apart/src/one.ts");
    assert_eq!(world.resolve("lone/models/index.ts", "@models"), "lone/models/index.ts");
    assert_eq!(world.resolve("js/other.js", "lib/one"), "js/lib/one.js");
    assert_eq!(world.resolve("js/other.js", "@lib/one"), "js/other.js");
    assert_eq!(world.resolve("js/other.js", "@lib/two"), "js/lib/two.js");
    assert_eq!(world.expand("js/other.js", "@lib/{h}"), ["js/lib/one.js", "js/lib/two.js"]);
    assert_eq!(world.resolve("app/x.ts", "~/x"), "app/x.ts");
    assert_eq!(world.resolve("broken/b.ts", "./c"), "broken/c.ts");
    assert_eq!(world.resolve("broken/b.ts", "express"), "package express|");
}

#[test]
fn patterns() {
    let world = world(&[
        ("a.js", ""),
        ("d/a.js", ""),
        ("d/b.ts", ""),
        ("d/c/index.js", ""),
        ("d/notes.vue", ""),
        ("d/a.test.js", ""),
        ("d/data.json", ""),
        ("deep/x/y/z.js", ""),
        ("deep/index.js", ""),
        ("test/t.js", ""),
        ("mods/m1/index.js", ""),
        ("mods/m2/index.js", ""),
        ("mods/m2/other.js", ""),
    ]);
    for (from, pattern, expected) in [
        ("a.js", "./d/{h}.js", vec!["d/a.js", "d/b.ts"]),
        ("a.js", "./d/{h}", vec!["d/a.js", "d/b.ts", "d/c/index.js", "d/data.json"]),
        ("a.js", "/p/d/{h}", vec!["d/a.js", "d/b.ts", "d/c/index.js", "d/data.json"]),
        ("a.js", "./d/a{h}", vec!["d/a.js"]),
        ("test/t.js", "../d/{h}.js", vec!["d/a.js", "d/a.test.js", "d/b.ts"]),
        ("d/a.js", "./{e}", vec!["d/b.ts", "d/c/index.js", "d/data.json"]),
        ("a.js", "./deep/{t}", vec!["deep/index.js", "deep/x/y/z.js"]),
        ("deep/index.js", "./{t}", vec!["deep/x/y/z.js"]),
        ("a.js", "./deep/x/{h}.js", vec!["deep/x/y/z.js"]),
        ("a.js", "./mods/{h}/index.js", vec!["mods/m1/index.js", "mods/m2/index.js"]),
        ("a.js", "./mods/{e}/other", vec!["mods/m2/other.js"]),
        ("a.js", "./mods/{h}/../m1/index", vec!["mods/m1/index.js"]),
        ("a.js", "./d/{h}.js?v={h}", vec!["d/a.js", "d/b.ts"]),
        ("a.js", "./d/a.js?v={h}", vec!["d/a.js"]),
        ("a.js", "{h}", vec!["UnknownValue"]),
        ("a.js", "{h}/x.js", vec!["UnknownValue"]),
        ("a.js", "./nowhere/{h}", vec!["NoMatch"]),
        ("a.js", "../{h}", vec!["OutsideRoot"]),
        ("a.js", "/{h}", vec!["OutsideRoot"]),
        ("a.js", "plugin-{h}", vec!["UnknownValue"]),
    ] {
        assert_eq!(world.expand(from, pattern), expected, "{pattern} in {from}");
    }
    assert!(has_changing_suffix(&parts("./d/a.js?v={h}")));
    assert!(!has_changing_suffix(&parts("./d/{h}.js?v=1")));
}

#[test]
fn hostile_texts_end_in_an_answer() {
    let world = world(&[
        ("a.js", ""),
        ("d/é.js", ""),
        ("package.json", r##"{"imports": {"#*": "#*", "*": "../*"}, "exports": "./package.json"}"##),
    ]);
    let from = world.id("a.js");
    let pieces = [
        "", "/", "//", ".", "..", "../../..", "é", "@", "@/", "#", "?", "%", "%zz", "file://", "C:/", "node:", "*",
        "(", ")", "é(", "!", "[", "{", "\\", "\0",
    ];
    for first in pieces {
        for second in pieces {
            let text = format!("{first}{second}");
            let _ = world.loader.resolve(from, &text, Mode::Import);
            let _ = crate::modules::glob::patterns(&format!("{second}**{first}"));
            let _ = world.loader.file_beside(from, &text);
            for part in [PatternPart::Hole, PatternPart::Entry, PatternPart::Tree, PatternPart::Folders] {
                let pattern = [PatternPart::Text(text.clone()), part.clone(), PatternPart::Text(second.into()), part];
                let _ = world.loader.expand(from, &pattern, Mode::Require);
                let _ = has_changing_suffix(&pattern);
            }
        }
    }
}

#[test]
fn too_many_files_are_none() {
    let names: Vec<String> = (0..=super::EXPANSION_LIMIT).map(|number| format!("d/{number}.js")).collect();
    let mut files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    files.push(("a.js", ""));
    let world = world(&files);
    let expansion = world.loader.expand(world.id("a.js"), &parts("./d/{h}"), Mode::Import);
    assert_eq!((expansion.files.len(), expansion.problem), (0, Some(Reason::TooMany)));
}

#[cfg(unix)]
#[test]
fn links_lead_to_the_real_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("it is there");
    std::fs::create_dir_all(root.join("node_modules")).expect("a folder");
    std::fs::create_dir_all(root.join("real")).expect("a folder");
    std::fs::write(root.join("real/package.json"), r#"{"name": "other", "main": "a.js"}"#).expect("a file");
    std::fs::write(root.join("real/a.js"), "").expect("a file");
    for link in ["alias", "node_modules/shared"] {
        std::os::unix::fs::symlink(root.join("real"), root.join(link)).expect("a link");
    }
    let project = load(&LoadRequest { root: Some(root), ..LoadRequest::default() }, &Disk).expect("the project loads");
    let loader = Loader::new(&project, Arc::new(Disk));
    let world = World { project, loader };
    assert_eq!(world.resolve("real/a.js", "../alias/a"), "real/a.js");
    assert_eq!(world.resolve("real/a.js", "shared"), "real/a.js");
    assert_eq!(world.resolve("real/a.js", "shared/a.js"), "real/a.js");
    assert_eq!(world.expand("real/a.js", "../alias/{h}.js"), ["real/a.js"]);
}

#[test]
fn followed_packages_are_files() {
    let memory = [
        ("/p/a.js", ""),
        ("/p/node_modules/x/package.json", r#"{"name": "x", "exports": {"import": "./m.mjs", "require": "./c.js"}}"#),
        ("/p/node_modules/x/m.mjs", ""),
        ("/p/node_modules/x/c.js", ""),
        ("/p/node_modules/y/package.json", r#"{"name": "y"}"#),
        ("/p/node_modules/y/index.js", ""),
    ]
    .iter()
    .fold(Memory::new(), |memory, (path, text)| memory.with(*path, *text));
    let request = LoadRequest {
        working_directory: "/p".into(),
        root: Some("/p".into()),
        follow_dependencies: vec!["x".into()],
        ..LoadRequest::default()
    };
    let project = load(&request, &memory).expect("the project loads");
    let loader = Loader::new(&project, Arc::new(memory));
    let world = World { project, loader };
    assert_eq!(world.resolve_as("a.js", "x", Mode::Import), "node_modules/x/m.mjs");
    assert_eq!(world.resolve_as("a.js", "x", Mode::Require), "node_modules/x/c.js");
    assert_eq!(world.resolve("a.js", "y"), "package y|");
    assert_eq!(world.expand("a.js", "./{t}"), ["NoMatch"]);
}

/// In pnpm's store each package lies once for each version, and all who depend on it have a link to it.
#[cfg(unix)]
#[test]
fn a_store_of_links_is_read_by_real_paths() {
    use std::os::unix::fs::symlink;

    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("it is there");
    let store = root.join("node_modules/.pnpm");
    for (version, helper) in [("1", "1"), ("2", "1")] {
        let package = store.join(format!("x@{version}/node_modules/x"));
        std::fs::create_dir_all(&package).expect("a folder");
        std::fs::write(package.join("package.json"), r#"{"name": "x", "main": "x.js"}"#).expect("a file");
        std::fs::write(package.join("x.js"), "require('helper');").expect("a file");
        let beside = store.join(format!("x@{version}/node_modules/helper"));
        symlink(store.join(format!("helper@{helper}/node_modules/helper")), beside).expect("a link");
    }
    let helper = store.join("helper@1/node_modules/helper");
    std::fs::create_dir_all(&helper).expect("a folder");
    std::fs::write(helper.join("package.json"), r#"{"name": "helper"}"#).expect("a file");
    std::fs::write(helper.join("index.js"), "").expect("a file");
    std::fs::write(root.join("package.json"), r#"{"workspaces": ["packages/*"]}"#).expect("a file");
    for (name, version) in [("a", "1"), ("b", "2"), ("c", "1")] {
        let package = root.join("packages").join(name);
        std::fs::create_dir_all(package.join("node_modules")).expect("a folder");
        std::fs::write(package.join("package.json"), r#"{"dependencies": {"x": "*"}}"#).expect("a file");
        std::fs::write(package.join("main.js"), "require('x');").expect("a file");
        let target = store.join(format!("x@{version}/node_modules/x"));
        symlink(target, package.join("node_modules/x")).expect("a link");
    }
    let follow_dependencies = vec!["*".to_owned()];
    let request = LoadRequest { root: Some(root), follow_dependencies, ..LoadRequest::default() };
    let project = load(&request, &Disk).expect("the project loads");
    let loader = Loader::new(&project, Arc::new(Disk));
    let world = World { project, loader };
    let (first, second) = ("node_modules/.pnpm/x@1/node_modules/x/x.js", "node_modules/.pnpm/x@2/node_modules/x/x.js");
    assert_eq!(world.resolve("packages/a/main.js", "x"), first);
    assert_eq!(world.resolve("packages/b/main.js", "x"), second);
    assert_eq!(world.resolve("packages/c/main.js", "x"), first);
    let helper = "node_modules/.pnpm/helper@1/node_modules/helper/index.js";
    assert_eq!(world.resolve(first, "helper"), helper);
    assert_eq!(world.resolve(second, "helper"), helper);
}

#[test]
fn other_letters_are_said() {
    let world = world(&[("a.js", ""), ("lib/Thing.js", ""), ("lib/Folder/index.ts", "")]);
    for specifier in ["./lib/thing", "./Lib/Thing.js", "./lib/folder"] {
        assert_eq!(world.resolve("a.js", specifier), "OtherCase", "{specifier}");
    }
    assert_eq!(world.resolve("a.js", "./lib/things"), "NoMatch");
}
