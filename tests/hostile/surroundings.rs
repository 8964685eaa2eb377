//! A machine that has run out of something, and the same report wherever, however often and in what order.

#![cfg(unix)]

use std::fs;
use std::process::Command;

use super::{LEAK, check, project, survived};
use crate::support::{modleak, run};

/// Runs the program in a shell that first does something to its surroundings.
fn in_shell(before: &str, after: &str) -> (Option<i32>, String) {
    let folder = project();
    let script = format!("{before}; exec \"$0\" check --no-cache --format json --root \"$1\" \"$1\" {after}");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_modleak")]).arg(folder.path());
    let output = command.output().expect("there is a shell");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said() {
    let (code, said) = in_shell(":", "> /dev/full");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("could not be written"), "{said}");
    let folder = project();
    let output = check(folder.path(), &["--format", "json=/dev/full"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn closed_streams_are_no_reason_to_fall_over() {
    for after in [">&-", "2>&-", "<&-", ">&- 2>&- <&-", "| head -c 1 > /dev/null"] {
        let (code, said) = in_shell(":", after);
        assert!(matches!(code, Some(0..=2)), "{after}: {code:?}");
        assert!(!said.contains("error of modleak itself") && !said.contains("Broken pipe"), "{after}: {said}");
    }
}

#[test]
fn few_files_may_be_open() {
    for limit in [6, 8, 16] {
        let (code, said) = in_shell(&format!("ulimit -n {limit}"), "> /dev/null");
        assert!(matches!(code, Some(1 | 2)), "{limit}: {code:?} {said}");
        assert!(!said.contains("error of modleak itself"), "{limit}: {said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn threads_that_cannot_be_had_are_said() {
    let (code, said) = in_shell("ulimit -v 400000", "> /dev/null");
    assert!(matches!(code, Some(1 | 2)), "{code:?} {said}");
    assert!(!said.contains("error of modleak itself"), "{said}");
}

#[test]
fn a_working_directory_that_is_gone_is_said() {
    let script = "cd \"$1\" && mkdir gone && cd gone && rmdir ../gone && exec \"$0\" check --no-cache .";
    let folder = project();
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_modleak")]).arg(folder.path());
    let output = command.output().expect("there is a shell");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("working directory"));
}

#[test]
fn the_report_is_the_same_wherever_and_however() {
    let names: Vec<String> = (0..80).map(|index| format!("m{}/file{index}.js", index % 7)).collect();
    let mut reports = Vec::new();
    for is_reversed in [false, true] {
        let folder = project();
        let mut order: Vec<&String> = names.iter().collect();
        if is_reversed {
            order.reverse();
        }
        for name in order {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().expect("it lies in a folder")).expect("a folder can be made");
            fs::write(file, LEAK).expect("a file can be made");
        }
        for threads in ["1", "2", "3", "8", "64"] {
            let mut command = modleak();
            command.current_dir(folder.path());
            command.args(["check", "--no-cache", "--format", "json", "--threads", threads, "."]);
            let output = run(&mut command);
            survived(&output);
            reports.push(output.stdout);
        }
    }
    reports.dedup();
    assert_eq!(reports.len(), 1);
}
