//! What is checked about a rule before anything of it is compiled or run.

use wasmparser::component_types::ComponentEntityType;
use wasmparser::{Encoding, Parser, Payload, Validator, WasmFeatures, types::Types};

use crate::error::LoadError;

/// The interface a rule must export.
pub const CONTRACT: &str = "bijotel:policy/rule@1.0.0-rc.1";

/// The interface that holds the contract's types. A component may name it as an import, because an
/// exported interface that uses types of another one is written so; it then holds types and nothing
/// else.
const TYPES: &str = "bijotel:policy/types@1.0.0-rc.1";

/// The largest component that is accepted, in bytes.
pub const MAX_COMPONENT: usize = 64 << 20;

/// The WebAssembly proposals a rule may use: what is deterministic and needs nothing of the host.
pub(crate) const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::COMPONENT_MODEL);

/// Check that these bytes are a component which exports the contract and imports nothing.
///
/// # Errors
///
/// The first thing that is wrong; an import and an unknown version of the contract are named.
pub fn inspect(component: &[u8]) -> Result<(), LoadError> {
    if component.len() > MAX_COMPONENT {
        return Err(LoadError::TooLarge {
            size: component.len(),
            limit: MAX_COMPONENT,
        });
    }
    if Parser::is_core_wasm(component) {
        return Err(LoadError::NotAComponent(
            "it is a core module; make a component of it first (`cargo xtask rules` does)".into(),
        ));
    }
    let types = validate(component).map_err(|error| LoadError::NotAComponent(error.to_string()))?;
    let names =
        Names::of(component).map_err(|error| LoadError::NotAComponent(error.to_string()))?;
    let is_rule = names.exports.iter().any(|export| export == CONTRACT);
    let other = |export: &&String| export.starts_with("bijotel:policy/");
    // Before the imports: another version imports its own types.
    if !is_rule && let Some(found) = names.exports.iter().find(other) {
        return Err(LoadError::ContractVersion {
            found: found.clone(),
            supported: CONTRACT,
        });
    }
    for import in &names.imports {
        if !(import == TYPES && holds_only_types(&types, import)) {
            return Err(LoadError::Import {
                name: import.clone(),
            });
        }
    }
    match is_rule {
        true => Ok(()),
        false => Err(LoadError::NotARule(CONTRACT)),
    }
}

/// Check that these bytes are a valid component.
pub(crate) fn validate(component: &[u8]) -> wasmparser::Result<Types> {
    Validator::new_with_features(FEATURES).validate_all(component)
}

/// The names a component imports and exports at its top level.
#[derive(Default)]
struct Names {
    imports: Vec<String>,
    exports: Vec<String>,
}

impl Names {
    fn of(component: &[u8]) -> wasmparser::Result<Self> {
        let mut names = Self::default();
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
                        names.imports.push(import?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 1 => {
                    for export in section {
                        names.exports.push(export?.name.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(names)
    }
}

fn holds_only_types(types: &Types, import: &str) -> bool {
    let types = types.as_ref();
    match types.component_item_for_import(import).map(|item| item.ty) {
        Some(ComponentEntityType::Instance(id)) => types[id]
            .exports
            .values()
            .all(|item| matches!(item.ty, ComponentEntityType::Type { .. })),
        _ => false,
    }
}
