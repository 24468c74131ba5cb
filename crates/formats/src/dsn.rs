//! Delivery status notifications: what a mail server sends back about a mail it could not, or could not yet, hand
//! over.
//!
//! Anybody can write one: what it says is worth as much as what it names of the mail it came back for. Texts for
//! people are not looked at, in whatever character set they are. Sources: RFC 3464, RFC 6522 (`multipart/report`),
//! RFC 3463 (status codes).

use std::borrow::Cow;

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders as _, PartType};

/// Longest notification read, in bytes: it may hold the whole mail it came back for, and ours are short.
pub const LONGEST: usize = 1024 * 1024;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The `Message-ID` of the mail it came back for, without its brackets.
    pub message_id: String,
    /// What became of it, for each recipient.
    pub recipients: Vec<Recipient>,
}

/// What became of a mail for one recipient. Who it was is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipient {
    /// Whether it was given up; otherwise it is late, was handed on, or arrived.
    pub failed: bool,
    /// Why.
    pub status: Status,
}

/// `5.1.1`: whether it is for good, what it is about, and what exactly. Source: RFC 3463 §2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// 2 arrived, 4 for now, 5 for good.
    pub class: u16,
    /// 1 the address, 2 the mailbox, 7 a policy, and others.
    pub subject: u16,
    /// What exactly.
    pub detail: u16,
}

/// Why a mail is no notification that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DsnFault {
    /// Longer than [`LONGEST`].
    TooLong,
    /// Not a report of a mail server, or one without a status.
    NotAReport,
    /// It does not say for which mail.
    NoOriginal,
}

impl DsnFault {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "bounce.too_long",
            Self::NotAReport => "bounce.not_a_report",
            Self::NoOriginal => "bounce.no_original",
        }
    }
}

/// Reads one.
///
/// # Errors
/// What is wrong with it.
pub fn read(mail: &[u8]) -> Result<Notification, DsnFault> {
    if mail.len() > LONGEST {
        return Err(DsnFault::TooLong);
    }
    let report = MessageParser::default().parse(mail).ok_or(DsnFault::NotAReport)?;
    let kind = report.content_type().ok_or(DsnFault::NotAReport)?;
    let of_status = kind
        .attribute("report-type")
        .is_some_and(|kind| kind.eq_ignore_ascii_case("delivery-status"));
    if !report.is_content_type("multipart", "report") || !of_status {
        return Err(DsnFault::NotAReport);
    }
    let mut parts = report.parts.iter();
    let status = parts.by_ref().find(|part| is(part, ("message", "delivery-status")));
    let recipients = recipients_of(&text_of(status.ok_or(DsnFault::NotAReport)?));
    if recipients.is_empty() {
        return Err(DsnFault::NotAReport);
    }
    let message_id = parts.find_map(original).ok_or(DsnFault::NoOriginal)?;
    Ok(Notification { message_id, recipients })
}

fn is(part: &MessagePart<'_>, (kind, subkind): (&str, &str)) -> bool {
    part.is_content_type(kind, subkind)
}

fn text_of<'p>(part: &'p MessagePart<'_>) -> Cow<'p, str> {
    String::from_utf8_lossy(part.contents())
}

/// Groups of fields with an empty line between them; the first is about the report itself.
///
/// Source: RFC 3464 §2.1.
fn recipients_of(text: &str) -> Vec<Recipient> {
    let text = text.replace("\r\n", "\n");
    text.split("\n\n").filter_map(|group| recipient_of(group.trim_start_matches('\n'))).collect()
}

fn recipient_of(group: &str) -> Option<Recipient> {
    let group = format!("{group}\n\n");
    let fields = MessageParser::default().parse(group.as_bytes())?;
    let field = |name: &'static str| fields.header_raw(name).map(str::trim);
    let failed = first_word(field("Action")?)?.eq_ignore_ascii_case("failed");
    Some(Recipient { failed, status: Status::of(field("Status")?)? })
}

/// The word before a remark.
fn first_word(text: &str) -> Option<&str> {
    text.split(|c: char| c.is_whitespace() || c == '(' || c == ';').find(|word| !word.is_empty())
}

impl Status {
    fn of(text: &str) -> Option<Self> {
        let mut numbers = first_word(text)?.split('.').map(|number| {
            let plain = number.bytes().all(|byte| byte.is_ascii_digit());
            if plain && number.len() <= 3 { number.parse().ok() } else { None }
        });
        let (class, subject, detail) = (numbers.next()??, numbers.next()??, numbers.next()??);
        numbers.next().is_none().then_some(Self { class, subject, detail })
    }
}

/// The `Message-ID` of the mail a part is, or whose headers it is.
fn original(part: &MessagePart<'_>) -> Option<String> {
    match &part.body {
        PartType::Message(mail) => id_of(mail),
        _ if is(part, ("text", "rfc822-headers")) || is(part, ("message", "rfc822-headers")) => {
            let text = text_of(part);
            id_of(&MessageParser::default().parse(text.as_bytes())?)
        }
        _ => None,
    }
}

fn id_of(mail: &Message<'_>) -> Option<String> {
    mail.message_id().map(str::to_owned).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(status: &str, original: &str) -> String {
        let mail = format!(
            "From: MAILER-DAEMON@mx.example.jp\nSubject: =?ISO-2022-JP?B?GyRCR1s/LiVoGyhC?=\n\
             MIME-Version: 1.0\nContent-Type: multipart/report; report-type=\"Delivery-Status\";\n boundary=\"=_b\"\n\n\
             --=_b\nContent-Type: text/plain; charset=ISO-2022-JP\n\n\u{1b}$BFO$-$^$;$s\u{1b}(B\n\n\
             --=_b\nContent-Type: message/delivery-status\n\n{status}\n\n--=_b\n{original}\n--=_b--\n"
        );
        mail.replace('\n', "\r\n")
    }

    const WHOLE: &str =
        "Content-Type: message/rfc822\n\nMessage-ID: <a.b@id.example.jp>\nSubject: x\n\nx\n";
    const FAILED: &str = "Reporting-MTA: dns; mx.example.jp\n\nFinal-Recipient: rfc822; a@example.jp\n\
        Action: failed (gave up)\nStatus: 5.1.1 (unknown)\nDiagnostic-Code: smtp; 550 5.1.1\n <a@example.jp> none";

    #[test]
    fn a_report_says_which_mail_and_what_became_of_it() {
        let failed = Recipient { failed: true, status: Status { class: 5, subject: 1, detail: 1 } };
        let expected =
            Notification { message_id: "a.b@id.example.jp".into(), recipients: vec![failed] };
        assert_eq!(read(report(FAILED, WHOLE).as_bytes()), Ok(expected.clone()));
        let headers = WHOLE.replace("message/rfc822", "text/rfc822-headers");
        assert_eq!(read(report(FAILED, &headers).as_bytes()), Ok(expected.clone()));
        let bare = report(FAILED, WHOLE).replace("\r\n", "\n");
        assert_eq!(read(bare.as_bytes()), Ok(expected), "as a pipe hands it over");
    }

    #[test]
    fn what_is_no_report_or_does_not_say_of_what_is_said_so() {
        let read = |mail: &str| read(mail.as_bytes()).unwrap_err();
        for other in ["", "x", "\0\0", "Subject: 髙橋\r\n\r\nhello\r\n"] {
            assert_eq!(read(other), DsnFault::NotAReport, "{other:?}");
        }
        let receipt = report(FAILED, WHOLE).replace("Delivery-Status", "disposition-notification");
        assert_eq!(read(&receipt), DsnFault::NotAReport);
        assert_eq!(read(&report("Reporting-MTA: dns; mx", WHOLE)), DsnFault::NotAReport);
        for status in ["5.1", "5.1.1.1", "5.x.1", "5.1.+1", "5.1.1000", ""] {
            let said = FAILED.replace("5.1.1 (unknown)", status);
            assert_eq!(read(&report(&said, WHOLE)), DsnFault::NotAReport, "{status}");
        }
        let text = WHOLE.replace("message/rfc822", "text/plain");
        assert_eq!(read(&report(FAILED, &text)), DsnFault::NoOriginal);
        assert_eq!(read(&"x".repeat(LONGEST + 1)), DsnFault::TooLong);
    }
}
