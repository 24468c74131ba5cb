//! A form with a file in it, read as it comes: the file goes to the disk, piece by piece, and never into memory.

use std::collections::BTreeMap;

use axum::extract::multipart::{Field, Multipart, MultipartError};
use base::kernel::{Error, Result};
use http::StatusCode;
use tokio::io::AsyncWriteExt as _;

use super::drawer::{Draft, Drawer, unavailable};

/// Most bytes of a file that is put in.
const LONGEST_FILE: usize = 50 << 20;
/// Most bytes of all other fields together: ten thousand contract numbers and more.
const LONGEST_FIELDS: usize = 512 << 10;
/// Most bytes that are read of a form at all. What is too long is read on to here, so that its sender is told so: a
/// browser that may not finish sending shows nothing.
pub(crate) const LONGEST_BODY: usize = 200 << 20;

/// What was sent.
pub(super) struct Sent {
    /// The fields, without the file.
    pub(super) fields: BTreeMap<String, String>,
    /// The file, if one was chosen.
    pub(super) file: Option<Draft>,
}

impl Sent {
    /// A field; empty: it was not sent.
    pub(super) fn get(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

/// Reads a form. `check` sees the proof, which comes first: nothing is written down for who has none.
///
/// # Errors
/// `bulk.too_large`; `request.parameters_malformed`, `request.parameter_repeated`; those of `check`; `unavailable`
pub(super) async fn receive(
    mut form: Multipart,
    drawer: &Drawer,
    check: impl Fn(&str) -> Result<()>,
) -> Result<Sent> {
    let mut sent = Sent { fields: BTreeMap::new(), file: None };
    let (mut left, mut proved, mut too_large) = (LONGEST_FIELDS, false, false);
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            if !proved || sent.file.is_some() {
                return Err(Error::Forbidden { code: "form.foreign" });
            }
            match save(field, drawer).await? {
                Saved::Nothing => {}
                Saved::TooLarge => too_large = true,
                Saved::As(draft) => sent.file = Some(draft),
            }
            continue;
        }
        let value = text(field, &mut left).await?;
        if name == "proof" {
            check(&value)?;
            proved = true;
        }
        if sent.fields.insert(name.clone(), value).is_some() {
            return Err(Error::invalid("request.parameter_repeated", name));
        }
    }
    if !proved {
        return Err(Error::Forbidden { code: "form.foreign" });
    }
    if too_large {
        return Err(too_large_file());
    }
    Ok(sent)
}

/// What became of a file.
enum Saved {
    /// None was chosen.
    Nothing,
    /// It goes on for too long.
    TooLarge,
    As(Draft),
}

fn too_large_file() -> Error {
    Error::invalid("bulk.too_large", "file")
}

/// A form that broke off, is malformed, or goes on for ever.
fn broken(error: &MultipartError) -> Error {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large_file();
    }
    Error::invalid("request.parameters_malformed", "")
}

async fn text(mut field: Field<'_>, left: &mut usize) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|error| broken(&error))? {
        *left = left.checked_sub(piece.len()).ok_or_else(too_large_file)?;
        bytes.extend_from_slice(&piece);
    }
    String::from_utf8(bytes).map_err(|_| Error::invalid("request.parameters_malformed", ""))
}

/// Puts a file on the disk.
async fn save(mut field: Field<'_>, drawer: &Drawer) -> Result<Saved> {
    let draft = drawer.draft();
    let failed = |error: std::io::Error| unavailable(&draft.path, &error);
    let mut file = tokio::fs::File::create_new(&draft.path).await.map_err(failed)?;
    let mut length = 0_usize;
    while let Some(piece) = field.chunk().await.map_err(|error| broken(&error))? {
        length = length.saturating_add(piece.len());
        if length <= LONGEST_FILE {
            file.write_all(&piece).await.map_err(failed)?;
        }
    }
    file.flush().await.map_err(failed)?;
    Ok(match length {
        0 => Saved::Nothing,
        length if length > LONGEST_FILE => Saved::TooLarge,
        _ => Saved::As(draft),
    })
}
