//! A look at a file's bytes before it is parsed. The parser (and the drop of its tree) recurses as deeply as the
//! input nests, and an overflow of the stack ends the process: what would not fit is refused here. Where bytes alone
//! cannot tell (regular expressions, JSX), the count errs upwards.

use super::Problem;
use crate::base::span::ByteRange;

/// A file is at most this long.
const LARGEST: usize = 8 << 20;
/// Brackets, and whatever else nests to the right, are at most this deep.
const DEEPEST: u32 = 4_000;
/// Operators and members that nest to the left, in one expression.
const LONGEST_CHAIN: u32 = 100_000;
/// `else if` costs the parser quadratic time.
const MOST_ELSE_IFS: u32 = 5_000;
/// At `({[` and, in TypeScript, at `(<` the parser tries several readings, each with all that is inside: time grows
/// exponentially with how deep these nest. People do not nest them.
const MOST_READINGS: u32 = 5;
/// Files over this many bytes …
const MINIFIED_FROM: usize = 20_000;
/// … whose lines are on average longer than this are no sources.
const LONGEST_MEAN_LINE: usize = 1_000;

/// Why a file is not to be parsed, if there is a reason.
pub(super) fn refusal(text: &str, path: &str) -> Option<Problem> {
    let bytes = text.as_bytes();
    if let Some(problem) = too_large(bytes) {
        return Some(problem);
    }
    let lines = text.split('\n').count();
    let is_json = super::parse::ending(path) == "json";
    if !is_json && bytes.len() > MINIFIED_FROM && bytes.len() / lines > LONGEST_MEAN_LINE {
        let message = format!("the file looks minified: {lines} lines of {} bytes on average", bytes.len() / lines);
        return Some(Problem { reason: "minified", message, range: None });
    }
    Scan::new(bytes, path).run().err()
}

/// A file beyond the limit, of whatever content.
pub(super) fn too_large(bytes: &[u8]) -> Option<Problem> {
    (bytes.len() > LARGEST).then(|| Problem {
        reason: "too-large",
        message: format!("the file has {} bytes; up to {LARGEST} are analysed", bytes.len()),
        range: None,
    })
}

/// What is open at one bracket.
#[derive(Clone, Copy, Default)]
struct Level {
    /// Nests to the right since the last end of an expression: `? :`, `=`, `=>`, prefixes.
    right: u32,
    /// Nests to the left: operators, members, calls.
    left: u32,
    /// Whether it is the hole of a template, which goes on after it.
    is_hole: bool,
    /// Whether the parser may read its content several times.
    is_retried: bool,
    bracket: u8,
}

/// What a bracket opens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opened {
    Bracket,
    /// The hole of a template.
    Hole,
}

struct Scan<'a> {
    bytes: &'a [u8],
    /// Whether `<T>x` is a type assertion, and not JSX.
    has_assertions: bool,
    /// How many of the open brackets may be read several times.
    retried: u32,
    at: usize,
    level: Level,
    outer: Vec<Level>,
    /// Sum of `right` of all levels.
    right: u32,
    elements: u32,
    else_ifs: u32,
    /// The last byte that was no space and in no comment.
    last: u8,
    /// Whether the last token was the word `else`.
    after_else: bool,
    /// Whether the last word was one that an expression or statement goes on after.
    after_keyword: bool,
}

impl<'a> Scan<'a> {
    fn new(bytes: &'a [u8], path: &str) -> Self {
        Self {
            bytes,
            has_assertions: matches!(super::parse::ending(path), "ts" | "mts" | "cts" | "vue"),
            retried: 0,
            at: 0,
            level: Level::default(),
            outer: Vec::new(),
            right: 0,
            elements: 0,
            else_ifs: 0,
            last: b';',
            after_else: false,
            after_keyword: false,
        }
    }

    fn run(mut self) -> Result<(), Problem> {
        while let Some(&byte) = self.bytes.get(self.at) {
            let start = self.at;
            self.token(byte);
            let depth = self.right + self.elements + u32::try_from(self.outer.len()).unwrap_or(u32::MAX);
            if depth > DEEPEST {
                return Err(self.too_deep(start, format!("the code is nested more than {DEEPEST} levels deep")));
            }
            if self.level.left > LONGEST_CHAIN {
                return Err(self.too_deep(start, format!("an expression has more than {LONGEST_CHAIN} operators")));
            }
            if self.retried > MOST_READINGS {
                let message = "the parser would read nested parts of the file too many times".into();
                return Err(Problem { reason: "parse-budget", ..self.too_deep(start, message) });
            }
            if self.else_ifs > MOST_ELSE_IFS {
                return Err(self.too_deep(start, format!("there are more than {MOST_ELSE_IFS} `else if`s")));
            }
        }
        Ok(())
    }

    fn too_deep(&self, start: usize, message: String) -> Problem {
        let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Problem { reason: "too-deep", message, range: Some(ByteRange::new(offset(start), offset(self.at))) }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn token(&mut self, byte: u8) {
        match byte {
            b'\n' | b'\r' => return self.line_end(),
            b' ' | b'\t' => {
                self.at += 1;
                return;
            }
            b'/' if self.peek(1) == b'/' => return self.skip_to(b"\n"),
            b'/' if self.peek(1) == b'*' => {
                self.at += 2;
                return self.skip_past(b"*/");
            }
            b'"' | b'\'' => self.quoted(byte),
            b'`' => self.template(),
            b'(' | b'[' | b'{' => self.open(Opened::Bracket),
            b')' | b']' | b'}' => return self.close(byte),
            b'/' if self.may_begin_regex() => self.regex(),
            _ if is_word(byte) => return self.word(),
            _ => self.operator(byte),
        }
        self.last = byte;
        self.after_else = false;
        self.after_keyword = false;
    }

    /// An expression that is whole at the end of a line, with a word on the next, ends there.
    fn line_end(&mut self) {
        self.at += 1;
        while self.peek(0).is_ascii_whitespace() {
            self.at += 1;
        }
        let is_whole = is_word(self.last) || matches!(self.last, b')' | b']' | b'}' | b'"' | b'\'' | b'`');
        let goes_on = self.bytes[self.at.min(self.bytes.len())..].starts_with(b"in");
        if is_whole && !self.after_keyword && is_word(self.peek(0)) && !goes_on {
            self.reset();
        }
    }

    fn reset(&mut self) {
        self.right -= self.level.right;
        self.level.right = 0;
        self.level.left = 0;
    }

    fn nest(&mut self) {
        self.right += 1;
        self.level.right += 1;
    }

    fn open(&mut self, opened: Opened) {
        let bracket = self.peek(0);
        let in_object = self.last == b'{' || (self.last == b',' && self.level.bracket == b'{');
        let is_retried = match bracket {
            b'[' => in_object,
            b'(' => self.has_assertions && self.peek(1) == b'<',
            _ => false,
        };
        self.at += 1;
        self.level.left += 1;
        self.outer.push(self.level);
        self.retried += u32::from(is_retried);
        self.level = Level { is_hole: opened == Opened::Hole, is_retried, bracket, ..Level::default() };
    }

    fn close(&mut self, byte: u8) {
        self.at += 1;
        self.right -= self.level.right;
        let is_hole = self.level.is_hole;
        self.retried -= u32::from(self.level.is_retried);
        self.level = self.outer.pop().unwrap_or_default();
        if is_hole && byte == b'}' {
            self.template_text();
            self.last = b'`';
            return;
        }
        self.last = byte;
        self.after_else = false;
        self.after_keyword = false;
        // A block ends a statement, unless it was an object in an expression that goes on.
        let next = self.bytes[self.at..].iter().find(|byte| !byte.is_ascii_whitespace());
        if byte == b'}' && next.is_some_and(|&next| is_word(next) || next == b'}') {
            self.reset();
        }
    }

    fn word(&mut self) {
        let start = self.at;
        while is_word(self.peek(0)) {
            self.at += 1;
        }
        let word = &self.bytes[start..self.at];
        let is_member = self.last == b'.';
        let was_else = self.after_else;
        self.after_else = word == b"else";
        self.after_keyword = false;
        self.last = b'a';
        if is_member {
            return;
        }
        match word {
            b"if" => {
                self.else_ifs += u32::from(was_else);
                self.nest();
                self.after_keyword = true;
            }
            b"for" | b"while" | b"do" | b"with" | b"typeof" | b"void" | b"delete" | b"await" | b"new" | b"yield"
            | b"else" | b"extends" => {
                self.nest();
                self.after_keyword = true;
            }
            b"in" | b"instanceof" | b"return" | b"async" | b"throw" | b"case" => self.after_keyword = true,
            _ => {}
        }
    }

    fn operator(&mut self, byte: u8) {
        let next = self.peek(1);
        self.at += 1;
        match byte {
            b';' | b',' => self.reset(),
            b'=' if next == b'>' => {
                self.at += 1;
                self.nest();
            }
            b'=' if next == b'=' => {
                self.at += 1;
                self.level.left += 1;
            }
            b'?' if next == b'.' || next == b'?' => {
                self.at += 1;
                self.level.left += 1;
            }
            b'=' | b'?' | b':' | b'!' | b'~' => self.nest(),
            b'*' if next == b'*' => {
                self.at += 1;
                self.nest();
            }
            b'<' if next == b'/' => self.elements = self.elements.saturating_sub(1),
            b'<' if next.is_ascii_alphabetic() && !is_word(self.last) => self.elements += 1,
            b'/' if next == b'>' => self.elements = self.elements.saturating_sub(1),
            b'+' | b'-' if !is_word(self.last) && !matches!(self.last, b')' | b']' | b'}' | b'"' | b'\'' | b'`') => {
                self.nest();
            }
            _ => self.level.left += 1,
        }
    }

    fn quoted(&mut self, quote: u8) {
        self.at += 1;
        loop {
            match self.peek(0) {
                b'\\' => self.at += 2,
                b'\n' => return,
                0 if self.at >= self.bytes.len() => return,
                byte => {
                    self.at += 1;
                    if byte == quote {
                        return;
                    }
                }
            }
        }
    }

    fn template(&mut self) {
        self.at += 1;
        self.template_text();
    }

    /// The text of a template up to its end or its next hole.
    fn template_text(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\\' => self.at += 2,
                b'`' => {
                    self.at += 1;
                    return;
                }
                b'$' if self.peek(1) == b'{' => {
                    self.at += 1;
                    self.open(Opened::Hole);
                    return;
                }
                _ => self.at += 1,
            }
        }
    }

    /// After an operator or an opening bracket, `/` begins a regular expression; after a value, it divides.
    fn may_begin_regex(&self) -> bool {
        self.after_keyword
            || !(is_word(self.last) || matches!(self.last, b')' | b']' | b'}' | b'"' | b'\'' | b'`' | b'<'))
    }

    fn regex(&mut self) {
        let start = self.at;
        self.at += 1;
        let mut in_class = false;
        loop {
            match self.peek(0) {
                b'\\' => self.at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => break,
                b'\n' | 0 => {
                    // It was none.
                    self.at = start + 1;
                    return;
                }
                _ => {}
            }
            self.at += 1;
        }
        self.at += 1;
    }

    fn skip_to(&mut self, end: &[u8]) {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|byte| end.contains(byte)).unwrap_or(rest.len());
    }

    fn skip_past(&mut self, end: &[u8]) {
        let rest = &self.bytes[self.at.min(self.bytes.len())..];
        self.at += rest.windows(end.len()).position(|window| window == end).map_or(rest.len(), |at| at + end.len());
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'#' | b'@' | 0x80..)
}
