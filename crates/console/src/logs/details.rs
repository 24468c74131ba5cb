//! What the linkage log says of a message, in the reader's language. It is written down in English, and stays so.

use base::records::pages::Passed;
use outlets::said;
use web::texts::Words;
use web::words;

use crate::timeline;

/// The key of why a call came to nothing.
const WHY: [(&str, &str); 8] = [
    (said::NO_ANSWER, "console.said.no_answer"),
    (said::TOO_LARGE, "console.said.too_large"),
    (said::NO_CONNECTION, "console.said.no_connection"),
    (said::NO_TLS, "console.said.no_tls"),
    (said::NOT_PUBLIC, "console.said.not_public"),
    (said::NOTHING, "console.said.nothing"),
    (said::NO_MAIL, "console.said.no_mail"),
    (said::NO_TEXTS, "console.said.no_texts"),
];

/// What is said of a message; what has another form than those known here, as it is written down.
pub(super) fn detail(words: Words, one: &Passed) -> String {
    let told = match one.kind.as_str() {
        "file" => lines(words, &one.detail),
        "commands" => commands(words, &one.detail),
        "post" | "logout" => call(words, one),
        "delivery" => delivery(words, one),
        _ => None,
    };
    told.unwrap_or_else(|| one.detail.trim().to_owned())
}

fn lines(words: Words, detail: &str) -> Option<String> {
    let parts: Vec<&str> = detail.split(' ').collect();
    let ["lines", lines, "ok", ok, "warnings", warnings, "errors", errors] = *parts.as_slice()
    else {
        return None;
    };
    let counts = [("lines", lines), ("ok", ok), ("warnings", warnings), ("errors", errors)];
    Some(words.fill("console.said.lines", &counts))
}

fn commands(words: Words, detail: &str) -> Option<String> {
    let (commands, rest) = detail.split_once(" commands, ")?;
    let refused = rest.strip_suffix(" refused")?;
    Some(words.fill("console.said.commands", &[("commands", commands), ("refused", refused)]))
}

/// A mail, a text or a logout: which try it was, and why it failed.
fn call(words: Words, one: &Passed) -> Option<String> {
    let (attempt, why) = one.tried()?;
    let attempt = words.fill("console.said.attempt", &[("attempt", &attempt.to_string())]);
    Some(joined(attempt, &failure(words, &why)))
}

/// What was told, how often it was tried, and why it failed last.
fn delivery(words: Words, one: &Passed) -> Option<String> {
    let (event, error) = one.detail.split_once(' ')?;
    let tries = words.fill("console.logs.tries", &[("tries", &one.attempts.to_string())]);
    let told = format!("{} · {tries}", timeline::act(words, event));
    Some(joined(told, &failure(words, error.trim())))
}

fn joined(told: String, why: &str) -> String {
    if why.is_empty() { told } else { format!("{told} · {why}") }
}

/// Why a call failed; empty: it did not.
fn failure(words: Words, why: &str) -> String {
    let (place, cause) = why.split_once(": ").unwrap_or(("", why));
    let known = WHY.iter().find(|(text, _)| *text == cause);
    match (place, known) {
        ("not called" | "failed" | "", Some((_, key))) => words.get(key).to_owned(),
        ("not called", None) => words.fill("console.said.not_called", &[("why", cause)]),
        ("failed", None) => words.fill("console.said.failed", &[("why", cause)]),
        _ => match why.strip_prefix("status ") {
            Some(status) => words.fill("console.said.status", &[("status", status)]),
            // A code of ours, or what nobody here has read yet.
            None => words::answer_code(words.0, why),
        },
    }
}

#[cfg(test)]
mod tests {
    use base::kernel::Instant;
    use web::Language::{English, Japanese};

    use super::*;

    fn passed(kind: &str, detail: &str) -> Passed {
        let text = str::to_owned;
        Passed {
            id: text("lnk_1"),
            at: Instant::from_ms(0),
            direction: text("out"),
            peer: text("vod-hook"),
            kind: text(kind),
            reference: text("r-1"),
            result: String::new(),
            outcome: text("done"),
            detail: text(detail),
            attempts: 3,
        }
    }

    #[test]
    fn what_is_written_down_in_english_is_read_in_ones_own_language() {
        let told = |kind: &str, detail: &str| detail_in(Japanese, kind, detail);
        let counts = "lines 12 ok 9 warnings 2 errors 1";
        assert_eq!(told("file", counts), "12行(正常9、注意2、誤り1)");
        assert_eq!(detail_in(English, "file", counts), "12 lines: 9 OK, 2 warnings, 1 wrong");
        assert_eq!(told("commands", "7 commands, 2 refused"), "7件のうち失敗2件");
        let calls = [
            (r#"{"attempt":1,"why":""}"#, "1回目の送信"),
            (r#"{"attempt":2,"why":"status 550 5.1.1"}"#, "2回目の送信 · 相手の応答 550 5.1.1"),
            (
                r#"{"attempt":3,"why":"failed: no answer in time"}"#,
                "3回目の送信 · 時間内に応答なし",
            ),
            (r#"{"attempt":4,"why":"failed: 髙橋"}"#, "4回目の送信 · つながらない(髙橋)"),
        ];
        for (detail, expected) in calls {
            assert_eq!(told("post", detail), expected);
            assert_eq!(told("logout", detail), expected);
        }
        let refused = "contract.suspended not called: the name leads to no public address";
        let expected = "契約の一時停止 · 3回送信 · 宛先が公開されたアドレスではない";
        assert_eq!(told("delivery", refused), expected);
        assert_eq!(told("delivery", "contract.suspended "), "契約の一時停止 · 3回送信");
        assert_eq!(
            detail_in(English, "delivery", "contract.suspended not called: plain HTTP"),
            format!("{} · tried 3 times · not called: plain HTTP", {
                timeline::act(Words(English), "contract.suspended")
            })
        );
    }

    #[test]
    fn what_has_another_form_is_shown_as_it_is() {
        for (kind, detail) in [
            ("file", "lines 1"),
            ("file", "lines 1 ok 1 warnings 0 errors 0 skipped 4"),
            ("commands", "7 commands"),
            ("post", "{\"attempt\":\"x\"}"),
            ("post", "not json"),
            ("delivery", "ひとこと"),
            ("command", "lines 1 ok 1 warnings 0 errors 0"),
            ("another", "x y z"),
        ] {
            assert_eq!(detail_in(Japanese, kind, detail), detail, "{kind}");
        }
        let odd = r#"{"attempt":1,"why":"the moon: is full"}"#;
        assert_eq!(detail_in(Japanese, "post", odd), "1回目の送信 · the moon: is full");
    }

    fn detail_in(language: web::Language, kind: &str, said: &str) -> String {
        detail(Words(language), &passed(kind, said))
    }
}
