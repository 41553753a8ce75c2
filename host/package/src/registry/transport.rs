//! Requests to one registry: where they may go, who they come from, and how much is read.

use std::io::{self, Read};

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, LOCATION};
use http::{HeaderValue, Method, Request, Response, Uri};
use serde::Deserialize;
use ureq::{Agent, AsSendBody, Body, SendBody};

use super::agent::agent;
use super::challenge::Challenge;
use super::credentials::{Credentials, Secret, secret_header};
use super::reference::{Reference, is_loopback};
use super::{OnProgress, RegistryError};

/// No answer to a question, and no error, is longer, in bytes.
const MAX_ANSWER: usize = 64 << 10;

/// How often a registry may send us on.
const MAX_REDIRECTS: usize = 5;

/// A way to one repository.
pub(super) struct Transport {
    agent: Agent,
    /// `https://host:port`, without a slash at its end.
    origin: String,
    registry: String,
    repository: String,
    reference: String,
    loopback: bool,
    actions: &'static str,
    credentials: Credentials,
    authorization: Option<HeaderValue>,
}

/// What is sent.
pub(super) struct Payload<'a> {
    media_type: &'static str,
    bytes: &'a [u8],
    progress: OnProgress<'a>,
}

impl<'a> Payload<'a> {
    pub(super) fn new(media_type: &'static str, bytes: &'a [u8], progress: OnProgress<'a>) -> Self {
        Self {
            media_type,
            bytes,
            progress,
        }
    }
}

impl Transport {
    pub(super) fn new(
        reference: &Reference,
        credentials: Credentials,
    ) -> Result<Self, RegistryError> {
        let loopback = reference.is_loopback();
        let scheme = if loopback { "http" } else { "https" };
        Ok(Self {
            agent: agent(loopback)?,
            origin: format!("{scheme}://{}", reference.host()),
            registry: reference.host().to_owned(),
            repository: reference.repository().to_owned(),
            reference: reference.to_string(),
            loopback,
            actions: "pull",
            credentials,
            authorization: None,
        })
    }

    /// Asks for a token that lets us push, too, if tokens are what the registry wants.
    pub(super) fn may_push(&mut self) {
        self.actions = "pull,push";
    }

    /// The address of something in the repository.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/v2/{}/{path}", self.origin, self.repository)
    }

    /// Gets something, also from where the registry sends us on to.
    pub(super) fn get(
        &mut self,
        url: &str,
        accept: Option<&str>,
        what: &'static str,
    ) -> Result<Response<Body>, RegistryError> {
        let mut url = url.to_owned();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send(&Method::GET, &url, accept, None)?;
            match response.status().as_u16() {
                200 => return Ok(response),
                301 | 302 | 303 | 307 | 308 => url = self.location(&response)?,
                _ => return Err(self.refused(response, what)),
            }
        }
        Err(self.redirect())
    }

    /// Whether the repository has something.
    pub(super) fn has(&mut self, path: &str) -> Result<bool, RegistryError> {
        let url = self.url(path);
        let response = self.send(&Method::HEAD, &url, None, None)?;
        match response.status().as_u16() {
            200 => Ok(true),
            404 => Ok(false),
            _ => Err(self.refused(response, "whether a blob is there")),
        }
    }

    /// Asks where to upload a blob to.
    pub(super) fn begin_upload(&mut self) -> Result<String, RegistryError> {
        let url = self.url("blobs/uploads/");
        let mut quiet = |_, _| {};
        let empty = Payload::new("application/octet-stream", &[], &mut quiet);
        let response = self.send(&Method::POST, &url, None, Some(empty))?;
        match response.status().as_u16() {
            202 => self.location(&response),
            _ => Err(self.refused(response, "a place for a blob")),
        }
    }

    /// Puts something there; the digest that the registry gives it, if it says.
    pub(super) fn put(
        &mut self,
        url: &str,
        payload: Payload<'_>,
        what: &'static str,
    ) -> Result<Option<String>, RegistryError> {
        let response = self.send(&Method::PUT, url, None, Some(payload))?;
        match response.status().as_u16() {
            200 | 201 => Ok(header(
                &response,
                HeaderName::from_static("docker-content-digest"),
            )),
            _ => Err(self.refused(response, what)),
        }
    }

    /// Sends a request; once more, with credentials, if the registry wants to know who we are.
    fn send(
        &mut self,
        method: &Method,
        url: &str,
        accept: Option<&str>,
        mut payload: Option<Payload<'_>>,
    ) -> Result<Response<Body>, RegistryError> {
        let response = self.send_once(method, url, accept, payload.as_mut())?;
        if response.status().as_u16() != 401 || !self.is_ours(url) {
            return Ok(response);
        }
        let challenge = header(&response, http::header::WWW_AUTHENTICATE);
        let before = self.authorization.take();
        self.authorization = self.authorize(challenge.as_deref())?;
        if self.authorization.is_none() || self.authorization == before {
            return Ok(response);
        }
        self.send_once(method, url, accept, payload.as_mut())
    }

    /// The error that an answer stands for.
    pub(super) fn refused(
        &self,
        mut response: Response<Body>,
        what: &'static str,
    ) -> RegistryError {
        let registry = self.registry.clone();
        match response.status().as_u16() {
            401 | 403 => RegistryError::Unauthorized {
                registry,
                user: self.credentials.who(),
            },
            404 => RegistryError::NotFound {
                registry,
                reference: self.reference.clone(),
            },
            status => RegistryError::Refused {
                registry,
                status,
                codes: codes(&mut response),
                what,
            },
        }
    }

    fn send_once(
        &self,
        method: &Method,
        url: &str,
        accept: Option<&str>,
        payload: Option<&mut Payload<'_>>,
    ) -> Result<Response<Body>, RegistryError> {
        let mut request = Request::builder().method(method).uri(url);
        if let Some(accept) = accept {
            request = request.header(ACCEPT, accept);
        }
        // Credentials are for the registry, not for where it sends us.
        if let Some(authorization) = self.authorization.as_ref().filter(|_| self.is_ours(url)) {
            request = request.header(AUTHORIZATION, authorization);
        }
        let answer = match payload {
            None => self.run(request.body(())),
            Some(payload) => {
                request = request
                    .header(CONTENT_TYPE, payload.media_type)
                    .header(CONTENT_LENGTH, payload.bytes.len());
                let mut reader = Counted {
                    rest: payload.bytes,
                    total: payload.bytes.len() as u64,
                    progress: &mut *payload.progress,
                };
                self.run(request.body(SendBody::from_reader(&mut reader)))
            }
        };
        answer.map_err(|problem| self.unreachable(&problem))
    }

    fn run<B: AsSendBody>(
        &self,
        request: http::Result<Request<B>>,
    ) -> Result<Response<Body>, ureq::Error> {
        self.agent.run(request?)
    }

    /// Whether an address is at the registry itself, so that it may see our credentials.
    fn is_ours(&self, url: &str) -> bool {
        let rest = url.strip_prefix(&self.origin);
        rest.is_some_and(|rest| rest.starts_with('/'))
    }

    /// Where an answer sends us to, if we go there: over TLS, or within this machine.
    fn location(&self, response: &Response<Body>) -> Result<String, RegistryError> {
        let location = header(response, LOCATION).ok_or_else(|| self.redirect())?;
        if location.starts_with('/') && !location.starts_with("//") {
            return Ok(format!("{}{location}", self.origin));
        }
        if self.is_allowed(&location) {
            Ok(location)
        } else {
            Err(self.redirect())
        }
    }

    fn is_allowed(&self, url: &str) -> bool {
        let Ok(uri) = url.parse::<Uri>() else {
            return false;
        };
        let Some(authority) = uri.authority() else {
            return false;
        };
        // A user's name in an address is only there to deceive.
        if authority.as_str().contains('@') {
            return false;
        }
        match uri.scheme_str() {
            Some("https") => true,
            Some("http") => self.loopback && is_loopback(authority.as_str()),
            _ => false,
        }
    }

    /// The header that answers a challenge; `None` if we have nothing to answer with.
    fn authorize(&self, challenge: Option<&str>) -> Result<Option<HeaderValue>, RegistryError> {
        let refuse = || RegistryError::Challenge {
            registry: self.registry.clone(),
        };
        if let Credentials::Token(_) = self.credentials {
            return self.credentials.header();
        }
        match challenge.and_then(Challenge::parse).ok_or_else(refuse)? {
            Challenge::Basic => self.credentials.header(),
            Challenge::Bearer { realm, service } if self.is_allowed(&realm) => {
                self.token(&realm, service.as_deref()).map(Some)
            }
            Challenge::Bearer { .. } => Err(refuse()),
        }
    }

    /// A token for this repository from the service `realm`: <https://distribution.github.io/distribution/spec/auth/token/>.
    fn token(&self, realm: &str, service: Option<&str>) -> Result<HeaderValue, RegistryError> {
        #[derive(Deserialize)]
        struct Token {
            token: Option<Secret>,
            access_token: Option<Secret>,
        }
        let scope = format!("repository:{}:{}", self.repository, self.actions);
        let mut request = self.agent.get(realm).query("scope", scope);
        if let Some(service) = service {
            request = request.query("service", service);
        }
        if let Some(credentials) = self.credentials.header()? {
            request = request.header(AUTHORIZATION, credentials);
        }
        let mut response = request.call().map_err(|error| self.unreachable(&error))?;
        if response.status().as_u16() != 200 {
            return Err(self.refused(response, "a token"));
        }
        let bytes = read(&mut response, MAX_ANSWER, "a token", &mut |_| {})?;
        let token = serde_json::from_slice::<Token>(&bytes)
            .ok()
            .and_then(|answer| answer.token.or(answer.access_token));
        match token {
            Some(token) => secret_header(&format!("Bearer {}", token.as_str())),
            None => Err(RegistryError::Challenge {
                registry: self.registry.clone(),
            }),
        }
    }

    fn redirect(&self) -> RegistryError {
        RegistryError::Redirect {
            registry: self.registry.clone(),
        }
    }

    fn unreachable(&self, problem: &ureq::Error) -> RegistryError {
        RegistryError::Unreachable {
            registry: self.registry.clone(),
            problem: problem.to_string(),
        }
    }
}

/// Reads an answer's body, which may have at most `limit` bytes.
pub(super) fn read(
    response: &mut Response<Body>,
    limit: usize,
    what: &'static str,
    progress: &mut dyn FnMut(u64),
) -> Result<Vec<u8>, RegistryError> {
    let mut bytes = Vec::new();
    let mut part = vec![0; 64 << 10];
    let mut reader = response.body_mut().as_reader();
    loop {
        let read = reader.read(&mut part).map_err(|error| {
            let problem = error.to_string();
            RegistryError::BrokenOff { what, problem }
        })?;
        if read == 0 {
            return Ok(bytes);
        }
        if bytes.len() + read > limit {
            return Err(RegistryError::TooLarge { what, limit });
        }
        bytes.extend_from_slice(&part[..read]);
        progress(bytes.len() as u64);
    }
}

/// A header's value, if it is text.
pub(super) fn header(response: &Response<Body>, name: HeaderName) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?;
    Some(value.to_owned())
}

/// The error codes of an answer (distribution specification, "Error Codes"), if they have the form of
/// codes: nothing else of an answer is shown.
fn codes(response: &mut Response<Body>) -> String {
    #[derive(Deserialize)]
    struct Answer {
        errors: Vec<Error>,
    }
    #[derive(Deserialize)]
    struct Error {
        code: String,
    }
    let code = |code: &String| {
        (1..=40).contains(&code.len()) && code.bytes().all(|c| c.is_ascii_uppercase() || c == b'_')
    };
    let bytes = read(response, MAX_ANSWER, "an error", &mut |_| {}).unwrap_or_default();
    let Ok(answer) = serde_json::from_slice::<Answer>(&bytes) else {
        return String::new();
    };
    let codes: Vec<String> = answer
        .errors
        .into_iter()
        .map(|error| error.code)
        .filter(code)
        .take(4)
        .collect();
    match codes.is_empty() {
        true => String::new(),
        false => format!(" ({})", codes.join(", ")),
    }
}

/// Bytes that say how many of them were taken.
struct Counted<'a> {
    rest: &'a [u8],
    total: u64,
    progress: &'a mut dyn FnMut(u64, u64),
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.rest.read(buffer)?;
        (self.progress)(self.total - self.rest.len() as u64, self.total);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transport(reference: &str) -> Transport {
        Transport::new(&reference.parse().unwrap(), Credentials::Anonymous).unwrap()
    }

    #[test]
    fn only_this_machine_is_spoken_to_without_tls() {
        for (reference, url) in [
            ("localhost:5000/a", "http://localhost:5000/v2/a/x"),
            ("127.0.0.1:5000/a", "http://127.0.0.1:5000/v2/a/x"),
        ] {
            assert_eq!(transport(reference).url("x"), url);
        }
        let reference = "10.0.0.1:5000/a".parse().unwrap();
        // Without any certificate there is no connection at all.
        if let Ok(transport) = Transport::new(&reference, Credentials::Anonymous) {
            assert_eq!(transport.url("x"), "https://10.0.0.1:5000/v2/a/x");
        }
    }

    #[test]
    fn nothing_is_sent_on_without_tls_or_to_this_machine_from_another() {
        let mut ours = transport("localhost:5000/a");
        for (url, expected) in [
            ("https://storage.example.org/blob?sig=x", true),
            ("http://127.0.0.1:6000/blob", true),
            ("http://storage.example.org/blob", false),
            ("http://localhost@storage.example.org/blob", false),
            ("file:///etc/passwd", false),
            ("blob", false),
            ("", false),
        ] {
            assert_eq!(ours.is_allowed(url), expected, "{url}");
        }
        ours.loopback = false;
        assert!(!ours.is_allowed("http://127.0.0.1:6000/blob"));
    }

    #[test]
    fn credentials_are_for_the_registry_alone() {
        let ours = transport("localhost:5000/a");
        for (url, expected) in [
            ("http://localhost:5000/v2/a/x", true),
            ("http://localhost:50001/v2/a/x", false),
            ("http://localhost:5000.example.org/", false),
            ("https://localhost:5000/v2/a/x", false),
        ] {
            assert_eq!(ours.is_ours(url), expected, "{url}");
        }
    }
}
