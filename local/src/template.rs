//! `{{name}}` in a text.

use std::collections::BTreeMap;

use crate::error::{Error, Result};

/// Puts values in the place of names.
///
/// # Errors
/// When a name has no value.
pub fn render(text: &str, values: &BTreeMap<&str, String>) -> Result<String> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after
            .split_once("}}")
            .ok_or_else(|| Error::new("a {{ without its }}"))?;
        let value = values
            .get(name.trim())
            .ok_or_else(|| Error::new(format!("nothing is known for {{{{{name}}}}}")))?;
        result.push_str(before);
        result.push_str(value);
        rest = after;
    }
    result.push_str(rest);
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_values_and_unknown_ones_are_told() {
        let values = BTreeMap::from([("user", "anna".to_owned())]);
        assert_eq!(
            render("a {{user}} b {{ user }}", &values).unwrap(),
            "a anna b anna"
        );
        assert_eq!(render("nothing", &values).unwrap(), "nothing");
        let error = render("{{who}}", &values).unwrap_err().to_string();
        assert!(error.contains("{{who}}"), "{error}");
        assert!(render("{{user", &values).is_err());
    }
}
