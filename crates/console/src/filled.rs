//! What a form about a verb is filled with, and the command it asks for.

use base::kernel::{Day, Error, Result};
use domain::commands::{Command, Op};
use domain::subscribers::{MovedFor, Reason};
use formats::oauth::Parameters;
use unicode_normalization::UnicodeNormalization as _;

use super::labels;

/// What a form about a verb is filled with: as it was typed, and as the preview hands it on.
#[derive(Default)]
pub(super) struct Filled {
    pub(super) verb: String,
    pub(super) person: i64,
    pub(super) product: String,
    pub(super) reason: String,
    pub(super) from: String,
    pub(super) reference: String,
    /// The number that takes this one's place.
    pub(super) new_number: String,
    /// Why it does.
    pub(super) moved_for: String,
    /// The box that goes, by serial.
    pub(super) serial: String,
    /// The box that comes.
    pub(super) new_serial: String,
    /// The request of what waits and is taken back.
    pub(super) cancels: String,
}

impl Filled {
    /// As a form or a link says.
    pub(super) fn of(form: &Parameters<'_>) -> Self {
        let get = |name| form.get(name).unwrap_or_default().trim().to_owned();
        Self {
            verb: get("verb"),
            // What is no number is nobody's, and never the whole household.
            person: match get("person").as_str() {
                "" => 0,
                typed => typed.parse().unwrap_or(-1),
            },
            product: get("product"),
            reason: get("reason"),
            from: get("from"),
            reference: get("reference"),
            new_number: get("new_number"),
            moved_for: get("moved_for"),
            serial: get("serial"),
            new_serial: get("new_serial"),
            cancels: get("cancels"),
        }
    }

    /// What the preview hands on to the form that does it.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("verb", &self.verb),
            ("product", &self.product),
            ("reason", &self.reason),
            ("from", &self.from),
            ("reference", &self.reference),
            ("new_number", &self.new_number),
            ("moved_for", &self.moved_for),
            ("serial", &self.serial),
            ("new_serial", &self.new_serial),
            ("cancels", &self.cancels),
        ];
        let typed = all.into_iter().filter(|(_, text)| !text.is_empty());
        let person = ("person", self.person.to_string());
        typed.map(|(name, text)| (name, text.clone())).chain([person]).collect()
    }

    /// The command the form asks for.
    ///
    /// # Errors
    /// `request.parameters_malformed`, `verb.*`; what [`Command::check`] refuses
    pub(super) fn command(&self, number: &str, request: &str) -> Result<Command> {
        let malformed = |field: &str| Error::invalid("request.parameters_malformed", field);
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let op = labels::verb(&self.verb).ok_or_else(|| malformed("verb"))?;
        let mut command = Command::new(request, op, number);
        command.person_no = self.whom(op)?;
        if labels::is_for_key(op) {
            let product = given(&self.product);
            command.product =
                Some(product.ok_or_else(|| Error::invalid("verb.product_missing", "product"))?);
        }
        if labels::has_reason(op) {
            command.reason = Some(Reason::parse(&self.reason, "reason")?);
        }
        if !self.from.is_empty() {
            command.effective_at = Some(Day::parse_iso(&self.from, "from")?.start());
        }
        command.reference = given(&self.reference);
        match op {
            Op::Replace => {
                command.new_number = given(&plain(&self.new_number, "new_contract_no")?);
                let why = MovedFor::parse(&self.moved_for).ok_or_else(|| malformed("moved_for"))?;
                command.moved_for = Some(why);
            }
            Op::DeviceReplace => {
                command.reference = given(&self.serial);
                command.new_device = given(&plain(&self.new_serial, "new_device")?);
            }
            Op::CancelScheduled => command.cancels = given(&self.cancels),
            _ => {}
        }
        command.check()?;
        Ok(command)
    }

    /// Whom the verb is about; 0: the household. Who chose a member means no more than the member.
    fn whom(&self, op: Op) -> Result<i64> {
        match (self.person, labels::is_for_person(op)) {
            (0, true) => Err(Error::invalid("verb.person_missing", "person")),
            (0, false) => Ok(0),
            (no, for_person) if for_person || labels::is_for_key(op) => Ok(no),
            _ => Err(Error::invalid("verb.person_unwanted", "person")),
        }
    }
}

/// A number as the SMS and the boxes know it, whatever keyboard it was typed on.
fn plain(typed: &str, field: &str) -> Result<String> {
    let plain: String = typed.nfkc().collect();
    let plain = plain.trim();
    let is_plain = |one: char| one.is_ascii_graphic() && !"/<>\"'".contains(one);
    match plain.chars().all(is_plain) {
        true => Ok(plain.to_owned()),
        false => Err(Error::invalid("verb.number_malformed", field)),
    }
}
