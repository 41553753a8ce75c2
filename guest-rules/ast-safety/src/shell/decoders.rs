//! Commands that turn text nobody can read into text that may be run.

use super::walk::Data;
use crate::decode;

/// What a command writes if it decodes what it is given.
pub(super) fn decoded(name: &str, arguments: &[String], stdin: &Data) -> Option<Data> {
    let has = |options: &[&str]| {
        arguments
            .iter()
            .any(|word| options.contains(&word.as_str()))
    };
    let short = |sign: char| {
        let is_short = |word: &&String| word.starts_with('-') && !word.starts_with("--");
        arguments
            .iter()
            .filter(is_short)
            .any(|word| word.contains(sign))
    };
    let undo: fn(&str) -> Option<String> = match name {
        "base64" | "gbase64" if has(&["--decode"]) || short('d') || short('D') => decode::base64,
        "openssl" if has(&["base64", "enc", "-base64"]) && has(&["-d"]) => decode::base64,
        "xxd" if short('r') => decode::hex,
        "rev" => |text| Some(text.chars().rev().collect()),
        "base32" | "basenc" if has(&["--decode"]) || short('d') => |_| None,
        "gzip" | "bzip2" | "xz" | "zstd" if short('d') => |_| None,
        "gunzip" | "zcat" | "bzcat" | "xzcat" | "uudecode" | "unxz" => |_| None,
        _ => return None,
    };
    let text = match stdin {
        Data::Fetched => return Some(Data::Fetched),
        Data::Text(text) | Data::Decoded(text) => undo(text.trim()),
        Data::Unknown => None,
    };
    Some(Data::Decoded(text.unwrap_or_default()))
}
