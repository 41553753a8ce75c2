//! Networks in CIDR notation (RFC 4632, RFC 4291).

use std::net::IpAddr;

/// A network.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network {
    /// Its first address, in the high bits.
    first: u128,
    prefix: u32,
    is_v4: bool,
}

impl Network {
    /// Reads `ADDRESS/PREFIX`; `None` also if the address has bits beyond the prefix.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let is_decimal = prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix: u32 = prefix.parse().ok().filter(|_| is_decimal)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let network = Self {
            first: bits(address),
            prefix,
            is_v4: address.is_ipv4(),
        };
        (prefix <= most && network.first & !network.mask() == 0).then_some(network)
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.is_v4 && bits(address) & self.mask() == self.first
    }

    fn mask(&self) -> u128 {
        u128::MAX
            .checked_shl(128 - self.prefix.min(128))
            .unwrap_or(0)
    }
}

/// The bits of an address, from the highest on.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_and_the_narrowest_networks_work() {
        let contains = |network, address: &str| {
            Network::parse(network)
                .unwrap()
                .contains(address.parse().unwrap())
        };
        assert!(contains("0.0.0.0/0", "255.255.255.255"));
        assert!(contains("192.0.2.1/32", "192.0.2.1"));
        assert!(!contains("192.0.2.1/32", "192.0.2.0"));
        assert!(contains("::/0", "ffff::"));
        assert!(!contains("::/0", "192.0.2.1"));
        assert!(!contains("2001:db8::/127", "2001:db8::2"));
    }
}
