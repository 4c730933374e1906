//! Counters, gauges and histograms of this process, as Prometheus reads them
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
//!
//! | name | labels | meaning |
//! | --- | --- | --- |
//! | `hyperopt_units_total` | `outcome`: `hit`, `miss`, `bypass`, `seeded`; `why`: kind of hit, reason | units since the process began |
//! | `hyperopt_saved_milliseconds_total` | | recorded compile time of what was restored, without the time that took |
//! | `hyperopt_restored_bytes_total` | | |
//! | `hyperopt_compile_seconds` | | histogram of compiles |
//! | `hyperopt_restore_seconds` | | histogram of restored units |
//! | `hyperopt_store_bytes`, `hyperopt_store_max_bytes`, `hyperopt_store_entries` | | |

use std::net::Ipv4Addr;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder};

use crate::{
    events::{Outcome, UnitEvent},
    store::Sizes,
};

const UNITS: &str = "hyperopt_units_total";
const SAVED: &str = "hyperopt_saved_milliseconds_total";
const RESTORED: &str = "hyperopt_restored_bytes_total";
const COMPILE: &str = "hyperopt_compile_seconds";
const RESTORE: &str = "hyperopt_restore_seconds";
const BYTES: &str = "hyperopt_store_bytes";
const MAX_BYTES: &str = "hyperopt_store_max_bytes";
const ENTRIES: &str = "hyperopt_store_entries";
/// Seconds.
const COMPILES: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];
const RESTORES: [f64; 8] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 0.5];

/// Serves from now, on loopback alone.
///
/// # Errors
/// If the port is taken, or figures are served already.
pub fn serve(port: u16) -> Result<(), BuildError> {
    PrometheusBuilder::new()
        .with_http_listener((Ipv4Addr::LOCALHOST, port))
        .set_buckets_for_metric(Matcher::Full(COMPILE.into()), &COMPILES)?
        .set_buckets_for_metric(Matcher::Full(RESTORE.into()), &RESTORES)?
        .install()?;
    describe_counter!(UNITS, "Units by what became of them");
    describe_counter!(SAVED, "Recorded compile time of restored units without the time that restoring took");
    describe_counter!(RESTORED, "Bytes that were put in place");
    describe_histogram!(COMPILE, "Compiles");
    describe_histogram!(RESTORE, "Units put in place one by one");
    describe_gauge!(BYTES, "Results and index on disk");
    describe_gauge!(MAX_BYTES, "What they may take");
    describe_gauge!(ENTRIES, "Results");
    Ok(())
}

/// Counts an event.
pub fn add(event: &UnitEvent) {
    let units = |outcome: &'static str, why: String, n| counter!(UNITS, "outcome" => outcome, "why" => why).increment(n);
    match &event.outcome {
        Outcome::Hit { kind, saved_ms, took_ms, bytes } => {
            units("hit", kind.name().into(), 1);
            counter!(SAVED).increment(saved_ms.saturating_sub(*took_ms));
            counter!(RESTORED).increment(*bytes);
            histogram!(RESTORE).record(seconds(*took_ms));
        }
        Outcome::Miss { reason, compile_ms, .. } => {
            units("miss", reason.name(), 1);
            histogram!(COMPILE).record(seconds(*compile_ms));
        }
        Outcome::Bypass { why } => units("bypass", why.name().into(), 1),
        Outcome::Seeded { units: n, bytes, took_ms, saved_ms, .. } => {
            units("seeded", String::new(), *n);
            counter!(SAVED).increment(saved_ms.saturating_sub(*took_ms));
            counter!(RESTORED).increment(*bytes);
        }
    }
}

/// Sets what the store takes.
pub fn sizes(sizes: &Sizes, max_bytes: u64) {
    gauge!(BYTES).set(as_float(sizes.blob_bytes + sizes.index_bytes));
    gauge!(MAX_BYTES).set(as_float(max_bytes));
    gauge!(ENTRIES).set(as_float(sizes.entries));
}

fn seconds(millis: u64) -> f64 {
    as_float(millis) / 1_000.0
}

/// Exact up to 2⁵³, which is more bytes than anybody has.
#[expect(clippy::cast_precision_loss, reason = "figures are floats")]
fn as_float(n: u64) -> f64 {
    n as f64
}
