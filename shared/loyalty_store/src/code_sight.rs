//! The texts of promo codes in answers to staff: who gets to see them, and what is recorded of it.

use std::fmt;

use domain::{PromoCode, PromoCodeId, PromoRef, Role, ShownText};
use jiff::Timestamp;
use pg::{PgError, Row, Value};
use uuid::Uuid;

use crate::rows::get;
use crate::staff_change::staff_request;
use crate::{Change, LoyaltyStore};

pg::statements! {
    /// Keeps who has read the texts of codes in an answer.
    RECORD_CODE_SIGHT(UUID, TIMESTAMPTZ, INT8_ARRAY) =
        "SELECT record_code_sight(p_actor_id => $1, p_at => $2, p_code_ids => $3)";
    /// Keeps who has typed the text of a code.
    RECORD_TYPED_CODE(UUID, TIMESTAMPTZ, TEXT_ARRAY, TEXT, UUID, TEXT) = "
        SELECT record_typed_code(
            p_actor_id => $1, p_at => $2, p_codes => $3, p_by => $4, p_user_id => $5, p_reason => $6)";
    /// Whether the member of staff $1 knows a code with one of the texts $2, or repeats the request $3.
    IS_KNOWN_TO_STAFF(UUID, TEXT_ARRAY, JSONB) = concat!(
        "SELECT EXISTS (
            SELECT FROM promo_codes c JOIN insiders i ON i.code_id = c.id OR i.promotion_id = c.promotion_id
            WHERE c.code = ANY ($2) AND i.person_id = person_of($1)
        ) OR EXISTS (SELECT FROM staff_requests r WHERE r.actor_id = $1 AND r.key = (",
        staff_request!("$3"),
        ").key)"
    );
    /// Whether a request of the member of staff $1 had the key of the request $2.
    IS_REPEATED(UUID, JSONB) = concat!(
        "SELECT EXISTS (SELECT FROM staff_requests r WHERE r.actor_id = $1 AND r.key = (",
        staff_request!("$2"),
        ").key)"
    );
}

/// The text of a promo code on its way to staff. It can be read in [`LoyaltyStore::show`] alone, which asks who reads it.
#[derive(Clone)]
pub struct CodeText {
    code_id: PromoCodeId,
    text: String,
    readers: Readers,
}

/// Who may read a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Readers {
    /// All staff: users see it on their lists.
    All,
    /// Those who make such codes, and each of them is recorded.
    Makers,
    /// The member of staff who has just looked it up, which is recorded.
    WhoeverLookedItUp,
}

/// A member of staff who reads an answer, and when.
#[derive(Debug, Clone)]
pub struct StaffReader {
    actor_id: Uuid,
    role: Role,
    at: Timestamp,
    /// The texts that the reader has typed, once that is recorded.
    typed: Vec<PromoCode>,
}

/// Shows texts to a reader, and keeps which of them have to be recorded.
#[derive(Debug)]
pub struct CodeSight<'a> {
    reader: &'a StaffReader,
    read: Vec<i64>,
}

/// The call in which staff have typed the text of a promo code.
#[derive(Debug, Clone, Copy)]
pub enum TypedIn<'a> {
    /// They ask why it would pass for this user, or not.
    Eligibility(Uuid),
    /// They apply it for this user, for this reason.
    Application(Uuid, &'a str),
    /// They ask what was decided about it.
    Decisions(Option<Uuid>),
}

impl fmt::Debug for CodeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&ShownText::masked(&self.text).text)
    }
}

impl CodeText {
    pub(crate) fn new(code_id: PromoCodeId, text: &str, unlisted: bool) -> CodeText {
        CodeText {
            code_id,
            text: text.to_owned(),
            readers: match unlisted {
                true => Readers::Makers,
                false => Readers::All,
            },
        }
    }

    /// Out of the column `text`, and the column `unlisted` of the same row. A code that was deleted counts as unlisted.
    pub(crate) fn read(
        row: &Row,
        code_id: PromoCodeId,
        text: Option<&str>,
    ) -> Result<CodeText, PgError> {
        let unlisted: Option<bool> = get(row, "unlisted")?;
        let text = text.unwrap_or_default();
        Ok(CodeText::new(code_id, text, unlisted.unwrap_or(true)))
    }

    /// Another text that the same code had.
    #[must_use]
    pub fn earlier(&self, text: &str) -> CodeText {
        CodeText {
            text: text.to_owned(),
            ..self.clone()
        }
    }

    pub(crate) fn looked_up(self) -> CodeText {
        CodeText {
            readers: Readers::WhoeverLookedItUp,
            ..self
        }
    }
}

impl StaffReader {
    /// The member of staff `actor_id`, who has this role.
    pub fn new(actor_id: Uuid, role: Role, at: Timestamp) -> StaffReader {
        StaffReader {
            actor_id,
            role,
            at,
            typed: vec![],
        }
    }

    /// Whether the texts of unlisted codes are masked for the reader.
    pub fn sees_listed_alone(&self) -> bool {
        !matches!(self.role, Role::Marketer | Role::Admin)
    }

    fn has_typed(&self, text: &str) -> bool {
        PromoCode::parse(text).is_ok_and(|code| self.typed.contains(&code))
    }
}

impl CodeSight<'_> {
    /// The text as the reader may see it.
    pub fn show(&mut self, code: &CodeText) -> ShownText {
        let text = &code.text;
        if code.readers != Readers::Makers || self.reader.has_typed(text) {
            return ShownText::whole(text);
        }
        if self.reader.sees_listed_alone() {
            return ShownText::masked(text);
        }
        self.read.push(code.code_id.0);
        ShownText::whole(text)
    }
}

impl LoyaltyStore {
    /// The answer that `build` makes of texts that it shows to the reader. Unlisted ones that are not masked are recorded
    /// before the answer is there, with another statement; without any there is none.
    ///
    /// # Errors
    /// Any [`PgError`]: what is not recorded is not shown.
    pub async fn show<T>(
        &self,
        reader: &StaffReader,
        build: impl FnOnce(&mut CodeSight<'_>) -> T,
    ) -> Result<T, PgError> {
        let mut sight = CodeSight {
            reader,
            read: vec![],
        };
        let answer = build(&mut sight);
        if !sight.read.is_empty() {
            let values: [Value<'_>; 3] = [&reader.actor_id, &reader.at, &sight.read];
            self.pool.fetch_one(&RECORD_CODE_SIGHT, &values).await?;
        }
        Ok(answer)
    }

    /// The reader, who is about to be answered that the promo code exists that was named by its text. Whoever names it so
    /// knows the text, which is recorded the first time, and is shown it; a code that is named by its ID changes nothing.
    ///
    /// # Errors
    /// Any [`PgError`]: the caller must not answer then.
    pub async fn record_typed(
        &self,
        mut reader: StaffReader,
        promo: &PromoRef,
        call: TypedIn<'_>,
    ) -> Result<StaffReader, PgError> {
        let PromoRef::Text(codes) = promo else {
            return Ok(reader);
        };
        let (by, user_id, reason) = match call {
            TypedIn::Eligibility(user_id) => ("eligibility", Some(user_id), None),
            TypedIn::Application(user_id, reason) => ("application", Some(user_id), Some(reason)),
            TypedIn::Decisions(user_id) => ("decisions", user_id, None),
        };
        let texts: Vec<&str> = codes.iter().map(PromoCode::as_str).collect();
        let values: [Value<'_>; 6] = [&reader.actor_id, &reader.at, &texts, &by, &user_id, &reason];
        self.pool.fetch_one(&RECORD_TYPED_CODE, &values).await?;
        reader.typed.clone_from(codes);
        Ok(reader)
    }

    /// Whether a request with the same Idempotency-Key was answered before, this one or another.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn is_repeated(&self, change: &Change) -> Result<bool, PgError> {
        let values: [Value<'_>; 2] = [&change.actor_id, &change.as_json()];
        let row = self.pool.fetch_one(&IS_REPEATED, &values).await?;
        Ok(row.try_get(0)?)
    }

    /// Whether naming a promo code is no guess of the member of staff: one with this text is known to the person, or the
    /// request was answered before.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn is_known_to_staff(
        &self,
        promo: &PromoRef,
        change: &Change,
    ) -> Result<bool, PgError> {
        let PromoRef::Text(codes) = promo else {
            return Ok(true);
        };
        let texts: Vec<&str> = codes.iter().map(PromoCode::as_str).collect();
        let values: [Value<'_>; 3] = [&change.actor_id, &texts, &change.as_json()];
        let row = self.pool.fetch_one(&IS_KNOWN_TO_STAFF, &values).await?;
        Ok(row.try_get(0)?)
    }
}
