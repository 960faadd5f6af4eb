//! Where a page of the list ends, for the next one to go on from.

use std::str::FromStr;

use loyalty_store::ListPlace;

/// The place of the last promo code of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor(pub ListPlace);

/// As the cursor is written in a URL.
impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (held, saving_minor, code_id) = self.0.parts();
        write!(f, "{}.{saving_minor}.{code_id}", u8::from(held))
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Cursor, ()> {
        let mut parts = text.split('.');
        let mut next = || parts.next().ok_or(());
        let held = match next()? {
            "0" => false,
            "1" => true,
            _ => return Err(()),
        };
        let number = |text: &str| text.parse().map_err(drop);
        let place = ListPlace::new(held, number(next()?)?, number(next()?)?);
        match parts.next() {
            None => Ok(Cursor(place)),
            Some(_) => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_round_trips_and_rejects_other_texts() {
        let cursor = Cursor(ListPlace::new(true, 10_000, 42));
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in [
            "",
            "1",
            "1.2",
            "2.1.1",
            "1.a.1",
            "1.1.1.1",
            "1.1.",
            "1..1",
            "1.99999999999999999999.1",
        ] {
            assert_eq!(bad.parse::<Cursor>(), Err(()), "{bad}");
        }
    }
}
