//! From findings to a report, step by step.

use rustc_hash::FxHashSet;

use crate::base::finding::{Confidence, Container, Finding, Incomplete, Severity};
use crate::base::source::FileId;
use crate::base::span::Span;
use crate::report::baseline::{Baseline, BaselineEntry, BaselineUse};
use crate::report::fingerprint::Fingerprints;
use crate::report::format::escape::words;
use crate::report::source_texts::{SourceTexts, Sources};
use crate::report::suppress::{Hidden, Suppressions};
use crate::report::{
    Context, Diagnostic, IncompletePlace, LabelledPlace, Level, Report, ReportInput, State, StateWrite, Summary,
    Suppressed,
};

/// So many findings are in a report. More can be neither read nor uploaded anywhere.
const MOST_SHOWN: usize = 10_000;

/// A finding on its way: whether comments hide it is decided before it is known whether it counts at all.
struct Candidate {
    finding: Finding,
    fingerprint: String,
    hidden: Option<Hidden>,
}

pub(super) fn build(mut input: ReportInput<'_>) -> Report {
    let mut texts = SourceTexts::default();
    let levels = Levels { configured: input.levels, overrides: std::mem::take(&mut input.rule_overrides) };

    // Step 1: one finding of a rule for a place, in the order of the report. Twins are numbered in this order.
    let findings = ordered(std::mem::take(&mut input.findings), input.sources);

    // Step 2: comments hide findings, also those that an option drops: such a comment is not useless.
    let comments = std::mem::take(&mut input.suppressions);
    let mut suppressions = Suppressions::new(comments, input.sources, &mut texts);
    let mut candidates = hide(findings, &mut suppressions, input.sources, &mut texts);

    // Step 3: the comments themselves are judged, now that it is known what they hide. Nobody can judge a comment
    // about a rule that is off.
    suppressions.count_as_used(|rule, file| levels.of(rule, input.sources.path(file)) == Some(Level::Off));
    let judged = suppressions.judge(input.judge, input.sources, &mut texts);
    for finding in ordered(judged, input.sources) {
        let line = texts.place(input.sources, finding.span).range.start.line;
        let hidden = suppressions.hide_by_name(finding.rule, finding.span, line);
        candidates.push(Candidate { finding, fingerprint: String::new(), hidden });
    }

    // Step 4: identities, over all findings, so that options don't change them.
    candidates.sort_by(|a, b| order(&a.finding, &b.finding, input.sources));
    let mut fingerprints = Fingerprints::default();
    for candidate in &mut candidates {
        let path = input.sources.path(candidate.finding.span.file);
        candidate.fingerprint = fingerprints.next(&candidate.finding, path);
    }
    let matched: FxHashSet<String> = candidates.iter().map(|it| it.fingerprint.clone()).collect();

    // Step 5: what counts is sorted into what is shown and what is hidden.
    let mut report = Report { root: input.root.clone(), ..Report::default() };
    let baseline = KnownFindings::new(&input.baseline);
    for candidate in candidates {
        let Some(severity) = levels.severity(&candidate.finding, input.sources) else { continue };
        if candidate.finding.confidence < input.min_confidence {
            continue;
        }
        let diagnostic = diagnose(candidate.finding, severity, candidate.fingerprint, input.sources, &mut texts);
        if candidate.hidden.is_none() {
            report.current.push(entry_of(&diagnostic));
        }
        if !input.narrowings.iter().all(|it| it.keeps(&diagnostic)) {
            continue;
        }
        match candidate.hidden {
            Some(Hidden { reason }) => report.suppressed.push(Suppressed { diagnostic, reason }),
            None if baseline.knows(&diagnostic.fingerprint) => report.baselined.push(diagnostic),
            None => report.diagnostics.push(diagnostic),
        }
    }

    // Step 6: what is said besides.
    report.stale = baseline.unmatched(&matched);
    report.summary = summarise(&report, &input);
    input.incomplete.extend(leave_out(&mut report.diagnostics));
    report.incomplete = incomplete(&mut input, &mut texts);
    report.inventory = inventory(&mut input, &mut texts);
    report.rules = input.rules;
    report.assumptions = input.assumptions;
    report.texts = texts;
    report
}

fn hide(
    findings: Vec<Finding>,
    suppressions: &mut Suppressions,
    sources: &dyn Sources,
    texts: &mut SourceTexts,
) -> Vec<Candidate> {
    let mut candidates = Vec::with_capacity(findings.len());
    for finding in findings {
        let line = texts.place(sources, finding.span).range.start.line;
        let hidden = suppressions.hide(finding.rule, finding.span, line);
        candidates.push(Candidate { finding, fingerprint: String::new(), hidden });
    }
    candidates
}

/// Sorts findings, and keeps the strongest of those that one rule has for one place.
fn ordered(mut findings: Vec<Finding>, sources: &dyn Sources) -> Vec<Finding> {
    findings.sort_by(|a, b| order(a, b, sources).then_with(|| strength(b).cmp(&strength(a))));
    findings.dedup_by(|b, a| a.rule == b.rule && a.span == b.span);
    findings
}

fn order(a: &Finding, b: &Finding, sources: &dyn Sources) -> std::cmp::Ordering {
    let place = |it: &Span| (it.range.start, it.range.end);
    let key = |it: &Finding| (place(&it.span), it.rule);
    sources.path(a.span.file).cmp(sources.path(b.span.file)).then_with(|| key(a).cmp(&key(b)))
}

type Strength<'a> =
    (Severity, Confidence, Option<crate::base::finding::ContextKind>, std::cmp::Reverse<usize>, &'a str);

fn strength(finding: &Finding) -> Strength<'_> {
    let context = finding.context.as_ref().map(|it| it.0);
    let way = std::cmp::Reverse(finding.steps.len());
    (finding.severity, finding.confidence, context, way, &finding.message)
}

/// Which level a rule has in a file.
struct Levels<'a> {
    configured: &'a dyn Fn(&str, &str) -> Option<Level>,
    overrides: Vec<(String, Level)>,
}

impl Levels<'_> {
    fn of(&self, rule: &str, path: &str) -> Option<Level> {
        let given = self.overrides.iter().rev().find(|it| it.0 == rule).map(|it| it.1);
        given.or_else(|| (self.configured)(rule, path))
    }

    fn severity(&self, finding: &Finding, sources: &dyn Sources) -> Option<Severity> {
        match self.of(finding.rule, sources.path(finding.span.file)) {
            None => Some(finding.severity),
            Some(Level::Off) => None,
            Some(Level::Info) => Some(Severity::Info),
            Some(Level::Warning) => Some(Severity::Warning),
            Some(Level::Error) => Some(Severity::Error),
        }
    }
}

fn diagnose(
    finding: Finding,
    severity: Severity,
    fingerprint: String,
    sources: &dyn Sources,
    texts: &mut SourceTexts,
) -> Diagnostic {
    // What people read holds names of the code; programs that show it can't be trusted to make it harmless.
    let mut labelled =
        |span: Span, label: String| LabelledPlace { place: texts.place(sources, span), label: words(&label) };
    let steps = finding.steps.into_iter().map(|it| labelled(it.span, it.label)).collect();
    let related = finding.related.into_iter().map(|it| labelled(it.span, it.label)).collect();
    let context = finding.context.map(|(kind, entry)| Context { kind, entry: labelled(entry.span, entry.label) });
    Diagnostic {
        rule: finding.rule,
        severity,
        confidence: finding.confidence,
        message: words(&finding.message),
        help: words(&finding.help),
        place: texts.place(sources, finding.span),
        container: finding.container.map(|it| Container { name: words(&it.name), ..it }),
        context,
        steps,
        related,
        copied_from: finding.copied_from.map(|it| texts.place(sources, it)),
        fingerprint,
    }
}

fn entry_of(diagnostic: &Diagnostic) -> BaselineEntry {
    BaselineEntry {
        fingerprint: diagnostic.fingerprint.clone(),
        rule: diagnostic.rule.to_owned(),
        file: diagnostic.place.file.clone(),
    }
}

/// The baseline as the findings are compared with it.
enum KnownFindings<'a> {
    None,
    These(&'a Baseline, FxHashSet<&'a str>),
    /// All are known, since the baseline is written anew.
    All(&'a Baseline),
}

impl<'a> KnownFindings<'a> {
    fn new(baseline: &'a BaselineUse) -> Self {
        match baseline {
            BaselineUse::Unused => Self::None,
            BaselineUse::Update(old) => Self::All(old),
            BaselineUse::Known(known) => {
                Self::These(known, known.entries().map(|it| it.fingerprint.as_str()).collect())
            }
        }
    }

    fn knows(&self, fingerprint: &str) -> bool {
        match self {
            Self::None => false,
            Self::These(_, known) => known.contains(fingerprint),
            Self::All(_) => true,
        }
    }

    fn unmatched(&self, matched: &FxHashSet<String>) -> Vec<BaselineEntry> {
        let baseline = match self {
            Self::None => return Vec::new(),
            Self::These(baseline, _) | Self::All(baseline) => baseline,
        };
        baseline.entries().filter(|it| !matched.contains(&it.fingerprint)).cloned().collect()
    }
}

fn incomplete(input: &mut ReportInput<'_>, texts: &mut SourceTexts) -> Vec<IncompletePlace> {
    let mut entries = std::mem::take(&mut input.incomplete);
    entries.sort();
    entries.dedup();
    let range_of = |file: &str, range, texts: &mut SourceTexts| {
        let id: FileId = input.sources.find(file)?;
        Some(texts.place(input.sources, Span { file: id, range }).range)
    };
    let places = entries.into_iter().map(|it| {
        let range = it.range.and_then(|range| range_of(&it.file, range, texts));
        IncompletePlace { file: it.file, reason: it.reason, message: words(&it.message), range }
    });
    places.collect()
}

fn inventory(input: &mut ReportInput<'_>, texts: &mut SourceTexts) -> Vec<State> {
    let states = std::mem::take(&mut input.inventory).into_iter();
    let states = states.map(|state| {
        let writes = state.writes.into_iter().map(|it| StateWrite {
            place: texts.place(input.sources, it.span),
            effect: it.effect,
            context: it.context,
        });
        State {
            writes: writes.collect(),
            container: Container { name: words(&state.container.name), ..state.container },
            word: state.word,
            left_out: state.left_out,
            bounds: state.bounds,
        }
    });
    states.collect()
}

/// Leaves the weakest findings out of a report that nobody could read or upload, and says so.
fn leave_out(diagnostics: &mut Vec<Diagnostic>) -> Option<Incomplete> {
    let count = diagnostics.len();
    if count <= MOST_SHOWN {
        return None;
    }
    let mut ranks: Vec<_> = diagnostics.iter().map(|it| (it.severity, it.confidence)).collect();
    ranks.sort_unstable_by(|a, b| b.cmp(a));
    let weakest = ranks[MOST_SHOWN];
    let mut left = MOST_SHOWN - ranks.partition_point(|rank| *rank > weakest);
    diagnostics.retain(|it| {
        let rank = (it.severity, it.confidence);
        let is_kept = rank > weakest || rank == weakest && left > 0;
        left -= usize::from(is_kept && rank == weakest);
        is_kept
    });
    let message = format!("{count} findings are more than a report holds: the {MOST_SHOWN} strongest are shown");
    Some(Incomplete { file: String::new(), reason: "limit", message, range: None })
}

fn summarise(report: &Report, input: &ReportInput<'_>) -> Summary {
    let count = |severity| report.diagnostics.iter().filter(|it| it.severity == severity).count();
    Summary {
        files: input.files,
        modules: input.modules,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        infos: count(Severity::Info),
        suppressed: report.suppressed.len(),
        baselined: report.baselined.len(),
    }
}
