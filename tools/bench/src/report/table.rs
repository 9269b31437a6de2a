//! Tables in Markdown, aligned so that they can be read as they are.

use std::fmt;

/// A table with a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// One line.
    pub title: String,
    /// The names of the columns.
    pub head: Vec<&'static str>,
    /// As many cells each as there are columns. The first is text, the others are numbers.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    fn widths(&self) -> Vec<usize> {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            let cells = cells.map(|cell| cell.chars().count());
            cells.chain([self.head[column].chars().count(), 3]).max().unwrap_or_default()
        };
        (0..self.head.len()).map(width).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let line = |cells: &mut dyn Iterator<Item = &str>| -> String {
            let padded =
                cells.zip(&widths).enumerate().map(|(column, (cell, width))| match column {
                    0 => format!(" {cell:<width$} |"),
                    _ => format!(" {cell:>width$} |"),
                });
            format!("|{}", padded.collect::<String>())
        };
        let rule = |(column, width): (usize, &usize)| match column {
            0 => format!("-{}-|", "-".repeat(*width)),
            _ => format!("-{}:|", "-".repeat(*width)),
        };
        writeln!(f, "{}\n", self.title)?;
        writeln!(f, "{}", line(&mut self.head.iter().copied()))?;
        writeln!(f, "|{}", widths.iter().enumerate().map(rule).collect::<String>())?;
        for row in &self.rows {
            writeln!(f, "{}", line(&mut row.iter().map(String::as_str)))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let table = Table {
            title: "Things:".to_owned(),
            head: vec!["thing", "ms"],
            rows: vec![vec!["a".to_owned(), "12.50".to_owned()]],
        };
        let expected = "Things:\n\n| thing |    ms |\n|-------|------:|\n| a     | 12.50 |\n";
        assert_eq!(table.to_string(), expected);
    }
}
