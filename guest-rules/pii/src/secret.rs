//! Credentials: keys and tokens that carry their provider's prefix, PEM private keys, JWT.

use std::ops::Range;

use crate::bytes::{has_context, is_at, is_before, is_word, run_end};
use crate::kind::Kind;

/// A token: what it begins with, what the rest is made of, and how long the rest is at least and at
/// most.
struct Token {
    prefix: &'static str,
    digits: fn(u8) -> bool,
    least: usize,
    most: usize,
}

const ANY: usize = usize::MAX;

const TOKENS: &[Token] = &[
    // Anthropic and OpenAI; other providers that follow them are found as well.
    Token {
        prefix: "sk-",
        digits: is_url_safe,
        least: 20,
        most: ANY,
    },
    // AWS access keys, long-lived and temporary.
    Token {
        prefix: "AKIA",
        digits: is_upper,
        least: 16,
        most: 16,
    },
    Token {
        prefix: "ASIA",
        digits: is_upper,
        least: 16,
        most: 16,
    },
    // GitHub.
    Token {
        prefix: "ghp_",
        digits: is_alphanumeric,
        least: 36,
        most: ANY,
    },
    Token {
        prefix: "gho_",
        digits: is_alphanumeric,
        least: 36,
        most: ANY,
    },
    Token {
        prefix: "ghu_",
        digits: is_alphanumeric,
        least: 36,
        most: ANY,
    },
    Token {
        prefix: "ghs_",
        digits: is_alphanumeric,
        least: 36,
        most: ANY,
    },
    Token {
        prefix: "ghr_",
        digits: is_alphanumeric,
        least: 36,
        most: ANY,
    },
    Token {
        prefix: "github_pat_",
        digits: is_word,
        least: 22,
        most: ANY,
    },
    // GitLab.
    Token {
        prefix: "glpat-",
        digits: is_url_safe,
        least: 20,
        most: ANY,
    },
    // Slack.
    Token {
        prefix: "xoxb-",
        digits: is_dashed,
        least: 10,
        most: ANY,
    },
    Token {
        prefix: "xoxp-",
        digits: is_dashed,
        least: 10,
        most: ANY,
    },
    Token {
        prefix: "xoxa-",
        digits: is_dashed,
        least: 10,
        most: ANY,
    },
    Token {
        prefix: "xoxr-",
        digits: is_dashed,
        least: 10,
        most: ANY,
    },
    Token {
        prefix: "xoxs-",
        digits: is_dashed,
        least: 10,
        most: ANY,
    },
    Token {
        prefix: "xoxe-",
        digits: is_dashed,
        least: 10,
        most: ANY,
    },
    Token {
        prefix: "xapp-",
        digits: is_dashed,
        least: 10,
        most: ANY,
    },
    // Google, Stripe, Hugging Face, npm.
    Token {
        prefix: "AIza",
        digits: is_url_safe,
        least: 35,
        most: 35,
    },
    Token {
        prefix: "sk_live_",
        digits: is_alphanumeric,
        least: 16,
        most: ANY,
    },
    Token {
        prefix: "rk_live_",
        digits: is_alphanumeric,
        least: 16,
        most: ANY,
    },
    Token {
        prefix: "hf_",
        digits: is_alphanumeric,
        least: 30,
        most: ANY,
    },
    Token {
        prefix: "npm_",
        digits: is_alphanumeric,
        least: 36,
        most: 36,
    },
];

/// Words before the secret half of an AWS key, which has no prefix of its own.
const AWS_SECRET_WORDS: &[&str] = &[
    "aws_secret",
    "secret_access_key",
    "secretaccesskey",
    "secret access key",
];
const AWS_SECRET_LENGTH: usize = 40;

const PEM_BEGIN: &[u8] = b"-----BEGIN ";
const PEM_END: &[u8] = b"-----END ";

/// A frame with less in it is talked about and holds no key.
const PEM_LEAST: usize = 16;

/// Whether a credential may begin with this byte.
pub(crate) fn may_begin(byte: u8) -> bool {
    matches!(
        byte,
        b's' | b'A' | b'g' | b'x' | b'r' | b'h' | b'n' | b'e' | b'-'
    )
}

/// The credential that begins at `start`.
pub(crate) fn find(bytes: &[u8], start: usize) -> Option<(Kind, Range<usize>)> {
    match bytes.get(start)? {
        b'-' => private_key(bytes, start).map(|end| (Kind::PrivateKey, start..end)),
        // Nothing begins inside a run of digits, or runs of hyphens would be read again and again.
        _ if is_before(bytes, start, is_url_safe) => None,
        b'e' => jwt(bytes, start).map(|end| (Kind::Jwt, start..end)),
        _ => token(bytes, start).map(|end| (Kind::ApiKey, start..end)),
    }
}

/// The secret half of an AWS key that begins at `start`, after a word that says so.
pub(crate) fn find_aws_secret(bytes: &[u8], start: usize) -> Option<(Kind, Range<usize>)> {
    let end = run_end(bytes, start, is_base64);
    let fits = end - start == AWS_SECRET_LENGTH
        && !is_at(bytes, end, |byte| byte == b'=')
        && has_context(bytes, start, AWS_SECRET_WORDS);
    fits.then_some((Kind::ApiKey, start..end))
}

fn token(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = &bytes[start..];
    TOKENS.iter().find_map(|token| {
        let body = rest.strip_prefix(token.prefix.as_bytes())?;
        let mut length = run_end(body, 0, token.digits);
        while length > 0 && !is_word(body[length - 1]) {
            length -= 1;
        }
        let body = &body[..length];
        // A name such as `sk-learn-and-some-more-words` has no digits.
        let random =
            token.most != ANY || body.iter().filter(|byte| byte.is_ascii_digit()).count() >= 2;
        let checked = !is_github(token.prefix) || length != GITHUB_LENGTH || github_check(body);
        let fits = (token.least..=token.most).contains(&length) && random && checked;
        fits.then_some(start + token.prefix.len() + length)
    })
}

/// What GitHub's tokens have after their prefix: thirty random signs, and six for their CRC-32.
const GITHUB_LENGTH: usize = 36;

fn is_github(prefix: &str) -> bool {
    matches!(prefix, "ghp_" | "gho_" | "ghu_" | "ghs_" | "ghr_")
}

/// Whether the last six signs are the CRC-32 of those before them, in base 62.
fn github_check(body: &[u8]) -> bool {
    let (random, check) = body.split_at(GITHUB_LENGTH - 6);
    let mut crc = u32::MAX;
    for byte in random {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 };
        }
    }
    let value = check.iter().fold(0u64, |value, sign| {
        let digit = match sign {
            b'0'..=b'9' => sign - b'0',
            b'A'..=b'Z' => sign - b'A' + 10,
            _ => sign - b'a' + 36,
        };
        value * 62 + u64::from(digit)
    });
    value == u64::from(!crc)
}

/// `-----BEGIN … PRIVATE KEY-----` up to its end line; without one, up to the end of what can belong
/// to it.
fn private_key(bytes: &[u8], start: usize) -> Option<usize> {
    let label = bytes[start..].strip_prefix(PEM_BEGIN)?;
    let label = &label[..label.len().min(40)];
    let length = label.windows(5).position(|part| part == b"-----")?;
    if !label[..length].ends_with(b"PRIVATE KEY")
        && !label[..length].ends_with(b"PRIVATE KEY BLOCK")
    {
        return None;
    }
    let body = start + PEM_BEGIN.len() + length + 5;
    let end = run_end(bytes, body, |byte| {
        is_base64(byte)
            || matches!(
                byte,
                b'=' | b'\\' | b':' | b',' | b' ' | b'\t' | b'\r' | b'\n'
            )
    });
    if bytes[body..end]
        .iter()
        .filter(|byte| is_base64(**byte))
        .count()
        < PEM_LEAST
    {
        return None;
    }
    // The end line begins with the hyphens that the body cannot have.
    let tail = bytes[end..]
        .strip_prefix(PEM_END)
        .map(|tail| &tail[..tail.len().min(40)]);
    let after = tail.and_then(|tail| tail.windows(5).position(|part| part == b"-----"));
    Some(after.map_or(end, |length| end + PEM_END.len() + length + 5))
}

/// `header.payload.signature`, where the first two are JSON objects in Base64url.
fn jwt(bytes: &[u8], start: usize) -> Option<usize> {
    if !bytes[start..].starts_with(b"eyJ") {
        return None;
    }
    let header = run_end(bytes, start, is_url_safe);
    let payload = bytes.get(header + 1..)?;
    if header - start < 10 || bytes[header] != b'.' || !payload.starts_with(b"eyJ") {
        return None;
    }
    let payload = run_end(bytes, header + 1, is_url_safe);
    is_at(bytes, payload, |byte| byte == b'.').then(|| run_end(bytes, payload + 1, is_url_safe))
}

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn is_upper(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

fn is_dashed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

fn is_url_safe(byte: u8) -> bool {
    is_word(byte) || byte == b'-'
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put together here, so that no scanner of sources takes them for leaked ones.
    fn samples() -> Vec<String> {
        let body = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
        vec![
            format!("sk-{body}"),
            format!("sk-proj-{body}-{body}"),
            format!("sk-ant-api03-{body}"),
            format!("AKIA{}", "IOSFODNN7EXAMPLE"),
            format!("ghp_{}{}", &body[..30], "0smkjE"),
            format!("github_pat_{body}_{body}"),
            format!("xoxb-{}-{}", "123456789012", "abcDEFghi"),
            format!("glpat-{}", &body[..20]),
            format!("AIza{}", &body[..35]),
            format!("sk_live_{body}"),
        ]
    }

    #[test]
    fn keys_of_known_providers_are_found() {
        for key in samples() {
            let text = format!("key={key}.");
            assert_eq!(
                find(text.as_bytes(), 4),
                Some((Kind::ApiKey, 4..text.len() - 1)),
                "{key}"
            );
        }
    }

    #[test]
    fn a_github_token_with_a_wrong_checksum_is_none() {
        let text = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
        assert_eq!(find(text.as_bytes(), 0), None);
    }

    #[test]
    fn names_with_such_prefixes_are_left_alone() {
        for text in [
            "sk-learn-is-a-nice-library-for-this",
            "ghp_short",
            "AKIA",
            "task-1234567890123456789012345",
            "npm_config_registry",
        ] {
            let at = text.find("sk-").unwrap_or(0);
            assert_eq!(find(text.as_bytes(), at), None, "{text}");
        }
    }

    #[test]
    fn an_aws_secret_is_known_by_the_word_before_it() {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCY".to_owned() + "EXAMPLEKEY";
        let text = format!("aws_secret_access_key = {secret}");
        assert_eq!(
            find_aws_secret(text.as_bytes(), 24),
            Some((Kind::ApiKey, 24..64))
        );
        let text = format!("................ hash = {secret}");
        assert_eq!(find_aws_secret(text.as_bytes(), 24), None);
    }

    #[test]
    fn a_private_key_is_found_whole() {
        let head = format!("-----BEGIN RSA {} KEY-----", "PRIVATE");
        let key = format!("{head}\nMIIEpAIBAAKCAQEA+/=\nabc\n-----END RSA PRIVATE KEY-----");
        let text = format!("{key} and more");
        assert_eq!(
            find(text.as_bytes(), 0),
            Some((Kind::PrivateKey, 0..key.len()))
        );
        let cut = format!("{head}\nMIIEpAIBAAKCAQEA");
        assert_eq!(
            find(cut.as_bytes(), 0),
            Some((Kind::PrivateKey, 0..cut.len()))
        );
    }

    #[test]
    fn a_public_key_or_certificate_is_left_alone() {
        assert_eq!(find(b"-----BEGIN PUBLIC KEY-----\nMIIB", 0), None);
        assert_eq!(find(b"-----BEGIN CERTIFICATE-----\nMIIB", 0), None);
    }

    #[test]
    fn a_json_web_token_is_found() {
        let token =
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
        assert_eq!(find(token.as_bytes(), 0), Some((Kind::Jwt, 0..token.len())));
        assert_eq!(find(b"eyJhbGciOiJIUzI1NiJ9.example.com", 0), None);
    }
}
