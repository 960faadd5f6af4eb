//! The networks that notifications may come from.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use runtime::ConfigError;

/// From where YooKassa says it sends notifications (<https://yookassa.ru/developers/using-api/webhooks>).
const YOOKASSA: &str = "185.71.76.0/27, 185.71.77.0/27, 77.75.153.0/25, 77.75.154.128/25, 77.75.156.11, \
     77.75.156.35, 2a02:5180::/32";

const NAME: &str = "PAYMENT_WEBHOOK_NETWORKS";

/// The networks that notifications are taken from. Notifications are not signed and their contents are not believed,
/// so this is the outer fence: it keeps outsiders from making us poll the provider.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookNetworks(Arc<[IpNet]>);

impl WebhookNetworks {
    /// From `PAYMENT_WEBHOOK_NETWORKS`: networks and addresses, separated by commas; those that YooKassa publishes when
    /// it is unset.
    ///
    /// # Errors
    /// [`ConfigError`] when it is something else.
    pub fn from_env() -> Result<WebhookNetworks, ConfigError> {
        WebhookNetworks::parse(runtime::optional(NAME).as_deref().unwrap_or(YOOKASSA))
    }

    /// From such a list.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] when a part of it is no network, or when nothing is in it.
    pub fn parse(list: &str) -> Result<WebhookNetworks, ConfigError> {
        let networks: Option<Vec<IpNet>> =
            list.split(',').map(|part| network(part.trim())).collect();
        match networks {
            Some(networks) => Ok(WebhookNetworks(networks.into())),
            None => {
                let expected = "expected networks such as 185.71.76.0/27, separated by commas";
                Err(ConfigError::Invalid(NAME, expected.to_owned()))
            }
        }
    }

    /// True when a notification from `address` is taken. An IPv4-mapped IPv6 address counts as its IPv4 address.
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

fn network(text: &str) -> Option<IpNet> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .ok()
}

impl fmt::Debug for WebhookNetworks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(ToString::to_string))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_networks_have_exact_bounds() {
        let networks = WebhookNetworks::parse(YOOKASSA).unwrap();
        for (address, inside) in [
            ("185.71.76.0", true),
            ("185.71.76.31", true),
            ("185.71.76.32", false),
            ("185.71.75.255", false),
            ("185.71.77.31", true),
            ("77.75.153.127", true),
            ("77.75.153.128", false),
            ("77.75.154.127", false),
            ("77.75.154.128", true),
            ("77.75.154.255", true),
            ("77.75.156.11", true),
            ("77.75.156.12", false),
            ("77.75.156.35", true),
            ("::ffff:185.71.76.1", true),
            ("::ffff:8.8.8.8", false),
            ("2a02:5180::1", true),
            ("2a02:5180:ffff:ffff::1", true),
            ("2a02:5181::1", false),
            ("127.0.0.1", false),
            ("0.0.0.0", false),
            ("::", false),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(networks.contain(address), inside, "{address}");
        }
    }

    #[test]
    fn invalid_network_list_is_refused() {
        assert!(WebhookNetworks::parse("127.0.0.0/8,::1/128").is_ok());
        for list in [
            "",
            ",",
            "localhost",
            "10.0.0.0/33",
            "10.0.0.0/8 ::1",
            "10.0.0.0/8,",
        ] {
            assert!(WebhookNetworks::parse(list).is_err(), "{list:?}");
        }
    }
}
