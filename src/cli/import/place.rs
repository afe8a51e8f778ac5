//! Where in a file the next record of CSV begins, in bytes and in lines.
//!
//! The CSV reader stops before the line feed of a CRLF and before empty lines, and counts lines from there: the line it
//! tells of a record is not the one an editor shows. So the lines are counted here, in a reading of its own.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use serde::{Deserialize, Serialize};

/// A place in a file, between two rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// Bytes before it.
    pub(super) byte: u64,
    /// The line it is on, from 1.
    pub(super) line: u64,
}

impl Mark {
    /// Where a file begins.
    pub(super) const START: Self = Self { byte: 0, line: 1 };

    fn pass(&mut self, bytes: &[u8]) {
        self.byte += u64::try_from(bytes.len()).unwrap_or_default();
        self.line += u64::try_from(bytes.iter().filter(|b| **b == b'\n').count()).unwrap_or_default();
    }
}

/// Follows a CSV reader through its file.
pub(super) struct Place {
    reader: BufReader<File>,
    mark: Mark,
}

impl Place {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { reader: BufReader::new(File::open(path)?), mark: Mark::START })
    }

    /// Where the next record begins.
    pub(super) const fn mark(&self) -> Mark {
        self.mark
    }

    /// Goes to where the CSV reader stopped, and on to the record that follows. Where it reads ahead of the reader, over
    /// line ends, it stays ahead.
    pub(super) fn advance(&mut self, byte: u64) -> io::Result<()> {
        let mut between = (&mut self.reader).take(byte.saturating_sub(self.mark.byte));
        loop {
            let part = between.fill_buf()?;
            if part.is_empty() {
                break;
            }
            self.mark.pass(part);
            let length = part.len();
            between.consume(length);
        }
        loop {
            let part = self.reader.fill_buf()?;
            let ends = part.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
            let Some(ends) = part.get(..ends).filter(|ends| !ends.is_empty()) else { return Ok(()) };
            self.mark.pass(ends);
            let length = ends.len();
            self.reader.consume(length);
        }
    }

    /// Goes to a place that was a mark before.
    pub(super) fn seek(&mut self, to: Mark) -> io::Result<()> {
        self.mark = to;
        self.reader.seek(SeekFrom::Start(to.byte)).map(|_| ())
    }
}
