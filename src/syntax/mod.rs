//! One file: text to facts.

#[cfg(test)]
mod dump;
mod lower;
mod parse;
mod scopes;
#[cfg(test)]
mod tests;

pub mod facts;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::base::span::ByteRange;
use facts::ModuleFacts;

/// The endings of files that are lowered.
pub const LANGUAGE_ENDINGS: &[&str] = &["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue"];

/// How big a stack [`lower`] needs. The parser's recursion is as deep as its input, and an overflow ends the process:
/// threads that call [`lower`] must be made with this (`rayon::ThreadPoolBuilder::stack_size`), and what would not
/// fit is refused before it is parsed. Only the pages that are used cost memory.
pub const STACK_SIZE: usize = 256 << 20;

/// Whether a file is one of the languages that are lowered; declarations (`.d.ts`) hold no code.
pub fn is_source(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    let is_declaration = matches!(ending, "ts" | "mts" | "cts") && stem.ends_with(".d");
    LANGUAGE_ENDINGS.contains(&ending) && !is_declaration
}

/// One file.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// Its path, of which only the name and the ending matter.
    pub path: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// What was understood of a file.
#[derive(Clone, Debug, Default)]
pub struct Lowered {
    /// Its facts: a module's body without content, where it could not be understood.
    pub facts: ModuleFacts,
    /// What was not analysed.
    pub problems: Vec<Problem>,
}

/// Why a file, or a part of it, was not analysed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// A word for machines.
    pub reason: &'static str,
    /// A sentence for people.
    pub message: String,
    /// Where, if that is known.
    pub range: Option<ByteRange>,
}

/// Lowers one file.
pub fn lower(input: Input<'_>) -> Lowered {
    catch_unwind(AssertUnwindSafe(|| understand(input))).unwrap_or_else(|_| {
        refused(Problem { reason: "internal-error", message: "the parser failed on this file".into(), range: None })
    })
}

fn refused(problem: Problem) -> Lowered {
    Lowered { facts: lower::nothing(), problems: vec![problem] }
}

fn understand(input: Input<'_>) -> Lowered {
    let Ok(text) = std::str::from_utf8(input.bytes) else {
        return refused(Problem { reason: "not-text", message: "the file is not UTF-8 text".into(), range: None });
    };
    let facts = if input.path.ends_with(".json") {
        parse::json(text).map(|value| lower::json(&value))
    } else {
        parse::program(text, input.path, None).map(|program| lower::program(&program))
    };
    match facts {
        Ok(facts) => Lowered { facts, problems: Vec::new() },
        Err(problem) => {
            refused(Problem { reason: "syntax-error", message: problem.message, range: Some(problem.range) })
        }
    }
}
