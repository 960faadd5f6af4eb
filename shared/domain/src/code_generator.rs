//! Random promo codes with a check symbol, which distinguishes a typo from an unknown code.

use crate::{PromoCode, Random};

/// What generated codes are made of: no `0 O`, `1 I L`, `2 Z`, `5 S`, `8 B`, `U V`, which people confuse.
/// 23 is prime, so a weighted sum modulo 23 catches every wrong symbol and every swap of two.
const ALPHABET: &[u8; 23] = b"34679ACDEFGHJKMNPQRTWXY";

/// Makes codes of `prefix`, `length` random symbols and a check symbol.
#[derive(Debug, Clone)]
pub struct CodeGenerator {
    prefix: String,
    length: usize,
}

/// What the check symbol says of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeCheck {
    /// It has the generated format, but a wrong symbol.
    Typo,
    /// It may have been generated.
    Plausible,
    /// Its prefix or length is not that of generated codes.
    NotGenerated,
}

/// A prefix that is not canonical text, or a length outside 6 to 21, or over 32 symbols in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a generated code has a canonical prefix, 6 to 21 random symbols and at most 32 symbols in all"
)]
pub struct BadCodeFormat;

impl CodeGenerator {
    /// A generator of codes with `length` random symbols.
    ///
    /// # Errors
    /// [`BadCodeFormat`] when such codes could not be parsed, guarded by the check symbol, or are too short.
    pub fn new(prefix: &str, length: usize) -> Result<CodeGenerator, BadCodeFormat> {
        let canonical = prefix
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        // Weights 1 to 22 are distinct modulo 23: beyond 21 symbols and the check they repeat.
        if !canonical || !(6..=21).contains(&length) || prefix.len() + length + 1 > 32 {
            return Err(BadCodeFormat);
        }
        Ok(CodeGenerator {
            prefix: prefix.to_owned(),
            length,
        })
    }

    /// Whether one guess hits one of `count` codes with a chance of at most one in a million.
    pub fn has_room_for(&self, count: u64) -> bool {
        let space = (0..self.length).fold(1_u128, |n, _| n.saturating_mul(23));
        u128::from(count).saturating_mul(1_000_000) <= space
    }

    /// A new code. Every one is as likely as any other.
    ///
    /// # Errors
    /// None in practice: the format was checked by [`CodeGenerator::new`].
    pub fn generate(&self, random: &dyn Random) -> Result<PromoCode, crate::NotAPromoCode> {
        let mut body = Vec::with_capacity(self.length);
        while body.len() < self.length {
            let mut byte = [0];
            random.fill(&mut byte);
            // 253 = 11 × 23: the bytes above it would favour the first symbols.
            if byte[0] < 253 {
                body.push(usize::from(byte[0]) % 23);
            }
        }
        // The check symbol weighs 1, the one before it 2, and so on: the sum of a good code is 0.
        body.push(0);
        let check = (23 - sum(&body)) % 23;
        body.pop();
        body.push(check);
        let symbols = body
            .iter()
            .filter_map(|v| ALPHABET.get(*v))
            .map(|b| char::from(*b));
        PromoCode::parse(&self.prefix.chars().chain(symbols).collect::<String>())
    }

    /// Tells a typo from a code that may exist.
    pub fn check(&self, code: &PromoCode) -> CodeCheck {
        let Some(body) = code.as_str().strip_prefix(&self.prefix) else {
            return CodeCheck::NotGenerated;
        };
        if body.chars().count() != self.length + 1 {
            return CodeCheck::NotGenerated;
        }
        let values: Option<Vec<usize>> = body
            .chars()
            .map(|c| ALPHABET.iter().position(|b| char::from(*b) == c))
            .collect();
        match values {
            Some(values) if sum(&values) == 0 => CodeCheck::Plausible,
            _ => CodeCheck::Typo,
        }
    }
}

fn sum(values: &[usize]) -> usize {
    let weighted = values
        .iter()
        .rev()
        .zip(1..)
        .map(|(v, w): (&usize, usize)| v * w);
    weighted.sum::<usize>() % 23
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU8, Ordering};

    /// Every byte in turn.
    struct Count(AtomicU8);
    impl Random for Count {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill_with(|| self.0.fetch_add(37, Ordering::Relaxed));
        }
    }

    #[test]
    fn check_symbol_catches_substitutions_and_swaps() {
        let random = Count(AtomicU8::new(1));
        for length in 6..=21 {
            let generator = CodeGenerator::new("GIFT", length).unwrap();
            let code = generator.generate(&random).unwrap();
            assert_eq!(generator.check(&code), CodeCheck::Plausible);
            let good = code.as_str().as_bytes().to_vec();
            let is_typo = |bytes: Vec<u8>| {
                let code = PromoCode::parse(&String::from_utf8(bytes).unwrap()).unwrap();
                generator.check(&code) == CodeCheck::Typo
            };
            for at in 4..good.len() {
                for symbol in (b'0'..=b'9').chain(b'A'..=b'Z').filter(|s| *s != good[at]) {
                    let mut bad = good.clone();
                    bad[at] = symbol;
                    assert!(is_typo(bad), "{code:?} {at} {symbol}");
                }
                for other in (at + 1..good.len()).filter(|o| good[*o] != good[at]) {
                    let mut bad = good.clone();
                    bad.swap(at, other);
                    assert!(is_typo(bad), "{code:?} {at} {other}");
                }
            }
        }
    }

    #[test]
    fn formats_and_batches_have_bounds() {
        assert!(CodeGenerator::new("gift", 8).is_err());
        assert!(CodeGenerator::new("", 5).is_err());
        assert!(CodeGenerator::new("", 22).is_err());
        let generator = CodeGenerator::new("", 6).unwrap();
        assert!(generator.has_room_for(148));
        assert!(!generator.has_room_for(149));
        let spring = PromoCode::parse("SPRING30").unwrap();
        assert_eq!(generator.check(&spring), CodeCheck::NotGenerated);
    }
}
