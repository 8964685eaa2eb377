//! The language server, a face: what an editor has open is laid over the disk, the whole project is analysed, and what
//! was found is shown where it is.
//!
//! One thread reads messages, one answers them. A message that can't be understood is answered and forgotten; nothing
//! that a client sends ends the server but `exit` and the end of its input.

mod convert;
mod framing;
mod server;
#[cfg(test)]
mod tests;

use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::thread;

use crate::report::Report;
use server::Server;

/// What an editor holds in place of a file's content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Buffer {
    /// The file, absolute.
    pub(crate) path: PathBuf,
    /// Its content.
    pub(crate) text: String,
}

/// A report, and the folder that its paths are relative to.
#[derive(Debug)]
pub(crate) struct Checked {
    /// Absolute.
    pub(crate) folder: PathBuf,
    /// What is reported.
    pub(crate) report: Report,
}

/// Analyses the project around a folder with these buffers, or says why it can't be done.
pub(crate) type Check<'a> = dyn Fn(&Path, &[Buffer]) -> Result<Checked, String> + 'a;

/// Answers a client until it ends the connection.
///
/// # Errors
/// If nothing can be written to the client, or no thread can be had to read from it.
pub(crate) fn serve(
    check: &Check<'_>,
    mut input: impl BufRead + Send + 'static,
    output: &mut dyn Write,
) -> io::Result<()> {
    let (frames, received) = channel();
    let read = move || {
        while let Some(frame) = framing::read(&mut input) {
            if frames.send(frame).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("reader".to_owned()).spawn(read)?;
    Server::new(check, output).run(&received)
}
