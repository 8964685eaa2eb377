//! The streams of a run: colours, width, progress, and panics that say one line.

use std::io::{self, BufWriter, IsTerminal, Read, Write};

use crate::base::finding::Severity;
use crate::cli::UserError;
use crate::cli::args::ColorChoice;
use crate::report::Infos;
use crate::report::format::paint::Paint;
use crate::report::format::{Colour, Style, escape};

/// The streams, and what is known of them.
pub struct Console<'a> {
    out: Box<dyn Write + 'a>,
    err: Box<dyn Write + 'a>,
    input: Box<dyn Read + 'a>,
    surroundings: Surroundings,
    colour_out: Colour,
    colour_err: Colour,
}

/// What a run's surroundings say about its output.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Surroundings {
    /// Whether standard output is a terminal.
    pub out: Stream,
    /// Whether standard error is a terminal.
    pub err: Stream,
    /// The terminal's width, where it is known.
    pub width: Option<usize>,
    /// `NO_COLOR` is set and not empty, or `FORCE_COLOR` is `0`.
    pub no_color: Switch,
    /// `FORCE_COLOR` is set and neither empty nor `0`.
    pub force_color: Switch,
    /// `GITHUB_ACTIONS` is `true`.
    pub github_actions: Switch,
}

/// Where a stream leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Stream {
    /// To a terminal that knows escape sequences.
    Terminal,
    /// To a file, a pipe, or a terminal that knows nothing.
    #[default]
    Plain,
}

/// Whether something is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Switch {
    /// It is.
    On,
    /// It isn't.
    #[default]
    Off,
}

/// Whether a variable's value switches off what the variable is for.
fn is_off(value: &str) -> bool {
    matches!(value, "0" | "false")
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> Self {
        let variable = |name: &str| std::env::var(name).unwrap_or_default();
        let switch = |on: bool| if on { Switch::On } else { Switch::Off };
        let is_dumb = variable("TERM") == "dumb";
        let stream = |terminal: bool| if terminal && !is_dumb { Stream::Terminal } else { Stream::Plain };
        let columns = variable("COLUMNS").parse().ok();
        let measured = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Self {
            out: stream(io::stdout().is_terminal()),
            err: stream(io::stderr().is_terminal()),
            width: columns.or_else(measured),
            no_color: switch(!variable("NO_COLOR").is_empty() || is_off(&variable("FORCE_COLOR"))),
            force_color: switch(!variable("FORCE_COLOR").is_empty() && !is_off(&variable("FORCE_COLOR"))),
            github_actions: switch(variable("GITHUB_ACTIONS") == "true"),
        }
    }

    fn colour(&self, choice: ColorChoice, stream: Stream) -> Colour {
        let wanted = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if self.no_color == Switch::On => false,
            ColorChoice::Auto => self.force_color == Switch::On || stream == Stream::Terminal,
        };
        if wanted { Colour::Ansi } else { Colour::None }
    }
}

impl<'a> Console<'a> {
    /// The process's streams.
    pub fn of_process() -> Self {
        // `anstream` makes escape sequences work on old Windows consoles; whether there are any is decided here.
        let out = BufWriter::with_capacity(1 << 16, anstream::AutoStream::always(io::stdout()));
        let err = anstream::AutoStream::always(io::stderr());
        Self::new(Box::new(out), Box::new(err), Box::new(io::stdin()), Surroundings::of_process())
    }

    /// These streams.
    pub fn new(
        out: Box<dyn Write + 'a>,
        err: Box<dyn Write + 'a>,
        input: Box<dyn Read + 'a>,
        surroundings: Surroundings,
    ) -> Self {
        let mut console = Self { out, err, input, surroundings, colour_out: Colour::None, colour_err: Colour::None };
        console.choose_colour(ColorChoice::Auto);
        console
    }

    pub(super) fn choose_colour(&mut self, choice: ColorChoice) {
        self.colour_out = self.surroundings.colour(choice, self.surroundings.out);
        self.colour_err = self.surroundings.colour(choice, self.surroundings.err);
    }

    /// How text on standard output is drawn.
    pub(super) fn style(&self, infos: Infos) -> Style {
        Style { colour: self.colour_out, width: self.width(), infos }
    }

    pub(super) fn width(&self) -> usize {
        self.surroundings.width.unwrap_or(100).clamp(40, 120)
    }

    pub(super) fn paint_out(&self) -> Paint {
        Paint::new(self.colour_out)
    }

    pub(super) fn paint_err(&self) -> Paint {
        Paint::new(self.colour_err)
    }

    /// Whether the report goes to the log of GitHub's build servers, read by a machine.
    pub(super) fn is_github_log(&self) -> bool {
        self.surroundings.github_actions == Switch::On && self.surroundings.out == Stream::Plain
    }

    /// Standard output.
    pub(super) fn out(&mut self) -> &mut dyn Write {
        &mut self.out
    }

    /// Standard input, to its end.
    pub(super) fn read_input(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.input.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Writes text to standard output.
    pub(super) fn print(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
    }

    /// Writes a line to standard error. If that is closed, there is nobody to tell.
    pub(super) fn note(&mut self, text: &str) {
        let _ = writeln!(self.err, "{text}");
    }

    /// Says what went wrong.
    pub(super) fn error(&mut self, error: &UserError) {
        let paint = self.paint_err();
        let place = error.place.as_ref().map(|it| format!("{}: ", escape::plain(it))).unwrap_or_default();
        let head = paint.severity(Severity::Error, "modleak:");
        self.note(&format!("{head} {place}{}", escape::plain(&error.message)));
        if let Some(help) = &error.help {
            self.note(&format!("  {} {}", paint.label("help:"), escape::plain(help)));
        }
    }

    pub(super) fn progress(&self) -> Progress {
        match self.surroundings.err {
            Stream::Terminal => Progress::Terminal,
            Stream::Plain => Progress::Hidden,
        }
    }

    /// What was written reaches its reader, or the reason why it doesn't.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Tells a person at a terminal what is going on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Progress {
    /// On the terminal's last line, which is wiped afterwards.
    Terminal,
    /// Nobody watches.
    #[default]
    Hidden,
}

impl Progress {
    /// Says which stage begins.
    pub fn stage(self, name: &str) {
        if self == Progress::Terminal {
            let _ = write!(io::stderr(), "\r\u{1b}[2K{} …", escape::plain(name));
        }
    }

    /// Wipes the line.
    pub fn end(self) {
        if self == Progress::Terminal {
            let _ = write!(io::stderr(), "\r\u{1b}[2K");
        }
    }
}

/// A panic says one line, and where to report it; it never prints a backtrace of ours to a user.
pub(super) fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let what = panic.payload_as_str().unwrap_or("no message");
        let place = panic.location().map(|it| format!(" ({}:{})", it.file(), it.line())).unwrap_or_default();
        let _ = writeln!(
            io::stderr(),
            "modleak: an error of modleak itself: {}{place}; please report it at {}/issues",
            escape::plain(what),
            env!("CARGO_PKG_REPOSITORY"),
        );
    }));
}
