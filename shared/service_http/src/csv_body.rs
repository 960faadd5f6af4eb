//! Bodies of CSV.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;

use crate::body_limit::{MAX_FILE, too_large};
use crate::media_type::{declared, parameter};
use crate::{Code, Problem};

/// The media type of CSV.
pub(crate) const CSV: &str = "text/csv";

/// A body of CSV: a text in UTF-8, without its byte order mark. [`crate::CsvColumn`] reads it.
#[derive(Debug)]
pub struct CsvBody(pub String);

impl CsvBody {
    /// Whether the body is declared as CSV, in whatever encoding.
    pub fn is_declared(headers: &HeaderMap) -> bool {
        declared(headers).eq_ignore_ascii_case(CSV)
    }
}

impl<S: Send + Sync> FromRequest<S> for CsvBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let headers = request.headers();
        let charset = parameter(headers, "charset").unwrap_or("utf-8");
        let is_utf8 = ["utf-8", "utf8", "us-ascii"]
            .iter()
            .any(|known| charset.eq_ignore_ascii_case(known));
        if !CsvBody::is_declared(headers) || !is_utf8 {
            let accepted = vec!["text/csv; charset=utf-8"];
            return Err(Problem::new(Code::UnsupportedMediaType).with("accepted", accepted));
        }
        let bytes =
            Bytes::from_request(request, state)
                .await
                .map_err(|rejection| match rejection.into_response().status() {
                    StatusCode::PAYLOAD_TOO_LARGE => too_large(MAX_FILE),
                    _ => Problem::new(Code::CsvNotUtf8),
                })?;
        text(&bytes).map(CsvBody)
    }
}

fn text(bytes: &[u8]) -> Result<String, Problem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let (valid, _) = bytes.split_at(error.valid_up_to());
        // Valid as far as it goes.
        let lines = crate::csv_column::lines(std::str::from_utf8(valid).unwrap_or_default());
        Problem::new(Code::CsvNotUtf8).with("line", lines.count().max(1))
    })?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_mark_is_dropped_and_other_encodings_are_refused() {
        assert_eq!(text(b"\xef\xbb\xbfuser_id\r\n").unwrap(), "user_id\r\n");
        for (bytes, line) in [
            (&b"\xff\xfeu\0s\0"[..], 1),
            (b"a\r\nb\r\n\xcf\xf0\r\n", 3),
            (b"a\nb\xcf", 2),
            (b"a\rb\r\xcf", 3),
        ] {
            let problem = text(bytes).unwrap_err();
            assert_eq!(problem.code(), Code::CsvNotUtf8);
            assert_eq!(problem.member("line"), Some(&line.into()), "{bytes:?}");
        }
    }
}
