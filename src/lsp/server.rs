//! The conversation: documents come and go, and when there is a pause the project is analysed anew.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use lsp_server::{ErrorCode, Message, Notification, Request, Response};
use lsp_types::{Diagnostic, PublishDiagnosticsParams, Uri};
use serde_json::{Value, json};

use super::convert::{SOURCE, diagnostic, incomplete, path_of, uri_of};
use super::framing::Frame;
use super::{Buffer, Check, Checked};

/// So long nothing must come before the project is analysed: clients send several messages in a row.
const PAUSE: Duration = Duration::from_millis(150);

/// While somebody types, only projects are analysed that take no longer than this; others wait for a save.
const QUICK: Duration = Duration::from_millis(700);

/// What an editor has open.
struct Document {
    text: String,
    version: Option<i32>,
}

/// Whether the server has been greeted, and whether it was told to go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    Running,
    ShutDown,
}

/// Whether the conversation goes on.
enum Next {
    Message,
    End,
}

pub(super) struct Server<'a> {
    check: &'a Check<'a>,
    output: &'a mut dyn Write,
    phase: Phase,
    folders: BTreeSet<PathBuf>,
    documents: BTreeMap<PathBuf, Document>,
    /// What was last shown of each file, by the folder that was analysed.
    shown: BTreeMap<PathBuf, BTreeMap<PathBuf, Vec<Diagnostic>>>,
    /// What the user was last told of a folder, so as not to say it again.
    told: BTreeMap<PathBuf, String>,
    is_stale: bool,
    took: Duration,
}

impl<'a> Server<'a> {
    pub(super) fn new(check: &'a Check<'a>, output: &'a mut dyn Write) -> Self {
        Self {
            check,
            output,
            phase: Phase::Waiting,
            folders: BTreeSet::new(),
            documents: BTreeMap::new(),
            shown: BTreeMap::new(),
            told: BTreeMap::new(),
            is_stale: false,
            took: Duration::ZERO,
        }
    }

    pub(super) fn run(mut self, received: &Receiver<Frame>) -> io::Result<()> {
        loop {
            let next = if self.is_stale {
                received.recv_timeout(PAUSE)
            } else {
                received.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match next {
                Ok(Frame::Message(message)) => {
                    if let Next::End = self.answer(message)? {
                        return Ok(());
                    }
                }
                Ok(Frame::Malformed) => {
                    let error = json!({"code": ErrorCode::ParseError as i32, "message": "this is no message"});
                    self.send(&json!({"id": null, "error": error}))?;
                }
                Err(RecvTimeoutError::Timeout) => self.analyse()?,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    fn send(&mut self, message: &Value) -> io::Result<()> {
        let mut message = message.clone();
        message["jsonrpc"] = json!("2.0");
        let text = message.to_string();
        write!(self.output, "Content-Length: {}\r\n\r\n{text}", text.len())?;
        self.output.flush()
    }

    fn respond(&mut self, response: &Response) -> io::Result<()> {
        self.send(&serde_json::to_value(response)?)
    }

    fn notify(&mut self, method: &str, params: &Value) -> io::Result<()> {
        self.send(&json!({"method": method, "params": params}))
    }

    fn answer(&mut self, message: Message) -> io::Result<Next> {
        match message {
            Message::Request(request) => self.request(request)?,
            Message::Notification(it) if it.method == "exit" => return Ok(Next::End),
            Message::Notification(it) if self.phase == Phase::Running => self.notification(&it),
            // Nothing is asked of the client, so that no answer matters.
            Message::Notification(_) | Message::Response(_) => {}
        }
        Ok(Next::Message)
    }

    fn request(&mut self, request: Request) -> io::Result<()> {
        let id = request.id;
        let response = match (self.phase, request.method.as_str()) {
            (Phase::Waiting, "initialize") => {
                self.folders = folders(&request.params);
                self.phase = Phase::Running;
                self.is_stale = !self.folders.is_empty();
                Response::new_ok(id, greeting())
            }
            (Phase::Waiting, _) => {
                Response::new_err(id, ErrorCode::ServerNotInitialized as i32, "`initialize` comes first".to_owned())
            }
            (Phase::Running, "shutdown") => {
                self.phase = Phase::ShutDown;
                self.is_stale = false;
                Response::new_ok(id, ())
            }
            (Phase::Running, "textDocument/codeAction") => Response::new_ok(id, self.actions(&request.params)),
            (Phase::Running, _) => {
                Response::new_err(id, ErrorCode::MethodNotFound as i32, "there is no such method".to_owned())
            }
            (Phase::ShutDown, _) => {
                Response::new_err(id, ErrorCode::InvalidRequest as i32, "the server is shut down".to_owned())
            }
        };
        self.respond(&response)
    }

    /// What has no place where it is looked for does nothing.
    fn notification(&mut self, it: &Notification) {
        let document = &it.params["textDocument"];
        let path = document["uri"].as_str().and_then(path_of);
        let version = document["version"].as_i64().and_then(|version| i32::try_from(version).ok());
        match (it.method.as_str(), path) {
            ("textDocument/didOpen", Some(path)) => {
                let Some(text) = document["text"].as_str() else { return };
                self.documents.insert(path, Document { text: text.to_owned(), version });
                self.is_stale = true;
            }
            ("textDocument/didChange", Some(path)) => {
                let changes = it.params["contentChanges"].as_array().map_or(&[][..], Vec::as_slice);
                // Whole texts, as was agreed on.
                let Some(text) = changes.last().and_then(|change| change["text"].as_str()) else { return };
                self.documents.insert(path, Document { text: text.to_owned(), version });
                self.is_stale |= self.took <= QUICK;
            }
            ("textDocument/didSave", Some(_)) => self.is_stale = true,
            ("textDocument/didClose", Some(path)) => {
                self.documents.remove(&path);
                self.is_stale = true;
            }
            ("workspace/didChangeWatchedFiles", _) => self.is_stale = true,
            ("workspace/didChangeWorkspaceFolders", _) => {
                for folder in listed(&it.params["event"]["removed"]) {
                    self.folders.remove(&folder);
                }
                self.folders.extend(listed(&it.params["event"]["added"]));
                self.is_stale = true;
            }
            _ => {}
        }
    }

    /// The folders of the workspace, and those of documents outside.
    fn analysed(&self) -> BTreeSet<PathBuf> {
        let mut folders = self.folders.clone();
        for document in self.documents.keys() {
            let is_inside = self.folders.iter().any(|folder| document.starts_with(folder));
            if let (false, Some(parent)) = (is_inside, document.parent()) {
                folders.insert(parent.to_path_buf());
            }
        }
        folders
    }

    fn analyse(&mut self) -> io::Result<()> {
        self.is_stale = false;
        let start = Instant::now();
        let buffers: Vec<Buffer> = self
            .documents
            .iter()
            .map(|(path, document)| Buffer { path: path.clone(), text: document.text.clone() })
            .collect();
        let folders = self.analysed();
        let gone: Vec<PathBuf> = self.shown.keys().filter(|it| !folders.contains(*it)).cloned().collect();
        for folder in gone {
            self.show(&folder, &BTreeMap::new())?;
            self.shown.remove(&folder);
        }
        for folder in folders {
            let outcome = catch_unwind(AssertUnwindSafe(|| (self.check)(&folder, &buffers)));
            match outcome.unwrap_or_else(|_| Err("an error of modleak itself".to_owned())) {
                Ok(checked) => {
                    self.told.remove(&folder);
                    self.show(&folder, &by_file(&checked))?;
                }
                Err(message) => self.tell(&folder, message)?,
            }
        }
        self.took = start.elapsed();
        Ok(())
    }

    /// Says why a folder could not be analysed. What is shown may be wrong by now, and is taken away.
    fn tell(&mut self, folder: &Path, message: String) -> io::Result<()> {
        self.show(folder, &BTreeMap::new())?;
        if self.told.get(folder) != Some(&message) {
            let text = crate::report::format::escape::plain(&message);
            self.notify("window/showMessage", &json!({"type": 1, "message": format!("modleak: {text}")}))?;
            self.told.insert(folder.to_path_buf(), message);
        }
        Ok(())
    }

    /// Shows what is new, and takes away what is no more.
    fn show(&mut self, folder: &Path, found: &BTreeMap<PathBuf, Vec<Diagnostic>>) -> io::Result<()> {
        let before = self.shown.insert(folder.to_path_buf(), found.clone()).unwrap_or_default();
        let files: BTreeSet<&PathBuf> = before.keys().chain(found.keys()).collect();
        let files: Vec<&PathBuf> = files.into_iter().filter(|file| before.get(*file) != found.get(*file)).collect();
        for file in files {
            let Some(uri) = uri_of(file) else { continue };
            let version = self.documents.get(file).and_then(|document| document.version);
            let diagnostics = found.get(file).cloned().unwrap_or_default();
            let params = PublishDiagnosticsParams { uri, diagnostics, version };
            self.notify("textDocument/publishDiagnostics", &serde_json::to_value(params)?)?;
        }
        Ok(())
    }

    /// For each finding that the cursor touches: the comment that hides it.
    fn actions(&self, params: &Value) -> Value {
        let uri = &params["textDocument"]["uri"];
        let Some(document) = uri.as_str().and_then(path_of).and_then(|path| self.documents.get(&path)) else {
            return json!([]);
        };
        let given = params["context"]["diagnostics"].as_array().map_or(&[][..], Vec::as_slice);
        let ours = given.iter().filter(|it| it["source"] == SOURCE && it["data"]["fingerprint"].is_string());
        let action = |it: &Value| {
            let rule = it["code"].as_str()?;
            let line = it["range"]["start"]["line"].as_u64()?;
            let text = document.text.lines().nth(usize::try_from(line).ok()?)?;
            let indent: String = text.chars().take_while(|it| matches!(it, ' ' | '\t')).collect();
            let comment = format!("{indent}// modleak-disable-next-line {rule} -- \n");
            let place = json!({"line": line, "character": 0});
            let edit = json!({"range": {"start": place, "end": place}, "newText": comment});
            Some(json!({
                "title": format!("Hide this {rule} with a comment"),
                "kind": "quickfix",
                "diagnostics": [it],
                "edit": {"changes": {uri.as_str()?: [edit]}},
            }))
        };
        Value::Array(ours.filter_map(action).collect())
    }
}

fn greeting() -> Value {
    json!({
        "capabilities": {
            "positionEncoding": "utf-16",
            "textDocumentSync": {"openClose": true, "change": 1, "save": true},
            "codeActionProvider": {"codeActionKinds": ["quickfix"]},
            "workspace": {"workspaceFolders": {"supported": true, "changeNotifications": true}},
        },
        "serverInfo": {"name": SOURCE, "version": env!("CARGO_PKG_VERSION")},
    })
}

/// The folders of a greeting, in the newer form or the older.
fn folders(params: &Value) -> BTreeSet<PathBuf> {
    let listed = listed(&params["workspaceFolders"]);
    if !listed.is_empty() {
        return listed;
    }
    params["rootUri"].as_str().and_then(path_of).into_iter().collect()
}

fn listed(folders: &Value) -> BTreeSet<PathBuf> {
    let folders = folders.as_array().map_or(&[][..], Vec::as_slice);
    folders.iter().filter_map(|it| it["uri"].as_str().and_then(path_of)).collect()
}

/// What an editor shows of a report, by file.
fn by_file(checked: &Checked) -> BTreeMap<PathBuf, Vec<Diagnostic>> {
    let Checked { folder, report } = checked;
    let mut files: BTreeMap<PathBuf, Vec<Diagnostic>> = BTreeMap::new();
    for it in &report.diagnostics {
        files.entry(folder.join(&it.place.file)).or_default().push(diagnostic(folder, it));
    }
    for it in report.incomplete.iter().filter(|it| !it.file.is_empty()) {
        files.entry(folder.join(&it.file)).or_default().push(incomplete(it));
    }
    files.retain(|file, _| uri_of(file).is_some_and(|uri: Uri| !uri.as_str().is_empty()));
    files
}
