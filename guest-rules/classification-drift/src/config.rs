//! The configuration of the rule.

use std::collections::BTreeMap;

use bijotel_rule_sdk::{LevelConfig, Levels, Mode};
use serde::Deserialize;

/// JSON Schema of [`Config`].
pub(crate) const SCHEMA: &str = include_str!("config.schema.json");

/// Markings of the United States and the levels they stand for.
const MARKERS: [(&str, &str); 20] = [
    ("(U)", "UNCLASS"),
    ("(U//FOUO)", "CUI"),
    ("FOUO", "CUI"),
    ("CUI//", "CUI"),
    ("(C)", "CUI"),
    ("(CONFIDENTIAL)", "CUI"),
    ("(S)", "SECRET"),
    ("(S//NF)", "SECRET"),
    ("(SECRET)", "SECRET"),
    ("SECRET//NOFORN", "SECRET"),
    ("SECRET//REL", "SECRET"),
    ("//NOFORN", "SECRET"),
    ("//FVEY", "SECRET"),
    ("//ORCON", "SECRET"),
    ("//IMCON", "SECRET"),
    ("(TS)", "TS"),
    ("(TOP SECRET)", "TS"),
    ("(TS//SCI)", "TS_SCI"),
    ("TS//SCI", "TS_SCI"),
    ("TOP SECRET//SCI", "TS_SCI"),
];

/// The configuration of the rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The levels, from low to high. Default UNCLASS, CUI, SECRET, TS, TS_SCI.
    pub levels: Vec<LevelConfig>,
    /// The level of a call for which the host does not say one. Default the first.
    pub default_classification: Option<String>,
    /// Markings and the levels they stand for.
    pub markers: BTreeMap<String, String>,
    /// Whether markings are only found in the case they are written in. Default false.
    pub case_sensitive: bool,
    /// Whether what goes to the model is read as well. Default true.
    pub check_input: bool,
    /// What to do about a marking above the declared level. Default deny.
    pub mode: Mode,
}

impl Default for Config {
    fn default() -> Self {
        let owned = |(marker, level): (&str, &str)| (marker.to_owned(), level.to_owned());
        Self {
            levels: Levels::ladder(),
            default_classification: None,
            markers: MARKERS.into_iter().map(owned).collect(),
            case_sensitive: false,
            check_input: true,
            mode: Mode::Deny,
        }
    }
}
