//! From claims and entries to a report: the checks in the order in which they decide.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;
use subtle::ConstantTimeEq;

use super::read::{Segment, SignatureBlock};
use super::report::{Check, ExportReport, Problem, Status, Verdict};
use super::verify::ExportVerifier;
use super::{FORMAT_V1, FORMAT_V2, VERSION, chain_signature};
use crate::digest::GENESIS_LINK;
use crate::signature::ExportVerifyingKey;

/// What a check came to: nothing to complain about, with a word on it, or a problem.
type Outcome = Result<(Status, String), Problem>;

type CheckFn = fn(&ExportVerifier<'_>) -> Outcome;

pub(super) fn report(verifier: &ExportVerifier<'_>) -> ExportReport {
    let checks: [(&'static str, &'static str, CheckFn); 9] = [
        (
            "format",
            "The file is an export this verifier knows",
            format,
        ),
        ("count", "The number of entries is the one claimed", count),
        (
            "chain_signature",
            "The chain signature covers head and number of entries",
            signature,
        ),
        ("head", "The last entry is the one claimed", head),
        ("ed25519", "The operator's Ed25519 signature", ed25519),
        (
            "entries",
            "Every body has its digest, and every link was made with the secret",
            entries,
        ),
        ("order", "Every entry continues the one before", order),
        (
            "columns",
            "Names, kinds, times and numbers agree with the sealed bodies",
            columns,
        ),
        ("segment", "The range is the one claimed", segment),
    ];
    let mut problem = None;
    let mut rows = Vec::with_capacity(checks.len());
    for (id, title, check) in checks {
        let (status, detail) = match check(verifier) {
            Ok(outcome) => outcome,
            Err(failed) => {
                let detail = failed.reason.clone();
                problem.get_or_insert(failed);
                (Status::Failed, detail)
            }
        };
        rows.push(Check {
            id,
            title,
            status,
            detail,
        });
    }
    let (verdict, headline) = verdict(verifier, problem.as_ref());
    let claims = &verifier.claims;
    let seq_of = |end: &Option<(Option<i64>, String)>| end.as_ref().and_then(|(seq, _)| *seq);
    ExportReport {
        verdict,
        headline,
        format: text(&claims.format).map(str::to_owned),
        entries_count: claims.entries_count.as_ref().and_then(Json::as_u64),
        entries_seen: verifier.entries.seen,
        created_at: text(&claims.created_at).map(str::to_owned),
        signed_by: embedded_key(verifier).map(|key| key.fingerprint()),
        range: seq_of(&verifier.entries.first).zip(seq_of(&verifier.entries.last)),
        problem,
        checks: rows,
        not_authenticated: not_authenticated(verifier),
    }
}

fn verdict(verifier: &ExportVerifier<'_>, problem: Option<&Problem>) -> (Verdict, String) {
    let (key, public_key) = (verifier.credentials.key, verifier.credentials.public_key);
    match (problem, key, public_key) {
        (Some(problem), ..) => (Verdict::Invalid, format!("Export INVALID: {}", problem.reason)),
        (None, Some(_), Some(_)) => (
            Verdict::Valid,
            "Export VALID — HMAC chain + Ed25519 signature both verified.".to_owned(),
        ),
        (None, Some(_), None) => {
            (Verdict::Valid, "Export VALID — HMAC chain verified.".to_owned())
        }
        (None, None, Some(_)) => (
            Verdict::Incomplete,
            "Export INCOMPLETE — the Ed25519 signature is genuine, but nothing in this format ties \
             it to the entries: without the HMAC secret any of them may have been replaced or \
             removed."
                .to_owned(),
        ),
        (None, None, None) => (
            Verdict::Incomplete,
            "Export INCOMPLETE — no secret and no public key: nothing but the file's agreement with \
             itself was checked."
                .to_owned(),
        ),
    }
}

fn format(verifier: &ExportVerifier<'_>) -> Outcome {
    let claims = &verifier.claims;
    if let Some(name) = &claims.twice {
        let reason =
            format!("the member {name} comes twice: two readers could take different ones");
        return Err(Problem::file(reason));
    }
    let format = match text(&claims.format) {
        Some(format @ (FORMAT_V1 | FORMAT_V2)) => format,
        other => {
            let got = match (other, &claims.format) {
                (Some(text), _) => format!("'{}'", text.chars().take(64).collect::<String>()),
                (None, None) => "None".to_owned(),
                (None, Some(_)) => "something other than a text".to_owned(),
            };
            let reason =
                format!("Not a bijotel-chain-v1 file (and not v2 either); got format={got}");
            return Err(Problem::member("format", reason, &FORMAT_V1, &got));
        }
    };
    if text(&claims.version) != Some(VERSION) {
        let found = claims.version.as_ref().map_or("nothing".to_owned(), short);
        let reason = format!("version is {found}, and only \"{VERSION}\" is known");
        return Err(Problem::member("version", reason, &VERSION, &found));
    }
    Ok((Status::Passed, format!("{format}, version {VERSION}")))
}

fn count(verifier: &ExportVerifier<'_>) -> Outcome {
    let seen = verifier.entries.seen;
    match &verifier.claims.entries_count {
        Some(claimed) if claimed.as_u64() == Some(seen) => {
            Ok((Status::Passed, format!("as many as the file says: {seen}")))
        }
        claimed => {
            let claimed = claimed.as_ref().map_or("None".to_owned(), short);
            let reason = format!("entries_count mismatch ({claimed} vs len(entries)={seen})");
            Err(Problem::member("entries_count", reason, &seen, &claimed))
        }
    }
}

fn signature(verifier: &ExportVerifier<'_>) -> Outcome {
    let Some(key) = verifier.credentials.key else {
        return Ok((Status::NotChecked, "needs the HMAC secret".to_owned()));
    };
    let claims = &verifier.claims;
    let head = text(&claims.head_hash).unwrap_or_default();
    let expected = chain_signature(key, head, verifier.entries.seen);
    if text(&claims.chain_signature).is_some_and(|found| expected.is_code(found)) {
        Ok((
            Status::Passed,
            "made with this secret over this head and number".to_owned(),
        ))
    } else {
        let reason = "chain_signature mismatch — file may be tampered";
        Err(Problem {
            field: Some("chain_signature"),
            ..Problem::file(reason)
        })
    }
}

fn head(verifier: &ExportVerifier<'_>) -> Outcome {
    let expected = verifier
        .entries
        .last
        .as_ref()
        .map_or(GENESIS_LINK, |(_, link)| link);
    let found = text(&verifier.claims.head_hash).unwrap_or("nothing");
    if expected == found {
        Ok((Status::Passed, format!("{}...", first_digits(found))))
    } else {
        let reason = "head_hash mismatch (does not match last entry)";
        Err(Problem::member(
            "head_hash",
            reason,
            &expected,
            &short_text(found),
        ))
    }
}

fn ed25519(verifier: &ExportVerifier<'_>) -> Outcome {
    let claims = &verifier.claims;
    let is_v1 = text(&claims.format) == Some(FORMAT_V1);
    let problem = |reason: &str| {
        Err(Problem {
            field: Some("ed25519_signature"),
            ..Problem::file(reason)
        })
    };
    let block = match (&claims.signature, verifier.credentials.public_key) {
        (None, Some(_)) if is_v1 && verifier.credentials.key.is_none() => {
            return problem(
                "auditor mode requires a v2 export; this file is bijotel-chain-v1. Either provide \
                 --secret-hex or ask the operator to re-export with --sign-key.",
            );
        }
        (None, Some(_)) => {
            return problem("a public key was given, but the file has no ed25519_signature");
        }
        (None, None) if is_v1 => {
            let detail = "v1 exports have none; one that was removed leaves no trace";
            return Ok((Status::NotPresent, detail.to_owned()));
        }
        (None, None) => return problem("a v2 export must have an ed25519_signature"),
        (Some(_), _) if is_v1 => {
            return problem("a v1 export must not have an ed25519_signature");
        }
        (Some(Err(error)), _) => {
            return problem(&format!("ed25519_signature is malformed: {error}"));
        }
        (Some(Ok(block)), _) => block,
    };
    if block.algorithm != "Ed25519" || block.signed_over != "chain_signature" {
        return problem("ed25519_signature must be Ed25519 over chain_signature");
    }
    let Some(embedded) = embedded_key(verifier) else {
        return problem("the public key in the export is not an Ed25519 key");
    };
    if let Some(given) = verifier.credentials.public_key
        && !bool::from(given.to_bytes().ct_eq(&embedded.to_bytes()))
    {
        return Err(Problem::member(
            "ed25519_signature",
            "public key in export does not match auditor's copy (embedded != provided — possible \
             key-swap attack)",
            &given.fingerprint(),
            &embedded.fingerprint(),
        ));
    }
    let signature = STANDARD.decode(&block.signature).unwrap_or_default();
    let message = text(&claims.chain_signature).unwrap_or_default();
    if !embedded.verifies(message.as_bytes(), &signature) {
        return problem("ed25519 signature does NOT match chain_signature");
    }
    let fingerprint = embedded.fingerprint();
    Ok(match verifier.credentials.public_key {
        Some(_) => (
            Status::Passed,
            format!("by the key you gave, {fingerprint}"),
        ),
        None => (
            Status::NotChecked,
            format!(
                "fits the key in the file, {fingerprint}; give the operator's public key to \
                     know whose it is"
            ),
        ),
    })
}

fn entries(verifier: &ExportVerifier<'_>) -> Outcome {
    if let Some(problem) = &verifier.entries.problem {
        return Err(problem.clone());
    }
    let seen = verifier.entries.seen;
    Ok(match verifier.credentials.key {
        Some(_) => (Status::Passed, format!("{seen} bodies and {seen} links")),
        None => (
            Status::NotChecked,
            format!("{seen} bodies have their digests; links need the HMAC secret"),
        ),
    })
}

fn order(verifier: &ExportVerifier<'_>) -> Outcome {
    let Some(boundary) = verifier.boundary() else {
        return Ok((
            Status::NotChecked,
            "the segment does not say where it begins".to_owned(),
        ));
    };
    if let Some((seq, prev_hash)) = &verifier.entries.first
        && prev_hash != boundary
        && !prev_hash.is_empty()
    {
        let place = seq.map_or(" at entry 1 of the file".to_owned(), |seq| {
            format!(" at seq={seq}")
        });
        let reason = format!("prev_hash chain break{place}");
        let problem = Problem::member("prev_hash", reason, &boundary, prev_hash);
        return Err(Problem {
            seq: *seq,
            position: Some(1),
            ..problem
        });
    }
    match &verifier.entries.order {
        Some(problem) => Err(problem.clone()),
        None => Ok((
            Status::Passed,
            format!("from {}...", first_digits(boundary)),
        )),
    }
}

fn columns(verifier: &ExportVerifier<'_>) -> Outcome {
    let entries = &verifier.entries;
    if let Some(problem) = entries.columns.as_ref().or(entries.gap.as_ref()) {
        return Err(problem.clone());
    }
    if let (Some((Some(first), _)), None) = (&entries.first, &verifier.claims.segment)
        && *first != 1
    {
        let reason = format!("the export starts at seq={first} and has no segment that says so");
        return Err(Problem::member("seq", reason, &1, first));
    }
    Ok((
        Status::Passed,
        format!(
            "spans: {}, events: {}",
            entries.spans,
            entries.seen - entries.spans
        ),
    ))
}

fn segment(verifier: &ExportVerifier<'_>) -> Outcome {
    let segment = match &verifier.claims.segment {
        None => {
            return Ok((
                Status::NotPresent,
                "the export claims the whole chain".to_owned(),
            ));
        }
        Some(Err(error)) => {
            let reason = format!("segment is malformed: {error}");
            return Err(Problem {
                field: Some("segment"),
                ..Problem::file(reason)
            });
        }
        Some(Ok(segment)) => segment,
    };
    let entries = &verifier.entries;
    let seq = |end: &Option<(Option<i64>, String)>| end.as_ref().and_then(|(seq, _)| *seq);
    let claims: [(&str, String, String); 4] = [
        (
            "first_seq",
            shown(seq(&entries.first)),
            segment.first_seq.to_string(),
        ),
        (
            "last_seq",
            shown(seq(&entries.last)),
            segment.last_seq.to_string(),
        ),
        (
            "total_in_segment",
            entries.seen.to_string(),
            segment.total_in_segment.to_string(),
        ),
        (
            "is_complete_chain",
            is_complete(segment, entries.seen).to_string(),
            segment.is_complete_chain.to_string(),
        ),
    ];
    for (name, expected, found) in claims {
        if entries.seen > 0 && expected != found {
            let reason = format!("segment.{name} is {found}, the entries say {expected}");
            return Err(Problem::member("segment", reason, &expected, &found));
        }
    }
    let (first, last, total) = (
        segment.first_seq,
        segment.last_seq,
        segment.total_in_full_chain,
    );
    Ok((
        Status::Passed,
        format!("seq {first} to {last} of a chain said to have {total} entries"),
    ))
}

fn is_complete(segment: &Segment, seen: u64) -> bool {
    segment.boundary_prev_hash == GENESIS_LINK && segment.total_in_full_chain == seen
}

fn not_authenticated(verifier: &ExportVerifier<'_>) -> Vec<String> {
    let entries = &verifier.entries;
    let mut list = Vec::new();
    if verifier.credentials.key.is_none() {
        list.push("every entry: only the HMAC secret proves what was sealed".to_owned());
    }
    list.push("created_at".to_owned());
    if entries.seen > 0 {
        list.push("trace_id and span_id of every entry".to_owned());
    }
    let events = entries.seen - entries.spans;
    if events > 0 {
        let columns = "timestamp_ns, span_name, span_kind and semantic_body_hash";
        list.push(format!(
            "{columns} of entries whose body is not a span's: {events}"
        ));
    }
    if entries.spans_without_semantic > 0 {
        let count = entries.spans_without_semantic;
        list.push(format!(
            "semantic_body_hash of spans that have none: {count}"
        ));
    }
    if verifier.claims.segment.is_some() {
        list.push("segment.total_in_full_chain: how much of the chain this is".to_owned());
    }
    for name in &verifier.claims.unknown {
        list.push(format!("the member {name:?}, which no release writes"));
    }
    if entries.unknown_members {
        list.push("members of entries that no release writes".to_owned());
    }
    list
}

fn embedded_key(verifier: &ExportVerifier<'_>) -> Option<ExportVerifyingKey> {
    let SignatureBlock { public_key, .. } = verifier.claims.signature.as_ref()?.as_ref().ok()?;
    ExportVerifyingKey::from_bytes(&STANDARD.decode(public_key).ok()?)
}

fn text(json: &Option<Json>) -> Option<&str> {
    json.as_ref().and_then(Json::as_str)
}

fn short(json: &Json) -> String {
    short_text(&json.to_string())
}

fn short_text(text: &str) -> String {
    text.chars().take(80).collect()
}

fn first_digits(digest: &str) -> String {
    digest.chars().take(16).collect()
}

fn shown(seq: Option<i64>) -> String {
    seq.map_or("unreadable".to_owned(), |seq| seq.to_string())
}
