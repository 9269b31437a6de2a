//! Metrics as text
//! ([exposition formats](https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format)).

/// A sample of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample<'a> {
    /// What is between the braces.
    labels: &'a str,
    pub(super) value: f64,
}

impl<'a> Sample<'a> {
    /// The value of a label, which must contain no quotes.
    pub(super) fn label(&self, name: &str) -> Option<&'a str> {
        let labels = self.labels.split(',').filter_map(|label| label.split_once('='));
        let mut values = labels.filter(|(key, _)| *key == name).map(|(_, value)| value);
        values.next().map(|value| value.trim_matches('"'))
    }
}

/// The samples of the metric `name` in a page.
pub(super) fn samples<'a>(page: &'a str, name: &str) -> impl Iterator<Item = Sample<'a>> {
    page.lines().filter_map(move |line| {
        let rest = line.strip_prefix(name)?;
        let (labels, value) = match rest.strip_prefix('{') {
            Some(rest) => rest.rsplit_once("} ")?,
            None => ("", rest.strip_prefix(' ')?),
        };
        Some(Sample { labels, value: value.split(' ').next()?.parse().ok()? })
    })
}

/// The sum of all samples of the metric `name`.
pub(super) fn sum(page: &str, name: &str) -> f64 {
    samples(page, name).map(|sample| sample.value).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# HELP a_total Things.\n# TYPE a_total counter\na_total{b=\"c\",d=\"/e.f/G\"} 2\n\
                        a_total{b=\"x\"} 1.5e+01\na_total_count 100\nh 4 1700000000000\n";

    #[test]
    fn a_metric_is_found_with_its_labels() {
        let found: Vec<_> = samples(PAGE, "a_total").collect();
        assert_eq!(found.iter().map(|it| it.value).collect::<Vec<_>>(), [2.0, 15.0]);
        assert_eq!(found[0].label("d"), Some("/e.f/G"));
        assert_eq!((found[0].label("e"), found[1].label("b")), (None, Some("x")));
    }

    #[test]
    fn a_sum_is_of_that_metric_alone() {
        assert_eq!((sum(PAGE, "a_total"), sum(PAGE, "h"), sum(PAGE, "none")), (17.0, 4.0, 0.0));
    }
}
