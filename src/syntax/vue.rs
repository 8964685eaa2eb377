//! Single-file components: everything but the content of the script blocks becomes spaces, so that offsets stay.

/// The text of a `.vue` file with only its scripts left. Line ends stay too.
pub(super) fn scripts(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    while let Some((start, end)) = next_script(text, at) {
        blank(&mut kept, &text[at..start]);
        kept.push_str(&text[start..end]);
        at = end;
    }
    blank(&mut kept, &text[at..]);
    kept
}

/// Spaces for every byte but line ends.
fn blank(kept: &mut String, text: &str) {
    kept.extend(text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { char::from(byte) } else { ' ' }));
}

/// The content of the next script block at the top level of the file.
fn next_script(text: &str, from: usize) -> Option<(usize, usize)> {
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
            return Some((start, end));
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
