//! The same input gives the same bytes, and damaged input never ends the run.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::support::{
    assert_none, bears_marks, files_below, fixtures, modleak, on_two_threads, read_lossy, run, write_project,
};

fn check(folder: &Path, arguments: &[&str]) -> Output {
    run(modleak()
        .args(["check", "--no-cache", "--format", "json"])
        .args(arguments)
        .arg("--root")
        .arg(folder)
        .arg(folder))
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let wrong = on_two_threads(&fixtures(), |folder| {
        let first = check(folder, &["--threads", "1"]).stdout;
        let same = ["2", "8"].iter().all(|threads| check(folder, &["--threads", threads]).stdout == first);
        if same && !first.is_empty() { Vec::new() } else { vec![format!("{}: not the same bytes", folder.display())] }
    });
    assert_none("threads", &wrong);
}

#[test]
fn the_working_directory_changes_only_the_root() {
    let wrong = on_two_threads(&fixtures(), |folder| {
        let outside = check(folder, &[]).stdout;
        let mut command = modleak();
        command.current_dir(folder).args(["check", "--no-cache", "--format", "json", "--root", ".", "."]);
        let inside = run(&mut command).stdout;
        match (without_root(&outside), without_root(&inside)) {
            (Some(outside), Some(inside)) if outside == inside => Vec::new(),
            _ => vec![format!("{}: not the same report", folder.display())],
        }
    });
    assert_none("working directory", &wrong);
}

fn without_root(json: &[u8]) -> Option<Value> {
    let mut value: Value = serde_json::from_slice(json).ok()?;
    value.as_object_mut()?.remove("root")?;
    Some(value)
}

#[test]
fn a_warm_cache_changes_no_byte() {
    let cache = tempfile::tempdir().expect("there is room for a cache");
    let wrong = on_two_threads(&fixtures(), |folder| {
        let cold = check(folder, &[]).stdout;
        let cached = || {
            let mut command = modleak();
            command.args(["check", "--format", "json", "--cache-dir"]).arg(cache.path());
            run(command.arg("--root").arg(folder).arg(folder)).stdout
        };
        let same = cached() == cold && cached() == cold;
        if same { Vec::new() } else { vec![format!("{}: the cache changes the report", folder.display())] }
    });
    assert_none("cache", &wrong);
}

#[test]
fn damaged_input_never_ends_the_run() {
    let variants: Vec<_> =
        fixtures().into_iter().flat_map(|folder| (0..3).map(move |seed| (folder.clone(), seed))).collect();
    let wrong = on_two_threads(&variants, |(folder, seed)| {
        let damaged = tempfile::tempdir().expect("there is room for a project");
        for file in files_below(folder) {
            let text = read_lossy(&folder.join(&file));
            let text = if bears_marks(&file) { damage(&text, *seed) } else { text };
            write_project(damaged.path(), [(file.as_str(), text.as_str())]);
        }
        let output = check(damaged.path(), &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        let report = String::from_utf8_lossy(&output.stdout);
        let ended_well = matches!(output.status.code(), Some(0..=2));
        if ended_well && !said.contains("panicked") && !report.contains("panicked") {
            return Vec::new();
        }
        vec![format!("{} (variant {seed}): {}: {}", folder.display(), output.status, said.trim())]
    });
    assert_none("damaged input", &wrong);
}

/// Cuts a text, or changes some of its characters; the same seed does the same.
fn damage(text: &str, seed: u64) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9) + characters.len() as u64);
    if characters.is_empty() {
        return String::new();
    }
    if seed == 0 {
        characters.truncate(random.below(characters.len()));
        return characters.into_iter().collect();
    }
    let replacements: Vec<char> = "(){}[]`'\",;:.=>?/*\\#@ \n0aé\u{0}".chars().collect();
    for _ in 0..=characters.len() / 200 {
        let at = random.below(characters.len());
        characters[at] = replacements[random.below(replacements.len())];
        let (from, to) = (random.below(characters.len()), random.below(characters.len()));
        characters.swap(from, to);
    }
    characters.into_iter().collect()
}

/// A linear congruential generator: enough to damage a text, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }
}
