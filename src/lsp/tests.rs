//! The conversation, with an analyser of canned reports.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Buffer, Checked, framing, serve};
use crate::report::Report;
use crate::report::sample::{files, input};

fn frame(message: &Value) -> String {
    let text = message.to_string();
    format!("Content-Length: {}\r\n\r\n{text}", text.len())
}

#[allow(clippy::unnecessary_wraps, reason = "it stands for an analysis that can fail")]
fn sample(_: &Path, _: &[Buffer]) -> Result<Checked, String> {
    let files = files();
    Ok(Checked { folder: PathBuf::from("/w"), report: Report::build(input(&files)) })
}

fn converse(check: &super::Check<'_>, bytes: impl Into<Vec<u8>>) -> Vec<Value> {
    let mut output = Vec::new();
    serve(check, Cursor::new(bytes.into()), &mut output).unwrap();
    let mut said = Vec::new();
    let mut output = Cursor::new(output);
    while let Some(message) = framing::read(&mut output) {
        let framing::Frame::Message(message) = message else { continue };
        said.push(serde_json::to_value(&message).unwrap());
    }
    said
}

fn greet() -> String {
    frame(&json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"rootUri": "file:///w"}}))
}

fn leave() -> String {
    frame(&json!({"jsonrpc": "2.0", "id": 9, "method": "shutdown"})) + &frame(&json!({"method": "exit"}))
}

#[test]
fn a_greeting_is_answered() {
    let said = converse(&sample, greet() + &leave());
    assert_eq!(said[0]["result"]["capabilities"]["textDocumentSync"]["change"], 1);
    assert_eq!(said[1]["id"], 9);
}

#[test]
fn garbage_is_survived() {
    let garbage = "Content-Length: 3\r\n\r\n{x}Nonsense\r\nContent-Length: 2\r\n\r\n{}";
    let unknown = frame(&json!({"jsonrpc": "2.0", "id": 2, "method": "no/such"}));
    let odd = frame(&json!({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": [1]}));
    let said = converse(&sample, greet() + garbage + &odd + &unknown + &leave());
    let codes: Vec<&Value> = said.iter().map(|it| &it["error"]["code"]).collect();
    assert!(codes.contains(&&json!(-32601)), "{said:?}");
    assert_eq!(said.last().unwrap()["id"], 9);
}

#[test]
fn paths_and_addresses_are_each_others_inverse() {
    for path in ["/a b/ü#%.js", "/x/[id].ts"] {
        let uri = super::convert::uri_of(Path::new(path)).unwrap();
        assert!(uri.as_str().is_ascii());
        assert_eq!(super::convert::path_of(uri.as_str()), Some(PathBuf::from(path)));
    }
    assert_eq!(super::convert::path_of("untitled:x"), None);
    assert_eq!(super::convert::path_of("file:///%zz"), None);
}
