//! `modleak why`: what the analyser knows of the writes on a line, and why each is or isn't reported.

use crate::base::finding::Confidence;
use crate::base::source::{LineIndex, Texts};
use crate::cli::UserError;
use crate::cli::engine::{WhyEntry, WhyRequest};
use crate::driver::{self, Analysis};
use crate::program::{Bound, Change, Keys, Program, Refused};

/// The entries of a file or line, by place.
pub(crate) fn why(analysis: &Analysis, request: &WhyRequest) -> Result<Vec<WhyEntry>, UserError> {
    let path = crate::cli::working_directory()?.join(&request.file);
    let path = analysis.fs.canonicalize(&path).unwrap_or(path);
    let inner = path.strip_prefix(&analysis.project.root).ok().map(|p| p.to_string_lossy().replace('\\', "/"));
    let file = inner
        .and_then(|inner| analysis.project.file_at(&inner))
        .ok_or_else(|| UserError::new(format!("{} is no file of the project", request.file.display())))?;
    let Some(text) = analysis.text(file) else {
        return Err(UserError::new(format!("{} can't be read as text", request.file.display())));
    };
    let lines = LineIndex::new(&text);
    let program = driver::program(analysis);
    let mut entries: Vec<((u32, u32), WhyEntry)> = Vec::new();
    for change in program.changes().iter().filter(|change| change.file == file) {
        let at = lines.position(&text, change.range.start);
        if request.line.is_some_and(|line| line != at.line) {
            continue;
        }
        let code = text.get(change.statement.start as usize..change.statement.end as usize).unwrap_or_default();
        let entry = WhyEntry {
            place: format!("{}:{}:{}", analysis.path(file), at.line, at.column),
            code: code.lines().next().unwrap_or_default().to_owned(),
            verdict: verdict(&program, change),
            facts: facts(&program, change),
        };
        if !entries.iter().any(|(_, known)| *known == entry) {
            entries.push(((at.line, at.column), entry));
        }
    }
    entries.sort_by_key(|(place, _)| *place);
    Ok(entries.into_iter().map(|(_, entry)| entry).collect())
}

fn verdict(program: &Program<'_>, change: &Change) -> String {
    if !program.is_repeated(change) {
        return if program.is_test(change.file) {
            "test code: only changes of production modules are reported".to_owned()
        } else {
            "not reported: it only runs while modules load, or in tests".to_owned()
        };
    }
    if program.is_unbounded_growth(change) {
        return "reported: it grows in code that repeats, and nothing bounds it".to_owned();
    }
    if change.lifetime == crate::heap::object::Lifetime::Fresh {
        return "not reported: the object is fresh here, in the hands of the code that makes it".to_owned();
    }
    if program.is_request_state(change) {
        return "reported: data of one request is kept where others see it".to_owned();
    }
    if program.is_foreign_write(change) {
        return "reported: it changes an object that another module owns".to_owned();
    }
    match program.bound(change) {
        Some(bound) => format!("not reported: {}", bound_text(program, bound)),
        None => "not reported: it replaces a value, and nothing grows".to_owned(),
    }
}

fn bound_text(program: &Program<'_>, bound: Bound) -> String {
    match bound {
        Bound::Removal(id) => {
            let removal = program.change(id);
            let function = program.function_text(removal.file, removal.function);
            format!("entries are taken away by `{}` in {function} ({})", removal.kind, program.path(removal.file))
        }
        Bound::SizeCheck => "a check of its size guards it".to_owned(),
        Bound::Replaces => "it is there already, and is replaced".to_owned(),
        Bound::FiniteKeys => "its keys come from a fixed set".to_owned(),
        Bound::Once => "a flag lets it happen once only".to_owned(),
        Bound::BoundsItself => "the container bounds itself".to_owned(),
        Bound::BoundedHolder => "what holds it is bounded, and it goes with its holder".to_owned(),
    }
}

fn facts(program: &Program<'_>, change: &Change) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut add = |name: &str, value: String| facts.push((name.to_owned(), value));
    if let Some(container) = program.container(change) {
        add("container", container.name);
        add("owner", container.owner);
        add("holder", container.holder);
    }
    let lifetime = match change.lifetime {
        crate::heap::object::Lifetime::Fresh => "fresh: it does not outlive the call by this way",
        crate::heap::object::Lifetime::Module => "module: it outlives the call",
    };
    add("lifetime", lifetime.to_owned());
    match program.context(change.point()) {
        Some((kind, entry)) => add("context", format!("{}: {}", crate::report::context_word(kind), entry.label)),
        None => add("context", "init: it only runs while modules load".to_owned()),
    }
    if let Some(keys) = program.keys(change) {
        add("keys", format!("{keys:?}"));
    }
    if program.is_unbounded_growth(change) {
        add("confidence", confidence_text(program, change));
    }
    for &id in program.growths_of(change.target) {
        let other = program.change(id);
        add("growth", place_text(program, other));
    }
    for refused in program.refused_removals(change) {
        let (id, why) = match refused {
            Refused::OnlyWhileLoading(id) => (id, "only runs while modules load"),
            Refused::OnlyInTests(id) => (id, "only runs in tests"),
            Refused::NeverCalled(id) => (id, "nothing in the program calls it"),
            Refused::OnRequest(id) => (id, "only if the caller asks for it"),
            Refused::OtherKey(id) => (id, "another key than the one that is stored"),
            Refused::OnlyWhenAsked(id) => (id, "only when the same key is asked for again"),
            Refused::OtherPath(id) => (id, "only what another function puts in"),
            Refused::UnderOption(id) => (id, "only under an option that is off by default"),
        };
        add("removal that does not bound", format!("{}: {why}", place_text(program, program.change(id))));
    }
    facts.dedup();
    facts
}

/// How sure the growth is, and what makes it so.
fn confidence_text(program: &Program<'_>, change: &Change) -> String {
    let parts = [
        ("where it is called from", program.context_confidence(change.point())),
        ("what the base is", program.base_confidence(change)),
        ("its keys", program.keys(change).map_or(Confidence::High, Keys::confidence)),
    ];
    let all = program.growth_confidence(change);
    let by = parts.iter().find(|(_, part)| *part == all).map_or("a removal that may not suffice", |(name, _)| name);
    match all {
        Confidence::High => "high".to_owned(),
        Confidence::Medium => format!("medium, by {by}"),
        Confidence::Low => format!("low, by {by}: only shown with --min-confidence low"),
    }
}

fn place_text(program: &Program<'_>, change: &Change) -> String {
    let function = program.function_text(change.file, change.function);
    format!("`{}` in {function} ({})", change.kind, program.path(change.file))
}
