//! `expect:` as it is written.

use std::collections::BTreeMap;

use bijotel_policy::VerdictKind;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::expected::{Expected, ExpectedFinding};

/// Read what stands under `expect`: a verdict alone, or a mapping.
pub(super) fn read(value: Value) -> Result<Expected, String> {
    match value {
        Value::String(_) => Ok(Expected {
            verdict: Some(from(value)?),
            ..Expected::default()
        }),
        Value::Object(_) => from::<More>(value).map(Expected::from),
        _ => Err(
            "`expect` is a verdict, or a mapping such as `{verdict: warn, findings: []}`".into(),
        ),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct More {
    verdict: Option<VerdictKind>,
    findings: Option<Vec<FindingForm>>,
    #[serde(default)]
    includes: Vec<FindingForm>,
    #[serde(default)]
    excludes: Vec<String>,
    edited: Option<EditedForm>,
    advice: Option<String>,
    charges: Option<BTreeMap<String, u64>>,
    failure: Option<String>,
    refuses: Option<String>,
}

impl From<More> for Expected {
    fn from(more: More) -> Self {
        let findings = |forms: Vec<FindingForm>| forms.into_iter().map(|form| form.0).collect();
        let (edited, edited_text) = match more.edited {
            None => (None, None),
            Some(EditedForm::Places(places)) => (Some(places), None),
            Some(EditedForm::Text(text)) => (None, Some(text)),
        };
        Self {
            verdict: more.verdict,
            findings: more.findings.map(findings),
            includes: findings(more.includes),
            excludes: more.excludes,
            edited,
            edited_text,
            advice: more.advice,
            charges: more.charges,
            failure: more.failure,
            refuses: more.refuses,
        }
    }
}

/// A code alone, or more about the finding.
#[derive(Deserialize)]
#[serde(try_from = "Value")]
struct FindingForm(ExpectedFinding);

impl TryFrom<Value> for FindingForm {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Form {
            code: String,
            text: Option<Texts>,
            place: Option<Texts>,
            reason: Option<String>,
        }
        if let Value::String(code) = value {
            return Ok(Self(ExpectedFinding {
                code,
                ..ExpectedFinding::default()
            }));
        }
        let form: Form = from(value)?;
        Ok(Self(ExpectedFinding {
            code: form.code,
            text: form.text.map(|texts| texts.0),
            place: form.place.map(|texts| texts.0),
            reason: form.reason,
        }))
    }
}

/// A text, or a list of texts.
#[derive(Deserialize)]
#[serde(try_from = "Value")]
struct Texts(Vec<String>);

impl TryFrom<Value> for Texts {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::String(text) => Ok(Self(vec![text])),
            value => from(value).map(Self),
        }
    }
}

/// The edited text, or the edited texts by their place.
#[derive(Deserialize)]
#[serde(try_from = "Value")]
enum EditedForm {
    Text(String),
    Places(BTreeMap<String, String>),
}

impl TryFrom<Value> for EditedForm {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::String(text) => Ok(Self::Text(text)),
            value => from(value).map(Self::Places),
        }
    }
}

/// Errors name the path of the key.
fn from<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let problem = error.into_inner();
        match path.as_str() {
            "." | "?" => problem.to_string(),
            path => format!("{path}: {problem}"),
        }
    })
}
