//! `bijotel list`: entries, newest first.

use bijotel::ChainReader;
use bijotel::seal::Entry;
use bijotel::store::Filter;
use clap::Args;
use serde_json::{Value, json};

use crate::config::ChainArgs;
use crate::exit::{Exit, Failure};
use crate::output::{Output, Tone, harmless};
use crate::summary::{Status, Summary};
use crate::times;

/// How much of a model's name fits its column.
const MODEL_WIDTH: usize = 27;

const EXAMPLES: &str = "\
Examples:
  bijotel list --db chain.db
  bijotel list --db chain.db --blocked --limit -1
  bijotel list --db chain.db --since 2026-01-01 --json

--limit and --offset count entries before --blocked, --rule and --model choose among them.
Exit codes: 0 shown (also if nothing fits), 1 no such file or not a chain, 2 wrong arguments";

/// List entries, newest first
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    chain: ChainArgs,
    /// Only calls that the rules blocked
    #[arg(long)]
    blocked: bool,
    /// Only what this rule blocked, warned of or decided
    #[arg(long, value_name = "NAME")]
    rule: Option<String>,
    /// Only calls of this model (gen_ai.request.model)
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Only from this day on (YYYY-MM-DD, UTC)
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// How many entries to look at; a negative number means all
    #[arg(
        long,
        value_name = "N",
        default_value_t = 50,
        allow_negative_numbers = true
    )]
    limit: i64,
    /// How many of the newest entries to leave out
    #[arg(long, value_name = "N", default_value_t = 0)]
    offset: u64,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let database = arguments.chain.chain()?.database;
    let since_ns = match &arguments.since {
        Some(day) => Some(
            times::day_start(day)
                .ok_or_else(|| Failure::usage("--since must be YYYY-MM-DD format"))?,
        ),
        None => None,
    };
    let reader = ChainReader::open(&database)?;
    let filter = Filter {
        since_ns,
        until_ns: None,
    };
    let mut shown = Shown::default();
    let mut skip = arguments.offset;
    // A negative limit is none.
    let mut left = u64::try_from(arguments.limit).unwrap_or(u64::MAX);
    let mut problem = Ok(());
    reader.newest_first(&filter, |entry| {
        if skip > 0 {
            skip -= 1;
            return true;
        }
        if left == 0 {
            return false;
        }
        left -= 1;
        let summary = Summary::of(&entry);
        if arguments.wants(&summary) {
            problem = shown.show(&entry, &summary, out);
        }
        problem.is_ok() && !out.closed()
    })?;
    problem?;
    shown.finish(out)?;
    Ok(Exit::Ok)
}

impl Arguments {
    fn wants(&self, summary: &Summary) -> bool {
        let is =
            |wanted: &Option<String>, have: &Option<String>| wanted.is_none() || (wanted == have);
        (!self.blocked || summary.status == Status::Blocked)
            && is(&self.rule, &summary.rule)
            && is(&self.model, &summary.model)
    }
}

/// What was shown so far.
#[derive(Default)]
struct Shown {
    count: u64,
    rows: Vec<Value>,
}

impl Shown {
    fn show(
        &mut self,
        entry: &Entry<'_>,
        summary: &Summary,
        out: &mut Output,
    ) -> Result<(), Failure> {
        self.count += 1;
        if out.json() {
            self.rows.push(row_json(entry, summary));
            return Ok(());
        }
        if self.count == 1 {
            out.line(format_args!(
                "{:<6} {:<22} {:<18} {:<28} {:<8} {:<10}",
                "seq", "timestamp", "trace_id", "model", "status", "cost"
            ))?;
            out.line(format_args!("{}", "-".repeat(92)))?;
        }
        let trace: String = harmless(&entry.trace_id).chars().take(16).collect();
        let model = summary.model.as_deref().unwrap_or("-");
        let model: String = harmless(model).chars().take(MODEL_WIDTH).collect();
        let status = format!("{:<8}", summary.status.as_str());
        let status = match summary.status {
            Status::Allowed => status,
            Status::Warn => out.toned(Tone::Doubtful, status),
            Status::Blocked => out.toned(Tone::Bad, status),
        };
        out.line(format_args!(
            "{:<6} {:<22} {:<18} {model:<28} {status} {:<10}",
            entry.seq,
            times::second(entry.timestamp_ns),
            format!("{trace}.."),
            harmless(&summary.cost.to_string()),
        ))
    }

    fn finish(self, out: &mut Output) -> Result<(), Failure> {
        if out.json() {
            out.document(&json!({"entries": self.rows}))
        } else if self.count == 0 {
            out.line(format_args!("(no spans match filters)"))
        } else {
            out.line(format_args!("\n({} spans)", self.count))
        }
    }
}

fn row_json(entry: &Entry<'_>, summary: &Summary) -> Value {
    json!({
        "seq": entry.seq,
        "timestamp_ns": entry.timestamp_ns,
        "timestamp": times::second(entry.timestamp_ns),
        "trace_id": entry.trace_id,
        "span_id": entry.span_id,
        "span_name": entry.span_name,
        "model": summary.model,
        "status": summary.status,
        "rule": summary.rule,
        "cost": summary.cost.to_string(),
        "cost_usd": summary.cost.usd(),
        "canonical_hash": entry.canonical_hash,
    })
}
