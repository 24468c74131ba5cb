//! What a station on trial still lacks before it goes into service: seen in the books, or vouched for by its people.

use base::kernel::{Change, Error, Result};
use base::records;
use base::store::Tx;

use crate::catalogue;
use crate::credentials;
use crate::operators::{self, LOOKED_AT, Launch, Linkage, Role, SHOWN_ACTS};
use crate::subscribers;

/// Who may approve work on many contracts; two are needed.
const APPROVERS: [Role; 2] = [Role::Admin, Role::StationManager];

/// What the books show of a trial.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shown {
    /// Products that are sold now.
    pub products: usize,
    /// People who may approve, and have set password and authenticator.
    pub approvers: usize,
    /// Files of the SMS that were answered.
    pub files: i64,
    /// Households that were opened.
    pub opened: i64,
    /// Members who registered.
    pub registered: i64,
    /// Sign-ins.
    pub signed_in: i64,
}

/// A station's way into service as its page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// What it answered and vouched for.
    pub launch: Launch,
    /// What the books show.
    pub shown: Shown,
    /// Households whose data is there.
    pub households: i64,
}

impl Readiness {
    /// Whether a file of its SMS has to be answered before: it sends some, as far as it told.
    #[must_use]
    pub fn needs_files(&self) -> bool {
        self.launch.hearing.linkage != Linkage::Online
    }

    /// Whether it may go into service, but for the households of the trial.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let Shown { products, approvers, files, opened, registered, signed_in } = self.shown;
        let masters = products > 0 && approvers >= 2 && (files > 0 || !self.needs_files());
        let tried = opened > 0 && registered > 0 && signed_in > 0;
        self.launch.hearing.is_answered() && masters && tried && self.launch.is_vouched_for()
    }
}

/// Puts the operator of this scope on trial.
///
/// # Errors
/// - `operator.unknown`; `launch.live_already`
/// - `launch.households_there` — it has households: nobody may throw those away
pub fn begin_trial(tx: &mut Tx<'_>) -> Result<Change> {
    let change = operators::begin_trial(tx)?;
    if change == Change::Made && subscribers::count_kept(tx)? > 0 {
        return Err(Error::refused("launch.households_there"));
    }
    Ok(change)
}

/// How far the operator of this scope is; none: it never was on trial. Seven statements.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn readiness(tx: &mut Tx<'_>) -> Result<Option<Readiness>> {
    let Some(launch) = operators::find_launch(tx)? else { return Ok(None) };
    // In service, nobody asks any more what the trial has shown.
    if launch.live.is_some() {
        return Ok(Some(Readiness { launch, shown: Shown::default(), households: 0 }));
    }
    let shown = shown(tx, &launch)?;
    let households = subscribers::count_kept(tx)?;
    Ok(Some(Readiness { launch, shown, households }))
}

/// Puts a station on trial into service, for good: from now on its households are real.
///
/// # Errors
/// - `launch.not_on_trial`; `launch.code_differs` — `code` is not the operator's
/// - `launch.incomplete` — something is missing; `launch.households_there` — those of the trial are still there
pub fn go_live(tx: &mut Tx<'_>, code: &str) -> Result<()> {
    operators::confirmed_trial(tx, code)?;
    match readiness(tx)? {
        Some(known) if !known.is_complete() => Err(Error::refused("launch.incomplete")),
        Some(known) if known.households > 0 => Err(Error::refused("launch.households_there")),
        _ => operators::end_trial(tx),
    }
}

fn shown(tx: &mut Tx<'_>, launch: &Launch) -> Result<Shown> {
    let acts = SHOWN_ACTS.map(str::to_owned).to_vec();
    let counted = records::count_acts(tx, acts, (launch.began, LOOKED_AT))?;
    let of = |act: &str| {
        let counted = counted.iter().filter(|one| one.act == act).map(|one| one.count).sum();
        i64::max(counted, launch.has_shown(act).into())
    };
    let now = tx.now();
    Ok(Shown {
        products: catalogue::load(tx)?.iter().filter(|one| one.sold_at(now)).count(),
        approvers: approvers(tx)?,
        files: of("file.sent"),
        opened: of("contract.opened"),
        registered: of("person.registered"),
        signed_in: of("person.signed_in"),
    })
}

fn approvers(tx: &mut Tx<'_>) -> Result<usize> {
    let staff = operators::list_staff(tx)?.into_iter().filter(|one| {
        one.draft.enabled && one.draft.roles.iter().any(|role| APPROVERS.contains(role))
    });
    let holders = staff.map(|one| credentials::staff_holder(&one.id)).collect();
    Ok(credentials::staff_who_joined(tx, holders)?.0.len())
}
