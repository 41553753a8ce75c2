//! Levels of classification, and which of them stand above which.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Folded;

const MAX_LEVELS: usize = 64;
const MAX_NAMES: usize = 16;

/// A level as an operator writes it down.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelConfig {
    /// What it is called.
    pub name: String,
    /// Other spellings of it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The levels right below it, by their names; they are listed before it. Left out: the one listed
    /// before it.
    #[serde(default)]
    pub above: Option<Vec<String>>,
}

/// A level of [`Levels`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level(usize);

/// Levels of classification. They need not be a ladder: of two levels that stand side by side neither
/// covers the other.
#[derive(Debug, Clone)]
pub struct Levels {
    names: Vec<String>,
    /// By spelling, made plain.
    spellings: BTreeMap<String, usize>,
    /// For each level those that it covers, one bit each: itself and all below it.
    covered: Vec<u64>,
}

impl Levels {
    /// UNCLASS, CUI, SECRET, TS and TS/SCI, each above the one before.
    pub fn ladder() -> Vec<LevelConfig> {
        const LADDER: [(&str, &[&str]); 5] = [
            ("UNCLASS", &["UNCLASSIFIED", "U"]),
            ("CUI", &["FOUO"]),
            ("SECRET", &["S"]),
            ("TS", &["TOP SECRET", "TOPSECRET"]),
            ("TS_SCI", &["TS/SCI", "TS-SCI", "SCI"]),
        ];
        let level = |(name, aliases): (&str, &[&str])| LevelConfig {
            name: name.to_owned(),
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
            above: None,
        };
        LADDER.into_iter().map(level).collect()
    }

    /// Takes levels, from low to high.
    ///
    /// # Errors
    /// What is wrong with the configuration key `levels`.
    pub fn new(configured: &[LevelConfig]) -> Result<Self, String> {
        if configured.is_empty() || configured.len() > MAX_LEVELS {
            return Err(format!(
                "the configuration key `levels`: expected 1 to {MAX_LEVELS} levels"
            ));
        }
        let mut made = Self {
            names: Vec::new(),
            spellings: BTreeMap::new(),
            covered: Vec::new(),
        };
        for (index, level) in configured.iter().enumerate() {
            made.add(index, level)
                .map_err(|error| format!("the configuration key `levels[{index}]`: {error}"))?;
        }
        Ok(made)
    }

    /// The level that a text names, by its name or another spelling of it. Case, and the space around
    /// it, do not matter.
    pub fn find(&self, spelling: &str) -> Option<Level> {
        self.spellings.get(&plain(spelling)).copied().map(Level)
    }

    /// The level that a configuration names; the first one if it names none.
    ///
    /// # Errors
    /// What is wrong with this configuration key.
    pub fn default_level(&self, key: &str, name: Option<&str>) -> Result<Level, String> {
        match name {
            None => Ok(Level(0)),
            Some(name) => self.find(name).ok_or_else(|| {
                format!("the configuration key `{key}`: expected the name of one of the levels")
            }),
        }
    }

    /// Whether a level is another one or stands above it.
    pub fn covers(&self, upper: Level, lower: Level) -> bool {
        self.covered[upper.0] & (1 << lower.0) != 0
    }

    /// What a level is called in the configuration.
    pub fn name(&self, level: Level) -> &str {
        &self.names[level.0]
    }

    fn add(&mut self, index: usize, level: &LevelConfig) -> Result<(), String> {
        let mut covered = 1 << index;
        match &level.above {
            None => covered |= self.covered.last().copied().unwrap_or(0),
            Some(lower) => {
                for name in lower {
                    let lower = self.names.iter().position(|known| known == name);
                    covered |= self.covered[lower
                        .ok_or("`above` must name levels that are listed before this one")?];
                }
            }
        }
        if level.aliases.len() > MAX_NAMES {
            return Err(format!("expected at most {MAX_NAMES} aliases"));
        }
        for spelling in level.aliases.iter().chain([&level.name]) {
            let spelling = plain(spelling);
            if spelling.is_empty() || spelling.len() > 64 {
                return Err("expected names and aliases of 1 to 64 bytes".to_owned());
            }
            let other = self.spellings.insert(spelling, index);
            if other.is_some_and(|other| other != index) {
                return Err("a name or alias is that of another level".to_owned());
            }
        }
        self.names.push(level.name.clone());
        self.covered.push(covered);
        Ok(())
    }
}

fn plain(spelling: &str) -> String {
    Folded::new(spelling, false).text().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(json: &str) -> Result<Levels, String> {
        let configured: Vec<LevelConfig> = serde_json::from_str(json).unwrap();
        Levels::new(&configured)
    }

    fn covers(levels: &Levels, upper: &str, lower: &str) -> bool {
        levels.covers(levels.find(upper).unwrap(), levels.find(lower).unwrap())
    }

    #[test]
    fn a_ladder_has_each_level_above_those_before() {
        let ladder = Levels::new(&Levels::ladder()).unwrap();
        assert!(covers(&ladder, "TS/SCI", "UNCLASS"));
        assert!(covers(&ladder, "SECRET", "S"));
        assert!(!covers(&ladder, "CUI", "SECRET"));
    }

    #[test]
    fn spellings_are_compared_as_they_are_read() {
        let ladder = Levels::new(&Levels::ladder()).unwrap();
        for spelling in [
            "top secret",
            " Top  Secret ",
            "\u{ff34}\u{ff33}",
            "topsecret",
        ] {
            let level = ladder.find(spelling).unwrap();
            assert_eq!(ladder.name(level), "TS");
        }
        assert_eq!(ladder.find("COSMIC"), None);
        assert_eq!(ladder.find(""), None);
    }

    #[test]
    fn levels_may_stand_side_by_side() {
        let lattice = levels(
            r#"[{"name":"public"},{"name":"finance","above":["public"]},{"name":"health","above":["public"]},
                {"name":"board","above":["finance","health"]},{"name":"island","above":[]}]"#,
        )
        .unwrap();
        assert!(!covers(&lattice, "finance", "health"));
        assert!(!covers(&lattice, "health", "finance"));
        assert!(covers(&lattice, "board", "health"));
        assert!(covers(&lattice, "board", "public"));
        assert!(!covers(&lattice, "island", "public"));
        assert!(!covers(&lattice, "board", "island"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for json in [
            "[]",
            r#"[{"name":""}]"#,
            r#"[{"name":"a"},{"name":"A"}]"#,
            r#"[{"name":"a"},{"name":"b","aliases":["a"]}]"#,
            r#"[{"name":"a","above":["b"]},{"name":"b"}]"#,
            r#"[{"name":"a","above":["a"]}]"#,
        ] {
            assert!(levels(json).unwrap_err().contains("`levels"), "{json}");
        }
    }
}
