//! `/styleguide`: the design system, alive: colours and sizes as the style sheet says them, components cut out of pages
//! that the real templates made.
//!
//! Only in the demo, at the address of its video site: it belongs to no station.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base::kernel::{Error, Result};
use domain::operators::Look;
use federation::oidc::samples;
use serde::Deserialize as _;
use web::answers::or_page;
use web::current::{self, Establish};
use web::look::Samples;
use web::texts::Words;
use web::tokens::{self, Pair};
use web::{Page, blocking};

use crate::demo::folder::STATION;

/// Where the forms of the samples would lead.
const ADDRESS: &str = "/signin";

/// A component: what it is called, the page it is cut out of, and what its element has in it.
const PARTS: [(&str, &str, &str); 12] = [
    ("選ぶ欄 / A list", "operator", "<form"),
    ("入力欄とボタン / Fields and a button", "password", "<form"),
    ("説明のある欄、テレビの文字盤 / Fields with hints, keys on a television", "letter", "<form"),
    ("できなかったこと / What did not work", "letter", "class=\"message\""),
    ("第二のボタン / A second button", "recover", "class=\"button second\""),
    ("読み上げる番号 / A number to say", "approval", "class=\"spoken\""),
    ("できなかったページ / A page of an error", "error", "class=\"message\""),
    ("見られるものの棚 / A shelf of what may be watched", "watch", "class=\"shelf\""),
    ("見つかったもの / What was found", "search", "<table"),
    ("一覧に続く数字 / Figures that lead to lists", "today", "class=\"figures\""),
    ("時間ごとの棒 / Bars of a day", "today", "class=\"hours\""),
    ("言語 / The language", "choice", "class=\"languages\""),
];

/// A look of the demo's own: of its first station, but for the logo.
fn look() -> Result<Look> {
    let file: toml::Table = STATION.parse().map_err(Error::internal)?;
    let first = file.get("operators").and_then(|all| all.get(0));
    let look = first.and_then(|one| one.get("look")).and_then(toml::Value::as_table);
    let mut look = look.cloned().unwrap_or_default();
    look.remove("logo_file");
    Look::deserialize(look).map_err(Error::internal)?.checked()
}

/// A component on the page.
struct Part {
    name: &'static str,
    from: &'static str,
    html: String,
}

/// Two colours on the page.
struct Shown {
    class: String,
    front: String,
    behind: String,
    day: String,
    night: String,
    least: String,
}

#[derive(Template)]
#[template(path = "demo/styleguide.html")]
struct Body<'b> {
    colours: Vec<(String, String, String)>,
    pairs: Vec<Shown>,
    sizes: Vec<(&'static str, &'static str)>,
    parts: Vec<Part>,
    /// Pages of a station in colours of its own.
    samples: Samples<'b>,
    pages: Vec<&'static str>,
}

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/styleguide", get(show))
        .route("/styleguide/{page}", get(page))
        .route("/styleguide.css", get(style))
        .merge(web::page::assets())
        .layer(Establish)
}

async fn show() -> Response {
    or_page(blocking(|| Ok(guide()?.into_response())).await)
}

/// One of the pages the components are cut out of, whole.
async fn page(Path(name): Path<String>) -> Response {
    let found = move || {
        let known = pages()?.into_iter().find(|(word, _)| *word == name);
        let (_, page) = known.ok_or_else(|| Error::not_found("page.unknown", ""))?;
        Ok(page.into_response())
    };
    or_page(blocking(found).await)
}

/// A class for each two colours: pages of ours have no style inside them.
async fn style() -> Response {
    let rule = |pair: &Pair| {
        let (class, front, behind) = (class_of(pair), &pair.front, &pair.behind);
        format!("td.{class} {{ color: var(--{front}); background: var(--{behind}); }}\n")
    };
    let rules: String = tokens::pairs().iter().map(rule).collect();
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], rules).into_response()
}

fn class_of(pair: &Pair) -> String {
    format!("{}-on-{}", pair.front, pair.behind)
}

/// The pages of the real templates.
fn pages() -> Result<Vec<(&'static str, Page)>> {
    let language = current::get().language;
    let mut pages = samples(language, ADDRESS)?;
    pages.extend(console::samples(language)?);
    pages.push(("watch", mypage::sample(language)?));
    pages.push(("error", Page::of_error(language, &Error::not_found("page.unknown", ""))));
    Ok(pages)
}

fn guide() -> Result<Page> {
    let pages = pages()?;
    let body_of = |word: &str| {
        let found = pages.iter().find(|(each, _)| *each == word);
        found.map(|(_, page)| page.body()).unwrap_or_default()
    };
    let cut = |(name, from, mark): (&'static str, &'static str, &str)| {
        let html = element(body_of(from), mark).unwrap_or_default().replace(" autofocus", "");
        Part { name, from, html }
    };
    let shown = |pair: Pair| Shown {
        class: class_of(&pair),
        day: format!("{:.1}", pair.day),
        night: format!("{:.1}", pair.night),
        least: format!("{:.1}", pair.least),
        front: pair.front,
        behind: pair.behind,
    };
    let look = look()?;
    let sizes = ["html", "h1", "h2", "h3", ".hint", ".spoken"];
    let sizes = sizes.map(|one| (one, tokens::size_of(one).unwrap_or("1rem")));
    let body = Body {
        colours: tokens::colours(),
        pairs: tokens::pairs().into_iter().map(shown).collect(),
        sizes: sizes.to_vec(),
        parts: PARTS.map(cut).into_iter().collect(),
        samples: Samples::of(Words(current::get().language), "北浜ケーブル", (&look, None)),
        pages: pages.iter().map(|(word, _)| *word).collect(),
    };
    Page::new(current::get().language, "デザインの見本", &body)
}

/// The element of a page in whose beginning `mark` stands, to its end.
fn element<'p>(page: &'p str, mark: &str) -> Option<&'p str> {
    let at = page.find(mark)?;
    let start = page.get(..=at)?.rfind('<')?;
    let whole = page.get(start..)?;
    let name = whole.get(1..)?.split([' ', '>']).next()?;
    let end = format!("</{name}>");
    let until = whole.find(&end)? + end.len();
    whole.get(..until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_component_is_cut_out_of_a_real_page() {
        let guide = guide().unwrap();
        for (name, from, _) in PARTS {
            assert!(guide.body().contains(&format!("href=\"/styleguide/{from}\"")), "{name}");
        }
        assert_eq!(
            element("<p>a</p><b class=\"x\">c</b>", "class=\"x\""),
            Some("<b class=\"x\">c</b>")
        );
        let pages = pages().unwrap();
        for (name, from, mark) in PARTS {
            let (_, page) = pages.iter().find(|(word, _)| *word == from).unwrap();
            assert!(element(page.body(), mark).is_some(), "{name}");
        }
    }
}
