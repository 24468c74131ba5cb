//! Images of households before a file touched them, kept with each chunk, read back by household.
//!
//! A file is taken back household by household. Within a household the images form a chain: what a
//! later chunk found must be what the chunk before left, else something else came in between. The
//! members of a replaced contract live under its new number, so both go back together: they share
//! an anchor. Source: brief tve §7.3 UNDO.

use std::collections::HashMap;

use base::kernel::{Error, Result};
use base::store::{Row, Tx, Value};

use super::repo::{change, find, record};
use super::retention::still_undoable;
use super::{File, FileState};

/// A household before and after something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Contract number.
    pub number: String,
    /// Generation.
    pub generation: i64,
    /// The version it had, 0 when it was not.
    pub version_before: i64,
    /// The version it had afterwards.
    pub version_after: i64,
    /// The household as it was, JSON.
    pub before: String,
    /// The request ids of the lines that changed it, one a line.
    pub requests: String,
}

/// A contract number that took the place of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The number before.
    pub from: String,
    /// The number now.
    pub to: String,
}

/// A household that can not be taken back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conflict {
    /// Contract number.
    pub number: String,
    /// Generation.
    pub generation: i64,
}

/// Households to take back together: each with its oldest image and its newest version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UndoPage {
    /// By anchor: all of one anchor, or none.
    pub groups: Vec<Vec<Image>>,
    /// Groups in which something else came in between two chunks.
    pub broken: Vec<Conflict>,
    /// Where the next page begins; `None`: this was the last one.
    pub next: Option<String>,
}

/// Keeps the images of chunk number `chunk`, in the transaction that does its commands.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn keep_images(
    tx: &mut Tx<'_>,
    (file_id, chunk): (&str, i64),
    images: &[Image],
    links: &[Link],
) -> Result<()> {
    let anchors = anchors(tx, file_id, (images, links))?;
    let rows: Vec<Vec<Value>> = images
        .iter()
        .map(|image| {
            let anchor = anchors.get(&image.number).unwrap_or(&image.number);
            vec![
                tx.operator().into(),
                file_id.into(),
                anchor.into(),
                (&image.number).into(),
                image.generation.into(),
                chunk.into(),
                image.version_before.into(),
                image.version_after.into(),
                (&image.before).into(),
                (&image.requests).into(),
            ]
        })
        .collect();
    tx.exec_many(
        "INSERT INTO file_undo
            (operator_id, file_id, anchor, number, gen, chunk, version_before, version_after, before,
             requests)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        &rows,
    )?;
    Ok(())
}

/// The anchor of every number that is not its own, with those that `links` add.
fn anchors(
    tx: &mut Tx<'_>,
    file_id: &str,
    (images, links): (&[Image], &[Link]),
) -> Result<HashMap<String, String>> {
    let numbers: Vec<String> = images.iter().map(|image| image.number.clone()).collect();
    let keys: [Value; 3] = [tx.operator().into(), file_id.into(), numbers.into()];
    let known = tx.rows(
        "SELECT number, anchor FROM file_links
          WHERE operator_id = ?1 AND file_id = ?2 AND number IN ARRAY(?3)",
        &keys,
        |row| Ok((row.text()?, row.text()?)),
    )?;
    let mut anchors: HashMap<String, String> = known.into_iter().collect();
    let mut rows: Vec<Vec<Value>> = Vec::with_capacity(links.len());
    for link in links {
        let anchor = anchors.get(&link.from).unwrap_or(&link.from).clone();
        let row = [tx.operator(), file_id, &link.to, &anchor];
        rows.push(row.into_iter().map(Value::from).collect());
        anchors.insert(link.to.clone(), anchor);
    }
    tx.exec_many(
        "INSERT INTO file_links (operator_id, file_id, number, anchor) VALUES (?1, ?2, ?3, ?4)",
        &rows,
    )?;
    Ok(anchors)
}

/// Up to about `limit` households of a file after the anchor `after`, each once: the image of its
/// first chunk, the version of its last. To be restored, then forgotten ([`forget_images`]).
///
/// # Errors
/// `file.not_undoable` — it is not applied, had no effect, or is too old.
pub fn undo_page(tx: &mut Tx<'_>, file: &File, after: &str, limit: i64) -> Result<UndoPage> {
    check_undoable(tx, file)?;
    let anchors = next_anchors(tx, &file.id, after, limit)?;
    let mut page = UndoPage { next: anchors.last().cloned(), ..UndoPage::default() };
    if anchors.is_empty() {
        return Ok(page);
    }
    let keys: [Value; 3] = [tx.operator().into(), (&file.id).into(), anchors.into()];
    let rows = tx.rows(
        "SELECT anchor, number, gen, version_before, version_after, before, requests
           FROM file_undo
          WHERE operator_id = ?1 AND file_id = ?2 AND anchor IN ARRAY(?3)
          ORDER BY anchor, number, gen, chunk",
        &keys,
        |row| {
            let anchor = row.text()?;
            let image = Image {
                number: row.text()?,
                generation: row.int()?,
                version_before: row.int()?,
                version_after: row.int()?,
                before: row.text()?,
                requests: row.text()?,
            };
            Ok((anchor, image))
        },
    )?;
    for group in rows.chunk_by(|one, next| one.0 == next.0) {
        let images: Vec<&Image> = group.iter().map(|(_, image)| image).collect();
        match joined(&images) {
            Ok(households) => page.groups.push(households),
            Err(broken) => page.broken.extend(broken),
        }
    }
    Ok(page)
}

pub(super) fn check_undoable(tx: &Tx<'_>, file: &File) -> Result<()> {
    let undoable = matches!(file.state, FileState::ResultSent | FileState::PartlyUndone);
    if undoable && file.has_effect() {
        return still_undoable(tx, file);
    }
    Err(Error::refused("file.not_undoable"))
}

/// Writes down that taking a file back begins: before the first household goes back, and again when an
/// attempt that broke off is gone on with.
///
/// # Errors
/// `file.unknown`; `file.not_undoable` — it is not applied, had no effect, or is too old.
pub fn begin_undo(tx: &mut Tx<'_>, file_id: &str) -> Result<()> {
    let file = find(tx, file_id)?;
    check_undoable(tx, &file)?;
    record(tx, &file, "file.undo_begun")
}

fn next_anchors(tx: &mut Tx<'_>, file_id: &str, after: &str, limit: i64) -> Result<Vec<String>> {
    let keys: [Value; 4] = [tx.operator().into(), file_id.into(), after.into(), limit.into()];
    tx.rows(
        "SELECT DISTINCT anchor FROM file_undo
          WHERE operator_id = ?1 AND file_id = ?2 AND anchor > ?3 ORDER BY anchor LIMIT ?4",
        &keys,
        Row::text,
    )
}

/// Each household of a group once, or all of them as conflicts when one chain is broken.
fn joined(images: &[&Image]) -> std::result::Result<Vec<Image>, Vec<Conflict>> {
    let mut households: Vec<Image> = Vec::new();
    let mut whole = true;
    for image in images {
        match households.last_mut() {
            Some(last) if (&last.number, last.generation) == (&image.number, image.generation) => {
                whole &= last.version_after == image.version_before;
                last.version_after = image.version_after;
                last.requests.push('\n');
                last.requests.push_str(&image.requests);
            }
            _ => households.push((*image).clone()),
        }
    }
    if whole {
        return Ok(households);
    }
    let named = |image: Image| Conflict { number: image.number, generation: image.generation };
    Err(households.into_iter().map(named).collect())
}

/// Drops the images of households that were restored, so that a later attempt meets only the rest.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn forget_images(tx: &mut Tx<'_>, file_id: &str, restored: &[Image]) -> Result<()> {
    let rows: Vec<Vec<Value>> = restored
        .iter()
        .map(|image| {
            vec![
                tx.operator().into(),
                file_id.into(),
                (&image.number).into(),
                image.generation.into(),
            ]
        })
        .collect();
    tx.exec_many(
        "DELETE FROM file_undo
          WHERE operator_id = ?1 AND file_id = ?2 AND number = ?3 AND gen = ?4
            AND anchor IN (?3, (SELECT anchor FROM file_links
                                 WHERE operator_id = ?1 AND file_id = ?2 AND number = ?3))",
        &rows,
    )?;
    Ok(())
}

/// Writes down that a file was taken back: whole, or but for conflicts.
///
/// # Errors
/// `store.changed_meanwhile`
pub fn close_undo(tx: &mut Tx<'_>, file: &File, conflicts: usize) -> Result<File> {
    let (state, act) = match conflicts {
        0 => (FileState::Undone, "file.undone"),
        _ => (FileState::PartlyUndone, "file.partly_undone"),
    };
    let detail = match conflicts {
        0 => String::new(),
        many => format!("{many} households were changed since and stay as they are"),
    };
    change(tx, file, File { state, detail, ..file.clone() }, act)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(number: &str, version_before: i64, version_after: i64) -> Image {
        let before = format!("{version_before}");
        let (number, requests) = (number.to_owned(), String::new());
        Image { number, generation: 0, version_before, version_after, before, requests }
    }

    #[test]
    fn a_chain_of_chunks_is_one_step_from_the_first_image_to_the_last_version() {
        let chunks = [image("A", 3, 5), image("A", 5, 6), image("B", 0, 1)];
        let joined = joined(&chunks.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(joined.len(), 2);
        assert_eq!((&*joined[0].before, joined[0].version_after), ("3", 6));
    }

    #[test]
    fn a_version_that_came_in_between_is_a_conflict_of_the_whole_group() {
        let chunks = [image("A", 3, 5), image("A", 6, 7), image("B", 0, 1)];
        let conflicts = joined(&chunks.iter().collect::<Vec<_>>()).unwrap_err();
        assert_eq!(conflicts.len(), 2, "A was changed online, and B goes back only with it");
    }
}
