//! What must be put into a field of a body, in the languages of the answers.

use domain::{EmailError, LocalTimeError, NotAPromoCode, PasswordError, SingleLineError};

use crate::Language;

/// An error of one field.
pub trait FieldAdvice: std::error::Error {
    /// What to put there, in Russian; the error itself says it in English.
    fn russian(&self) -> &'static str;

    /// What to put there.
    fn advice(&self, language: Language) -> String {
        match language {
            Language::En => self.to_string(),
            Language::Ru => self.russian().to_owned(),
        }
    }
}

impl FieldAdvice for EmailError {
    fn russian(&self) -> &'static str {
        match self {
            EmailError::Empty => "укажите адрес электронной почты",
            EmailError::TooLong => "укажите адрес электронной почты не длиннее 254 символов",
            EmailError::Malformed => "укажите адрес электронной почты вида name@example.com",
        }
    }
}

impl FieldAdvice for PasswordError {
    fn russian(&self) -> &'static str {
        match self {
            PasswordError::TooShort => "придумайте пароль не короче 8 символов",
            PasswordError::TooLong => "придумайте пароль не длиннее 128 символов",
            PasswordError::TooCommon => {
                "придумайте пароль, которого нет среди самых распространённых"
            }
            PasswordError::IsAddress => "придумайте пароль, который не совпадает с вашей почтой",
        }
    }
}

impl FieldAdvice for SingleLineError {
    fn russian(&self) -> &'static str {
        match self {
            SingleLineError::Empty => "введите хотя бы один видимый символ",
            SingleLineError::TooLong => "введите не больше 100 символов",
            SingleLineError::ReasonTooLong => "введите не больше 200 символов",
            SingleLineError::Unprintable => {
                "напишите в одну строку, без управляющих символов и знаков направления текста"
            }
        }
    }
}

impl FieldAdvice for LocalTimeError {
    fn russian(&self) -> &'static str {
        match self {
            LocalTimeError::Zone => "уберите часовой пояс в скобках: он указан в поле `time_zone`",
            LocalTimeError::Malformed => "укажите дату и время, например 2026-03-01T00:00",
            LocalTimeError::Skipped => {
                "в это время часы переводят вперёд: выберите более раннее или более позднее"
            }
            LocalTimeError::OutOfRange => "выберите время с 2000 по 2999 год",
        }
    }
}

impl FieldAdvice for NotAPromoCode {
    fn russian(&self) -> &'static str {
        "укажите от 3 до 32 букв и цифр"
    }
}
