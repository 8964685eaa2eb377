//! `sarif`: SARIF 2.1.0 with the way of each object as a code flow, for code scanning and other viewers.

mod model;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use crate::base::finding::Severity;
use crate::report::format::{Style, escape, wording};
use crate::report::{Diagnostic, LabelledPlace, Place, Range, Report, RuleInfo, confidence_word, context_word};
use model::{
    ArtifactLocation, AutomationDetails, BaseId, BaseIds, CodeFlow, Configuration, Driver, Fingerprints, FlowLocation,
    Help, Invocation, Location, Log, Notifiable, Notification, Notified, PhysicalLocation, Region, ResultProperties,
    Rule, RuleProperties, Run, SarifResult, Suppression, Text, ThreadFlow, Tool,
};

/// GitHub shows no more results of a run.
const MOST_RESULTS: usize = 5000;
/// GitHub refuses results with more steps, and with more other places.
const MOST_STEPS: usize = 1000;
const MOST_RELATED: usize = 100;

/// The notification that results were left out.
const LEFT_OUT: &str = "results-left-out";

pub(super) fn render(report: &Report, _: Style, out: &mut dyn Write) -> io::Result<()> {
    let (results, left_out) = results(report);
    let driver = Driver {
        name: env!("CARGO_PKG_NAME"),
        semantic_version: env!("CARGO_PKG_VERSION"),
        information_uri: env!("CARGO_PKG_REPOSITORY"),
        rules: report.rules.iter().map(rule).collect(),
        notifications: notifiable(report),
    };
    let root = "The folder below which the files lie.";
    let run = Run {
        tool: Tool { driver },
        automation_details: AutomationDetails { id: "modleak/" },
        column_kind: "utf16CodeUnits",
        original_uri_base_ids: BaseIds { source_root: BaseId { description: text(root) } },
        invocations: [Invocation {
            execution_successful: true,
            tool_execution_notifications: notifications(report, left_out),
        }],
        results,
    };
    let schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
    escape::write_json(&Log { schema, version: "2.1.0", runs: [run] }, out)
}

/// All results, hidden ones too, and how many were left out. The most severe are kept.
fn results(report: &Report) -> (Vec<SarifResult<'_>>, usize) {
    type Hidden<'a> = Option<Suppression<'a>>;
    let shown = report.diagnostics.iter().map(|it| (it, None));
    let suppressed = report.suppressed.iter().map(|it| {
        let justification = it.reason.as_deref();
        (&it.diagnostic, Some(Suppression { kind: "inSource", justification }))
    });
    let known = Some("a known finding, listed in the baseline");
    let baselined =
        report.baselined.iter().map(|it| (it, Some(Suppression { kind: "external", justification: known })));
    let mut all: Vec<(&Diagnostic, Hidden<'_>)> = shown.chain(suppressed).chain(baselined).collect();
    let left_out = all.len().saturating_sub(MOST_RESULTS);
    if left_out > 0 {
        all.sort_by_key(|it| (it.1.is_some(), std::cmp::Reverse(it.0.severity)));
        all.truncate(MOST_RESULTS);
    }
    let hides = all.iter().any(|it| it.1.is_some());
    let results = all.into_iter().map(|(diagnostic, hidden)| {
        let suppressions = hides.then(|| hidden.into_iter().collect());
        SarifResult { suppressions, ..result(report, diagnostic) }
    });
    (results.collect(), left_out)
}

fn result<'a>(report: &'a Report, it: &'a Diagnostic) -> SarifResult<'a> {
    let mut related = Vec::new();
    let mut message = escape_brackets(&wording::sentence(&it.message));
    let mut add = |label: &'a str, place: &'a Place| {
        let id = related.len() + 1;
        if id <= MOST_RELATED {
            related.push(Location { id: Some(id), ..labelled(report, place, label) });
        }
        id
    };
    if let Some(held) = it.steps.first().filter(|held| held.place != it.place) {
        let id = add(&held.label, &held.place);
        let _ = write!(message, " It is held [here]({id}).");
    }
    if let Some(context) = &it.context {
        let id = add(&context.entry.label, &context.entry.place);
        let label = escape_brackets(&context.entry.label);
        let _ = write!(message, " This {}: [{label}]({id}).", wording::repeats(context));
    }
    if let Some(copied) = &it.copied_from {
        let id = add("copied from here", copied);
        let _ = write!(message, " It is a copy of [test code]({id}).");
    }
    for place in &it.related {
        add(&place.label, &place.place);
    }
    if !it.help.is_empty() {
        let _ = write!(message, " {}", escape_brackets(&wording::sentence(&it.help)));
    }
    SarifResult {
        rule_id: it.rule,
        rule_index: report.rules.iter().position(|rule| rule.name == it.rule),
        level: level(it.severity),
        message: Text { text: Cow::Owned(message) },
        locations: [location(report, &it.place.file, Some(it.place.range))],
        related_locations: related,
        code_flows: code_flow(report, &it.steps).into_iter().collect(),
        partial_fingerprints: Fingerprints { own: &it.fingerprint, github: &it.fingerprint },
        suppressions: None,
        properties: ResultProperties {
            confidence: confidence_word(it.confidence),
            context: it.context.as_ref().map(|it| context_word(it.kind)),
            container: it.container.as_ref().map(|it| it.name.as_str()),
            help: &it.help,
        },
    }
}

fn code_flow<'a>(report: &'a Report, steps: &'a [LabelledPlace]) -> Option<CodeFlow<'a>> {
    let last = steps.len().checked_sub(1)?;
    let location = |(index, step): (usize, &'a LabelledPlace)| FlowLocation {
        location: labelled(report, &step.place, &step.label),
        execution_order: index + 1,
        importance: if index == 0 || index == last { "essential" } else { "important" },
    };
    let locations = steps.iter().enumerate().take(MOST_STEPS).map(location).collect();
    Some(CodeFlow { thread_flows: [ThreadFlow { locations }] })
}

fn rule(it: &RuleInfo) -> Rule<'_> {
    Rule {
        id: it.name,
        name: pascal_case(it.name),
        short_description: text(&it.summary),
        full_description: text(&it.summary),
        help: Help { text: it.page, markdown: it.page },
        help_uri: it.url(),
        default_configuration: Configuration { level: level(it.severity) },
        properties: RuleProperties {
            tags: ["memory-leak", "javascript", "typescript"],
            precision: if it.severity == Severity::Error { "high" } else { "medium" },
            problem_severity: match it.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "recommendation",
            },
        },
    }
}

/// The kinds of what was not analysed, each once.
fn notifiable(report: &Report) -> Vec<Notifiable<'_>> {
    let reasons: std::collections::BTreeSet<&str> = report.incomplete.iter().map(|it| it.reason).collect();
    let describe = |id, what: &str| {
        let summary = || Text { text: Cow::Owned(format!("{what} ({id}).")) };
        Notifiable {
            id,
            name: pascal_case(id),
            short_description: summary(),
            full_description: summary(),
            help: text("The notification says what it is, and why. What is not there can hide findings."),
        }
    };
    let unread = reasons.into_iter().map(|id| describe(id, "Something was not analysed"));
    unread.chain([describe(LEFT_OUT, "The report holds less than was found")]).collect()
}

fn notifications(report: &Report, left_out: usize) -> Vec<Notification<'_>> {
    let mut notifications: Vec<Notification<'_>> = report
        .incomplete
        .iter()
        .map(|it| Notification {
            level: "warning",
            message: Text { text: Cow::Owned(escape_brackets(&format!("Not analysed: {}", it.message))) },
            descriptor: Notified { id: it.reason },
            locations: vec![location(report, &it.file, it.range)],
        })
        .collect();
    if left_out > 0 {
        let message = format!("{} left out: a run shows {MOST_RESULTS}.", wording::counted(left_out, "result"));
        notifications.push(Notification {
            level: "warning",
            message: Text { text: Cow::Owned(message) },
            descriptor: Notified { id: LEFT_OUT },
            locations: Vec::new(),
        });
    }
    notifications
}

fn labelled<'a>(report: &Report, place: &Place, label: &'a str) -> Location<'a> {
    let message = Text { text: Cow::Owned(escape_brackets(label)) };
    Location { message: Some(message), ..location(report, &place.file, Some(place.range)) }
}

fn location<'a>(report: &Report, file: &str, range: Option<Range>) -> Location<'a> {
    let uri = escape::uri(&wording::path_for_tools(report, file));
    let region = range.map(|it| Region {
        start_line: it.start.line,
        start_column: it.start.column,
        end_line: it.end.line,
        end_column: it.end.column,
    });
    let artifact_location = ArtifactLocation { uri, uri_base_id: "%SRCROOT%" };
    Location { id: None, physical: PhysicalLocation { artifact_location, region }, message: None }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn text(text: &str) -> Text<'_> {
    Text { text: Cow::Borrowed(text) }
}

/// Brackets in a message make links; these are none.
fn escape_brackets(text: &str) -> String {
    escape::plain(text).replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

/// `some-rule` as `SomeRule`, the form in which SARIF wants names.
fn pascal_case(name: &str) -> String {
    let mut text = String::new();
    for word in name.split('-') {
        let mut letters = word.chars();
        text.extend(letters.next().map(|it| it.to_ascii_uppercase()));
        text.extend(letters);
    }
    text
}
