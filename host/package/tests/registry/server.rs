//! A real registry (Debian's docker-registry) on a port of its own, ended with the test.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use bijotel_package::RuleDigest;
use tempfile::TempDir;

const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

/// What the user ann logs in with.
pub(crate) const PASSWORD: &str = "geheim-7";

/// bcrypt of [`PASSWORD`].
const HTPASSWD: &str = "ann:$2b$05$wbVc6M0W5VfP56NM7MI6VuB4aYNnCkcRF92b8PE9ZkJ1Z8iCqbW7K\n";

pub(crate) struct Server {
    process: Child,
    folder: TempDir,
    address: String,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::run(false)
    }

    pub(crate) fn start_with_password() -> Self {
        Self::run(true)
    }

    fn run(password: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().display();
        let mut config = format!(
            "version: 0.1\nlog:\n  level: info\nstorage:\n  filesystem:\n    rootdirectory: {root}\n\
             http:\n  addr: 127.0.0.1:0\n  secret: of-this-test\n"
        );
        if password {
            std::fs::write(folder.path().join("htpasswd"), HTPASSWD).unwrap();
            config.push_str(&format!(
                "auth:\n  htpasswd:\n    realm: rules\n    path: {root}/htpasswd\n"
            ));
        }
        let path = folder.path().join("config.yml");
        std::fs::write(&path, config).unwrap();
        let mut process = Command::new("docker-registry")
            .arg("serve")
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("docker-registry is needed; `cargo xtask test` installs it");
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, after) = line.split_once("listening on ")?;
                let end = after.find(['"', ' ']).unwrap_or(after.len());
                Some(after[..end].to_owned())
            })
            .expect("docker-registry says where it listens");
        // What it logs later must go somewhere, or it would wait for us.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self {
            process,
            folder,
            address,
        }
    }

    /// A reference to something in this registry.
    pub(crate) fn reference(&self, rest: &str) -> String {
        format!("oci://{}/{rest}", self.address)
    }

    /// A blob as the registry has it on its disk.
    pub(crate) fn blob(&self, digest: &str) -> Vec<u8> {
        std::fs::read(self.blob_path(digest.parse().unwrap())).unwrap()
    }

    pub(crate) fn replace_blob(&self, digest: RuleDigest, bytes: &[u8]) {
        std::fs::write(self.blob_path(digest), bytes).unwrap();
    }

    /// A manifest as any client sees it.
    pub(crate) fn manifest(&self, repository: &str, name: &str) -> serde_json::Value {
        let url = format!("http://{}/v2/{repository}/manifests/{name}", self.address);
        let mut answer = ureq::get(url)
            .header("accept", MANIFEST_TYPE)
            .call()
            .unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Puts any manifest under a tag.
    pub(crate) fn put_manifest(&self, repository: &str, tag: &str, manifest: &str) {
        let url = format!("http://{}/v2/{repository}/manifests/{tag}", self.address);
        let put = ureq::put(url).content_type(MANIFEST_TYPE).send(manifest);
        assert_eq!(put.unwrap().status().as_u16(), 201);
    }

    fn blob_path(&self, digest: RuleDigest) -> PathBuf {
        let hex = digest.hex();
        let blobs = self.folder.path().join("docker/registry/v2/blobs/sha256");
        blobs.join(&hex[..2]).join(&hex).join("data")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
