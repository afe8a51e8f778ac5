//! Reads rows of a file, each with its line and with the place after it.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read as _, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use csv::ByteRecord;

use super::{
    super::Failure,
    fields::{Column, Fields, column},
    options::Format,
    place::{Mark, Place},
    reading,
};

/// One row.
#[derive(Debug)]
pub(super) struct Item {
    /// Counts the rows of this run, from 0.
    pub(super) number: u64,
    /// The line it begins on.
    pub(super) line: u64,
    /// The place after it.
    pub(super) next: Mark,
    /// As it stands in the file.
    pub(super) original: Original,
    /// By column; or what keeps it from being read.
    pub(super) fields: Result<Fields, String>,
}

/// A row as it stands in the file.
#[derive(Debug)]
pub(super) enum Original {
    /// The fields of a CSV record.
    Record(ByteRecord),
    /// A line of JSON.
    Line(Vec<u8>),
}

/// What a reject file begins with.
#[derive(Clone, Debug)]
pub(super) enum Header {
    /// The header of the CSV file.
    Record(ByteRecord),
    /// JSON Lines have none.
    Lines,
}

/// An open file.
pub(super) struct Source {
    path: PathBuf,
    rows: Rows,
    numbered: u64,
    ignored: Vec<String>,
}

enum Rows {
    Csv { reader: Box<csv::Reader<File>>, header: ByteRecord, columns: Vec<Column>, place: Place },
    Json { reader: BufReader<File>, mark: Mark, lenient: bool },
}

impl Source {
    /// Opens a file and reads its header. A column without a meaning is a mistake unless `lenient`: a mistyped
    /// `expires_at` would make opt-ins that never end.
    pub(super) fn open(path: &Path, format: Format, lenient: bool) -> Result<Self, Failure> {
        let file = File::open(path).map_err(reading(path))?;
        let mut ignored = Vec::new();
        let rows = match format {
            Format::Jsonl => Rows::Json { reader: BufReader::new(file), mark: Mark::START, lenient },
            Format::Csv => {
                let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
                let header = reader.byte_headers().map_err(|error| unreadable(path, error))?.clone();
                let names: Vec<String> =
                    header.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
                let columns: Vec<Column> = names.iter().map(|name| column(name)).collect();
                ignored = unknown(&names, &columns);
                if !ignored.is_empty() && !lenient {
                    return Err(Failure::Usage(format!(
                        "columns without a meaning here: {}; rename them, or give --ignore-unknown-columns",
                        ignored.join(", ")
                    )));
                }
                if !columns.contains(&Column::Known("recipient")) {
                    return Err(Failure::Usage("the header has no column `recipient`".to_owned()));
                }
                let mut place = Place::open(path).map_err(reading(path))?;
                place.advance(reader.position().byte()).map_err(reading(path))?;
                Rows::Csv { reader: Box::new(reader), header, columns, place }
            }
        };
        Ok(Self { path: path.to_owned(), rows, numbered: 0, ignored })
    }

    /// Columns that are left out.
    pub(super) fn ignored(&self) -> &[String] {
        &self.ignored
    }

    pub(super) fn header(&self) -> Header {
        match &self.rows {
            Rows::Csv { header, .. } => Header::Record(header.clone()),
            Rows::Json { .. } => Header::Lines,
        }
    }

    /// The place of the next row.
    pub(super) fn mark(&self) -> Mark {
        match &self.rows {
            Rows::Csv { place, .. } => place.mark(),
            Rows::Json { mark, .. } => *mark,
        }
    }

    /// Goes to a place that was a mark before.
    pub(super) fn seek(&mut self, to: Mark) -> Result<(), Failure> {
        match &mut self.rows {
            Rows::Csv { reader, place, .. } => {
                place.seek(to).map_err(reading(&self.path))?;
                let mut position = csv::Position::new();
                position.set_byte(to.byte).set_line(to.line);
                reader.seek(position).map_err(|error| unreadable(&self.path, error))
            }
            Rows::Json { reader, mark, .. } => {
                *mark = to;
                reader.seek(SeekFrom::Start(to.byte)).map(|_| ()).map_err(reading(&self.path))
            }
        }
    }

    /// The next row; nothing at the end.
    pub(super) fn next(&mut self) -> Result<Option<Item>, Failure> {
        let number = self.numbered;
        let item = match &mut self.rows {
            Rows::Csv { reader, columns, place, .. } => {
                let mut record = ByteRecord::new();
                if !reader.read_byte_record(&mut record).map_err(|error| unreadable(&self.path, error))? {
                    return Ok(None);
                }
                let from = place.mark();
                let line = from.line;
                place.advance(reader.position().byte()).map_err(reading(&self.path))?;
                let to = place.mark();
                let open = to.line > line + 1
                    && is_left_open(&self.path, from.byte, to.byte).map_err(reading(&self.path))?;
                let fields = match open {
                    true => Err(format!(
                        "a quote that is opened from line {line} on is not closed where its field ends; other rows are in this one"
                    )),
                    false => of_record(&record, columns),
                };
                Item { number, line, next: place.mark(), original: Original::Record(record), fields }
            }
            Rows::Json { reader, mark, lenient } => {
                let Some((line, text)) = next_line(reader, mark).map_err(reading(&self.path))? else {
                    return Ok(None);
                };
                let fields = of_json(&text, *lenient);
                Item { number, line, next: *mark, original: Original::Line(text), fields }
            }
        };
        self.numbered += 1;
        Ok(Some(item))
    }
}

/// True of a row of several lines whose quotes are not closed where a field ends: one that somebody forgot to close takes
/// whole rows with it, up to the next quote or the end of the file.
fn is_left_open(path: &Path, from: u64, to: u64) -> std::io::Result<bool> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let (mut quoted, mut begins, mut closed) = (false, true, false);
    for byte in BufReader::new(file.take(to.saturating_sub(from))).bytes() {
        let byte = byte?;
        if quoted {
            quoted = byte != b'"';
            closed = !quoted;
            continue;
        }
        let ends = matches!(byte, b',' | b'\n' | b'\r');
        // A second quote is one that stands in the text.
        quoted = byte == b'"' && (begins || closed);
        if closed && !quoted && !ends {
            return Ok(true);
        }
        (begins, closed) = (ends, false);
    }
    Ok(quoted)
}

fn unreadable(path: &Path, error: csv::Error) -> Failure {
    reading(path)(error.into())
}

fn unknown(names: &[String], columns: &[Column]) -> Vec<String> {
    let unknown = names.iter().zip(columns).filter(|(_, column)| **column == Column::Unknown);
    unknown.map(|(name, _)| format!("`{name}`")).collect()
}

fn of_record(record: &ByteRecord, columns: &[Column]) -> Result<Fields, String> {
    if record.len() != columns.len() {
        return Err(format!("has {} fields where the header has {}", record.len(), columns.len()));
    }
    let mut fields = Fields::default();
    for (value, column) in record.iter().zip(columns) {
        if let Column::Known(name) = column {
            let text = std::str::from_utf8(value).map_err(|_| format!("{name} is not UTF-8"))?;
            fields.put(name, text);
        }
    }
    Ok(fields)
}

/// The next line that has something on it, and the line's number.
fn next_line(reader: &mut BufReader<File>, mark: &mut Mark) -> std::io::Result<Option<(u64, Vec<u8>)>> {
    loop {
        let mut text = Vec::new();
        let read = reader.read_until(b'\n', &mut text)?;
        if read == 0 {
            return Ok(None);
        }
        let line = mark.line;
        mark.byte += u64::try_from(read).unwrap_or_default();
        mark.line += 1;
        if !text.trim_ascii().is_empty() {
            return Ok(Some((line, text.trim_ascii().to_vec())));
        }
    }
}

fn of_json(text: &[u8], lenient: bool) -> Result<Fields, String> {
    use serde_json::Value;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let object: serde_json::Map<String, Value> =
        serde_json::from_slice(text).map_err(|error| format!("is not a JSON object: {error}"))?;
    let mut fields = Fields::default();
    for (name, value) in &object {
        let known = match column(name) {
            Column::Known(known) => known,
            Column::Reject => continue,
            Column::Unknown if lenient => continue,
            Column::Unknown => return Err(format!("`{name}` has no meaning here")),
        };
        match value {
            Value::Null => {}
            Value::String(text) => fields.put(known, text),
            // A list is a scope; its items are separated as in a column.
            Value::Array(items) => {
                let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                fields.put(known, &items.join(";"));
            }
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => fields.put(known, &value.to_string()),
        }
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Line and recipient of every row from a mark on; and the marks on the way.
    fn rest(path: &Path, format: Format, from: Option<Mark>) -> (Vec<(u64, String)>, Vec<Mark>) {
        let mut source = Source::open(path, format, false).unwrap();
        if let Some(from) = from {
            source.seek(from).unwrap();
        }
        let (mut rows, mut marks) = (Vec::new(), vec![source.mark()]);
        while let Some(item) = source.next().unwrap() {
            rows.push((item.line, item.fields.unwrap().get("recipient").unwrap_or_default().to_owned()));
            marks.push(item.next);
            assert_eq!(item.next, source.mark());
        }
        (rows, marks)
    }

    #[test]
    fn reading_goes_on_from_every_mark_as_if_it_had_not_stopped() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("list");
        for (format, text, lines) in [
            (Format::Csv, "recipient,status\na,x\nb,y\n", vec![2, 3]),
            (Format::Csv, "recipient,status\r\na,x\r\n\r\n\"b\r\nb\",y\r\n\r\n\r\nc,z", vec![2, 4, 8]),
            (Format::Csv, "\u{feff}recipient,status\n\n\na,\"x\n\"\nb,\"\"\"\n\"\n\n", vec![4, 6]),
            (Format::Csv, "recipient,status\n", vec![]),
            (Format::Jsonl, "\u{feff}{\"recipient\":\"a\"}\r\n\n{\"recipient\":\"b\"}", vec![1, 3]),
        ] {
            fs::write(&path, text).unwrap();
            let (rows, marks) = rest(&path, format, None);
            assert_eq!(rows.iter().map(|(line, _)| *line).collect::<Vec<_>>(), lines, "{text:?}");
            for (done, mark) in marks.iter().enumerate() {
                assert_eq!(rest(&path, format, Some(*mark)).0, rows[done..], "{text:?} from {mark:?}");
            }
        }
    }
}
