//! One column of a CSV file (RFC 4180, and what spreadsheets make of it).

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::{Code, FieldAdvice, Language, LineErrors, Problem};

/// The column of a CSV file in which people are named, one on a line. Columns are separated by `,` or `;`: what comes first
/// in the file. A first line with the name of the column is optional if there is only one. Empty lines are ignored.
#[derive(Debug)]
pub struct CsvColumn {
    /// The lines that are not empty, in their order.
    pub lines: Vec<CsvLine>,
    /// How many lines have no value, but a failure that is known already.
    pub skipped: usize,
}

/// A line of a CSV file.
#[derive(Debug, PartialEq, Eq)]
pub struct CsvLine {
    /// Its number; the first one is 1.
    pub number: usize,
    /// The value in the column, without white space around it.
    pub value: Result<String, CsvLineError>,
}

/// Why a line of a CSV file has no value. Never quotes the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CsvLineError {
    /// The line goes on in the next one.
    #[error("close the quotes within the line")]
    OpenQuote,
    /// The column is empty.
    #[error("enter a value: this line has none in the column")]
    Missing,
    /// Several values, none of them named.
    #[error("name the columns in the first line, or keep one value in each line")]
    SeveralValues,
}

impl FieldAdvice for CsvLineError {
    fn russian(&self) -> &'static str {
        match self {
            CsvLineError::OpenQuote => "закройте кавычки в этой же строке",
            CsvLineError::Missing => "укажите значение: в этой строке столбец пуст",
            CsvLineError::SeveralValues => {
                "назовите столбцы в первой строке или оставьте в каждой строке одно значение"
            }
        }
    }
}

/// Which columns are read.
#[derive(Debug, Clone, Copy)]
pub struct CsvColumns {
    /// The column with the values.
    pub value: &'static str,
    /// The column that says why a line has no value, if there may be one: such lines are skipped.
    pub failure: Option<&'static str>,
    /// The most lines with values.
    pub max_lines: usize,
}

/// Where the columns are in a line.
struct Places {
    value: usize,
    failure: Option<usize>,
    /// Whether other columns are known to be others.
    are_named: bool,
}

impl CsvColumns {
    /// Reads the columns. What is wrong with single lines is in the lines.
    ///
    /// # Errors
    /// `csv_too_long`, `csv_empty`, and `csv_invalid` if the column can't be told from others.
    pub fn read(self, text: &str, language: Language) -> Result<CsvColumn, Problem> {
        let mut column = CsvColumn {
            lines: vec![],
            skipped: 0,
        };
        let mut fields = Fields::new(separator(text));
        let mut places = None;
        for (number, line) in (1..).zip(lines(text)) {
            let values = match fields.read(line) {
                Ok(values) if values.iter().all(String::is_empty) => continue,
                Ok(values) => values,
                Err(error) => {
                    column.push(number, Err(error), self.max_lines)?;
                    continue;
                }
            };
            let places = match &places {
                Some(places) => places,
                None => match self.places(values) {
                    Some(named) => {
                        places = Some(named);
                        continue;
                    }
                    None if values.iter().filter(|value| !value.is_empty()).count() > 1 => {
                        let mut errors = LineErrors::new(language);
                        errors.refuse(number, &CsvLineError::SeveralValues);
                        return Err(errors.into_problem());
                    }
                    None => places.insert(Places {
                        value: 0,
                        failure: None,
                        are_named: false,
                    }),
                },
            };
            match places.value(values) {
                None => column.skipped += 1,
                Some(value) => column.push(number, value, self.max_lines)?,
            }
        }
        match column.lines.is_empty() {
            true => Err(Problem::new(Code::CsvEmpty)),
            false => Ok(column),
        }
    }

    /// Where the columns are, if this is the line with their names.
    fn places(self, names: &[String]) -> Option<Places> {
        let place = |name: &str| names.iter().position(|n| n.eq_ignore_ascii_case(name));
        Some(Places {
            value: place(self.value)?,
            failure: self.failure.and_then(place),
            are_named: true,
        })
    }
}

impl CsvColumn {
    fn push(
        &mut self,
        number: usize,
        value: Result<String, CsvLineError>,
        max_lines: usize,
    ) -> Result<(), Problem> {
        if self.lines.len() == max_lines {
            return Err(Problem::new(Code::CsvTooLong).with("limit", max_lines));
        }
        self.lines.push(CsvLine { number, value });
        Ok(())
    }
}

impl Places {
    /// The value in a line; `None` if the line says why it has none.
    fn value(&self, values: &[String]) -> Option<Result<String, CsvLineError>> {
        let at = |place: usize| values.get(place).filter(|value| !value.is_empty());
        let is_alone = || values.iter().filter(|value| !value.is_empty()).count() == 1;
        match at(self.value) {
            None if self.failure.is_some_and(|place| at(place).is_some()) => None,
            None => Some(Err(CsvLineError::Missing)),
            Some(_) if !self.are_named && !is_alone() => Some(Err(CsvLineError::SeveralValues)),
            Some(value) => Some(Ok(value.clone())),
        }
    }
}

/// Reads the fields of single lines. A quoted value may not go over several lines, although RFC 4180 has that: otherwise
/// one stray quote would swallow the lines up to the next one, and nobody would notice that these are missing.
struct Fields {
    reader: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
    values: Vec<String>,
}

impl Fields {
    fn new(separator: u8) -> Fields {
        Fields {
            reader: ReaderBuilder::new().delimiter(separator).build(),
            text: vec![],
            ends: vec![],
            values: vec![],
        }
    }

    /// The values in a line, without white space around them.
    fn read(&mut self, line: &str) -> Result<&[String], CsvLineError> {
        self.values.clear();
        if line.trim().is_empty() {
            return Ok(&self.values);
        }
        // No field is longer than the line, and none shorter than its separator.
        self.text.resize(self.text.len().max(line.len() + 1), 0);
        self.ends.resize(self.ends.len().max(line.len() + 2), 0);
        self.reader.reset();
        let (_, _, written, ended) =
            self.reader
                .read_record(line.as_bytes(), &mut self.text, &mut self.ends);
        let (result, _, _, more) =
            self.reader
                .read_record(b"\n", &mut self.text[written..], &mut self.ends[ended..]);
        if result != ReadRecordResult::Record {
            return Err(CsvLineError::OpenQuote);
        }
        let mut start = 0;
        for end in &self.ends[..ended + more] {
            // A part of a valid text between ASCII characters.
            let value = std::str::from_utf8(&self.text[start..*end]).unwrap_or_default();
            self.values.push(value.trim().to_owned());
            start = *end;
        }
        Ok(&self.values)
    }
}

/// What separates the columns: the first `,` or `;` outside of quotes.
fn separator(text: &str) -> u8 {
    let mut quoted = false;
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b',' | b';' if !quoted => return byte,
            b'\n' | b'\r' => quoted = false,
            _ => {}
        }
    }
    b','
}

/// The lines of a text, which end with CRLF, LF or CR.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\r', '\n']) else {
            rest = None;
            return Some(text);
        };
        let (line, after) = text.split_at(end);
        rest = after.strip_prefix("\r\n").or_else(|| after.get(1..));
        Some(line)
    })
}

#[cfg(test)]
mod tests;
