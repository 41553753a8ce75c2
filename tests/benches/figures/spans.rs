//! Spans with bodies of about 1.1 KB, no two alike.

use bijotel::seal::{Draft, Span, SpanKind, StatusCode, Value};

/// The span with this number.
pub(crate) fn span(number: u64) -> Span {
    let prompt = format!(
        "[{{\"role\":\"user\",\"content\":\"Request {number}: {}\"}}]",
        "please summarise the minutes of the last meeting in three sentences. ".repeat(6)
    );
    let answer = format!(
        "[{{\"role\":\"assistant\",\"parts\":[{{\"type\":\"text\",\"content\":\"{}\"}}]}}]",
        "The meeting agreed on the budget and the date. ".repeat(3)
    );
    let text = |key: &str, value: &str| (key.to_owned(), Value::string(value));
    Span {
        trace_id: u128::from(number)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
            .to_be_bytes(),
        span_id: number.to_be_bytes(),
        name: "chat gpt-4o-mini".to_owned(),
        kind: SpanKind::Client,
        attributes: vec![
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.provider.name", "openai"),
            text("gen_ai.request.model", "gpt-4o-mini"),
            ("gen_ai.request.max_tokens".to_owned(), Value::integer(256)),
            text("gen_ai.input.messages", &prompt),
            text("gen_ai.output.messages", &answer),
            text("gen_ai.response.id", &format!("chatcmpl-{number:012}")),
            text("gen_ai.response.model", "gpt-4o-mini-2024-07-18"),
            ("gen_ai.usage.input_tokens".to_owned(), Value::integer(120)),
            ("gen_ai.usage.output_tokens".to_owned(), Value::integer(36)),
        ],
        status_code: StatusCode::Unset,
        status_description: None,
        start_time_ns: 1_800_000_000_000_000_000 + number * 1_000_000,
        end_time_ns: 1_800_000_000_400_000_000 + number * 1_000_000,
    }
}

/// The draft with this number.
pub(crate) fn draft(number: u64) -> Draft {
    Draft::of_span(&span(number)).expect("the span's time is within range")
}
