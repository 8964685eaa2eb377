//! Suppression comments: `modleak-disable-next-line RULE[, RULE] -- reason` and its kin, in real comments only.

use swc_common::comments::{Comment, SingleThreadedComments};

use super::Problem;
use super::lower::range;
use crate::base::finding::{Suppression, SuppressionScope};
use crate::base::span::ByteRange;

/// What every directive begins with; a file without it has none.
pub(super) const MARKER: &str = "modleak-";

/// The words, the longer ones first where one begins as another.
const WORDS: [(&str, SuppressionScope); 4] = [
    ("modleak-disable-next-line", SuppressionScope::NextLine),
    ("modleak-disable-line", SuppressionScope::Line),
    ("modleak-disable", SuppressionScope::Disable),
    ("modleak-enable", SuppressionScope::Enable),
];

/// At most so many rules are listed by the comments of a file, each comment that lists none counted as one: all are
/// compared with all findings.
const MOST_LISTED: usize = 1_000;

/// The suppressions of a file, in order; and the place of the first that is one too many.
pub(super) fn suppressions(text: &str, comments: &SingleThreadedComments) -> (Vec<Suppression>, Option<ByteRange>) {
    let (leading, trailing) = comments.borrow_all();
    let mut found: Vec<Suppression> =
        leading.values().chain(trailing.values()).flatten().filter_map(|comment| suppression(text, comment)).collect();
    // A comment may be kept both after one token and before the next.
    found.sort_by_key(|suppression| suppression.range);
    found.dedup_by_key(|suppression| suppression.range);
    let mut listed = 0;
    let beyond = found.iter().position(|suppression| {
        listed += suppression.rules.len().max(1);
        listed > MOST_LISTED
    });
    let first = beyond.map(|index| found.split_off(index)[0].range);
    (found, first)
}

/// What is said of a file with too many suppressions.
pub(super) fn too_many(range: ByteRange) -> Problem {
    let message =
        format!("the suppression comments list more than {MOST_LISTED} rules; what follows suppresses nothing");
    Problem { reason: "limit", message, range: Some(range) }
}

fn suppression(text: &str, comment: &Comment) -> Option<Suppression> {
    let whole = range(comment.span);
    let source = text.get(whole.start as usize..whole.end as usize)?;
    // The comment's text begins after `//`, `/*`, `<!--` or `/**`.
    let body_at = source.find(|c: char| !matches!(c, '/' | '*' | '<' | '!' | '-') && !c.is_whitespace())?;
    let body = source[body_at..].trim_end_matches(['/', '*']).trim_end();
    let written = body.split(char::is_whitespace).next().unwrap_or_default();
    let Some((word, scope)) = WORDS.into_iter().find(|(word, _)| written == *word) else {
        return misspelt(written, whole, whole.start as usize + body_at);
    };
    let rest = &body[word.len()..];
    let (list, reason) = match rest.split_once("--") {
        Some((list, reason)) => (list, Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty())),
        None => (rest, None),
    };
    let start = whole.start as usize + body_at + word.len();
    Some(Suppression { scope, rules: rules(list, start), reason, range: whole })
}

/// A word that must be meant as one of a directive's, which its reader would believe to suppress something.
fn misspelt(written: &str, whole: ByteRange, at: usize) -> Option<Suppression> {
    const NEAR: usize = 3;
    let word = written.trim_end_matches([':', ',', '.']);
    let is_near = |known: &str| strsim::damerau_levenshtein(known, word) <= NEAR;
    let is_alike = ["modleak-disable", "modleak-enable", "modleak-ignore"].iter().any(|start| word.starts_with(start));
    if !word.starts_with(MARKER) || !(is_alike || WORDS.iter().any(|(known, _)| is_near(known))) {
        return None;
    }
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let place = ByteRange::new(offset(at), offset(at + word.len()));
    let rules = vec![(word.to_owned(), place)];
    Some(Suppression { scope: SuppressionScope::Misspelt, rules, reason: None, range: whole })
}

/// The rules of a list, with their places.
fn rules(list: &str, start: usize) -> Vec<(String, ByteRange)> {
    let mut rules = Vec::new();
    let mut at = start;
    for part in list.split_inclusive([',', ' ', '\t', '\n', '\r']) {
        let name = part.trim_matches(|c: char| c == ',' || c.is_whitespace());
        // A star begins the lines of a block comment.
        if !name.is_empty() && name != "*" {
            let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            rules.push((name.to_owned(), ByteRange::new(offset(at), offset(at + name.len()))));
        }
        at += part.len();
    }
    rules
}
