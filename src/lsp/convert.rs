//! The report's words in the protocol's.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use lsp_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Position,
    Range, Uri,
};

use crate::base::finding::Severity;
use crate::report::format::escape;
use crate::report::{self, IncompletePlace, LabelledPlace, Place, rule_url};

/// The name under which diagnostics are shown.
pub(super) const SOURCE: &str = "modleak";

/// The file that a URI names; none if it is on no disk.
pub(super) fn path_of(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    // A host may stand before the path.
    let path = &rest[rest.find('/')?..];
    let mut bytes = Vec::with_capacity(path.len());
    let mut at = path.bytes();
    while let Some(byte) = at.next() {
        if byte == b'%' {
            let digits = [at.next()?, at.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    let path = String::from_utf8(bytes).ok().filter(|path| !path.contains('\0'))?;
    // `/c:/x` is `c:/x` where drives have letters.
    let has_drive = path.as_bytes().get(2) == Some(&b':') && cfg!(windows);
    Some(PathBuf::from(if has_drive { &path[1..] } else { path.as_str() }))
}

/// The URI of a file.
pub(super) fn uri_of(path: &Path) -> Option<Uri> {
    let mut text = "file://".to_owned();
    let shown = path.to_str()?.replace('\\', "/");
    if !shown.starts_with('/') {
        text.push('/');
    }
    let _ = write!(text, "{}", escape::uri(&shown));
    Uri::from_str(&text).ok()
}

/// A finding as an editor shows it.
pub(super) fn diagnostic(folder: &Path, it: &report::Diagnostic) -> Diagnostic {
    let entry = it.context.iter().map(|context| &context.entry);
    let mut related: Vec<_> =
        it.steps.iter().chain(&it.related).chain(entry).filter_map(|step| related(folder, step)).collect();
    related.extend(it.copied_from.as_ref().and_then(|place| {
        let location = location(folder, place)?;
        Some(DiagnosticRelatedInformation { location, message: "the test that this is a copy of".to_owned() })
    }));
    let mut message = escape::plain(&it.message);
    if !it.help.is_empty() {
        let _ = write!(message, "\n{}", escape::plain(&it.help));
    }
    Diagnostic {
        range: range(&it.place.range),
        severity: Some(match it.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Info => DiagnosticSeverity::INFORMATION,
        }),
        code: Some(NumberOrString::String(it.rule.to_owned())),
        code_description: Uri::from_str(&rule_url(it.rule)).ok().map(|href| CodeDescription { href }),
        source: Some(SOURCE.to_owned()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        tags: None,
        data: Some(serde_json::json!({ "fingerprint": it.fingerprint })),
    }
}

/// What was not analysed of a file: it must not look clean.
pub(super) fn incomplete(it: &IncompletePlace) -> Diagnostic {
    Diagnostic {
        range: it.range.as_ref().map(range).unwrap_or_default(),
        severity: Some(DiagnosticSeverity::INFORMATION),
        code: Some(NumberOrString::String(it.reason.to_owned())),
        source: Some(SOURCE.to_owned()),
        message: format!("not analysed: {}", escape::plain(&it.message)),
        ..Diagnostic::default()
    }
}

fn related(folder: &Path, step: &LabelledPlace) -> Option<DiagnosticRelatedInformation> {
    let location = location(folder, &step.place)?;
    Some(DiagnosticRelatedInformation { location, message: escape::plain(&step.label) })
}

fn location(folder: &Path, place: &Place) -> Option<Location> {
    Some(Location { uri: uri_of(&folder.join(&place.file))?, range: range(&place.range) })
}

fn range(it: &report::Range) -> Range {
    let position = |it: &crate::base::source::Position| Position {
        line: it.line.saturating_sub(1),
        character: it.column.saturating_sub(1),
    };
    Range { start: position(&it.start), end: position(&it.end) }
}
