//! `modleak explain`: a rule's page in the terminal.

use std::fmt::Write as _;

use crate::cli::args::ExplainArgs;
use crate::cli::console::Console;
use crate::cli::engine::Engine;
use crate::cli::{Exit, Outcome, check};
use crate::report::format::paint::Paint;
use crate::report::format::pretty;

pub(super) fn run(engine: &dyn Engine, args: &ExplainArgs, console: &mut Console<'_>) -> Outcome {
    let rules = engine.rules();
    let rule = rules.iter().find(|it| it.name == args.rule).ok_or_else(|| check::unknown_rule(&args.rule, &rules))?;
    let page = draw(rule.page, console.paint_out(), console.width());
    console.print(&page)?;
    Ok(Exit::Clean)
}

/// Markdown as a terminal shows it: headings stand out, paragraphs are filled, code is indented under its file's name.
fn draw(page: &str, paint: Paint, width: usize) -> String {
    let mut drawn = String::new();
    let mut paragraph = String::new();
    let mut is_code = false;
    for line in page.lines() {
        if let Some(info) = line.strip_prefix("```") {
            end_paragraph(&mut drawn, &mut paragraph, paint, width);
            is_code = !is_code;
            // The first word is the language; what follows is the file's name.
            if let (true, Some((_, file))) = (is_code, info.split_once(' ')) {
                let _ = writeln!(drawn, "    {}", paint.label(file));
            }
        } else if is_code {
            let _ = writeln!(drawn, "    {}", paint.dim("│ ") + line);
        } else if line.starts_with('#') {
            end_paragraph(&mut drawn, &mut paragraph, paint, width);
            let _ = writeln!(drawn, "{}", paint.bold(line.trim_start_matches('#').trim()));
        } else if line.trim().is_empty() {
            end_paragraph(&mut drawn, &mut paragraph, paint, width);
            drawn.push('\n');
        } else if starts_item(line) {
            end_paragraph(&mut drawn, &mut paragraph, paint, width);
            paragraph.push_str(line.trim_end());
        } else {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line.trim());
        }
    }
    end_paragraph(&mut drawn, &mut paragraph, paint, width);
    drawn
}

fn starts_item(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("- ") || line.starts_with("* ") || line.starts_with('|')
}

fn end_paragraph(drawn: &mut String, paragraph: &mut String, paint: Paint, width: usize) {
    if paragraph.is_empty() {
        return;
    }
    let indent = if starts_item(paragraph) { "  " } else { "" };
    let text = spans(paragraph, paint);
    let lines = pretty::wrapped(&text, width.saturating_sub(indent.len()));
    let _ = writeln!(drawn, "{}", lines.join(&format!("\n{indent}")));
    paragraph.clear();
}

/// Code and strong text within a paragraph.
fn spans(paragraph: &str, paint: Paint) -> String {
    let mut text = String::new();
    for (index, part) in paragraph.split('`').enumerate() {
        if index % 2 == 1 {
            // Coloured word by word, so that lines can break between them.
            let words: Vec<String> = part.split(' ').map(|it| paint.label(it)).collect();
            text.push_str(&words.join(" "));
        } else {
            text.push_str(&part.replace("**", ""));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::draw;
    use crate::report::format::Colour;
    use crate::report::format::paint::Paint;

    #[test]
    fn a_page_is_drawn_without_markup() {
        let page = "# a-rule\n\nOne `two` three\nfour.\n\n- **an** item\n- another\n\n```js a.js\nx.push(1); //~ a-rule\n```\n";
        let drawn = draw(page, Paint::new(Colour::None), 12);
        let expected =
            "a-rule\n\nOne two three four.\n\n- an item\n- another\n\n    a.js\n    │ x.push(1); //~ a-rule\n";
        assert_eq!(drawn, expected);
    }
}
