//! Parts of messages that are not text: images, audio, files.

use bijotel_policy::{Attachment, Role};
use bijotel_seal::canonical::{Object, Value};

/// The attachment that a part of a message is, in the forms of the OpenTelemetry conventions and of the
/// APIs of OpenAI and Anthropic; `None` if it is something else.
pub(super) fn attachment_of(part: &Object, place: &str, role: Role) -> Option<Attachment> {
    let kind = part.get("type")?.as_str()?;
    let general = match kind {
        "image" | "image_url" | "input_image" => "image/*",
        "input_audio" | "audio" => "audio/*",
        "video" => "video/*",
        "document" if is_text(part) => return None,
        "file" | "input_file" | "blob" | "uri" | "document" => "",
        _ => return None,
    };
    let inner = ["source", "image_url", "input_audio", "file"]
        .iter()
        .find_map(|name| part.get(name)?.as_object());
    let text = |name: &str| {
        let inside = inner.and_then(|inner| inner.get(name)?.as_str());
        inside.or_else(|| part.get(name)?.as_str())
    };
    let url = ["url", "image_url", "file_data", "uri"]
        .iter()
        .find_map(|name| text(name)?.strip_prefix("data:"));
    let (in_url, data) = match url.and_then(|url| url.split_once(',')) {
        Some((head, data)) => (head.split(';').next(), Some(data)),
        None => (None, text("data").or_else(|| text("content"))),
    };
    let modality = text("modality").map(|modality| format!("{modality}/*"));
    let media_type = text("media_type")
        .or_else(|| text("mime_type"))
        .or(in_url)
        .filter(|named| !named.is_empty())
        .map(str::to_owned)
        .or(modality.filter(|_| general.is_empty()))
        .unwrap_or_else(|| general.to_owned());
    Some(Attachment {
        role,
        place: place.to_owned(),
        media_type,
        size: data.map(decoded_size),
    })
}

/// Whether a document of Anthropic's API is given as text.
fn is_text(part: &Object) -> bool {
    let source = part.get("source").and_then(Value::as_object);
    let kind = source.and_then(|source| source.get("type")?.as_str());
    matches!(kind, Some("text" | "content"))
}

/// Whether text can be Base64, so that what only claims to be is shown to the rules all the same.
pub(super) fn is_base64(text: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=\r\n".contains(&byte);
    text.bytes().all(digit)
}

/// How many bytes Base64 text stands for.
fn decoded_size(base64: &str) -> u64 {
    let digits = base64.trim_end_matches('=').len() as u64;
    digits * 3 / 4
}
