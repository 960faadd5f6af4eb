//! Which spellings of an e-mail address reach one mailbox, by provider.

use std::str::FromStr;

use crate::email::ascii_domain;

/// The rules unless others are configured: what the providers document.
///
/// Yandex takes dots and hyphens for the same, Gmail ignores dots, Proton ignores all three.
const DEFAULT: &str = "
    * tag=+;
    gmail.com googlemail.com tag=+ ignore=.;
    icloud.com me.com mac.com tag=+;
    proton.me protonmail.com pm.me tag=+ ignore=.-_;
    yandex.ru ya.ru yandex.com yandex.by yandex.kz tag=+ same=-.
";

/// How spellings of one mailbox are recognized. Only for the memory of deleted accounts: signing in and uniqueness go
/// by [`crate::Email::key`], since mail to another spelling may be read by somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxRules(Vec<Provider>);

/// The domains of one provider, and what its mailboxes ignore.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Provider {
    /// All of them lead to the same mailbox; the first stands for all. `*` is whatever no other rule has.
    domains: Vec<String>,
    /// The name ends before the first of these characters.
    tag: String,
    /// These characters do not count.
    ignore: String,
    /// These characters are taken for the first of them.
    same: String,
}

/// A text that holds no rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailboxRulesError {
    /// Neither a domain, nor `*`, nor a setting.
    #[error("{0:?} is neither a domain nor *, tag=…, ignore=… or same=…")]
    UnknownWord(String),
    /// Settings without a domain.
    #[error("each rule begins with its domains, or with *")]
    NoDomain,
    /// A domain in several rules.
    #[error("{0:?} is in several rules")]
    Repeated(String),
}

impl Default for MailboxRules {
    fn default() -> MailboxRules {
        #[expect(clippy::expect_used, reason = "a constant, which a test parses")]
        DEFAULT.parse().expect("the default rules are valid")
    }
}

impl FromStr for MailboxRules {
    type Err = MailboxRulesError;

    /// Rules are separated by `;`. Each has its domains, or `*`, and any of `tag=`, `ignore=` and `same=` with their
    /// characters: `gmail.com googlemail.com tag=+ ignore=.`
    fn from_str(text: &str) -> Result<MailboxRules, MailboxRulesError> {
        let mut rules: Vec<Provider> = Vec::new();
        for rule in text.split(';').filter(|rule| !rule.trim().is_empty()) {
            let provider = provider(rule)?;
            let known = |domain: &&String| rules.iter().any(|rule| rule.domains.contains(domain));
            if let Some(domain) = provider.domains.iter().find(known) {
                return Err(MailboxRulesError::Repeated(domain.clone()));
            }
            rules.push(provider);
        }
        Ok(MailboxRules(rules))
    }
}

fn provider(rule: &str) -> Result<Provider, MailboxRulesError> {
    let mut provider = Provider {
        domains: Vec::new(),
        tag: String::new(),
        ignore: String::new(),
        same: String::new(),
    };
    for word in rule.split_whitespace() {
        let unknown = || MailboxRulesError::UnknownWord(word.to_owned());
        match word.split_once('=') {
            Some(("tag", characters)) => provider.tag = characters.to_owned(),
            Some(("ignore", characters)) => provider.ignore = characters.to_owned(),
            Some(("same", characters)) => provider.same = characters.to_owned(),
            Some(_) => return Err(unknown()),
            None if word == "*" => provider.domains.push(word.to_owned()),
            None => provider
                .domains
                .push(ascii_domain(word).ok_or_else(unknown)?),
        }
    }
    match provider.domains.is_empty() {
        true => Err(MailboxRulesError::NoDomain),
        false => Ok(provider),
    }
}

impl MailboxRules {
    /// The form that all spellings of one mailbox share, of an address in its unique form, [`crate::Email::key`].
    pub fn mailbox(&self, email_key: &str) -> String {
        let Some((name, domain)) = email_key.rsplit_once('@') else {
            return email_key.to_owned();
        };
        let Some((provider, domain)) = self.provider(domain) else {
            return email_key.to_owned();
        };
        // A name in quotes is what it is.
        let mailbox = match name.starts_with('"') {
            true => name.to_owned(),
            false => provider.mailbox_name(name),
        };
        format!("{mailbox}@{domain}")
    }

    /// The rule for the domain, and the domain that stands for it.
    fn provider<'a>(&'a self, domain: &'a str) -> Option<(&'a Provider, &'a str)> {
        let rule = |of: &str| {
            self.0
                .iter()
                .find(|rule| rule.domains.iter().any(|d| d == of))
        };
        match rule(domain) {
            Some(provider) => Some((provider, &provider.domains[0])),
            None => Some((rule("*")?, domain)),
        }
    }
}

impl Provider {
    fn mailbox_name(&self, name: &str) -> String {
        // A name of nothing else is kept: it would be everybody's.
        let tagless = match name.find(|c| self.tag.contains(c)) {
            None | Some(0) => name,
            Some(end) => &name[..end],
        };
        let first = self.same.chars().next();
        let mailbox: String = tagless
            .chars()
            .filter(|&c| !self.ignore.contains(c))
            .map(|c| first.filter(|_| self.same.contains(c)).unwrap_or(c))
            .collect();
        match mailbox.is_empty() {
            true => tagless.to_owned(),
            false => mailbox,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Email;
    use proptest::prelude::*;

    fn mailbox(email: &str) -> String {
        MailboxRules::default().mailbox(&Email::parse(email).unwrap().key())
    }

    #[test]
    fn spellings_of_one_mailbox_share_a_form() {
        for (email, form) in [
            ("Anna.Petrova+promo@Gmail.com", "annapetrova@gmail.com"),
            ("annapetrova@googlemail.com", "annapetrova@gmail.com"),
            ("anna.petrova@yandex.ru", "anna-petrova@yandex.ru"),
            ("anna-petrova+2@ya.ru", "anna-petrova@yandex.ru"),
            ("an_na.-@pm.me", "anna@proton.me"),
            ("anna+1@icloud.com", "anna@icloud.com"),
            ("anna+1+2@mail.ru", "anna@mail.ru"),
            ("anna+1@пример.рф", "anna@xn--e1afmkfd.xn--p1ai"),
        ] {
            assert_eq!(mailbox(email), form, "{email}");
        }
    }

    #[test]
    fn other_mailboxes_keep_their_own_form() {
        for email in [
            "anna.petrova@mail.ru",
            "anna-petrova@gmail.com",
            "annapetrova@yandex.ru",
            "+1@gmail.com",
            "\"anna +1\"@gmail.com",
            "anna@mail.gmail.com",
        ] {
            assert_eq!(mailbox(email), email);
        }
    }

    #[test]
    fn configured_rules_replace_the_default_ones() {
        let rules: MailboxRules = "Пример.РФ xn--e1aybc.xn--p1ai ignore=.; example.com tag=-+"
            .parse()
            .unwrap();
        let mailbox = |email| rules.mailbox(&Email::parse(email).unwrap().key());
        assert_eq!(mailbox("a.b+1@тест.рф"), "ab+1@xn--e1afmkfd.xn--p1ai");
        assert_eq!(mailbox("anna-1+2@example.com"), "anna@example.com");
        assert_eq!(mailbox("an.na+1@gmail.com"), "an.na+1@gmail.com");
        let none: MailboxRules = "  ".parse().unwrap_or_default();
        assert_eq!(none.mailbox("anna+1@mail.ru"), "anna+1@mail.ru");
    }

    #[test]
    fn invalid_rules_are_refused() {
        for (text, error) in [
            ("gmail.com tags=+", "tags=+"),
            ("gmail.com; ya..ru", "ya..ru"),
            ("gmail.com; GMAIL.com tag=+", "gmail.com"),
        ] {
            let refused = text.parse::<MailboxRules>().unwrap_err().to_string();
            assert!(refused.contains(error), "{refused}");
        }
        let refused = "tag=+".parse::<MailboxRules>();
        assert_eq!(refused, Err(MailboxRulesError::NoDomain));
    }

    proptest! {
        #[test]
        fn form_is_its_own_form(name in "[a-z+._-]{1,12}", domain in "(gmail|googlemail|mail|pm|ya)\\.(com|me|ru)") {
            let rules = MailboxRules::default();
            let form = rules.mailbox(&format!("{name}@{domain}"));
            prop_assert_eq!(rules.mailbox(&form), form.clone());
            prop_assert!(!form.starts_with('@'));
        }
    }
}
