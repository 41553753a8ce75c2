//! What can be seen of a component without running it, also of one that the host refuses.

use bijotel_policy::{CONTRACT, inspect};
use bijotel_seal::Digest;
use serde::{Serialize, Serializer};
use wasmparser::{Encoding, KnownCustom, Parser, Payload};

/// The package of the contract, without its version.
const PACKAGE: &str = "bijotel:policy/";

/// What can be seen of a component without running it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// SHA-256 of the file.
    #[serde(serialize_with = "hex")]
    pub digest: Digest,
    /// Size of the file.
    pub bytes: usize,
    /// Why the host refuses it; `None` if it does not.
    pub refusal: Option<String>,
    /// The interface of the contract that it exports, with the version; `None` if it is no rule.
    pub contract: Option<String>,
    /// The interface that this host speaks.
    pub supported: &'static str,
    /// What it wants from the host. The contract's own types may stand here; they are no code.
    pub imports: Vec<String>,
    /// What it offers.
    pub exports: Vec<String>,
    /// The tools that made it, as they say themselves, each once.
    pub producers: Vec<Producer>,
}

/// A tool that had a part in making a component.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Producer {
    /// `language`, `processed-by` or `sdk`.
    pub field: String,
    /// The tool.
    pub name: String,
    /// Its version, as it says itself; may be empty.
    pub version: String,
}

impl Inspection {
    /// Look at a component. What cannot be read is left out, and `refusal` says why.
    pub fn of(component: &[u8]) -> Self {
        let mut inspection = Self {
            digest: Digest::of(component),
            bytes: component.len(),
            refusal: inspect(component).err().map(|error| error.to_string()),
            contract: None,
            supported: CONTRACT,
            imports: Vec::new(),
            exports: Vec::new(),
            producers: Vec::new(),
        };
        // What is damaged is read as far as it goes; the refusal says that it is damaged.
        let _ = inspection.read(component);
        inspection.contract = inspection
            .exports
            .iter()
            .find(|name| name.starts_with(PACKAGE))
            .cloned();
        inspection.producers.sort();
        inspection.producers.dedup();
        inspection
    }

    fn read(&mut self, component: &[u8]) -> wasmparser::Result<()> {
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(component) {
            match payload? {
                Payload::Version {
                    encoding: Encoding::Module | Encoding::Component,
                    ..
                } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 1 => {
                    for import in section {
                        self.imports.push(import?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 1 => {
                    for export in section {
                        self.exports.push(export?.name.name.to_owned());
                    }
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Producers(fields) = section.as_known() {
                        self.read_producers(fields)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn read_producers(
        &mut self,
        fields: wasmparser::ProducersSectionReader<'_>,
    ) -> wasmparser::Result<()> {
        for field in fields {
            let field = field?;
            for value in field.values {
                let value = value?;
                self.producers.push(Producer {
                    field: field.name.to_owned(),
                    name: value.name.to_owned(),
                    version: value.version.to_owned(),
                });
            }
        }
        Ok(())
    }
}

fn hex<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inspected(text: &str) -> Inspection {
        Inspection::of(&wat::parse_str(text).unwrap())
    }

    #[test]
    fn a_refused_component_shows_what_it_imports_and_exports() {
        let seen = inspected(
            r#"(component
                 (import "wasi:clocks/wall-clock@0.2.0" (instance))
                 (export "bijotel:policy/rule@0.0.9" (instance 0)))"#,
        );
        assert_eq!(seen.imports, ["wasi:clocks/wall-clock@0.2.0"]);
        assert_eq!(seen.contract.as_deref(), Some("bijotel:policy/rule@0.0.9"));
        let refusal = seen.refusal.unwrap();
        assert!(refusal.contains("bijotel:policy/rule@0.0.9"), "{refusal}");
    }

    #[test]
    fn what_is_no_component_is_refused_and_described_all_the_same() {
        let seen = Inspection::of(b"\0asm");
        assert_eq!((seen.bytes, seen.contract), (4, None));
        assert!(seen.refusal.is_some());
    }

    #[test]
    fn producers_of_all_parts_are_listed_once() {
        let part =
            r#"(core module (@producers (language "Rust" "2024") (processed-by "rustc" "1.95")))"#;
        let seen = inspected(&format!("(component {part} {part})"));
        let names: Vec<_> = seen
            .producers
            .iter()
            .map(|tool| tool.name.as_str())
            .collect();
        assert_eq!(names, ["Rust", "rustc"]);
    }
}
