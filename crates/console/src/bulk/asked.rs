//! What is asked for, from the request itself: who approves it reads what it says, and not only what came of it.

use std::collections::BTreeMap;
use std::io::BufReader;

use base::kernel::{Error, Instant, Result};
use domain::files::Bulk;
use domain::subscribers::Reason;
use formats::sms::{Reader, Record};
use web::reasons;
use web::texts::Words;

use super::drawer::Drawer;
use super::write::FORM;
use crate::files::moment;
use crate::labels;

/// How many kinds of lines are shown.
const SHOWN: usize = 20;

/// What lines are alike in: operation, reason, product, when.
type Kind = (String, String, String, String);

/// What is asked for, and by how many lines; most first.
///
/// # Errors
/// `unavailable`
pub(super) fn asked(words: Words, drawer: &Drawer, bulk: &Bulk) -> Result<Vec<(String, u64)>> {
    let Some(file) = drawer.request(&bulk.name)? else { return Ok(Vec::new()) };
    let opened = Reader::open(BufReader::new(file), FORM.layout);
    let (_, reader) = opened.map_err(Error::internal)?;
    let mut kinds: BTreeMap<Kind, u64> = BTreeMap::new();
    for row in reader {
        let row = row.map_err(Error::internal)?;
        if let Ok(record) = row.record {
            *kinds.entry(kind(record)).or_default() += 1;
        }
    }
    let mut told: Vec<_> =
        kinds.iter().map(|(kind, lines)| (in_words(words, kind), *lines)).collect();
    told.sort_by_key(|(_, lines)| std::cmp::Reverse(*lines));
    told.truncate(SHOWN);
    Ok(told)
}

fn kind(record: Record) -> Kind {
    (record.operation, record.hold_reason, record.product_code, record.effective_at)
}

fn in_words(words: Words, (operation, reason, product, from): &Kind) -> String {
    let reason = Reason::parse(reason, "reason").map(|reason| reasons::named(words.0, reason));
    let from = Instant::parse_compact_jst(from, "from").map(|at| moment(words, at));
    let mut parts = vec![labels::operation(words, operation)];
    parts.extend(reason.ok().map(str::to_owned));
    parts.extend(Some(product.clone()).filter(|product| !product.is_empty()));
    parts.push(from.unwrap_or_else(|_| words.get("console.now").to_owned()));
    parts.join(" · ")
}
