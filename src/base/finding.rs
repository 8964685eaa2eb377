//! The contract's words as data: findings, their steps, severity, contexts, and what was not analysed.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::base::source::FileId;
use crate::base::span::{ByteRange, Span};

/// A word that is a constant of the program.
pub type Word = &'static str;

/// How much a finding matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Should be looked at.
    Warning,
    /// Fails the run.
    Error,
}

/// How sure the analysis is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum Confidence {
    /// More than one thing was guessed.
    Low,
    /// One thing was guessed.
    Medium,
    /// Nothing was guessed.
    High,
}

/// How often code runs, from the weakest to the strongest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum ContextKind {
    /// Only while modules load.
    Init,
    /// In tests and their hooks.
    Test,
    /// Reached only through a function that a module offers to unknown callers.
    Exported,
    /// `setInterval`, cron, self-rearming timeouts.
    Timer,
    /// Emitters, sockets, streams, queues, signals.
    Event,
    /// HTTP, RPC, GraphQL, server-side rendering, lambda.
    Request,
}

/// How the module cache or the global object holds a container.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum RootedBy {
    /// A module-level binding of the writing module.
    ModuleVariable,
    /// The exports of another module.
    RequiredModule,
    /// A static of a class, or a property of a function.
    ClassStatic,
    /// A field of an instance that a module holds.
    SingletonField,
    /// A variable that a held closure has captured.
    Closure,
    /// The global object, `process`, a built-in.
    Global,
    /// A prototype.
    Prototype,
    /// A long-lived emitter or the platform's timers.
    Emitter,
}

/// What a finding is about.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Container {
    /// As a person would call it: `supportedExtensions of validators/name.js`.
    pub name: String,
    /// The chain of names from the module to the container, for the fingerprint: no line numbers.
    pub path: String,
    /// How it is held.
    pub rooted_by: RootedBy,
    /// The module that holds it: a file's path, a package's name, or `node` / `ecmascript` for the platform.
    pub holder: String,
    /// The module that made it, in the same form.
    pub owner: String,
}

/// A place on the way, with what happens there.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Step {
    /// Where.
    pub span: Span,
    /// What the object does there.
    pub label: String,
}

/// What makes a context repeat.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Entry {
    /// The handler's place.
    pub span: Span,
    /// `app.get('/x', …) handler`.
    pub label: String,
}

/// What a rule found. In spans; the report turns it into lines.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Finding {
    /// The rule's name.
    #[serde(deserialize_with = "word")]
    pub rule: Word,
    /// After the context and the shape, before the configuration.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What: one phrase, names the container.
    pub message: String,
    /// What to do.
    pub help: String,
    /// The statement that a person would change.
    pub span: Span,
    /// The container, where the rule has one.
    pub container: Option<Container>,
    /// How often the code runs, and why.
    pub context: Option<(ContextKind, Entry)>,
    /// From the place where the object became module-lifetime to the write.
    pub steps: Vec<Step>,
    /// The other places that have the same cause (further growths of the container).
    pub related: Vec<Step>,
    /// For copied code: the test's region.
    pub copied_from: Option<Span>,
    /// The writing function's name path, for the fingerprint.
    pub function: String,
    /// The kind of write, for the fingerprint: `push`, `computed-key`.
    pub write_kind: String,
}

/// Something that was not analysed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub struct Incomplete {
    /// The file's path, relative to the analysed folder.
    pub file: String,
    /// A word for machines: `syntax-error`, `too-deep`, `too-large`, `unreadable`, `limit` …
    #[serde(deserialize_with = "word")]
    pub reason: Word,
    /// A sentence for people.
    pub message: String,
    /// Where in the file, if that is known.
    pub range: Option<ByteRange>,
}

/// A word that was kept. There are a few, and each is made once.
fn word<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Word, D::Error> {
    static KNOWN: Mutex<BTreeSet<Word>> = Mutex::new(BTreeSet::new());
    let text = <String as serde::Deserialize>::deserialize(from)?;
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(word) = known.get(text.as_str()) {
        return Ok(word);
    }
    let word: Word = text.leak();
    known.insert(word);
    Ok(word)
}

/// How a suppression comment reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum SuppressionScope {
    /// `modleak-disable-next-line`.
    NextLine,
    /// `modleak-disable-line`.
    Line,
    /// `modleak-disable` up to the matching `modleak-enable` or the end of the file.
    Disable,
    /// `modleak-enable`.
    Enable,
    /// A word that is nearly one of these: nothing is reached. What it lists is the word.
    Misspelt,
}

/// A suppression comment as it stands in a file.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Suppression {
    /// How far it reaches.
    pub scope: SuppressionScope,
    /// The rules that it lists, each with its place; none means all.
    pub rules: Vec<(String, ByteRange)>,
    /// What stands after `--`.
    pub reason: Option<String>,
    /// The whole comment.
    pub range: ByteRange,
}

/// A suppression's file, for the rule that judges suppressions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SuppressionUse {
    /// Where the comment stands.
    pub file: FileId,
    /// The comment.
    pub suppression: Suppression,
    /// For each listed rule (or one entry, if it lists none): whether it suppressed a finding.
    pub used: Vec<bool>,
}
