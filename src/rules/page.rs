//! The page of a rule: where it is published, and its parts.

use super::rule::{Check, Rule};

/// The longest text that GitHub shows as the description of a rule, in characters.
const LONGEST_DESCRIPTION: usize = 1024;

impl Rule {
    /// Where its page is published.
    pub fn url(&self) -> String {
        let repository = env!("CARGO_PKG_REPOSITORY");
        let file = match self.check {
            Check::Admission(_) => "admission/TABLE.md".to_owned(),
            _ => format!("rules/{}/README.md", self.id),
        };
        format!("{repository}/blob/main/fixtures/{file}")
    }

    /// What it finds: the first paragraph of that section, on one line.
    pub fn finds(&self) -> String {
        if let Check::Admission(check) = self.check {
            return check.sentence();
        }
        let section = self.explain.split("## What it finds").nth(1);
        let paragraph = section.and_then(|text| text.trim_start().split("\n\n").next());
        let words: Vec<&str> = paragraph
            .unwrap_or(self.summary)
            .split_whitespace()
            .collect();
        words.join(" ").chars().take(LONGEST_DESCRIPTION).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::{self, RULES};

    #[test]
    fn what_a_rule_finds_is_told_by_its_page() {
        let rule = rules::find("unused-allow").unwrap();
        let finds = rule.finds();
        assert!(
            finds.starts_with("A comment `# walbound: allow("),
            "{finds}"
        );
        assert!(finds.ends_with("is no comment."), "{finds}");
        for rule in RULES.iter() {
            let finds = rule.finds();
            assert!(
                finds.len() > 40 && finds != rule.summary,
                "{}: {finds}",
                rule.id
            );
        }
    }
}
