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
                Constraint::Store { base, src, .. } => {
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

#[test]
fn dump_file() {
    if let Ok(path) = std::env::var("DUMP") {
        let lowered = lowered(&path, &std::fs::read_to_string(&path).expect("file"));
        panic!("{:?}\n{}", lowered.problems, dump::dump(&lowered.facts));
    }
}
