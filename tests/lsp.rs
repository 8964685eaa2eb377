//! The language server as a process: what is typed is analysed before it is saved.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::support::{modleak, write_project};

const LEAK: &str = "const seen = [];\nsetInterval(() => seen.push(Date.now()), 10);\n";
const CLEAN: &str = "setInterval(() => 1, 10);\n";

struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Server {
    fn start() -> Self {
        let mut command = modleak();
        command.arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the program starts");
        let input = child.stdin.take().expect("there is a pipe");
        let output = BufReader::new(child.stdout.take().expect("there is a pipe"));
        Self { child, input, output }
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("the server listens");
        self.input.flush().expect("the server listens");
    }

    fn next(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).expect("the server talks") > 0, "the server has gone");
            match line.trim().split_once(": ") {
                Some(("Content-Length", value)) => length = value.parse().expect("a length is a number"),
                _ if line.trim().is_empty() => break,
                _ => {}
            }
        }
        let mut bytes = vec![0; length];
        self.output.read_exact(&mut bytes).expect("the message is whole");
        serde_json::from_slice(&bytes).expect("a message is JSON")
    }

    /// The rules that are shown next for a file.
    fn shown(&mut self, uri: &str) -> Vec<String> {
        loop {
            let message = self.next();
            if message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri {
                let diagnostics = message["params"]["diagnostics"].as_array().cloned().unwrap_or_default();
                return diagnostics.iter().map(|it| it["code"].as_str().unwrap_or_default().to_owned()).collect();
            }
        }
    }

    fn greet(&mut self, folder: &Path) -> Value {
        let params = json!({"workspaceFolders": [{"uri": uri(folder), "name": "it"}], "capabilities": {}});
        self.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}));
        let greeting = self.next();
        self.send(&json!({"jsonrpc": "2.0", "method": "initialized", "params": {}}));
        greeting
    }

    fn leave(mut self) -> Option<i32> {
        self.send(&json!({"jsonrpc": "2.0", "id": 2, "method": "shutdown"}));
        while self.next()["id"] != 2 {}
        self.send(&json!({"jsonrpc": "2.0", "method": "exit"}));
        self.child.wait().expect("the server ends").code()
    }
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

#[test]
fn what_is_typed_is_analysed_and_what_is_gone_is_taken_away() {
    let folder = tempfile::tempdir().expect("there is room for a project");
    let root = folder.path().canonicalize().expect("it is there");
    write_project(&root, [("package.json", "{ \"private\": true }\n"), ("app.js", CLEAN)]);
    let app = uri(&root.join("app.js"));
    let mut server = Server::start();
    assert!(server.greet(&root)["result"]["capabilities"].is_object());
    let document = json!({"uri": app, "languageId": "javascript", "version": 1, "text": LEAK});
    server.send(&json!({"method": "textDocument/didOpen", "params": {"textDocument": document}}));
    assert_eq!(server.shown(&app), ["unbounded-growth"]);
    let change = json!({"textDocument": {"uri": app, "version": 2}, "contentChanges": [{"text": CLEAN}]});
    server.send(&json!({"method": "textDocument/didChange", "params": change}));
    server.send(&json!({"method": "textDocument/didSave", "params": {"textDocument": {"uri": app}}}));
    assert!(server.shown(&app).is_empty());
    assert_eq!(server.leave(), Some(0));
}

#[test]
fn what_is_no_message_does_not_end_the_server() {
    let folder = tempfile::tempdir().expect("there is room for a project");
    let mut server = Server::start();
    server.greet(folder.path());
    write!(server.input, "Content-Length: 2\r\n\r\n{{]Content-Length: x\r\n\r\nGET / HTTP/1.1\r\n\r\n")
        .expect("it listens");
    assert_eq!(server.leave(), Some(0));
}
