//! The artifact: an OCI image manifest (image specification 1.1) whose config is
//! `application/vnd.wasm.config.v0+json` and whose first layer is the component.
//! <https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{About, RegistryError};
use crate::digest::RuleDigest;
use crate::store::Package;

/// The media type of the manifest.
pub(super) const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

/// The media type of the config.
pub const CONFIG_TYPE: &str = "application/vnd.wasm.config.v0+json";

/// The media type of the layer that is the component.
pub const COMPONENT_TYPE: &str = "application/wasm";

/// The media type of the layer that holds the signatures.
pub const SIGNATURE_TYPE: &str = "application/vnd.bijotel.rule.signature.v1";

/// No manifest is greater, in bytes.
pub(super) const MAX_MANIFEST: usize = 256 << 10;

/// What a component exports and imports, by the names that it gives them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interfaces {
    /// Its exports.
    pub exports: Vec<String>,
    /// Its imports.
    pub imports: Vec<String>,
}

/// A manifest, as far as it is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    schema_version: u32,
    media_type: Option<String>,
    config: Descriptor,
    layers: Vec<Descriptor>,
}

/// What a manifest says of a blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    pub(super) media_type: String,
    pub(super) digest: RuleDigest,
    pub(super) size: u64,
}

/// The layers of a rule package.
pub(super) struct Contents<'a> {
    pub(super) component: &'a Descriptor,
    pub(super) signatures: Option<&'a Descriptor>,
}

/// The bytes of the config. They depend on nothing but the package: pushing twice makes one artifact,
/// so the time of creation that the format demands is always the same.
pub(super) fn config(package: &Package, interfaces: &Interfaces) -> Vec<u8> {
    let digests: Vec<_> = layers(package)
        .into_iter()
        .map(|layer| layer.digest)
        .collect();
    let config = json!({
        "created": "1970-01-01T00:00:00Z",
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": digests,
        "component": {"exports": interfaces.exports, "imports": interfaces.imports},
    });
    config.to_string().into_bytes()
}

/// The bytes of the manifest.
pub(super) fn manifest(package: &Package, about: &About, config: &[u8]) -> Vec<u8> {
    let annotations = BTreeMap::from([
        ("org.opencontainers.image.title", &about.rule),
        ("org.opencontainers.image.version", &about.version),
    ]);
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": Descriptor::of(CONFIG_TYPE, config),
        "layers": layers(package),
        "annotations": annotations,
    });
    manifest.to_string().into_bytes()
}

fn layers(package: &Package) -> Vec<Descriptor> {
    let mut layers = vec![Descriptor::of(COMPONENT_TYPE, &package.component)];
    if let Some(signatures) = &package.signatures {
        let text = signatures.to_string();
        layers.push(Descriptor::of(SIGNATURE_TYPE, text.as_bytes()));
    }
    layers
}

impl Manifest {
    pub(super) fn parse(bytes: &[u8], content_type: Option<&str>) -> Result<Self, RegistryError> {
        let refuse = |problem: String| Err(RegistryError::NotAPackage(problem));
        // Parameters of a media type follow a semicolon.
        let sent = content_type.map(|text| text.split(';').next().unwrap_or_default().trim());
        if sent.is_some_and(|sent| sent != MANIFEST_TYPE) {
            let sent = shown(sent.unwrap_or_default());
            return refuse(format!("it is {sent}, not an OCI image manifest"));
        }
        let manifest: Self = match serde_json::from_slice(bytes) {
            Ok(manifest) => manifest,
            Err(_) => return refuse("its manifest cannot be read".into()),
        };
        let said = manifest.media_type.as_deref();
        if manifest.schema_version != 2 || said.is_some_and(|said| said != MANIFEST_TYPE) {
            return refuse("it is not an OCI image manifest".into());
        }
        Ok(manifest)
    }

    /// The layers, if they are those of a rule package and no others.
    pub(super) fn contents(&self) -> Result<Contents<'_>, RegistryError> {
        let refuse = |problem: String| Err(RegistryError::NotAPackage(problem));
        if self.config.media_type != CONFIG_TYPE {
            let found = shown(&self.config.media_type);
            return refuse(format!("its config is {found}, not {CONFIG_TYPE}"));
        }
        let (mut component, mut signatures) = (None, None);
        for layer in &self.layers {
            let place = match layer.media_type.as_str() {
                COMPONENT_TYPE => &mut component,
                SIGNATURE_TYPE => &mut signatures,
                other => {
                    let other = shown(other);
                    return refuse(format!("it has a layer of the unknown type {other}"));
                }
            };
            if place.replace(layer).is_some() {
                return refuse(format!(
                    "it has two layers of the type {}",
                    layer.media_type
                ));
            }
        }
        match component {
            Some(component) => Ok(Contents {
                component,
                signatures,
            }),
            None => refuse(format!("it has no layer of the type {COMPONENT_TYPE}")),
        }
    }
}

impl Descriptor {
    fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: RuleDigest::of(bytes),
            size: bytes.len() as u64,
        }
    }
}

/// A media type that somebody else wrote, in a form that can be shown.
fn shown(media_type: &str) -> String {
    let harmless = |c: &char| c.is_ascii_alphanumeric() || "/.+-_".contains(*c);
    media_type.chars().filter(harmless).take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package() -> Package {
        Package::new(b"abc".to_vec(), None)
    }

    fn about() -> About {
        About {
            rule: "no_shouting".into(),
            version: "1.0.0".into(),
            interfaces: Interfaces {
                exports: vec!["bijotel:policy/rule@1.0.0".into()],
                imports: Vec::new(),
            },
        }
    }

    fn written() -> String {
        let config = config(&package(), &about().interfaces);
        String::from_utf8(manifest(&package(), &about(), &config)).unwrap()
    }

    fn refusal(manifest: &str) -> String {
        match Manifest::parse(manifest.as_bytes(), None) {
            Ok(manifest) => manifest.contents().err().unwrap().to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_manifest_reads_back() {
        let manifest = Manifest::parse(written().as_bytes(), Some(MANIFEST_TYPE)).unwrap();
        let contents = manifest.contents().unwrap();
        assert_eq!(contents.component.digest, package().digest);
        assert_eq!(contents.component.size, 3);
        assert!(contents.signatures.is_none());
    }

    #[test]
    fn the_same_package_makes_the_same_manifest() {
        assert_eq!(written(), written());
    }

    #[test]
    fn other_artifacts_are_refused() {
        let good = written();
        let layer = &good[good.find("\"layers\":[").unwrap() + 10..good.rfind(']').unwrap()];
        for (bad, problem) in [
            (
                good.replace(CONFIG_TYPE, "application/vnd.oci.image.config.v1+json"),
                "its config is",
            ),
            (
                good.replace("\"application/wasm\"", "\"application/x\\u001b[2Jtar\""),
                "unknown type application/x2Jtar",
            ),
            (good.replace(layer, ""), "no layer"),
            (
                good.replace(layer, &format!("{layer},{layer}")),
                "two layers",
            ),
            (
                good.replace(MANIFEST_TYPE, "application/vnd.oci.image.index.v1+json"),
                "not an OCI image manifest",
            ),
            (
                good.replace("\"schemaVersion\":2", "\"schemaVersion\":1"),
                "not an OCI image manifest",
            ),
            (good.replace("sha256:", "sha512:"), "cannot be read"),
            ("[]".into(), "cannot be read"),
        ] {
            let refusal = refusal(&bad);
            assert!(refusal.contains(problem), "{refusal}: {bad}");
        }
    }

    #[test]
    fn a_manifest_of_another_type_is_refused_by_the_header() {
        let docker = "application/vnd.docker.distribution.manifest.v2+json; charset=utf-8";
        let error = Manifest::parse(written().as_bytes(), Some(docker)).unwrap_err();
        assert!(error.to_string().contains("vnd.docker"), "{error}");
    }
}
