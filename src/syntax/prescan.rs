//! A look at a file's bytes before it is parsed. The parser (and the drop of its tree) recurses as deeply as the
//! input nests, and an overflow of the stack ends the process: what would not fit is refused here. Where bytes alone
//! cannot tell (regular expressions, JSX), the count errs upwards.

use super::Problem;
use crate::base::span::ByteRange;

/// A file is at most this long.
const LARGEST: usize = 8 << 20;
/// … and has at most so many tokens: what a file takes in memory grows with them.
const MOST_TOKENS: usize = 2_000_000;
/// Brackets, and whatever else nests to the right, are at most this deep.
const DEEPEST: u32 = 4_000;
/// Operators and members that nest to the left, in one expression.
const LONGEST_CHAIN: u32 = 100_000;
/// `else if` costs the parser quadratic time.
const MOST_ELSE_IFS: u32 = 5_000;
/// The parser compares each label with all around it, and keeps an error for each two that are alike.
const MOST_LABELS: u32 = 1_000;
/// Each `<` may begin type arguments, which the parser looks for up to where something can be no type: chains of them
/// cost more than quadratic time.
const MOST_ANGLES: u32 = 200;
/// Where the parser tries several readings of a bracket, each with all that is inside, its time grows exponentially
/// with how deep such brackets nest. The cost of a file is that of its tokens, each doubled by every such bracket around
/// it; it is at most this for each byte, …
const COST_PER_BYTE: u64 = 8;
/// … and at least this, since what is small is soon read.
const LEAST_COST: u64 = 2_000_000;
/// Doublings beyond this cost more than any file may.
const MOST_DOUBLINGS: u32 = 40;
/// What looks like the beginning of a regular expression is looked at again as an operator if the line has no end of
/// it: at most this many bytes for each of the file are read in vain.
const VAIN_PER_BYTE: usize = 8;
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
    Scan::new(bytes).run().err()
}

/// A file beyond the limit, of whatever content.
pub(super) fn too_large(bytes: &[u8]) -> Option<Problem> {
    (bytes.len() > LARGEST).then(|| Problem {
        reason: "too-large",
        message: format!("the file has {} bytes; up to {LARGEST} are analysed", bytes.len()),
        range: None,
    })
}

/// A built file says so by its name, also where somebody has laid it out again.
pub(super) fn minified_by_name(path: &str) -> Option<Problem> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_minified =
        name.rsplit_once('.').is_some_and(|(stem, _)| stem.rsplit_once('.').is_some_and(|it| it.1 == "min"));
    let message = "the file is named as a minified one".to_owned();
    is_minified.then_some(Problem { reason: "minified", message, range: None })
}

/// What is open at one bracket.
#[derive(Clone, Copy, Default)]
struct Level {
    /// Nests to the right since the last end of an expression: `? :`, `=`, `=>`, prefixes.
    right: u32,
    /// Nests to the left: operators, members, calls.
    left: u32,
    /// What may be open type arguments: each `<` without its `>`.
    angles: u32,
    /// What waits for its `:`: each `?`, `case` and `default`.
    choosing: u32,
    /// Any other `:`, each of which may end a label around what follows.
    labels: u32,
    /// How often the parser may read its content anew: each doubles the cost.
    doublings: u32,
    /// Whether a bracket after `?` was seen: with `:` and `=>`, it can be an arrow's parameters.
    has_choice: bool,
    /// Arrows after such brackets, each of which doubles what follows it.
    choices: u32,
    /// Whether it is the head of a statement that goes on after it: `if (…)`.
    is_head: bool,
    /// What opened it; a back-tick for the hole of a template, which goes on after it.
    bracket: u8,
}

/// What the last word says of what follows it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Word {
    /// Nothing, or there was none.
    #[default]
    None,
    /// An expression or a statement goes on.
    Keyword,
    /// The same, after `else`.
    Else,
    /// A bracket begins a statement's head.
    Head,
    /// It may be an asynchronous arrow.
    Async,
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
    /// How many of the open brackets may be read several times.
    doublings: u32,
    /// The tokens so far, comments aside.
    tokens: usize,
    /// What the tokens so far have cost.
    cost: u64,
    /// Whether the template at hand has type arguments before it.
    is_typed_template: bool,
    /// Bytes that were read as a regular expression in vain.
    vain: usize,
    at: usize,
    level: Level,
    outer: Vec<Level>,
    /// Sum of `right` of all levels.
    right: u32,
    elements: u32,
    else_ifs: u32,
    /// Whether an element's name can't be parsed.
    is_bad_name: bool,
    /// The last byte that was no space and in no comment.
    last: u8,
    /// The last token, if it was a word that says something.
    word: Word,
}

impl<'a> Scan<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            doublings: 0,
            tokens: 0,
            cost: 0,
            is_typed_template: false,
            vain: 0,
            at: 0,
            level: Level::default(),
            outer: Vec::new(),
            right: 0,
            elements: 0,
            else_ifs: 0,
            is_bad_name: false,
            last: b';',
            word: Word::None,
        }
    }

    fn run(mut self) -> Result<(), Problem> {
        let most_cost = LEAST_COST.max(COST_PER_BYTE * self.bytes.len() as u64);
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
            self.cost = self.cost.saturating_add(1 << self.doublings.min(MOST_DOUBLINGS));
            let is_read_in_vain = self.vain > VAIN_PER_BYTE * self.bytes.len();
            if self.cost > most_cost || is_read_in_vain {
                let message = "the parser would read nested parts of the file too many times".into();
                return Err(Problem { reason: "parse-budget", ..self.too_deep(start, message) });
            }
            if self.tokens > MOST_TOKENS {
                let message = format!("the file has more than {MOST_TOKENS} tokens");
                return Err(Problem { reason: "too-large", message, range: None });
            }
            if self.is_bad_name {
                let message = "an element's name with a namespace can have no members".to_owned();
                return Err(Problem { reason: "syntax-error", ..self.too_deep(start, message) });
            }
            if self.level.angles > MOST_ANGLES {
                let message = format!("more than {MOST_ANGLES} `<` are open");
                return Err(self.too_deep(start, message));
            }
            if self.level.labels > MOST_LABELS {
                return Err(self.too_deep(start, format!("more than {MOST_LABELS} labels nest")));
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
        self.tokens += usize::from(!byte.is_ascii_whitespace());
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
        self.word = Word::None;
    }

    /// An expression that is whole at the end of a line, with a word on the next, ends there.
    fn line_end(&mut self) {
        self.at += 1;
        while self.peek(0).is_ascii_whitespace() {
            self.at += 1;
        }
        let is_whole = is_word(self.last) || matches!(self.last, b')' | b']' | b'}' | b'"' | b'\'' | b'`');
        let goes_on = self.bytes[self.at.min(self.bytes.len())..].starts_with(b"in");
        if is_whole && self.word == Word::None && is_word(self.peek(0)) && !goes_on {
            self.reset();
        }
    }

    fn reset(&mut self) {
        self.right -= self.level.right;
        self.level.right = 0;
        self.level.left = 0;
        self.level.angles = 0;
        self.level.choosing = 0;
        self.level.labels = 0;
        self.doublings -= self.level.choices;
        self.level.choices = 0;
        self.level.has_choice = false;
    }

    fn close_angles(&mut self, count: u32) {
        self.right -= count;
        self.level.right -= count;
        self.level.angles -= count;
    }

    /// A comma ends an expression, but no type arguments.
    fn comma(&mut self) {
        let ended = self.level.right - self.level.angles;
        self.right -= ended;
        self.level.right -= ended;
        self.level.left = 0;
        self.level.labels = 0;
    }

    fn nest(&mut self) {
        self.right += 1;
        self.level.right += 1;
    }

    fn open(&mut self, opened: Opened) {
        let bracket = if opened == Opened::Hole { b'`' } else { self.peek(0) };
        let in_object = self.last == b'{' || (self.last == b',' && self.level.bracket == b'{');
        // Patterns, type arguments, parameters of arrows: all can also be something else, up to what follows them.
        let doublings = match bracket {
            _ if self.level.angles > 0 => 2,
            b'[' if in_object => 2,
            b'(' if self.word == Word::Async || matches!(self.last, b'>' | b'?' | b':') => 1,
            b'`' if self.is_typed_template => 1,
            _ => 0,
        };
        self.level.has_choice |= bracket == b'(' && self.last == b'?';
        let is_head = self.word == Word::Head;
        self.at += 1;
        self.level.left += 1;
        self.outer.push(self.level);
        self.doublings += doublings;
        self.level = Level { doublings, is_head, bracket, ..Level::default() };
    }

    fn close(&mut self, byte: u8) {
        self.at += 1;
        self.right -= self.level.right;
        let Level { is_head, doublings, choices, bracket, .. } = self.level;
        self.doublings -= doublings + choices;
        self.level = self.outer.pop().unwrap_or_default();
        if bracket == b'`' && byte == b'}' {
            self.is_typed_template = doublings > 0;
            self.template_text();
            self.last = b'`';
            return;
        }
        self.last = byte;
        self.word = if is_head { Word::Keyword } else { Word::None };
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
        let before = std::mem::take(&mut self.word);
        let is_member = self.last == b'.';
        self.last = b'a';
        if is_member {
            return;
        }
        self.word = match word {
            b"if" | b"for" | b"while" | b"with" => Word::Head,
            b"await" if before == Word::Head => Word::Head,
            b"else" => Word::Else,
            b"async" => Word::Async,
            b"do" | b"typeof" | b"void" | b"delete" | b"await" | b"new" | b"yield" | b"extends" | b"in"
            | b"instanceof" | b"return" | b"throw" | b"case" => Word::Keyword,
            _ => Word::None,
        };
        self.level.choosing += u32::from(matches!(word, b"case" | b"default"));
        if word == b"if" {
            self.else_ifs += u32::from(before == Word::Else);
        }
        if !matches!(word, b"in" | b"instanceof" | b"return" | b"async" | b"throw" | b"case") && self.word != Word::None
        {
            self.nest();
        }
    }

    fn operator(&mut self, byte: u8) {
        let next = self.peek(1);
        self.at += 1;
        // No type goes over these.
        let is_doubled = next == byte && matches!(byte, b'&' | b'|' | b'=');
        if is_doubled || matches!(byte, b'+' | b'-' | b'*' | b'/' | b'%' | b'!' | b'~' | b'^') {
            self.close_angles(self.level.angles);
        }
        match byte {
            b';' => self.reset(),
            b',' => self.comma(),
            b'<' if next == b'<' || next == b'=' => {
                self.at += 1;
                self.level.left += 1;
            }
            b'=' if next == b'>' => {
                self.at += 1;
                self.nest();
                self.doublings += u32::from(self.level.has_choice);
                self.level.choices += u32::from(self.level.has_choice);
            }
            b'=' if next == b'=' => {
                self.at += 1;
                self.level.left += 1;
            }
            b'?' if next == b'.' || next == b'?' => {
                self.at += 1;
                self.level.left += 1;
            }
            b'=' | b'!' | b'~' => self.nest(),
            b'?' => {
                self.level.choosing += 1;
                self.nest();
            }
            b':' => {
                self.level.labels += u32::from(self.level.choosing == 0);
                self.level.choosing = self.level.choosing.saturating_sub(1);
                self.nest();
            }
            b'*' if next == b'*' => {
                self.at += 1;
                self.nest();
            }
            b'<' if next == b'/' => self.elements = self.elements.saturating_sub(1),
            b'<' if next.is_ascii_alphabetic() && !is_word(self.last) => {
                self.elements += 1;
                self.is_bad_name = self.is_member_of_namespace();
            }
            b'<' => {
                self.nest();
                self.level.angles += 1;
            }
            b'>' if self.level.angles > 0 => self.close_angles(1),
            b'/' if next == b'>' => self.elements = self.elements.saturating_sub(1),
            b'+' | b'-' if !is_word(self.last) && !matches!(self.last, b')' | b']' | b'}' | b'"' | b'\'' | b'`') => {
                self.nest();
            }
            _ => self.level.left += 1,
        }
    }

    /// `a:b.c` as an element's name, on which the parser panics.
    fn is_member_of_namespace(&self) -> bool {
        let mut rest = &self.bytes[self.at..];
        for end in [b':', b'.'] {
            let width = rest.iter().take_while(|&&byte| is_word(byte) || byte == b'-').count();
            if width == 0 || rest.get(width) != Some(&end) {
                return false;
            }
            rest = &rest[width + 1..];
        }
        matches!(self.last, b'(' | b'[' | b'{' | b'}' | b',' | b';' | b'=' | b'?' | b':' | b'&' | b'|' | b'>')
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
        self.is_typed_template = self.last == b'>';
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
        self.word != Word::None
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
                    self.vain += self.at - start;
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
