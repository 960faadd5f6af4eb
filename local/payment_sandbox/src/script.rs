//! What a payment or a refund is scripted to do: words in its description, such as `sandbox:webhook-lost`.

use crate::error::ApiError;

/// What such a word begins with.
const MARK: &str = "sandbox:";

/// The times that a word without a number means, in seconds.
const SOON: u64 = 5;

/// What the words ask for. The default is what happens without any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Script {
    /// So many first calls answer 500 and do nothing.
    pub(crate) failures: u64,
    /// So many next calls answer 429 and do nothing.
    pub(crate) throttles: u64,
    /// What becomes of the answer to the call that did it.
    pub(crate) answer: Answer,
    /// So many first readings answer 500.
    pub(crate) read_failures: u64,
    /// What the buyer does, without anyone pressing a button.
    pub(crate) buyer: Option<Buyer>,
    /// Seconds until an unpaid payment expires.
    pub(crate) lifetime: Option<u64>,
    /// What becomes of refunds.
    pub(crate) refund: Refunding,
    pub(crate) webhooks: Webhooks,
}

/// What becomes of the answer to a call that has had its effect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Answer {
    #[default]
    Prompt,
    /// After so many seconds.
    Slow(u64),
    /// HTTP 500.
    Failure,
    /// The connection breaks.
    Crash,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Buyer {
    Pays,
    /// For this reason.
    Declines(String),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Refunding {
    #[default]
    AtOnce,
    /// Pending for so many seconds, then done.
    Later(u64),
    /// Not done, for this reason.
    Declined(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Webhooks {
    pub(crate) lost: bool,
    /// How often each is sent at once.
    pub(crate) copies: u64,
    /// Seconds between the change and its webhook.
    pub(crate) delay: u64,
    /// The first waits until the next has arrived, for so many seconds at most.
    pub(crate) swapped: Option<u64>,
}

impl Default for Webhooks {
    fn default() -> Webhooks {
        Webhooks {
            lost: false,
            copies: 1,
            delay: 0,
            swapped: None,
        }
    }
}

impl Script {
    /// Reads the words of `text`; the rest of it is for people.
    ///
    /// # Errors
    /// A word that is not known, so that a slip of the pen is not a test that tests nothing.
    pub(crate) fn parse(text: &str) -> Result<Script, ApiError> {
        let mut script = Script::default();
        for word in text.split_whitespace().filter_map(|w| w.strip_prefix(MARK)) {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word, None),
            };
            script.take(name, value).ok_or(ApiError::invalid(
                "description",
                "It has a sandbox word that the sandbox does not know: see docs/payments.md",
            ))?;
        }
        Ok(script)
    }

    /// The script of a text that has been accepted.
    pub(crate) fn of(text: &str) -> Script {
        Script::parse(text).unwrap_or_default()
    }

    fn take(&mut self, name: &str, value: Option<&str>) -> Option<()> {
        let number = |default: u64| value.map_or(Some(default), |text| text.parse().ok());
        let reason = |default: &str| value.unwrap_or(default).to_owned();
        match name {
            "500" => self.failures = number(1)?,
            "429" => self.throttles = number(1)?,
            "500-after" => self.answer = Answer::Failure,
            "crash" => self.answer = Answer::Crash,
            "slow" => self.answer = Answer::Slow(number(SOON)?),
            "read-500" => self.read_failures = number(1)?,
            "pay" => self.buyer = Some(Buyer::Pays),
            "decline" => self.buyer = Some(Buyer::Declines(reason("general_decline"))),
            "expire" => self.lifetime = Some(number(SOON)?),
            "refund-pending" => self.refund = Refunding::Later(number(SOON)?),
            "refund-decline" => self.refund = Refunding::Declined(reason("insufficient_funds")),
            "webhook-lost" => self.webhooks.lost = true,
            "webhook-twice" => self.webhooks.copies = number(2)?,
            "webhook-late" => self.webhooks.delay = number(SOON)?,
            "webhook-swapped" => self.webhooks.swapped = Some(number(SOON)?),
            _ => return None,
        }
        Some(())
    }
}

/// The word for a way of announcing, as the buyer's page offers it; `None` for what it does not offer.
pub(crate) fn announcing(choice: &str) -> Option<&'static str> {
    match choice {
        "late" => Some("sandbox:webhook-late=30"),
        "twice" => Some("sandbox:webhook-twice"),
        "lost" => Some("sandbox:webhook-lost"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_words_are_found_in_descriptions() {
        let text = "Pro на год sandbox:500=2 sandbox:slow=12 (ещё) sandbox:decline=card_expired sandbox:webhook-twice";
        let expected = Script {
            failures: 2,
            answer: Answer::Slow(12),
            buyer: Some(Buyer::Declines("card_expired".to_owned())),
            webhooks: Webhooks {
                copies: 2,
                ..Webhooks::default()
            },
            ..Script::default()
        };
        assert_eq!(Script::parse(text).unwrap(), expected);
        assert_eq!(Script::parse("The sandbox").unwrap(), Script::default());
    }

    #[test]
    fn misspelled_script_word_is_refused() {
        for text in [
            "sandbox:",
            "sandbox:los",
            "sandbox:500=many",
            "sandbox:slow=-1",
        ] {
            assert!(Script::parse(text).is_err(), "{text}");
        }
    }
}
