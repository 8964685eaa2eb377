//! Globs as patterns: `./models/**/*.{js,ts}`.

use crate::modules::PatternPart;

/// So many alternatives in braces are told apart; in a glob of more they are anything.
const ALTERNATIVES: usize = 16;

/// The patterns that a glob means.
pub fn patterns(glob: &str) -> Vec<Vec<PatternPart>> {
    let plain = alternatives(&without_extended(glob));
    let bare = plain.iter().filter_map(|plain| without_inner_stars(plain));
    plain.iter().cloned().chain(bare).map(|plain| parts_of(&plain)).collect()
}

/// The glob whose stars behind a part of a name stand for nothing: `user.js` for `user*.js`.
fn without_inner_stars(glob: &str) -> Option<String> {
    let mut bare = String::with_capacity(glob.len());
    let mut before = '/';
    for (at, c) in glob.char_indices() {
        let is_inner = c == '*' && !"/*".contains(before) && !glob[at + 1..].starts_with('*');
        if !is_inner {
            bare.push(c);
        }
        before = c;
    }
    (bare.len() < glob.len()).then_some(bare)
}

/// The parts of a glob without alternatives, or of a piece of one.
pub fn parts_of(glob: &str) -> Vec<PatternPart> {
    let mut parts = Vec::new();
    let mut rest = glob;
    while let Some(at) = rest.find(['*', '?', '[', '{']) {
        let (known, special) = rest.split_at(at);
        let starts_name = known.is_empty() && parts.is_empty() || known.ends_with('/');
        if !known.is_empty() {
            parts.push(PatternPart::Text(known.to_owned()));
        }
        if let (Some(after), true) = (special.strip_prefix("**/"), starts_name) {
            parts.push(PatternPart::Folders);
            rest = after;
        } else if special == "**" && starts_name {
            parts.push(PatternPart::Tree);
            rest = "";
        } else {
            parts.push(PatternPart::Hole);
            let close = match special.as_bytes()[0] {
                b'[' => special.find(']'),
                b'{' => special.find('}'),
                _ => None,
            };
            rest = match close {
                Some(end) => &special[end + 1..],
                None => special[1..].trim_start_matches('*'),
            };
        }
    }
    if !rest.is_empty() {
        parts.push(PatternPart::Text(rest.to_owned()));
    }
    parts
}

/// A glob with the alternatives in its braces written out.
fn alternatives(glob: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut open = vec![glob.to_owned()];
    while let Some(glob) = open.pop() {
        let inner = glob.find('}').and_then(|end| Some((glob[..end].rfind('{')?, end)));
        match inner {
            Some((start, end)) if done.len() + open.len() < ALTERNATIVES => {
                for choice in glob[start + 1..end].rsplit(',') {
                    open.push(format!("{}{choice}{}", &glob[..start], &glob[end + 1..]));
                }
            }
            // What stands beside an inner group comes with each of its alternatives.
            _ if done.contains(&glob) => {}
            _ => done.push(glob),
        }
    }
    done
}

/// A glob with its extended forms put in the common ones: `@(a|b)` is `{a,b}`; what can't be said becomes `*`, which
/// finds more.
fn without_extended(pattern: &str) -> String {
    let mut plain = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(at) = rest.find('(') {
        let Some(end) = rest[at..].find(')').map(|length| at + length) else { break };
        let inner = &rest[at + 1..end];
        let form = rest[..at].chars().next_back().filter(|form| "@?!+*".contains(*form));
        let is_simple = !inner.contains(['(', '/']);
        match form {
            Some(form) => {
                plain.push_str(&rest[..at - form.len_utf8()]);
                let choices = inner.replace('|', ",");
                match form {
                    '@' | '+' if is_simple => plain.extend(["{", &choices, "}"]),
                    '?' if is_simple => plain.extend(["{", &choices, ",}"]),
                    _ => plain.push('*'),
                }
            }
            None => plain.push_str(&rest[..=end]),
        }
        rest = &rest[end + 1..];
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::patterns;
    use crate::modules::PatternPart;

    fn shown(glob: &str) -> Vec<String> {
        let show = |part: &PatternPart| match part {
            PatternPart::Text(text) => text.clone(),
            PatternPart::Hole => "<any>".into(),
            PatternPart::Folders => "<folders>".into(),
            other => format!("{other:?}"),
        };
        patterns(glob).iter().map(|parts| parts.iter().map(show).collect()).collect()
    }

    #[test]
    fn globs_are_patterns() {
        assert_eq!(shown("./d/**/*.{js,ts}"), ["./d/<folders><any>.js", "./d/<folders><any>.ts"]);
        assert_eq!(shown("**/c.js"), ["<folders>c.js"]);
        assert_eq!(shown("d/user*.js"), ["d/user<any>.js", "d/user.js"]);
        assert_eq!(shown("d/@(a|b).js"), ["d/a.js", "d/b.js"]);
        assert_eq!(shown("d/!(a).[jt]s"), ["d/<any>.<any>s"]);
        assert_eq!(shown("d/**"), ["d/Tree"]);
        assert_eq!(shown("{a{b,c},d}"), ["ab", "d", "ac"]);
    }
}
