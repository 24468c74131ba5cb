//! Our own Markdown as HTML: each part under a heading of the second level by itself.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Its heading; empty: what stands before the first one.
    pub(super) title: String,
    /// The HTML below the heading.
    pub(super) html: String,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    /// The heading of the first level.
    pub(super) title: String,
    /// Its parts, in order.
    pub(super) parts: Vec<Part>,
}

/// Reads `text`. `lead` answers where a link to a file of ours leads here; what leads nowhere becomes plain text. HTML inside is
/// shown as it is written, never run.
pub(super) fn read(text: &str, lead: impl Fn(&str) -> Option<String>) -> Document {
    let mut document = Document { title: String::new(), parts: Vec::new() };
    let mut title = String::new();
    let mut inside: Vec<Event<'_>> = Vec::new();
    let mut heading: Option<(HeadingLevel, String)> = None;
    let mut dropped = 0_usize;
    let mut pictured = None;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match (event, &mut heading) {
            (Event::Start(Tag::Heading { level, .. }), _)
                if matches!(level, HeadingLevel::H1 | HeadingLevel::H2) =>
            {
                heading = Some((level, String::new()));
            }
            (Event::End(TagEnd::Heading(_)), Some((level, said))) => {
                if *level == HeadingLevel::H1 {
                    document.title = std::mem::take(said);
                } else {
                    let before =
                        Part { title: std::mem::take(&mut title), html: written(&mut inside) };
                    document.parts.push(before);
                    title = std::mem::take(said);
                }
                heading = None;
            }
            (Event::Text(more) | Event::Code(more), Some((_, said))) => said.push_str(&more),
            (_, Some(_)) => {}
            (Event::Html(raw) | Event::InlineHtml(raw), None) => inside.push(Event::Text(raw)),
            (Event::Start(Tag::Link { link_type, dest_url, title, id }), None) => {
                match led(&dest_url, &lead) {
                    Some(to) => inside.push(Event::Start(Tag::Link {
                        link_type,
                        dest_url: CowStr::from(to),
                        title,
                        id,
                    })),
                    None => dropped += 1,
                }
            }
            (Event::End(TagEnd::Link), None) if dropped > 0 => dropped -= 1,
            (Event::Start(Tag::Image { link_type, dest_url, title, id }), None) => {
                // Of a picture that is not here, its words are left.
                pictured = led(&dest_url, &lead).map(CowStr::from);
                if let Some(dest_url) = pictured.clone() {
                    inside.push(Event::Start(Tag::Image { link_type, dest_url, title, id }));
                }
            }
            (Event::End(TagEnd::Image), None) if pictured.is_none() => {}
            (other, None) => inside.push(other),
        }
    }
    document.parts.push(Part { title, html: written(&mut inside) });
    document.parts.retain(|part| !part.title.is_empty() || !part.html.trim().is_empty());
    document
}

/// Where a link leads: an address of somebody else stays as it is.
fn led(to: &str, lead: impl Fn(&str) -> Option<String>) -> Option<String> {
    match to.split_once("://") {
        Some(("https" | "http", _)) => Some(to.to_owned()),
        Some(_) => None,
        None => {
            let file = to.split('#').next().unwrap_or_default();
            lead(file.rsplit('/').next().unwrap_or_default())
        }
    }
}

/// Tables scroll by themselves on a narrow screen, and can be reached by keyboard.
fn written(events: &mut Vec<Event<'_>>) -> String {
    let mut text = String::new();
    html::push_html(&mut text, events.drain(..));
    text.replace("<table>", "<div class=\"scroll\" tabindex=\"0\"><table>")
        .replace("</table>", "</table></div>")
        .replace("<th>", "<th scope=\"col\">")
        .replace("<img ", "<img loading=\"lazy\" ")
        .replace("<pre>", "<pre tabindex=\"0\">")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead(file: &str) -> Option<String> {
        match file {
            "sms.md" => Some("/docs/sms".to_owned()),
            "known.png" => Some("/docs/pictures/known.png".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn a_document_falls_into_its_parts() {
        let read = read("# Files `in`\n\nFirst.\n\n## One\n\na\n\n### Deep\n\n## Two\n\nb\n", lead);
        assert_eq!(read.title, "Files in");
        let titles: Vec<_> = read.parts.iter().map(|part| part.title.as_str()).collect();
        assert_eq!(titles, ["", "One", "Two"]);
        assert!(read.parts.iter().any(|part| part.html.contains("<h3>Deep</h3>")));
    }

    #[test]
    fn links_lead_to_pages_of_ours_or_to_others_and_nothing_is_run() {
        let text = "[a](sms.md#x) [b](../../crates/x.rs) [c](https://www.rfc-editor.org/) \
                    [d](javascript:alert(1)) <script>alert(2)</script>\n";
        let read = read(text, lead);
        let html: String = read.parts.iter().map(|part| part.html.as_str()).collect();
        assert!(
            html.contains(
                "<a href=\"/docs/sms\">a</a> b <a href=\"https://www.rfc-editor.org/\">c</a> d"
            ),
            "{html}"
        );
        assert!(html.contains("&lt;script&gt;") && !html.contains("<script"), "{html}");
    }

    #[test]
    fn a_picture_that_is_here_is_shown_and_of_any_other_its_words_are_left() {
        let other = read("![The page of a contract](pictures/contract.png)\n", lead);
        assert_eq!(other.parts[0].html.trim(), "<p>The page of a contract</p>");
        let known = read("![A \"page\"](pictures/known.png)\n", lead);
        assert_eq!(
            known.parts[0].html.trim(),
            "<p><img loading=\"lazy\" src=\"/docs/pictures/known.png\" alt=\"A &quot;page&quot;\" /></p>"
        );
    }

    #[test]
    fn tables_say_what_heads_they_have() {
        let read = read("| a | b |\n|---|---|\n| 1 | `2` |\n", lead);
        let html = &read.parts[0].html;
        assert!(html.contains("<th scope=\"col\">a</th>") && html.contains("tabindex"), "{html}");
    }
}
