//! What the arguments of a tool may point at: folders and hosts.
//!
//! Both are strict rather than clever. A path or an address that programs may read in more than one way
//! is outside, whatever it was meant to be.

/// Folders below which paths must lie. Nothing is looked up: a link inside a folder may lead out of it.
#[derive(Debug, Clone)]
pub struct Folders(Vec<Vec<String>>);

impl Folders {
    /// Takes folders, absolute (`/srv/data`, `C:\data`) or relative to wherever the tool runs (`out`,
    /// `.` for all of it).
    ///
    /// # Errors
    /// The folder that is none.
    pub fn new(folders: &[String]) -> Result<Self, String> {
        let parts = |folder: &String| components(folder).ok_or_else(|| folder.clone());
        folders
            .iter()
            .map(parts)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether a path lies in one of the folders, or is one.
    pub fn contain(&self, path: &str) -> bool {
        let Some(path) = components(path) else {
            return false;
        };
        let is_relative = |path: &[String]| path.first().is_none_or(|root| !is_root(root));
        self.0
            .iter()
            .any(|folder| path.starts_with(folder) && (!folder.is_empty() || is_relative(&path)))
    }
}

/// The parts of a path; the first is `/` or `c:` if it is absolute. `None` if it goes upwards, is
/// written with escapes, variables or control characters, or is empty.
fn components(path: &str) -> Option<Vec<String>> {
    let lower = path.to_ascii_lowercase();
    let escaped = ["%2e", "%2f", "%5c", "%25", "%00"];
    let is_unclear = path.is_empty()
        || path.starts_with('~')
        || path.contains(|character: char| character.is_control() || character == '$')
        || escaped.iter().any(|escape| lower.contains(escape));
    if is_unclear {
        return None;
    }
    let mut parts = Vec::new();
    let mut rest = path;
    if path.starts_with(['/', '\\']) {
        parts.push("/".to_owned());
    } else if let Some((drive, after)) = path.split_once(':')
        && drive.len() == 1
        && drive.bytes().all(|byte| byte.is_ascii_alphabetic())
    {
        // Without a separator it is relative to wherever that drive stands.
        if !after.starts_with(['/', '\\']) {
            return None;
        }
        parts.push(format!("{}:", drive.to_ascii_lowercase()));
        rest = after;
    }
    for part in rest.split(['/', '\\']) {
        match part.trim_end() {
            "" | "." => {}
            // Some systems drop dots and spaces at the end of a name.
            name if name.trim_end_matches('.').is_empty() => return None,
            _ => parts.push(part.to_owned()),
        }
    }
    Some(parts)
}

fn is_root(part: &str) -> bool {
    part == "/" || (part.len() == 2 && part.ends_with(':'))
}

/// Hosts that addresses must name.
#[derive(Debug, Clone)]
pub struct Hosts(Vec<String>);

impl Hosts {
    /// Takes hosts: `example.org`, `192.0.2.1`, `[2001:db8::1]`, with a port if only that one is meant
    /// (`example.org:8443`), or `*.example.org` for all below it.
    ///
    /// # Errors
    /// The host that is none.
    pub fn new(hosts: &[String]) -> Result<Self, String> {
        let is_host = |host: &str| !host.is_empty() && host.bytes().all(is_authority);
        match hosts
            .iter()
            .find(|host| !is_host(host.strip_prefix("*.").unwrap_or(host)))
        {
            Some(host) => Err(host.clone()),
            None => Ok(Self(
                hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
            )),
        }
    }

    /// Whether an address names one of the hosts, by any port if the host was given without one.
    pub fn contain(&self, url: &Url) -> bool {
        self.0.iter().any(|allowed| {
            let matches = |name: &str| match allowed.strip_prefix("*.") {
                Some(domain) => name
                    .strip_suffix(domain)
                    .is_some_and(|before| before.ends_with('.') && before.len() > 1),
                None => name == allowed,
            };
            matches(&url.authority) || matches(url.host())
        })
    }
}

/// An address with a host, as far as it is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// Lower case, without the colon.
    pub scheme: String,
    /// Host and port, lower case.
    authority: String,
}

impl Url {
    /// Reads `SCHEME://HOST...`. `None` for every other form, for user names, for characters in the host
    /// other than those of names and numbers, and for backslashes, spaces and control characters
    /// anywhere: programs differ in what they make of these.
    pub fn parse(text: &str) -> Option<Self> {
        let unclear = |character: char| {
            character.is_control() || character.is_whitespace() || character == '\\'
        };
        let (scheme, rest) = text.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let is_clear = is_scheme(scheme)
            && !text.contains(unclear)
            && !authority.is_empty()
            && authority.bytes().all(is_authority);
        is_clear.then(|| Self {
            scheme: scheme.to_ascii_lowercase(),
            authority: authority.to_ascii_lowercase(),
        })
    }

    /// The addresses in a text: whatever stands around `://`, up to a space, a quotation mark or a
    /// bracket. Each as it stands; not all of them can be [parsed](Self::parse).
    pub fn find_all(text: &str) -> impl Iterator<Item = &str> {
        text.match_indices("://").map(move |(at, _)| {
            let is_before = |character: char| {
                character.is_ascii_alphanumeric() || matches!(character, '+' | '-' | '.')
            };
            let before = text[..at].trim_end_matches(is_before).len();
            let is_end = |character: char| {
                character.is_whitespace() || matches!(character, '"' | '\'' | '<' | '>' | '`')
            };
            let length = text[at..].find(is_end).unwrap_or(text.len() - at);
            text[before..at + length].trim_end_matches(['.', ',', ')', ']', '}', ';'])
        })
    }

    fn host(&self) -> &str {
        let after_bracket = self.authority.rfind(']').unwrap_or(0);
        match self.authority[after_bracket..].find(':') {
            Some(colon) => &self.authority[..after_bracket + colon],
            None => &self.authority,
        }
    }
}

fn is_scheme(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(allowed)
}

fn is_authority(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(folder: &str) -> Folders {
        Folders::new(&[folder.to_owned()]).unwrap()
    }

    fn hosts(host: &str) -> Hosts {
        Hosts::new(&[host.to_owned()]).unwrap()
    }

    fn is_at(host: &str, url: &str) -> bool {
        Url::parse(url).is_some_and(|url| hosts(host).contain(&url))
    }

    #[test]
    fn a_folder_contains_itself_and_what_lies_below() {
        for path in [
            "/srv/data",
            "/srv/data/",
            "/srv//data/./a.txt",
            "/srv/data/..a",
        ] {
            assert!(folders("/srv/data").contain(path), "{path}");
        }
    }

    #[test]
    fn whatever_else_a_path_may_mean_is_outside() {
        for path in [
            "/srv/database",
            "/srv",
            "/etc/passwd",
            "/srv/data/../../etc/passwd",
            "/srv/data/.. /x",
            "/srv/data/%2e%2E/x",
            "/srv/data/..\\..\\x",
            "/srv/data/a\0b",
            "/srv/data/$HOME",
            "~/x",
            "srv/data/a",
            "file:///srv/data/a",
            "",
        ] {
            assert!(!folders("/srv/data").contain(path), "{path}");
        }
    }

    #[test]
    fn relative_folders_hold_relative_paths_only() {
        assert!(folders("out").contain("./out/a.txt"));
        assert!(!folders("out").contain("/out/a.txt"));
        assert!(folders(".").contain("a/b"));
        assert!(!folders(".").contain("/a"));
        assert!(!folders(".").contain("c:\\a"));
        assert!(!folders(".").contain("a/../../b"));
    }

    #[test]
    fn drives_are_roots() {
        assert!(folders("C:\\data").contain("c:/data/a.txt"));
        assert!(!folders("C:\\data").contain("d:/data/a.txt"));
        assert!(Folders::new(&["c:data".to_owned()]).is_err());
    }

    #[test]
    fn a_host_is_named_with_any_port_or_with_its_own() {
        assert!(is_at("example.org", "https://Example.ORG/a?b#c"));
        assert!(is_at("example.org", "https://example.org:8443"));
        assert!(is_at("example.org:8443", "https://example.org:8443/"));
        assert!(!is_at("example.org:8443", "https://example.org/"));
        assert!(is_at("[2001:db8::1]", "http://[2001:db8::1]:80/"));
    }

    #[test]
    fn hosts_below_a_name_are_not_the_name() {
        assert!(is_at("*.example.org", "https://a.b.example.org:1/"));
        for url in [
            "https://example.org/",
            "https://badexample.org/",
            "https://.example.org/",
        ] {
            assert!(!is_at("*.example.org", url), "{url}");
        }
    }

    #[test]
    fn addresses_that_programs_read_differently_are_none() {
        for url in [
            "https://example.org@evil.test/",
            "https://evil.test\\@example.org/",
            "https://evil.test\\.example.org/",
            "https:/example.org/",
            "//example.org/",
            "example.org",
            "https://example.org\t.evil.test/",
            "https://ex\u{e4}mple.org/",
            "https://example%2eorg/",
            "java script://example.org/",
            "https:///example.org",
        ] {
            assert_eq!(Url::parse(url), None, "{url}");
        }
    }

    #[test]
    fn addresses_are_found_in_text() {
        let found: Vec<_> = Url::find_all("see (https://a.test/x), or 'ftp://b.test'").collect();
        assert_eq!(found, ["https://a.test/x", "ftp://b.test"]);
    }
}
