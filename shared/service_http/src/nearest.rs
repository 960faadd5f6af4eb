//! What somebody may have meant by a name that does not exist.

/// At most so many letters apart is taken for a slip.
const SLIP: usize = 3;
/// No name of ours is longer, in bytes.
const LONGEST: usize = 64;

/// The known name that is nearest to `name`, if that can be a slip.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .filter(|_| name.len() <= LONGEST)
        .map(|known| (strsim::damerau_levenshtein(known, name), known))
        .filter(|(distance, known)| *distance <= SLIP && *distance < known.len())
        .min()
        .map(|(_, known)| known)
}
