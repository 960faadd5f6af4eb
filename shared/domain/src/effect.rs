//! Effects of promo codes on prices.

use crate::{Currency, Money};

/// A share in basis points: 1 is 0.01 %, 10 000 is all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasisPoints(u16);

impl BasisPoints {
    /// All of it.
    pub const ALL: BasisPoints = BasisPoints(10_000);

    /// `points` from 1 to 10 000; `None` outside.
    pub fn new(points: i32) -> Option<BasisPoints> {
        u16::try_from(points)
            .ok()
            .filter(|p| (1..=10_000).contains(p))
            .map(BasisPoints)
    }

    /// The share, from 1 to 10 000.
    pub fn points(self) -> u16 {
        self.0
    }

    /// This share of `minor` units, rounded half up. `minor` is zero or more.
    fn of(self, minor: i64) -> i64 {
        let exact = i128::from(minor) * i128::from(self.0);
        // Never more than `minor`, so it fits.
        i64::try_from((exact + 5_000) / 10_000).unwrap_or(minor)
    }
}

/// What a promo code does to the price of a tariff. Amounts are minor units of the code's currency, above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The tariff costs this much.
    FixedPrice {
        /// The price.
        minor: i64,
    },
    /// The tariff costs nothing for this many days: a trial.
    Free {
        /// How long the trial lasts.
        days: i32,
    },
    /// A share of the price is taken off, at most `cap_minor`.
    PercentOff {
        /// The share.
        share: BasisPoints,
        /// The most that is taken off; `None` for no cap.
        cap_minor: Option<i64>,
    },
    /// An amount is taken off.
    AmountOff {
        /// The amount.
        minor: i64,
    },
}

/// The price of a tariff with a promo code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// The price without the code.
    pub price: Money,
    /// What is to pay.
    pub total: Money,
    /// Days of a trial; `None` where the tariff's own period is bought.
    pub trial_days: Option<i32>,
}

impl Quote {
    /// What the code saves.
    pub fn discount(&self) -> Money {
        let saved = self.price.minor() - self.total.minor();
        Money::from_minor(saved, self.price.currency()).unwrap_or(Money::zero(self.currency()))
    }

    /// The currency of all amounts.
    pub fn currency(&self) -> Currency {
        self.price.currency()
    }
}

impl Effect {
    /// Whether it holds an amount of money.
    pub(crate) fn has_amount(self) -> bool {
        match self {
            Effect::FixedPrice { .. } | Effect::AmountOff { .. } => true,
            Effect::PercentOff { cap_minor, .. } => cap_minor.is_some(),
            Effect::Free { .. } => false,
        }
    }

    /// The price after this effect, whose amounts are in the currency of `price`. A discount is rounded half up to the
    /// minor unit and is never above the price.
    /// `None` when the code would not lower the price: it is refused, never used to raise it.
    pub fn quote(self, price: Money) -> Option<Quote> {
        let full = price.minor();
        let (total, trial_days) = match self {
            Effect::FixedPrice { minor } => (minor, None),
            Effect::Free { days } => (0, Some(days)),
            Effect::PercentOff { share, cap_minor } => {
                let off = share.of(full);
                (full - cap_minor.map_or(off, |cap| off.min(cap)), None)
            }
            Effect::AmountOff { minor } => (full - minor.min(full), None),
        };
        let total = Money::from_minor(total, price.currency()).filter(|t| t.minor() < full)?;
        Some(Quote {
            price,
            total,
            trial_days,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rub(minor: i64) -> Money {
        Money::from_minor(minor, Currency::RUB).unwrap()
    }

    fn effect() -> impl Strategy<Value = Effect> {
        let minor = 1..=i64::MAX;
        prop_oneof![
            minor.clone().prop_map(|minor| Effect::FixedPrice { minor }),
            (1..=3660).prop_map(|days| Effect::Free { days }),
            (1..=10_000, proptest::option::of(minor.clone())).prop_map(|(points, cap_minor)| {
                Effect::PercentOff {
                    share: BasisPoints::new(points).unwrap(),
                    cap_minor,
                }
            }),
            minor.prop_map(|minor| Effect::AmountOff { minor }),
        ]
    }

    proptest! {
        #[test]
        fn discount_is_positive_and_at_most_the_price(effect in effect(), price in 1..=i64::MAX) {
            if let Some(quote) = effect.quote(rub(price)) {
                prop_assert!(quote.total.minor() >= 0);
                prop_assert!(quote.total.minor() < price);
                prop_assert_eq!(quote.discount().minor() + quote.total.minor(), price);
            }
        }

        #[test]
        fn percentage_is_rounded_to_the_nearest_kopeck(points in 1..=10_000i32, price in 1..=i64::MAX) {
            let off = i128::from(BasisPoints::new(points).unwrap().of(price));
            let exact_times_10k = i128::from(price) * i128::from(points);
            let error = off * 10_000 - exact_times_10k;
            prop_assert!((-4_999..=5_000).contains(&error), "off by {}/10000 of a kopeck", error);
        }
    }

    #[test]
    fn effects_match_worked_examples() {
        let percent = |points, cap_minor| Effect::PercentOff {
            share: BasisPoints::new(points).unwrap(),
            cap_minor,
        };
        let total = |effect: Effect, price| effect.quote(rub(price)).map(|q| q.total.minor());
        assert_eq!(total(Effect::FixedPrice { minor: 100 }, 29_900), Some(100));
        assert_eq!(
            total(Effect::FixedPrice { minor: 29_900 }, 29_900),
            None,
            "no gain"
        );
        assert_eq!(
            total(Effect::FixedPrice { minor: 50_000 }, 29_900),
            None,
            "dearer"
        );
        assert_eq!(total(Effect::Free { days: 14 }, 29_900), Some(0));
        assert_eq!(total(percent(3_000, None), 29_900), Some(20_930));
        assert_eq!(
            total(percent(5_000, None), 5),
            Some(2),
            "2.5 off is rounded up to 3"
        );
        assert_eq!(
            total(percent(1, None), 4_999),
            None,
            "0.4999 off rounds to nothing"
        );
        assert_eq!(total(percent(10_000, None), 29_900), Some(0));
        assert_eq!(
            total(percent(5_000, Some(10_000)), 29_900),
            Some(19_900),
            "capped"
        );
        assert_eq!(
            total(Effect::AmountOff { minor: 10_000 }, 29_900),
            Some(19_900)
        );
        assert_eq!(total(Effect::AmountOff { minor: 99_900 }, 29_900), Some(0));
    }
}
