//! The result of a function with several OUT parameters, read as one column.

use tokio_postgres::types::{FromSql, Type};

use crate::PgError;

/// A record: the fields of `SELECT f(…)`, where `f` has several OUT parameters, in their order.
///
/// `SELECT * FROM f(…)` gives the same as columns, but has Postgres plan a scan and describe each column at every call: a
/// third of the time of a function whose own plans are kept.
#[derive(Debug)]
pub struct Record<'r> {
    rest: &'r [u8],
}

type BoxError = Box<dyn std::error::Error + Sync + Send>;

impl<'r> FromSql<'r> for Record<'r> {
    fn from_sql(_: &Type, raw: &'r [u8]) -> Result<Record<'r>, BoxError> {
        let (_count, rest) = integer(raw)?;
        Ok(Record { rest })
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::RECORD
    }
}

impl<'r> Record<'r> {
    /// The next field.
    ///
    /// # Errors
    /// [`PgError::Internal`] when there is none, or it is of another type.
    pub fn field<T: FromSql<'r>>(&mut self) -> Result<T, PgError> {
        self.read()
            .map_err(|error| PgError::Internal(format!("a field of a record: {error}")))
    }

    fn read<T: FromSql<'r>>(&mut self) -> Result<T, BoxError> {
        let (oid, rest) = integer(self.rest)?;
        let (length, rest) = integer(rest)?;
        let ty = Type::from_oid(oid.cast_unsigned()).ok_or("no built-in type")?;
        if !T::accepts(&ty) {
            return Err(format!("of the type {ty}").into());
        }
        let Ok(length) = usize::try_from(length) else {
            self.rest = rest;
            return T::from_sql_null(&ty);
        };
        let (value, rest) = rest.split_at_checked(length).ok_or("cut off")?;
        self.rest = rest;
        T::from_sql(&ty, value)
    }
}

fn integer(raw: &[u8]) -> Result<(i32, &[u8]), BoxError> {
    let (bytes, rest) = raw.split_first_chunk().ok_or("cut off")?;
    Ok((i32::from_be_bytes(*bytes), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(7::int8, NULL::text, 'ab'::text)`, as Postgres sends it.
    const RAW: &[u8] = &[
        0, 0, 0, 3, 0, 0, 0, 20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 25, 255, 255, 255,
        255, 0, 0, 0, 25, 0, 0, 0, 2, b'a', b'b',
    ];

    #[test]
    fn fields_are_read_in_order() {
        let mut record = Record::from_sql(&Type::RECORD, RAW).unwrap();
        assert_eq!(record.field::<i64>().unwrap(), 7);
        assert_eq!(record.field::<Option<&str>>().unwrap(), None);
        assert_eq!(record.field::<&str>().unwrap(), "ab");
        assert!(record.field::<&str>().is_err(), "there are three fields");
    }

    #[test]
    fn field_of_another_type_or_cut_off_is_an_error() {
        let mut record = Record::from_sql(&Type::RECORD, RAW).unwrap();
        assert!(record.field::<i32>().is_err());
        for end in 0..RAW.len() {
            let Ok(mut record) = Record::from_sql(&Type::RECORD, &RAW[..end]) else {
                continue;
            };
            let read = (|| {
                record.field::<i64>()?;
                record.field::<Option<&str>>()?;
                record.field::<&str>()
            })();
            assert!(read.is_err(), "{end} bytes");
        }
    }
}
