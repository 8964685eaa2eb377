//! `modleak check`: analyse and report.

use std::io;
use std::path::{Path, PathBuf};

use crate::base::finding::Severity;
use crate::cli::args::{CheckArgs, OutputArg, SelectionArgs};
use crate::cli::console::Console;
use crate::cli::engine::{Changes, CheckOutcome, CheckRequest, Engine, GivenFile};
use crate::cli::{Exit, Failure, Outcome, UserError, add_suppressions, output_file, quoted};
use crate::report::baseline::{Baseline, BaselineUse};
use crate::report::format::{Colour, Format, Style, escape, nearest, render, wording};
use crate::report::{Infos, Report, RuleInfo};

/// How many stale entries of a baseline are named.
const NAMED_STALE: usize = 10;

pub(super) fn run(engine: &dyn Engine, args: &CheckArgs, console: &mut Console<'_>) -> Outcome {
    if let Some(file) = &args.output.print_config {
        let configuration = engine.effective_configuration(&args.project.request(&args.paths), file)?;
        escape::write_json(&configuration, console.out())?;
        return Ok(Exit::Clean);
    }
    let outputs = outputs(args, console)?;
    let mut request = request(engine, args, console)?;
    request.wants_inventory = outputs.iter().any(|it| it.format.shows_inventory());
    let progress = console.progress();
    let outcome = engine.check(&request, progress);
    progress.end();
    let mut outcome = outcome?;
    if let (true, Some(reason)) = (args.selection.add_suppressions, &args.selection.reason) {
        outcome = add_suppressions::run(engine, &request, &outcome, reason, console)?;
    }
    let CheckOutcome { mut report, statistics, timings, .. } = outcome;

    let exit = exit_of(&report, &args.selection);
    // Where nothing was analysed, nothing is known of the findings that were.
    let is_updated = args.selection.update_baseline && report.summary.files > 0;
    if let (true, Some(file)) = (is_updated, &args.selection.baseline) {
        output_file::write(file, Baseline::new(report.current.iter().cloned()).render().as_bytes())?;
    }
    if args.output.quiet {
        report.keep_errors();
    }
    let infos = if args.output.info { Infos::Shown } else { Infos::Counted };
    // A closed pipe must not keep the files from being written.
    let printed = write_outputs(&report, &outputs, infos, console)?;
    if args.output.statistics {
        for rule in &report.rules {
            let count = report.diagnostics.iter().filter(|it| it.rule == rule.name).count();
            console.note(&format!("{count:>12}  {}", rule.name));
        }
        for (name, count) in &statistics {
            console.note(&format!("{count:>12}  {}", escape::plain(name)));
        }
    }
    if args.output.timings {
        for (name, took) in &timings {
            console.note(&format!("{:>9.1} ms  {}", took.as_secs_f64() * 1000.0, escape::plain(name)));
        }
    }
    conclude(&report, args, console);
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(exit),
    }
}

/// Where each format goes. One, at most, goes to standard output.
fn outputs(args: &CheckArgs, console: &Console<'_>) -> Result<Vec<OutputArg>, UserError> {
    let mut outputs = args.output.format.clone();
    if outputs.is_empty() {
        let name = if console.is_github_log() && args.output.output_file.is_none() { "github" } else { "pretty" };
        let format: Format = name.parse().map_err(|_| UserError::new("the default format is missing"))?;
        outputs.push(OutputArg { format, file: None });
    }
    let mut unplaced = outputs.iter_mut().filter(|it| it.file.is_none());
    let first = unplaced.next();
    if unplaced.next().is_some() {
        return Err(UserError::new("two formats can't both go to standard output")
            .with_help("give one of them a file: --format sarif=report.sarif"));
    }
    match (first, &args.output.output_file) {
        (Some(output), Some(file)) => output.file = Some(file.clone()),
        (None, Some(_)) => {
            return Err(UserError::new("--output-file is for a format that has no file of its own"));
        }
        (_, None) => {}
    }
    let mut files: Vec<&PathBuf> = outputs.iter().filter_map(|it| it.file.as_ref()).collect();
    files.sort();
    match files.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(UserError::new("two formats can't go to one file").at(pair[0].display().to_string())),
        None => Ok(outputs),
    }
}

fn request(engine: &dyn Engine, args: &CheckArgs, console: &mut Console<'_>) -> Result<CheckRequest, Failure> {
    let selection = &args.selection;
    let rules = engine.rules();
    for (name, _) in &selection.rule {
        if !rules.iter().any(|it| it.name == name) {
            return Err(unknown_rule(name, &rules).into());
        }
    }
    let changes = match &selection.changed_since {
        Some(revision) => Changes::Since(revision.clone()),
        None if selection.staged => Changes::Staged,
        None => Changes::Ignored,
    };
    let given = match &selection.stdin_filename {
        None => Vec::new(),
        Some(path) => {
            let read = console.read_input();
            let bytes = read.map_err(|error| UserError::new(format!("standard input can't be read: {error}")))?;
            vec![GivenFile { path: path.clone(), bytes }]
        }
    };
    Ok(CheckRequest {
        project: args.project.request(&args.paths),
        rules: selection.rule.clone(),
        min_confidence: selection.min_confidence.into(),
        changes,
        baseline: baseline(selection)?,
        wants_inventory: false,
        given,
    })
}

pub(super) fn unknown_rule(name: &str, rules: &[RuleInfo]) -> UserError {
    let error = UserError::new(format!("there is no rule {}", quoted(name)));
    match nearest(name, rules.iter().map(|it| it.name)) {
        Some(near) => error.with_help(format!("did you mean `{near}`?")),
        None => error.with_help("`modleak rules` lists them"),
    }
}

fn baseline(selection: &SelectionArgs) -> Result<BaselineUse, UserError> {
    let Some(file) = &selection.baseline else { return Ok(BaselineUse::Unused) };
    match (read_baseline(file)?, selection.update_baseline) {
        (Some(known), false) => Ok(BaselineUse::Known(known)),
        (known, true) => Ok(BaselineUse::Update(known.unwrap_or_default())),
        (None, false) => Err(UserError::new("the baseline isn't there")
            .at(file.display().to_string())
            .with_help("--update-baseline writes it")),
    }
}

fn read_baseline(file: &Path) -> Result<Option<Baseline>, UserError> {
    let at = || file.display().to_string();
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(UserError::new(format!("the baseline can't be read: {error}")).at(at())),
    };
    let parsed = Baseline::parse(&text);
    parsed.map(Some).map_err(|error| {
        UserError::new("this line is no entry of a baseline")
            .at(format!("{}:{}", at(), error.line))
            .with_help("entries begin with a fingerprint of 16 hexadecimal digits; --update-baseline writes them anew")
    })
}

/// Writes the files first, then standard output, whose failure is given for later.
fn write_outputs(
    report: &Report,
    outputs: &[OutputArg],
    infos: Infos,
    console: &mut Console<'_>,
) -> Result<io::Result<()>, UserError> {
    for output in outputs {
        let Some(file) = &output.file else { continue };
        let style = Style { colour: Colour::None, infos, ..Style::default() };
        let mut bytes = Vec::new();
        let rendered = render(report, output.format, style, &mut bytes);
        rendered.map_err(|error| UserError::new(format!("the report can't be made: {error}")))?;
        output_file::write(file, &bytes)?;
    }
    let style = console.style(infos);
    match outputs.iter().find(|it| it.file.is_none()) {
        Some(output) => Ok(render(report, output.format, style, console.out())),
        None => Ok(Ok(())),
    }
}

fn exit_of(report: &Report, selection: &SelectionArgs) -> Exit {
    let too_many = selection.max_warnings.is_some_and(|limit| report.summary.warnings > limit);
    if report.summary.files == 0 || (selection.strict && !report.incomplete.is_empty()) {
        Exit::Failed
    } else if report.summary.errors > 0 || too_many {
        Exit::Findings
    } else {
        Exit::Clean
    }
}

/// The closing summary.
fn conclude(report: &Report, args: &CheckArgs, console: &mut Console<'_>) {
    let summary = report.summary;
    let paint = console.paint_err();
    if summary.files == 0 {
        console.error(&UserError::new("there is nothing to analyse here: no JavaScript or TypeScript file was found"));
        return;
    }
    let worst = match (summary.errors, summary.warnings) {
        (0, 0) => Severity::Info,
        (0, _) => Severity::Warning,
        _ => Severity::Error,
    };
    let totals = paint.severity(worst, &wording::totals(&summary));
    let files = wording::counted(summary.files, "file");
    let place = if matches!(report.root.as_str(), "" | ".") { String::new() } else { format!(" of {}", report.root) };
    console.note(&format!("modleak: {totals} in {files}{}", escape::plain(&place)));
    let mut notes = Vec::new();
    if summary.infos > 0 && !args.output.info {
        notes.push(format!("{} only counted: --info shows them", wording::counted(summary.infos, "info")));
    }
    if summary.baselined > 0 {
        notes.push(format!("{} hidden by the baseline", wording::counted(summary.baselined, "known finding")));
    }
    if summary.suppressed > 0 {
        notes.push(format!("{} hidden by comments", wording::counted(summary.suppressed, "finding")));
    }
    if !report.incomplete.is_empty() {
        let strict = if args.selection.strict { " (--strict: this fails the run)" } else { "" };
        notes.push(format!("not analysed: {}{strict}", wording::counted(report.incomplete.len(), "place")));
    }
    notes.extend(report.assumptions.iter().map(|it| format!("assumed: {it}")));
    notes.extend(stale(report, args.selection.update_baseline));
    for note in notes {
        console.note(&format!("  {}", paint.dim(&escape::plain(&note))));
    }
}

/// The drift of the baseline.
fn stale(report: &Report, is_updated: bool) -> Vec<String> {
    if report.stale.is_empty() {
        return Vec::new();
    }
    let count = report.stale.len();
    let entries = if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") };
    let mut notes = vec![if is_updated {
        format!("{entries} of the baseline, which nothing matched any more, dropped:")
    } else {
        format!("nothing matches {entries} of the baseline any more (--update-baseline drops them):")
    }];
    let named = report.stale.iter().take(NAMED_STALE);
    notes.extend(named.map(|it| format!("  {} {} {}", it.fingerprint, it.rule, it.file)));
    if count > NAMED_STALE {
        notes.push(format!("  and {} more", count - NAMED_STALE));
    }
    notes
}
