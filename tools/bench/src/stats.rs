//! Medians, their intervals by bootstrap, and the order of blocks: pure functions.
#![expect(clippy::float_arithmetic, reason = "statistics are fractions")]

use serde::{Deserialize, Serialize};

/// How often the pairs are drawn again for an interval.
const RESAMPLES: usize = 2_000;

/// The share of the resampled medians outside an interval, on each of its sides, in thousandths.
const TAIL_THOUSANDTHS: usize = 25;

/// A median, and the interval that holds 95 % of the medians of the same values drawn again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The median.
    pub median: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

impl Estimate {
    /// The estimate from `values`; None if there are none, or one is not a number.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let median = median(values)?;
        let mut random = Random(0);
        let mut medians: Vec<f64> = (0..RESAMPLES)
            .filter_map(|_| {
                let drawn: Vec<f64> = values.iter().map(|_| random.pick(values)).collect();
                self::median(&drawn)
            })
            .collect();
        medians.sort_unstable_by(f64::total_cmp);
        let tail = RESAMPLES * TAIL_THOUSANDTHS / 1_000;
        Some(Self { median, low: medians[tail], high: medians[RESAMPLES - 1 - tail] })
    }

    /// Whether a ratio differs from 1 beyond the `noise` of the same thing measured twice: its interval and that
    /// of the noise have nothing in common.
    #[must_use]
    pub fn moved(&self, noise: &Self) -> bool {
        self.high < noise.low || self.low > noise.high
    }
}

/// The median of `values`: the mean of the middle two if their number is even. None if there are none, or one is
/// not a number.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    if values.is_empty() || values.iter().any(|value| value.is_nan()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let (lower, upper) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
    Some(f64::midpoint(lower, upper))
}

/// The quotients of pairs, without those whose divisor is zero.
#[must_use]
pub fn ratios(pairs: impl IntoIterator<Item = (f64, f64)>) -> Vec<f64> {
    pairs.into_iter().filter(|(_, of)| *of != 0.0).map(|(one, of)| one / of).collect()
}

/// `count` divided by `by`; zero if that is zero.
#[must_use]
pub fn per(count: f64, by: f64) -> f64 {
    if by == 0.0 { 0.0 } else { count / by }
}

/// A count as a number with fractions, exact below 2^52.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
pub fn float(count: u64) -> f64 {
    count as f64
}

/// The blocks of `rounds` rounds, each of which holds every one of `loads` once: forwards, backwards, forwards, so
/// that what drifts evenly affects all of them equally (ABBA).
#[must_use]
pub fn there_and_back<T: Clone>(loads: &[T], rounds: usize) -> Vec<Vec<T>> {
    let round = |number: usize| -> Vec<T> {
        let backwards = number % 2 == 1;
        if backwards { loads.iter().rev().cloned().collect() } else { loads.to_vec() }
    };
    (0..rounds).map(round).collect()
}

/// Numbers that look random and are always the same: splitmix64, <https://prng.di.unimi.it/splitmix64.c>.
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn pick(&mut self, values: &[f64]) -> f64 {
        let len = u64::try_from(values.len()).unwrap_or(u64::MAX);
        values[usize::try_from(self.draw() % len).unwrap_or_default()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_median_is_in_the_middle() {
        for (values, expected) in [
            (&[][..], None),
            (&[3.0], Some(3.0)),
            (&[4.0, 1.0], Some(2.5)),
            (&[9.0, 1.0, 2.0], Some(2.0)),
            (&[1.0, f64::NAN], None),
        ] {
            assert_eq!(median(values), expected, "{values:?}");
        }
    }

    #[test]
    fn equal_values_have_an_interval_without_width() {
        let estimate = Estimate::of(&[2.0; 10]).unwrap();
        assert_eq!(estimate, Estimate { median: 2.0, low: 2.0, high: 2.0 });
        assert_eq!(Estimate::of(&[]), None);
    }

    #[test]
    fn what_is_inside_the_noise_has_not_moved() {
        let interval = |low, high| Estimate { median: f64::midpoint(low, high), low, high };
        let noise = interval(0.9, 1.1);
        assert!(!interval(1.05, 1.3).moved(&noise) && !interval(0.5, 2.0).moved(&noise));
        assert!(interval(1.2, 1.3).moved(&noise) && interval(0.7, 0.8).moved(&noise));
    }

    #[test]
    fn a_pair_without_a_divisor_has_no_ratio() {
        assert_eq!(ratios([(1.0, 2.0), (1.0, 0.0)]), [0.5]);
        assert_eq!((per(3.0, 0.0), per(3.0, 2.0)), (0.0, 1.5));
    }

    #[test]
    fn rounds_go_there_and_back() {
        assert_eq!(there_and_back(&['a', 'b'], 3), [['a', 'b'], ['b', 'a'], ['a', 'b']]);
    }

    proptest! {
        #[test]
        fn the_interval_is_within_the_values_and_holds_the_median(
            values in proptest::collection::vec(0.1..10.0_f64, 3..40),
        ) {
            let estimate = Estimate::of(&values).unwrap();
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let most = values.iter().copied().fold(0.0, f64::max);
            prop_assert!(least <= estimate.low && estimate.high <= most);
            prop_assert!(estimate.low <= estimate.median && estimate.median <= estimate.high);
        }

        #[test]
        fn the_median_depends_on_no_order(mut values in proptest::collection::vec(0.0..9.0_f64, 1..20)) {
            let forwards = median(&values);
            values.reverse();
            prop_assert_eq!(forwards, median(&values));
            let least = values.iter().filter(|value| Some(**value) <= forwards).count();
            prop_assert!(least * 2 >= values.len());
        }

        #[test]
        fn over_an_even_number_of_rounds_every_load_has_the_same_mean_place(
            loads in 1..9_usize, pairs in 1..5_usize,
        ) {
            let all: Vec<_> = (0..loads).collect();
            let rounds = there_and_back(&all, 2 * pairs);
            for load in all {
                let place = |round: &Vec<usize>| round.iter().position(|it| *it == load).unwrap();
                let sum: usize = rounds.iter().map(place).sum();
                prop_assert_eq!(sum, pairs * (loads - 1));
            }
        }
    }
}
