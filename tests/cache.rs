//! What is kept between runs never changes a report.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use tempfile::TempDir;

use crate::support::{files_below, modleak, repository, run};

/// A copy of a fixture's files, and a place for a cache.
fn world() -> (TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().expect("there is room for a project");
    let (project, cache) = (folder.path().join("project"), folder.path().join("cache"));
    let fixture = repository().join("fixtures/supported-extensions");
    for file in files_below(&fixture) {
        let target = project.join(&file);
        fs::create_dir_all(target.parent().expect("it lies in a folder")).expect("there is room");
        fs::copy(fixture.join(&file), target).expect("it can be copied");
    }
    (folder, project, cache)
}

fn report(project: &Path, options: &[&str], cache: Option<&Path>) -> Vec<u8> {
    let mut command = modleak();
    command.args(["check", "--format", "json"]).args(options);
    if let Some(cache) = cache {
        command.arg("--cache-dir").arg(cache);
    }
    let Output { stdout, stderr, status } = run(command.arg("--root").arg(project).arg(project));
    assert_eq!(status.code(), Some(1), "{}", String::from_utf8_lossy(&stderr));
    assert!(!String::from_utf8_lossy(&stderr).contains("cache"), "nothing is said of the cache");
    stdout
}

/// The file of facts, and the one of the last run.
fn kept_files(cache: &Path) -> [PathBuf; 2] {
    let files = files_below(cache);
    assert_eq!(files.len(), 2, "two files for a project: {files:?}");
    let file = |ending: &str| cache.join(files.iter().find(|file| file.ends_with(ending)).expect("it is there"));
    [file(".facts"), file(".run")]
}

#[test]
fn cold_and_warm_runs_give_the_same_bytes() {
    let (_folder, project, cache) = world();
    let without = report(&project, &["--no-cache"], None);
    for _ in 0..2 {
        assert!(report(&project, &[], Some(&cache)) == without, "the cache changes the report");
    }
    let contents = || kept_files(&cache).map(|file| fs::read(file).expect("it is there"));
    let before = contents();
    report(&project, &[], Some(&cache));
    assert!(contents() == before, "nothing has changed");
    fs::remove_file(&kept_files(&cache)[1]).expect("it is there");
    assert!(report(&project, &[], Some(&cache)) == without, "facts alone change the report");
    assert!(contents() == before, "a run with known facts reads what one without reads");
    fs::write(project.join("new.js"), "export const list = [];\n").expect("there is room");
    let without = report(&project, &["--no-cache"], None);
    assert!(report(&project, &[], Some(&cache)) == without, "a new file is seen");
}

#[test]
fn a_damaged_cache_is_no_cache() {
    let (_folder, project, cache) = world();
    let without = report(&project, &[], Some(&cache));
    let [facts, last] = kept_files(&cache);
    for file in [&facts, &last] {
        let whole = fs::read(file).expect("it is there");
        let cut = whole[..whole.len() / 2].to_vec();
        let flipped: Vec<u8> = whole.iter().map(|byte| byte ^ 1).collect();
        let mut one = whole.clone();
        one[whole.len() / 3] ^= 0x10;
        for damage in [Vec::new(), b"something else".to_vec(), cut, flipped, one] {
            fs::write(file, damage).expect("there is room");
            if *file == facts {
                // A last run that holds needs no facts.
                fs::remove_file(&last).expect("it is there");
            }
            assert!(report(&project, &[], Some(&cache)) == without, "damage changes the report");
            assert!(fs::read(file).expect("it is there").len() == whole.len(), "it is mended");
        }
    }
}

/// Whatever a run reads may decide what it finds: each change is seen, and seen to be taken back.
#[test]
fn a_change_of_anything_that_was_read_is_seen() {
    let (_folder, project, cache) = world();
    let first = a_source(&project);
    let text = fs::read_to_string(project.join(&first)).expect("it is text");
    let shorter = text.replacen("const", "  var", 1);
    assert!(shorter.len() == text.len() && shorter != text, "a change that keeps the length");
    let changes = [
        (first.as_str(), shorter.as_str()),
        ("added/index.js", "const seen = [];\nexports.add = (x) => { seen.push(x); };\n"),
        ("modleak.json", "{\"rules\": {\"unbounded-growth\": \"off\"}}"),
        (".gitignore", "*.js\n!index.js\n"),
        ("tsconfig.json", "{\"compilerOptions\": {\"baseUrl\": \".\"}}"),
        ("added/package.json", "{\"name\": \"added\", \"main\": \"index.js\"}"),
    ];
    let whole = read_all(&project, Some(&cache));
    for (file, text) in changes {
        let file = project.join(file);
        let before = fs::read(&file).ok();
        fs::create_dir_all(file.parent().expect("it lies in a folder")).expect("there is room");
        fs::write(&file, text).expect("there is room");
        for _ in 0..2 {
            assert!(read_all(&project, Some(&cache)) == read_all(&project, None), "{}", file.display());
        }
        match before {
            Some(before) => fs::write(&file, before).expect("there is room"),
            None => fs::remove_file(&file).expect("it is there"),
        }
    }
    let _ = fs::remove_dir(project.join("added"));
    assert!(read_all(&project, Some(&cache)) == whole);
}

fn a_source(project: &Path) -> String {
    let is_source = |file: &String| Path::new(file).extension().is_some_and(|it| it == "js");
    files_below(project).into_iter().find(is_source).expect("there is a source")
}

/// A run's output and status, whatever they are.
fn read_all(project: &Path, cache: Option<&Path>) -> (Vec<u8>, Option<i32>) {
    let mut command = modleak();
    command.args(["check", "--format", "json"]);
    match cache {
        Some(cache) => command.arg("--cache-dir").arg(cache),
        None => command.arg("--no-cache"),
    };
    let Output { stdout, status, .. } = run(command.arg("--root").arg(project).arg(project));
    (stdout, status.code())
}

/// Options of the report are applied to what was found, whoever found it; PATHs too.
#[test]
fn the_options_of_a_report_are_not_kept() {
    let (_folder, project, cache) = world();
    report(&project, &[], Some(&cache));
    let file = a_source(&project);
    for options in [vec!["--min-confidence", "high"], vec!["--rule", "unbounded-growth=off"], vec![file.as_str()]] {
        let run_with = |cache: Option<&Path>| {
            let mut command = modleak();
            command.current_dir(&project).args(["check", "--format", "json"]).args(&options);
            match cache {
                Some(cache) => command.arg("--cache-dir").arg(cache),
                None => command.arg("--no-cache"),
            };
            run(&mut command).stdout
        };
        let without = run_with(None);
        for _ in 0..2 {
            assert!(run_with(Some(&cache)) == without, "{options:?}");
        }
    }
}

#[test]
fn two_runs_at_once_give_what_one_gives() {
    let (_folder, project, cache) = world();
    let without = report(&project, &["--no-cache"], None);
    for _ in 0..3 {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert!(report(&project, &[], Some(&cache)) == without));
            }
        });
        for file in files_below(&cache) {
            fs::remove_file(cache.join(file)).expect("it is there");
        }
    }
}

#[test]
fn a_cache_that_has_no_place_is_no_error() {
    let (folder, project, _) = world();
    let taken = folder.path().join("taken");
    fs::write(&taken, "no folder").expect("there is room");
    let without = report(&project, &["--no-cache"], None);
    assert!(report(&project, &[], Some(&taken.join("cache"))) == without);
}

/// Whoever is the machine's administrator may write everywhere: then this says nothing.
#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_to_is_no_error() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, project, cache) = world();
    fs::create_dir_all(&cache).expect("there is room");
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o555)).expect("it is ours");
    let without = report(&project, &["--no-cache"], None);
    assert!(report(&project, &[], Some(&cache)) == without);
}
