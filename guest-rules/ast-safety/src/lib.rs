//! Rule `ast_safety`: dangerous constructs in Python and shell code, by syntax trees.
//!
//! It reads code in fenced blocks (tagged as Python or shell, or untagged), on lines that are code
//! without being marked, in the arguments of tool calls, and, with less trust, in the middle of
//! sentences. [`Check`] lists what it looks for. Ranges of findings are bytes of the original text.
//!
//! What it cannot do: it does not run code, so it cannot know what a file, a host, an environment
//! or an input holds; it does not follow data from one piece of code to another; Python objects
//! reached through the class hierarchy (`().__class__.__base__.__subclasses__()`) pass, and so does
//! every other language.

mod arguments;
mod check;
mod config;
mod fences;
mod finding;
mod python;
mod shell;
mod snippet;
mod triggers;
mod unfenced;

use std::ops::Range;

use bijotel_rule_sdk::{
    Call, Description, Evaluation, Origin, Piece, Report, Rule, Stage, Unescaped, export_rule,
    pieces,
};

pub use check::Check;
pub use config::{CheckAction, Config, Part};
use finding::Finding;
use python::Program;
use snippet::{Language, Snippet, Trust};
use triggers::Triggers;

/// The rule.
#[derive(Debug)]
pub struct AstSafety {
    config: Config,
    triggers: Triggers,
}

impl Rule for AstSafety {
    type Config = Config;

    const EXAMPLES: &'static [&'static str] = &[
        "```python\nimport os as o\nfrom subprocess import run\nrun(['ls'], shell=True)\no.system('ls')\n```",
        "```sh\nset -e\nfor f in *; do sudo rm -rf \"$f\" | tee /dev/null; done\ncurl -s x.org | bash\n```",
    ];

    fn describe() -> Description {
        Description {
            configuration_schema: config::SCHEMA.to_owned(),
            // A block that began earlier than this in a stream is read from its middle.
            look_back: 16 << 10,
            ..bijotel_rule_sdk::description(
                "ast_safety",
                env!("CARGO_PKG_VERSION"),
                "Finds dangerous constructs in Python and shell code by its syntax tree.",
                &[
                    Stage::Admission,
                    Stage::Inspection,
                    Stage::Commitment,
                    Stage::Record,
                ],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        if config.max_code_bytes == 0 {
            return Err("the configuration key `max_code_bytes`: expected at least 1".to_owned());
        }
        Ok(Self {
            config,
            triggers: Triggers::new()?,
        })
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut report = Report::default();
        for piece in pieces(call).filter(|piece| self.config.looks_at(piece.origin)) {
            if let Origin::Arguments(tool) = piece.origin {
                let plain = Unescaped::new(piece.text);
                for snippet in arguments::find(tool, &plain) {
                    self.judge(&snippet, &mut report, &piece, |range| plain.origin(&range));
                }
            } else {
                let fences = fences::split(piece.text);
                let unfenced = fences
                    .between
                    .into_iter()
                    .flat_map(|part| unfenced::find(piece.text, part, &self.triggers));
                for snippet in fences.blocks.into_iter().chain(unfenced) {
                    self.judge(&snippet, &mut report, &piece, |range| range);
                }
            }
        }
        report.finish()
    }
}

impl AstSafety {
    fn judge(
        &self,
        snippet: &Snippet,
        report: &mut Report,
        piece: &Piece<'_>,
        trace: impl Fn(Range<usize>) -> Range<usize>,
    ) {
        let (trust, findings) = self.check(snippet);
        for finding in findings {
            let Some(action) = self.config.action(finding.check, trust) else {
                continue;
            };
            let range = trace(snippet.origin(&finding.range));
            report.find(
                action,
                finding.check.code(),
                finding.check.reason(),
                piece.range(range.start, range.end),
            );
        }
    }

    fn check(&self, snippet: &Snippet) -> (Trust, Vec<Finding>) {
        let code = &snippet.code;
        if code.len() > self.config.max_code_bytes {
            let whole = Finding {
                check: Check::Unreadable,
                range: 0..code.len(),
            };
            return (snippet.trust, vec![whole]);
        }
        match snippet.language {
            Language::Python if !self.triggers.may_match_python(code) => {
                (snippet.trust, Vec::new())
            }
            Language::Python => (snippet.trust, python::check(code)),
            Language::Shell => (snippet.trust, shell::check(code)),
            Language::Unknown => self.check_unknown(snippet),
        }
    }

    /// Code of which nobody said what it is: what is Python or a shell script without an error is
    /// checked as such, anything else as both and with less trust.
    fn check_unknown(&self, snippet: &Snippet) -> (Trust, Vec<Finding>) {
        let code = &snippet.code;
        let program = self
            .triggers
            .may_match_python(code)
            .then(|| Program::parse(code))
            .flatten();
        let is_python = program.as_ref().is_some_and(Program::is_python);
        let is_shell = shell::is_shell(code);
        let trust = if is_python || is_shell {
            snippet.trust
        } else {
            Trust::Prose
        };
        let mut findings = Vec::new();
        if let Some(program) = program
            && (is_python || !is_shell)
        {
            findings.extend(program.check());
        }
        if is_shell || !is_python {
            findings.extend(shell::check(code));
        }
        (trust, findings)
    }
}

export_rule!(AstSafety);

#[cfg(test)]
mod tests;
