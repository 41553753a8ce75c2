//! The arguments that name a part of a chain.

use bijotel::Range;
use clap::Args;

use crate::exit::{Exit, Failure};
use crate::output::harmless;
use crate::times;

/// Which entries. Of several arguments `--last` counts before `--range`, and that before the dates.
#[derive(Debug, Args)]
pub(crate) struct RangeArgs {
    /// Only from this day on (YYYY-MM-DD, UTC)
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// Only up to this day, the day included (YYYY-MM-DD, UTC)
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// Only seq A to B, both included; `A:` to the end, `:B` from the start
    #[arg(long, value_name = "A:B")]
    range: Option<String>,
    /// Only the last N entries
    #[arg(long, value_name = "N")]
    last: Option<u64>,
}

impl RangeArgs {
    /// The range; what is wrong with the arguments ends with `exit`.
    pub(crate) fn range(&self, exit: Exit) -> Result<Range, Failure> {
        self.parse()
            .map_err(|message| Failure::usage(message).with_exit(exit))
    }

    fn parse(&self) -> Result<Range, String> {
        if let Some(count) = self.last {
            return Ok(Range::Last(count));
        }
        if let Some(range) = &self.range {
            return parse_range(range)
                .ok_or_else(|| format!("--range must be A:B, got '{}'", harmless(range)));
        }
        let since_ns = parse_day("--since", self.since.as_deref(), times::day_start)?;
        let until_ns = parse_day("--until", self.until.as_deref(), times::day_end)?;
        Ok(match (since_ns, until_ns) {
            (None, None) => Range::All,
            _ => times::range(since_ns, until_ns),
        })
    }
}

fn parse_range(text: &str) -> Option<Range> {
    let (from, to) = text.split_once(':')?;
    let seq = |text: &str| match text.trim() {
        "" => Some(None),
        digits => digits.parse().ok().map(Some),
    };
    let (from, to) = (seq(from)?, seq(to)?);
    Some(Range::Seq { from, to })
}

fn parse_day(
    argument: &str,
    text: Option<&str>,
    parse: fn(&str) -> Option<i64>,
) -> Result<Option<i64>, String> {
    text.map(|text| {
        parse(text)
            .ok_or_else(|| format!("{argument} must be YYYY-MM-DD, got '{}'", harmless(text)))
    })
    .transpose()
}
