//! An answer, and the checks that every answer has to pass.

use std::fmt;

use reqwest::header::HeaderMap;
use serde_json::Value;
use uuid::Uuid;

/// An answer of the service.
pub struct Answer {
    what: String,
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; `Null` if it is empty or not JSON.
    pub json: Value,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(what: String, status: u16, headers: HeaderMap, body: Vec<u8>) -> Answer {
        Answer {
            what,
            status,
            headers,
            json: serde_json::from_slice(&body).unwrap_or_default(),
            body,
        }
    }

    /// Checks that it is a success with this status, and returns its JSON.
    #[track_caller]
    pub fn success(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{self}");
        self.request_id();
        if self.body.is_empty() {
            assert!(matches!(status, 200 | 204), "an empty body: {self}");
        } else {
            assert_eq!(
                self.header("content-type"),
                Some("application/json"),
                "{self}"
            );
            assert!(!self.json.is_null(), "not JSON: {self}");
        }
        &self.json
    }

    /// Checks that it is a success with a CSV file, and returns the file.
    #[track_caller]
    pub fn csv(&self) -> &str {
        assert_eq!(self.status, 200, "{self}");
        let kind = self.header("content-type");
        assert_eq!(kind, Some("text/csv; charset=utf-8"), "{self}");
        self.body()
    }

    /// The body as a text.
    #[track_caller]
    pub fn body(&self) -> &str {
        match std::str::from_utf8(&self.body) {
            Ok(text) => text,
            Err(error) => panic!("{error}: {self}"),
        }
    }

    /// Checks that it is an RFC 9457 problem with this status and code, and correct in all parts that problems share.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> &Value {
        let json = &self.json;
        assert_eq!(
            (self.status, json["code"].as_str()),
            (status, Some(code)),
            "{self}"
        );
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{self}"
        );
        assert_eq!(json["status"], status, "{self}");
        assert_eq!(
            json["type"],
            format!("urn:problem-type:loyalty:{code}"),
            "{self}"
        );
        for text in ["title", "detail"] {
            let text = json[text].as_str().unwrap_or_default();
            assert!(!text.trim().is_empty(), "{self}");
        }
        assert_eq!(
            json["request_id"].as_str(),
            Some(self.request_id()),
            "{self}"
        );
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self}");
        assert!(
            matches!(self.header("content-language"), Some("en" | "ru")),
            "{self}"
        );
        let challenge = (status == 401).then_some("Bearer");
        assert_eq!(self.header("www-authenticate"), challenge, "{self}");
        if status == 405 {
            assert!(self.header("allow").is_some(), "{self}");
        }
        if status == 429 {
            let seconds = self.header("retry-after").and_then(|s| s.parse().ok());
            assert!(seconds.is_some_and(|seconds: u32| seconds > 0), "{self}");
        }
        json
    }

    /// Checks that it reports this field of the body as invalid.
    #[track_caller]
    pub fn invalid_field(&self, field: &str) {
        let json = self.problem(422, "validation_failed");
        let errors: Vec<&Value> = json["errors"].as_array().into_iter().flatten().collect();
        assert!(
            errors.iter().any(|e| e["field"] == field),
            "{field} is not reported: {self}"
        );
        for error in errors {
            let detail = error["detail"].as_str().unwrap_or_default();
            assert!(!detail.is_empty(), "{self}");
        }
    }

    /// Checks that the rules refused, for exactly these reasons in this order, and returns the decision's ID.
    #[track_caller]
    pub fn refused(&self, reasons: &[&str]) -> Uuid {
        let json = self.problem(422, reasons.first().copied().unwrap_or_default());
        let refusals: Vec<&Value> = json["reasons"].as_array().into_iter().flatten().collect();
        let codes: Vec<&str> = refusals.iter().filter_map(|r| r["code"].as_str()).collect();
        assert_eq!(codes, reasons, "{self}");
        for reason in refusals {
            let detail = reason["detail"].as_str().unwrap_or_default();
            assert!(!detail.is_empty(), "{self}");
            assert!(
                reason.get("observed").is_some() && reason.get("required").is_some(),
                "{self}"
            );
        }
        self.uuid("decision_id")
    }

    /// The UUID in a member of the body.
    #[track_caller]
    pub fn uuid(&self, member: &str) -> Uuid {
        let text = self.json[member].as_str();
        match text.and_then(|text| text.parse().ok()) {
            Some(uuid) => uuid,
            None => panic!("no UUID in `{member}`: {self}"),
        }
    }

    /// The text in a member of the body.
    #[track_caller]
    pub fn text(&self, member: &str) -> &str {
        match self.json[member].as_str() {
            Some(text) => text,
            None => panic!("no text in `{member}`: {self}"),
        }
    }

    /// The value of a header that must not occur more than once.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next().map(|value| value.to_str().unwrap());
        assert!(
            values.next().is_none(),
            "more than one header {name}: {self}"
        );
        first
    }

    /// The request's ID, which every answer has.
    #[track_caller]
    pub fn request_id(&self) -> &str {
        let id = self.header("x-request-id").unwrap_or_default();
        assert!(Uuid::parse_str(id).is_ok(), "no x-request-id: {self}");
        id
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        write!(
            f,
            "{}: {} {:?} {body}",
            self.what, self.status, self.headers
        )
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
