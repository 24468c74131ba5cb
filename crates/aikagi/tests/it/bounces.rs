//! Mails that come back later, as reports of mail servers: the contact is marked, by what only we could have put into
//! the mail, and by nothing else.

use std::io::Write as _;
use std::process::Stdio;

use crate::operations::Ended;
use crate::post::Story;

const HANAKO: &str = "hanako@example.jp";
const SERVER: &str =
    "Reporting-MTA: dns; mx.example.jp\nArrival-Date: Sun, 29 Nov 2026 10:00:00 +0900 (JST)";
/// 「このメールは届きません（㈱髙橋）」 as old servers write it: ISO-2022-JP, with characters that are in no table of it.
const TEXT: &[u8] = b"\x1b$B$3$N%a!<%k$OFO$-$^$;$s\x1b(B (\x1b$B-j|b66\x1b(B)\n\x1b$B\n";

/// The group of fields about one recipient.
fn said(action: &str, status: &str) -> String {
    format!(
        "Original-Recipient: rfc822;{HANAKO}\nFinal-Recipient: rfc822; {HANAKO}\nAction: {action}\nStatus: {status}\n\
         Diagnostic-Code: smtp; 550 5.1.1 <{HANAKO}>:\n    Recipient address rejected"
    )
}

/// A report as a server writes it, of a mail with this `Message-ID`.
fn report(message_id: &str, groups: &[&str]) -> Vec<u8> {
    let head = "Return-Path: <>\nFrom: =?ISO-2022-JP?B?GyRCR1s/LiVoGyhC?= <MAILER-DAEMON@mx.example.jp>\n\
        To: no-reply@id.example.jp\nSubject: =?ISO-2022-JP?B?GyRCR1s/LiVoGyhC\n =?= Returned\nMIME-Version: 1.0\n\
        Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"=_b1/mx\"\n\n\
        --=_b1/mx\nContent-Type: text/plain; charset=ISO-2022-JP\nContent-Transfer-Encoding: 7bit\n\n";
    let status = format!(
        "\n--=_b1/mx\nContent-Type: message/delivery-status\n\n{SERVER}\n\n{}\n\n--=_b1/mx\n\
         Content-Type: message/rfc822\n\nFrom: no-reply@id.example.jp\nTo: {HANAKO}\n\
         Message-ID: <{message_id}>\nContent-Type: text/plain; charset=utf-8\n\n8 0 0 1\n\n--=_b1/mx--\n",
        groups.join("\n\n")
    );
    [head.as_bytes(), TEXT, status.as_bytes()].concat()
}

/// A mail server hands it to the program.
fn pipe(story: &Story, mail: &[u8]) -> Ended {
    let mut command = story.folder.command(&["mail", "bounce"]);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(mail).unwrap();
    Ended::of(child.wait_with_output().unwrap())
}

/// The `Message-ID` of the last mail to 髙橋花子, without its brackets.
fn last_id(story: &Story) -> String {
    let mails = story.smtp.for_address(HANAKO);
    let id = mails.last().unwrap().header("Message-ID").to_owned();
    id.trim_matches(['<', '>']).to_owned()
}

fn is_marked(story: &Story, id: &str) -> bool {
    story.contacts().iter().find(|one| one.id == id).unwrap().bounced.is_some()
}

/// What is told to whom it is not done for.
fn refused(ended: &Ended, code: &str) {
    assert_eq!(ended.code, 1, "{} {}", ended.out, ended.err);
    assert!(ended.err.contains(code), "{code}: {}", ended.err);
    assert!(!ended.err.contains(HANAKO) && !ended.out.contains(HANAKO), "{}", ended.err);
}

/// A contact that was verified, and a mail to it since: that another one was added.
fn given_alert() -> (Story, String) {
    let story = Story::new();
    let id = story.given(HANAKO);
    story.given("hanako.takahashi@example.jp");
    story.deliver();
    (story, id)
}

#[test]
fn a_mail_that_comes_back_for_good_marks_its_contact_once() {
    let (story, id) = given_alert();
    let mail = report(&last_id(&story), &[&said("failed", "5.1.1 (bad mailbox)")]);

    let done = pipe(&story, &mail).well();

    assert!(done.contains(&id) && done.contains("marked") && !done.contains(HANAKO), "{done}");
    assert!(is_marked(&story, &id));
    let again = pipe(&story, &mail).well();
    assert!(again.contains("marked already"), "{again}");
    assert_eq!(story.audited()["person.contact_bounced"], 1);
    let before = story.smtp.for_address(HANAKO).len();
    let third = story.given("hanako3@example.jp");
    story.remove(&third);
    story.deliver();
    assert_eq!(story.smtp.for_address(HANAKO).len(), before, "nothing is sent there any more");
}

#[test]
fn several_are_read_from_files_and_each_is_judged_by_itself() {
    let (story, id) = given_alert();
    let good = report(&last_id(&story), &[&said("failed", "5.2.1")]);
    story.folder.write("not-one.eml", "Subject: 髙橋\n\nこんにちは\n");
    std::fs::write(story.folder.path("good.eml"), good).unwrap();
    let ended = story.folder.run(&["mail", "bounce", "not-one.eml", "good.eml"]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("not-one.eml") && ended.err.contains("bounce.not_a_report"));
    assert!(ended.out.contains("marked") && is_marked(&story, &id));
    let gone = story.folder.run(&["mail", "bounce", "no-such.eml"]);
    assert_eq!(gone.code, 2, "{}", gone.err);
}

#[test]
fn a_bounce_somebody_invented_marks_nobody() {
    let (story, id) = given_alert();
    let own = last_id(&story);
    let (local, domain) = own.split_once('@').unwrap();
    let (delivery, name) = local.split_once('.').unwrap();
    let other = story.contacts().into_iter().find(|one| one.id != id).unwrap().id;
    let failed = said("failed", "5.1.1");
    for invented in [
        format!("{delivery}@{domain}"),
        format!("{name}@{domain}"),
        format!("{delivery}.{}@{domain}", name.replace(&id, &other)),
        format!("{delivery}.{}@{domain}", name.replace("OP0012", "OP0013")),
        format!("{delivery}.{name}x@{domain}"),
        format!("{delivery}.OP0012.{id}.0.{}@{domain}", "A".repeat(43)),
        HANAKO.to_owned(),
        "髙橋@example.jp".to_owned(),
        "x".repeat(900),
    ] {
        refused(&pipe(&story, &report(&invented, &[&failed])), "bounce.not_ours");
    }
    let nameless = String::from_utf8_lossy(&report(&own, &[&failed])).replace("Message-ID", "X-Id");
    refused(&pipe(&story, nameless.as_bytes()), "bounce.no_original");
    assert!(story.contacts().iter().all(|one| one.bounced.is_none()));
    assert!(!story.audited().contains_key("person.contact_bounced"));
}

#[test]
fn what_is_late_or_may_arrive_yet_or_is_about_us_marks_nobody() {
    let (story, id) = given_alert();
    let own = last_id(&story);
    let good = said("failed", "5.1.1");
    for groups in [
        vec![said("delayed", "4.4.7")],
        vec![said("delayed", "5.1.1")],
        vec![said("failed", "4.2.2")],
        vec![said("failed", "5.7.1")],
        vec![said("relayed", "2.1.5")],
        vec![said("delivered", "2.0.0")],
        // Handed on to two, and one of them got it.
        vec![good.clone(), said("delivered", "2.0.0")],
    ] {
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        refused(&pipe(&story, &report(&own, &groups)), "bounce.not_permanent");
    }
    for other in [&b""[..], b"\0\xff\x1b$B", b"Subject: x\n\nx", &vec![b'x'; 1_100_000]] {
        let ended = pipe(&story, other);
        assert_eq!(ended.code, 1, "{}", ended.err);
    }
    let receipt = report(&own, &[&good]);
    let receipt =
        String::from_utf8_lossy(&receipt).replace("delivery-status;", "disposition-notification;");
    refused(&pipe(&story, receipt.as_bytes()), "bounce.not_a_report");
    assert!(!is_marked(&story, &id));
}

#[test]
fn a_mail_from_before_the_contact_was_verified_again_says_nothing_of_it_now() {
    let (story, id) = given_alert();
    let old = report(&last_id(&story), &[&said("failed", "5.1.1")]);
    pipe(&story, &old).well();
    story.change("UPDATE sent_codes SET created_ms = created_ms - 70000 WHERE operator_id = ?1");
    assert_eq!(story.given(HANAKO), id, "verified again");
    assert!(!is_marked(&story, &id));
    refused(&pipe(&story, &old), "bounce.outdated");
    assert!(!is_marked(&story, &id));
    assert_eq!(story.audited()["person.contact_bounced"], 1);
}

#[test]
fn a_contact_that_is_gone_is_said_so() {
    let (story, _) = given_alert();
    let mail = report(&last_id(&story), &[&said("failed", "5.1.1")]);
    story.change("DELETE FROM contacts WHERE operator_id = ?1");
    refused(&pipe(&story, &mail), "contact.unknown");
}
