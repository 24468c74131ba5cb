//! A form with a file in it, read as it comes: the file goes to the disk, piece by piece, and never into memory.

use std::collections::BTreeMap;

use axum::extract::multipart::{Field, Multipart, MultipartError};
use base::kernel::{Error, Result};
use http::StatusCode;
use tokio::io::AsyncWriteExt as _;

/// Most bytes of a file that is put in.
const LONGEST_FILE: usize = 50 << 20;
/// Most bytes of all other fields together: ten thousand contract numbers and more.
const LONGEST_FIELDS: usize = 512 << 10;
/// Most bytes that are read of a form at all. What is too long is read on to here, so that its sender is told so: a
/// browser that may not finish sending shows nothing.
pub(crate) const LONGEST_BODY: usize = 200 << 20;

/// What was sent; `F` is what a file is kept as.
pub(crate) struct Sent<F> {
    /// The fields, without the file.
    pub(super) fields: BTreeMap<String, String>,
    /// The file, if one was chosen, and its name at who sent it.
    pub(crate) file: Option<(F, String)>,
}

impl<F> Sent<F> {
    /// A field; empty: it was not sent.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

/// Reads a form. `check` sees the proof, which comes first: nothing is written down for who has none. `keep` makes what a
/// file is written to, and what it is kept as.
///
/// # Errors
/// `bulk.too_large`; `request.parameters_malformed`, `request.parameter_repeated`; those of `check`; `unavailable`
pub(crate) async fn receive<F>(
    mut form: Multipart,
    check: impl Fn(&str) -> Result<()>,
    keep: impl Fn() -> Result<(std::fs::File, F)>,
) -> Result<Sent<F>> {
    let mut sent = Sent { fields: BTreeMap::new(), file: None };
    let (mut left, mut proved, mut too_large) = (LONGEST_FIELDS, false, false);
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            if !proved || sent.file.is_some() {
                return Err(Error::Forbidden { code: "form.foreign" });
            }
            let name = field.file_name().unwrap_or_default().to_owned();
            let (file, kept) = keep()?;
            match save(field, file).await? {
                // A browser sends a file without a name where none was chosen.
                0 if name.is_empty() => {}
                length if length > LONGEST_FILE => too_large = true,
                _ => sent.file = Some((kept, name)),
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

/// Puts a file on the disk, as far as one may go; answers how long it is.
async fn save(mut field: Field<'_>, file: std::fs::File) -> Result<usize> {
    let failed = |error| Error::unavailable("files", format!("what is put in: {error}"));
    let (mut file, mut length) = (tokio::fs::File::from_std(file), 0_usize);
    while let Some(piece) = field.chunk().await.map_err(|error| broken(&error))? {
        length = length.saturating_add(piece.len());
        if length <= LONGEST_FILE {
            file.write_all(&piece).await.map_err(failed)?;
        }
    }
    file.flush().await.map_err(failed)?;
    Ok(length)
}
