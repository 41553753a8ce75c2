//! What may be spent in a day, and how much of it is left.

use bijotel_rule_sdk::{
    Call, Charge, Counter, CounterWindow, Finding, Measure, ModelTable, Price, Prices, Scope,
    Tokens, millionths,
};
use serde::Deserialize;

/// The fact that says which part of its budget the caller has left: a decimal number from 0 to 1.
pub const BUDGET_REMAINING: &str = "budget.remaining";

/// The counter of what was spent.
const COUNTER: &str = "cost";

/// A budget that the host keeps account of. It refuses nothing; it makes advice thriftier.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetConfig {
    /// US dollars in a day (UTC).
    pub usd: f64,
    /// Which calls share it. Default those of one agent.
    #[serde(default = "one_agent")]
    pub scope: Scope,
    /// Own prices by model; they come before the shipped ones.
    #[serde(default)]
    pub prices: ModelTable<Price>,
    /// The length of an answer for which a call asks for no limit. Default 4096.
    #[serde(default = "a_long_answer")]
    pub assumed_output_tokens: u64,
}

fn one_agent() -> Scope {
    Scope::Agent
}

fn a_long_answer() -> u64 {
    4096
}

/// A budget, ready.
#[derive(Debug)]
pub(crate) struct Budget {
    /// In micro-dollars.
    limit: u64,
    scope: Scope,
    prices: Prices,
    assumed_output: u64,
}

/// What is left, and what there is to say about it.
#[derive(Debug)]
pub(crate) struct Account {
    /// The part that is left, from 0 to 1; 1 where nothing is known.
    pub(crate) left: f64,
    pub(crate) charges: Vec<Charge>,
    pub(crate) findings: Vec<Finding>,
}

impl Budget {
    pub(crate) fn new(config: BudgetConfig) -> Result<Self, String> {
        let limit = millionths(config.usd).filter(|limit| *limit > 0).ok_or(
            "the configuration key `budget.usd`: expected US dollars, more than 0, up to 1000000",
        )?;
        Ok(Self {
            limit,
            scope: config.scope,
            prices: Prices::new(config.prices),
            assumed_output: config.assumed_output_tokens,
        })
    }

    pub(crate) fn counter(&self) -> Counter {
        Counter {
            name: COUNTER.to_owned(),
            measure: Measure::Cost,
            scope: self.scope.into(),
            window: CounterWindow::Day,
            limit: None,
        }
    }

    /// What is left of this budget before the call, and what the call takes from it.
    fn settle(&self, call: &Call, account: &mut Account) {
        match call.counter(COUNTER) {
            Some(spent) => {
                let left = self.limit.saturating_sub(spent);
                account.left = account.left.min(to_f64(left) / to_f64(self.limit));
            }
            None => account.say(
                "routing.counter_missing",
                "The host keeps no counter for this rule, so it is not known what was spent",
            ),
        }
        match self.prices.get(&call.model) {
            Some(price) => account.charges.push(Charge {
                counter: COUNTER.to_owned(),
                amount: price.cost(&Tokens::of(call, self.assumed_output)),
            }),
            None => account.say(
                "routing.unknown_price",
                "The requested model has no price, so the call is not taken from the budget",
            ),
        }
    }
}

impl Account {
    /// What is left before a call, by the fact and by the budget, whichever is less.
    pub(crate) fn of(call: &Call, budget: Option<&Budget>) -> Self {
        let mut account = Self {
            left: 1.0,
            charges: Vec::new(),
            findings: Vec::new(),
        };
        if let Some(value) = call.fact(BUDGET_REMAINING) {
            let part = value.parse::<f64>().ok();
            match part.filter(|part| (0.0..=1.0).contains(part)) {
                Some(part) => account.left = part,
                None => account.say(
                    "routing.bad_fact",
                    "The fact budget.remaining is not a number from 0 to 1 and was left out of account",
                ),
            }
        }
        if let Some(budget) = budget {
            budget.settle(call, &mut account);
        }
        account
    }

    fn say(&mut self, code: &str, reason: &str) {
        self.findings.push(Finding {
            code: code.to_owned(),
            reason: reason.to_owned(),
            ranges: Vec::new(),
        });
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "budgets have at most 10^12 micro-dollars"
)]
fn to_f64(amount: u64) -> f64 {
    amount as f64
}
