//! Strings that are made of several: concatenations, paths, replacements. They wait until their parts are known; what is
//! still not known when everything else is quiet is a hole.

use smallvec::SmallVec;

use crate::base::name_test::NameTest;
use crate::base::source::FileId;
use crate::heap::field::Field;
use crate::heap::graph::NodeId;
use crate::heap::limits::STRINGS;
use crate::heap::loaders::Glob;
use crate::heap::object::{Data, ObjectId, ObjectKind, Source, StringId, Value, ValueKind};
use crate::heap::platform::basename;
use crate::heap::solver::{Arg, Solver};
use crate::heap::splits::{self, Split};
use crate::heap::strings::{self, Restart};
use crate::models::facts::DataKind;
use crate::modules::PatternPart;

/// A string of which parts are known.
pub(super) type Text = Vec<PatternPart>;

/// What is made of the parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Making {
    /// All of them one after the other.
    Concat,
    /// `array.join(separator)`: the separator, then what it stands between.
    Separated,
    /// A path.
    Path(Restart),
    /// `path.relative(from, to)`.
    Relative,
    /// `path.basename(path, ending)`.
    BasenameWithout,
    /// A path's folder and the parts of its name, of which none may be missing.
    Formatted,
    /// `text.replace(what, by)`.
    Replaced,
    /// `text.slice(from, to)`.
    Sliced,
    /// `text.substring(from, to)`.
    Substring,
    /// `text.substr(from, length)`.
    Substr,
    /// `text.split(separator)[0]`.
    FirstPiece,
    /// `text.split(separator).pop()`.
    LastPiece,
    /// `text.split(separator).slice(0, -1).join(separator)`.
    AllButLastPiece,
}

/// A string that waits for its parts.
#[derive(Clone, Debug)]
pub(super) struct Join {
    pub(super) dst: NodeId,
    pub(super) making: Making,
    pub(super) segments: SmallVec<[Arg; 3]>,
    /// How much its segments held when they were last joined.
    pub(super) heard: Option<usize>,
}

/// What waits until more is known of strings.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub(super) joins: Vec<Join>,
    pub(super) globs: Vec<Glob>,
    pub(super) splits: Vec<Split>,
    /// A base of which nothing may be known, the `require` that is made of it, and whose it is then.
    pub(super) requires: Vec<(NodeId, NodeId, FileId)>,
}

impl Join {
    pub(super) fn new(making: Making, segments: impl IntoIterator<Item = Arg>, dst: NodeId) -> Self {
        Self { dst, making, segments: segments.into_iter().collect(), heard: None }
    }
}

/// How much is known of the parts of a string.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Ready {
    /// Some text of each part.
    Written,
    /// At least the origin of each.
    Known,
    /// Of some parts nothing.
    Any,
}

/// A string that is to be made again.
struct Stale {
    ready: Ready,
    heard: usize,
    form: Form,
    parts: SmallVec<[Arg; 3]>,
}

#[derive(Clone, Copy)]
enum Form {
    Concat(usize),
    Join(usize, Making),
}

impl Solver<'_> {
    /// Makes the strings whose parts are known; if there are none, those with parts of which less is known. A part may
    /// itself be one that is still to be made, so that the order decides.
    pub(super) fn make_strings(&mut self) -> bool {
        self.spend((self.concats.len() + self.waiting.joins.len()) / 8);
        let stale = self.stale_strings();
        [Ready::Written, Ready::Known, Ready::Any].into_iter().any(|ready| {
            let mut changed = self.make_globs(ready) | self.make_splits();
            for stale in stale.iter().filter(|stale| stale.ready == ready) {
                changed |= self.make_string(stale);
            }
            changed
        })
    }

    /// The strings whose parts hold more than when they were last made.
    fn stale_strings(&mut self) -> Vec<Stale> {
        let mut stale = Vec::new();
        for index in 0..self.concats.len() {
            let parts = self.parts_of(index);
            let (ready, heard) = self.heard(&parts);
            if self.concats[index].heard != Some(heard) {
                stale.push(Stale { ready, heard, form: Form::Concat(index), parts });
            }
        }
        for index in 0..self.waiting.joins.len() {
            let join = self.waiting.joins[index].clone();
            let parts = self.spread_out(join.segments);
            let (ready, heard) = self.heard(&parts);
            let is_whole = join.making != Making::Formatted || ready != Ready::Any;
            if join.heard != Some(heard) && is_whole {
                stale.push(Stale { ready, heard, form: Form::Join(index, join.making), parts });
            }
        }
        stale
    }

    fn make_string(&mut self, stale: &Stale) -> bool {
        match stale.form {
            Form::Concat(index) => {
                self.concats[index].heard = Some(stale.heard);
                self.join_into(&stale.parts, self.concats[index].dst, <[Text]>::concat)
            }
            Form::Join(index, making) => {
                self.waiting.joins[index].heard = Some(stale.heard);
                let root = self.root_text();
                let dst = self.waiting.joins[index].dst;
                self.join_into(&stale.parts, dst, |parts| made(making, parts, &root))
            }
        }
    }

    fn parts_of(&self, concat: usize) -> SmallVec<[Arg; 3]> {
        let concat = self.concats[concat];
        let arguments = &self.input.facts[concat.file].arguments[concat.parts.indices()];
        let node = |value: u32| NodeId(concat.base.0 + value);
        arguments.iter().map(|part| Arg { node: node(part.value.0), is_spread: part.is_spread }).collect()
    }

    /// What of a name is known that a filter lets through.
    pub(super) fn filter_name(&mut self, value: Value, dst: NodeId, tail: StringId) {
        let ValueKind::String(id) = value.kind() else {
            self.graph.insert(dst, value);
            return;
        };
        let Some(PatternPart::Where(test)) = self.strings.parts(tail).first() else { return };
        let parts = self.strings.parts(id);
        let narrowed = match whole(parts) {
            Some(name) if !test.compile().may_pass(name) => return,
            Some(_) => None,
            None => test_of_pattern(parts, test).filter(NameTest::says_something),
        };
        let Some(test) = narrowed else {
            self.graph.insert(dst, value);
            return;
        };
        let tested = parts.iter().cloned().chain([PatternPart::Where(test)]).collect();
        let id = self.strings.pattern(tested);
        self.graph.insert(dst, Value::string(id));
    }

    /// How much of the parts of a string is known, and how much they hold. Sets only grow: the same sum is the same
    /// values.
    fn heard(&self, parts: &[Arg]) -> (Ready, usize) {
        parts.iter().fold((Ready::Written, 0), |(ready, sum), part| {
            let set = self.graph.set(part.node);
            let own = if set.is_empty() {
                Ready::Any
            } else if set.string_count() > 0 || self.has_separator(part.node) {
                Ready::Written
            } else {
                Ready::Known
            };
            (ready.max(own), sum + set.len())
        })
    }

    /// The arguments with tuples that are spread taken apart.
    fn spread_out(&mut self, args: SmallVec<[Arg; 3]>) -> SmallVec<[Arg; 3]> {
        if !args.iter().any(|arg| arg.is_spread) {
            return args;
        }
        let mut all = SmallVec::new();
        for arg in args {
            match arg.is_spread.then(|| self.tuple(arg.node)).flatten() {
                Some(elements) => all.extend(elements.into_iter().map(|node| Arg { node, is_spread: false })),
                None => all.push(arg),
            }
        }
        all
    }

    /// The elements of the one array that a node holds, if it is a tuple.
    fn tuple(&mut self, node: NodeId) -> Option<Vec<NodeId>> {
        let mut objects = self.graph.set(node).iter().filter_map(Value::as_object).map(|(object, _)| object);
        let (array, None) = (objects.next()?, objects.next()) else { return None };
        if self.objects[array].kind != ObjectKind::Array {
            return None;
        }
        if !self.known_values(array, Field::ELEMENT).is_empty() {
            return None;
        }
        let is_there = |place: &u32| !self.known_values(array, Field::index(*place)).is_empty();
        let count = (0..Field::TUPLE).take_while(is_there).count();
        let places: Vec<NodeId> =
            (0..Field::TUPLE).take(count).map(|place| self.field(array, Field::index(place))).collect();
        (!places.is_empty()).then_some(places)
    }

    fn join_into(&mut self, parts: &[Arg], dst: NodeId, build: impl Fn(&[Text]) -> Text) -> bool {
        let mut changed = false;
        let mut combinations: Vec<Vec<Text>> = vec![Vec::new()];
        for part in parts {
            let (texts, data) = self.text_values(*part);
            for value in data {
                changed |= self.graph.insert(dst, value);
            }
            let mut next = Vec::new();
            for combination in &combinations {
                for text in &texts {
                    if next.len() < STRINGS {
                        let mut longer = combination.clone();
                        longer.push(text.clone());
                        next.push(longer);
                    }
                }
            }
            combinations = next;
        }
        self.spend(combinations.len());
        for combination in combinations {
            let built = build(&combination);
            if built.iter().all(|part| *part == PatternPart::Hole) {
                continue;
            }
            let id = self.strings.pattern(built);
            changed |= self.graph.insert(dst, Value::string(id));
        }
        changed
    }

    /// What a part of a string may be, and the origins that it brings.
    pub(super) fn text_values(&self, part: Arg) -> (Vec<Text>, Vec<Value>) {
        let mut texts = Vec::new();
        let mut data = Vec::new();
        let (mut has_hole, mut has_object) = (false, false);
        for value in self.graph.set(part.node) {
            match value.kind() {
                ValueKind::String(id) if !part.is_spread => texts.push(self.strings.parts(id).to_vec()),
                ValueKind::String(_) => has_hole = true,
                ValueKind::Data(kind) => {
                    has_hole |= kind != Data::Known(DataKind::Finite);
                    data.push(value);
                }
                ValueKind::Object(object, _) if self.is_path_separator(object) => {
                    texts.push(vec![PatternPart::Text("/".to_owned())]);
                }
                ValueKind::Object(..) => has_object = true,
            }
        }
        // The origin of a string with unknown parts is what stands in them; a URL is its text too.
        let is_part_known = texts.iter().flatten().any(|part| !matches!(part, PatternPart::Text(_)));
        if texts.is_empty() || (has_hole && !is_part_known) || (has_object && part.is_spread) {
            texts.push(vec![PatternPart::Hole]);
        }
        (texts, data)
    }

    fn has_separator(&self, node: NodeId) -> bool {
        let mut objects = self.graph.set(node).iter().filter_map(Value::as_object);
        objects.any(|(object, _)| self.is_path_separator(object))
    }

    fn is_path_separator(&self, object: ObjectId) -> bool {
        let Source::External { label, .. } = self.objects[object].source else { return false };
        matches!(
            self.names.text(label),
            "node:path.sep" | "node:path.default.sep" | "node:path.posix.sep" | "node:path/posix.sep"
        )
    }
}

fn made(making: Making, parts: &[Text], root: &str) -> Text {
    match (making, parts) {
        (Making::Separated, [separator, rest @ ..]) => {
            rest.iter().flat_map(|part| [separator, part]).skip(1).flatten().cloned().collect()
        }
        (Making::Path(Restart::AtAbsolute), _) => {
            let root = vec![PatternPart::Text(root.to_owned())];
            let all: Vec<Text> = std::iter::once(root).chain(parts.iter().cloned()).collect();
            strings::join_paths(&all, Restart::AtAbsolute)
        }
        (Making::Path(Restart::Never), _) => strings::join_paths(parts, Restart::Never),
        (Making::Relative, [from, to, ..]) => strings::relative(from, to),
        (Making::BasenameWithout, [path, ending, ..]) => without_ending(basename(path.clone()), whole(ending)),
        (Making::Replaced, [text, what, by, ..]) => replaced(text, whole(what), by),
        (Making::Sliced, [text, bounds @ ..]) => cut(text, bounds, sliced),
        (Making::Substring, [text, bounds @ ..]) => cut(text, bounds, substring),
        (Making::Substr, [text, bounds @ ..]) => cut(text, bounds, substr),
        (Making::FirstPiece | Making::LastPiece | Making::AllButLastPiece, [text, separator]) => {
            splits::piece(text, whole(separator), making)
        }
        _ => parts.concat(),
    }
}

pub(super) fn whole(text: &[PatternPart]) -> Option<&str> {
    match text {
        [PatternPart::Text(text)] => Some(text),
        _ => None,
    }
}

/// What a test of a whole string says of the last name in it.
fn test_of_pattern(parts: &[PatternPart], test: &NameTest) -> Option<NameTest> {
    let names = parts.iter().rposition(|part| !matches!(part, PatternPart::Where(_)))?;
    match (&parts[names], &parts[..names]) {
        (PatternPart::Entry, []) => Some(test.clone()),
        (PatternPart::Entry, [PatternPart::Text(before)]) => {
            Some(NameTest::After(before.as_str().into(), Box::new(test.clone())))
        }
        (PatternPart::Entry | PatternPart::Tree, _) => Some(test.of_ending()),
        // A glob names files in full.
        (PatternPart::Text(ending), _) if ending.starts_with('.') => Some(test.of_ending()),
        _ => None,
    }
}

fn without_ending(mut parts: Text, ending: Option<&str>) -> Text {
    let Some(ending) = ending else { return strings::without_extension(parts) };
    if let Some(PatternPart::Text(last)) = strings::last_named(&mut parts)
        && let Some(shorter) = last.strip_suffix(ending)
    {
        *last = shorter.to_owned();
    }
    parts
}

/// The first occurrence of a known text replaced. What a regular expression replaces is mostly an extension.
fn replaced(text: &Text, what: Option<&str>, by: &Text) -> Text {
    let Some(what) = what.filter(|what| !what.is_empty()) else { return strings::without_extension(text.clone()) };
    for (at, part) in text.iter().enumerate() {
        if let PatternPart::Text(known) = part
            && let Some((before, after)) = known.split_once(what)
        {
            let (before, after) = (PatternPart::Text(before.to_owned()), PatternPart::Text(after.to_owned()));
            return [&text[..at], &[before], by, &[after], &text[at + 1..]].concat();
        }
    }
    text.clone()
}

/// A piece of a known text between known places. Of others mostly the extension is cut off.
fn cut(text: &Text, bounds: &[Text], take: fn(&[char], &[i64]) -> String) -> Text {
    let places: Option<Vec<i64>> = bounds.iter().map(|bound| whole(bound)?.parse().ok()).collect();
    match (whole(text), places) {
        (Some(known), Some(places)) => {
            let characters: Vec<char> = known.chars().collect();
            vec![PatternPart::Text(take(&characters, &places))]
        }
        _ => strings::without_extension(text.clone()),
    }
}

fn sliced(text: &[char], places: &[i64]) -> String {
    let length = text.len();
    let place = |at: i64| {
        let back = usize::try_from(at.unsigned_abs()).unwrap_or(length);
        if at < 0 { length.saturating_sub(back) } else { back.min(length) }
    };
    let from = place(places.first().copied().unwrap_or(0));
    let to = places.get(1).map_or(length, |&to| place(to));
    text[from.min(to)..to].iter().collect()
}

fn substr(text: &[char], places: &[i64]) -> String {
    let from = sliced(text, &places[..places.len().min(1)]);
    let length = places.get(1).map_or(usize::MAX, |&length| usize::try_from(length).unwrap_or(0));
    from.chars().take(length).collect()
}

fn substring(text: &[char], places: &[i64]) -> String {
    let place = |at: i64| usize::try_from(at.max(0)).unwrap_or(usize::MAX).min(text.len());
    let from = place(places.first().copied().unwrap_or(0));
    let to = places.get(1).map_or(text.len(), |&to| place(to));
    text[from.min(to)..from.max(to)].iter().collect()
}
