//! A small web service: the project of a test, with the dependencies that such services have.

use axum::{extract::Path, routing::get, Json, Router};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Item {
    id: u64,
    name: String,
}

fn item(id: u64) -> Item {
    Item { id, name: format!("item {id}") }
}

async fn show(Path(id): Path<u64>) -> Json<Item> {
    Json(item(id))
}

fn app() -> Router {
    Router::new().route("/item/{id}", get(show)).layer(tower_http::trace::TraceLayer::new_for_http())
}

/// Serves; with an argument it prints one answer and ends.
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if std::env::args().len() > 1 {
        println!("{}", serde_json::to_string(&item(1))?);
        return Ok(());
    }
    tracing_subscriber::fmt::init();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    Ok(axum::serve(listener, app()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_can_be_read() {
        let text = serde_json::to_string(&item(7)).expect("serializes");
        assert_eq!(serde_json::from_str::<Item>(&text).expect("parses"), item(7));
        let _ = app();
    }
}
