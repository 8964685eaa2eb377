//! Configuration and manifests: wrong, in circles, enormous, or a link to what is nobody's business.

use std::fs;

use super::{check, project, reason_of, survived};
use crate::support::write_project;

/// What stands in the file that must not be told.
const SECRET: &str = "password = hunter2\n";

#[test]
fn a_configuration_that_cannot_be_used_is_wrong_use() {
    let circle = r#"{"extends": "./b.json"}"#;
    let fan = |to: usize| format!(r#"{{"extends": ["./fan{to}.json", "./fan{to}.json"]}}"#);
    let mut fans: Vec<(String, String)> = (0..30).map(|index| (format!("fan{index}.json"), fan(index + 1))).collect();
    fans.push(("fan30.json".to_owned(), "{}".to_owned()));
    let long_key = format!("{{\"{}\": 1}}", "a".repeat(100_000));
    let deep = "[".repeat(100_000);
    for config in [
        "null",
        "1",
        "\"x\"",
        "[]",
        "",
        "{",
        "{\"rules\": 1}",
        "{\"rules\": {\"unbounded-growth\": 1}}",
        "{\"rules\": {\"\\u001b[31m\": \"off\"}}",
        "{\"ignore\": {}}",
        "{\"ignore\": [1]}",
        "{\"extends\": 1}",
        "{\"extends\": \"./modleak.json\"}",
        "{\"extends\": \"https://example.com/a.json\"}",
        "{\"extends\": \"/etc/hostname\"}",
        "{\"models\": [\"/etc/hostname\"]}",
        "{\"overrides\": [{\"files\": 1}]}",
        "{\"outputFile\": \"x\"}",
        "{\"cacheDir\": \"x\"}",
        circle,
        &fan(0),
        &long_key,
        &deep,
    ] {
        let folder = project();
        write_project(folder.path(), [("modleak.json", config), ("b.json", r#"{"extends": "./modleak.json"}"#)]);
        write_project(folder.path(), fans.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        let output = check(folder.path(), &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{config:.60}: {said:.300}");
        assert!(output.stdout.is_empty() && !said.contains('\u{1b}'), "{said:.300}");
        assert!(said.contains("modleak.json:") || said.contains(".json:1:"), "it has a place: {said:.300}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_a_secret_is_neither_followed_nor_quoted() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().expect("there is room for a file");
    let secret = outside.path().join("secret");
    fs::write(&secret, SECRET).expect("a file can be made");
    for name in ["modleak.json", "modleak.jsonc", "package.json", "tsconfig.json", ".gitignore", "pnpm-workspace.yaml"]
    {
        let folder = project();
        let link = folder.path().join(name);
        let _ = fs::remove_file(&link);
        symlink(&secret, &link).expect("a link can be made");
        let output = check(folder.path(), &["--format", "json"]);
        let report = survived(&output);
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!said.contains("hunter2") && !said.contains("password"), "{name}: {said}");
        if name.starts_with("modleak") || name == "package.json" {
            assert_eq!(reason_of(&report, name).as_deref(), Some("outside-root"), "{name}");
        }
    }
}

#[test]
fn manifests_are_read_with_patience() {
    let long = format!("{{\"name\": \"{}\"}}", "a".repeat(1_000_000));
    let huge = format!("{{\"x\": \"{}\"}}", "y".repeat(5_000_000));
    let many = format!("{{\"exports\": {{{}}}}}", "\"./e\": \"./e.js\", ".repeat(50_000) + "\".\": \"./app.js\"");
    let deep = format!("{}1{}", "{\"exports\":".repeat(100_000), "}".repeat(100_000));
    for manifest in [
        "null",
        "[]",
        "1",
        "",
        "{",
        "{\"name\": 1, \"main\": {}, \"exports\": 1, \"bin\": [1], \"workspaces\": 1}",
        "{\"main\": \"../../../etc/passwd\"}",
        "{\"workspaces\": [\"**/**/**/**\", \"../*\", \"/\", \"[\"]}",
        "{\"exports\": {\"./*\": \"./*/*/*\"}}",
        "{\"imports\": {\"#a\": \"#b\", \"#b\": \"#a\"}}",
        "{\"main\": \"./\\u0000\"}",
        "{\"name\": \"\\ud800\"}",
        "{\"main\": \".\"}",
        &long,
        &huge,
        &many,
        &deep,
    ] {
        let folder = project();
        write_project(folder.path(), [("package.json", manifest)]);
        survived(&check(folder.path(), &["--format", "json"]));
    }
}

#[test]
fn tsconfigs_are_read_with_patience() {
    let app = "import x from '@a/b';\nimport('./app');\n";
    let deep = "{\"a\":".repeat(100_000);
    for config in [
        "null",
        "[]",
        "",
        "{",
        "{\"compilerOptions\": 1}",
        "{\"compilerOptions\": {\"paths\": 1, \"baseUrl\": []}}",
        "{\"extends\": \"./tsconfig.json\"}",
        "{\"extends\": \"./b.json\"}",
        "{\"extends\": \"/etc/hostname\"}",
        "{\"references\": [{\"path\": \".\"}]}",
        "{\"compilerOptions\": {\"baseUrl\": \"../../../..\"}}",
        &deep,
    ] {
        let folder = project();
        let other = "{\"extends\": \"./tsconfig.json\"}";
        write_project(folder.path(), [("tsconfig.json", config), ("b.json", other), ("a.ts", app)]);
        survived(&check(folder.path(), &["--format", "json"]));
    }
}

#[test]
fn a_path_to_write_is_taken_from_no_file_of_the_project() {
    let folder = project();
    let before = crate::support::files_below(folder.path());
    survived(&check(folder.path(), &["--format", "json"]));
    assert_eq!(crate::support::files_below(folder.path()), before, "a run writes nothing into the project");
}
