//! What a file was answered so far, opened to be shown: the copy we keep of its result, or the result in the making.

use std::path::{Path, PathBuf};

use base::kernel::{Error, Result};
use domain::files::{self, File, RUN_FOLDER, TRIED_FOLDER};
use formats::sms::FileName;
use web::results::Answered;

use super::check::peek;
use super::{deliver, plain};

/// Opens what `file` was answered so far, below `root`: the operator's directory of the SMS's files, or of work put in at the
/// console. None: it has no answer yet, or none is kept there.
///
/// # Errors
/// `unavailable` — it lies there and can not be read
pub fn answered(root: &Path, file: &File) -> Result<Option<Answered>> {
    let Ok(name) = FileName::parse(&file.name) else { return Ok(None) };
    let path = places(root, file).into_iter().find(|path| plain::is_there(path));
    let Some(path) = path.filter(|path| !is_led_away(path)) else { return Ok(None) };
    let Some((_, form)) = peek(&path, name.layout)? else { return Ok(None) };
    let content = plain::open(&path)?;
    let whole = file.sent.is_some();
    let bytes = match whole {
        true => plain::length(&path),
        false => u64::try_from(file.result_offset).map_err(Error::internal)?,
    };
    Ok(Some(Answered { content, form, bytes, whole }))
}

/// Where it may lie, the likeliest first.
fn places(root: &Path, file: &File) -> Vec<PathBuf> {
    let name = deliver::result_name(&file.name);
    let part = format!(".{name}.part");
    let from_console = file.interface == files::CONSOLE;
    // Done by hand, the result lies beside the request, wherever that was.
    if (file.by_hand && !from_console) || file.result_offset == 0 {
        return Vec::new();
    }
    if from_console {
        let out = root.join(if file.test { TRIED_FOLDER } else { RUN_FOLDER });
        return vec![out.join(if file.sent.is_some() { name } else { part })];
    }
    let (out, kept) = (root.join("out"), root.join("out/.kept").join(&name));
    match file.sent {
        Some(_) => vec![kept],
        // It may be whole, and the books not told yet.
        None => vec![out.join(part), kept, out.join(name)],
    }
}

/// Whether the directory is a link: what lies in `out` is the station's to change.
fn is_led_away(path: &Path) -> bool {
    path.parent().is_none_or(Path::is_symlink)
}
