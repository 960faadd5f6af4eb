//! A whole decision in one paragraph.

use domain::Quote;

use super::plural::DAY;
use super::{Meaning, Tense, Words, say};

/// How many reasons there are, in words: `two reasons`, `двум причинам`.
const REASONS: [[&str; 2]; 9] = [
    ["two reasons", "двум причинам"],
    ["three reasons", "трём причинам"],
    ["four reasons", "четырём причинам"],
    ["five reasons", "пяти причинам"],
    ["six reasons", "шести причинам"],
    ["seven reasons", "семи причинам"],
    ["eight reasons", "восьми причинам"],
    ["nine reasons", "девяти причинам"],
    ["ten reasons", "десяти причинам"],
];

impl Words<'_> {
    /// The code passed, with this price.
    pub(crate) fn accepted(&self, code: &str, quote: Option<&Quote>) -> String {
        let (when, ru_when) = self.when();
        let passed = self.tense(["passed", "passes", "will pass"]);
        let ru_passed = self.tense(["прошёл", "проходит", "пройдёт"]);
        let Some(quote) = quote else {
            return say!(
                self,
                "{when} code {code} {passed}.",
                "{ru_when} {code} {ru_passed}."
            );
        };
        let (price, total) = (self.money(quote.price), self.money(quote.total));
        let days = quote.trial_days.map(|days| {
            let days = DAY.count(days.into(), self.language);
            say!(self, " for {days}", " на {days}")
        });
        let days = days.unwrap_or_default();
        say!(
            self,
            "{when} code {code} {passed}: {price} → {total}{days}.",
            "{ru_when} {code} {ru_passed}: {price} → {total}{days}.",
        )
    }

    /// The code did not pass for these reasons; with `hidden`, the customer was not told that it exists.
    pub(crate) fn refused(&self, code: &str, reasons: &[Meaning], hidden: bool) -> String {
        let (when, ru_when) = self.when();
        let passed = self.tense(["did not pass", "does not pass", "will not pass"]);
        let ru_passed = self.tense(["не прошёл", "не проходит", "не пройдёт"]);
        let mut text = match reasons {
            // The only rule that refused is no more.
            [] => say!(
                self,
                "{when} code {code} {passed}.",
                "{ru_when} {code} {ru_passed}."
            ),
            [one] => {
                let reason = &one.detail;
                say!(
                    self,
                    "{when} code {code} {passed}. {reason}",
                    "{ru_when} {code} {ru_passed}. {reason}"
                )
            }
            several => {
                let number = several.len();
                let named = number.checked_sub(2).and_then(|at| REASONS.get(at));
                let count = named.map_or_else(
                    || say!(self, "{number} reasons", "нескольким причинам ({number})"),
                    |[en, ru]| say!(self, "{en}", "{ru}"),
                );
                let reasons = several.iter().zip(1..);
                let reasons: Vec<String> = reasons
                    .map(|(reason, n)| format!("{n}. {}", reason.detail))
                    .collect();
                let reasons = reasons.join(" ");
                say!(
                    self,
                    "{when} code {code} {passed} for {count}: {reasons}",
                    "{ru_when} {code} {ru_passed} по {count}: {reasons}",
                )
            }
        };
        if hidden {
            let is = self.tense(["was", "is", "will be"]);
            let ru_answers = self.tense(["ответила", "отвечает", "ответит"]);
            text += &say!(
                self,
                " The customer {is} told that there is no such code: it is not published, or is for others.",
                " Покупателю система {ru_answers}, что такого промокода нет: он не опубликован или предназначен другим.",
            );
        }
        text
    }

    /// The user has applied the code already.
    pub(crate) fn applied_before(&self, code: &str) -> String {
        let title = &self.facts.tariff.title;
        let (when, ru_when) = self.when();
        let had = self.tense(["had been", "has been", "will have been"]);
        let ru_was = self.tense(["был уже применён", "уже применён", "уже применён"]);
        say!(
            self,
            "{when} code {code} {had} applied to the tariff “{title}” by this user already: applying it again returns the \
             same application.",
            "{ru_when} {code} {ru_was} этим пользователем к тарифу «{title}»: повторное применение вернёт то же самое.",
        )
    }

    /// The beginning of the sentence, which names the time unless that is now.
    fn when(&self) -> (String, String) {
        match self.tense {
            Tense::Present => ("The".to_owned(), "Промокод".to_owned()),
            Tense::Past | Tense::Future => {
                let at = self.minute(self.facts.now);
                (format!("On {at}, the"), format!("{at}: промокод"))
            }
        }
    }
}
