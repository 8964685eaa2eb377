//! `modleak why`: what the analyser knows of the writes and listeners on a line, and why each is or isn't reported.

use crate::base::finding::{Confidence, ContextKind};
use crate::base::source::{LineIndex, Texts};
use crate::base::span::ByteRange;
use crate::cli::UserError;
use crate::cli::engine::{WhyEntry, WhyRequest};
use crate::driver::{self, Analysis};
use crate::program::{Bound, Change, Keys, ListenerUse, Point, Program, Refused};

/// What is known, by name.
type Fact = (String, String);

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
    let mut add = |start: u32, code: ByteRange, (verdict, facts): (String, Vec<Fact>)| {
        let at = lines.position(&text, start);
        let code = text.get(code.start as usize..code.end as usize).unwrap_or_default();
        let entry = WhyEntry {
            place: format!("{}:{}:{}", analysis.path(file), at.line, at.column),
            code: code.lines().next().unwrap_or_default().to_owned(),
            verdict,
            facts,
        };
        if !entries.iter().any(|(_, known)| *known == entry) {
            entries.push(((at.line, at.column), entry));
        }
    };
    let is_asked = |start: u32| request.line.is_none_or(|line| line == lines.position(&text, start).line);
    for change in program.changes().iter().filter(|change| change.file == file && is_asked(change.range.start)) {
        add(change.range.start, change.statement, (verdict(&program, change), facts(&program, change)));
    }
    for listener in program.listeners().iter().filter(|it| it.file == file && is_asked(it.range.start)) {
        let told = (listener_verdict(&program, listener), listener_facts(&program, listener));
        add(listener.range.start, listener.range, told);
    }
    entries.sort_by_key(|(place, _)| *place);
    Ok(entries.into_iter().map(|(_, entry)| entry).collect())
}

fn listener_verdict(program: &Program<'_>, listener: &ListenerUse) -> String {
    if program.is_test(listener.file) {
        "not reported: it is test code's".to_owned()
    } else if program.kind_of(listener.point) <= ContextKind::Test {
        "not reported: it is only added while modules load, or in tests".to_owned()
    } else if program.is_taken_off(listener) {
        "not reported: it is taken off, or goes by itself".to_owned()
    } else if program.is_registered_once(listener) {
        "not reported: it is added once only".to_owned()
    } else {
        "reported: it is added in code that repeats, and nothing takes it off".to_owned()
    }
}

fn listener_facts(program: &Program<'_>, listener: &ListenerUse) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut add = |name: &str, value: String| facts.push((name.to_owned(), value));
    add("emitter", listener.emitter.clone().unwrap_or_else(|| "the platform's timers".to_owned()));
    add("owner", program.owner_text(&listener.owner));
    if let Some(event) = &listener.event {
        add("event", event.clone());
    }
    add("context", context_text(program, listener.point));
    facts
}

fn context_text(program: &Program<'_>, point: Point) -> String {
    match program.context(point) {
        Some((kind, entry)) => format!("{}: {}", crate::report::context_word(kind), entry.label),
        None => "init: it only runs while modules load".to_owned(),
    }
}

fn test_verdict(program: &Program<'_>, change: &Change) -> &'static str {
    if !program.is_test_change(change) {
        "not reported: in test code only changes of production modules' objects are"
    } else if program.is_put_back(change) {
        "not reported: it is put back, or the test has the object for itself"
    } else {
        "reported: a test changes an object of a production module, and nothing puts it back"
    }
}

fn verdict(program: &Program<'_>, change: &Change) -> String {
    if program.is_test(change.file) {
        return test_verdict(program, change).to_owned();
    }
    if !program.is_repeated(change) {
        return "not reported: it only runs while modules load, or in tests".to_owned();
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
        Bound::Collected => "it is collected until a stream or process ends, and used then".to_owned(),
        Bound::BoundedHolder => "what holds it is bounded, and it goes with its holder".to_owned(),
    }
}

fn facts(program: &Program<'_>, change: &Change) -> Vec<Fact> {
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
    add("context", context_text(program, change.point()));
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
