//! `{{name}}` in a text.

use std::collections::BTreeMap;

use minijinja::{Environment, UndefinedBehavior};

use crate::error::{Context, Result};

/// Puts values in the place of names.
///
/// # Errors
/// When a name has no value.
pub fn render(text: &str, values: &BTreeMap<&str, String>) -> Result<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_keep_trailing_newline(true);
    environment.render_str(text, values).context("template")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_replaces_names_and_rejects_unknown_ones() {
        let values = BTreeMap::from([("user", "anna".to_owned())]);
        assert_eq!(
            render("a {{user}} b {{ user }}\n", &values).unwrap(),
            "a anna b anna\n"
        );
        assert!(render("{{who}}", &values).is_err());
        assert!(render("{{user", &values).is_err());
    }
}
