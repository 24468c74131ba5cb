//! Letters on paper: A4 pages as PDF, for the printer.
//!
//! The typeface is a file of the machine, because a Japanese one is larger than the rest of the program; the
//! characters that are used are put into the PDF, so that it looks alike everywhere.

use std::path::Path;

use base::kernel::{Error, Result};
use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{Path as Shape, PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};
use qrcode::{Color, QrCode};

/// A4 in points.
const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const LEFT: f32 = 64.0;
const RIGHT: f32 = WIDTH - LEFT;
/// The square of the picture a telephone reads.
const PICTURE: f32 = 110.0;
/// Distance of two lines, in heights of their characters.
const LEADING: f32 = 1.7;

/// Where Debian and Ubuntu keep Japanese typefaces (`fonts-noto-cjk`, `fonts-ipaexfont-gothic`). The first face
/// of each file is the Japanese one.
const USUAL: [&str; 2] = [
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf",
];

/// A typeface that is read and may be used.
#[derive(Clone)]
pub struct Typeface(Font);

impl Typeface {
    /// The first face of the file at `path`, or of one of the places where systems keep a Japanese one.
    ///
    /// # Errors
    /// `letter.typeface` — nothing there, or no typeface
    pub fn open(path: Option<&Path>) -> Result<Self> {
        let usual = || USUAL.iter().map(Path::new).find(|path| path.exists());
        let unusable = |what: &str| Error::not_found("letter.typeface", what);
        let Some(path) = path.or_else(usual) else { return Err(unusable("fonts-noto-cjk")) };
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|_| unusable(&name))?;
        Font::new(bytes.into(), 0).map(Self).ok_or_else(|| unusable(&name))
    }
}

/// What stands on one page, line by line; no line is broken here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Who writes.
    pub from: String,
    /// The day, on the right.
    pub day: String,
    /// To whom.
    pub to: String,
    /// What it is about.
    pub title: String,
    /// Before the box.
    pub opening: String,
    /// In the box: names and values; the last one is written large.
    pub facts: Vec<(String, String)>,
    /// What to do.
    pub steps: String,
    /// The address the picture leads to.
    pub link: String,
    /// Below everything, small.
    pub foot: String,
}

/// The PDF of these pages.
///
/// # Errors
/// `letter.typeface` when the typeface can not be put into it; `internal` for a link that fits into no picture.
pub fn print(typeface: &Typeface, title: &str, sheets: &[Sheet]) -> Result<Vec<u8>> {
    let mut document = Document::new();
    let about = Metadata::new().title(title.to_owned()).language("ja".to_owned());
    document.set_metadata(about);
    for sheet in sheets {
        let size = PageSettings::from_wh(WIDTH, HEIGHT)
            .ok_or_else(|| Error::internal("a page without a size"))?;
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        lay_out(&mut Pen { surface: &mut surface, typeface, y: 80.0 }, sheet)?;
        surface.finish();
        page.finish();
    }
    let unusable = |_| Error::not_found("letter.typeface", "");
    document.finish().map_err(unusable)
}

fn lay_out(pen: &mut Pen<'_, '_>, sheet: &Sheet) -> Result<()> {
    pen.at((RIGHT - width(&sheet.day, 10.0), 56.0), 10.0, &sheet.day);
    pen.at((LEFT, 56.0), 12.0, &sheet.from);
    pen.y = 96.0;
    pen.lines(13.0, &sheet.to);
    pen.y += 26.0;
    pen.at(((WIDTH - width(&sheet.title, 22.0)) / 2.0, pen.y), 22.0, &sheet.title);
    pen.y += 44.0;
    pen.lines(11.0, &sheet.opening);
    pen.y += 8.0;
    pen.facts(&sheet.facts)?;
    pen.y += 32.0;
    let top = pen.y;
    pen.picture(&sheet.link, (RIGHT - PICTURE, top - 10.0))?;
    pen.lines(11.0, &sheet.steps);
    pen.y = pen.y.max(top + PICTURE + 16.0);
    pen.lines(9.0, &sheet.link);
    pen.y += 10.0;
    pen.lines(9.0, &sheet.foot);
    Ok(())
}

/// How wide `text` is at this size, as Japanese is set: a character is as wide as high, a Latin one about half.
fn width(text: &str, size: f32) -> f32 {
    text.chars().map(|one| if one.is_ascii() { 0.56 * size } else { size }).sum()
}

/// What is written with, and how far down it is.
struct Pen<'s, 'p> {
    surface: &'s mut Surface<'p>,
    typeface: &'s Typeface,
    y: f32,
}

impl Pen<'_, '_> {
    fn at(&mut self, (x, y): (f32, f32), size: f32, text: &str) {
        self.surface.set_stroke(None);
        self.surface.set_fill(Some(ink()));
        let typeface = self.typeface.0.clone();
        let place = Point::from_xy(x, y);
        self.surface.draw_text(place, typeface, size, text, false, TextDirection::LeftToRight);
    }

    fn lines(&mut self, size: f32, text: &str) {
        for line in text.lines() {
            self.at((LEFT, self.y), size, line);
            self.y += size * LEADING;
        }
    }

    fn facts(&mut self, facts: &[(String, String)]) -> Result<()> {
        let (top, height) = (self.y, 28.0 * facts.len() as f32 + 32.0);
        let frame = shape(|path| {
            Rect::from_xywh(LEFT, top, RIGHT - LEFT, height).map(|frame| path.push_rect(frame))
        })?;
        self.surface.set_fill(None);
        self.surface.set_stroke(Some(Stroke::default()));
        self.surface.draw_path(&frame);
        self.y += 30.0;
        for (at, (name, value)) in facts.iter().enumerate() {
            let size = if at + 1 == facts.len() { 20.0 } else { 13.0 };
            self.y += if at + 1 == facts.len() { 8.0 } else { 0.0 };
            self.at((LEFT + 18.0, self.y), 11.0, name);
            self.at((LEFT + 140.0, self.y), size, value);
            self.y += 28.0;
        }
        self.y = top + height;
        Ok(())
    }

    /// The picture of an address that a telephone reads (QR code).
    fn picture(&mut self, link: &str, (left, top): (f32, f32)) -> Result<()> {
        let code = QrCode::new(link).map_err(Error::internal)?;
        let dot = PICTURE / code.width() as f32;
        let (wide, colors) = (code.width(), code.to_colors());
        let dark = colors.iter().enumerate().filter(|(_, color)| **color == Color::Dark);
        let dots = shape(|path| {
            for (at, _) in dark {
                let (x, y) = ((at % wide) as f32, (at / wide) as f32);
                path.push_rect(Rect::from_xywh(left + x * dot, top + y * dot, dot, dot)?);
            }
            Some(())
        })?;
        self.surface.set_stroke(None);
        self.surface.set_fill(Some(ink()));
        self.surface.draw_path(&dots);
        Ok(())
    }
}

fn ink() -> Fill {
    Fill { paint: rgb::Color::black().into(), opacity: NormalizedF32::ONE, ..Fill::default() }
}

fn shape(draw: impl FnOnce(&mut PathBuilder) -> Option<()>) -> Result<Shape> {
    let mut path = PathBuilder::new();
    let drawn = draw(&mut path).and_then(|()| path.finish());
    drawn.ok_or_else(|| Error::internal("a shape without a size"))
}
