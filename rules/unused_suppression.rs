//! `unused-suppression`: see the page beside this file.

use crate::base::finding::{Confidence, Finding, Severity, SuppressionScope, SuppressionUse};
use crate::base::span::{ByteRange, Span};
use crate::rules::{Check, RULES, Rule};

pub(super) static RULE: Rule = Rule {
    name: "unused-suppression",
    severity: Severity::Warning,
    page: include_str!("unused_suppression.md"),
    check: Check::Suppressions(check),
};

fn check(uses: &[SuppressionUse]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for one in uses {
        if one.suppression.scope == SuppressionScope::Misspelt {
            findings.extend(one.suppression.rules.iter().map(|(word, range)| misspelt(one, word, *range)));
            continue;
        }
        if one.suppression.rules.is_empty() {
            if one.used.first() == Some(&false) {
                findings.push(report(one, one.suppression.range, "this comment suppresses nothing".to_owned()));
            }
            continue;
        }
        for ((name, range), used) in one.suppression.rules.iter().zip(&one.used) {
            if !RULES.iter().any(|rule| rule.name == name) {
                findings.push(report(one, *range, format!("there is no rule `{name}`")));
            } else if !used {
                findings.push(report(
                    one,
                    *range,
                    format!("`{name}` finds nothing here: the comment suppresses nothing"),
                ));
            }
        }
    }
    findings
}

fn misspelt(one: &SuppressionUse, word: &str, range: ByteRange) -> Finding {
    let help = "write `modleak-disable-next-line`, `modleak-disable-line`, `modleak-disable` or `modleak-enable`";
    Finding {
        help: help.to_owned(),
        ..report(one, range, format!("there is no comment `{word}`: it suppresses nothing"))
    }
}

fn report(one: &SuppressionUse, range: ByteRange, message: String) -> Finding {
    Finding {
        rule: RULE.name,
        severity: Severity::Warning,
        confidence: Confidence::High,
        message,
        help: "take the comment, or the rule's name in it, away".to_owned(),
        span: Span { file: one.file, range },
        container: None,
        context: None,
        steps: Vec::new(),
        related: Vec::new(),
        copied_from: None,
        function: String::new(),
        write_kind: "suppression".to_owned(),
    }
}
