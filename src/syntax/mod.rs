//! One file: text to facts.
//!
//! [`lower`] parses a file, walks its tree once, and drops it: nothing of the parser's tree leaves this stage. What
//! is left are the tables of [`facts`]. For example
//!
//! ```js
//! const cache = new Map();
//! function add(k, v) {
//!   if (!cache.has(k)) cache.set(k, v);
//! }
//! exports.add = add;
//! ```
//!
//! becomes (nodes are `v6`, `v7`, …, of which each function has its own; 0 to 5 are reserved)
//!
//! ```text
//! fn 0, the module's body            fn 1, add(k = v6, v = v7)
//!   v8 = global Map                    v8 = outer cache
//!   v9 = New v8()                      v9 = Call v8.has(v6)
//!   v6 = v9       (cache)              v10 = Call v8.set(v6, v7) if !has(v8, v6)
//!   v10 = closure f1
//!   v7 = v10      (add)              write f0 v11.add
//!   v11 = global exports
//!   v11.add = v7
//! ```

mod directives;
#[cfg(test)]
mod dump;
mod lower;
mod parse;
mod prescan;
mod rounds;
mod scopes;
#[cfg(test)]
mod tests;
mod typed;
mod vue;

pub mod facts;

use std::panic::{AssertUnwindSafe, catch_unwind};

use swc_common::comments::SingleThreadedComments;

use crate::base::span::ByteRange;
use facts::ModuleFacts;

/// The endings of files that are lowered.
pub const LANGUAGE_ENDINGS: &[&str] = &["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue"];

/// How big a stack [`lower`] needs. The parser's recursion is as deep as its input, and an overflow ends the process:
/// threads that call [`lower`] must be made with this (`std::thread::Builder::stack_size`), and what would not
/// fit is refused before it is parsed. Only the pages that are used cost memory.
pub const STACK_SIZE: usize = 256 << 20;

/// Whether a file is one of the languages that are lowered; declarations (`.d.ts`) hold no code.
pub fn is_source(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    let is_declaration =
        matches!(ending, "ts" | "mts" | "cts") && stem.rsplit_once('.').is_some_and(|(_, inner)| inner == "d");
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

/// No facts, for a reason.
pub fn refused(problem: Problem) -> Lowered {
    Lowered { facts: nothing(), problems: vec![problem] }
}

/// The facts of a file without code.
pub fn nothing() -> ModuleFacts {
    lower::nothing()
}

/// A NUL in a string or template is code; of what is no code every few bytes are one.
const BYTES_FOR_EACH_NUL: usize = 64;

fn is_text(text: &str) -> bool {
    text.matches('\0').count() * BYTES_FOR_EACH_NUL <= text.len()
}

fn understand(input: Input<'_>) -> Lowered {
    if let Some(problem) = prescan::too_large(input.bytes).or_else(|| prescan::minified_by_name(input.path)) {
        return refused(problem);
    }
    let text = match std::str::from_utf8(input.bytes) {
        Ok(text) if is_text(text) => text,
        _ => {
            let message = "the file is not UTF-8 text".into();
            return refused(Problem { reason: "not-text", message, range: None });
        }
    };
    // A byte order mark counts in offsets, and is no text. After it, the parser would not know a `#!` line.
    let unmarked = text.strip_prefix('\u{feff}').map(|rest| match rest.strip_prefix("#!") {
        Some(rest) => format!("   //{rest}"),
        None => format!("   {rest}"),
    });
    let text = unmarked.as_deref().unwrap_or(text);
    let scripts = (parse::ending(input.path) == "vue").then(|| vue::scripts(text));
    let text = scripts.as_ref().map_or(text, |scripts| scripts.text.as_str());
    if let Some(problem) = prescan::refusal(text, input.path) {
        return refused(problem);
    }
    match parsed(text, input.path, scripts.as_ref()) {
        Ok((facts, problems)) => Lowered { facts, problems },
        Err(problem) => {
            refused(Problem { reason: "syntax-error", message: problem.message, range: Some(problem.range) })
        }
    }
}

/// Parses and lowers; the tree is dropped here, on the stack that was big enough for it.
fn parsed(
    text: &str,
    path: &str,
    scripts: Option<&vue::Scripts>,
) -> Result<(ModuleFacts, Vec<Problem>), parse::SyntaxProblem> {
    if parse::ending(path) == "json" {
        return parse::json(text).map(|value| (lower::json(&value), Vec::new()));
    }
    let comments = text.contains(directives::MARKER).then(SingleThreadedComments::default);
    let mut program = parse::program(text, path, comments.as_ref())?;
    if let Some(scripts) = scripts {
        program = vue::component(program, scripts);
    }
    let mut facts = lower::program(&program);
    let mut problems = Vec::new();
    if let Some(comments) = comments {
        let (suppressions, beyond) = directives::suppressions(text, &comments);
        facts.suppressions = suppressions;
        problems.extend(beyond.map(directives::too_many));
    }
    Ok((facts, problems))
}
