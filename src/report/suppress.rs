//! Suppression comments: which findings they hide, and which of them hide nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::finding::{Finding, Suppression, SuppressionScope, SuppressionUse};
use crate::base::source::FileId;
use crate::base::span::Span;
use crate::report::source_texts::{SourceTexts, Sources};

/// The rule that judges suppression comments.
#[derive(Clone, Copy)]
pub struct SuppressionJudge<'a> {
    /// Its name.
    pub rule: &'static str,
    /// Its findings for these comments.
    pub check: &'a dyn Fn(&[SuppressionUse]) -> Vec<Finding>,
}

/// The comments of all files, and which of their rules have hidden something.
pub(super) struct Suppressions {
    reaches: Vec<Reach>,
    by_file: BTreeMap<FileId, Vec<usize>>,
    /// Where regions end: the place of each `enable`, and the rules that it lists.
    enables: BTreeMap<FileId, Vec<(u32, Vec<String>)>>,
}

/// A comment hides a finding, for this reason.
pub(super) struct Hidden {
    pub(super) reason: Option<String>,
}

/// A comment, the lines that it reaches, and what it has hidden.
struct Reach {
    judged: SuppressionUse,
    /// The first and the last line that it reaches, for comments that reach lines.
    lines: Option<(u32, u32)>,
}

impl Suppressions {
    pub(super) fn new(files: Vec<(FileId, Vec<Suppression>)>, sources: &dyn Sources, texts: &mut SourceTexts) -> Self {
        let mut reaches = Vec::new();
        let mut by_file: BTreeMap<FileId, Vec<usize>> = BTreeMap::new();
        let mut enables: BTreeMap<FileId, Vec<(u32, Vec<String>)>> = BTreeMap::new();
        for (file, comments) in files {
            for suppression in comments {
                if suppression.scope == SuppressionScope::Enable {
                    let rules = suppression.rules.iter().map(|it| it.0.clone()).collect();
                    enables.entry(file).or_default().push((suppression.range.start, rules));
                }
                let lines = reached_lines(&suppression, file, sources, texts);
                let used = vec![false; suppression.rules.len().max(1)];
                by_file.entry(file).or_default().push(reaches.len());
                reaches.push(Reach { judged: SuppressionUse { file, suppression, used }, lines });
            }
        }
        Self { reaches, by_file, enables }
    }

    /// Hides a finding if a comment says so: gives the reason that it states. Every comment that reaches the
    /// finding counts as used.
    pub(super) fn hide(&mut self, rule: &str, span: Span, line: u32) -> Option<Hidden> {
        self.hide_where(rule, span, line, |_| true)
    }

    /// As [`hide`](Self::hide), but only by comments that name the rule: a comment that names none can't hide that it
    /// hides nothing.
    pub(super) fn hide_by_name(&mut self, rule: &str, span: Span, line: u32) -> Option<Hidden> {
        self.hide_where(rule, span, line, |it| !it.rules.is_empty())
    }

    fn hide_where(
        &mut self,
        rule: &str,
        span: Span,
        line: u32,
        may_hide: impl Fn(&Suppression) -> bool,
    ) -> Option<Hidden> {
        let mut hidden = None;
        let enables = self.enables.get(&span.file).map_or(&[][..], Vec::as_slice);
        for &index in self.by_file.get(&span.file)? {
            let reach = &mut self.reaches[index];
            if !may_hide(&reach.judged.suppression) {
                continue;
            }
            let slots: Vec<usize> = match reach.judged.suppression.rules.as_slice() {
                [] => vec![0],
                rules => (0..rules.len()).filter(|&slot| rules[slot].0 == rule).collect(),
            };
            if slots.is_empty() || !reach.reaches(rule, enables, span.range.start, line) {
                continue;
            }
            for slot in slots {
                reach.judged.used[slot] = true;
            }
            hidden.get_or_insert_with(|| Hidden { reason: reach.judged.suppression.reason.clone() });
        }
        hidden
    }

    /// Counts the listed rules for which this holds as used.
    pub(super) fn count_as_used(&mut self, is_used: impl Fn(&str, FileId) -> bool) {
        for reach in &mut self.reaches {
            let judged = &mut reach.judged;
            for (slot, (rule, _)) in judged.suppression.rules.iter().enumerate() {
                judged.used[slot] |= is_used(rule, judged.file);
            }
        }
    }

    /// The findings about the comments themselves. A comment may hide such findings, if it names their rule.
    pub(super) fn judge(
        &mut self,
        judge: SuppressionJudge<'_>,
        sources: &dyn Sources,
        texts: &mut SourceTexts,
    ) -> Vec<Finding> {
        // First all names of the judging rule are taken as used, to learn which of them are.
        let own: BTreeSet<(usize, usize)> = self.slots_of(judge.rule);
        for &(index, slot) in &own {
            self.reaches[index].judged.used[slot] = true;
        }
        let found = (judge.check)(&self.judged());
        for &(index, slot) in &own {
            self.reaches[index].judged.used[slot] = false;
        }
        for finding in found {
            let line = texts.place(sources, finding.span).range.start.line;
            self.hide_by_name(finding.rule, finding.span, line);
        }
        (judge.check)(&self.judged())
    }

    fn slots_of(&self, rule: &str) -> BTreeSet<(usize, usize)> {
        let mut slots = BTreeSet::new();
        for (index, reach) in self.reaches.iter().enumerate() {
            for (slot, (name, _)) in reach.judged.suppression.rules.iter().enumerate() {
                if name == rule {
                    slots.insert((index, slot));
                }
            }
        }
        slots
    }

    /// The comments that hide something by their kind; the end of a region hides nothing, and is not judged.
    fn judged(&self) -> Vec<SuppressionUse> {
        let hiding = self.reaches.iter().filter(|it| it.judged.suppression.scope != SuppressionScope::Enable);
        hiding.map(|it| it.judged.clone()).collect()
    }
}

impl Reach {
    fn reaches(&self, rule: &str, enables: &[(u32, Vec<String>)], offset: u32, line: u32) -> bool {
        let comment = self.judged.suppression.range;
        match self.judged.suppression.scope {
            SuppressionScope::Enable | SuppressionScope::Misspelt => false,
            SuppressionScope::Disable => {
                let ends = |(at, rules): &(u32, Vec<String>)| {
                    (comment.end..=offset).contains(at) && (rules.is_empty() || rules.iter().any(|it| it == rule))
                };
                comment.start <= offset && !enables.iter().any(ends)
            }
            SuppressionScope::Line | SuppressionScope::NextLine => {
                self.lines.is_some_and(|(first, last)| first <= line && line <= last)
            }
        }
    }
}

/// The lines that a comment reaches: a comment of several lines counts from its last for the next line.
fn reached_lines(
    suppression: &Suppression,
    file: FileId,
    sources: &dyn Sources,
    texts: &mut SourceTexts,
) -> Option<(u32, u32)> {
    let range = match suppression.scope {
        SuppressionScope::Line | SuppressionScope::NextLine => texts.place(sources, suppression.range.at(file)).range,
        SuppressionScope::Disable | SuppressionScope::Enable | SuppressionScope::Misspelt => return None,
    };
    match suppression.scope {
        SuppressionScope::NextLine => Some((range.end.line + 1, range.end.line + 1)),
        _ => Some((range.start.line, range.end.line)),
    }
}
