//! The command line, with an engine of canned findings.

use std::cell::RefCell;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::cli::console::{Console, Progress, Stream, Surroundings, Switch};
use crate::cli::engine::{
    CheckOutcome, CheckRequest, Engine, GraphRequest, InitialConfiguration, ProjectRequest, WhyEntry, WhyRequest,
};
use crate::cli::graph::{EdgeHow, EdgeKind, GraphEdge, GraphModule, GraphView};
use crate::cli::{Exit, UserError, run_with};
use crate::report::sample::{files, input, rules};
use crate::report::{Report, RuleInfo};

/// Gives the sample's report for every request, and keeps the request.
#[derive(Default)]
struct Canned {
    is_empty: bool,
    asked: RefCell<Option<CheckRequest>>,
}

impl Engine for Canned {
    fn rules(&self) -> Vec<RuleInfo> {
        rules()
    }

    fn check(&self, request: &CheckRequest, _: Progress) -> Result<CheckOutcome, UserError> {
        self.asked.replace(Some(request.clone()));
        let files = files();
        let mut given = input(&files);
        if self.is_empty {
            given.files = 0;
            given.findings.clear();
        }
        given.rule_overrides = request.rules.clone();
        given.baseline = request.baseline.clone();
        given.min_confidence = request.min_confidence;
        Ok(CheckOutcome { report: Report::build(given), statistics: vec![("nodes".into(), 7)], ..Default::default() })
    }

    fn graph(&self, _: &GraphRequest, _: Progress) -> Result<GraphView, UserError> {
        let edge = |to: &str, how| GraphEdge {
            from: "a\"].js".into(),
            to: to.into(),
            kind: EdgeKind::DynamicImport,
            how,
            specifier: "./${x}".into(),
            line: 1,
            is_circular: to.ends_with("].js"),
        };
        Ok(GraphView {
            root: ".".into(),
            modules: vec![GraphModule::File("a\"].js".into()), GraphModule::Builtin("node:fs".into())],
            edges: vec![edge("node:fs", EdgeHow::Template), edge("a\"].js", EdgeHow::Constant)],
            unresolved: vec![],
        })
    }

    fn why(&self, _: &WhyRequest, _: Progress) -> Result<Vec<WhyEntry>, UserError> {
        Ok(vec![])
    }

    fn inputs(&self, _: &ProjectRequest) -> Result<Vec<String>, UserError> {
        Ok(vec!["a.js".into()])
    }

    fn effective_configuration(&self, _: &ProjectRequest, _: &Path) -> Result<serde_json::Value, UserError> {
        Ok(serde_json::json!({"rules": {}}))
    }

    fn initial_configuration(&self, folder: &Path) -> Result<InitialConfiguration, UserError> {
        Ok(InitialConfiguration { path: folder.join("modleak.jsonc"), text: "{}\n".into() })
    }

    fn configuration_schema(&self) -> serde_json::Value {
        serde_json::json!({})
    }

    fn serve(&self) -> Result<(), UserError> {
        panic!("the server falls over")
    }
}

/// A stream whose bytes can be read afterwards.
#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }
}

/// A stream that fails.
struct Broken(io::ErrorKind);

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn run_in(engine: &Canned, surroundings: Surroundings, args: &[&str]) -> (Exit, String, String) {
    let (out, err) = (Shared::default(), Shared::default());
    let given = std::iter::once("modleak").chain(args.iter().copied()).map(Into::into);
    let input = Box::new(io::Cursor::new(b"typed".to_vec()));
    let mut console = Console::new(Box::new(out.clone()), Box::new(err.clone()), input, surroundings);
    let exit = run_with(engine, given, &mut console);
    drop(console);
    (exit, out.text(), err.text())
}

fn run(args: &[&str]) -> (Exit, String, String) {
    run_in(&Canned::default(), Surroundings::default(), args)
}

#[test]
fn findings_decide_the_exit_status() {
    assert_eq!(run(&["check"]).0, Exit::Findings);
    assert_eq!(run(&["."]).0, Exit::Findings);
    assert_eq!(run(&["--rule", "sample-growth=off"]).0, Exit::Clean);
    assert_eq!(run(&["--rule", "sample-growth=off", "--max-warnings", "0"]).0, Exit::Findings);
    assert_eq!(run(&["--rule", "sample-growth=off", "--max-warnings", "0", "--quiet"]).0, Exit::Findings);
    assert_eq!(run(&["--strict"]).0, Exit::Failed);
    let nothing = Canned { is_empty: true, ..Canned::default() };
    assert_eq!(run_in(&nothing, Surroundings::default(), &["check"]).0, Exit::Failed);
}

#[test]
fn wrong_use_is_told_with_the_nearest_right_name() {
    let (exit, out, err) = run(&["--rule", "sample-grwth=off"]);
    assert_eq!((exit, out.as_str()), (Exit::Failed, ""));
    assert!(err.contains("did you mean `sample-growth`?"), "{err}");
    assert!(run(&["--format", "jsn"]).2.contains("did you mean `json`?"));
    assert!(run(&["explain", "sample-cop"]).2.contains("did you mean `sample-copy`?"));
    for wrong in [
        &["--format", "json", "--format", "concise"][..],
        &["--format", "json=a", "--output-file", "b"],
        &["--format", "json=a", "--format", "concise=a"],
        &["--no-such-option"],
        &["--baseline", "/nonexistent/baseline"],
        &["--update-baseline"],
        &["--threads", "0"],
        &["chek"],
    ] {
        let (exit, out, err) = run(wrong);
        assert_eq!((exit, out.as_str()), (Exit::Failed, ""), "{wrong:?}");
        assert!(!err.is_empty());
    }
}

#[test]
fn the_report_alone_goes_to_standard_output() {
    let (_, out, err) = run(&["--format", "json", "--statistics"]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["summary"]["errors"], 1);
    assert!(err.contains("nodes") && err.contains("1 error, 1 warning, 1 info in 2 files of some/place"), "{err}");
    assert!(err.contains("assumed: 3 handlers") && err.contains("not analysed: 1 place"), "{err}");
}

#[test]
fn colours_follow_the_option_then_the_environment() {
    let coloured =
        |surroundings: Surroundings, args: &[&str]| run_in(&Canned::default(), surroundings, args).1.contains('\u{1b}');
    let terminal = || Surroundings { out: Stream::Terminal, ..Surroundings::default() };
    assert!(coloured(terminal(), &[]));
    assert!(!coloured(Surroundings::default(), &[]));
    assert!(!coloured(Surroundings { no_color: Switch::On, ..terminal() }, &[]));
    assert!(coloured(Surroundings { force_color: Switch::On, ..Surroundings::default() }, &[]));
    assert!(coloured(Surroundings::default(), &["--color", "always"]));
    assert!(!coloured(terminal(), &["check", "--color", "never"]));
    assert!(!coloured(terminal(), &["--color", "never", "check"]));
    assert!(!coloured(terminal(), &["--format", "json"]));
}

#[test]
fn outputs_that_fail_end_the_run_honestly() {
    let end = |kind, command: &str| {
        let err = Shared::default();
        let out = Box::new(io::BufWriter::new(Broken(kind)));
        let mut console = Console::new(out, Box::new(err.clone()), Box::new(io::empty()), Surroundings::default());
        let exit = run_with(&Canned::default(), ["modleak".into(), command.into()], &mut console);
        drop(console);
        (exit, err.text())
    };
    assert_eq!(end(io::ErrorKind::BrokenPipe, "rules"), (Exit::Clean, String::new()));
    assert_eq!(end(io::ErrorKind::BrokenPipe, "check").0, Exit::Findings);
    assert_eq!(end(io::ErrorKind::StorageFull, "check").0, Exit::Failed);
    let (exit, err) = end(io::ErrorKind::StorageFull, "rules");
    assert_eq!(exit, Exit::Failed);
    assert_eq!(err.lines().count(), 1, "{err}");
}

#[test]
fn a_panic_is_a_failure() {
    assert_eq!(run(&["lsp", "--stdio"]).0, Exit::Failed);
}

#[test]
fn several_formats_and_a_baseline_are_written_to_files() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (json, baseline) = (format!("json={}", at("r.json")), at("known"));
    let (exit, out, err) =
        run(&["--format", &json, "--format", "concise", "--baseline", &baseline, "--update-baseline"]);
    assert_eq!((exit, out.lines().count()), (Exit::Clean, 1), "{out}");
    assert!(err.contains("3 known findings hidden"), "{err}");
    assert!(std::fs::read_to_string(folder.path().join("r.json")).unwrap().contains("\"baselined\": 3"));
    assert_eq!(std::fs::read_to_string(&baseline).unwrap().lines().count(), 3);

    let (exit, _, err) = run(&["--baseline", &baseline, "--rule", "sample-copy=off"]);
    assert_eq!(exit, Exit::Clean, "{err}");
    std::fs::write(&baseline, "0123456789abcdef gone a.js\n").unwrap();
    let (exit, _, err) = run(&["--baseline", &baseline]);
    assert_eq!(exit, Exit::Findings);
    assert!(err.contains("nothing matches 1 entry") && err.contains("0123456789abcdef gone a.js"), "{err}");
    std::fs::write(&baseline, "nonsense\n").unwrap();
    assert_eq!(run(&["--baseline", &baseline]).0, Exit::Failed);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn what_was_typed_becomes_the_request() {
    let engine = Canned::default();
    let args = ["src", "--stdin-filename", "a.js", "--staged", "--follow-deps", "*", "--no-cache", "--threads", "2"];
    run_in(&engine, Surroundings::default(), &args);
    let request = engine.asked.borrow().clone().unwrap();
    assert_eq!(request.project.paths, [PathBuf::from("src")]);
    assert_eq!(request.project.threads, Some(2));
    assert_eq!(request.given[0].bytes, b"typed");
}

#[test]
fn other_commands_print_and_write() {
    let schema: serde_json::Value = serde_json::from_str(&run(&["schema", "--of", "report"]).1).unwrap();
    assert_eq!(schema["title"], "modleak report");
    let rules: serde_json::Value = serde_json::from_str(&run(&["rules", "--format", "json"]).1).unwrap();
    assert_eq!(rules[0]["name"], "sample-growth");
    assert!(run(&["rules"]).1.contains("What sample-copy finds."));
    assert!(run(&["explain", "sample-copy"]).1.contains("│ x.push(1);"));
    assert_eq!(run(&["inputs"]).1, "a.js\n");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(run(&["completions", shell]).1.contains("modleak"), "{shell}");
    }
    let page = run(&["man"]).1;
    assert!(page.starts_with(".ie") && page.contains("MODLEAK CHECK") && page.contains("changed"));
    assert!(run(&["--print-config", "a.js"]).1.contains("rules"));
    assert!(run(&["why", "a.js:1"]).2.contains("nothing is known there"));
    assert_eq!(run(&["--help"]).0, Exit::Clean);
    assert!(run(&["--version"]).1.starts_with("modleak "));

    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().display().to_string();
    assert_eq!(run(&["init", &place]).0, Exit::Clean);
    assert_eq!(run(&["init", &place]).0, Exit::Failed);
}

#[test]
fn the_graph_is_drawn_in_three_forms() {
    let graph: serde_json::Value = serde_json::from_str(&run(&["graph"]).1).unwrap();
    assert_eq!(graph["modules"][1]["builtin"], "node:fs");
    assert_eq!((&graph["edges"][0]["kind"], &graph["edges"][0]["how"]), (&"dynamic-import".into(), &"template".into()));
    assert!(run(&["graph", "--format", "dot"]).1.contains("\"a\\\"].js\" -> \"node:fs\" [style=dashed];"));
    assert!(run(&["graph", "--format", "dot"]).1.contains("\"a\\\"].js\" -> \"a\\\"].js\" [color=red];"));
    let mermaid = run(&["graph", "--format", "mermaid"]).1;
    assert!(mermaid.contains("m0[\"a#34;#93;.js\"]\n") && mermaid.contains("linkStyle 1 stroke:red\n"));
    assert_eq!((&graph["edges"][0]["cycle"], &graph["edges"][1]["cycle"]), (&serde_json::Value::Null, &true.into()));
}
