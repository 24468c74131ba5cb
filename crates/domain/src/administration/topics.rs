//! What lines of the audit are about: every act there is, under one topic each.

/// What a line is about, to look for some only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// The contract: starts, stops, holds, moves.
    Contract,
    /// Who belongs to the household.
    Members,
    /// What may be watched.
    Keys,
    /// Boxes and other devices.
    Devices,
    /// Sign-ins, sessions, what services were allowed.
    SignIns,
    /// What members prove themselves by: letters, passwords, PINs, contacts.
    Proofs,
    /// Who works at the console, and what they looked up there.
    Staff,
    /// Files of the SMS, and work on many contracts.
    Files,
    /// Services, their secrets and keys, and who is told about changes.
    Services,
    /// The station and what it sells.
    Station,
}

impl Topic {
    /// All, in the order they are offered in.
    pub const ALL: [Self; 10] = [
        Self::Contract,
        Self::Members,
        Self::Keys,
        Self::Devices,
        Self::SignIns,
        Self::Proofs,
        Self::Staff,
        Self::Files,
        Self::Services,
        Self::Station,
    ];

    /// Those a household has lines about.
    pub const OF_HOUSEHOLDS: [Self; 6] =
        [Self::Contract, Self::Members, Self::Keys, Self::Devices, Self::SignIns, Self::Proofs];

    /// The word in an address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contract => "contract",
            Self::Members => "members",
            Self::Keys => "keys",
            Self::Devices => "devices",
            Self::SignIns => "sign-ins",
            Self::Proofs => "proofs",
            Self::Staff => "staff",
            Self::Files => "files",
            Self::Services => "services",
            Self::Station => "station",
        }
    }

    /// Reads [`Topic::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == word)
    }

    /// The acts in the audit that belong to it.
    #[must_use]
    pub const fn acts(self) -> &'static [&'static str] {
        match self {
            Self::Contract => OF_CONTRACTS,
            Self::Members => OF_MEMBERS,
            Self::Keys => OF_KEYS,
            Self::Devices => OF_DEVICES,
            Self::SignIns => OF_SIGN_INS,
            Self::Proofs => OF_PROOFS,
            Self::Staff => OF_STAFF,
            Self::Files => OF_FILES,
            Self::Services => OF_SERVICES,
            Self::Station => OF_STATION,
        }
    }
}

const OF_CONTRACTS: &[&str] = &[
    "contract.opened",
    "contract.stopped",
    "contract.suspended",
    "contract.resumed",
    "contract.replaced",
    "contract.stop_cancelled",
    "contract.attributes_changed",
    "contract.credit_set",
    "contract.restored",
    "contract.purged",
    "contract.owner_changed",
    "command.scheduled",
    "command.cancelled",
    "command.done",
    "command.refused",
    "command.undone",
    "home.allowed",
    "home.switched_off",
];
const OF_MEMBERS: &[&str] = &[
    "person.invited",
    "person.stopped",
    "person.suspended",
    "person.resumed",
    "person.credentials_reset",
    "person.registered",
    "person.purged",
    "invitation.made",
    "invitation.withdrawn",
    "household.offered",
    "household.offer_withdrawn",
    "household.offer_declined",
    "person.data_taken",
];
const OF_KEYS: &[&str] = &["key.opened", "key.closed", "key.revoked", "key.first_played"];
const OF_DEVICES: &[&str] = &[
    "device.added",
    "device.replaced",
    "device.bound",
    "device.renamed",
    "device.removed",
    "device.key_set",
    "device_code.approved",
    "device_code.refused",
    "home.entered",
    "home.code_shown",
];
const OF_SIGN_INS: &[&str] = &[
    "person.signed_in",
    "person.second_factor_asked",
    "person.turned_away",
    "person.locked_out",
    "person.unlocked",
    "person.sessions_ended",
    "authorization.granted",
    "authorization.redeemed",
    "authorization.revoked",
    "consent.asked",
    "consent.given",
    "consent.refused",
    "consent.withdrawn",
    "session.ended",
    "token.exchanged",
];
const OF_PROOFS: &[&str] = &[
    "letter.issued",
    "letter.handed",
    "person.credentials_set",
    "person.history_hidden",
    "person.password_changed",
    "person.pin_set",
    "person.pin_removed",
    "person.pin_reset",
    "person.totp_added",
    "person.totp_removed",
    "person.passkey_added",
    "person.passkey_removed",
    "person.recovery_codes_issued",
    "person.recovery_sent",
    "person.phone_invited",
    "person.recovered",
    "person.approval_given",
    "person.contact_added",
    "person.contact_verified",
    "person.contact_removed",
    "person.contact_bounced",
    "person.factor_refused",
    "person.factor_proved",
    "person.home_proved",
    "person.recovery_proved",
    "person.approval_asked",
    "person.approval_mistyped",
    "person.approval_refused",
    "person.contact_refused",
    "person.passkey_refused",
    "person.passkey_renamed",
    "person.password_rehashed",
    "person.pin_asks_changed",
    "person.totp_begun",
];
const OF_STAFF: &[&str] = &[
    "staff.invited",
    "staff.joined",
    "staff.changed",
    "staff.signed_in",
    "staff.signed_out",
    "staff.locked_out",
    "staff.sessions_ended",
    "staff.passkey_added",
    "staff.passkey_renamed",
    "staff.passkey_removed",
    "staff.passkey_refused",
    "staff.passkeys_ended",
    "staff.platform_entered",
    "staff.platform_left",
    "staff.platform_sent_out",
    "staff.station_entered",
    "console.searched",
    "console.explained",
    "console.exported",
];
const OF_FILES: &[&str] = &[
    "file.arrived",
    "file.accepted",
    "file.advanced",
    "file.applied",
    "file.approved",
    "file.archived",
    "file.discarded",
    "file.guarded",
    "file.held",
    "file.partly_undone",
    "file.rejected",
    "file.released",
    "file.restarted",
    "file.result_resent",
    "file.sent",
    "file.resend_asked",
    "file.resend_done",
    "file.resend_gone",
    "file.undo_asked",
    "file.undo_checked",
    "file.undo_approved",
    "file.undo_withdrawn",
    "file.undo_begun",
    "file.undo_done",
    "file.undo_failed",
    "file.undone",
    "file.tried",
    "bulk.uploaded",
    "bulk.asked",
    "bulk.approved",
    "bulk.begun",
    "bulk.ended",
    "bulk.withdrawn",
    "bulk.undo_asked",
    "bulk.undone",
];
const OF_SERVICES: &[&str] = &[
    "client.created",
    "client.changed",
    "client.enabled",
    "client.disabled",
    "client.removed",
    "client.registered",
    "client.registration_token_issued",
    "client.secret_renewed",
    "client.exempted_from_pkce",
    "client.exemption_from_pkce_ended",
    "receiver.changed",
    "outbox.revived",
    "signing_key.created",
    "signing_key.rotated",
    "signing_key.withdrawn",
];
const OF_STATION: &[&str] = &[
    "launch.trial_begun",
    "launch.hearing_answered",
    "launch.vouched",
    "launch.doubted",
    "launch.reset",
    "launch.went_live",
    "look.changed",
    "look.logo_added",
    "operator.added",
    "operator.changed",
    "operator.enabled",
    "operator.disabled",
    "product.changed",
];

/// Acts that say that something was not done.
pub(super) const REFUSALS: &[&str] = &[
    "command.refused",
    "consent.refused",
    "household.offer_declined",
    "device_code.refused",
    "person.turned_away",
    "person.locked_out",
    "person.factor_refused",
    "person.approval_mistyped",
    "person.approval_refused",
    "person.contact_refused",
    "person.contact_bounced",
    "person.passkey_refused",
    "staff.locked_out",
    "file.rejected",
    "file.guarded",
    "file.held",
];
