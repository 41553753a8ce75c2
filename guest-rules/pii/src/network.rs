//! IPv4 and IPv6 addresses.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use crate::bytes::{has_context, has_context_within, is_at, is_before, is_word, run_end};

/// The longest text form of an IPv6 address.
const MAX_V6: usize = 45;

/// Words before numbers with dots in them that are no addresses.
const COUNTED: &[&str] = &[
    "version",
    "versión",
    "versão",
    "versione",
    "versio",
    "wersj",
    "ver.",
    "release",
    "firmware",
    "driver",
    "build",
    "upgrade",
    "update",
    "patch",
    "section",
    "clause",
    "chapter",
    "paragraph",
    "article",
    "appendix",
    "figure",
    "table",
    "rule",
    "abschnitt",
    "kapitel",
    "ziffer",
    "absatz",
    "sección",
    "capítulo",
    "artículo",
    "seção",
    "sezione",
    "capitolo",
    "articolo",
    "chapitre",
    "hoofdstuk",
    "paragraaf",
    "rozdział",
    "bölüm",
    "sürüm",
    "oid",
    "верси",
    "раздел",
    "пункт",
    "版本",
    "バージョン",
    "버전",
];

/// Words before addresses.
const ADDRESSES: &[&str] = &[
    "ip",
    "address",
    "adress",
    "addr",
    "host",
    "server",
    "client",
    "ping",
    "dns",
    "gateway",
    "router",
    "dirección",
    "adresse",
    "indirizzo",
    "endereço",
    "адрес",
    "http",
    "ssh",
    "connect",
    "login",
    "from",
    "peer",
    "remote",
];

/// How near such a word must stand to a number that looks like an address.
const NEAR: usize = 15;

/// An IPv4 address that begins with the digit at `start`.
pub(crate) fn find_v4(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let window = &bytes[start..bytes.len().min(start + 16)];
    let mut end = start + run_end(window, 0, |byte| byte.is_ascii_digit() || byte == b'.');
    if is_before(bytes, end, |byte| byte == b'.') {
        end -= 1;
    }
    let goes_on = is_at(bytes, end, |byte| is_word(byte) || byte == b'-')
        || (is_at(bytes, end, |byte| byte == b'.')
            && is_at(bytes, end + 1, |byte| byte.is_ascii_digit()));
    if goes_on
        || is_before(bytes, start, |byte| {
            is_word(byte) || matches!(byte, b'.' | b'-')
        })
    {
        return None;
    }
    let address: Ipv4Addr = std::str::from_utf8(&bytes[start..end]).ok()?.parse().ok()?;
    let is_nobody = address.is_loopback() || address.is_unspecified() || address.octets()[0] == 255;
    // Versions and sections are counted from small numbers; most addresses have a large one in them.
    let most = address.octets().into_iter().max().unwrap_or(0);
    let is_counted = if most < 100 {
        has_context(bytes, start, COUNTED)
    } else {
        has_context_within(bytes, start, NEAR, COUNTED)
    };
    let is_bare = most < 32 && !has_context(bytes, start, ADDRESSES);
    (!is_nobody && !is_counted && !is_bare).then_some(start..end)
}

/// An IPv6 address that begins at `start`.
pub(crate) fn find_v6(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let window = &bytes[start..bytes.len().min(start + MAX_V6 + 1)];
    let length = run_end(window, 0, |byte| {
        byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')
    });
    let mut candidate = &window[..length];
    while let [rest @ .., b'.'] = candidate {
        candidate = rest;
    }
    let end = start + candidate.len();
    if candidate.iter().filter(|byte| **byte == b':').count() < 2
        || is_at(bytes, end, is_word)
        || is_before(bytes, start, |byte| is_word(byte) || byte == b':')
    {
        return None;
    }
    let address: Ipv6Addr = std::str::from_utf8(candidate).ok()?.parse().ok()?;
    // `ab::cd` is more often a path in a program than an address.
    let groups = candidate
        .split(|byte| *byte == b':')
        .filter(|group| !group.is_empty())
        .count();
    let is_address =
        (groups >= 3 || candidate.contains(&b'.')) && candidate.iter().any(u8::is_ascii_digit);
    (is_address && !address.is_loopback()).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(text: &str) -> Option<&str> {
        let start = text.find(|character: char| character.is_ascii_digit())?;
        find_v4(text.as_bytes(), start).map(|range| &text[range])
    }

    #[test]
    fn an_ipv4_address_is_found() {
        assert_eq!(v4("from 203.0.113.24, port 80"), Some("203.0.113.24"));
        assert_eq!(v4("It is 198.51.100.7."), Some("198.51.100.7"));
        assert_eq!(v4("http://203.0.113.24:8080/"), Some("203.0.113.24"));
    }

    #[test]
    fn what_only_looks_like_one_is_left_alone() {
        for text in [
            "256.1.1.1",
            "1.2.3",
            "1.2.3.4.5",
            "127.0.0.1",
            "0.0.0.0",
            "255.255.255.0",
            "version 10.4.1.2",
            "v1.2.3.4",
        ] {
            assert_eq!(v4(text), None, "{text}");
        }
    }

    #[test]
    fn an_ipv6_address_is_found() {
        for text in [
            "2001:db8:85a3::8a2e:370:7334",
            "fe80::1ff:fe23:4567:890a",
            "::ffff:203.0.113.24",
        ] {
            assert_eq!(find_v6(text.as_bytes(), 0), Some(0..text.len()), "{text}");
        }
    }

    #[test]
    fn times_hardware_addresses_and_paths_are_no_ipv6() {
        for text in [
            "12:30:45",
            "00:1B:44:11:3A:B7",
            "::",
            "::1",
            "dead::beef",
            "ab::cd",
        ] {
            assert_eq!(find_v6(text.as_bytes(), 0), None, "{text}");
        }
    }
}
