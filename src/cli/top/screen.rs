//! The terminal, taken and given back.

use std::io::{self, Write};

use crossterm::{
    cursor::Show,
    execute,
    terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};
use ratatui::{Frame, Terminal, backend::CrosstermBackend};

/// A terminal that is drawn on. However it ends, by an error too, what was there before is there again.
pub(super) struct Screen<W: Write>(Terminal<CrosstermBackend<W>>);

impl<W: Write> Screen<W> {
    pub(super) fn open(mut out: W) -> io::Result<Self> {
        enable_raw_mode()?;
        let entered = execute!(out, EnterAlternateScreen);
        let opened = entered.and_then(|()| Terminal::new(CrosstermBackend::new(out)));
        Ok(Self(opened.inspect_err(|_| drop(disable_raw_mode()))?))
    }

    pub(super) fn draw(&mut self, frame: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.0.draw(frame).map(drop)
    }
}

impl<W: Write> Drop for Screen<W> {
    fn drop(&mut self) {
        // Each as far as it goes: a terminal that is gone needs neither.
        let _ = disable_raw_mode();
        let _ = execute!(self.0.backend_mut(), LeaveAlternateScreen, Show);
    }
}
