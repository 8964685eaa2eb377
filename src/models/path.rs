//! The syntax of access paths: `().{get,post}`, `Server.new().on`, `#Request.socket`.

/// One segment of a path as it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Segment {
    /// `#Request`: a named type of the package; only at the start.
    Type(String),
    /// `get`; `*` is any member.
    Member(String),
    /// `()`.
    Return,
    /// `new()`.
    Instance,
    /// `[]`.
    Element,
}

/// How many paths one written path may stand for.
const EXPANSION_LIMIT: usize = 4096;

/// What the braces stand for, as in a shell: `{a,b}.{c,d}` is `a.c`, `a.d`, `b.c`, `b.d`. Braces nest.
pub(super) fn expand_braces(text: &str) -> Result<Vec<String>, String> {
    let Some(open) = text.find('{') else {
        return if text.contains('}') {
            Err(format!("`{text}` closes a brace that is not open"))
        } else {
            Ok(vec![text.into()])
        };
    };
    let close = matching_brace(text, open).ok_or_else(|| format!("`{text}` opens a brace and does not close it"))?;
    let rest = expand_braces(&text[close + 1..])?;
    let mut expanded = Vec::new();
    for alternative in alternatives(&text[open + 1..close]) {
        for middle in expand_braces(alternative)? {
            for end in &rest {
                expanded.push(format!("{}{middle}{end}", &text[..open]));
            }
        }
    }
    if expanded.len() > EXPANSION_LIMIT {
        return Err(format!("`{text}` stands for more than {EXPANSION_LIMIT} paths"));
    }
    Ok(expanded)
}

fn matching_brace(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn alternatives(inside: &str) -> Vec<&str> {
    let mut depth = 0usize;
    let mut start = 0;
    let mut found = Vec::new();
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                found.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&inside[start..]);
    found
}

/// Takes one path without braces apart; `.` is the place itself.
pub(super) fn parse_path(text: &str) -> Result<Vec<Segment>, String> {
    let mut segments = Vec::new();
    if text == "." {
        return Ok(segments);
    }
    // Braces may hold the place itself: `{.,Router()}.get`, `{.,promise}()`.
    let mut rest = match text.strip_prefix('.') {
        Some(after) => after.strip_prefix('.').unwrap_or(after),
        None => text,
    };
    while !rest.is_empty() {
        let (segment, after) = next_segment(rest, segments.is_empty())
            .ok_or_else(|| format!("`{text}` is no path: `{rest}` can not stand there"))?;
        segments.push(segment);
        rest = match after.strip_prefix('.') {
            Some("") => return Err(format!("`{text}` is no path: it ends with a dot")),
            Some(next) => next,
            None if after.is_empty() || after.starts_with("()") || after.starts_with("[]") => after,
            None => return Err(format!("`{text}` is no path: `{after}` can not stand there")),
        };
    }
    if segments.is_empty() { Err("a path can not be empty: `.` is the place itself".into()) } else { Ok(segments) }
}

fn next_segment(rest: &str, is_first: bool) -> Option<(Segment, &str)> {
    for (sign, segment) in [("()", Segment::Return), ("new()", Segment::Instance), ("[]", Segment::Element)] {
        if let Some(after) = rest.strip_prefix(sign) {
            return Some((segment, after));
        }
    }
    let (is_type, name) = match rest.strip_prefix('#') {
        Some(name) if is_first => (true, name),
        Some(_) => return None,
        None => (false, rest),
    };
    let end = name.find(['.', '(', '[']).unwrap_or(name.len());
    let (name, after) = name.split_at(end);
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || "#)]{}".contains(c)) {
        return None;
    }
    Some((if is_type { Segment::Type(name.into()) } else { Segment::Member(name.into()) }, after))
}
