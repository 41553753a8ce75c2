//! What `rm` must not remove, and what `chmod` must not allow.

use super::words::{FETCHED, UNKNOWN};

/// Directories at the root whose loss makes a system useless.
const SYSTEM: &[&str] = &[
    "bin",
    "boot",
    "dev",
    "etc",
    "home",
    "lib",
    "lib32",
    "lib64",
    "media",
    "mnt",
    "opt",
    "proc",
    "root",
    "run",
    "sbin",
    "srv",
    "sys",
    "usr",
    "var",
    "Applications",
    "Library",
    "System",
    "Users",
    "Volumes",
    "c",
    "C:",
    "Windows",
];

/// The same for some directories below them.
const BELOW: &[&str] = &[
    "usr/bin",
    "usr/lib",
    "usr/sbin",
    "usr/local",
    "usr/share",
    "var/lib",
    "boot/efi",
    "etc/ssh",
];

/// Whether removing this and everything in it loses a system, a home or everything.
pub(super) fn is_precious(target: &str, directory: Option<&str>) -> bool {
    if target.contains(FETCHED) {
        return false;
    }
    let absolute = match directory {
        // `cd / && rm -rf *`
        Some(directory) if !target.starts_with(['/', '~', '$', UNKNOWN]) => {
            format!("{directory}/{target}")
        }
        _ => target.to_owned(),
    };
    let absolute = absolute.replace("${HOME}", "$HOME").replace("file://", "");
    let (root, path) = match absolute
        .strip_prefix("$HOME")
        .or_else(|| absolute.strip_prefix('~'))
    {
        // `~user` is a home as well.
        Some(rest) => (Root::Home, rest.find('/').map_or("", |at| &rest[at..])),
        None if absolute.starts_with('/') || absolute.starts_with("C:") => {
            (Root::Filesystem, absolute.as_str())
        }
        None => return false,
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path
        .split(['/', '\\'])
        .filter(|part| !part.is_empty() && *part != ".")
    {
        match part {
            ".." => {
                parts.pop();
            }
            // What a pattern stands for is everything in the directory before it.
            "*" | ".*" | "**" | ".[!.]*" | "{*,.*}" | "?*" => break,
            part => parts.push(part),
        }
    }
    match (root, parts.as_slice()) {
        (_, []) => true,
        (Root::Filesystem, [one]) => {
            SYSTEM.contains(one) || one.trim_matches(['?', '*']).is_empty()
        }
        (Root::Filesystem, ["home" | "Users", _]) => true,
        (Root::Filesystem, [_, _]) => BELOW.contains(&parts.join("/").as_str()),
        _ => false,
    }
}

#[derive(Clone, Copy)]
enum Root {
    Filesystem,
    Home,
}

/// Whether a mode of `chmod` lets everybody write. The sticky bit takes the worst of it away, as on
/// `/tmp`.
pub(super) fn is_world_writable(mode: &str) -> bool {
    if !mode.is_empty() && mode.bytes().all(|byte| matches!(byte, b'0'..=b'7')) {
        let Ok(bits) = u32::from_str_radix(mode, 8) else {
            return false;
        };
        return bits & 0o002 != 0 && bits & 0o1000 == 0;
    }
    mode.split(',').any(|clause| {
        let Some(at) = clause.find(['+', '=']) else {
            return false;
        };
        let (who, what) = (&clause[..at], &clause[at + 1..]);
        let everybody = who.contains(['o', 'a']);
        // `=` and `+` may follow one another in one clause; `t` sets the sticky bit.
        everybody
            && who.bytes().all(|byte| b"ugoa".contains(&byte))
            && what.contains('w')
            && !what.contains('t')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_homes_and_systems_are_precious() {
        for target in [
            "/",
            "//",
            "/*",
            "/.",
            "/./",
            "~",
            "~/",
            "~/*",
            "~root",
            "$HOME",
            "$HOME/",
            "${HOME}/*",
            "/etc",
            "/usr/",
            "/home/anna",
            "/usr/bin",
            "/tmp/../",
            "/tmp/../etc",
            "/bin/*",
        ] {
            assert!(is_precious(target, None), "{target}");
        }
    }

    #[test]
    fn ordinary_targets_are_not() {
        for target in [
            "build",
            "./build",
            "*",
            ".",
            "/tmp/x",
            "/tmp/*",
            "~/project/build",
            "$HOME/.cache/x",
            "/var/lib/apt/lists/*",
            "\u{1}/build",
            "/home/anna/x",
        ] {
            assert!(!is_precious(target, None), "{target}");
        }
    }

    #[test]
    fn a_relative_target_is_in_the_directory_before_it() {
        assert!(is_precious("*", Some("/")));
        assert!(is_precious(".", Some("~")));
        assert!(!is_precious("*", Some("/tmp/build")));
    }

    #[test]
    fn modes_are_read_in_both_notations() {
        for mode in [
            "777", "0777", "666", "757", "a+rwx", "o+w", "ugo+rw", "a=rwx", "u+x,o+w", "o=rw",
        ] {
            assert!(is_world_writable(mode), "{mode}");
        }
        for mode in [
            "755",
            "644",
            "+x",
            "u+w",
            "g+w",
            "o-w",
            "a+x",
            "1777",
            "o+r",
            "--reference=x",
            "770",
        ] {
            assert!(!is_world_writable(mode), "{mode}");
        }
    }
}
