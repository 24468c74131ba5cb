//! Codes of televisions: asked for by a device, confirmed by a person elsewhere, redeemed by polling.
//!
//! One row from the question to the tokens. The person's side and the device's side meet in `state`,
//! and each step is one compare-and-swap. Source: RFC 8628; brief tve §8.1.

use base::kernel::{Error, Instant, Result, ids};
use base::store::{Row, Tx, Value};

/// A code is good for this long. Source: brief tve §8.1.
pub const DEVICE_CODE_SECONDS: i64 = 900;
/// A device waits this long between two questions, and this much longer each time it does not.
/// Source: RFC 8628 §3.5.
pub const DEVICE_INTERVAL_SECONDS: i64 = 5;
/// Characters of the code a person types.
const USER_CODE: usize = 8;
/// Wrong two-digit numbers before a code is dead.
const NUMBER_TRIES: i64 = 3;

/// What a device asks with.
#[derive(Debug, Clone)]
pub struct DeviceAsk<'d> {
    /// The client the device runs.
    pub client_id: &'d str,
    /// What for, narrowed to what the client may have.
    pub scope: &'d str,
    /// The device's own name for itself, if it has one: a new code kills its old one.
    pub device_ref: &'d str,
    /// What the person is told it is: `STB-9000`.
    pub model: &'d str,
    /// The line it asks over, as far as it is known: compared with the person's.
    pub line: &'d str,
    /// The set-top box of the station that proved itself; empty: none did.
    pub box_id: &'d str,
}

/// A code given to a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCode {
    /// Its id, which the device's handle names.
    pub id: String,
    /// Eight characters the person types.
    pub user_code: String,
    /// Two digits the device shows and the person types too.
    pub number: String,
    /// The client.
    pub client_id: String,
    /// What for.
    pub scope: String,
    /// What it says it is.
    pub model: String,
    /// The line it asked over.
    pub line: String,
    /// The set-top box of the station that proved itself when it asked; empty: none did.
    pub box_id: String,
    /// Until when it is good.
    pub expires: Instant,
}

/// How a person's number was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// It is the one on the screen.
    Right,
    /// It is not; another try is left.
    Wrong,
    /// It is not, or the code is over: a new one is needed.
    Over,
}

/// What a device is told when it asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Polled {
    /// Nobody confirmed it yet.
    Pending,
    /// It asked too soon, and has to wait longer from now on.
    TooSoon,
    /// The person refused it, or its number was wrong too often.
    Denied,
    /// It is too old, or the device has a newer one.
    Expired,
    /// Confirmed: the operator and authorization that were given.
    Approved {
        /// The person's operator.
        operator: String,
        /// The authorization.
        grant: String,
    },
    /// There is no such code of this client.
    Unknown,
}

/// The code a person typed: capitals, without spaces and hyphens, half-width.
#[must_use]
pub fn plain_user_code(typed: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    let plain = typed.nfkc().filter(|c| c.is_ascii_alphanumeric());
    plain.map(|c| c.to_ascii_uppercase()).take(USER_CODE * 2).collect()
}

/// Gives a device a new code, in place of the one it had. Two statements.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn ask_for_device(tx: &mut Tx<'_>, ask: &DeviceAsk<'_>) -> Result<DeviceCode> {
    if !ask.device_ref.is_empty() {
        let keys: [Value; 3] = [tx.operator().into(), ask.client_id.into(), ask.device_ref.into()];
        tx.exec(
            "UPDATE device_codes SET state = 'REPLACED'
              WHERE operator_id = ?1 AND client_id = ?2 AND device_ref = ?3
                AND state IN ('PENDING', 'APPROVED')",
            &keys,
        )?;
    }
    let [first, second, ..] = ids::secret_bytes();
    let code = DeviceCode {
        id: tx.next_id("dvc"),
        user_code: ids::typed_code(USER_CODE),
        // From 10 on, so that nobody wonders whether to type a nought in front.
        number: format!("{}", 10 + u16::from_le_bytes([first, second]) % 90),
        client_id: ask.client_id.to_owned(),
        scope: ask.scope.to_owned(),
        model: ask.model.to_owned(),
        line: ask.line.to_owned(),
        box_id: ask.box_id.to_owned(),
        expires: tx.now().plus_seconds(DEVICE_CODE_SECONDS),
    };
    insert(tx, &code, ask.device_ref)?;
    Ok(code)
}

fn insert(tx: &mut Tx<'_>, code: &DeviceCode, device_ref: &str) -> Result<()> {
    let row: [Value; 13] = [
        tx.operator().into(),
        (&code.id).into(),
        (&code.user_code).into(),
        (&code.number).into(),
        (&code.client_id).into(),
        (&code.scope).into(),
        device_ref.into(),
        (&code.model).into(),
        (&code.line).into(),
        DEVICE_INTERVAL_SECONDS.into(),
        tx.now().into(),
        code.expires.into(),
        (&code.box_id).into(),
    ];
    tx.change_one(
        "INSERT INTO device_codes
            (operator_id, device_code_id, user_code, number, client_id, scope, device_ref, model,
             line, state, tries, interval_s, polled_ms, created_ms, expires_ms, box_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'PENDING', 0, ?10, 0, ?11, ?12, ?13)",
        &row,
    )
}

/// The code a person typed, while it waits for one.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn find_user_code(tx: &mut Tx<'_>, user_code: &str) -> Result<Option<DeviceCode>> {
    let keys: [Value; 3] = [tx.operator().into(), user_code.into(), tx.now().into()];
    tx.row(
        "SELECT device_code_id, user_code, number, client_id, scope, model, line, box_id, expires_ms
           FROM device_codes
          WHERE operator_id = ?1 AND user_code = ?2 AND state = 'PENDING' AND expires_ms > ?3",
        &keys,
        read_code,
    )
}

fn read_code(row: &mut Row) -> Result<DeviceCode> {
    Ok(DeviceCode {
        id: row.text()?,
        user_code: row.text()?,
        number: row.text()?,
        client_id: row.text()?,
        scope: row.text()?,
        model: row.text()?,
        line: row.text()?,
        box_id: row.text()?,
        expires: row.instant()?,
    })
}

/// Counts a try of the two digits before it is compared, so that tries at once count one by one.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn try_number(tx: &mut Tx<'_>, code: &DeviceCode, typed: &str) -> Result<Confirmed> {
    let keys: [Value; 4] =
        [tx.operator().into(), (&code.id).into(), tx.now().into(), NUMBER_TRIES.into()];
    let counted = tx.exec(
        "UPDATE device_codes SET tries = tries + 1
          WHERE operator_id = ?1 AND device_code_id = ?2 AND state = 'PENDING' AND expires_ms > ?3
            AND tries < ?4",
        &keys,
    )?;
    if counted == 0 {
        return Ok(Confirmed::Over);
    }
    if typed == code.number {
        return Ok(Confirmed::Right);
    }
    let keys: [Value; 3] = [tx.operator().into(), (&code.id).into(), NUMBER_TRIES.into()];
    let dead = tx.exec(
        "UPDATE device_codes SET state = 'DENIED'
          WHERE operator_id = ?1 AND device_code_id = ?2 AND state = 'PENDING' AND tries >= ?3",
        &keys,
    )?;
    Ok(if dead == 0 { Confirmed::Wrong } else { Confirmed::Over })
}

/// Lets the device in with an authorization, or (`None`) refuses it; `false` when the code is over or
/// somebody else decided first.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn decide_device(tx: &mut Tx<'_>, id: &str, given: Option<(&str, &str)>) -> Result<bool> {
    let state = if given.is_some() { "APPROVED" } else { "DENIED" };
    let row: [Value; 6] = [
        tx.operator().into(),
        id.into(),
        state.into(),
        given.map(|(operator, _)| operator).into(),
        given.map(|(_, grant)| grant).into(),
        tx.now().into(),
    ];
    let decided = tx.exec(
        "UPDATE device_codes SET state = ?3, grant_operator = ?4, grant_id = ?5
          WHERE operator_id = ?1 AND device_code_id = ?2 AND state = 'PENDING' AND expires_ms > ?6",
        &row,
    )?;
    Ok(decided == 1)
}

/// Answers a device that asks for its tokens. Two statements.
///
/// # Errors
/// `unavailable` when the database fails.
///
/// Source: RFC 8628 §3.5.
pub fn poll_device(tx: &mut Tx<'_>, id: &str, client_id: &str) -> Result<Polled> {
    let keys: [Value; 3] = [tx.operator().into(), id.into(), client_id.into()];
    let found = tx.row(
        "SELECT state, interval_s, polled_ms, expires_ms, grant_operator, grant_id FROM device_codes
          WHERE operator_id = ?1 AND device_code_id = ?2 AND client_id = ?3",
        &keys,
        |row| {
            let (state, interval, polled) = (row.text()?, row.int()?, row.instant()?);
            let expires = row.instant()?;
            Ok((state, interval, polled, expires, (row.text_if_any()?, row.text_if_any()?)))
        },
    )?;
    let Some((state, interval, polled, expires, given)) = found else {
        return Ok(Polled::Unknown);
    };
    let now = tx.now();
    match (state.as_str(), given) {
        ("REPLACED", _) => Ok(Polled::Expired),
        _ if expires <= now => Ok(Polled::Expired),
        ("DENIED", _) => Ok(Polled::Denied),
        ("APPROVED", (Some(operator), Some(grant))) => Ok(Polled::Approved { operator, grant }),
        ("PENDING", _) => {
            let soon = polled.plus_seconds(interval) > now;
            let interval = if soon { interval + DEVICE_INTERVAL_SECONDS } else { interval };
            let row: [Value; 4] = [tx.operator().into(), id.into(), interval.into(), now.into()];
            tx.exec(
                "UPDATE device_codes SET interval_s = ?3, polled_ms = ?4
                  WHERE operator_id = ?1 AND device_code_id = ?2",
                &row,
            )?;
            Ok(if soon { Polled::TooSoon } else { Polled::Pending })
        }
        _ => Err(Error::internal("a device code in an unknown state")),
    }
}

/// Forgets up to `limit` codes of the operator that have been over for a day; returns how many. Until
/// then a device that comes late is told that it is.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep_device_codes(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let keys: [Value; 3] = [tx.operator().into(), tx.now().plus_days(-1).into(), limit.into()];
    tx.exec(
        "DELETE FROM device_codes WHERE operator_id = ?1 AND device_code_id IN
            (SELECT device_code_id FROM device_codes
              WHERE operator_id = ?1 AND expires_ms < ?2 LIMIT ?3)",
        &keys,
    )
}

#[cfg(test)]
mod tests {
    use super::plain_user_code;

    #[test]
    fn a_code_may_be_typed_as_people_type() {
        assert_eq!(plain_user_code(" bcdf-ｇＨｊｋ "), "BCDFGHJK");
        assert_eq!(plain_user_code("<b>"), "B");
        assert_eq!(plain_user_code(&"B".repeat(10_000)).len(), 16);
    }
}
