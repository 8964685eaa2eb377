//! All text from outside is made harmless here, for each kind of output in its own way.
//!
//! File names, identifiers and source lines are written by whoever wrote the analysed code. A control character can
//! move a terminal's cursor, a direction mark can make a line read otherwise than it is, a line break can begin a
//! command for a build server.

use std::fmt::Write as _;
use std::io;

/// Whether a character may change how other text is shown or read: controls, line separators, direction marks, and
/// what is invisible.
pub fn is_harmful(it: char) -> bool {
    it.is_control()
        || matches!(it,
            '\u{061C}' | '\u{00AD}' | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}')
}

/// Text for a line of a terminal, a log or a plain file: what is harmful is spelled out (`\u{202e}`).
pub fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("  "),
            // Azure's and GitHub's old commands count wherever they stand in a line.
            '[' if safe.ends_with("##") => safe.push_str("\\u{5b}"),
            it if is_harmful(it) => {
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(it));
            }
            it => safe.push(it),
        }
    }
    safe
}

/// So many characters of a message, a label or a name are shown: names have no longest length.
const LONGEST: usize = 1_000;

/// The same for what is said of a finding: of what is longer than people read, the beginning.
pub fn words(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => plain(&text[..end]) + "…",
        None => plain(text),
    }
}

/// A path, or what begins with one, at the start of a line: no line begins with what a build server takes for a command.
pub fn line_start(path: &str) -> String {
    let safe = plain(path);
    if safe.starts_with([':', '#', ' ']) { format!("./{safe}") } else { safe }
}

/// Text for an element or a quoted attribute of XML or HTML.
pub fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for it in plain(text).chars() {
        match it {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Not characters at all, which XML forbids.
            '\u{FFFE}' | '\u{FFFF}' => safe.push('\u{FFFD}'),
            it => safe.push(it),
        }
    }
    safe
}

/// The message of a workflow command of GitHub.
pub fn github_message(text: &str) -> String {
    plain(text).replace('%', "%25")
}

/// A property of a workflow command of GitHub.
pub fn github_property(text: &str) -> String {
    github_message(text).replace(':', "%3A").replace(',', "%2C")
}

/// A path as a property of a workflow command of GitHub: line ends in it are told as they are.
pub fn github_path(path: &str) -> String {
    let lines = path.split('\n').map(|line| line.split('\r').map(github_property).collect::<Vec<_>>().join("%0D"));
    lines.collect::<Vec<_>>().join("%0A")
}

/// A label of a Mermaid diagram, to stand in double quotes.
pub fn mermaid(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for it in plain(text).chars() {
        match it {
            '"' | '#' | '&' | '<' | '>' | '`' | '\\' | ';' | '%' | '[' | ']' | '{' | '}' | '|' => {
                let _ = write!(safe, "#{};", u32::from(it));
            }
            it => safe.push(it),
        }
    }
    safe
}

/// A string of the DOT language, to stand in double quotes.
pub fn dot(text: &str) -> String {
    plain(text).replace('\\', "\\\\").replace('"', "\\\"")
}

/// A relative path as a URI: every byte but the unreserved ones and `/` is percent-encoded.
pub fn uri(path: &str) -> String {
    let mut safe = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            safe.push(char::from(byte));
        } else {
            let _ = write!(safe, "%{byte:02X}");
        }
    }
    safe
}

/// Writes a value as JSON, indented, with a line end. Strings keep their value, but what is harmful is escaped, which
/// JSON itself demands of few characters.
pub(crate) fn write_json(value: &impl serde::Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, HarmlessJson::default());
    value.serialize(&mut serializer).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// `serde_json`'s indenting formatter, with harmful characters escaped.
#[derive(Default)]
struct HarmlessJson<'a> {
    pretty: serde_json::ser::PrettyFormatter<'a>,
}

impl serde_json::ser::Formatter for HarmlessJson<'_> {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object_value(writer)
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(is_harmful) {
            let (before, from) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            let Some(harmful) = from.chars().next() else { break };
            for unit in harmful.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &from[harmful.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::{github_path, github_property, line_start, mermaid, plain, uri, write_json, xml};

    #[test]
    fn harmful_characters_are_spelled_out() {
        assert_eq!(plain("a\u{1b}[31m\u{202e}b\n\u{2028}"), "a\\u{1b}[31m\\u{202e}b\\n\\u{2028}");
        assert_eq!(xml("<a b=\"c\">&'\u{0}"), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;\\u{0}");
        assert_eq!(github_property("a:b,c%\n::x"), "a%3Ab%2Cc%25\\n%3A%3Ax");
        assert_eq!(github_path("a\r\nb:%"), "a%0D%0Ab%3A%25");
        assert_eq!(line_start("::a ##[b"), "./::a ##\\u{5b}b");
        assert_eq!(mermaid("a\"]"), "a#34;#93;");
        assert_eq!(uri("a b/ü:%.js"), "a%20b/%C3%BC%3A%25.js");
    }

    #[test]
    fn json_keeps_values_and_escapes_what_is_harmful() {
        let text = "a\u{202e}\u{e0001}\"\u{9b}é";
        let mut bytes = Vec::new();
        write_json(&[text], &mut bytes).unwrap();
        let json = String::from_utf8(bytes).unwrap();
        assert!(!json.trim_end().chars().any(|it| super::is_harmful(it) && it != '\n'), "{json}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [text]);
    }
}
