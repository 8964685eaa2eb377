//! Path patterns to files: `./plugins/${name}.js` against the project's tree.
//!
//! A pattern is cut at its slashes into segments. The leading segments that are known text name a folder; from there
//! the segments are matched against names, one level each. The last one matches files as a specifier would name them:
//! with or without an extension, or a folder with an index.

use std::sync::PoisonError;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::base::name_test::{Compiled, NameTest};
use crate::base::source::FileId;
use crate::modules::resolver::Language;
use crate::modules::table::Table;
use crate::modules::{
    Expansion, Form, Loader, Mode, PatternPart, Reason, Resolution, language_of, relative, resolver, subpaths,
};
use crate::project::path;

/// A pattern that matches more files than these is not expanded: it says nothing about what is loaded.
pub const EXPANSION_LIMIT: usize = 2_000;

/// What a computed specifier may load.
const LOADABLE: [&str; 10] = ["js", "cjs", "mjs", "ts", "tsx", "jsx", "mts", "cts", "json", "node"];

/// A part of a segment.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    /// Known text without a slash.
    Text(String),
    /// Some text without a slash.
    Any,
}

/// What stands between two slashes of a pattern.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Segment {
    pieces: Vec<Piece>,
    /// Whether folders may stand before it that the pattern does not name.
    reach: Reach,
    /// What is asked of the name.
    tests: Vec<NameTest>,
}

/// How far below the folder before it a segment's name may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Reach {
    #[default]
    Here,
    /// In the folder, whose listing it is from: it is never more than one name.
    Listed,
    AnyDepth,
}

impl Segment {
    fn text(&self) -> Option<&str> {
        match (self.reach, self.pieces.as_slice()) {
            (Reach::Here, []) => Some(""),
            (Reach::Here, [Piece::Text(text)]) => Some(text),
            _ => None,
        }
    }

    /// Whether all but an ending is unknown, so that it may be more than one name.
    fn is_whole_hole(&self) -> bool {
        match self.pieces.as_slice() {
            _ if self.reach == Reach::Listed => false,
            [Piece::Any] => true,
            [Piece::Any, Piece::Text(ending)] => ending.starts_with('.'),
            _ => false,
        }
    }

    /// The same, over any number of names.
    fn deepened(self) -> Self {
        let reach = if self.is_whole_hole() { Reach::AnyDepth } else { self.reach };
        Self { reach, ..self }
    }
}

/// A segment that is ready to be asked of many names.
struct Matcher<'a> {
    pieces: &'a [Piece],
    reach: Reach,
    tests: Vec<Compiled>,
}

impl Matcher<'_> {
    fn of(segment: &Segment) -> Matcher<'_> {
        let tests = segment.tests.iter().map(NameTest::compile).collect();
        Matcher { pieces: &segment.pieces, reach: segment.reach, tests }
    }

    fn passes(&self, name: &str) -> bool {
        self.tests.iter().all(|test| test.may_pass(name))
    }

    fn is_folder(&self, name: &str) -> bool {
        is_entered(name) && matches(self.pieces, name) && self.passes(name)
    }
}

/// A search for the files of one pattern.
struct Search<'a> {
    table: &'a Table,
    language: Language,
    found: Vec<FileId>,
    /// The file that asks, if it is not to be found.
    except: Option<FileId>,
    finds_tests: bool,
    /// Globs of what is not to be found.
    unwanted: GlobSet,
}

impl Loader {
    /// All files that a specifier of this pattern may mean in `from`, as `resolve` would resolve each.
    pub fn expand(&self, from: FileId, pattern: &[PatternPart], mode: Mode) -> Expansion {
        let key = (from, pattern.into(), mode);
        if let Some(known) = self.expanded.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        let expansion = self.expand_anew(from, pattern, mode);
        self.expanded.lock().unwrap_or_else(PoisonError::into_inner).insert(key, expansion.clone());
        expansion
    }

    fn expand_anew(&self, from: FileId, pattern: &[PatternPart], mode: Mode) -> Expansion {
        let pattern = without_suffix(pattern);
        if let Some(text) = whole_text(&pattern) {
            return match self.resolve(from, &text, mode) {
                Resolution::File(file) => Expansion { files: vec![file], ..Expansion::default() },
                Resolution::Unresolved(reason) => failed(reason),
                Resolution::Package { name, .. } => Expansion { package: Some(name), ..Expansion::default() },
                Resolution::Builtin(_) => Expansion::default(),
            };
        }
        let expansion = match self.start(from, &pattern) {
            Ok((folder, segments)) => self.search(from, &pattern, &folder, segments),
            Err(reason) => failed(reason),
        };
        if expansion.problem == Some(Reason::NoMatch) && is_bare(&pattern) {
            return self.expand_subpath(from, &pattern, mode).unwrap_or(expansion);
        }
        expansion
    }

    /// By the starred keys of a package's `exports` and `imports`; or as something in a package that is not analysed.
    fn expand_subpath(&self, from: FileId, pattern: &[PatternPart], mode: Mode) -> Option<Expansion> {
        let rewritten = subpaths::rewritten(&self.table, self.table.path(from), pattern);
        let found = rewritten.iter().map(|pattern| self.expand(from, pattern, mode));
        if let Some(found) = found.into_iter().find(|found| found.problem != Some(Reason::NoMatch)) {
            return Some(found);
        }
        let Some(PatternPart::Text(first)) = pattern.first() else { return None };
        let (name, _) = resolver::split_package(first);
        let is_whole = first.len() > name.len() && !name.starts_with(['#', '~']) && name != "@";
        (is_whole && self.table.package(name).is_none())
            .then(|| Expansion { package: Some(name.to_string()), ..Expansion::default() })
    }

    /// The folder that a pattern begins in, and the segments from there on.
    fn start(&self, from: FileId, pattern: &[PatternPart]) -> Result<(String, Vec<Segment>), Reason> {
        let Some(PatternPart::Text(first)) = pattern.first() else { return Err(Reason::UnknownValue) };
        let mut segments = segments_of(pattern);
        // The last segment names files, also if a `..` took away all that was not known.
        let names = segments.len().saturating_sub(1);
        let known = segments.iter().take(names).take_while(|segment| segment.text().is_some()).count();
        let rest = segments.split_off(known);
        let written = segments.iter().filter_map(Segment::text).collect::<Vec<_>>().join("/");
        let importer = self.table.path(from);
        let folder = match Form::of(first) {
            Form::Path(_) => {
                // `/${x}` and `file:///${x}` begin at the machine's root, whatever the first segment says.
                let written = if written.is_empty() { "/".to_string() } else { written };
                let written = written.strip_prefix("file://").unwrap_or(&written);
                self.locate(path::folder_of(importer), written)?
            }
            Form::Bare(_) if written.is_empty() => return Err(Reason::UnknownValue),
            Form::Bare(_) => self.package_folder(importer, &written).ok_or(Reason::NoMatch)?,
            Form::Nothing => return Err(Reason::NoMatch),
        };
        Ok((folder, rest))
    }

    /// The folder that a bare specifier without its last, unknown part means: of a package of the project, or by a
    /// tsconfig's paths.
    fn package_folder(&self, importer: &str, written: &str) -> Option<String> {
        if let Some(folder) = self.table.aliased(path::folder_of(importer), written) {
            return Some(folder);
        }
        let folder = self.packages.resolve_folder(importer, written);
        // `@shared/*` of a tsconfig's paths says nothing of `@shared`.
        if let Some(folder) = folder.or_else(|| self.packages.resolve_folder(importer, &format!("{written}/"))) {
            return Some(folder);
        }
        let (name, subpath) = resolver::split_package(written);
        let package = self.table.package(name)?;
        let plain = path::join(package, subpath)?;
        if self.table.folder(&plain).is_some() {
            return Some(plain);
        }
        path::join(package, &format!("src/{subpath}")).filter(|folder| self.table.folder(folder).is_some())
    }

    fn search(&self, from: FileId, pattern: &[PatternPart], folder: &str, segments: Vec<Segment>) -> Expansion {
        let is_listed =
            |part: &PatternPart| matches!(part, PatternPart::Entry | PatternPart::Tree | PatternPart::Folders);
        let mut search = Search {
            table: &self.table,
            language: language_of(self.table.path(from)),
            found: Vec::new(),
            except: pattern.iter().any(is_listed).then_some(from),
            finds_tests: self.table.is_test(from),
            unwanted: unwanted(pattern),
        };
        search.run(folder, &segments.iter().map(Matcher::of).collect::<Vec<_>>());
        if search.found.is_empty() && segments.iter().any(Segment::is_whole_hole) {
            let deep: Vec<Segment> = segments.into_iter().map(Segment::deepened).collect();
            search.run(folder, &deep.iter().map(Matcher::of).collect::<Vec<_>>());
        }
        let mut files = search.found;
        files.sort_unstable();
        files.dedup();
        if files.len() > EXPANSION_LIMIT {
            return failed(Reason::TooMany);
        }
        let problem = files.is_empty().then_some(Reason::NoMatch);
        Expansion { files, problem, package: None }
    }
}

pub(super) fn is_loadable_name(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| LOADABLE.contains(&extension))
}

/// Whether something unknown may stand for this folder: installed packages are loaded by their names.
pub(super) fn is_entered(folder: &str) -> bool {
    folder != "node_modules"
}

impl Search<'_> {
    fn run(&mut self, folder: &str, segments: &[Matcher<'_>]) {
        if self.found.len() > EXPANSION_LIMIT {
            return;
        }
        let Some((segment, rest)) = segments.split_first() else { return };
        if rest.is_empty() {
            self.take_files(folder, segment);
        } else {
            for inner in self.inner_folders(folder, segment) {
                self.run(&inner, rest);
            }
        }
        if segment.reach == Reach::AnyDepth {
            for inner in self.folders_in(folder, is_entered) {
                self.run(&inner, segments);
            }
        }
    }

    fn inner_folders(&self, folder: &str, segment: &Matcher<'_>) -> Vec<String> {
        match segment.pieces {
            [] => vec![folder.to_string()],
            [Piece::Text(text)] if segment.tests.is_empty() => path::join(folder, text).into_iter().collect(),
            _ => self.folders_in(folder, |name| segment.is_folder(name)),
        }
    }

    fn folders_in(&self, folder: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let Some(found) = self.table.folder(folder) else { return Vec::new() };
        let names = found.folders.iter().filter(|name| is_wanted(name));
        names.filter_map(|name| path::join(folder, name)).collect()
    }

    fn take_files(&mut self, folder: &str, segment: &Matcher<'_>) {
        if let [Piece::Text(text)] = segment.pieces {
            let target = path::join(folder, text).filter(|_| segment.passes(text));
            let file = target.and_then(|target| relative::file(self.table, &target, self.language));
            return self.take(file);
        }
        let Some(found) = self.table.folder(folder) else { return };
        for &file in &found.files {
            let name = path::name_of(self.table.path(file));
            if segment.passes(name) && spellings(name).any(|spelling| matches(segment.pieces, &spelling)) {
                self.take(Some(file));
            }
        }
        for name in found.folders.iter().filter(|name| segment.is_folder(name)) {
            let index = path::join(folder, name).and_then(|inner| relative::folder(self.table, &inner, self.language));
            self.take(index);
        }
    }

    fn take(&mut self, file: Option<FileId>) {
        let Some(file) = file else { return };
        let is_wanted = is_loadable_name(self.table.path(file))
            && self.except != Some(file)
            && !self.unwanted.is_match(self.table.path(file))
            && (self.finds_tests || !self.table.is_test(file));
        if is_wanted {
            self.found.push(file);
        }
    }
}

/// How a specifier may name a file: in full, without the extension, and by the extension that it is compiled to.
fn spellings(name: &str) -> impl Iterator<Item = String> + use<'_> {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let compiled: &[&str] = match extension {
        "ts" => &["js"],
        "tsx" => &["js", "jsx"],
        "mts" => &["mjs"],
        "cts" => &["cjs"],
        _ => &[],
    };
    let compiled = compiled.iter().map(move |extension| format!("{stem}.{extension}"));
    [name.to_string(), stem.to_string()].into_iter().chain(compiled)
}

/// Whether a name is made of these pieces, each unknown one standing for at least one character.
fn matches(pieces: &[Piece], name: &str) -> bool {
    let Some((first, rest)) = pieces.split_first() else { return name.is_empty() };
    let mut name = match first {
        Piece::Text(text) => match name.strip_prefix(text.as_str()) {
            Some(name) => name,
            None => return false,
        },
        Piece::Any => return matches_after_hole(rest, name),
    };
    for (at, piece) in rest.iter().enumerate() {
        match piece {
            Piece::Text(text) => match name.strip_prefix(text.as_str()) {
                Some(after) => name = after,
                None => return false,
            },
            Piece::Any => return matches_after_hole(&rest[at + 1..], name),
        }
    }
    name.is_empty()
}

/// The pieces alternate (neighbours of a kind are joined), so the earliest place for each text is as good as any, but
/// the last text must end the name.
fn matches_after_hole(mut pieces: &[Piece], mut name: &str) -> bool {
    loop {
        let mut characters = name.chars();
        if characters.next().is_none() {
            return false;
        }
        let rest = characters.as_str();
        match pieces {
            [] | [Piece::Any] => return true,
            [Piece::Text(text)] => return rest.ends_with(text.as_str()),
            [Piece::Text(text), after @ ..] => match rest.find(text.as_str()) {
                Some(at) => {
                    name = &rest[at + text.len()..];
                    pieces = match after {
                        [Piece::Any, after @ ..] => after,
                        other => other,
                    };
                }
                None => return false,
            },
            [Piece::Any, after @ ..] => pieces = after,
        }
    }
}

fn failed(reason: Reason) -> Expansion {
    Expansion { problem: Some(reason), ..Expansion::default() }
}

/// Whether a pattern begins like a package's name.
fn is_bare(pattern: &[PatternPart]) -> bool {
    matches!(pattern.first(), Some(PatternPart::Text(first)) if matches!(Form::of(first), Form::Bare(_)))
}

fn whole_text(pattern: &[PatternPart]) -> Option<String> {
    let texts: Option<Vec<&str>> = pattern
        .iter()
        .map(|part| match part {
            PatternPart::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    texts.map(|texts| texts.concat())
}

/// The pattern up to a `?` or `#` (which at the very start is a name of `imports`).
fn without_suffix(pattern: &[PatternPart]) -> Vec<PatternPart> {
    let mut bare = Vec::new();
    for (at, part) in pattern.iter().enumerate() {
        let PatternPart::Text(text) = part else {
            bare.push(part.clone());
            continue;
        };
        let skipped = usize::from(at == 0 && text.starts_with('#'));
        match text[skipped..].find(['?', '#']) {
            Some(end) => {
                bare.push(PatternPart::Text(text[..skipped + end].to_string()));
                break;
            }
            None => bare.push(part.clone()),
        }
    }
    bare
}

/// Whether the `?query` or `#fragment` of a specifier of this pattern is not always the same: each value of it is
/// another module to the loader of ES modules.
pub fn has_changing_suffix(pattern: &[PatternPart]) -> bool {
    let bare = without_suffix(pattern);
    let is_cut = bare.len() < pattern.len() || bare.last() != pattern.last();
    is_cut && pattern[bare.len() - 1..].iter().any(|part| !matches!(part, PatternPart::Text(_)))
}

fn segments_of(pattern: &[PatternPart]) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut current = Segment::default();
    for part in pattern {
        match part {
            PatternPart::Text(text) => {
                let mut names = text.split('/');
                add(&mut current, Piece::Text(names.next().unwrap_or_default().to_string()));
                for name in names {
                    push(&mut segments, std::mem::take(&mut current));
                    add(&mut current, Piece::Text(name.to_string()));
                }
            }
            PatternPart::Hole => add(&mut current, Piece::Any),
            PatternPart::Entry => {
                add(&mut current, Piece::Any);
                if current.reach == Reach::Here {
                    current.reach = Reach::Listed;
                }
            }
            PatternPart::Tree => {
                current = Segment { pieces: vec![Piece::Any], reach: Reach::AnyDepth, tests: Vec::new() };
            }
            PatternPart::Folders => current = Segment { reach: Reach::AnyDepth, ..Segment::default() },
            PatternPart::Where(test) => current.tests.push(test.clone()),
            PatternPart::Except(_) => {}
        }
    }
    push(&mut segments, current);
    segments
}

/// Adds a segment; `..` after one that is not known takes that one away.
fn push(segments: &mut Vec<Segment>, segment: Segment) {
    let is_first = segments.is_empty();
    match segment.text() {
        Some("." | "") if segments.iter().any(|segment| segment.text().is_none()) => {}
        Some("..") if !is_first && segments.last().is_some_and(|last| last.text().is_none()) => {
            segments.pop();
        }
        _ => segments.push(segment),
    }
}

fn add(segment: &mut Segment, piece: Piece) {
    match (segment.pieces.last_mut(), piece) {
        (_, Piece::Text(text)) if text.is_empty() => {}
        (Some(Piece::Text(last)), Piece::Text(text)) => last.push_str(&text),
        (Some(Piece::Any), Piece::Any) => {}
        (_, piece) => segment.pieces.push(piece),
    }
}

/// The globs that take files away. They are taken to mean any folder's files, as what is relative to a folder mostly is
/// about that folder.
fn unwanted(pattern: &[PatternPart]) -> GlobSet {
    let mut globs = GlobSetBuilder::new();
    for part in pattern {
        if let PatternPart::Except(text) = part {
            let text = text.trim_start_matches("./").trim_start_matches('/').trim_start_matches("**/");
            for glob in [text.to_string(), format!("**/{text}")] {
                if let Ok(glob) = GlobBuilder::new(&glob).literal_separator(true).build() {
                    globs.add(glob);
                }
            }
        }
    }
    globs.build().unwrap_or_default()
}
