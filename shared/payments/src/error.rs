//! Errors of calls to the provider, by what the caller has to do.

use std::error::Error;
use std::fmt;

/// Why the outcome of a call is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uncertainty {
    /// No answer in time.
    Timeout,
    /// No connection could be made: nothing was sent this time (an earlier attempt may have arrived).
    Unreachable,
    /// The connection broke before the whole answer came.
    Broken,
    /// The provider is still at it (HTTP 202).
    Processing,
    /// The provider asks for fewer requests (HTTP 429): nothing was decided.
    Throttled,
    /// The provider failed (HTTP 5xx, this status), which it documents as "result unknown".
    ServerError(u16),
}

/// A call that gave no payment and no refund.
#[derive(Debug, thiserror::Error)]
pub enum PaymentError {
    /// It may or may not have happened. Ask again with the same idempotence key, or read the payment.
    #[error("the outcome at the payment provider is unknown: {cause}")]
    Unknown {
        /// What stood in the way.
        cause: Uncertainty,
        /// The transport's own error, if there is one; it holds neither the address nor credentials.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// The provider understood and refused: asking again gives the same.
    #[error("the payment provider refused the request ({code}): {description}")]
    Rejected {
        /// The provider's code, such as `invalid_request` or `not_found`.
        code: String,
        /// The provider's words, for logs and staff, not for buyers.
        description: String,
        /// The request's field it is about, when the provider names one.
        parameter: Option<String>,
    },
    /// The idempotence key stands for another request already. What that one did is not known here; it is when the
    /// payment is read, or when a notification names it.
    #[error("the idempotence key stands for another request at the payment provider")]
    KeyReused,
    /// The shop's ID or key is wrong or lacks the right (HTTP 401, 403), or the client cannot start.
    #[error("the payment provider does not accept our credentials or settings: {0}")]
    Misconfigured(String),
    /// The answer is not what the API promises; says which part. What happened there is not known either.
    #[error("the payment provider's answer is malformed: {0}")]
    Malformed(String),
}

impl PaymentError {
    /// True when the call, or an earlier one with its key, may have had its effect all the same: nothing may be released
    /// or repeated under another key before the payment has been read. False when the provider has decided.
    pub fn outcome_unknown(&self) -> bool {
        !matches!(self, PaymentError::Rejected { .. })
    }

    /// True when the provider knows no such payment or refund.
    pub fn is_not_found(&self) -> bool {
        matches!(self, PaymentError::Rejected { code, .. } if code == "not_found")
    }

    pub(crate) fn unknown(cause: Uncertainty) -> PaymentError {
        PaymentError::Unknown {
            cause,
            source: None,
        }
    }

    pub(crate) fn transport(error: reqwest::Error) -> PaymentError {
        let cause = if error.is_builder() {
            return PaymentError::Misconfigured("the request cannot be built".to_owned());
        } else if error.is_connect() {
            Uncertainty::Unreachable
        } else if error.is_timeout() {
            Uncertainty::Timeout
        } else {
            Uncertainty::Broken
        };
        PaymentError::Unknown {
            cause,
            source: Some(Box::new(error.without_url())),
        }
    }
}

impl fmt::Display for Uncertainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Uncertainty::Timeout => f.write_str("no answer in time"),
            Uncertainty::Unreachable => f.write_str("no connection"),
            Uncertainty::Broken => f.write_str("the connection broke"),
            Uncertainty::Processing => f.write_str("still being processed"),
            Uncertainty::Throttled => f.write_str("too many requests"),
            Uncertainty::ServerError(status) => write!(f, "HTTP {status}"),
        }
    }
}
