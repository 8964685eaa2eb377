//! The packages for npm, made of the program under test, installed without a network, and started. Skipped where there
//! is no npm.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::{repository, run, write_project};

const LEAK: &str = "const http = require('http');\nconst seen = [];\n\
                    http.createServer((req, res) => { seen.push(req.url); res.end(); }).listen(80);\n";

fn npm(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(folder).env("npm_config_update_notifier", "false");
    run(command.env("npm_config_cache", folder.join("cache")).env("npm_config_audit", "false"))
}

fn start(folder: &Path, arguments: &[&str]) -> Output {
    run(Command::new("node").arg("node_modules/modleak/modleak.js").args(arguments).current_dir(folder))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

#[test]
fn packages_are_installed_from_their_tarballs_and_start() {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
        eprintln!("skipped: the test packs for another platform");
        return;
    }
    let has_npm = Command::new("npm").arg("--version").output().is_ok_and(|output| output.status.success());
    if !has_npm {
        eprintln!("skipped: there is no npm");
        return;
    }
    let place = tempfile::tempdir().expect("there is room for packages");
    // In place of the program, which is large, something that starts it.
    let stand_in = place.path().join("stand-in");
    fs::write(&stand_in, format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_modleak")))
        .expect("it is written");
    let pack = |arguments: &[&str]| {
        let mut command = Command::new("node");
        command.arg(repository().join("npm/pack.mjs")).arg(place.path().join("out")).args(arguments);
        let made = run(&mut command);
        assert!(made.status.success(), "{}", text(&made.stderr));
        let packed = npm(place.path(), &["pack", "--silent", &text(&made.stdout)]);
        assert!(packed.status.success(), "{}", text(&packed.stderr));
        place.path().join(text(&packed.stdout)).display().to_string()
    };
    let main = pack(&[]);
    let platform = pack(&["x86_64-unknown-linux-gnu", &stand_in.display().to_string()]);
    let app = place.path().join("app");
    write_project(&app, [("package.json", "{ \"private\": true }\n"), ("app.js", LEAK)]);
    let installed = npm(&app, &["install", "--offline", "--no-fund", &main, &platform]);
    assert!(installed.status.success(), "{}", text(&installed.stderr));

    assert_eq!(start(&app, &["check", "--no-cache"]).status.code(), Some(1));
    assert_eq!(start(&app, &["chek"]).status.code(), Some(2));
    assert!(text(&start(&app, &["--version"]).stdout).starts_with("modleak "));
    fs::write(app.join("app.js"), "require('http').createServer();\n").expect("it is written");
    assert_eq!(start(&app, &["check", "--no-cache"]).status.code(), Some(0));

    fs::remove_dir_all(app.join("node_modules/@modleak")).expect("it is there");
    let missing = start(&app, &["check"]);
    let said = text(&missing.stderr);
    assert_eq!(missing.status.code(), Some(2), "{said}");
    assert!(said.contains("@modleak/linux-x64") && said.contains("npm install") && !said.contains("    at "), "{said}");
    let named = run(Command::new("node")
        .args(["node_modules/modleak/modleak.js", "--version"])
        .current_dir(&app)
        .env("MODLEAK_BINARY", env!("CARGO_BIN_EXE_modleak")));
    assert!(text(&named.stdout).starts_with("modleak "));
}

#[test]
fn one_list_names_all_platforms() {
    let list = fs::read_to_string(repository().join("npm/platforms.json")).expect("there is a list");
    let list: serde_json::Value = serde_json::from_str(&list).expect("the list is JSON");
    for platform in list.as_array().expect("a list") {
        let name = platform["package"].as_str().expect("a name");
        let parts = ["os", "cpu"].map(|part| platform[part].as_str().expect("a platform has parts"));
        assert!(name.starts_with(&format!("@modleak/{}-{}", parts[0], parts[1])), "{name}");
        assert_eq!(platform["libc"] == "musl", name.ends_with("-musl"), "{name}");
    }
}
