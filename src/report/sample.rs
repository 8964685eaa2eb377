//! One report that has everything: two files, steps, copied code, odd characters, something not analysed, something
//! suppressed, something known. Every format is tested on it.

use std::sync::Arc;

use crate::base::finding::{
    Confidence, Container, ContextKind, Entry, Finding, Incomplete, RootedBy, Severity, Step, Suppression,
    SuppressionScope, SuppressionUse,
};
use crate::base::source::FileId;
use crate::base::span::{ByteRange, Span};
use crate::report::baseline::BaselineUse;
use crate::report::source_texts::Sources;
use crate::report::suppress::SuppressionJudge;
use crate::report::{Report, ReportInput, RuleInfo, StateInput, StateWriteInput};

/// Files in memory; the first has a name that every format must escape.
pub(crate) struct SampleFiles(pub(crate) Vec<(&'static str, &'static str)>);

impl Sources for SampleFiles {
    fn path(&self, file: FileId) -> &str {
        self.0[file.0 as usize].0
    }

    fn text(&self, file: FileId) -> Option<Arc<str>> {
        Some(self.0[file.0 as usize].1.into())
    }

    fn find(&self, path: &str) -> Option<FileId> {
        let at = self.0.iter().position(|it| it.0 == path)?;
        Some(FileId(u32::try_from(at).unwrap()))
    }
}

pub(crate) const STORE: FileId = FileId(0);
pub(crate) const SERVER: FileId = FileId(1);

const STORE_TEXT: &str = "// \u{1F600} keeps \u{202e}all\u{2066}\nexport const seen = new Map();\n";
const SERVER_TEXT: &str = "import { seen } from './a <b>&\"c\u{202e}, d:%.js';\n\
    \tapp.get('/', (req) => { /*\u{1F600}*/ seen.set(req.id, '\u{1b}[31m'); });\n\
    // modleak-disable-next-line sample-growth -- a <reason> & more\n\
    app.post('/', (req) => { seen.set(req.ip, 1); });\n\
    app.put('/', (req) => { seen.size = 1; });\n";

pub(crate) fn files() -> SampleFiles {
    SampleFiles(vec![("a <b>&\"c\u{202e}, d:%.js", STORE_TEXT), ("src/server.js", SERVER_TEXT)])
}

/// The place of `needle` in a file of the sample.
pub(crate) fn find(files: &SampleFiles, file: FileId, needle: &str) -> Span {
    let start = files.0[file.0 as usize].1.find(needle).unwrap();
    let range = ByteRange::new(u32::try_from(start).unwrap(), u32::try_from(start + needle.len()).unwrap());
    Span { file, range }
}

fn container(files: &SampleFiles) -> Container {
    Container {
        name: "seen of a <b>&\"c\u{202e}, d:%.js".to_owned(),
        path: "seen".to_owned(),
        rooted_by: RootedBy::RequiredModule,
        holder: files.0[0].0.to_owned(),
        owner: files.0[0].0.to_owned(),
    }
}

pub(crate) fn finding(files: &SampleFiles, rule: &'static str, severity: Severity, needle: &str) -> Finding {
    Finding {
        rule,
        severity,
        confidence: Confidence::High,
        message: "`seen` of a <b>&\"c\u{202e}, d:%.js grows with every request".to_owned(),
        help: "take entries out again, or key them weakly".to_owned(),
        span: find(files, SERVER, needle),
        container: Some(container(files)),
        context: Some((
            ContextKind::Request,
            Entry { span: find(files, SERVER, "(req)"), label: "app.get('/', \u{1b}…) handler".to_owned() },
        )),
        steps: vec![
            Step { span: find(files, STORE, "seen"), label: "a `Map`, held by the module".to_owned() },
            Step { span: find(files, SERVER, "seen"), label: "imported\u{2028}here".to_owned() },
            Step { span: find(files, SERVER, needle), label: "gains an entry".to_owned() },
        ],
        related: vec![Step { span: find(files, SERVER, "seen.set(req.ip, 1)"), label: "grows here too".to_owned() }],
        copied_from: None,
        function: "app.get handler".to_owned(),
        write_kind: "Map#set".to_owned(),
    }
}

pub(crate) fn comment(files: &SampleFiles, rules: &[&str]) -> Suppression {
    let text = "// modleak-disable-next-line sample-growth -- a <reason> & more";
    Suppression {
        scope: SuppressionScope::NextLine,
        rules: rules.iter().map(|it| ((*it).to_owned(), find(files, SERVER, "sample-growth").range)).collect(),
        reason: Some("a <reason> & more".to_owned()),
        range: find(files, SERVER, text).range,
    }
}

pub(crate) fn rules() -> Vec<RuleInfo> {
    let rule = |name, severity| RuleInfo {
        name,
        summary: format!("What {name} finds."),
        page: "# A rule\n\nWhat it finds.\n\n## Why it matters\n\nMemory `grows`.\n\n```js a.js\nx.push(1);\n```\n",
        severity,
    };
    vec![
        rule("sample-growth", Severity::Error),
        rule("sample-copy", Severity::Warning),
        rule("sample-comment", Severity::Warning),
    ]
}

/// A judge as the real one is: a finding for each name that hides nothing.
pub(crate) fn judge(uses: &[SuppressionUse]) -> Vec<Finding> {
    let files = files();
    let mut findings = Vec::new();
    for it in uses {
        for (slot, _) in it.used.iter().enumerate().filter(|used| !used.1) {
            let mut finding = finding(&files, "sample-comment", Severity::Warning, "seen");
            finding.span = it.suppression.rules.get(slot).map_or(it.suppression.range, |rule| rule.1).at(it.file);
            finding.message = "hides nothing".to_owned();
            finding.container = None;
            finding.context = None;
            finding.steps.clear();
            finding.related.clear();
            findings.push(finding);
        }
    }
    findings
}

/// The sample's input, to be changed by tests.
pub(crate) fn input(files: &SampleFiles) -> ReportInput<'_> {
    let mut copy = finding(files, "sample-copy", Severity::Warning, "seen.size = 1");
    copy.copied_from = Some(find(files, STORE, "seen = new Map()"));
    copy.confidence = Confidence::Medium;
    ReportInput {
        root: "some/place".to_owned(),
        findings: vec![
            copy,
            finding(files, "sample-growth", Severity::Error, "seen.set(req.ip, 1)"),
            finding(files, "sample-growth", Severity::Error, "seen.set(req.id, '\u{1b}[31m')"),
            finding(files, "sample-growth", Severity::Info, "seen.size = 1"),
        ],
        sources: files,
        rules: rules(),
        suppressions: vec![(SERVER, vec![comment(files, &["sample-growth"])])],
        judge: SuppressionJudge { rule: "sample-comment", check: &judge },
        levels: &|_, _| None,
        rule_overrides: Vec::new(),
        min_confidence: Confidence::Medium,
        baseline: BaselineUse::Unused,
        narrowings: Vec::new(),
        incomplete: vec![Incomplete {
            file: files.0[0].0.to_owned(),
            reason: "syntax-error",
            message: "expected `;`\u{1b}[0m".to_owned(),
            range: Some(ByteRange::new(4, 8)),
        }],
        files: 2,
        modules: 3,
        assumptions: vec!["3 handlers; entries from package.json".to_owned()],
        inventory: vec![StateInput {
            container: container(files),
            word: "map",
            writes: vec![StateWriteInput {
                span: find(files, STORE, "seen = new Map()"),
                effect: "grows",
                context: ContextKind::Request,
            }],
            left_out: 2,
            bounds: Vec::new(),
        }],
    }
}

/// The sample's report.
pub(crate) fn sample() -> Report {
    let files = files();
    Report::build(input(&files))
}
