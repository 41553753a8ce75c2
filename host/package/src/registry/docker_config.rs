//! What `docker login` has stored: `~/.docker/config.json`, with passwords in it or in the care of a
//! helper program (`docker-credential-NAME`).

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::credentials::{Credentials, Secret};
use super::error::RegistryError;

/// No configuration, and no answer of a helper, is longer, in bytes.
const MAX: u64 = 1 << 20;

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct DockerConfig {
    auths: HashMap<String, Auth>,
    cred_helpers: HashMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Auth {
    auth: Option<Secret>,
    identitytoken: Option<Secret>,
}

/// What a helper answers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: Secret,
}

/// The credentials for the registry `host` in the configuration `path`; none if it is not there.
pub(super) fn find(path: &Path, host: &str) -> Result<Credentials, RegistryError> {
    let unusable = |problem: &str| {
        let path = path.display();
        RegistryError::Credentials(format!("{path} cannot be used: {problem}"))
    };
    let mut text = Zeroizing::new(Vec::new());
    match File::open(path) {
        Ok(file) => file
            .take(MAX)
            .read_to_end(&mut text)
            .map_err(|error| unusable(&error.to_string()))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Credentials::Anonymous),
        Err(error) => return Err(unusable(&error.to_string())),
    };
    // The parser's words may quote a password.
    let config: DockerConfig = serde_json::from_slice(&text)
        .map_err(|_| unusable("it is not the JSON that docker writes"))?;
    let helper = config
        .cred_helpers
        .iter()
        .find(|(server, _)| same_host(server, host))
        .map(|(_, helper)| helper);
    if let Some(helper) = helper {
        return ask(helper, host);
    }
    let stored = config
        .auths
        .into_iter()
        .find(|(server, _)| same_host(server, host))
        .map(|(_, auth)| auth);
    match (stored, &config.creds_store) {
        (
            Some(Auth {
                auth: Some(auth), ..
            }),
            _,
        ) if !auth.as_str().is_empty() => basic(auth.as_str())
            .ok_or_else(|| unusable("an `auth` in it is not base64 of user and password")),
        (
            Some(Auth {
                identitytoken: Some(_),
                ..
            }),
            _,
        ) => Err(identity_token(host)),
        (Some(_), Some(helper)) => ask(helper, host),
        _ => Ok(Credentials::Anonymous),
    }
}

/// Servers are written as `host`, and by older versions as `https://host/v1/`.
fn same_host(server: &str, host: &str) -> bool {
    let server = server
        .strip_prefix("https://")
        .or_else(|| server.strip_prefix("http://"))
        .unwrap_or(server);
    server.split('/').next() == Some(host)
}

fn basic(auth: &str) -> Option<Credentials> {
    let both = Zeroizing::new(BASE64_STANDARD.decode(auth).ok()?);
    let both = std::str::from_utf8(&both).ok()?;
    let (user, password) = both.split_once(':')?;
    Some(Credentials::Basic {
        user: user.to_owned(),
        password: Secret::new(password.to_owned()),
    })
}

fn identity_token(host: &str) -> RegistryError {
    RegistryError::Credentials(format!(
        "docker holds an identity token for {host}, which is not supported; set BIJOTEL_REGISTRY_USER and BIJOTEL_REGISTRY_PASSWORD"
    ))
}

/// Asks a helper program. It is found on PATH only, whatever its name in the configuration says.
fn ask(helper: &str, host: &str) -> Result<Credentials, RegistryError> {
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if helper.is_empty() || !helper.chars().all(name) {
        let problem = "docker's configuration names a credential helper that is no program's name";
        return Err(RegistryError::Credentials(problem.into()));
    }
    let program = format!("docker-credential-{helper}");
    let failed = |problem: &str| {
        RegistryError::Credentials(format!("{program} gives no credentials: {problem}"))
    };
    let mut child = Command::new(&program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(&error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that ends without reading says more by its answer.
        let _ = stdin.write_all(host.as_bytes());
    }
    let mut answer = Zeroizing::new(Vec::new());
    if let Some(stdout) = child.stdout.take() {
        stdout
            .take(MAX)
            .read_to_end(&mut answer)
            .map_err(|error| failed(&error.to_string()))?;
    }
    let status = child.wait().map_err(|error| failed(&error.to_string()))?;
    // Helpers answer with this sentence where they know nobody.
    if !status.success() {
        return match answer.starts_with(b"credentials not found") {
            true => Ok(Credentials::Anonymous),
            false => Err(failed("it failed")),
        };
    }
    let answer: Answer = serde_json::from_slice(&answer)
        .map_err(|_| failed("its answer is not the JSON that helpers give"))?;
    if answer.username == "<token>" {
        return Err(identity_token(host));
    }
    Ok(Credentials::Basic {
        user: answer.username,
        password: answer.secret,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "registry.example.org:5000";

    fn find_in(config: &str) -> Result<Credentials, RegistryError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        std::fs::write(&path, config).unwrap();
        find(&path, HOST)
    }

    #[test]
    fn a_stored_password_is_found_under_every_spelling_of_its_server() {
        for server in [
            HOST,
            "https://registry.example.org:5000",
            "http://registry.example.org:5000/v1/",
        ] {
            let config = format!(r#"{{"auths": {{"{server}": {{"auth": "YW5uOmI="}}}}}}"#);
            let found = find_in(&config).unwrap();
            assert!(matches!(&found, Credentials::Basic { user, .. } if user == "ann"));
        }
    }

    #[test]
    fn other_servers_passwords_are_not_used() {
        for config in [
            r#"{"auths": {"registry.example.org": {"auth": "YW5uOmI="}}}"#,
            r#"{"auths": {"evil.example/registry.example.org:5000": {"auth": "YW5uOmI="}}}"#,
            "{}",
        ] {
            let found = find_in(config).unwrap();
            assert!(matches!(found, Credentials::Anonymous), "{config}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_said_without_quoting_it() {
        for config in [
            r#"{"auths": {"registry.example.org:5000": {"auth": "geheim"}}}"#,
            r#"{"auths": {"registry.example.org:5000": "geheim"}}"#,
            r#"{"auths": {"registry.example.org:5000": {"identitytoken": "geheim"}}}"#,
            r#"{"credHelpers": {"registry.example.org:5000": "../geheim"}}"#,
            "geheim",
        ] {
            let error = find_in(config).unwrap_err().to_string();
            assert!(!error.contains("geheim"), "{error}");
        }
    }

    #[test]
    fn a_helper_that_is_not_there_is_named() {
        let config = r#"{"credHelpers": {"registry.example.org:5000": "no-such-helper"}}"#;
        let error = find_in(config).unwrap_err().to_string();
        assert!(
            error.contains("docker-credential-no-such-helper"),
            "{error}"
        );
    }

    #[test]
    fn without_a_configuration_nobody_is_logged_in() {
        let found = find(Path::new("/nowhere/config.json"), HOST).unwrap();
        assert!(matches!(found, Credentials::Anonymous));
    }
}
