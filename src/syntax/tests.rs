//! Hard corners of the lowering, as short programs and the facts they must become.

use super::facts::ModuleFacts;
use super::{Input, Lowered, dump, is_source, lower};

fn lowered(path: &str, text: &str) -> Lowered {
    lower(Input { path, bytes: text.as_bytes() })
}

fn facts(path: &str, text: &str) -> ModuleFacts {
    let lowered = lowered(path, text);
    assert!(lowered.problems.is_empty(), "{:?} in {text}", lowered.problems);
    lowered.facts
}

/// Asserts that the dump of the facts has these lines, in any order.
fn has(path: &str, text: &str, lines: &[&str]) {
    let dump = dump::dump(&facts(path, text));
    for line in lines {
        assert!(dump.lines().any(|found| found.trim() == *line), "no line `{line}` in\n{dump}");
    }
}

#[test]
fn every_file_of_a_corpus_is_lowered() {
    let Ok(corpus) = std::env::var("MODLEAK_CORPUS") else { return };
    let worker = std::thread::Builder::new().stack_size(super::STACK_SIZE);
    let run = move || {
        let (mut files, mut bytes, mut problems) = (0, 0, Vec::new());
        let start = std::time::Instant::now();
        for entry in walkdir::WalkDir::new(corpus).into_iter().flatten() {
            let path = entry.path().to_string_lossy().into_owned();
            if !entry.file_type().is_file() || !is_source(&path) {
                continue;
            }
            let Ok(content) = std::fs::read(&path) else { continue };
            let lowered = lower(Input { path: &path, bytes: &content });
            files += 1;
            bytes += content.len();
            check(&lowered.facts, &path);
            problems.extend(lowered.problems.into_iter().map(|problem| (path.clone(), problem)));
        }
        let internal: Vec<_> = problems.iter().filter(|(_, problem)| problem.reason == "internal-error").collect();
        let elapsed = start.elapsed();
        assert!(internal.is_empty(), "{internal:?}");
        if std::env::var("MODLEAK_CORPUS_REPORT").is_ok() {
            let list: Vec<String> =
                problems.iter().map(|(path, p)| format!("{} {path} {} {:?}", p.reason, p.message, p.range)).collect();
            panic!("{files} files, {bytes} bytes, {elapsed:?}\n{}", list.join("\n"));
        }
    };
    let ended = worker.spawn(run).expect("a thread can be started").join();
    ended.unwrap_or_else(|cause| std::panic::resume_unwind(cause));
}

/// Every id in the facts names something.
fn check(facts: &ModuleFacts, path: &str) {
    use super::facts::Constraint;
    for function in facts.functions.ids() {
        let count = facts.functions[function].value_count;
        let valid = |value: super::facts::ValueId| assert!(value.0 < count, "{path}: {value:?} of {function:?}");
        for constraint in facts.constraints_of(function) {
            match *constraint {
                Constraint::Copy { dst, src } | Constraint::Await { dst, src } => {
                    valid(dst);
                    valid(src);
                }
                Constraint::Load { dst, base, .. } => {
                    valid(dst);
                    valid(base);
                }
                Constraint::Store { base, src, .. } | Constraint::Init { base, src, .. } => {
                    valid(base);
                    valid(src);
                }
                Constraint::Call { call } => {
                    assert_eq!(facts.calls[call].function, function, "{path}");
                    valid(facts.calls[call].dst);
                    facts.arguments_of(call).iter().for_each(|argument| valid(argument.value));
                }
                Constraint::LoadOuter { binding, .. } => assert!(facts.bindings[binding].is_captured, "{path}"),
                _ => {}
            }
        }
        facts.params_of(function).iter().for_each(|param| valid(param.value));
    }
    for binding in &facts.bindings {
        assert!(binding.home.0 < facts.functions[binding.function].value_count, "{path}: {binding:?}");
    }
}

/// Runs on a stack as big as the callers'.
fn on_big_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(super::STACK_SIZE).spawn(run).expect("a thread can be started");
    thread.join().expect("no panic")
}

#[test]
fn deep_code_is_refused_or_lowered_but_never_fatal() {
    let shapes: &[(&str, &str, &str)] = &[
        ("(", "1", ")"),
        ("[", "", "]"),
        ("f(", "", ")"),
        ("{", "", "}"),
        ("x={a:", "1", "}"),
        ("function f(){", "", "}"),
        ("()=>{", "", "}"),
        ("a=>", "1", ""),
        ("!", "1", ""),
        ("- ", "1", ""),
        ("typeof ", "1", ""),
        ("typeof\n", "1", ""),
        ("a?b:", "1", ""),
        ("a?", "1", ":b"),
        ("a=", "1", ""),
        ("a+", "1", ""),
        ("a||", "1", ""),
        ("a??", "1", ""),
        ("a**", "1", ""),
        ("if(a)", "b", ""),
        ("if(a)\n", "b", ""),
        ("if(a){}else ", "b", ""),
        ("for(;;)", "b", ""),
        ("while(a)", "b", ""),
        ("do ", "b;", "while(a);"),
        ("`${", "1", "}`"),
        ("<a>", "b", "</a>"),
        ("new ", "a", ""),
        ("await ", "a", ""),
        ("x:", "b", ""),
        ("try{", "", "}finally{}"),
        ("switch(a){case 1:", "", "}"),
        ("class A{m(){", "", "}}"),
        ("", "a", ".b"),
        ("", "a", "()"),
        ("", "a", ".b()"),
        ("", "a", "\n.b()"),
        ("", "a", "[0]"),
        ("", "a", "?.b"),
        ("", "a", "`x`"),
        ("", "a", "+a"),
        ("", "a", ",a"),
        ("", "a", "!"),
        ("var {a:", "b", "}=c"),
        ("let [", "a", "]=c"),
        ("[", "a", "]=c"),
    ];
    for &(before, middle, after) in shapes {
        for count in [3_500, 60_000] {
            let text = format!("{}{middle}{}", before.repeat(count), after.repeat(count));
            for path in ["a.js", "a.ts"] {
                let text = text.clone();
                on_big_stack(move || lower(Input { path, bytes: text.as_bytes() }));
            }
        }
    }
}

#[test]
fn names_are_resolved_in_scopes() {
    let text =
        "f(); function f(require) { require('x'); { let a = 1; var b = a; } return () => [b, this, arguments]; }";
    has("a.js", text, &["binding b Var f1 v7 captured", "v8 = this of f1", "v9 = arguments of f1"]);
}

#[test]
fn conditions_become_guards() {
    let text = "const m = new Map(); function f(k, v) {
        if (!m.has(k) && m.size < 9) m.set(k, v);
        let x = m.get(k);
        if (!x || x.old) m.set(k, x = {});
        if (started) return;
        started = true;
    }";
    has(
        "a.js",
        text,
        &[
            "write f1 x Assign None if other if !has(v9, v6)",
            "write f1 global started Assign None if !truthy(global started)",
        ],
    );
}

#[test]
fn reuse_is_seen_on_both_sides() {
    let forms = [
        ("a = a.concat(x)", "Appends"),
        ("a = [...a, x]", "Appends"),
        ("a = new Set([...a, x])", "Appends"),
        ("a = a + x", "Adds"),
        ("a = [...(a || []), x]", "Appends"),
        ("a = a.length ? [...a, x] : [x]", "Appends"),
        ("a = a.slice().concat(x)", "Appends"),
        ("a = Buffer.concat([a, x])", "Appends"),
        ("a = {...a, list: [...a.list, x]}", "Appends"),
        ("a = {...a, byId: {...a.byId, [id]: x}}", "Appends"),
        ("a = {...a, list: [x]}", "Keeps"),
        ("a = `${a}${x}`", "Appends"),
        ("a = {...a, k: 1}", "Keeps"),
        ("a = {value: x, next: a}", "Links"),
        ("a = a.filter(f)", "Shrinks"),
        ("a = [...a, x].slice(-9)", "Shrinks"),
        ("a = a || []", "Keeps"),
        ("a = a ? a : []", "Keeps"),
        ("a = []", "None"),
        ("a = b.concat(x)", "None"),
    ];
    for (text, reuse) in forms {
        has("a.js", text, &[&format!("write f0 global a Assign {reuse}")]);
    }
    let facts = facts("a.js", "o.s = {...o.s, [k]: 1}; o.s = Object.assign({}, o.s, {[k]: 1}); l[l.length] = 1");
    let reuse: Vec<_> = facts.writes.iter().map(|write| format!("{:?}", write.reuse)).collect();
    assert!(reuse[0].starts_with("AddsKey") && reuse[1].starts_with("AddsKey"), "{reuse:?}");
    assert_eq!(reuse[2], "Appends");
}

#[test]
fn classes_initialise_their_fields_in_the_constructor() {
    let text = "class A extends B { n = []; static s = 1; constructor(private db: Db) { super(); } }
        class C extends A { x = {}; }";
    has(
        "a.ts",
        text,
        &[
            "write f1 this.n Assign None",
            "write f1 this.db Assign None",
            "write f2 this.s Assign None",
            "v6 = Call super(...arguments)",
            "write f3 this.x Assign None",
        ],
    );
}

#[test]
fn chained_calls_are_reported_on_their_own_lines() {
    let text = "a\n  .b()\n  .c(1);";
    let facts = facts("a.js", text);
    let places: Vec<&str> =
        facts.calls.iter().map(|call| &text[call.place.start as usize..call.place.end as usize]).collect();
    assert_eq!(places, ["b()", "c(1)"]);
}

#[test]
fn suppressions_are_read_from_comments_only() {
    let text = "const s = '// modleak-disable-line';
        // modleak-disable-next-line foreign-mutation, unbounded-growth -- it is bounded
        /* modleak-disable */
        const x = <div>{/* modleak-disable-line unbounded-growth */}</div>;";
    let facts = facts("a.jsx", text);
    assert_eq!(facts.suppressions.len(), 3);
    let first = &facts.suppressions[0];
    let rules: Vec<(&str, &str)> = first
        .rules
        .iter()
        .map(|(rule, range)| (rule.as_str(), &text[range.start as usize..range.end as usize]))
        .collect();
    let pair = |name| (name, name);
    assert_eq!(rules, ["foreign-mutation", "unbounded-growth"].map(pair));
    assert_eq!(first.reason.as_deref(), Some("it is bounded"));
}

#[test]
fn shapes_do_not_know_names() {
    let shapes = |text: &str| facts("a.ts", text).shapes.iter().map(|s| (s.hash, s.weight)).collect::<Vec<_>>();
    let one = shapes("it('a', () => { const x: T = get(1); x.list.push(2); })");
    let other = shapes("on('b', function () { let y = take('q'); y.rows.add(3); })");
    assert_eq!(one[1..], other[1..]);
    assert_ne!(shapes("a.b()"), shapes("a.b(1)"));
}

#[test]
fn what_is_no_source_is_said() {
    let reason = |path: &str, bytes: &[u8]| lower(Input { path, bytes }).problems.first().map(|p| p.reason);
    assert_eq!(reason("a.js", b"let = = 1"), Some("syntax-error"));
    assert_eq!(reason("a.js", &[0xff, 0xfe, b'a', 0]), Some("not-text"));
    assert_eq!(reason("a.js", "\u{feff}#!/usr/bin/env node\nf();".as_bytes()), None);
    assert_eq!(reason("a.json", br#"{"a": [1, 2]}"#), None);
    assert_eq!(
        reason("a.vue", b"<template><a @b='c'></a></template>\n<script setup lang=\"ts\">\nlet a: T = 1\n</script>"),
        None
    );
    assert_eq!(reason("a.js", b"/* @flow */ export type A = number; function f(a: A): void {}"), None);
    assert_eq!(reason("a.js", "a".repeat(30_000).as_bytes()), Some("minified"));
    assert!(is_source("src/a.vue") && is_source("a.mts") && !is_source("a.d.ts") && !is_source("a.json"));
}

#[test]
fn code_that_the_parser_tries_again_and_again_is_refused() {
    for (before, after) in [("({[(a<", ""), ("({[(a<", "1)]})"), ("(<a>(", "))")] {
        let text = before.repeat(400) + &after.repeat(400);
        let lowered = on_big_stack(move || lower(Input { path: "a.ts", bytes: text.as_bytes() }));
        assert_eq!(lowered.problems[0].reason, "parse-budget", "{before}");
    }
}
