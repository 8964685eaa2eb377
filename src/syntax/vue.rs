//! Single-file components: everything but the content of the script blocks becomes spaces, so that offsets stay. What
//! stands in `<script setup>` is no module's body: it runs for each component that is made, as a function does.

use swc_common::{BytePos, Span, Spanned};
use swc_ecma_ast::{
    Decl, ExportDecl, FnDecl, Function, FunctionBody, Ident, Module, ModuleDecl, ModuleItem, Program, Stmt,
};

use crate::base::span::ByteRange;
use crate::syntax::lower::range;

/// The name of the function that a `<script setup>` is compiled to.
const SETUP: &str = "setup";

/// The scripts of a component.
pub(super) struct Scripts {
    /// The text of the `.vue` file with only its scripts left. Line ends stay too.
    pub(super) text: String,
    /// The `<script setup>`: its tag, and its content.
    setup: Option<(ByteRange, ByteRange)>,
}

/// Finds the scripts of a `.vue` file.
pub(super) fn scripts(text: &str) -> Scripts {
    let mut kept = String::with_capacity(text.len());
    let mut setup = None;
    let mut at = 0;
    while let Some(Script { tag, start, end }) = next_script(text, at) {
        blank(&mut kept, &text[at..start]);
        kept.push_str(&text[start..end]);
        let attributes = text[tag..start].trim_end_matches('>').split_ascii_whitespace();
        if attributes.skip(1).any(|attribute| attribute == SETUP) {
            setup = Some((byte_range(tag, start), byte_range(start, end)));
        }
        at = end;
    }
    blank(&mut kept, &text[at..]);
    Scripts { text: kept, setup }
}

/// The program of a component: the statements of its `<script setup>` in a function that it exports.
pub(super) fn component(program: Program, scripts: &Scripts) -> Program {
    let Some((tag, content)) = scripts.setup else { return program };
    let (whole, items, shebang) = match program {
        Program::Module(module) => (module.span, module.body, module.shebang),
        Program::Script(script) => {
            let items = script.body.into_iter().map(ModuleItem::Stmt).collect::<Vec<_>>();
            (script.span, items, script.shebang)
        }
    };
    let mut body = Vec::new();
    let mut inner = Vec::new();
    for item in items {
        match item {
            ModuleItem::Stmt(statement) if is_inside(&statement, content) => inner.push(statement),
            item => body.push(item),
        }
    }
    if !inner.is_empty() {
        body.push(exported(inner, span(tag), span(content)));
    }
    Program::Module(Module { span: whole, body, shebang })
}

fn is_inside(statement: &Stmt, content: ByteRange) -> bool {
    let place = range(statement.span());
    content.start <= place.start && place.end <= content.end
}

/// `export async function setup() { … }`.
fn exported(stmts: Vec<Stmt>, tag: Span, content: Span) -> ModuleItem {
    let function = Function {
        span: content,
        body: Some(FunctionBody { span: content, stmts }),
        is_async: true,
        ..Function::default()
    };
    let ident = Ident::new_no_ctxt(SETUP.into(), tag);
    let decl = Decl::Fn(FnDecl { ident, declare: false, function: Box::new(function) });
    ModuleItem::ModuleDecl(ModuleDecl::ExportDecl(ExportDecl { span: content, decl }))
}

fn byte_range(start: usize, end: usize) -> ByteRange {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    ByteRange { start: offset(start), end: offset(end) }
}

/// The parser counts from 1.
fn span(range: ByteRange) -> Span {
    Span::new(BytePos(range.start + 1), BytePos(range.end + 1))
}

/// Spaces for every byte but line ends.
fn blank(kept: &mut String, text: &str) {
    kept.extend(text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { char::from(byte) } else { ' ' }));
}

/// A script block: where its tag begins, and its content.
struct Script {
    tag: usize,
    start: usize,
    end: usize,
}

/// The next script block at the top level of the file.
fn next_script(text: &str, from: usize) -> Option<Script> {
    let mut at = from;
    loop {
        let open = at + text[at..].find('<')?;
        let rest = &text[open..];
        if rest.starts_with("<!--") {
            at = open + rest.find("-->")? + 3;
            continue;
        }
        if let Some(attributes) = rest.strip_prefix("<script")
            && attributes.starts_with(|next: char| next == '>' || next.is_ascii_whitespace())
        {
            let start = open + rest.find('>')? + 1;
            let end = start + text[start..].find("</script").unwrap_or(text.len() - start);
            return Some(Script { tag: open, start, end });
        }
        if let Some(end) = rest.strip_prefix("<template").and_then(|_| block_end(text, open, "template")) {
            at = end;
            continue;
        }
        at = open + 1;
    }
}

/// After the last closing tag of a block that may hold blocks of its own kind.
fn block_end(text: &str, open: usize, tag: &str) -> Option<usize> {
    let close = format!("</{tag}>");
    // Templates nest: the block ends at the closing tag that stands at the beginning of a line.
    let rest = &text[open..];
    let at_line = rest.find(&format!("\n{close}")).map(|at| at + 1);
    at_line.or_else(|| rest.find(&close)).map(|at| open + at + close.len())
}
