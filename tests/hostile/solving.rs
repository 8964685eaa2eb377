//! Small programs that would keep the solver busy for ever, or fill the memory.

use std::fmt::Write as _;

use super::{check, incomplete, project, survived};
use crate::support::write_project;

/// `count` lines, with `%i`, `%j` and `%k` replaced by a number, the next one, and another.
fn lines(count: usize, line: &str) -> String {
    let numbered = |text: &str, mark: &str, number: usize| text.replace(mark, &number.to_string());
    (0..count).fold(String::new(), |mut all, i| {
        let line = numbered(&numbered(&numbered(line, "%i", i), "%j", (i + 1) % count), "%k", (i * 7 + 3) % count);
        writeln!(all, "{line}").expect("a text takes all");
        all
    })
}

#[test]
fn what_leads_back_to_itself_ends() {
    let doubled = (1..60).fold("const s0 = 'abcdefgh';\n".to_owned(), |mut all, at| {
        writeln!(all, "const s{at} = s{} + s{};", at - 1, at - 1).expect("a text takes all");
        all
    });
    let programs = [
        ("strings", doubled + "require(s59);\n"),
        (
            "prototypes",
            "let p = {};\n".to_owned()
                + &lines(40, "p = Object.create(p); p.m%i = function () { return this.m%j() + this.m%k(this); };")
                + "for (;;) { p = Object.create(p); p.__proto__ = p; Object.setPrototypeOf(p, p.x); }\n",
        ),
        (
            "binds",
            "function f(a) { return this(a); }\nlet g = f;\n".to_owned()
                + &lines(4, "g = g.bind(g, f); g.call.call(g, g, g); g.apply.bind(g)(g, [g]);"),
        ),
        (
            "factories",
            "const cache = {};\n".to_owned()
                + &lines(200, "function f%i(x) { const o = { x, b: () => f%j(o), c: f%k }; cache[x] = o; return o; }")
                + "f0(1).c(2).b().c(f1);\n",
        ),
        (
            "copies",
            "let c = {}; c.c = c;\n".to_owned()
                + &lines(30, "c = { a%i: structuredClone(c), b: { ...c }, d: [...c.l] }; c.l = [c]; c.c = c;"),
        ),
        ("mixins", lines(120, "const X%i = B => class extends B { a%i(x) { this.l.push(x); this.a%j(X%k(B)); } };")),
    ];
    let folder = project();
    let files: Vec<(String, &String)> = programs.iter().map(|(name, text)| (format!("{name}.js"), text)).collect();
    write_project(folder.path(), files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    survived(&check(folder.path(), &["--format", "json"]));
}

#[test]
fn what_inherits_too_long_is_named() {
    const END: &str = "require('http').createServer(req => { o5999.list.push(req); o5999.a.b(); });\n";
    let chain = (1..6_000).fold("const o0 = { list: [] };\n".to_owned(), |mut all, at| {
        writeln!(all, "const o{at} = Object.create(o{});", at - 1).expect("a text takes all");
        all
    });
    let folder = project();
    write_project(folder.path(), [("chain.js", format!("{chain}{END}").as_str())]);
    let report = survived(&check(folder.path(), &["--format", "json"]));
    assert_eq!(incomplete(&report), [(String::new(), "limit".to_owned())]);
}

#[test]
fn modules_that_export_each_other_end() {
    let folder = project();
    let module = |at: usize| {
        let (next, other) = ((at + 1) % 150, (at * 7 + 3) % 150);
        let text = format!(
            "export * from './m{next}.mjs'; export * from './m{other}.mjs';\nexport const v{at} = [];\n\
             import * as all from './m{other}.mjs'; export function f{at}(x) {{ all[x](all.v{next}); }}\n"
        );
        (format!("m{at}.mjs"), text)
    };
    let files: Vec<(String, String)> = (0..150).map(module).collect();
    write_project(folder.path(), files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    survived(&check(folder.path(), &["--format", "json"]));
}

#[test]
fn thousands_of_writes_in_one_function_are_judged_in_time() {
    let written = "  list.push(req.url); map.set(req.url, list);\n".repeat(3_000);
    let server =
        format!("const list = [];\nconst map = new Map();\nrequire('http').createServer(req => {{\n{written}}});\n");
    let changed = "  lib.table[a] = b;\n".repeat(3_000);
    let folder = project();
    write_project(
        folder.path(),
        [
            ("server.js", server.as_str()),
            ("lib.js", "exports.table = {};\n"),
            ("a.test.js", &format!("const lib = require('./lib');\ntest('a', (a, b) => {{\n{changed}}});\n")),
            ("copy.js", &format!("const lib = require('./lib');\nmodule.exports = (a, b) => {{\n{changed}}};\n")),
        ],
    );
    survived(&check(folder.path(), &["--format", "json"]));
}

#[test]
fn thousands_of_removals_are_weighed_against_thousands_of_writes() {
    let passed = lines(1_500, "  m.set(req.a%i, 1); if (m.get(req.b%i)) m.delete(req.c%i);");
    let server = format!("const m = new Map();\nrequire('http').createServer(req => {{\n{passed}}});\n");
    let given = lines(3_000, "exports.f%i = fn => { list.push(fn); return () => list.splice(list.indexOf(fn), 1); };");
    let folder = project();
    write_project(folder.path(), [("server.js", server.as_str()), ("lib.js", &format!("const list = [];\n{given}"))]);
    survived(&check(folder.path(), &["--format", "json"]));
}
