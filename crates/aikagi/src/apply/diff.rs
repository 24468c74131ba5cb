//! What changed, field by field: the thing as it stood before and after.

use base::kernel::Result;
use base::store::Tx;
use domain::operators::differences;
pub(super) use domain::operators::{Facts, facts_of};

/// One thing that was added or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The operator's code, `*` for the platform.
    pub operator: String,
    /// `product PACK1`.
    pub thing: String,
    /// It was not there before.
    pub added: bool,
    /// Field, text before, text after.
    pub fields: Vec<(String, String, String)>,
}

impl Difference {
    /// A thing that is nobody's to see, and was added.
    pub(super) fn added(operator: &str, thing: String) -> Self {
        Self { operator: operator.to_owned(), thing, added: true, fields: Vec::new() }
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = if self.added { '+' } else { '~' };
        write!(f, "{mark} {} {}", self.operator, self.thing)?;
        if !self.added {
            for (field, before, after) in &self.fields {
                write!(f, "\n    {field}: {before} -> {after}")?;
            }
        }
        Ok(())
    }
}

/// Puts a thing and says what that changed; `facts` reads it before and after.
pub(super) fn put_with_diff(
    tx: &mut Tx<'_>,
    thing: &str,
    facts: impl Fn(&mut Tx<'_>) -> Result<Option<Facts>>,
    put: impl FnOnce(&mut Tx<'_>) -> Result<()>,
) -> Result<Option<Difference>> {
    let before = facts(tx)?;
    put(tx)?;
    let after = facts(tx)?.unwrap_or_default();
    if before.as_ref() == Some(&after) {
        return Ok(None);
    }
    let added = before.is_none();
    let fields = differences(&before.unwrap_or_default(), &after);
    let fields = fields.into_iter().map(|one| (one.field, one.before, one.after)).collect();
    let operator = tx.operator().to_owned();
    Ok(Some(Difference { operator, thing: thing.to_owned(), added, fields }))
}
