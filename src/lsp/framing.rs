//! Messages and their headers on a stream of bytes. What is no message is skipped, and reading goes on behind it.

use std::io::{BufRead, Read};

use lsp_server::Message;

/// A longer message is skipped.
const LONGEST: u64 = 64 << 20;

/// A longer line is no header.
const LONGEST_HEADER: u64 = 4096;

/// What was read.
#[derive(Debug)]
pub(super) enum Frame {
    /// A message.
    Message(Message),
    /// Something that has a length and is none.
    Malformed,
}

/// The next message; none at the end of the input.
pub(super) fn read(input: &mut impl BufRead) -> Option<Frame> {
    let length = length(input)?;
    if length > LONGEST {
        let skipped = std::io::copy(&mut input.by_ref().take(length), &mut std::io::sink()).ok()?;
        return (skipped == length).then_some(Frame::Malformed);
    }
    let mut bytes = Vec::new();
    input.by_ref().take(length).read_to_end(&mut bytes).ok()?;
    if (bytes.len() as u64) < length {
        return None;
    }
    Some(serde_json::from_slice(&bytes).map_or(Frame::Malformed, Frame::Message))
}

/// Reads headers up to the empty line; lines that are no headers are skipped.
fn length(input: &mut impl BufRead) -> Option<u64> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if input.by_ref().take(LONGEST_HEADER).read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        match (line.split_once(':'), length) {
            (None, Some(length)) if line.is_empty() => return Some(length),
            (Some((name, value)), _) if name.trim().eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().ok();
            }
            _ => {}
        }
    }
}
