//! Numbers about numbers, as hyperfine makes them.
//!
//! It must never drop a measurement: what lies far off is counted and told, not removed. Of nothing there is no summary.

use serde::{Deserialize, Serialize};

/// From how many standard deviations on a measurement lies far off. 1.4826 makes an estimate of the standard deviation of the
/// median absolute deviation (Iglewicz and Hoaglin, 1993; the threshold is hyperfine's).
const FAR_OFF: f64 = 1.4826 * 10.0;
/// With fewer measurements nothing can be told of what is usual.
const ENOUGH: usize = 4;

/// What there is to say of some measurements, in their unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub runs: usize,
    pub median: f64,
    pub mean: f64,
    /// Of the sample; absent for a single measurement.
    pub stddev: Option<f64>,
    pub min: f64,
    pub max: f64,
    /// Measurements that lie far off.
    pub outliers: usize,
}

/// How many times something is in something else.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    pub value: f64,
    /// One standard deviation; absent if either side was measured once.
    pub spread: Option<f64>,
}

impl Summary {
    /// Of all measurements.
    pub fn of(samples: &[f64]) -> Option<Self> {
        let median = median(samples)?;
        let runs = samples.len() as f64;
        let mean = samples.iter().sum::<f64>() / runs;
        let squares: f64 = samples.iter().map(|x| (x - mean).powi(2)).sum();
        Some(Self {
            runs: samples.len(),
            median,
            mean,
            stddev: (samples.len() > 1).then(|| (squares / (runs - 1.0)).sqrt()),
            min: samples.iter().copied().fold(f64::INFINITY, f64::min),
            max: samples.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            outliers: outliers(samples, median),
        })
    }

    /// How many times this mean is in that of `whole`, with the spread of both.
    pub fn times_in(&self, whole: &Self) -> Option<Ratio> {
        if self.mean <= 0.0 || whole.mean <= 0.0 {
            return None;
        }
        let value = whole.mean / self.mean;
        let relative = |s: &Self| s.stddev.map(|d| (d / s.mean).powi(2));
        let spread = relative(self).zip(relative(whole)).map(|(a, b)| value * (a + b).sqrt());
        Some(Ratio { value, spread })
    }
}

fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[half]),
        _ => Some(f64::midpoint(sorted[half - 1], sorted[half])),
    }
}

fn outliers(samples: &[f64], median_of_all: f64) -> usize {
    if samples.len() < ENOUGH {
        return 0;
    }
    let deviations: Vec<f64> = samples.iter().map(|x| (x - median_of_all).abs()).collect();
    let usual = median(&deviations).unwrap_or_default().max(f64::EPSILON);
    deviations.iter().filter(|d| *d / usual > FAR_OFF).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    /// All throws of some dice: every outcome as often as it is likely.
    fn sums_of_dice(dice: u32) -> Vec<f64> {
        let throws = 6_u32.pow(dice);
        let eyes = |n: u32| (0..dice).map(|d| f64::from(n / 6_u32.pow(d) % 6 + 1)).sum();
        (0..throws).map(eyes).collect()
    }

    #[test]
    fn a_known_distribution_has_its_known_figures() {
        // All throws of three dice: mean 10.5, variance 3 · 35/12, of the sample n/(n−1) times that.
        let throws = sums_of_dice(3);
        let summary = Summary::of(&throws).expect("not empty");
        assert_eq!((summary.runs, summary.min, summary.max, summary.outliers), (216, 3.0, 18.0, 0));
        assert!(close(summary.median, 10.5) && close(summary.mean, 10.5), "{summary:?}");
        let variance: f64 = 3.0 * 35.0 / 12.0 * 216.0 / 215.0;
        assert!(close(summary.stddev.expect("many"), variance.sqrt()), "{summary:?}");
        // A constant factor is seen as it is; the spread is that of two independent relative errors.
        let doubled: Vec<f64> = throws.iter().map(|x| x * 2.0).collect();
        let ratio = summary.times_in(&Summary::of(&doubled).expect("not empty")).expect("positive");
        assert!(close(ratio.value, 2.0), "{ratio:?}");
        assert!(close(ratio.spread.expect("many"), 2.0 * (2.0 * variance).sqrt() / 10.5), "{ratio:?}");
    }

    #[test]
    fn few_measurements_are_summed_up_without_spread_or_outliers() {
        assert_eq!(Summary::of(&[]), None);
        let one = Summary::of(&[2.0]).expect("one");
        assert_eq!((one.median, one.stddev, one.outliers), (2.0, None, 0));
        let two = Summary::of(&[4.0, 1.0]).expect("two");
        assert_eq!((two.median, two.mean, two.min, two.max), (2.5, 2.5, 1.0, 4.0));
        assert_eq!(one.times_in(&two), Some(Ratio { value: 1.25, spread: None }));
        let nothing = Summary::of(&[0.0]).expect("one");
        assert_eq!(nothing.times_in(&one), None);
    }

    /// Samples that hyperfine judges in its own tests, with its judgement.
    #[test]
    fn what_lies_far_off_is_counted() {
        let judged: [(&[f64], usize); 5] = [
            (&[1000.0, 0.0], 0),
            (&[-0.2, 0.0, 0.2], 0),
            (&[-0.2, 0.0, 0.2, 4.0], 1),
            (&[0.5, 0.30, 0.29, 0.31, 0.30], 1),
            (&[10.0, 10.0, 10.0, 10.0, 10.0], 0),
        ];
        for (samples, expected) in judged {
            assert_eq!(Summary::of(samples).map(|s| s.outliers), Some(expected), "{samples:?}");
        }
    }
}
