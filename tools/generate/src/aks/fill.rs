//! The placeholders that a deployment replaces: each value remains a string, even one that looks like a
//! number.

/// `yaml` with each scalar that contains a `${NAME}` in single quotes, within which only quotes must be
/// escaped: a number or a `: ` in the value remains part of a string.
pub(super) fn quoted(yaml: &str) -> String {
    yaml.split_inclusive('\n').map(quoted_line).collect()
}

fn quoted_line(line: &str) -> String {
    let Some(variable) = line.find("${") else {
        return line.to_owned();
    };
    let head = &line[..variable];
    let ends = [": ", "- "].map(|before| head.rfind(before).map_or(0, |at| at + before.len()));
    let (head, value) = line.split_at(ends.into_iter().max().unwrap_or_default());
    if value.starts_with(['\'', '"']) {
        return line.to_owned();
    }
    let plain = value.trim_end_matches('\n');
    format!("{head}'{}'{}", plain.replace('\'', "''"), &value[plain.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn only_values_with_placeholders_are_quoted() {
        let yaml = "a: ${A}\nb:\n- ${B}\n- c: http://${C}/d's\ne: '${E}: f'\ng: h\n";
        let expected = "a: '${A}'\nb:\n- '${B}'\n- c: 'http://${C}/d''s'\ne: '${E}: f'\ng: h\n";
        assert_eq!(quoted(yaml), expected);
    }

    #[test]
    fn quoting_changes_no_value() {
        let value = json!({"a": ["${A}", {"b": "x-${B}"}], "c": "${C}: d # e", "f - g": "'${G}"});
        let yaml = quoted(&serde_norway::to_string(&value).unwrap());
        assert_eq!(serde_norway::from_str::<Value>(&yaml).unwrap(), value);
        assert_eq!(yaml.matches('$').count(), 4);
    }

    #[test]
    fn a_number_in_a_placeholder_is_a_string() {
        let yaml = quoted("value: ${DAYS}\n").replace("${DAYS}", "90");
        assert_eq!(serde_norway::from_str::<Value>(&yaml).unwrap(), json!({"value": "90"}));
    }
}
