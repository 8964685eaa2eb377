//! The formats of a report: the list, and one file for each.
//!
//! A format reads a [`Report`] and writes bytes; it has its own small types for what it serialises, so that no change
//! of ours changes an output by accident. All text from outside goes through [`escape`].

mod agent;
mod checkstyle;
mod concise;
pub mod escape;
mod eslint;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod mermaid;
pub(crate) mod paint;
pub(crate) mod pretty;
mod rdjson;
mod sarif;
#[cfg(test)]
mod tests;
mod unix;
pub(crate) mod wording;

use std::io::{self, Write};

use crate::report::{Infos, Report};

/// A format of a report.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// As users write it.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub summary: &'static str,
    render: fn(&Report, Style, &mut dyn Write) -> io::Result<()>,
}

impl Format {
    /// Whether it shows the inventory of state, which is only made when it is to be shown.
    pub fn shows_inventory(&self) -> bool {
        self.name == "html"
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Format {}

/// All formats.
pub static FORMATS: &[Format] = &[
    Format { name: "pretty", summary: "for people: the way of each leak, with source lines", render: pretty::render },
    Format { name: "concise", summary: "a line for each finding", render: concise::render },
    Format { name: "json", summary: "everything, for programs", render: json::render },
    Format { name: "eslint", summary: "ESLint's JSON, which editors read", render: eslint::render },
    Format { name: "sarif", summary: "SARIF 2.1.0, for code scanning", render: sarif::render },
    Format { name: "github", summary: "annotations of GitHub's workflows", render: github::render },
    Format { name: "gitlab", summary: "GitLab's code quality report", render: gitlab::render },
    Format { name: "junit", summary: "JUnit's XML, for build servers", render: junit::render },
    Format { name: "checkstyle", summary: "Checkstyle's XML", render: checkstyle::render },
    Format { name: "rdjson", summary: "reviewdog's JSON", render: rdjson::render },
    Format { name: "unix", summary: "`file:line:column: message`, for editors", render: unix::render },
    Format { name: "agent", summary: "a line each with the whole way, for language models", render: agent::render },
    Format { name: "html", summary: "a page to read and pass on", render: html::render },
    Format { name: "mermaid", summary: "a flowchart of the ways", render: mermaid::render },
];

/// How a format for people is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    /// Whether it is coloured.
    pub colour: Colour,
    /// How many columns there are.
    pub width: usize,
    /// Whether infos are shown, in formats that may hide them.
    pub infos: Infos,
}

/// Whether text is coloured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Colour {
    /// By ANSI escape sequences.
    Ansi,
    /// Not at all.
    #[default]
    None,
}

impl Default for Style {
    fn default() -> Self {
        Self { colour: Colour::None, width: 100, infos: Infos::Counted }
    }
}

/// The JSON schema of the `json` format.
pub fn json_schema() -> serde_json::Value {
    json::schema()
}

/// A name that no format has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownFormat {
    /// The name.
    pub name: String,
    /// The nearest right one, if one is near.
    pub nearest: Option<&'static str>,
}

impl std::fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there is no format `{}`", escape::plain(&self.name))?;
        match self.nearest {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for UnknownFormat {}

impl std::str::FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        FORMATS.iter().find(|it| it.name == name).copied().ok_or_else(|| UnknownFormat {
            name: name.to_owned(),
            nearest: nearest(name, FORMATS.iter().map(|it| it.name)),
        })
    }
}

/// The candidate that `name` most probably means: one that is as near as a slip of the hand.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let distances = candidates.into_iter().map(|it| (strsim::damerau_levenshtein(&name, it), it));
    distances.filter(|&(distance, it)| distance <= 1 + it.len() / 4).min().map(|(_, it)| it)
}

/// Writes a report in a format.
///
/// # Errors
///
/// What `out` gives.
pub fn render(report: &Report, format: Format, style: Style, out: &mut dyn Write) -> io::Result<()> {
    (format.render)(report, style, out)?;
    out.flush()
}
