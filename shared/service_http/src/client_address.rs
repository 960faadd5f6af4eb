//! Where a request comes from.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;
use lambda_http::request::RequestContext;
use runtime::{ConfigError, Peer};

/// The networks whose machines are believed when they say for whom they speak.
#[derive(Clone, Default)]
pub struct TrustedProxies(Arc<[IpNet]>);

impl TrustedProxies {
    /// From `TRUSTED_PROXIES`: networks such as `10.0.0.0/8,fd00::/8`. None when it is unset.
    ///
    /// # Errors
    /// When it is something else.
    pub fn from_env() -> Result<TrustedProxies, ConfigError> {
        const NAME: &str = "TRUSTED_PROXIES";
        TrustedProxies::parse(&runtime::optional(NAME).unwrap_or_default()).ok_or_else(|| {
            let wanted = "networks such as 10.0.0.0/8, separated by commas";
            ConfigError::Invalid(NAME, format!("not {wanted}"))
        })
    }

    fn parse(networks: &str) -> Option<TrustedProxies> {
        let networks = networks.split(',').map(str::trim);
        let networks: Option<Vec<IpNet>> = networks
            .filter(|network| !network.is_empty())
            .map(|network| network.parse().ok())
            .collect();
        networks.map(|networks| TrustedProxies(networks.into()))
    }

    fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The nearest address that is not a trusted proxy's. Whatever is further away may be made up.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut nearest = peer.to_canonical();
        for hop in hops(headers).into_iter().rev() {
            match hop {
                Some(hop) if self.contain(nearest) => nearest = hop,
                _ => break,
            }
        }
        nearest
    }
}

/// The addresses of X-Forwarded-For, the nearest last; `None` for what is none.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let lines = headers.get_all("x-forwarded-for").into_iter();
    let hops = lines.flat_map(|line| line.to_str().unwrap_or_default().split(','));
    let address = |hop: &str| {
        let hop = hop.trim();
        let with_port = || hop.parse().map(|address: SocketAddr| address.ip());
        let address = hop.parse().or_else(|_| with_port()).ok()?;
        Some(IpAddr::to_canonical(&address))
    };
    hops.map(address).collect()
}

/// The network that a request comes from: an IPv4 address, or the /64 of an IPv6 address, which is what one customer
/// has. Personal data, so it can't be printed. Where no address is known, all requests come from `0.0.0.0`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(IpNet);

impl ClientAddress {
    fn of(address: IpAddr) -> ClientAddress {
        let bits = if address.is_ipv4() { 32 } else { 64 };
        let network = IpNet::new(address, bits).map(|network| network.trunc());
        ClientAddress(network.unwrap_or_else(|_| address.into()))
    }

    /// Its bytes.
    pub fn octets(&self) -> Vec<u8> {
        match self.0.network() {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for ClientAddress
where
    TrustedProxies: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(ClientAddress::of(sender(parts, state)))
    }
}

/// The whole address that a request comes from, for who may call only from some: to be compared, not to be kept or
/// printed; [`SenderAddress::network_prefix`] may be. Where none is known it is `0.0.0.0`.
#[derive(Clone, Copy)]
pub struct SenderAddress(IpAddr);

impl SenderAddress {
    /// True when `networks` says so of the address.
    pub fn is_in(self, networks: impl FnOnce(IpAddr) -> bool) -> bool {
        networks(self.0)
    }

    /// The network around it: the /24 of an IPv4 address, the /32 of an IPv6 address, which is what a provider has. It
    /// says whose network that is and not who it was.
    pub fn network_prefix(self) -> IpNet {
        let bits = if self.0.is_ipv4() { 24 } else { 32 };
        let network = IpNet::new(self.0, bits).map(|network| network.trunc());
        network.unwrap_or_default()
    }
}

impl<S: Sync> FromRequestParts<S> for SenderAddress
where
    TrustedProxies: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(SenderAddress(sender(parts, state)))
    }
}

fn sender<S>(parts: &Parts, state: &S) -> IpAddr
where
    TrustedProxies: FromRef<S>,
{
    let peer = peer(&parts.extensions).unwrap_or(Ipv4Addr::UNSPECIFIED.into());
    TrustedProxies::from_ref(state).client(peer, &parts.headers)
}

/// Who sent the request to this machine, or to API Gateway.
fn peer(extensions: &Extensions) -> Option<IpAddr> {
    match extensions.get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => {
            let address = context.http.source_ip.as_deref()?;
            address.parse().ok()
        }
        _ => extensions.get().map(|Peer(address)| *address),
    }
}

#[cfg(test)]
mod tests {
    use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;

    use super::*;

    fn client(trusted: &str, peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let trusted = TrustedProxies::parse(trusted).unwrap();
        let client = trusted.client(peer.parse().unwrap(), &headers);
        client.to_string()
    }

    #[test]
    fn only_trusted_proxies_name_the_client() {
        let forwarded = ["198.51.100.1"];
        assert_eq!(client("", "203.0.113.7", &forwarded), "203.0.113.7");
        assert_eq!(
            client("10.0.0.0/8", "203.0.113.7", &forwarded),
            "203.0.113.7"
        );
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &forwarded), "198.51.100.1");
        assert_eq!(
            client("10.0.0.0/8", "::ffff:10.1.2.3", &forwarded),
            forwarded[0]
        );
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &[]), "10.1.2.3");
        let forwarded = ["198.51.100.1:4711"];
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &forwarded), "198.51.100.1");
    }

    #[test]
    fn forged_forwarded_addresses_are_ignored() {
        let lines = ["8.8.8.8, 198.51.100.1", "10.9.9.9"];
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &lines), "198.51.100.1");
        // Not an address: as far as is known, the proxy before it asks.
        let lines = ["8.8.8.8, unknown, 10.9.9.9"];
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &lines), "10.9.9.9");
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &["é"]), "10.1.2.3");
    }

    #[test]
    fn caller_comes_from_api_gateway_or_the_socket() {
        let mut extensions = Extensions::new();
        assert_eq!(peer(&extensions), None);
        let address = IpAddr::from([127, 0, 0, 1]);
        extensions.insert(Peer(address));
        assert_eq!(peer(&extensions), Some(address));
        let mut context = ApiGatewayV2httpRequestContext::default();
        context.http.source_ip = Some("203.0.113.7".to_owned());
        extensions.insert(RequestContext::ApiGatewayV2(context));
        assert_eq!(peer(&extensions), Some([203, 0, 113, 7].into()));
    }

    #[test]
    fn ipv6_clients_are_counted_by_network() {
        let of = |address: &str| ClientAddress::of(address.parse().unwrap());
        assert!(of("2001:db8:1:2::1") == of("2001:db8:1:2:ffff::9"));
        assert!(of("2001:db8:1:2::1") != of("2001:db8:1:3::1"));
        assert!(of("203.0.113.7") != of("203.0.113.8"));
        assert_eq!(of("2001:db8:1:2::1").octets().len(), 16);
    }

    #[test]
    fn network_prefix_hides_the_address() {
        let around = |address: &str| {
            let sender = SenderAddress(address.parse().unwrap());
            sender.network_prefix().to_string()
        };
        assert_eq!(around("203.0.113.7"), "203.0.113.0/24");
        assert_eq!(around("2001:db8:1:2::1"), "2001:db8::/32");
    }

    #[test]
    fn proxy_networks_are_comma_separated() {
        let parse = |text| TrustedProxies::parse(text).map(|proxies| proxies.0.len());
        assert_eq!(parse(""), Some(0));
        assert_eq!(parse("10.0.0.0/8, fd00::/8"), Some(2));
        assert_eq!(parse("10.0.0.0/8, nonsense"), None);
    }
}
