//! As whom we come to a registry: from the environment, or from Docker's configuration.
//!
//! Never from the command line, where others could read them, and never shown. Secrets are
//! overwritten when they are dropped; the HTTP client keeps copies while it sends.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::RegistryError;
use super::docker_config;

const USER: &str = "BIJOTEL_REGISTRY_USER";
const PASSWORD: &str = "BIJOTEL_REGISTRY_PASSWORD";
const TOKEN: &str = "BIJOTEL_REGISTRY_TOKEN";

/// A text that is not shown, and overwritten when it is dropped.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct Secret(Zeroizing<String>);

/// As whom we come.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// As nobody.
    Anonymous,
    /// With a user's name and password.
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// With a token that the registry itself takes.
    Token(Secret),
}

impl Credentials {
    /// The credentials for the registry `host`: the variables `BIJOTEL_REGISTRY_TOKEN`, or
    /// `BIJOTEL_REGISTRY_USER` and `BIJOTEL_REGISTRY_PASSWORD`; else what `docker login` has stored;
    /// else none.
    pub fn find(host: &str) -> Result<Self, RegistryError> {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        Self::find_with(host, &variable)
    }

    /// As [`find`](Self::find), with variables from elsewhere.
    pub(super) fn find_with(
        host: &str,
        variable: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, RegistryError> {
        let text = |name: &str| match variable(name).map(OsString::into_string) {
            None => Ok(None),
            Some(Ok(text)) => Ok(Some(Zeroizing::new(text))),
            Some(Err(_)) => Err(RegistryError::Credentials(format!("{name} is not text"))),
        };
        if let Some(token) = text(TOKEN)? {
            return Ok(Self::Token(Secret(token)));
        }
        match (text(USER)?, text(PASSWORD)?) {
            (Some(user), Some(password)) => {
                return Ok(Self::Basic {
                    user: user.to_string(),
                    password: Secret(password),
                });
            }
            (None, None) => {}
            _ => {
                let message = format!("{USER} and {PASSWORD} must be set both, or neither");
                return Err(RegistryError::Credentials(message));
            }
        }
        let folder = variable("DOCKER_CONFIG").map(PathBuf::from);
        let home = || variable("HOME").map(|home| PathBuf::from(home).join(".docker"));
        match folder.or_else(home) {
            Some(folder) => docker_config::find(&folder.join("config.json"), host),
            None => Ok(Self::Anonymous),
        }
    }

    /// The value of the header `Authorization` at the registry or its token service.
    pub(super) fn header(&self) -> Result<Option<HeaderValue>, RegistryError> {
        let text = match self {
            Self::Anonymous => return Ok(None),
            Self::Basic { user, password } => {
                let both = Zeroizing::new(format!("{user}:{}", password.as_str()));
                let base64 = Zeroizing::new(BASE64_STANDARD.encode(both.as_bytes()));
                Zeroizing::new(format!("Basic {}", base64.as_str()))
            }
            Self::Token(token) => Zeroizing::new(format!("Bearer {}", token.as_str())),
        };
        secret_header(&text).map(Some)
    }

    /// Who that is, for people.
    pub(super) fn who(&self) -> String {
        match self {
            Self::Anonymous => "somebody without credentials".to_owned(),
            Self::Basic { user, .. } => {
                format!("{:?}", user.chars().take(64).collect::<String>())
            }
            Self::Token(_) => "the owner of this token".to_owned(),
        }
    }
}

impl Secret {
    /// Takes a text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(not shown)")
    }
}

/// A header's value that logs and error messages do not show.
pub(super) fn secret_header(text: &str) -> Result<HeaderValue, RegistryError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        RegistryError::Credentials(
            "a token or password holds characters that cannot be sent".into(),
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(variables: &[(&str, &str)]) -> Result<Credentials, RegistryError> {
        Credentials::find_with("registry.example.org", &|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    fn header(variables: &[(&str, &str)]) -> Option<HeaderValue> {
        find(variables).unwrap().header().unwrap()
    }

    #[test]
    fn the_environment_gives_credentials() {
        let basic = header(&[(USER, "ann"), (PASSWORD, "pass:word")]).unwrap();
        assert_eq!(basic, "Basic YW5uOnBhc3M6d29yZA==");
        assert!(basic.is_sensitive());
        assert_eq!(header(&[(TOKEN, "abc")]).unwrap(), "Bearer abc");
        assert_eq!(header(&[]), None);
    }

    #[test]
    fn half_of_them_is_an_error() {
        for variable in [USER, PASSWORD] {
            let error = find(&[(variable, "geheim")]).unwrap_err().to_string();
            assert!(error.contains("both, or neither"), "{error}");
            assert!(!error.contains("geheim"), "{error}");
        }
    }

    #[test]
    fn nothing_shows_a_secret() {
        let basic = find(&[(USER, "ann"), (PASSWORD, "geheim")]).unwrap();
        let token = find(&[(TOKEN, "geheim")]).unwrap();
        for credentials in [basic, token] {
            let header = credentials.header().unwrap();
            let shown = format!("{credentials:?} {} {header:?}", credentials.who());
            assert!(!shown.contains("geheim"), "{shown}");
            assert!(!shown.contains("Z2VoZWlt"), "{shown}");
        }
    }

    #[test]
    fn a_token_that_would_break_the_header_is_refused() {
        let error = find(&[(TOKEN, "a\r\nHost: b")]).unwrap().header();
        assert!(error.unwrap_err().to_string().contains("cannot be sent"));
    }

    #[test]
    fn docker_login_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let config = r#"{"auths": {"registry.example.org": {"auth": "YW5uOmI="}}}"#;
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        let folder = folder.path().to_str().unwrap();
        let found = header(&[("DOCKER_CONFIG", folder)]).unwrap();
        assert_eq!(found, "Basic YW5uOmI=");
    }
}
