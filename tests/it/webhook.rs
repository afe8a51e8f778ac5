//! Webhooks of the Cloud API over real HTTP: genuine, read, stored, and only then acknowledged.

mod delivery;
mod genuine;
mod malformed;
mod people;
mod samples;

use serde_json::{Value, json};

use crate::harness::Server;

/// A sample as it was captured.
pub(crate) fn sample(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/webhooks/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// How many items could not be read, for whatever reason.
async fn malformed(server: &Server) -> u64 {
    let page = server.get("/metrics").await.body;
    let series = page.lines().filter(|line| line.contains("_webhook_items_total{item=\"malformed\""));
    series.map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum()
}

/// The number of the webhooks that these tests write themselves.
pub(crate) const NUMBER_ID: &str = "106540352242922";

/// A delivery with the given lists in its value, to `NUMBER_ID`.
pub(crate) fn conversation(lists: &Value) -> Value {
    let mut value = json!({
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": NUMBER_ID},
    });
    for (name, list) in lists.as_object().unwrap() {
        value[name] = list.clone();
    }
    let changes = json!([{"field": "messages", "value": value}]);
    json!({"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": changes}]})
}

/// A text message, at a time in seconds.
pub(crate) fn text(from: &str, id: &str, at: i64, body: &str) -> Value {
    json!({"from": from, "id": id, "timestamp": at.to_string(), "type": "text", "text": {"body": body}})
}
