//! The semantic body: a span body without what differs between two runs of the same request.
//!
//! Which attributes are left out grew with the releases of the Python tool. New entries use the newest
//! list; an entry is intact if its digest follows from any of them.

/// The attributes that one release's semantic body leaves out, sorted.
#[derive(Debug, Clone, Copy)]
pub struct ExcludedAttributes(&'static [&'static str]);

/// The lists, newest first: releases 2.6 to 2.17, 2.4 to 2.5, 1.0 to 2.3.
pub const RELEASES: [ExcludedAttributes; 3] = [
    ExcludedAttributes(&[
        "bijotel.rag.sources",
        "gen_ai.output.messages",
        "gen_ai.response.finish_reason",
        "gen_ai.response.finish_reasons",
        "gen_ai.response.id",
        "gen_ai.response.model",
        "gen_ai.response.time_to_first_chunk",
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.total_tokens",
    ]),
    ExcludedAttributes(&[
        "gen_ai.output.messages",
        "gen_ai.response.finish_reason",
        "gen_ai.response.finish_reasons",
        "gen_ai.response.id",
        "gen_ai.response.model",
        "gen_ai.response.time_to_first_chunk",
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.total_tokens",
    ]),
    ExcludedAttributes(&[
        "gen_ai.output.messages",
        "gen_ai.response.finish_reasons",
        "gen_ai.response.id",
        "gen_ai.response.model",
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.total_tokens",
    ]),
];

/// The list that new entries use.
pub const NEWEST: ExcludedAttributes = RELEASES[0];

impl ExcludedAttributes {
    /// Whether the attribute `key` is left out.
    pub fn contains(self, key: &str) -> bool {
        self.0.binary_search(&key).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_for_the_search() {
        for list in RELEASES {
            assert!(list.0.is_sorted());
        }
    }
}
