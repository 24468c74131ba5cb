//! States and roles in the clerk's words.

use domain::commands::Op;
use domain::entitlements::GrantState;
use domain::files::FileState;
use domain::subscribers::{MovedFor, PersonStanding, Role, Source, Standing};
use formats::sms::part;
use web::texts::Words;

/// The key of a contract's standing.
pub(super) const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Reserved => "console.standing.reserved",
        Standing::Active => "console.standing.active",
        Standing::Suspended => "console.standing.suspended",
        Standing::Stopped => "console.standing.stopped",
        Standing::Purged => "console.standing.purged",
    }
}

/// The key of what a member comes to.
pub(super) const fn person(standing: &PersonStanding) -> &'static str {
    match standing {
        PersonStanding::OperatorDisabled => "console.person.operator",
        PersonStanding::ContractReserved => "console.person.reserved",
        PersonStanding::ContractStopped => "console.person.contract_stopped",
        PersonStanding::ContractSuspended(_) => "console.person.contract_suspended",
        PersonStanding::PersonStopped => "console.person.stopped",
        PersonStanding::PersonSuspended(_) => "console.person.suspended",
        PersonStanding::Locked => "console.person.locked",
        PersonStanding::Invited => "console.person.invited",
        PersonStanding::Active => "console.person.active",
    }
}

/// The key of a member's role.
pub(super) const fn role(role: Role) -> &'static str {
    match role {
        Role::Owner => "console.role.owner",
        Role::Adult => "console.role.adult",
        Role::Child => "console.role.child",
    }
}

/// The key of who put a hold.
pub(super) const fn source(source: Source) -> &'static str {
    match source {
        Source::Sms => "console.source.sms",
        Source::Console => "console.source.console",
        Source::Owner => "console.source.owner",
        Source::System => "console.source.system",
    }
}

/// The key of a key's state.
pub(super) const fn grant(state: GrantState) -> &'static str {
    match state {
        GrantState::Scheduled => "console.key.scheduled",
        GrantState::Open => "console.key.open",
        GrantState::Closed => "console.key.closed",
        GrantState::Revoked => "console.key.revoked",
    }
}

/// What a clerk may ask for at a contract in the form about verbs, and its key. What is neither here nor in
/// [`ASIDE`] is the SMS's alone.
pub(super) const VERBS: [(&str, Op, &str); 12] = [
    ("suspend", Op::Suspend, "console.verb.suspend"),
    ("resume", Op::Resume, "console.verb.resume"),
    ("stop", Op::Stop, "console.verb.stop"),
    ("stop_cancel", Op::StopCancel, "console.verb.stop_cancel"),
    ("person_suspend", Op::PersonSuspend, "console.verb.person_suspend"),
    ("person_resume", Op::PersonResume, "console.verb.person_resume"),
    ("person_stop", Op::PersonStop, "console.verb.person_stop"),
    ("person_restore", Op::PersonAdd, "console.verb.person_restore"),
    ("person_reset", Op::PersonReset, "console.verb.person_reset"),
    ("key_open", Op::KeyOpen, "console.verb.key_open"),
    ("key_close", Op::KeyClose, "console.verb.key_close"),
    ("key_revoke", Op::KeyRevoke, "console.verb.key_revoke"),
];

/// What has a form of its own beside what it is about.
const ASIDE: [(&str, Op, &str); 3] = [
    ("replace", Op::Replace, "console.verb.replace"),
    ("swap", Op::DeviceReplace, "console.verb.swap"),
    ("take_back", Op::CancelScheduled, "console.verb.take_back"),
];

/// What only an SMS asks for.
const OF_SMS: [(&str, Op, &str); 3] = [
    ("start", Op::Start, "console.act.contract.opened"),
    ("attr", Op::Attr, "console.act.contract.attributes_changed"),
    ("credit_set", Op::CreditSet, "console.act.contract.credit_set"),
];

/// What the word of a form asks for.
pub(super) fn verb(word: &str) -> Option<Op> {
    VERBS.iter().chain(&ASIDE).find(|(known, ..)| *known == word).map(|(_, op, _)| *op)
}

/// The key of a verb's name.
pub(super) fn verb_name(op: Op) -> &'static str {
    let known = VERBS.iter().chain(&ASIDE).find(|(_, known, _)| *known == op);
    known.map_or("console.verb", |(.., key)| key)
}

/// The same of whoever gave it: an SMS adds members, and brings none back.
pub(super) fn command_name(op: Op) -> &'static str {
    if op == Op::PersonAdd { "console.verb.person_add" } else { verb_name(op) }
}

/// The key of why a number changes.
pub(super) const fn moved_for(why: MovedFor) -> &'static str {
    match why {
        MovedFor::Moving => "console.move.for.moving",
        MovedFor::NewHolder => "console.move.for.holder",
        MovedFor::Merger => "console.move.for.merger",
        MovedFor::Other => "console.move.for.other",
    }
}

/// Whether the verb is about one member.
pub(super) const fn is_for_person(op: Op) -> bool {
    matches!(
        op,
        Op::PersonAdd | Op::PersonSuspend | Op::PersonResume | Op::PersonStop | Op::PersonReset
    )
}

/// Whether it is about a key.
pub(super) const fn is_for_key(op: Op) -> bool {
    matches!(op, Op::KeyOpen | Op::KeyClose | Op::KeyRevoke)
}

/// Whether a reason is said.
pub(super) const fn has_reason(op: Op) -> bool {
    matches!(op, Op::Suspend | Op::PersonSuspend)
}

/// The key of where a file stands.
pub(super) const fn file(state: FileState) -> &'static str {
    match state {
        FileState::Arrived => "console.file.state.arrived",
        FileState::Held => "console.file.state.held",
        FileState::Guarded => "console.file.state.guarded",
        FileState::Applying => "console.file.state.applying",
        FileState::Applied => "console.file.state.applied",
        FileState::ResultSent => "console.file.state.result_sent",
        FileState::Rejected => "console.file.state.rejected",
        FileState::Undone => "console.file.state.undone",
        FileState::PartlyUndone => "console.file.state.partly_undone",
        FileState::Archived => "console.file.state.archived",
    }
}

/// The key of how a line ended: `0` done, `1` with a note, else refused.
pub(super) fn result(digit: &str) -> &'static str {
    match digit {
        "0" => "console.file.ok",
        "1" => "console.file.warnings",
        _ => "console.file.errors",
    }
}

/// What a line of a file asks for, in words.
pub(super) fn operation(words: Words, number: &str) -> String {
    let op = Op::from_number(number);
    let known = VERBS.iter().chain(&ASIDE).chain(&OF_SMS).find(|(_, known, _)| Some(*known) == op);
    match known {
        Some((_, Op::PersonAdd, _)) => words.get(command_name(Op::PersonAdd)).to_owned(),
        Some((.., key)) => words.get(key).to_owned(),
        None => words.fill("console.bulk.operation", &[("number", number)]),
    }
}

/// The key of a column of the SMS's files.
pub(super) fn column(name: &str) -> Option<&'static str> {
    const COLUMNS: [(&str, &str); 19] = [
        ("line", "console.trial.column.line"),
        ("request_id", "console.trial.column.request_id"),
        ("operation", "console.trial.column.operation"),
        ("contract_number", "console.trial.column.contract_number"),
        ("generation", "console.trial.column.generation"),
        ("person_number", "console.trial.column.person_number"),
        ("product_code", "console.trial.column.product_code"),
        ("hold_reason", "console.trial.column.hold_reason"),
        ("effective_at", "console.trial.column.effective_at"),
        ("end_at", "console.trial.column.end_at"),
        ("name_kana", "console.trial.column.name_kana"),
        ("birth_date", "console.trial.column.birth_date"),
        ("adult_allowed", "console.trial.column.adult_allowed"),
        ("max_rating", "console.trial.column.max_rating"),
        ("credit_rank", "console.trial.column.credit_rank"),
        ("telephone", "console.trial.column.telephone"),
        ("postal_code", "console.trial.column.postal_code"),
        ("new_contract_number", "console.trial.column.new_contract_number"),
        ("note", "console.trial.column.note"),
    ];
    COLUMNS.into_iter().find(|(known, _)| *known == name).map(|(_, key)| key)
}

/// The key of what a file was read for, or had instead, as its reader names it in English.
pub(super) fn part_of_file(said: &str) -> Option<&'static str> {
    const PARTS: [(&str, &str); 11] = [
        (part::EMPTY, "console.trial.part.empty"),
        (part::HEADER, "console.trial.part.header"),
        (part::LONGER, "console.trial.part.longer"),
        (part::RECORD, "console.trial.part.record"),
        (part::TRAILER, "console.trial.part.trailer"),
        (part::MARK, "console.trial.part.mark"),
        (part::MORE, "console.trial.part.more"),
        (part::BYTES, "console.trial.part.bytes"),
        (part::TEXT, "console.trial.part.text"),
        (part::ELSE, "console.trial.part.else"),
        (part::END, "console.trial.part.end"),
    ];
    PARTS.into_iter().find(|(known, _)| *known == said).map(|(_, key)| key)
}

/// What a file was refused, held or guarded for. Source: `docs/api/sms.md`, codes.
pub(super) fn file_code(code: &str) -> Option<&'static str> {
    const CODES: [(&str, &str); 12] = [
        ("F001", "console.file.code.name"),
        ("F002", "console.file.code.station"),
        ("F003", "console.file.code.resent"),
        ("F004", "console.file.code.reused"),
        ("F005", "console.file.code.gap"),
        ("F006", "console.file.code.form"),
        ("F007", "console.file.code.counts"),
        ("F008", "console.file.code.hash"),
        ("F009", "console.file.code.charset"),
        ("F010", "console.file.code.guard"),
        ("F011", "console.file.code.day"),
        ("F012", "console.file.code.test"),
    ];
    CODES.into_iter().find(|(known, _)| *known == code).map(|(_, key)| key)
}

/// What a line of a file was refused for: the key of why, and of what to do about it. Source: `docs/api/sms.md`, codes.
pub(super) fn line_code(code: &str) -> (&'static str, &'static str) {
    const CODES: [(&str, &str, &str); 23] = [
        ("E201", "console.line.E201", "console.line.E201.do"),
        ("E202", "console.line.E202", "console.line.E202.do"),
        ("E203", "console.line.E203", "console.line.E203.do"),
        ("E204", "console.line.E204", "console.line.E204.do"),
        ("E301", "console.line.E301", "console.line.E301.do"),
        ("E302", "console.line.E302", "console.line.E302.do"),
        ("E304", "console.line.E304", "console.line.E304.do"),
        ("E402", "console.line.E402", "console.line.E402.do"),
        ("E404", "console.line.E404", "console.line.E404.do"),
        ("E405", "console.line.E405", "console.line.E405.do"),
        ("E406", "console.line.E406", "console.line.E406.do"),
        ("E407", "console.line.E407", "console.line.E407.do"),
        ("E410", "console.line.E410", "console.line.E410.do"),
        ("E411", "console.line.E411", "console.line.E411.do"),
        ("E412", "console.line.E412", "console.line.E412.do"),
        ("E413", "console.line.E413", "console.line.E413.do"),
        ("E414", "console.line.E414", "console.line.E414.do"),
        ("E420", "console.line.E420", "console.line.E420.do"),
        ("E421", "console.line.E421", "console.line.E421.do"),
        ("E422", "console.line.E422", "console.line.E422.do"),
        ("E901", "console.line.E901", "console.line.E901.do"),
        ("E902", "console.line.E902", "console.line.E902.do"),
        ("F010", "console.line.F010", "console.line.F010.do"),
    ];
    let known = CODES.into_iter().find(|(known, ..)| *known == code);
    known.map_or(("console.line.other", "console.line.other.do"), |(_, why, what)| (why, what))
}

/// Why somebody may not watch: the code of the reason, and the key of a few words for it.
pub(super) const REASONS: [(&str, &str); 15] = [
    ("D01", "console.reason.D01"),
    ("D02", "console.reason.D02"),
    ("D03", "console.reason.D03"),
    ("D04", "console.reason.D04"),
    ("D05", "console.reason.D05"),
    ("D06", "console.reason.D06"),
    ("D07", "console.reason.D07"),
    ("D09", "console.reason.D09"),
    ("D10", "console.reason.D10"),
    ("D11", "console.reason.D11"),
    ("D12", "console.reason.D12"),
    ("D13", "console.reason.D13"),
    ("D14", "console.reason.D14"),
    ("D15", "console.reason.D15"),
    ("D18", "console.reason.D18"),
];

/// The key of a reason.
pub(super) fn reason(code: &str) -> &'static str {
    let known = REASONS.iter().find(|(known, _)| *known == code);
    known.map_or("console.reason.other", |(_, key)| key)
}
