use std::path::{Path, PathBuf};

use crate::project::file_system::Memory;
use crate::project::{ConfigChoice, Level, LoadRequest, Project, ProjectError, load};

fn request() -> LoadRequest {
    LoadRequest {
        working_directory: "/p".into(),
        rule_names: vec!["unbounded-growth".into(), "listener-leak".into()],
        ..LoadRequest::default()
    }
}

fn memory(files: &[(&str, &str)]) -> Memory {
    let mut memory = Memory::new().with("/p/.git/HEAD", "").with("/p/a.js", "").with("/p/package.json", "{}");
    for (path, text) in files {
        memory.insert(Path::new("/p").join(path), *text);
    }
    memory
}

fn project(files: &[(&str, &str)]) -> Project {
    load(&request(), &memory(files)).expect("the configuration is right")
}

fn error(config: &str) -> ProjectError {
    load(&request(), &memory(&[("modleak.jsonc", config)])).expect_err("the configuration is wrong")
}

fn paths(project: &Project) -> Vec<&str> {
    project.files.iter().map(|file| file.path.as_str()).filter(|path| !path.ends_with("json")).collect()
}

#[test]
fn levels_by_file() {
    let project = project(&[
        (
            "modleak.jsonc",
            "{ // why\n \"extends\": [\"shared\"], \"rules\": {\"listener-leak\": \"info\"},\n \"overrides\": [{\"files\": [\"src/**\"], \"rules\": {\"listener-leak\": \"off\"}}], }",
        ),
        (
            "node_modules/shared/package.json",
            r#"{"modleak": {"rules": {"unbounded-growth": "warning", "listener-leak": "error"}}}"#,
        ),
        ("src/b.js", ""),
        ("packages/c/modleak.json", r#"{"extends": "../../base"}"#),
        ("packages/c/c.js", ""),
        ("base.json", r#"{"rules": {"listener-leak": "warning"}}"#),
    ]);
    let level = |rule, path| project.config.severity_of(rule, path);
    assert_eq!(level("listener-leak", "a.js"), Some(Level::Info));
    assert_eq!(level("listener-leak", "src/b.js"), Some(Level::Off));
    assert_eq!(level("unbounded-growth", "src/b.js"), Some(Level::Warning));
    assert_eq!(level("listener-leak", "packages/c/c.js"), Some(Level::Warning));
    assert_eq!(level("unbounded-growth", "packages/c/c.js"), None);
    assert_eq!(project.config.effective("src/b.js", &[])["rules"]["listener-leak"], "off");
}

#[test]
fn globs_of_files() {
    let project = project(&[
        (
            "modleak.json",
            r#"{"ignore": ["vendor", "*.gen.js", "/lib/x.js"], "tests": ["checks/**"], "entries": ["a.js"]}"#,
        ),
        ("src/vendor/x.js", ""),
        ("src/y.gen.js", ""),
        ("lib/x.js", ""),
        ("src/lib/x.js", ""),
        ("checks/z.js", ""),
    ]);
    assert_eq!(paths(&project), ["a.js", "checks/z.js", "src/lib/x.js"]);
    assert!(project.files.iter().any(|file| file.path == "checks/z.js" && file.is_test));
    assert!(project.config.is_entry("a.js"));
}

#[test]
fn errors_have_a_place_and_quote_nothing() {
    for (config, line, column, message, help) in [
        ("{\n  \"rule\": {}}", 2, 3, "unknown key", "`rules`"),
        ("{\"rules\": {\"listner-leak\": \"off\"}}", 1, 12, "unknown rule", "`listener-leak`"),
        ("{\"rules\": {\"secret\": \"off\"}}", 1, 12, "unknown rule", "known are"),
        ("{\"rules\": {\"listener-leak\": \"warn\"}}", 1, 29, "level", ""),
        ("{\"ignore\": \"x\"}", 1, 12, "list of strings", ""),
        ("{\"ignore\": [\"a{\"]}", 1, 13, "glob", ""),
        ("[]", 1, 1, "object", ""),
        ("{\"extends\": \"./nothing\"}", 1, 13, "not there", ""),
        ("{\"extends\": \"./modleak.jsonc\"}", 1, 13, "circle", ""),
        ("{\"models\": [\"m.jsonc\"]}", 1, 13, "no such file", ""),
        ("password=secret", 1, 1, "not valid JSON", ""),
        ("{\"overrides\": [{\"rules\": {}}]}", 1, 16, "`files`", ""),
    ] {
        let error = error(config);
        let text = error.to_string();
        assert_eq!(error.place, Some((PathBuf::from("/p/modleak.jsonc"), line, column)), "{config}: {text}");
        assert!(text.contains(message) && text.contains(help), "{config}: {text}");
        assert!(!text.contains("secret"), "{text}");
    }
    assert!(error(&"[".repeat(100_000)).message.contains("not valid JSON"));
}

#[test]
fn nothing_outside_the_repository_is_extended() {
    let files = memory(&[("modleak.json", r#"{"extends": "../outside.json"}"#)]).with("/outside.json", "{}");
    let error = load(&request(), &files).expect_err("outside");
    assert!(error.message.contains("outside the repository"), "{error}");
    let none = LoadRequest { config: ConfigChoice::Nothing, ..request() };
    assert!(load(&none, &files).is_ok());
}

#[test]
fn models_are_kept_as_text() {
    let project = project(&[("modleak.json", r#"{"models": ["./models/own.jsonc"]}"#), ("models/own.jsonc", "// x")]);
    let models: Vec<_> = project.config.models().cloned().collect();
    assert_eq!(models, [("models/own.jsonc".to_string(), "// x".to_string())]);
}

#[test]
fn configuration_above_the_root() {
    let mut request = request();
    request.root = Some("/p/packages/c".into());
    let files = memory(&[
        ("modleak.json", r#"{"overrides": [{"files": ["packages/c/src"], "rules": {"listener-leak": "off"}}]}"#),
        ("packages/c/src/c.js", ""),
    ]);
    let project = load(&request, &files).expect("loads");
    assert_eq!(project.config.severity_of("listener-leak", "src/c.js"), Some(Level::Off));
}
