//! Where a page of the list ends, for the next one to go on from.

use std::cmp::Reverse;
use std::str::FromStr;

/// The place of a promo code in the list: what is held first, then what saves most, then the lower number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    // In the order in which they are compared.
    held: Reverse<bool>,
    saving_minor: Reverse<i64>,
    promo_id: i64,
}

impl Place {
    pub(crate) fn new(held: bool, saving_minor: i64, promo_id: i64) -> Place {
        Place {
            held: Reverse(held),
            saving_minor: Reverse(saving_minor),
            promo_id,
        }
    }
}

/// As the cursor is written in a URL.
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let held = u8::from(self.held.0);
        write!(f, "{held}.{}.{}", self.saving_minor.0, self.promo_id)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Place, ()> {
        let mut parts = text.split('.');
        let mut next = || parts.next().ok_or(());
        let held = match next()? {
            "0" => false,
            "1" => true,
            _ => return Err(()),
        };
        let number = |text: &str| text.parse().map_err(drop);
        let place = Place::new(held, number(next()?)?, number(next()?)?);
        match parts.next() {
            None => Ok(place),
            Some(_) => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_in_the_order_of_the_list() {
        let list = [
            Place::new(true, 5, 9),
            Place::new(false, 300, 2),
            Place::new(false, 300, 4),
            Place::new(false, 20, 1),
        ];
        assert!(list.is_sorted());
    }

    #[test]
    fn a_cursor_is_read_back_and_nothing_else() {
        let place = Place::new(true, 10_000, 42);
        assert_eq!(place.to_string().parse(), Ok(place));
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
            assert_eq!(bad.parse::<Place>(), Err(()), "{bad}");
        }
    }
}
