//! What may this subject do this to? The operator's catalogue, question by question.

use base::kernel::{Instant, Result};

use super::decide::decide;
use super::desk::{Ask, Decisions};
use super::gather::From;
use super::question::{PinGiven, Question};

/// One page of what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Ids of the type that was searched for, in order.
    pub ids: Vec<String>,
    /// Whether there is more after the last of them.
    pub more: bool,
}

impl Decisions {
    /// Up to `limit` resources of type `kind` after the id `after` that `ask.subject` may do
    /// `ask.question.action` to. Searches are not written into the decision log.
    ///
    /// Reads at most three statements; call it where waiting is allowed.
    ///
    /// # Errors
    /// `operator.unknown`; `unavailable` when the database fails.
    pub fn search(
        &self,
        ask: &Ask<'_>,
        (kind, after, limit): (&str, &str, usize),
        now: Instant,
    ) -> Result<Found> {
        let mut found = Found { ids: Vec::new(), more: false };
        let Some(gathered) = self.gather(ask, now, From::Database)? else { return Ok(found) };
        let (station, viewer) = (&gathered.station.fact, gathered.viewer());
        let ids = station.catalogue.references().filter_map(|one| of_kind(one, kind));
        let mut ids: Vec<&str> = ids.filter(|id| *id > after).collect();
        ids.sort_unstable();
        for id in ids {
            let resource = format!("{kind}:{id}");
            // A PIN is asked for when one of them is watched.
            let pin = PinGiven::Right;
            let question = Question { resource: &resource, pin, ..ask.question };
            if !decide(station, viewer.as_ref(), &question, now).permit() {
                continue;
            }
            if found.ids.len() == limit {
                found.more = true;
                break;
            }
            found.ids.push(id.to_owned());
        }
        Ok(found)
    }
}

fn of_kind<'r>(reference: &'r str, kind: &str) -> Option<&'r str> {
    reference.split_once(':').filter(|(of, _)| *of == kind).map(|(_, id)| id)
}
