//! A running server takes other rules on SIGHUP, and keeps the old ones where the new are not good.

use bijotel::{ChainKey, ChainReader, verify_chain};
use bijotel_tests::SECRET_HEX;
use serde_json::Value;

#[allow(dead_code, reason = "shared with the test of crashes")]
mod server;

use server::Server;

const CHAIN: &str = "[chain]\ndatabase = \"chain.db\"\n";

/// What `POST /policy/evaluate` decides about a text.
fn decision(server: &Server, text: &str) -> String {
    let url = format!("http://{}/policy/evaluate", server.address);
    let body = serde_json::json!({"messages": [{"role": "user", "content": text}]});
    let mut answer = ureq::post(url)
        .content_type("application/json")
        .send(body.to_string())
        .unwrap();
    let answer: Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
    answer["decision"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn hangup_changes_the_rules_and_a_bad_configuration_leaves_them() {
    let folder = tempfile::tempdir().unwrap();
    let configure = |rules: &str| {
        std::fs::write(
            folder.path().join("bijotel.toml"),
            format!("{CHAIN}{rules}"),
        )
        .unwrap();
    };
    let pattern = |pattern: &str| {
        format!(
            "[[rule]]\nname = \"regex_content\"\n[rule.configuration]\n\
             patterns = [{{ label = \"fruit\", pattern = \"{pattern}\" }}]\n"
        )
    };
    configure(&pattern("apricot"));
    let mut server = Server::start(folder.path());
    assert_eq!(decision(&server, "an apricot"), "deny");
    assert_eq!(decision(&server, "a melon"), "allow");

    configure(&pattern("melon"));
    server.signal("HUP");
    let said = server.complaint();
    assert!(said.contains("the rules are reloaded"), "{said}");
    assert_eq!(decision(&server, "an apricot"), "allow");
    assert_eq!(decision(&server, "a melon"), "deny");

    configure(&pattern("(melon"));
    server.signal("HUP");
    let said = server.complaint();
    assert!(said.starts_with("warning: "), "{said}");
    assert_eq!(decision(&server, "a melon"), "deny");

    server.signal("TERM");
    assert_eq!(server.exit_code(), Some(0));
    let key = ChainKey::from_hex(SECRET_HEX).unwrap();
    let database = folder.path().join("chain.db");
    assert_eq!(verify_chain(&database, &key).unwrap().broken, None);
    let reader = ChainReader::open(&database).unwrap();
    let mut attempts = 0;
    reader
        .in_order(1, i64::MAX, |entry| {
            attempts += usize::from(entry.unwrap().span_name == "bijotel.rules");
            true
        })
        .unwrap();
    assert_eq!(attempts, 2, "the change and the refusal are sealed");
}
