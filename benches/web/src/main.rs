use axum::{
    extract::State,
    routing::{get, post},
    Json, Router,
};
use clap::Parser;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Row, SqlitePool};
use std::str::FromStr;

#[derive(Parser)]
struct Args {
    #[arg(long, default_value_t = 0)]
    port: u16,
    #[arg(long)]
    selftest: bool,
}

#[derive(Serialize, Deserialize, Debug)]
struct Note {
    id: uuid::Uuid,
    text: String,
    at: chrono::DateTime<chrono::Utc>,
}

async fn list(State(db): State<SqlitePool>) -> Json<Vec<String>> {
    let rows = sqlx::query("select text from notes").fetch_all(&db).await.unwrap();
    Json(rows.iter().map(|r| r.get::<String, _>(0)).collect())
}
async fn add(State(db): State<SqlitePool>, Json(text): Json<String>) -> Json<Note> {
    let n = Note { id: uuid::Uuid::new_v4(), text, at: chrono::Utc::now() };
    sqlx::query("insert into notes(text) values (?)").bind(&n.text).execute(&db).await.unwrap();
    Json(n)
}
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();
    let a = Args::parse();
    let db = SqlitePoolOptions::new().max_connections(1).connect_with(SqliteConnectOptions::from_str("sqlite::memory:")?).await?;
    sqlx::query("create table notes(text text)").execute(&db).await?;
    let app = Router::new()
        .route("/", get(list))
        .route("/", post(add))
        .with_state(db)
        .layer(tower_http::compression::CompressionLayer::new())
        .layer(tower_http::trace::TraceLayer::new_for_http());
    let l = tokio::net::TcpListener::bind(("127.0.0.1", a.port)).await?;
    let addr = l.local_addr()?;
    let h = tokio::spawn(async move { axum::serve(l, app).await });
    if a.selftest {
        let c = reqwest::Client::new();
        let n: Note = c.post(format!("http://{addr}/")).json("hello").send().await?.json().await?;
        let v: Vec<String> = c.get(format!("http://{addr}/")).send().await?.json().await?;
        let z = zstd::encode_all(&b"abcabcabc"[..], 3)?;
        println!("{} {:?} {}", n.text, v, zstd::decode_all(&z[..])?.len());
        return Ok(());
    }
    h.await??;
    Ok(())
}
#[cfg(test)]
mod tests {
    #[test]
    fn t() {
        let d = tempfile::tempdir().unwrap();
        assert!(d.path().exists());
    }
    proptest::proptest! { #[test] fn p(x in 0u32..10) { proptest::prop_assert!(x < 10); } }
}
