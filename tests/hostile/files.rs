//! Files that are none, that lead elsewhere, or that hold something else than their name says.

use std::fs;

use super::{LEAK, check, incomplete, project, reason_of, survived};

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_never_opened() {
    use std::os::unix::fs::symlink;
    let folder = project();
    let at = |name: &str| folder.path().join(name);
    let made = std::process::Command::new("mkfifo").arg(at("pipe.js")).status();
    let has_pipe = made.is_ok_and(|status| status.success());
    let _socket = std::os::unix::net::UnixListener::bind(at("socket.js")).expect("a socket can be made");
    for (target, link) in [
        ("/nowhere/at/all", "dangling.js"),
        ("/etc/hostname", "outside.js"),
        ("/etc", "outside"),
        ("/dev/zero", "zero.js"),
        ("circle-b.js", "circle-a.js"),
        ("circle-a.js", "circle-b.js"),
        (".", "itself"),
        ("app.js", "other-name.js"),
    ] {
        symlink(target, at(link)).expect("a link can be made");
    }
    fs::hard_link(at("app.js"), at("hard.js")).expect("a hard link can be made");
    let report = survived(&check(folder.path(), &["--format", "json"]));
    for (file, reason) in [
        ("socket.js", "unreadable"),
        ("dangling.js", "unreadable"),
        ("circle-a.js", "unreadable"),
        ("outside.js", "outside-root"),
        ("outside", "outside-root"),
        ("zero.js", "outside-root"),
    ] {
        assert_eq!(reason_of(&report, file).as_deref(), Some(reason), "{file}");
    }
    if has_pipe {
        assert_eq!(reason_of(&report, "pipe.js").as_deref(), Some("unreadable"));
    }
    assert_eq!(report["summary"]["errors"], 2, "a hard link is a file of its own, a link is not");
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = project();
    for name in ["secret.js", "hidden/a.js"] {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().expect("it lies in a folder")).expect("a folder can be made");
        fs::write(&file, "a()").expect("a file can be made");
    }
    let forbid = |name: &str, mode| fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode));
    forbid("secret.js", 0).expect("it is ours");
    forbid("hidden", 0).expect("it is ours");
    // Who may read everything sees no difference.
    let may_read_all = fs::read(folder.path().join("secret.js")).is_ok();
    let report = survived(&check(folder.path(), &["--format", "json"]));
    forbid("hidden", 0o700).expect("it is ours");
    if !may_read_all {
        assert_eq!(reason_of(&report, "secret.js").as_deref(), Some("unreadable"));
        assert_eq!(reason_of(&report, "hidden").as_deref(), Some("unreadable"));
    }
}

#[test]
fn encodings_and_line_ends_are_understood_or_named() {
    let folder = project();
    let utf16 = |mark: [u8; 2], unit: fn(u16) -> [u8; 2]| {
        let mut bytes = mark.to_vec();
        bytes.extend(LEAK.encode_utf16().flat_map(unit));
        bytes
    };
    let understood: &[(&str, Vec<u8>)] = &[
        ("mark.js", format!("\u{feff}{LEAK}").into_bytes()),
        ("windows.js", LEAK.replace('\n', "\r\n").into_bytes()),
        ("old-mac.js", LEAK.replace('\n', "\r").into_bytes()),
        ("separators.js", LEAK.replace('\n', "\u{2028}").into_bytes()),
        ("hashbang.js", format!("#!/usr/bin/env node\n{LEAK}").into_bytes()),
    ];
    let named: &[(&str, Vec<u8>, &str)] = &[
        ("little.js", utf16([0xff, 0xfe], u16::to_le_bytes), "not-text"),
        ("big.js", utf16([0xfe, 0xff], u16::to_be_bytes), "not-text"),
        ("latin.js", b"x = '\xe9'".to_vec(), "not-text"),
        ("nul.js", b"x = 1;\0".to_vec(), "not-text"),
        ("film.ts", (0..40_000_u32).map(|it| u8::try_from(it * 71 % 256).expect("a byte")).collect(), "not-text"),
        ("data.js", b"{\"a\": 1}".to_vec(), "syntax-error"),
        ("page.js", b"<!DOCTYPE html><html>".to_vec(), "syntax-error"),
        ("conflict.js", b"<<<<<<< ours\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n".to_vec(), "syntax-error"),
        ("prefix.jsx", b"x = <a:b.c/>".to_vec(), "syntax-error"),
        ("one-line.js", "x=1;".repeat(50_000).into_bytes(), "minified"),
        ("huge.js", "x=1;\n".repeat(2 << 20).into_bytes(), "too-large"),
    ];
    for (name, bytes) in understood.iter().chain(&[("empty.js", Vec::new()), ("blank.ts", b" \n".to_vec())]) {
        fs::write(folder.path().join(name), bytes).expect("a file can be made");
    }
    for (name, bytes, _) in named {
        fs::write(folder.path().join(name), bytes).expect("a file can be made");
    }
    let report = survived(&check(folder.path(), &["--format", "json"]));
    for (name, _) in understood {
        let found = report["diagnostics"].as_array().expect("a list").iter().find(|each| each["file"] == *name);
        let line = found.map(|each| each["range"]["start"]["line"].clone());
        assert_eq!(line, Some((if *name == "hashbang.js" { 5 } else { 4 }).into()), "{name}");
    }
    for (name, _, reason) in named {
        assert_eq!(reason_of(&report, name).as_deref(), Some(*reason), "{name}");
    }
    assert_eq!(incomplete(&report).len(), named.len());
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_text_is_named() {
    use std::os::unix::ffi::OsStrExt;
    let folder = project();
    fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"bad\xff.js")), "a()").expect("a file can be made");
    let report = survived(&check(folder.path(), &["--format", "json"]));
    assert_eq!(incomplete(&report), [("bad\u{fffd}.js".to_owned(), "unreadable".to_owned())]);
}

#[test]
fn a_line_without_end_is_reported_in_time() {
    let folder = project();
    let line = "s.push(q.url);".repeat(5_000);
    let text = format!(
        "const http = require('http');\nconst s = [];\nhttp.createServer((q, r) => {{ {line} }}).listen(80);{}",
        "\n".repeat(200)
    );
    fs::write(folder.path().join("long.js"), text).expect("a file can be made");
    let report = survived(&check(folder.path(), &["--format", "json"]));
    assert!(report["diagnostics"].as_array().expect("a list").len() > 5_000);
}
