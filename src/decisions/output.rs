//! Where lines go: standard output, or a file that is put aside when it is long enough.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::{fd::AsFd as _, unix::fs::OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use super::Target;

/// Where lines go.
#[derive(Debug)]
pub(super) struct Output {
    to: Target,
    /// The file that is written to, and how long it is.
    open: Option<(File, u64)>,
}

impl Output {
    pub(super) const fn new(to: Target) -> Self {
        Self { to, open: None }
    }

    /// Finds out whether it can be written to.
    pub(super) fn prepare(&mut self) -> io::Result<()> {
        if self.open.is_none() {
            self.open = Some(match &self.to {
                // Past the lock of the process's own handle, which its main thread may hold for as long as it lives.
                Target::Stdout => (File::from(io::stdout().as_fd().try_clone_to_owned()?), 0),
                Target::File { path, .. } => open(path)?,
            });
        }
        Ok(())
    }

    /// Writes whole lines. When that fails none of them is in the file.
    pub(super) fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        let more = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        if let (Target::File { path, bytes_max, older_max }, Some((_, length))) = (&self.to, &self.open)
            && *length > 0
            && length.saturating_add(more) > *bytes_max
        {
            self.open = None;
            put_aside(path, *older_max)?;
        }
        self.prepare()?;
        let Some((file, length)) = &mut self.open else { return Ok(()) };
        if let Err(error) = file.write_all(lines) {
            // A full disk may have taken half of a line. Where that cannot be taken back, it is one bad line.
            let _ = file.set_len(*length);
            self.open = None;
            return Err(error);
        }
        *length += more;
        Ok(())
    }
}

/// Readable by its owner only: who was written to when is nobody else's business, pseudonym or not.
fn open(path: &Path) -> io::Result<(File, u64)> {
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

/// The file becomes `.1`, that becomes `.2`, and the oldest goes.
fn put_aside(path: &Path, older_max: u32) -> io::Result<()> {
    if older_max == 0 {
        return fs::remove_file(path);
    }
    for number in (1..older_max).rev() {
        match fs::rename(older(path, number), older(path, number + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    fs::rename(path, older(path, 1))
}

fn older(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}
