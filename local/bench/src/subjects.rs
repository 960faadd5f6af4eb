//! The users of the measurements, by their numbers.

use std::ops::Range;

use uuid::Uuid;

use crate::Result;

/// Everyone's password.
pub const PASSWORD: &str = "correct horse battery";
/// The first administrator: the one who acts on subject `n` is so much further on.
pub const ADMINS: u64 = 1_000_000_000;

/// Numbers of users, one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subjects {
    /// The first.
    pub first: u64,
    /// How many.
    pub count: u64,
}

impl Subjects {
    /// The numbers.
    pub fn numbers(self) -> Range<u64> {
        self.first..self.first + self.count
    }
}

/// The identifier of subject `n`: a UUID of its decimal digits.
///
/// # Errors
/// When `n` has more than 32 digits, which it has not.
pub fn id(n: u64) -> Result<Uuid> {
    Ok(Uuid::from_u128(u128::from_str_radix(&n.to_string(), 16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_contains_its_number() {
        let text = id(42).unwrap().to_string();
        assert_eq!(text, "00000000-0000-0000-0000-000000000042");
    }
}
