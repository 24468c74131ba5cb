//! The SQL of decisions: a subject in one statement, a household with everything in one more.

use std::collections::BTreeMap;

use base::kernel::{Error, Instant, Result};
use base::store::{Row, Tx, Value};

use crate::entitlements::{Grant, Keyring};
use crate::subscribers::{
    Contract, Hold, HomeSignIn, Household, Person, PersonState, Reason, Role, Source, Stored, Unit,
};

use super::aggregate::Aggregate;
use super::question::Guarded;

/// Where a subject leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Whose subject it is: the sector of the services it was made for.
    pub(super) sector: String,
    /// The person; empty for a household.
    pub(super) person_id: String,
    /// Contract number.
    pub(super) number: String,
    /// Generation, of a household.
    pub(super) generation: i64,
}

/// Where `subject` leads now; a person who moved to another number is found there.
pub(super) fn find_subject(tx: &mut Tx<'_>, subject: &str) -> Result<Option<Place>> {
    let keys: [Value; 2] = [tx.operator().into(), subject.into()];
    tx.row(
        "SELECT s.sector, s.person_id, COALESCE(p.number, s.number), COALESCE(p.gen, s.gen)
           FROM subjects s
           LEFT JOIN persons p ON p.operator_id = s.operator_id AND p.person_id = s.person_id
          WHERE s.operator_id = ?1 AND s.subject = ?2",
        &keys,
        |row| {
            Ok(Place {
                sector: row.text()?,
                person_id: row.text()?,
                number: row.text()?,
                generation: row.int()?,
            })
        },
    )
}

/// One statement for all sections. Each section fills the same columns: section, generation, nine
/// numbers, six texts; the first names their types for PostgreSQL.
const SELECT_AGGREGATE: &str = "
    SELECT 1, gen, version, starts_ms, stopped_ms, adult_allowed, created_ms, updated_ms,
           CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT),
           state, unit, bulk_parent, stop_cause, replaced_by, cause
      FROM contracts WHERE operator_id = ?1 AND number = ?2
    UNION ALL
    SELECT 2, gen, person_no, reason, since_ms, NULL, NULL, NULL, NULL, NULL, NULL,
           source, NULL, NULL, NULL, NULL, cause
      FROM holds WHERE operator_id = ?1 AND number = ?2 AND lifted_ms IS NULL
    UNION ALL
    SELECT 3, gen, person_no, max_rating_years, adult_allowed, stopped_ms, created_ms, updated_ms,
           (SELECT asks_years FROM pins v WHERE v.operator_id = persons.operator_id
               AND v.person_id = persons.person_id AND v.kind = 'VIEWING'),
           (SELECT COUNT(*) FROM pins b WHERE b.operator_id = persons.operator_id
               AND b.person_id = persons.person_id AND b.kind = 'PURCHASE'),
           NULL,
           person_id, role, state, birth_on, NULL, cause
      FROM persons WHERE operator_id = ?1 AND number = ?2
    UNION ALL
    SELECT 4, gen, grant_no, person_no, starts_ms, ends_ms, stopped_ms, revoked_ms, first_play_ms,
           opened_ms, changed_ms,
           product, closed_cause, NULL, NULL, NULL, cause
      FROM grants WHERE operator_id = ?1 AND number = ?2
    UNION ALL
    SELECT 5, 0, MIN(due_ms), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           NULL, NULL, NULL, NULL, NULL, NULL
      FROM jobs WHERE operator_id = ?1 AND stream = ?2 AND state = 'PENDING'
     ORDER BY 1, 2, 3";

/// The contract number with all generations; `None` when there is none.
pub(super) fn find_aggregate(tx: &mut Tx<'_>, number: &str) -> Result<Option<Aggregate>> {
    let keys: [Value; 2] = [tx.operator().into(), number.into()];
    let lines = tx.rows(SELECT_AGGREGATE, &keys, Line::read)?;
    let mut generations: BTreeMap<i64, (Household, Keyring)> = BTreeMap::new();
    let (mut coming, mut guarded) = (None, Vec::new());
    for mut line in lines {
        let at = generations.get_mut(&line.generation);
        match (line.section, at) {
            (1, _) => {
                let contract = line.contract(number)?;
                let household = Household { contract, holds: Vec::new(), persons: Vec::new() };
                generations.insert(line.generation, (household, Keyring::default()));
            }
            (2, Some((household, _))) => household.holds.push(line.hold()?),
            (3, Some((household, _))) => {
                let (person, its) = line.person()?;
                if its != Guarded::default() {
                    guarded.push((person.person_id.clone(), its));
                }
                household.persons.push(person);
            }
            (4, Some((_, keyring))) => keyring.grants.push(line.grant()?),
            (5, _) => coming = line.instant_if_any(),
            _ => {}
        }
    }
    let generations: Vec<_> = generations.into_values().collect();
    Ok((!generations.is_empty()).then_some(Aggregate { generations, coming, guarded }))
}

/// One row, whose numbers and texts are taken in the order of its section.
struct Line {
    section: i64,
    generation: i64,
    numbers: std::array::IntoIter<Option<i64>, 9>,
    texts: std::array::IntoIter<Option<String>, 6>,
}

impl Line {
    fn read(row: &mut Row) -> Result<Self> {
        let (section, generation) = (row.int()?, row.int()?);
        let (mut numbers, mut texts) = ([None; 9], [const { None }; 6]);
        for number in &mut numbers {
            *number = row.int_if_any()?;
        }
        for text in &mut texts {
            *text = row.text_if_any()?;
        }
        Ok(Self { section, generation, numbers: numbers.into_iter(), texts: texts.into_iter() })
    }

    fn int_if_any(&mut self) -> Option<i64> {
        self.numbers.next().flatten()
    }

    fn int(&mut self) -> Result<i64> {
        self.int_if_any().ok_or_else(|| Error::internal("a number is missing in an aggregate"))
    }

    fn instant_if_any(&mut self) -> Option<Instant> {
        self.int_if_any().map(Instant::from_ms)
    }

    fn instant(&mut self) -> Result<Instant> {
        self.int().map(Instant::from_ms)
    }

    fn text_if_any(&mut self) -> Option<String> {
        self.texts.next().flatten()
    }

    fn text(&mut self) -> Result<String> {
        self.text_if_any().ok_or_else(|| Error::internal("a text is missing in an aggregate"))
    }

    fn contract(&mut self, number: &str) -> Result<Contract> {
        Ok(Contract {
            number: number.to_owned(),
            generation: self.generation,
            version: self.int()?,
            starts: self.instant()?,
            stopped: self.instant_if_any(),
            adult_allowed: self.int()? != 0,
            created: self.instant()?,
            updated: self.instant()?,
            stored: Stored::parse(&self.text()?)?,
            unit: Unit::parse(&self.text()?)?,
            bulk_parent: self.text_if_any(),
            stop_cause: self.text_if_any(),
            replaced_by: self.text_if_any(),
            cause: self.text()?,
            // What decisions do not depend on is not read, let alone kept.
            stop_recorded: None,
            kana: None,
            telephone: None,
            postal_code: None,
            age_verified_by: None,
            credit_rank: None,
            note: None,
            has_boxes: false,
            home_off: false,
            home_wish: HomeSignIn::Allowed,
            access_no: 0,
        })
    }

    fn hold(&mut self) -> Result<Hold> {
        Ok(Hold {
            person_no: self.int()?,
            reason: Reason::from_number(self.int()?)
                .ok_or_else(|| Error::internal("unknown reason of a hold"))?,
            since: self.instant()?,
            source: Source::parse(&self.text()?)?,
            reference: None,
            cause: self.last_text()?,
        })
    }

    fn person(&mut self) -> Result<(Person, Guarded)> {
        let person = Person {
            person_no: self.int()?,
            max_rating_years: self.int()?,
            adult_allowed: self.int()? != 0,
            stopped: self.instant_if_any(),
            created: self.instant()?,
            updated: self.instant()?,
            person_id: self.text()?,
            role: Role::parse(&self.text()?)?,
            state: PersonState::parse(&self.text()?)?,
            birth_on: self.text_if_any(),
            cause: self.last_text()?,
            stop_recorded: None,
            stopped_from: None,
            access_no: 0,
            kana: None,
        };
        let viewing_years = self.int_if_any();
        let purchase = self.int_if_any().unwrap_or_default() > 0;
        Ok((person, Guarded { viewing_years, purchase }))
    }

    fn grant(&mut self) -> Result<Grant> {
        Ok(Grant {
            grant_no: self.int()?,
            person_no: self.int()?,
            starts: self.instant()?,
            ends: self.instant_if_any(),
            stopped: self.instant_if_any(),
            revoked: self.instant_if_any(),
            first_play: self.instant_if_any(),
            opened: self.instant()?,
            changed: self.instant()?,
            product: self.text()?,
            closed_cause: self.text_if_any(),
            cause: self.last_text()?,
        })
    }

    /// The cause, which every section has last.
    fn last_text(&mut self) -> Result<String> {
        self.texts
            .next_back()
            .flatten()
            .ok_or_else(|| Error::internal("a cause is missing in an aggregate"))
    }
}
