//! The client address of a request.

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderName;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The header to which each proxy appends the address of its client.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client address of a request that passed as many trusted `proxies`: entries further left may
/// have been written by the client itself. Of an IPv6 address only the network prefix counts, since
/// one client has all of it.
pub(super) fn of(request: &Request, proxies: usize) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(Ipv6Addr::UNSPECIFIED.into(), |ConnectInfo(peer)| peer.ip());
    let values = request.headers().get_all(FORWARDED_FOR).iter();
    let named: Vec<_> =
        values.filter_map(|value| value.to_str().ok()).flat_map(|it| it.split(',')).collect();
    let beyond = named.iter().rev().take(proxies).map_while(|named| address(named.trim())).last();
    network(beyond.unwrap_or(peer).to_canonical())
}

/// An address, which some proxies write with a port.
fn address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse().map(|address: SocketAddr| address.ip());
    text.parse().or_else(|_| with_port()).ok()
}

fn network(address: IpAddr) -> IpAddr {
    const FIRST_64: u128 = !0 << 64;
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & FIRST_64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn seen(peer: &str, forwarded: &[&str], proxies: usize) -> String {
        let peer: SocketAddr = peer.parse().unwrap();
        let request = Request::builder().extension(ConnectInfo(peer));
        let request =
            forwarded.iter().fold(request, |request, it| request.header(FORWARDED_FOR, *it));
        of(&request.body(Body::empty()).unwrap(), proxies).to_string()
    }

    #[test]
    fn only_addresses_from_trusted_proxies_count() {
        let peer = "10.0.0.1:80";
        for (forwarded, proxies, expected) in [
            (&["6.6.6.6"][..], 0, "10.0.0.1"),
            (&["6.6.6.6, 1.2.3.4"], 1, "1.2.3.4"),
            (&["6.6.6.6", "1.2.3.4:4711"], 1, "1.2.3.4"),
            (&["6.6.6.6, 1.2.3.4, 10.0.0.2"], 2, "1.2.3.4"),
            (&["1.2.3.4"], 3, "1.2.3.4"),
            (&["nonsense"], 1, "10.0.0.1"),
            (&["6.6.6.6, nonsense, 1.2.3.4"], 3, "1.2.3.4"),
            (&[], 1, "10.0.0.1"),
        ] {
            assert_eq!(seen(peer, forwarded, proxies), expected, "{forwarded:?} {proxies}");
        }
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        assert_eq!(seen("[2001:db8:1:2:3:4:5:6]:80", &[], 0), "2001:db8:1:2::");
        assert_eq!(seen("[::ffff:1.2.3.4]:80", &[], 0), "1.2.3.4");
        assert_eq!(seen("10.0.0.1:80", &["[2001:db8::1]:9"], 1), "2001:db8::");
    }
}
