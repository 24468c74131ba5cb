//! A station's logo: a picture from outside, measured before it is unpacked, and written anew as PNG. Nothing of the file that came
//! is kept but its colours.
//!
//! Owns the table `logos`. Source: issue 4, §1; `docs/decisions/0062`.

use std::io::Cursor;

use base::kernel::{Change, Error, Result};
use base::records::{Entry, inbox, record};
use base::store::Tx;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits};
use serde_json::json;

use super::repo;
use super::stations::find_operator;

/// Most bytes of the file that comes.
pub const LONGEST_LOGO: usize = 1 << 20;
/// Most pixels of it each way.
pub const WIDEST_LOGO: u32 = 2000;
/// What it is made to fit, in pixels: more than twice as much as a page shows.
const KEPT: (u32, u32) = (480, 144);
/// Logos that are kept of an operator, besides the one that is shown.
const MOST: i64 = 10;

/// A picture that may be shown: PNG of our own writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    digest: String,
    png: Vec<u8>,
}

impl Logo {
    /// Reads a file of PNG or JPEG; its name and what it was sent as do not matter.
    ///
    /// # Errors
    /// Each names `logo`:
    /// - `look.logo_large` — more bytes than [`LONGEST_LOGO`]
    /// - `look.logo_kind` — neither PNG nor JPEG
    /// - `look.logo_wide` — more pixels than [`WIDEST_LOGO`] one way
    /// - `look.logo_broken` — it can not be read to its end
    pub fn read(file: &[u8]) -> Result<Self> {
        if file.len() > LONGEST_LOGO {
            return Err(Error::invalid("look.logo_large", "logo"));
        }
        let format = image::guess_format(file).ok();
        let known = |format: &ImageFormat| matches!(format, ImageFormat::Png | ImageFormat::Jpeg);
        let format = format.filter(known);
        let format = format.ok_or_else(|| Error::invalid("look.logo_kind", "logo"))?;
        let (mut picture, orientation) = unpacked(file, format)?;
        picture.apply_orientation(orientation);
        let (width, height) = KEPT;
        if picture.width() > width || picture.height() > height {
            picture = picture.thumbnail(width, height);
        }
        let mut png = Cursor::new(Vec::new());
        let plain = DynamicImage::ImageRgba8(picture.into_rgba8());
        plain.write_to(&mut png, ImageFormat::Png).map_err(Error::internal)?;
        let png = png.into_inner();
        let mut digest = hex::encode(inbox::digest(&png));
        digest.truncate(32);
        Ok(Self { digest, png })
    }

    /// What it is known by.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The picture.
    #[must_use]
    pub fn png(&self) -> &[u8] {
        &self.png
    }
}

/// The pixels of a file, and which side of them is up. How many there are is known before any is unpacked.
fn unpacked(file: &[u8], format: ImageFormat) -> Result<(DynamicImage, Orientation)> {
    let broken = |_| Error::invalid("look.logo_broken", "logo");
    let mut limits = Limits::default();
    // Sixteen bits each of red, green, blue and what shines through.
    limits.max_alloc = Some(u64::from(WIDEST_LOGO) * u64::from(WIDEST_LOGO) * 8 * 2);
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    if width > WIDEST_LOGO || height > WIDEST_LOGO {
        return Err(Error::invalid("look.logo_wide", "logo"));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok((DynamicImage::from_decoder(decoder).map_err(broken)?, orientation))
}

/// Keeps a logo, so that a look may name it; nothing shows it until one does. Of those nobody ever published the oldest go.
///
/// # Errors
/// `operator.unknown`
pub fn add_logo(tx: &mut Tx<'_>, logo: &Logo) -> Result<Change> {
    let known = find_operator(tx)?;
    if repo::find_logo(tx, &logo.digest)?.is_some() {
        return Ok(Change::Already);
    }
    repo::add_logo(tx, (&logo.digest, &logo.png))?;
    repo::forget_logos(tx, &known.look.logo, MOST)?;
    let detail = json!({ "logo": logo.digest, "bytes": logo.png.len() });
    record(tx, &Entry::new("look.logo_added", &known.code).detail(detail))?;
    Ok(Change::Made)
}

/// The picture with this digest, as PNG.
///
/// # Errors
/// `look.logo_unknown`
pub fn find_logo(tx: &mut Tx<'_>, digest: &str) -> Result<Vec<u8>> {
    repo::find_logo(tx, digest)?.ok_or_else(|| Error::not_found("look.logo_unknown", digest))
}
