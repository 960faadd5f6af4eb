use proptest::prelude::*;

use super::*;

const IDS: CsvColumns = CsvColumns {
    value: "user_id",
    failure: Some("error"),
    max_lines: 50,
};

#[track_caller]
fn read(text: &str) -> CsvColumn {
    IDS.read(text, Language::En).unwrap()
}

/// The lines by their numbers.
#[track_caller]
fn numbered(text: &str) -> Vec<(usize, Result<String, CsvLineError>)> {
    let lines = read(text).lines.into_iter();
    lines.map(|line| (line.number, line.value)).collect()
}

fn code(text: &str) -> Code {
    IDS.read(text, Language::En).unwrap_err().code()
}

fn value(text: &str) -> Result<String, CsvLineError> {
    Ok(text.to_owned())
}

#[test]
fn header_names_the_column_and_is_optional() {
    for text in [
        "a\nb",
        "user_id\na\nb\n",
        " USER_ID \na\nb",
        "\"user_id\"\r\"a\"\rb",
        "name,user_id\nAnna,a\n\"Petrova, Zoya\",b,more",
        "user_id;name\r\na;Anna, or Zoya\r\nb",
        "\"Name, in full\";user_id\nx;a\n;b",
        "user_id,user_id\na,x\nb,y",
    ] {
        let values: Vec<_> = numbered(text).into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, [value("a"), value("b")], "{text:?}");
    }
}

#[test]
fn lines_are_numbered_as_in_an_editor() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["", "user_id;", "", "a;", " ", ";;", "b", "\t", "\"c\""].join(end);
        assert_eq!(
            numbered(&text),
            [(4, value("a")), (7, value("b")), (9, value("c"))],
            "{text:?}"
        );
    }
}

#[test]
fn open_quote_spoils_only_its_line() {
    let text = "user_id,name\na,\"Anna\nb,\"Zoya \"\"Z\"\" P\"\n\"c\nd,5\" tall";
    let open = Err(CsvLineError::OpenQuote);
    let expected = [
        (2, open.clone()),
        (3, value("b")),
        (4, open),
        (5, value("d")),
    ];
    assert_eq!(numbered(text), expected);
}

#[test]
fn lines_without_a_value_or_with_several_are_errors() {
    let missing = Err(CsvLineError::Missing);
    assert_eq!(
        numbered("name,user_id\nAnna,\nZoya\nx,a"),
        [(2, missing.clone()), (3, missing), (4, value("a"))]
    );
    let several = Err(CsvLineError::SeveralValues);
    assert_eq!(
        numbered("a\nb,c\nd,,\n,e"),
        [
            (1, value("a")),
            (2, several),
            (3, value("d")),
            (4, Err(CsvLineError::Missing))
        ]
    );
}

#[test]
fn known_failures_are_skipped() {
    let column = read("user_id,line,error\na,1,\n,2,no_account\nb,3,\n,4,\n");
    assert_eq!(column.skipped, 1);
    let numbers: Vec<_> = column.lines.iter().map(|line| line.number).collect();
    assert_eq!(numbers, [2, 4, 5]);
    assert_eq!(column.lines[2].value, Err(CsvLineError::Missing));
}

#[test]
fn columns_without_names_empty_and_long_files_are_refused() {
    assert_eq!(code("a,b\nc,d"), Code::CsvInvalid);
    for empty in ["", "\n\r\n", " ;\n", "user_id", "user_id,error\n,x"] {
        assert_eq!(code(empty), Code::CsvEmpty, "{empty:?}");
    }
    let lines = |count: usize| "a\n\n".repeat(count);
    assert_eq!(read(&lines(50)).lines.len(), 50);
    assert_eq!(code(&lines(51)), Code::CsvTooLong);
}

/// How a file may be written.
#[derive(Debug, Clone)]
struct Style {
    separator: char,
    end: &'static str,
    header: bool,
    /// Other columns, which need a header.
    others: bool,
    last_end: bool,
}

fn styles() -> impl Strategy<Value = Style> {
    let ends = prop_oneof![Just("\n"), Just("\r\n"), Just("\r")];
    let separators = prop_oneof![Just(','), Just(';')];
    (separators, ends, any::<[bool; 3]>()).prop_map(
        |(separator, end, [header, others, last_end])| Style {
            separator,
            end,
            header,
            others: header && others,
            last_end,
        },
    )
}

/// A value, and how it is written: with quotes, with white space around it, after so many empty lines.
fn entries() -> impl Strategy<Value = Vec<(String, bool, bool, usize)>> {
    let entry = (
        "[a-z0-9@.-]{1,40}",
        any::<bool>(),
        any::<bool>(),
        0..3_usize,
    );
    prop::collection::vec(entry, 1..50)
}

proptest! {
    #[test]
    fn same_values_come_out_however_the_file_is_written(style in styles(), entries in entries()) {
        let other = format!("\"a{0} \"\"b\"\"\"", style.separator);
        let row = |value: &str| match style.others {
            true => format!("{other}{0}{value}{0}{other}", style.separator),
            false => value.to_owned(),
        };
        let mut lines = vec![];
        if style.header {
            lines.push(row("user_id"));
        }
        let mut numbers = vec![];
        for (text, quoted, spaced, empty) in &entries {
            lines.extend((0..*empty).map(|_| String::new()));
            let padded = if *spaced { format!(" {text}\t") } else { text.clone() };
            lines.push(row(&if *quoted { format!("\"{padded}\"") } else { padded }));
            numbers.push(lines.len());
        }
        let mut text = lines.join(style.end);
        if style.last_end {
            text += style.end;
        }
        let expected: Vec<_> = numbers
            .into_iter()
            .zip(entries.iter().map(|(text, ..)| Ok(text.clone())))
            .collect();
        // A first value that is the name of the column would be taken for it.
        prop_assume!(style.header || entries[0].0 != "user_id");
        prop_assert_eq!(numbered(&text), expected);
    }

    #[test]
    fn reading_never_panics(text in "[\\PC\r\n\",;]{0,200}") {
        let lines = text.split("\r\n").flat_map(|part| part.split(['\r', '\n'])).count();
        if let Ok(column) = IDS.read(&text, Language::Ru) {
            prop_assert!(column.lines.len() <= lines);
            prop_assert!(column.lines.iter().all(|line| line.number <= lines));
        }
    }
}
