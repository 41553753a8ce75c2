//! Cases as they are written.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use bijotel_policy::{Configuration, Limits, OnFailure, Stage};
use serde::Deserialize;
use serde_json::{Map, Value};
use serde_saphyr::{Location, Spanned};

use super::call::{Fact, Part};
use super::expect_form;
use super::{Case, CaseFile, CaseFileError};

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    rule: Option<String>,
    #[serde(default)]
    defaults: Defaults,
    cases: Vec<Spanned<CaseForm>>,
}

/// What every case of the file has unless it says otherwise.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Defaults {
    stage: Option<Stage>,
    configuration: Map<String, Value>,
    facts: BTreeMap<String, Fact>,
    limits: Limits,
    on_failure: OnFailure,
    call: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseForm {
    name: String,
    stage: Option<Stage>,
    configuration: Option<Spanned<Map<String, Value>>>,
    #[serde(default)]
    facts: BTreeMap<String, Fact>,
    #[serde(default)]
    counters: BTreeMap<String, u64>,
    limits: Option<Limits>,
    on_failure: Option<OnFailure>,
    call: Option<Map<String, Value>>,
    #[serde(default)]
    system: Part,
    #[serde(default)]
    user: Part,
    #[serde(default)]
    messages: Part,
    #[serde(default)]
    tool_result: Part,
    #[serde(default)]
    output: Part,
    tool: Option<String>,
    arguments: Option<Value>,
    expect: Spanned<Value>,
}

impl File {
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, CaseFileError> {
        let options = serde_saphyr::options! {
            budget: serde_saphyr::budget! {
                max_depth: 64,
                max_aliases: 10_000,
                max_anchors: 1_000,
                max_merge_keys: 1_000,
                max_documents: 1,
            },
            strict_booleans: true,
            with_snippet: false,
        };
        serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            let place = error.location().unwrap_or(Location::UNKNOWN);
            let problem = error.without_snippet().to_string();
            // The place stands before the problem already.
            let end = problem.rfind(" at line ").unwrap_or(problem.len());
            CaseFileError::at(path, place, problem[..end].to_owned())
        })
    }

    pub(super) fn cases(self, path: &Path) -> Result<CaseFile, CaseFileError> {
        if self.cases.is_empty() {
            let problem = "there is no case; write one under `cases:`".to_owned();
            return Err(CaseFileError::at(path, Location::UNKNOWN, problem));
        }
        let mut names = HashSet::new();
        let mut cases = Vec::with_capacity(self.cases.len());
        for written in self.cases {
            let place = written.referenced;
            if !names.insert(written.value.name.clone()) {
                let problem = format!("two cases are called `{}`", written.value.name);
                return Err(CaseFileError::at(path, place, problem));
            }
            let case = written.value.case(&self.defaults, place);
            cases.push(case.map_err(|(at, problem)| CaseFileError::at(path, at, problem))?);
        }
        Ok(CaseFile {
            path: path.to_owned(),
            rule: self.rule,
            cases,
        })
    }
}

impl CaseForm {
    fn case(self, defaults: &Defaults, place: Location) -> Result<Case, (Location, String)> {
        let (configuration, at) = match self.configuration {
            Some(given) => (given.value, given.referenced),
            None => (defaults.configuration.clone(), place),
        };
        let configuration = Configuration::from_value(&Value::Object(configuration))
            .map_err(|error| (at, error.to_string()))?;
        let mut call = defaults.call.clone();
        call.extend(self.call.unwrap_or_default());
        let mut facts = defaults.facts.clone();
        facts.extend(self.facts);
        let counters = self.counters.into_iter();
        facts.extend(counters.map(|(name, value)| (format!("counter.{name}"), Fact::from(value))));
        let short = super::call::Short {
            system: self.system,
            user: self.user,
            messages: self.messages,
            tool_result: self.tool_result,
            output: self.output,
            tool: self.tool,
            arguments: self.arguments,
            facts,
        };
        let (call, stage) = short.add_to(call).map_err(|problem| (place, problem))?;
        let at = self.expect.referenced;
        Ok(Case {
            name: self.name,
            line: place.line(),
            stage: self.stage.or(stage).or(defaults.stage),
            call,
            configuration,
            limits: self.limits.unwrap_or(defaults.limits),
            on_failure: self.on_failure.unwrap_or(defaults.on_failure),
            expected: expect_form::read(self.expect.value).map_err(|problem| (at, problem))?,
        })
    }
}
