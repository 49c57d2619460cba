//! Writes XML that is well-formed whatever the input holds. Pages are written so that they are XML too.

use crate::report::clean;

/// A document in the making.
#[derive(Debug, Default)]
pub(super) struct Markup {
    text: String,
    open: Vec<&'static str>,
}

/// An attribute.
pub(super) type Attribute<'a> = (&'a str, &'a str);

impl Markup {
    /// Begins with bytes that are no element, such as a document type.
    pub(super) fn beginning(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            open: Vec::new(),
        }
    }

    pub(super) fn open(&mut self, name: &'static str, attributes: &[Attribute<'_>]) {
        self.tag(name, attributes);
        self.text.push('>');
        self.open.push(name);
    }

    /// Ends the element that was opened last.
    pub(super) fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.text.push_str(&format!("</{name}>"));
        }
    }

    /// Ends a line, for people who read the source.
    pub(super) fn line(&mut self) {
        self.text.push('\n');
    }

    /// An element without content. In pages only for elements that never have any.
    pub(super) fn empty(&mut self, name: &'static str, attributes: &[Attribute<'_>]) {
        self.tag(name, attributes);
        self.text.push_str("/>");
    }

    /// An element that holds text only.
    pub(super) fn leaf(&mut self, name: &'static str, attributes: &[Attribute<'_>], text: &str) {
        self.open(name, attributes);
        self.write(text);
        self.close();
    }

    pub(super) fn write(&mut self, text: &str) {
        self.text.push_str(&escaped(text));
    }

    /// A style sheet of this project.
    pub(super) fn style(&mut self, sheet: &'static str) {
        self.open("style", &[]);
        self.text.push_str(sheet);
        self.close();
        self.line();
    }

    pub(super) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.line();
        self.text
    }

    fn tag(&mut self, name: &str, attributes: &[Attribute<'_>]) {
        self.text.push_str(&format!("<{name}"));
        for (key, value) in attributes {
            self.text
                .push_str(&format!(" {key}=\"{}\"", escaped(value)));
        }
    }
}

/// Text that can stand between tags and in attributes. Control and direction characters become U+FFFD, and so do
/// the two that XML knows no way to write.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in clean::line(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_written_can_become_a_tag() {
        let mut markup = Markup::default();
        markup.open("p", &[("title", "\"><script>'")]);
        markup.write("</p><script>alert(1)</script>&\u{0}\u{202e}\u{ffff}");
        let text = markup.finish();
        assert_eq!(
            text,
            "<p title=\"&quot;&gt;&lt;script&gt;&#39;\">&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;\u{fffd}\u{fffd}\u{fffd}</p>\n"
        );
    }

    #[test]
    fn what_is_open_at_the_end_is_closed() {
        let mut markup = Markup::beginning("<!DOCTYPE html>\n");
        markup.open("html", &[]);
        markup.open("body", &[]);
        markup.leaf("b", &[], "x");
        assert_eq!(
            markup.finish(),
            "<!DOCTYPE html>\n<html><body><b>x</b></body></html>\n"
        );
    }
}
