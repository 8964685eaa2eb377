//! Facts kept between runs never change a report.

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

fn only_file(cache: &Path) -> PathBuf {
    let files = files_below(cache);
    assert_eq!(files.len(), 1, "one file for a project: {files:?}");
    cache.join(&files[0])
}

#[test]
fn cold_and_warm_runs_give_the_same_bytes() {
    let (_folder, project, cache) = world();
    let without = report(&project, &["--no-cache"], None);
    for _ in 0..2 {
        assert!(report(&project, &[], Some(&cache)) == without, "the cache changes the report");
    }
    let before = fs::read(only_file(&cache)).expect("it is there");
    report(&project, &[], Some(&cache));
    assert!(fs::read(only_file(&cache)).expect("it is there") == before, "nothing has changed");
    fs::write(project.join("new.js"), "export const list = [];\n").expect("there is room");
    let without = report(&project, &["--no-cache"], None);
    assert!(report(&project, &[], Some(&cache)) == without, "a new file is seen");
}

#[test]
fn a_damaged_cache_is_no_cache() {
    let (_folder, project, cache) = world();
    let without = report(&project, &[], Some(&cache));
    let file = only_file(&cache);
    let whole = fs::read(&file).expect("it is there");
    let cut = whole[..whole.len() / 2].to_vec();
    let flipped: Vec<u8> = whole.iter().map(|byte| byte ^ 1).collect();
    for damage in [Vec::new(), b"something else".to_vec(), cut, flipped] {
        fs::write(&file, damage).expect("there is room");
        assert!(report(&project, &[], Some(&cache)) == without, "damage changes the report");
        assert!(fs::read(&file).expect("it is there").len() == whole.len(), "it is mended");
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
