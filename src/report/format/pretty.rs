//! `pretty`: for people. The message, the statement in its frame, the way of the object from the module that holds it
//! to the statement, what makes the code repeat, and what to do.

use std::io::{self, Write};

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceSpan};

use crate::base::finding::Severity;
use crate::report::format::paint::Paint;
use crate::report::format::{Colour, Style, escape, wording};
use crate::report::{Diagnostic, Place, Report, severity_word};

/// Frames show at most this many lines of the statement.
const FRAME_LINES: u32 = 4;
/// A line of source is cut to this many characters around what matters.
const LINE_CHARS: usize = 160;

pub(super) fn render(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::new(style.colour);
    for diagnostic in report.shown(style.infos) {
        write_diagnostic(report, diagnostic, style, paint, out)?;
    }
    for it in &report.incomplete {
        let place = paint.dim(&escape::plain(&wording::incomplete_at(it)));
        let head = paint.severity(Severity::Info, "not analysed:");
        writeln!(out, "{head} {} {place}", escape::plain(&wording::sentence(&it.message)))?;
    }
    if !report.incomplete.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

fn write_diagnostic(
    report: &Report,
    it: &Diagnostic,
    style: Style,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let word = paint.severity(it.severity, severity_word(it.severity));
    let head = format!("{}: {}", severity_word(it.severity), escape::plain(&it.message));
    for (index, line) in wrapped(&head, style.width.saturating_sub(2)).iter().enumerate() {
        match line.strip_prefix(severity_word(it.severity)) {
            Some(rest) if index == 0 => writeln!(out, "{word}{}", paint.bold(rest))?,
            _ => writeln!(out, "  {}", paint.bold(line))?,
        }
    }
    write_frame(report, it, style, out)?;
    write_way(report, it, paint, style, out)?;
    for related in &it.related {
        let place = place_of(paint, &related.place);
        field(out, paint, style, "also", &format!("{} {place}", escape::plain(&related.label)))?;
    }
    if let Some(copied) = &it.copied_from {
        field(out, paint, style, "copy of", &place_of(paint, copied))?;
    }
    if let Some(context) = &it.context {
        let label = escape::plain(&context.entry.label);
        let text = format!("{}: {label} {}", wording::repeats(context), place_of(paint, &context.entry.place));
        field(out, paint, style, "repeats", &text)?;
    }
    if !it.help.is_empty() {
        field(out, paint, style, "help", &escape::plain(&it.help))?;
    }
    field(out, paint, style, "rule", &paint.dim(&format!("{} (modleak explain {})", it.rule, it.rule)))?;
    writeln!(out)
}

/// The way of the object, drawn from where it is held to where it is written.
fn write_way(report: &Report, it: &Diagnostic, paint: Paint, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let Some(last) = it.steps.len().checked_sub(1) else { return Ok(()) };
    for (index, step) in it.steps.iter().enumerate() {
        let joint = match index {
            _ if index == last => "╰▶",
            0 => "╭─",
            _ => "├─",
        };
        let rail = if index == last { "  " } else { "│ " };
        let name = if index == 0 { "way" } else { "" };
        let text = format!("{}  {}", place_of(paint, &step.place), escape::plain(&step.label));
        for (row, line) in wrapped(&text, style.width.saturating_sub(14)).iter().enumerate() {
            let (name, joint) = if row == 0 { (name, joint) } else { ("", rail) };
            writeln!(out, "  {} {} {line}", paint.label(&format!("{name:>7}")), paint.dim(joint))?;
        }
        // The frame has shown this line already.
        let is_framed = step.place.file == it.place.file && step.place.range.start.line == it.place.range.start.line;
        let line = escape::plain(wording::line_of(report, &step.place));
        if !line.is_empty() && !is_framed {
            let line = clipped(&line, style.width.saturating_sub(17));
            writeln!(out, "          {}    {}", paint.dim(rail), paint.dim(&line))?;
        }
    }
    Ok(())
}

/// A line of the finding's table of facts, continued under itself where it is too long.
fn field(out: &mut dyn Write, paint: Paint, style: Style, name: &str, text: &str) -> io::Result<()> {
    let lines = wrapped(text, style.width.saturating_sub(11));
    for (index, line) in lines.iter().enumerate() {
        let name = if index == 0 { name } else { "" };
        writeln!(out, "  {} {line}", paint.label(&format!("{name:>7}")))?;
    }
    Ok(())
}

/// The statement in its file, drawn by miette.
fn write_frame(report: &Report, it: &Diagnostic, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let Some(frame) = Frame::of(report, &it.place) else {
        return writeln!(out, "    at {}", escape::plain(&wording::at(&it.place)));
    };
    let theme = match style.colour {
        Colour::Ansi => GraphicalTheme::unicode(),
        Colour::None => GraphicalTheme::unicode_nocolor(),
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(style.width.max(20)).with_links(false);
    let mut text = String::new();
    if handler.render_report(&mut text, &frame).is_err() {
        return writeln!(out, "    at {}", escape::plain(&wording::at(&it.place)));
    }
    // The first lines are the message, which stands above already, and longer than miette's form of it.
    let start = text.find('╭').and_then(|at| text[..at].rfind('\n')).map_or(0, |at| at + 1);
    for line in text[start..].lines().filter(|it| !it.trim().is_empty()) {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// A few lines of source around a statement, made harmless, with the statement marked.
#[derive(Debug)]
struct Frame {
    name: String,
    text: String,
    first_line: u32,
    marked: SourceSpan,
    place: (u32, u32),
}

impl Frame {
    fn of(report: &Report, place: &Place) -> Option<Self> {
        let (first, last) = (place.range.start.line, place.range.end.line);
        let last = last.min(first.saturating_add(FRAME_LINES - 1));
        let mut text = String::new();
        let mut marked = (0, 0);
        let before = if first > 1 { first - 1 } else { first };
        for number in before..=last.saturating_add(1) {
            let Some(line) = report.texts.line(&place.file, number) else { continue };
            let start = report.texts.line_start(&place.file, number)?;
            if number < first || number > last {
                text.push_str(&clipped(&escape::plain(line), LINE_CHARS));
                text.push('\n');
                continue;
            }
            let offset = |at: u32| (at.saturating_sub(start) as usize).min(line.len());
            let from = if number == first { offset(place.range.start.offset) } else { 0 };
            let to = offset(place.range.end.offset);
            let (head, body, tail) = (line.get(..from)?, line.get(from..to)?, line.get(to..)?);
            text.push_str(&clipped_head(&escape::plain(head), LINE_CHARS / 2));
            if number == first {
                marked.0 = text.len();
            }
            text.push_str(&clipped(&escape::plain(body), LINE_CHARS));
            marked.1 = text.len();
            text.push_str(&clipped(&escape::plain(tail), LINE_CHARS / 2));
            text.push('\n');
        }
        let marked = SourceSpan::new(marked.0.into(), marked.1.saturating_sub(marked.0));
        let name = escape::plain(&place.file);
        Some(Self { name, text, first_line: before, marked, place: (first, place.range.start.column) })
    }
}

impl std::fmt::Display for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("here")
    }
}

impl std::error::Error for Frame {}

impl miette::Diagnostic for Frame {
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(None, self.marked))))
    }
}

impl miette::SourceCode for Frame {
    /// The whole frame, whatever is asked for: it holds no more than is to be seen. Without context, miette asks for the
    /// place that it writes above the frame.
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'a> + 'a>, MietteError> {
        let all = SourceSpan::new(0.into(), self.text.len());
        let (line, column) = if lines_before + lines_after == 0 { self.place } else { (self.first_line, 1) };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            self.text.as_bytes(),
            all,
            line.saturating_sub(1) as usize,
            column.saturating_sub(1) as usize,
            self.text.lines().count(),
        )))
    }
}

/// The first `limit` characters.
fn clipped(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The last `limit` characters.
fn clipped_head(text: &str, limit: usize) -> String {
    let count = text.chars().count();
    if count <= limit {
        return text.to_owned();
    }
    format!("…{}", text.chars().skip(count - limit).collect::<String>())
}

fn place_of(paint: Paint, place: &Place) -> String {
    paint.underlined(&escape::plain(&wording::at(place)))
}

/// Breaks text at spaces into lines of at most `width` characters, escape sequences not counted.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(20);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let length = visible_length(word);
        if used > 0 && used + 1 + length > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        } else if !line.is_empty() {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
    }
    lines.push(line);
    lines
}

fn visible_length(word: &str) -> usize {
    let mut length = 0;
    let mut in_sequence = false;
    for it in word.chars() {
        match it {
            '\u{1b}' => in_sequence = true,
            'm' if in_sequence => in_sequence = false,
            _ if in_sequence => {}
            _ => length += 1,
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use crate::report::format::tests::rendered;
    use crate::report::format::{Colour, Style};
    use crate::report::sample::sample;
    use crate::report::{Infos, Report};

    #[test]
    fn colour_changes_no_text() {
        let plain = Style { infos: Infos::Shown, ..Style::default() };
        let coloured = rendered(&sample(), "pretty", Style { colour: Colour::Ansi, ..plain });
        let mut stripped = String::new();
        let mut rest = coloured.as_str();
        while let Some(at) = rest.find('\u{1b}') {
            stripped.push_str(&rest[..at]);
            rest = rest[at..].split_once('m').unwrap().1;
        }
        stripped.push_str(rest);
        let text = rendered(&sample(), "pretty", plain);
        assert_eq!(stripped, text);
        println!("{coloured}");
    }

    #[test]
    fn the_way_and_the_frame_are_drawn() {
        let text = rendered(&sample(), "pretty", Style::default());
        assert!(text.starts_with("error: `seen` of a <b>&\"c\\u{202e}"), "{text}");
        for part in ["[src/server.js:2:33]", "╭─ a <b>&\"c", "├─ src/server.js:1:10", "╰▶ src/server.js:2:33", "help"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(rendered(&Report::default(), "pretty", Style::default()), "");
    }
}
