//! swc: text to a syntax tree, with fallbacks for files whose ending says less than their content.

use swc_common::comments::SingleThreadedComments;
use swc_common::{BytePos, Spanned};
use swc_ecma_ast::{EsVersion, Expr, Program};
use swc_ecma_parser::error::Error;
use swc_ecma_parser::{EsSyntax, FlowSyntax, Lexer, Parser, StringInput, Syntax, TsSyntax};

use crate::base::span::ByteRange;
use crate::syntax::lower::range;

/// What a file could not be parsed for.
pub(super) struct SyntaxProblem {
    pub(super) message: String,
    pub(super) range: ByteRange,
}

/// Parses a program. Every dialect that the ending allows is tried before the file is given up; the first dialect's
/// error is the one that is told.
pub(super) fn program(
    text: &str,
    path: &str,
    comments: Option<&SingleThreadedComments>,
) -> Result<Program, SyntaxProblem> {
    let mut first = None;
    for syntax in dialects(path, text) {
        let kept = comments.map(|_| SingleThreadedComments::default());
        match attempt(text, syntax, kept.as_ref()) {
            Ok(program) => {
                if let (Some(comments), Some(kept)) = (comments, kept) {
                    keep(comments, kept);
                }
                return Ok(program);
            }
            Err(problem) => {
                first.get_or_insert(problem);
            }
        }
    }
    Err(first.unwrap_or(SyntaxProblem { message: "nothing could be parsed".into(), range: ByteRange::default() }))
}

/// The comments of the dialect that could be parsed.
fn keep(comments: &SingleThreadedComments, kept: SingleThreadedComments) {
    let (mut leading, mut trailing) = comments.borrow_all_mut();
    let (new_leading, new_trailing) = kept.take_all();
    *leading = new_leading.take();
    *trailing = new_trailing.take();
}

/// Parses a JSON text as the expression that it is.
pub(super) fn json(text: &str) -> Result<Box<Expr>, SyntaxProblem> {
    let mut parser = Parser::new_from(lexer(text, Syntax::Es(EsSyntax::default()), None));
    parser.parse_expr().map_err(|error| problem(&error))
}

fn attempt(text: &str, syntax: Syntax, comments: Option<&SingleThreadedComments>) -> Result<Program, SyntaxProblem> {
    let mut parser = Parser::new_from(lexer(text, syntax, comments));
    let program = parser.parse_program().map_err(|error| problem(&error))?;
    match parser.take_errors().first() {
        Some(error) => Err(problem(error)),
        None => Ok(program),
    }
}

fn lexer<'a>(text: &'a str, syntax: Syntax, comments: Option<&'a SingleThreadedComments>) -> Lexer<'a> {
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX - 1) + 1;
    let input = StringInput::new(text, BytePos(1), BytePos(end));
    let comments = comments.map(|comments| comments as &dyn swc_common::comments::Comments);
    Lexer::new(syntax, EsVersion::latest(), input, comments)
}

fn problem(error: &Error) -> SyntaxProblem {
    SyntaxProblem { message: error.kind().msg().into_owned(), range: range(error.span()) }
}

/// What stands after the last dot of a path.
pub(super) fn ending(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or_default()
}

/// The dialects to try for a file, in order.
fn dialects(path: &str, text: &str) -> Vec<Syntax> {
    match ending(path) {
        "ts" | "mts" | "cts" => vec![typescript(Jsx::No)],
        "tsx" => vec![typescript(Jsx::Yes)],
        "vue" => vec![typescript(Jsx::No), typescript(Jsx::Yes), ecmascript()],
        _ if text.get(..1000).unwrap_or(text).contains("@flow") => vec![flow(), ecmascript(), typescript(Jsx::Yes)],
        _ => vec![ecmascript(), flow(), typescript(Jsx::Yes)],
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Jsx {
    No,
    Yes,
}

fn ecmascript() -> Syntax {
    Syntax::Es(EsSyntax {
        jsx: true,
        decorators: true,
        decorators_before_export: true,
        export_default_from: true,
        import_attributes: true,
        allow_super_outside_method: true,
        allow_return_outside_function: true,
        auto_accessors: true,
        explicit_resource_management: true,
        ..EsSyntax::default()
    })
}

fn flow() -> Syntax {
    Syntax::Flow(FlowSyntax { jsx: true, all: true, decorators: true, ..FlowSyntax::default() })
}

fn typescript(jsx: Jsx) -> Syntax {
    Syntax::Typescript(TsSyntax {
        tsx: jsx == Jsx::Yes,
        decorators: true,
        no_early_errors: true,
        ..TsSyntax::default()
    })
}
