//! "Did you mean": the known word that a mistaken one was meant to be.

/// The known word closest to `word`, when one is close enough to be worth a question.
///
/// Close is, in this order: the same letters in another case or with other separators; an edit distance of at most a
/// third of the longer word; one word inside the other, as `barman-cloud` in `barman-cloud.cloudnative-pg.io`. Of
/// equally close words the first known one is taken. `None` also when `word` is itself known.
pub fn closest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    if known.contains(&word) {
        return None;
    }
    let folded = letters(word);
    if folded.is_empty() {
        return None;
    }
    let same_letters = known.iter().find(|candidate| letters(candidate) == folded);
    same_letters
        .or_else(|| nearest(word, known))
        .or_else(|| known.iter().find(|candidate| one_inside(word, candidate)))
        .copied()
}

fn nearest<'k, 'a>(word: &str, known: &'k [&'a str]) -> Option<&'k &'a str> {
    let word = word.to_lowercase();
    known
        .iter()
        .map(|candidate| {
            let lower = candidate.to_lowercase();
            let longer = word.chars().count().max(lower.chars().count());
            (strsim::osa_distance(&word, &lower), longer, candidate)
        })
        .filter(|(distance, longer, _)| distance * 3 <= *longer)
        .min_by_key(|(distance, _, _)| *distance)
        .map(|(_, _, candidate)| candidate)
}

/// Whether one word holds the other, or its first name up to a dot. Short words are inside too many.
fn one_inside(word: &str, candidate: &str) -> bool {
    const SHORTEST: usize = 6;
    let first_name = candidate.split('.').next().unwrap_or_default();
    let (word, candidate, first_name) = (letters(word), letters(candidate), letters(first_name));
    let holds = |outer: &str, inner: &str| inner.len() >= SHORTEST && outer.contains(inner);
    holds(&candidate, &word) || holds(&word, &first_name)
}

fn letters(word: &str) -> String {
    word.chars()
        .filter(|c| !matches!(c, '-' | '_' | '.' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn a_mistaken_word_finds_the_known_one() {
        let parameters = ["barmanObjectName", "serverName"];
        let plugins = ["barman-cloud.cloudnative-pg.io"];
        let keys = ["lineage", "operatorVersion", "paths", "rules", "allow"];
        let table: &[(&str, &[&str], Option<&str>)] = &[
            ("servername", &parameters, Some("serverName")),
            ("server-name", &parameters, Some("serverName")),
            ("SERVER_NAME", &parameters, Some("serverName")),
            ("severName", &parameters, Some("serverName")),
            ("serverNames", &parameters, Some("serverName")),
            ("barmanObjectStore", &parameters, Some("barmanObjectName")),
            (
                "barmanObjectStoreName",
                &parameters,
                Some("barmanObjectName"),
            ),
            ("barmanobject", &parameters, Some("barmanObjectName")),
            ("destinationPath", &parameters, None),
            ("name", &parameters, None),
            ("plugin-barman-cloud", &plugins, Some(plugins[0])),
            ("barman-cloud", &plugins, Some(plugins[0])),
            (
                "barman-cloud.cloudnative-pg.com",
                &plugins,
                Some(plugins[0]),
            ),
            ("barmancloud.cnpg.io", &plugins, Some(plugins[0])),
            ("pgbackrest.dalibo.com", &plugins, None),
            ("rule", &keys, Some("rules")),
            ("linaege", &keys, Some("lineage")),
            ("operator_version", &keys, Some("operatorVersion")),
            ("exclude", &keys, None),
            ("x", &keys, None),
            ("", &keys, None),
            ("--", &keys, None),
            ("ключ", &keys, None),
        ];
        for (word, known, expected) in table {
            assert_eq!(closest(word, known), *expected, "{word:?}");
        }
    }

    #[test]
    fn a_known_word_needs_no_suggestion() {
        assert_eq!(closest("rules", &["rule", "rules"]), None);
    }

    #[test]
    fn of_equally_close_words_the_first_is_taken() {
        assert_eq!(closest("lint", &["line", "link"]), Some("line"));
        assert_eq!(closest("lint", &["link", "line"]), Some("link"));
    }

    #[test]
    fn nothing_is_close_when_nothing_is_known() {
        assert_eq!(closest("rules", &[]), None);
    }
}
