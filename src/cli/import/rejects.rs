//! The reject file: rejected rows as they stood, with line and reason, in the form of the file they came from, so that
//! they can be mended in place and imported again.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::PathBuf,
};

use csv::ByteRecord;
use serde_json::{Map, Value};

use super::{
    super::Failure,
    fields::{Column, REJECT_COLUMNS, column},
    source::{Header, Item, Original},
    writing,
};

/// The reject file. It comes into being with its first row.
pub(super) struct Rejects {
    path: PathBuf,
    header: Header,
    file: Option<io::BufWriter<File>>,
    bytes: u64,
}

impl Rejects {
    /// The file, cut to the length it is known to be good to; a leftover of another import goes.
    pub(super) fn new(path: PathBuf, header: Header, bytes: u64) -> Result<Self, Failure> {
        let mut rejects = Self { path, header, file: None, bytes };
        if bytes > 0 {
            let mut file = rejects.open()?;
            if file.metadata().map_err(writing(&rejects.path))?.len() < bytes {
                return Err(Failure::Usage(format!(
                    "{} is gone or shorter than the import left it: put it back, or remove the state file to start again",
                    rejects.path.display()
                )));
            }
            let cut = file.set_len(bytes).and_then(|()| file.seek(SeekFrom::End(0)));
            cut.map_err(writing(&rejects.path))?;
            rejects.file = Some(io::BufWriter::new(file));
        } else if let Err(error) = fs::remove_file(&rejects.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(writing(&rejects.path)(error));
        }
        Ok(rejects)
    }

    /// Adds a row.
    pub(super) fn add(&mut self, item: &Item, reason: &str) -> Result<(), Failure> {
        let mut text = Vec::new();
        if self.bytes == 0
            && let Header::Record(header) = &self.header
        {
            text = record(REJECT_COLUMNS.map(str::as_bytes), header, header);
        }
        match (&item.original, &self.header) {
            (Original::Record(row), Header::Record(header)) => {
                let line = item.line.to_string();
                text.extend(record([line.as_bytes(), reason.as_bytes()], row, header));
            }
            (Original::Record(row), Header::Lines) => {
                text.extend(record([b"", reason.as_bytes()], row, &ByteRecord::new()));
            }
            (Original::Line(row), _) => text.extend(object(item.line, reason, row)),
        }
        if self.file.is_none() {
            self.file = Some(io::BufWriter::new(self.open()?));
        }
        if let Some(file) = &mut self.file {
            file.write_all(&text).map_err(writing(&self.path))?;
        }
        self.bytes += u64::try_from(text.len()).unwrap_or_default();
        Ok(())
    }

    /// Brings every row to the disk, and tells how long the file is.
    pub(super) fn sync(&mut self) -> Result<u64, Failure> {
        if let Some(file) = &mut self.file {
            file.flush().and_then(|()| file.get_ref().sync_data()).map_err(writing(&self.path))?;
        }
        Ok(self.bytes)
    }

    /// The rows are people's data: for their owner only.
    fn open(&self) -> Result<File, Failure> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.path).map_err(writing(&self.path))
    }
}

/// A CSV record: line and reason, then the row without those it had from an earlier reject file.
fn record(first: [&[u8]; 2], row: &ByteRecord, header: &ByteRecord) -> Vec<u8> {
    let mut out = ByteRecord::from(first.to_vec());
    for (place, value) in row.iter().enumerate() {
        let name = header.get(place).map(String::from_utf8_lossy);
        if name.is_none_or(|name| column(&name) != Column::Reject) {
            out.push_field(value);
        }
    }
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    // A vector takes everything.
    let _ = writer.write_byte_record(&out);
    writer.into_inner().unwrap_or_default()
}

/// A line of JSON: line and reason among the row's own members, or beside it when it is no object.
fn object(line: u64, reason: &str, row: &[u8]) -> Vec<u8> {
    let mut object: Map<String, Value> = serde_json::from_slice(row).unwrap_or_else(|_| {
        let text = String::from_utf8_lossy(row).into_owned();
        Map::from_iter([("reject_original".to_owned(), Value::String(text))])
    });
    object.insert("reject_line".to_owned(), line.into());
    object.insert("reject_reason".to_owned(), reason.into());
    format!("{}\n", Value::Object(object)).into_bytes()
}
